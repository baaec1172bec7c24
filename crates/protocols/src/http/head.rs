//! Request line and headers.

use memchr::memchr_iter;

use super::response::{Persist, Status};

const HEADERS_MAX: usize = 64;

/// What the head says about the request.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Head<'a> {
    pub(super) method: &'a str,
    pub(super) query: &'a str,
    pub(super) media_type: String,
    pub(super) framing: Framing,
    pub(super) persist: Persist,
    pub(super) expects_go_on: bool,
}

/// Where the body ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    Sized(usize),
    Chunked,
}

/// How many bytes the head has, its empty line included, or `None` while that line has not come. Bytes before `from`
/// are known not to end it.
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    // A line end seen last time may turn out to be followed by the empty line.
    let from = from.saturating_sub(2);
    memchr_iter(b'\n', &bytes[from..]).map(|at| from + at + 1).find_map(|after| match bytes.get(after..) {
        Some([b'\n', ..]) => Some(after + 1),
        Some([b'\r', b'\n', ..]) => Some(after + 2),
        _ => None,
    })
}

/// Reads a whole head.
pub(super) fn parse(bytes: &[u8]) -> Result<Head<'_>, Status> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(n)) if n == bytes.len() => {}
        Ok(_) => return Err(Status::BadRequest),
        Err(httparse::Error::Version) => return Err(Status::VersionNotSupported),
        Err(httparse::Error::TooManyHeaders) => return Err(Status::HeadTooLarge),
        Err(_) => return Err(Status::BadRequest),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(Status::BadRequest);
    };
    let fields = Fields::read(request.headers)?;
    let query = target.split('#').next().and_then(|t| t.split_once('?')).map_or("", |(_, query)| query);
    Ok(Head {
        method,
        query,
        media_type: fields.media_type,
        framing: match (fields.chunked, fields.length) {
            // Two opinions about where the body ends are how requests are smuggled.
            (true, Some(_)) => return Err(Status::BadRequest),
            (true, None) if minor == 0 => return Err(Status::BadRequest),
            (true, None) => Framing::Chunked,
            (false, length) => Framing::Sized(length.unwrap_or(0)),
        },
        persist: match (minor, fields.close, fields.keep_alive) {
            (_, true, _) | (0, _, false) => Persist::Close,
            (0, _, true) => Persist::OpenByRequest,
            _ => Persist::Open,
        },
        expects_go_on: fields.expects_go_on && minor > 0,
    })
}

#[derive(Default)]
struct Fields {
    length: Option<usize>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expects_go_on: bool,
    media_type: String,
}

impl Fields {
    fn read(headers: &[httparse::Header<'_>]) -> Result<Self, Status> {
        let mut fields = Self::default();
        for h in headers {
            fields.take(h.name, h.value.trim_ascii())?;
        }
        Ok(fields)
    }

    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), Status> {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if is("content-length") {
            let length = length(value).ok_or(Status::BadRequest)?;
            if self.length.replace(length).is_some_and(|before| before != length) {
                return Err(Status::BadRequest);
            }
        } else if is("transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Status::NotImplemented);
            }
            self.chunked = true;
        } else if is("connection") {
            for token in value.split(|b| *b == b',').map(<[u8]>::trim_ascii) {
                self.close |= token.eq_ignore_ascii_case(b"close");
                self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("expect") {
            self.expects_go_on = value.eq_ignore_ascii_case(b"100-continue");
        } else if is("content-type") {
            let media = value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
            self.media_type = String::from_utf8_lossy(media).to_ascii_lowercase();
        }
        Ok(())
    }
}

/// Digits alone. A length too large to count becomes the largest: it exceeds every limit all the same.
fn length(value: &[u8]) -> Option<usize> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok()?;
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}
