//! What devices send besides records: fault codes of the vehicle, and what is kept as it came.

use model::{Attributes, Position, Report, Timestamp, Value, attr};

use crate::bytes::{Reader, Truncated, text};
use crate::draft::Draft;

/// A code that lies in the vehicle's memory.
const STORED: u8 = 2;
const CODE_BYTES: usize = 5;

/// Reads a list of fault codes: a report for each time and place, and where the first code begins that could not be
/// read.
pub(super) fn fault_codes(payload: &[u8]) -> (Vec<Report>, Option<usize>) {
    let mut r = Reader::new(payload);
    let Ok(announced) = r.u8() else { return (Vec::new(), Some(0)) };
    let mut found: Vec<Faults> = Vec::new();
    let mut broken_at = None;
    for _ in 0..announced {
        let at = payload.len() - r.remaining();
        match (Faults::read(&mut r), found.last_mut()) {
            (Ok(fault), Some(last)) if last.at == fault.at && last.place == fault.place => {
                last.codes.extend(fault.codes);
                last.stored_count += fault.stored_count;
            }
            (Ok(fault), _) => found.push(fault),
            (Err(Truncated), _) => {
                broken_at = Some(at);
                break;
            }
        }
    }
    (found.into_iter().map(Faults::report).collect(), broken_at)
}

/// A report of what is not read further, under this name: text as it is, other bytes in hexadecimal.
pub(super) fn kept(name: &str, payload: &[u8], text_bytes_max: usize) -> Option<Report> {
    let mut d = Draft::new(text_bytes_max);
    match payload.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
        true => d.own_text(name, payload),
        false => d.own_hex(name, payload),
    }
    d.finish()
}

/// Fault codes that were read at one time and place.
struct Faults {
    at: u32,
    /// Longitude and latitude, in ten-millionths of a degree.
    place: (i32, i32),
    codes: Vec<String>,
    stored_count: i64,
}

impl Faults {
    fn read(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        // Where it was read.
        r.u8()?;
        let at = r.u32()?;
        let place = (r.i32()?, r.i32()?);
        let is_stored = r.u8()? == STORED;
        let code = text(r.take(CODE_BYTES)?, CODE_BYTES);
        Ok(Self { at, place, codes: vec![code], stored_count: i64::from(is_stored) })
    }

    fn report(self) -> Report {
        let (longitude, latitude) = self.place;
        let position = match self.place {
            (0, 0) => None,
            _ => Position::new(f64::from(latitude) / 1e7, f64::from(longitude) / 1e7),
        };
        let mut attributes = Attributes::default();
        attributes.set(attr::OBD_DTC_CODES, Value::Text(self.codes.join(" ").into()));
        attributes.set(attr::OBD_DTC_NUMBER, Value::Int(self.stored_count));
        let time = (self.at != 0).then(|| Timestamp::from_s(i64::from(self.at))).flatten();
        Report { time, position, attributes, ..Report::default() }
    }
}
