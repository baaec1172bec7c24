//! Photos: the device announces one, the server asks for it piece by piece.

use model::{AttributeId, Report, Value, attr};

use super::command::to_camera;
use crate::Limits;
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::session::Reject;

const ANNOUNCES: u8 = 1;
const PIECE: u8 = 2;
/// What one piece may be asked to have, in bytes.
const PIECE_BYTES_MAX: u16 = 2_048;

/// The photo that is being fetched.
#[derive(Default)]
pub(super) struct Camera {
    photo: Option<Photo>,
}

struct Photo {
    id: u32,
    bytes_total: usize,
    /// As far as it has come; never larger than that.
    collected: Vec<u8>,
}

/// What follows from what the camera said.
#[derive(Default)]
pub(super) struct Outcome {
    /// What it is asked next.
    pub(super) question: Option<Vec<u8>>,
    /// What is known of a photo, and the photo if it is whole.
    pub(super) report: Option<Report>,
    /// What is wrong with what it said.
    pub(super) fault: Option<Reject>,
}

impl Outcome {
    fn fault(reason: Reject) -> Self {
        Self { fault: Some(reason), ..Self::default() }
    }
}

impl Camera {
    pub(super) fn hear(&mut self, content: &[u8], limits: &Limits) -> Outcome {
        let mut r = Reader::new(content);
        let outcome = match r.u8() {
            Ok(ANNOUNCES) => self.announced(&mut r, limits),
            Ok(PIECE) => self.piece(&mut r, limits),
            Ok(other) => Ok(Outcome::fault(Reject::UnknownKind(other))),
            Err(Truncated) => Err(Truncated),
        };
        // What cannot be read is not asked for again: a camera that errs might do so for ever.
        outcome
            .unwrap_or_else(|Truncated| Outcome { report: self.give_up(limits), ..Outcome::fault(Reject::Truncated) })
    }

    fn announced(&mut self, r: &mut Reader<'_>, limits: &Limits) -> Result<Outcome, Truncated> {
        let (id, bytes_total) = (r.u32()?, usize::try_from(r.u32()?).map_err(|_| Truncated)?);
        // As much as fits into a value once it is base64.
        let bytes_max = limits.blob_bytes_max / 4 * 3;
        let photo = Photo { id, bytes_total, collected: Vec::new() };
        let report = photo.report(limits);
        if bytes_total > bytes_max {
            self.photo = None;
            return Ok(Outcome { report, ..Outcome::fault(Reject::TooLarge { bytes_max }) });
        }
        let question = photo.question();
        self.photo = question.is_some().then_some(photo);
        Ok(Outcome { question, report, fault: None })
    }

    fn piece(&mut self, r: &mut Reader<'_>, limits: &Limits) -> Result<Outcome, Truncated> {
        let (id, offset, bytes) = (r.u32()?, r.u32()? as usize, usize::from(r.u16()?));
        let piece = r.take(bytes)?;
        let Some(photo) = self.photo.as_mut().filter(|photo| photo.id == id) else { return Ok(Outcome::default()) };
        if offset != photo.collected.len() {
            // One that came twice; the one that was asked for is still under way.
            return Ok(Outcome::default());
        }
        let missing = photo.bytes_total - photo.collected.len();
        if piece.is_empty() || piece.len() > missing {
            return Err(Truncated);
        }
        photo.collected.extend_from_slice(piece);
        let question = photo.question();
        let report = if question.is_none() { self.give_up(limits) } else { None };
        Ok(Outcome { question, report, fault: None })
    }

    /// Ends with the photo; what is known of it.
    fn give_up(&mut self, limits: &Limits) -> Option<Report> {
        self.photo.take()?.report(limits)
    }
}

impl Photo {
    /// Asks for the next piece; `None` when nothing is missing.
    fn question(&self) -> Option<Vec<u8>> {
        let missing = self.bytes_total - self.collected.len();
        if missing == 0 {
            return None;
        }
        let bytes = u16::try_from(missing).unwrap_or(u16::MAX).min(PIECE_BYTES_MAX);
        let offset = (self.collected.len() as u32).to_be_bytes();
        Some(to_camera(&[&[PIECE][..], &self.id.to_be_bytes(), &offset, &bytes.to_be_bytes()].concat()))
    }

    fn report(&self, limits: &Limits) -> Option<Report> {
        let Self { id, bytes_total, collected } = self;
        let mut d = Draft::new(limits.text_bytes_max);
        let about = format!(r#"[{{"id":{id},"bytes":{bytes_total},"collected_bytes":{}}}]"#, collected.len());
        d.set(attr::MEDIA_FILES, Value::Json(about.into()));
        if let (false, Ok(name)) = (collected.is_empty(), AttributeId::intern("photo")) {
            d.set(name, Value::Text(base64(collected).into()));
        }
        d.finish()
    }
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let group = three.iter().enumerate().fold(0u32, |group, (at, b)| group | u32::from(*b) << (16 - 8 * at));
        for digit in 0..4 {
            let six = group >> (18 - 6 * digit) & 63;
            text.push(if digit > three.len() { '=' } else { char::from(DIGITS[six as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_everywhere() {
        for (plain, wanted) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), wanted);
        }
    }
}
