//! A report while it is being read.

use std::fmt::Write;

use model::{AttributeId, Attributes, EventId, Position, Report, Timestamp, Value, attr};

use super::alarm;
use super::line::Line;
use crate::bytes::{cut, hex, text};

/// What reading depends on besides the bytes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Context {
    /// How far the device's clock is ahead of UTC, in seconds.
    pub(super) utc_offset_s: i32,
    /// Which line of devices it belongs to, where that is known.
    pub(super) line: Option<Line>,
    /// Bytes kept of one text.
    pub(super) text_bytes_max: usize,
}

/// A cell tower.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    pub(super) mcc: u16,
    pub(super) mnc: u16,
    pub(super) lac: u32,
    pub(super) cell_id: u64,
    pub(super) rssi_dbm: Option<i16>,
}

pub(super) struct Draft<'c> {
    pub(super) context: &'c Context,
    pub(super) time: Option<Timestamp>,
    position: Option<Position>,
    events: Vec<EventId>,
    archived: bool,
    attributes: Attributes,
    /// Items of JSON arrays.
    cells: String,
    wifi: String,
}

impl<'c> Draft<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self {
            context,
            time: None,
            position: None,
            events: Vec::new(),
            archived: false,
            attributes: Attributes::with_capacity(12),
            cells: String::new(),
            wifi: String::new(),
        }
    }

    pub(super) fn set(&mut self, id: AttributeId, value: impl Into<Value>) {
        self.attributes.set(id, value);
    }

    /// Sets a value of `raw` steps, `divisor` of which make one unit.
    pub(super) fn scaled(&mut self, id: AttributeId, raw: impl Into<f64>, divisor: f64) {
        self.attributes.set(id, Value::Float(raw.into() / divisor));
    }

    /// Sets a number of a numbered family of attributes.
    pub(super) fn nth(&mut self, prefix: &str, number: u32, value: f64) {
        if let (Some(id), Some(value)) = (AttributeId::nth(prefix, number), Value::float(value)) {
            self.attributes.set(id, value);
        }
    }

    /// Sets a text, unless it is empty.
    pub(super) fn text(&mut self, id: AttributeId, raw: &[u8]) {
        let kept = text(raw, self.context.text_bytes_max);
        if !kept.is_empty() {
            self.attributes.set(id, Value::Text(kept.into()));
        }
    }

    /// Sets bytes in hexadecimal, unless all of them are zero.
    pub(super) fn hex(&mut self, id: AttributeId, raw: &[u8]) {
        if raw.iter().any(|b| *b != 0) {
            let digits = hex(raw);
            self.attributes.set(id, Value::Text(cut(&digits, self.context.text_bytes_max).into()));
        }
    }

    /// Keeps the content of a kind that is not decoded.
    pub(super) fn raw(&mut self, kind: u8, content: &[u8]) {
        if let Ok(id) = AttributeId::intern(&format!("gt06_{kind:02x}")) {
            self.hex(id, content);
        }
    }

    /// Notes the satellites of a place that is none.
    pub(super) fn place(&mut self, position: Option<Position>, satellites: u8) {
        if position.is_none() {
            self.set(attr::SATELLITES, i64::from(satellites));
        }
        self.position = position;
    }

    pub(super) fn position_mut(&mut self) -> Option<&mut Position> {
        self.position.as_mut()
    }

    /// The report comes from the device's memory.
    pub(super) fn archived(&mut self, archived: bool) {
        self.archived |= archived;
    }

    /// Adds an event once.
    pub(super) fn event(&mut self, event: Option<EventId>) {
        self.events.extend(event.filter(|e| !self.events.contains(e)));
    }

    /// Takes an alarm code; 0 is none.
    pub(super) fn alarm(&mut self, code: u16) {
        if code != 0 {
            self.set(attr::EVENT_CODE, i64::from(code));
            let event = alarm::event(code, self.context.line);
            self.event(event);
        }
    }

    /// Switches one bit of a mask of lines.
    pub(super) fn line(&mut self, mask: AttributeId, number: u8, on: bool) {
        let before = self.attributes.get(mask).and_then(Value::as_i64).unwrap_or(0);
        let bit = 1i64 << (number - 1);
        self.set(mask, if on { before | bit } else { before & !bit });
    }

    pub(super) fn cell(&mut self, cell: Cell) {
        let Cell { mcc, mnc, lac, cell_id, rssi_dbm } = cell;
        // Nothing was heard there.
        if mcc == 0 || (lac == 0 && cell_id == 0) {
            return;
        }
        let comma = if self.cells.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(self.cells, r#"{comma}{{"mcc":{mcc},"mnc":{mnc},"lac":{lac},"cell_id":{cell_id}"#);
        if let Some(rssi) = rssi_dbm {
            let _ = write!(self.cells, r#","rssi":{rssi}"#);
        }
        self.cells.push('}');
    }

    pub(super) fn wifi(&mut self, mac: &[u8], rssi_dbm: Option<i16>) {
        if mac.iter().all(|b| *b == 0) {
            return;
        }
        self.wifi.push_str(if self.wifi.is_empty() { r#"{"mac":""# } else { r#",{"mac":""# });
        for (at, byte) in mac.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            let _ = write!(self.wifi, "{colon}{byte:02X}");
        }
        self.wifi.push('"');
        if let Some(rssi) = rssi_dbm {
            let _ = write!(self.wifi, r#","rssi":{rssi}"#);
        }
        self.wifi.push('}');
    }

    /// Nothing was said that a report could carry.
    pub(super) fn is_empty(&self) -> bool {
        let Self { position, events, attributes, cells, wifi, .. } = self;
        position.is_none() && events.is_empty() && attributes.is_empty() && cells.is_empty() && wifi.is_empty()
    }

    pub(super) fn finish(mut self) -> Option<Report> {
        if self.is_empty() {
            return None;
        }
        for (id, items) in [(attr::MOBILE_CELLS, &self.cells), (attr::WIFI_POINTS, &self.wifi)] {
            if !items.is_empty() {
                self.attributes.set(id, Value::Json(format!("[{items}]").into()));
            }
        }
        let Self { time, position, events, archived, attributes, .. } = self;
        Some(Report { time, position, events, archived, attributes })
    }
}
