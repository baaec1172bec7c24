//! Pictures and tachograph files come in pieces: a line that announces one, and then its bytes.
//!
//! The pieces are taken and acknowledged, so that the device goes on; what is in them is not kept.

use model::{Report, attr};

use super::data::time;
use super::frame::{Part, answer};
use crate::draft::Draft;

/// Devices send pieces of far fewer bytes: what announces more is no such line.
const PIECE_BYTES_MAX: usize = 1 << 20;

/// A piece whose bytes are being taken.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Piece {
    /// Bytes that are still to come.
    pub(super) left: usize,
    /// What the device hears then.
    pub(super) stored: Vec<u8>,
    /// What it hears if that could not be stored.
    pub(super) failed: Vec<u8>,
    /// The file is whole with this piece.
    pub(super) report: Option<Report>,
}

/// Reads `size;index;count;ddmmyy;hhmmss;name`. `None` if it is not that.
pub(super) fn announced(kind: &str, message: Part<'_>, text_bytes_max: usize) -> Option<Piece> {
    let mut fields = message.split(b';');
    let mut number = || fields.next()?.text()?.parse::<usize>().ok();
    let size = number().filter(|bytes| *bytes <= PIECE_BYTES_MAX)?;
    let index = number()?;
    let count = number()?;
    let (date, clock) = (fields.next()?, fields.next()?);
    let name = fields.next();
    let mut stored = answer(kind, &format!("{index};1"));
    let mut report = None;
    if index.saturating_add(1) >= count {
        stored.extend(answer(kind, "1"));
        let mut draft = Draft::new(text_bytes_max);
        draft.time = time(date, clock);
        draft.text(attr::MEDIA_FILES, name.map(|name| name.bytes).unwrap_or_default());
        report = draft.finish();
    }
    Some(Piece { left: size, stored, failed: answer(kind, &format!("{index};0")), report })
}
