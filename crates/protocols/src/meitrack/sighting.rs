//! A report while it is being read, in whatever form it came.

use model::{AttributeId, Attributes, Civil, Fix, Position, Report, Timestamp, Value, attr};

use super::events;

/// Seconds from 1970 to 2000, where binary times begin.
const YEAR_2000_S: i64 = 946_684_800;
/// Inputs stand in the high byte of the lines, outputs in the low one.
const LINES_PER_BYTE: u16 = 8;
/// Output 1 has the number after this one.
const BEFORE_OUTPUTS: u16 = 178;

/// What a report is put together from.
#[derive(Default)]
pub(super) struct Sighting {
    pub(super) event: u16,
    pub(super) time: Option<Timestamp>,
    /// Degrees.
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
    pub(super) is_valid: bool,
    pub(super) satellites: Option<u8>,
    pub(super) speed_kmh: Option<f64>,
    pub(super) heading_deg: Option<f64>,
    pub(super) altitude_m: Option<f64>,
    pub(super) attributes: Attributes,
    /// Items of a JSON array.
    cells: Vec<String>,
    wifi: Vec<String>,
}

impl Sighting {
    /// Nothing but the event.
    pub(super) fn of(event: u16) -> Self {
        Self { event, ..Self::default() }
    }

    pub(super) fn set(&mut self, id: AttributeId, value: impl Into<Value>) {
        self.attributes.set(id, value);
    }

    /// Sets a finite number.
    pub(super) fn float(&mut self, id: AttributeId, value: f64) {
        self.attributes.set_some(id, Value::float(value));
    }

    pub(super) fn nth(&mut self, prefix: &str, number: u32, value: f64) {
        if let Some(id) = AttributeId::nth(prefix, number) {
            self.float(id, value);
        }
    }

    /// The signal of the modem, 0 to 31; 99 is unknown.
    pub(super) fn csq(&mut self, csq: u16) {
        if csq <= 31 {
            self.set(attr::GSM_SIGNAL_LEVEL, i64::from(csq) * 100 / 31);
        }
    }

    /// Inputs in the high byte, outputs in the low one.
    pub(super) fn lines(&mut self, lines: u16) {
        self.set(attr::INPUT_STATUS, i64::from(lines >> 8));
        self.set(attr::OUTPUT_STATUS, i64::from(lines & 0xFF));
    }

    /// Seconds since 2000.
    pub(super) fn since_2000(&mut self, s: u32) {
        self.time = (s != 0).then(|| Timestamp::from_s(YEAR_2000_S + i64::from(s))).flatten();
    }

    pub(super) fn cell(&mut self, (mcc, mnc): (u32, u32), lac: u32, cell_id: u32, rssi_dbm: Option<i16>) {
        if mcc != 0 && (lac, cell_id) != (0, 0) {
            let rssi = rssi_dbm.map(|dbm| format!(r#","rssi":{dbm}"#)).unwrap_or_default();
            self.cells.push(format!(r#"{{"mcc":{mcc},"mnc":{mnc},"lac":{lac},"cell_id":{cell_id}{rssi}}}"#));
        }
    }

    pub(super) fn wifi(&mut self, mac: &[u8], rssi_dbm: i16) {
        if mac.iter().any(|b| *b != 0) {
            let mac: Vec<String> = mac.iter().map(|b| format!("{b:02X}")).collect();
            self.wifi.push(format!(r#"{{"mac":"{}","rssi":{rssi_dbm}}}"#, mac.join(":")));
        }
    }

    fn position(&self) -> Option<Position> {
        let (latitude, longitude) = (self.latitude?, self.longitude?);
        if (latitude, longitude) == (0.0, 0.0) {
            return None;
        }
        let mut p = Position::new(latitude, longitude)?;
        p.satellites = self.satellites;
        if !self.is_valid || self.satellites == Some(0) {
            p.valid = false;
            p.fix = Fix::NoFix;
        }
        if let Some(kmh) = self.speed_kmh {
            p.set_speed_kmh(kmh);
        }
        if let Some(deg) = self.heading_deg {
            p.set_heading_deg(deg);
        }
        if let Some(m) = self.altitude_m {
            p.set_altitude_m(m);
        }
        Some(p)
    }

    pub(super) fn finish(mut self) -> Report {
        let position = self.position();
        if let (None, Some(satellites)) = (&position, self.satellites) {
            self.set(attr::SATELLITES, i64::from(satellites));
        }
        if self.event != 0 {
            self.set(attr::EVENT_CODE, i64::from(self.event));
        }
        if let 144 | 145 = self.event {
            self.set(attr::IGNITION, self.event == 144);
        }
        for (id, items) in [(attr::MOBILE_CELLS, &self.cells), (attr::WIFI_POINTS, &self.wifi)] {
            if !items.is_empty() {
                self.attributes.set(id, Value::Json(format!("[{}]", items.join(",")).into()));
            }
        }
        let events = events::of(self.event);
        Report { time: self.time, position, events, archived: false, attributes: self.attributes }
    }
}

/// Twelve decimal digits, from the year to the second.
pub(super) fn time(digits: &str) -> Option<Timestamp> {
    let number = |at: usize| digits.get(at..at + 2)?.parse::<u8>().ok();
    let year = number(0).filter(|year| *year < 80 && *year != 70 && digits.len() == 12)?;
    let civil = Civil {
        year: 2000 + u16::from(year),
        month: number(2)?,
        day: number(4)?,
        hour: number(6)?,
        minute: number(8)?,
        second: number(10)?,
        millisecond: 0,
    };
    Timestamp::from_civil(civil).ok()
}

/// The levels that a report tells, by the numbers of inputs and outputs.
pub(super) fn levels(report: &Report) -> Vec<(u16, f64)> {
    let mask = |id| report.attributes.get(id).and_then(Value::as_i64);
    let bits = |id, before: u16| {
        let mask = mask(id);
        (1..=LINES_PER_BYTE)
            .filter_map(move |n| mask.map(|mask| (before + n, if mask >> (n - 1) & 1 == 1 { 1.0 } else { 0.0 })))
    };
    bits(attr::INPUT_STATUS, 0).chain(bits(attr::OUTPUT_STATUS, BEFORE_OUTPUTS)).collect()
}
