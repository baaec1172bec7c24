//! Bodies that come in chunks.

use crate::session::Reject;

/// A chunk's size and extensions, with their line end.
const SIZE_LINE_BYTES_MAX: usize = 256;

#[derive(Clone, Copy)]
enum Part {
    Size,
    Data(usize),
    DataEnd,
    Trailers,
}

/// A body so far.
pub(super) struct Chunked {
    part: Part,
    body: Vec<u8>,
    body_bytes_max: usize,
    trailer_bytes: usize,
    trailer_bytes_max: usize,
}

/// What one step did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes are used up; with 0, more are needed.
    Used(usize),
    /// The body is whole once these last bytes are taken. They are not counted as used: asking again gives the same.
    End(usize),
}

impl Chunked {
    pub(super) fn new(body_bytes_max: usize, trailer_bytes_max: usize) -> Self {
        Self { part: Part::Size, body: Vec::new(), body_bytes_max, trailer_bytes: 0, trailer_bytes_max }
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, Reject> {
        match self.part {
            Part::Size => self.size(bytes),
            Part::Data(left) => {
                let n = left.min(bytes.len());
                self.body.extend_from_slice(&bytes[..n]);
                self.part = if n == left { Part::DataEnd } else { Part::Data(left - n) };
                Ok(Step::Used(n))
            }
            Part::DataEnd => match bytes {
                [b'\r', b'\n', ..] => {
                    self.part = Part::Size;
                    Ok(Step::Used(2))
                }
                [] | [b'\r'] => Ok(Step::Used(0)),
                _ => Err(Reject::BadHttp),
            },
            Part::Trailers => self.trailer(bytes),
        }
    }

    fn size(&mut self, bytes: &[u8]) -> Result<Step, Reject> {
        let Some(line) = line(bytes, SIZE_LINE_BYTES_MAX)? else { return Ok(Step::Used(0)) };
        let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
        let number = std::str::from_utf8(digits).ok().filter(|_| is_number).ok_or(Reject::BadHttp)?;
        let size = usize::from_str_radix(number, 16).unwrap_or(usize::MAX);
        if size > self.body_bytes_max - self.body.len() {
            return Err(Reject::TooLarge { bytes_max: self.body_bytes_max });
        }
        self.part = if size == 0 { Part::Trailers } else { Part::Data(size) };
        Ok(Step::Used(line.len() + 2))
    }

    fn trailer(&mut self, bytes: &[u8]) -> Result<Step, Reject> {
        let left = self.trailer_bytes_max - self.trailer_bytes;
        match line(bytes, left)? {
            None => Ok(Step::Used(0)),
            Some([]) => Ok(Step::End(2)),
            Some(line) => {
                self.trailer_bytes += line.len() + 2;
                Ok(Step::Used(line.len() + 2))
            }
        }
    }
}

/// A line without its CR LF, or `None` while that has not come within the limit.
fn line(bytes: &[u8], bytes_max: usize) -> Result<Option<&[u8]>, Reject> {
    let seen = &bytes[..bytes.len().min(bytes_max)];
    match memchr::memchr(b'\n', seen) {
        Some(at) if at > 0 && seen[at - 1] == b'\r' => Ok(Some(&seen[..at - 1])),
        Some(_) => Err(Reject::BadHttp),
        None if seen.len() == bytes_max => Err(Reject::BadHttp),
        None => Ok(None),
    }
}
