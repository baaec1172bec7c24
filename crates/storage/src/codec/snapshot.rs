//! Bytes of everything that is folded from a source's entries.

use model::{SourceSettings, SourceState, SourceValues};

use super::CodecError;
use super::bytes::Reader;
use super::settings::{put_settings, settings};
use super::state::{put_state, state};
use super::values::{put_values, values};

/// The state alone.
const STATE_FORMAT: u8 = 1;
const FORMAT: u8 = 2;

/// What was saved of a source: the entries that follow are to be folded into it.
#[derive(Clone, PartialEq, Debug)]
pub struct Saved {
    /// Its state.
    pub state: SourceState,
    /// Its last values and counters.
    pub values: SourceValues,
    /// The settings in force; `None` when a version saved it that did not yet save them.
    pub settings: Option<SourceSettings>,
}

/// Appends the bytes of what is folded from a source's entries.
pub fn encode_snapshot(state: &SourceState, values: &SourceValues, settings: &SourceSettings, out: &mut Vec<u8>) {
    out.push(FORMAT);
    put_state(state, out);
    put_values(values, out);
    put_settings(settings, out);
}

/// Reads what [`encode_snapshot`] wrote.
pub fn decode_snapshot(bytes: &[u8]) -> Result<Saved, CodecError> {
    let (format, mut reader) = Reader::open_any(bytes)?;
    let r = &mut reader;
    let saved = match format {
        STATE_FORMAT => Saved { state: state(r)?, values: SourceValues::default(), settings: None },
        FORMAT => Saved { state: state(r)?, values: values(r)?, settings: Some(settings(r)?) },
        other => return Err(CodecError::UnknownFormat(other)),
    };
    reader.close()?;
    Ok(saved)
}
