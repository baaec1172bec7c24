//! What comes through a device's serial line: scales, card readers, whatever is wired to it.

use model::{Report, Timestamp, attr};

use crate::bytes::text;
use crate::draft::Draft;

/// How the lines of a card reader begin.
const CARD_READER: &str = "GTSL";
/// Which of the reader's fields is the key, counted from 0.
const KEY_FIELD: usize = 4;

/// A report of what came; `None` if that was nothing.
pub(super) fn report(at: Option<Timestamp>, data: &[u8], text_bytes_max: usize) -> Option<Report> {
    let mut d = Draft::new(text_bytes_max);
    d.time = at;
    let is_text = data.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace() || *b == 0);
    if !is_text {
        d.hex(attr::SERIAL_DATA, data);
        return d.finish();
    }
    let line = text(data, text_bytes_max);
    if let Some(key) = line.strip_prefix(CARD_READER).and_then(|_| line.split('|').nth(KEY_FIELD)) {
        d.text(attr::HARDWARE_KEY, key.as_bytes());
    }
    d.text(attr::SERIAL_DATA, data);
    d.finish()
}
