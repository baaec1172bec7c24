//! Reports as lines of JSON: what `odograph export` prints.

use std::collections::HashMap;
use std::fmt;

use fleet::Fleet;
use model::{Attributes, Seq, SourceId, Timestamp, Value};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;
use storage::journal::{Journal, JournalError, StoredReport};

/// Lines are handed on in pieces of about this size.
const PIECE_BYTES: usize = 64 * 1024;

/// Which reports are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    /// Those of one device.
    pub(crate) device: Option<String>,
    /// Those of this time or later.
    pub(crate) from: Option<Timestamp>,
    /// Those of this time or earlier.
    pub(crate) to: Option<Timestamp>,
}

/// Why an export ended early.
#[derive(Debug)]
pub(crate) enum ExportError {
    /// No device of this name is registered.
    UnknownDevice(String),
    /// The journal cannot be read.
    Journal(JournalError),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDevice(device) => write!(f, "no device {device} is registered"),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ExportError {}

/// One line. What the device did not say is null.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    device: Option<&'a str>,
    source_id: u32,
    time: Option<Instant>,
    received: Instant,
    valid: Option<bool>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    altitude_m: Option<f32>,
    speed_kmh: Option<f32>,
    heading_deg: Option<u16>,
    #[serde(serialize_with = "attributes")]
    attributes: &'a Attributes,
}

struct Instant(Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

fn attributes<S: Serializer>(attributes: &Attributes, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(attributes.len()))?;
    for (id, value) in attributes.iter() {
        let name = id.name();
        match value {
            Value::Bool(flag) => map.serialize_entry(&name, flag)?,
            Value::Int(n) => map.serialize_entry(&name, n)?,
            Value::Float(x) => map.serialize_entry(&name, x)?,
            Value::Text(text) => map.serialize_entry(&name, text)?,
            Value::Json(json) => match serde_json::from_str::<&RawValue>(json) {
                Ok(json) => map.serialize_entry(&name, json)?,
                // Not what its decoder promised; shown rather than lost.
                Err(_) => map.serialize_entry(&name, json)?,
            },
        }
    }
    map.end()
}

/// Appends one line.
fn write_line(stored: &StoredReport, device: Option<&str>, out: &mut Vec<u8>) {
    let position = stored.report.position.as_ref();
    let line = Line {
        seq: stored.seq.0,
        device,
        source_id: stored.source.0,
        time: stored.report.time.map(Instant),
        received: Instant(stored.received),
        valid: position.map(|p| p.valid),
        latitude: position.map(|p| p.latitude),
        longitude: position.map(|p| p.longitude),
        altitude_m: position.and_then(|p| p.altitude_m),
        speed_kmh: position.and_then(|p| p.speed_kmh),
        heading_deg: position.and_then(|p| p.heading_deg),
        attributes: &stored.report.attributes,
    };
    // Writing to memory cannot fail, and every key is a text.
    let _ = serde_json::to_writer(&mut *out, &line);
    out.push(b'\n');
}

/// Reads the journal from its beginning and hands the wanted lines on, in the order of `seq`. `sink` takes whole lines
/// and says whether it wants more.
pub(crate) fn export(
    journal: &dyn Journal,
    fleet: &Fleet,
    wanted: &Wanted,
    mut sink: impl FnMut(Vec<u8>) -> bool,
) -> Result<(), ExportError> {
    let source = match &wanted.device {
        Some(id) => Some(fleet.device(id).ok_or_else(|| ExportError::UnknownDevice(id.clone()))?.source),
        None => None,
    };
    let (from, to) = (wanted.from.unwrap_or(Timestamp::MIN), wanted.to.unwrap_or(Timestamp::MAX));
    let names: HashMap<SourceId, _> = fleet.sources().into_iter().map(|info| (info.source, info.device)).collect();
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    for stored in journal.by_seq(Seq(0)) {
        let stored = stored.map_err(ExportError::Journal)?;
        if source.is_some_and(|source| source != stored.source) || !(from..=to).contains(&stored.time) {
            continue;
        }
        write_line(&stored, names.get(&stored.source).map(|id| id.as_str()), &mut piece);
        if piece.len() >= PIECE_BYTES && !sink(std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES))) {
            return Ok(());
        }
    }
    if !piece.is_empty() {
        sink(piece);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Position, Report, attr};

    fn stored(report: Report) -> StoredReport {
        let at = |text: &str| Timestamp::parse_iso(text).expect(text);
        StoredReport {
            seq: Seq(7),
            source: SourceId(1_000_000_001),
            time: at("2026-03-14T09:26:53Z"),
            received: at("2026-03-14T09:26:54.250Z"),
            flags: 0,
            report,
        }
    }

    fn check(report: Report, device: Option<&str>, expected: &str) {
        let mut line = Vec::new();
        write_line(&stored(report), device, &mut line);
        assert_eq!(String::from_utf8(line).expect("UTF-8"), format!("{expected}\n"));
    }

    #[test]
    fn a_full_report_shows_everything() {
        let mut position = Position::new(54.689_2, 25.279_6).expect("in range");
        position.set_altitude_m(112.5);
        position.set_speed_kmh(63.1);
        position.set_heading_deg(271.0);
        position.valid = false;
        let mut attributes = Attributes::default();
        attributes.set(attr::IGNITION, true);
        attributes.set(attr::CAN_RPM, 1_850);
        attributes.set(attr::HDOP, Value::Float(0.9));
        attributes.set(attr::VIN, "A\"B");
        attributes.set(attr::MOBILE_CELLS, Value::Json(r#"[{"mcc":246}]"#.into()));
        let time = Timestamp::parse_iso("2026-03-14T09:26:53Z").ok();
        let report = Report { time, position: Some(position), attributes, ..Report::default() };
        check(
            report,
            Some("356307042441013"),
            concat!(
                r#"{"seq":7,"device":"356307042441013","source_id":1000000001,"time":"2026-03-14T09:26:53.000Z","#,
                r#""received":"2026-03-14T09:26:54.250Z","valid":false,"latitude":54.6892,"longitude":25.2796,"#,
                r#""altitude_m":112.5,"speed_kmh":63.1,"heading_deg":271,"attributes":{"ignition":true,"#,
                r#""can_rpm":1850,"hdop":0.9,"vin":"A\"B","mobile_cells":[{"mcc":246}]}}"#
            ),
        );
    }

    #[test]
    fn what_was_not_said_is_null() {
        check(
            Report::default(),
            None,
            concat!(
                r#"{"seq":7,"device":null,"source_id":1000000001,"time":null,"received":"2026-03-14T09:26:54.250Z","#,
                r#""valid":null,"latitude":null,"longitude":null,"altitude_m":null,"speed_kmh":null,"#,
                r#""heading_deg":null,"attributes":{}}"#
            ),
        );
    }
}
