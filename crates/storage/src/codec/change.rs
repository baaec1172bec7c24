//! Bytes of a recorded change of a source.

use model::{CounterKind, DeviceId, SourceChange};

use super::CodecError;
use super::bytes::{Reader, put_f64, put_text};
use super::settings::{first_settings, put_settings, settings};

/// With the settings of old.
const FIRST_FORMAT: u8 = 1;
const FORMAT: u8 = 2;

const REGISTERED: u8 = 0;
const SETTINGS: u8 = 1;
const REPLACED: u8 = 2;
const ODOMETER: u8 = 3;
const ENGINE_HOURS: u8 = 4;

/// Appends the bytes of a change.
pub fn encode_change(change: &SourceChange, out: &mut Vec<u8>) {
    out.push(FORMAT);
    match change {
        SourceChange::Registered(settings) => {
            out.push(REGISTERED);
            put_settings(settings, out);
        }
        SourceChange::Settings(settings) => {
            out.push(SETTINGS);
            put_settings(settings, out);
        }
        SourceChange::Replaced(device) => {
            out.push(REPLACED);
            put_text(device.as_str(), out);
        }
        SourceChange::Counter { kind, value } => {
            out.push(match kind {
                CounterKind::Odometer => ODOMETER,
                CounterKind::EngineHours => ENGINE_HOURS,
            });
            put_f64(*value, out);
        }
    }
}

/// Reads what [`encode_change`] wrote.
pub fn decode_change(bytes: &[u8]) -> Result<SourceChange, CodecError> {
    let (format, mut reader) = Reader::open_any(bytes)?;
    let r = &mut reader;
    let read_settings = match format {
        FIRST_FORMAT => first_settings,
        FORMAT => settings,
        other => return Err(CodecError::UnknownFormat(other)),
    };
    let change = match r.byte()? {
        REGISTERED => SourceChange::Registered(read_settings(r)?),
        SETTINGS => SourceChange::Settings(read_settings(r)?),
        REPLACED => SourceChange::Replaced(DeviceId::new(r.text()?).ok_or(CodecError::Malformed)?),
        ODOMETER => SourceChange::Counter { kind: CounterKind::Odometer, value: r.finite()? },
        ENGINE_HOURS => SourceChange::Counter { kind: CounterKind::EngineHours, value: r.finite()? },
        _ => return Err(CodecError::Malformed),
    };
    reader.close()?;
    Ok(change)
}
