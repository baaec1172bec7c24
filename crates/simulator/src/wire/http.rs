//! HTTP/1.1 as reporting devices use it: a request written at once, answers of which only the status matters.

use std::fmt;

/// Bytes of an answer's head that a device puts up with.
pub const HEAD_BYTES_MAX: usize = 8_192;
const HEADERS_MAX: usize = 64;

/// Writes a request with a JSON body, on a connection that stays open.
pub fn put_json_post(path: &str, host: &str, body: &[u8], out: &mut Vec<u8>) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}

/// Why a stream of answers cannot be read any further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// Not an HTTP/1.x answer.
    Head,
    /// A head longer than [`HEAD_BYTES_MAX`].
    HeadTooLong,
    /// A body without `Content-Length` (chunked, or up to the end of the connection), which no server owes a device.
    Length,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "not an HTTP answer",
            Self::HeadTooLong => "the head of the answer is too long",
            Self::Length => "the answer does not say how long it is",
        })
    }
}

impl std::error::Error for Broken {}

/// Reads the answers of one connection, pipelined or not, however they are cut. Bodies are skipped.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    head: Vec<u8>,
    skip_bytes: u64,
}

impl Answers {
    /// Takes the status of the next answer off the front of `bytes`; `None` when more are needed. Interim answers
    /// (100 Continue) count for nothing. After an error the connection is of no further use.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Result<u16, Broken>> {
        loop {
            let skipped = usize::try_from(self.skip_bytes).unwrap_or(usize::MAX).min(bytes.len());
            self.skip_bytes -= skipped as u64;
            *bytes = &bytes[skipped..];
            let (&first, rest) = bytes.split_first()?;
            *bytes = rest;
            self.head.push(first);
            if self.head.len() > HEAD_BYTES_MAX {
                return Some(Err(Broken::HeadTooLong));
            }
            if !self.head.ends_with(b"\r\n\r\n") {
                continue;
            }
            let parsed = parse_head(&self.head);
            self.head.clear();
            match parsed {
                Ok((status, _)) if status < 200 => {}
                Ok((status, body_bytes)) => {
                    self.skip_bytes = body_bytes;
                    return Some(Ok(status));
                }
                Err(broken) => return Some(Err(broken)),
            }
        }
    }
}

/// The status, and how long a body follows.
fn parse_head(head: &[u8]) -> Result<(u16, u64), Broken> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut answer = httparse::Response::new(&mut headers);
    answer.parse(head).map_err(|_| Broken::Head)?;
    let status = answer.code.ok_or(Broken::Head)?;
    if status < 200 || status == 204 || status == 304 {
        return Ok((status, 0));
    }
    let length = answer.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let digits = length.and_then(|h| std::str::from_utf8(h.value).ok()).ok_or(Broken::Length)?;
    Ok((status, digits.trim().parse().map_err(|_| Broken::Length)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(stream: &[u8], sizes: &[usize]) -> Vec<Result<u16, Broken>> {
        let mut answers = Answers::default();
        let mut seen = Vec::new();
        let mut rest = stream;
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let size = (*sizes.next().unwrap()).min(rest.len());
            let (mut cut, after) = rest.split_at(size);
            rest = after;
            while let Some(answer) = answers.next(&mut cut) {
                seen.push(answer);
                if answer.is_err() {
                    return seen;
                }
            }
        }
        seen
    }

    const PIPELINED: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\
        HTTP/1.1 400 Bad Request\r\ncontent-length: 12\r\n\r\nno\r\n\r\nreason\
        HTTP/1.1 204 No Content\r\n\r\n\
        HTTP/1.1 403 Forbidden\r\nDate: x\r\nContent-Length:  1 \r\n\r\nx";

    #[test]
    fn reads_what_it_can_and_names_what_it_cannot() {
        let check = |stream: &[u8], expected: &[Result<u16, Broken>]| {
            assert_eq!(read(stream, &[stream.len()]), expected, "{}", String::from_utf8_lossy(stream));
        };
        check(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
            &[Ok(200), Ok(500)],
        );
        check(b"HTTP/1.1 200 OK\r\n\r\n", &[Err(Broken::Length)]);
        check(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", &[Err(Broken::Length)]);
        check(b"\x00\x01\r\n\r\n", &[Err(Broken::Head)]);
        check(&[b'a'; HEAD_BYTES_MAX + 1], &[Err(Broken::HeadTooLong)]);
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(sizes in prop::collection::vec(1usize..40, 1..20)) {
            prop_assert_eq!(read(PIPELINED, &sizes), [Ok(200), Ok(400), Ok(204), Ok(403)]);
        }

        #[test]
        fn survives_anything(stream in prop::collection::vec(any::<u8>(), 1..400), size in 1usize..50) {
            let whole = read(&stream, &[stream.len()]);
            prop_assert_eq!(read(&stream, &[size]), whole);
        }
    }
}
