//! A report while it is being read: the rules that hold for what any device says, in one place.

use std::fmt::Write;

use model::{AttributeId, Attributes, Civil, EventId, Fix, Origin, Position, Report, Timestamp, Value, attr};

use crate::bytes::{cut, hex, text};
use crate::own_names::OwnName;

/// Devices are not faster than this, in kilometres an hour: whoever says so has no idea where it is either.
pub(crate) const SPEED_KMH_MAX: f64 = 2_000.0;

/// Attributes of a report for which names of a family's own are found. Names that devices choose find no more room
/// beyond: they would take it from all others, and each costs a search among those that are there.
pub(crate) const ATTRIBUTES_MAX: usize = 1_024;

/// A cell tower.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) mcc: u16,
    pub(crate) mnc: u16,
    pub(crate) lac: u32,
    pub(crate) cell_id: u64,
    pub(crate) rssi_dbm: Option<i16>,
}

/// What was read so far. Values that cannot be are left out when they are set; what they leave is judged at the end.
pub(crate) struct Draft {
    /// When it was so; `None` when the device did not say it usably.
    pub(crate) time: Option<Timestamp>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    is_valid: bool,
    fix: Option<Fix>,
    origin: Origin,
    altitude_m: Option<f64>,
    speed_kmh: Option<f64>,
    heading_deg: Option<f64>,
    satellites: Option<u8>,
    precision_m: Option<u32>,
    events: Vec<EventId>,
    archived: bool,
    attributes: Attributes,
    /// JSON arrays without their closing brackets; empty when there is nothing in them.
    cells: String,
    wifi: String,
    text_bytes_max: usize,
}

impl Draft {
    /// An empty one. Texts are cut at `text_bytes_max`.
    pub(crate) fn new(text_bytes_max: usize) -> Self {
        Self {
            time: None,
            latitude: None,
            longitude: None,
            is_valid: true,
            fix: None,
            origin: Origin::Gnss,
            altitude_m: None,
            speed_kmh: None,
            heading_deg: None,
            satellites: None,
            precision_m: None,
            events: Vec::new(),
            archived: false,
            attributes: Attributes::with_capacity(24),
            cells: String::new(),
            wifi: String::new(),
            text_bytes_max,
        }
    }

    /// What texts are cut at, in bytes.
    pub(crate) fn text_bytes_max(&self) -> usize {
        self.text_bytes_max
    }

    /// Where it was, in degrees, south and west negative.
    pub(crate) fn at(&mut self, latitude: f64, longitude: f64) {
        (self.latitude, self.longitude) = (Some(latitude), Some(longitude));
    }

    /// Whether the device vouches for the place. It does unless something says that it does not.
    pub(crate) fn valid(&mut self, is_valid: bool) {
        self.is_valid &= is_valid;
    }

    /// The place is the last that was known, told again.
    pub(crate) fn last_known(&mut self) {
        self.fix = Some(Fix::LastKnown);
    }

    /// The place was worked out from a network.
    pub(crate) fn located_by_network(&mut self) {
        self.origin = Origin::Network;
    }

    pub(crate) fn altitude_m(&mut self, altitude_m: f64) {
        self.altitude_m = Some(altitude_m);
    }

    pub(crate) fn speed_kmh(&mut self, speed_kmh: f64) {
        self.speed_kmh = Some(speed_kmh);
    }

    /// Degrees from north; more than 360 means unknown.
    pub(crate) fn heading_deg(&mut self, heading_deg: f64) {
        self.heading_deg = Some(heading_deg);
    }

    /// Satellites in use. Without any the place is not valid.
    pub(crate) fn satellites(&mut self, satellites: u8) {
        self.satellites = Some(satellites);
    }

    /// How far off the place may be.
    pub(crate) fn precision_m(&mut self, precision_m: u32) {
        self.precision_m = Some(precision_m);
    }

    /// There is no place after all.
    pub(crate) fn forget_place(&mut self) {
        (self.latitude, self.longitude) = (None, None);
    }

    /// Whether there are coordinates, usable or not.
    pub(crate) fn has_place(&self) -> bool {
        self.latitude.is_some() && self.longitude.is_some()
    }

    /// The attributes, for what has no function here.
    pub(crate) fn attributes(&mut self) -> &mut Attributes {
        &mut self.attributes
    }

    pub(crate) fn set(&mut self, id: AttributeId, value: impl Into<Value>) {
        self.attributes.set(id, value);
    }

    /// Sets a number, if it is one.
    pub(crate) fn float(&mut self, id: AttributeId, value: f64) {
        self.attributes.set_some(id, Value::float(value));
    }

    /// Sets a value of `raw` steps, `divisor` of which make one unit.
    pub(crate) fn scaled(&mut self, id: AttributeId, raw: impl Into<f64>, divisor: f64) {
        self.float(id, raw.into() / divisor);
    }

    /// Sets a number of a numbered family of attributes, such as 3 of `temperature_`.
    pub(crate) fn nth(&mut self, prefix: &str, number: u32, value: f64) {
        if let (Some(id), Some(value)) = (AttributeId::nth(prefix, number), Value::float(value)) {
            self.attributes.set(id, value);
        }
    }

    /// Sets a text, unless it is empty.
    pub(crate) fn text(&mut self, id: AttributeId, raw: &[u8]) {
        let kept = text(raw, self.text_bytes_max);
        if !kept.is_empty() {
            self.attributes.set(id, Value::Text(kept.into()));
        }
    }

    /// Sets a value under the family's own name, if the name finds room.
    pub(crate) fn own(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(id) = self.own_id(name) {
            self.attributes.set(id, value);
        }
    }

    /// The id of a name of the family's own, if the name finds room.
    pub(crate) fn own_id(&self, name: &str) -> Option<AttributeId> {
        if self.attributes.len() < ATTRIBUTES_MAX { AttributeId::intern(name).ok() } else { None }
    }

    /// Sets a value under a name that is looked up once.
    pub(crate) fn own_named(&mut self, name: &OwnName, value: impl Into<Value>) {
        if let Some(id) = name.id() {
            self.attributes.set(id, value);
        }
    }

    /// Sets a text under the family's own name, unless it is empty.
    pub(crate) fn own_text(&mut self, name: &str, raw: &[u8]) {
        // Most fields that devices may fill are not, and finding a name costs more than looking.
        if raw.iter().all(|b| b.is_ascii_whitespace()) {
            return;
        }
        if let Some(id) = self.own_id(name) {
            self.text(id, raw);
        }
    }

    /// Sets a text under a name that is looked up once, unless it is empty.
    pub(crate) fn own_named_text(&mut self, name: &OwnName, raw: &[u8]) {
        if let Some(id) = name.id() {
            self.text(id, raw);
        }
    }

    /// Sets bytes in hexadecimal under the family's own name, unless all of them are zero.
    pub(crate) fn own_hex(&mut self, name: &str, raw: &[u8]) {
        if let Some(id) = self.own_id(name) {
            self.hex(id, raw);
        }
    }

    /// Sets bytes in hexadecimal, unless all of them are zero.
    pub(crate) fn hex(&mut self, id: AttributeId, raw: &[u8]) {
        if raw.iter().any(|b| *b != 0) {
            let digits = hex(raw);
            self.attributes.set(id, Value::Text(cut(&digits, self.text_bytes_max).into()));
        }
    }

    /// A share of 100, if it is one.
    pub(crate) fn percent(&mut self, id: AttributeId, percent: f64) {
        if (0.0..=100.0).contains(&percent) {
            self.attributes.set(id, percent.round() as i64);
        }
    }

    /// Signal strength as modems tell it: 0 to 31, 99 for unknown.
    pub(crate) fn csq(&mut self, csq: u32) {
        if csq <= 31 {
            self.percent(attr::GSM_SIGNAL_LEVEL, f64::from(csq) * 100.0 / 31.0);
        }
    }

    /// Signal strength in dBm.
    pub(crate) fn signal_dbm(&mut self, dbm: f64) {
        self.percent(attr::GSM_SIGNAL_LEVEL, ((dbm + 113.0) * 100.0 / 62.0).clamp(0.0, 100.0));
    }

    /// Switches one bit of a mask of lines, which are numbered from 1 to 32.
    pub(crate) fn line(&mut self, mask: AttributeId, number: u8, on: bool) {
        if !(1..=32).contains(&number) {
            return;
        }
        let before = self.attributes.get(mask).and_then(Value::as_i64).unwrap_or(0);
        let bit = 1i64 << (number - 1);
        self.set(mask, if on { before | bit } else { before & !bit });
    }

    /// The report comes from the device's memory.
    pub(crate) fn archived(&mut self, archived: bool) {
        self.archived |= archived;
    }

    /// When the device sent it, where that is not the time of the report.
    pub(crate) fn device_time(&mut self, sent: Option<Timestamp>) {
        if let Some(sent) = sent.filter(|sent| Some(*sent) != self.time) {
            self.set(attr::DEVICE_TIME, Value::Text(sent.to_string().into()));
        }
    }

    /// Adds an event once.
    pub(crate) fn event(&mut self, number: u32) {
        let event = EventId(number);
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    pub(crate) fn cell(&mut self, cell: Cell) {
        let Cell { mcc, mnc, lac, cell_id, rssi_dbm } = cell;
        // Nothing was heard there.
        if mcc == 0 || (lac == 0 && cell_id == 0) {
            return;
        }
        begin_item(&mut self.cells);
        // Piece by piece: most reports have a cell, and formatting takes several times as long.
        let numbers = [("{\"mcc\":", mcc.into()), (",\"mnc\":", mnc.into()), (",\"lac\":", lac.into())];
        for (name, number) in numbers.into_iter().chain([(",\"cell_id\":", cell_id)]) {
            self.cells.push_str(name);
            push_number(&mut self.cells, number);
        }
        if let Some(rssi) = rssi_dbm {
            // Writing to a string cannot fail.
            let _ = write!(self.cells, r#","rssi":{rssi}"#);
        }
        self.cells.push('}');
    }

    /// A Wi-Fi station, by the six bytes of its address.
    pub(crate) fn wifi(&mut self, mac: &[u8], rssi_dbm: Option<i16>) {
        if mac.iter().all(|b| *b == 0) {
            return;
        }
        begin_item(&mut self.wifi);
        self.wifi.push_str(r#"{"mac":""#);
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

    /// Nothing was said that a report could carry; a time alone is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { events, attributes, cells, wifi, satellites, precision_m, .. } = self;
        let is_bare = events.is_empty() && attributes.is_empty() && cells.is_empty() && wifi.is_empty();
        is_bare && satellites.is_none() && precision_m.is_none() && !self.has_place()
    }

    /// The report; `None` if nothing was said.
    pub(crate) fn finish(mut self) -> Option<Report> {
        if self.is_empty() {
            return None;
        }
        let position = self.position();
        if let (None, Some(satellites)) = (&position, self.satellites) {
            self.set(attr::SATELLITES, i64::from(satellites));
        }
        if let (None, Some(precision_m)) = (&position, self.precision_m) {
            self.set(attr::PRECISION, i64::from(precision_m));
        }
        let Self { time, events, archived, mut attributes, cells, wifi, .. } = self;
        for (id, mut items) in [(attr::MOBILE_CELLS, cells), (attr::WIFI_POINTS, wifi)] {
            if !items.is_empty() {
                items.push(']');
                attributes.set(id, Value::Json(items.into()));
            }
        }
        Some(Report { time, position, events, archived, attributes })
    }

    /// The place, if it can be one: not 0/0, on the globe, and not reached at an impossible speed.
    fn position(&self) -> Option<Position> {
        let (latitude, longitude) = self.latitude.zip(self.longitude)?;
        let is_impossible = self.speed_kmh.is_some_and(|kmh| !(0.0..=SPEED_KMH_MAX).contains(&kmh));
        if is_impossible || (latitude == 0.0 && longitude == 0.0) {
            return None;
        }
        let mut position = Position::new(latitude, longitude)?;
        position.valid = self.is_valid && self.satellites != Some(0);
        position.fix = self.fix.unwrap_or(if position.valid { Fix::HasFix } else { Fix::NoFix });
        position.origin = self.origin;
        position.satellites = self.satellites;
        position.precision_m = self.precision_m;
        if let Some(altitude_m) = self.altitude_m {
            position.set_altitude_m(altitude_m);
        }
        if let Some(speed_kmh) = self.speed_kmh {
            position.set_speed_kmh(speed_kmh);
        }
        if let Some(heading_deg) = self.heading_deg {
            position.set_heading_deg(heading_deg);
        }
        Some(position)
    }
}

/// Begins the next item of a JSON array, or the array.
fn begin_item(array: &mut String) {
    /// Most arrays have one item, and it fits.
    const USUAL_BYTES: usize = 64;
    if array.is_empty() {
        array.reserve(USUAL_BYTES);
        array.push('[');
    } else {
        array.push(',');
    }
}

/// Writes a number in decimal digits.
fn push_number(text: &mut String, number: u64) {
    let count = number.checked_ilog10().unwrap_or(0);
    for place in (0..=count).rev() {
        text.push(char::from(b'0' + (number / 10u64.pow(place) % 10) as u8));
    }
}

/// A moment on a device's clock that is `utc_offset_s` ahead of UTC. Years of two digits are of this century up to 79.
/// `None` for what no clock shows.
pub(crate) fn moment(date: (u16, u8, u8), time: (u8, u8, u8), utc_offset_s: i32) -> Option<Timestamp> {
    let year = if date.0 < 80 { 2000 + date.0 } else { date.0 };
    let (month, day) = (date.1, date.2);
    let (hour, minute, second) = time;
    let local = Timestamp::from_civil(Civil { year, month, day, hour, minute, second, millisecond: 0 }).ok()?;
    Some(local.plus_ms(-i64::from(utc_offset_s) * 1_000))
}

/// Degrees of a coordinate in degrees and minutes, the last two digits before the point being minutes: `3326.9335`.
pub(crate) fn degrees_minutes(text: &str) -> Option<f64> {
    let whole = text.find('.').unwrap_or(text.len());
    let at = whole.checked_sub(2)?;
    let (degrees, minutes) = text.split_at_checked(at)?;
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !is_number(degrees) || !is_number(minutes) {
        return None;
    }
    let degrees: f64 = if degrees.is_empty() { 0.0 } else { degrees.parse().ok()? };
    let minutes: f64 = minutes.parse().ok()?;
    (minutes < 60.0).then_some(degrees + minutes / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::new(16)
    }

    #[test]
    fn a_place_is_judged_apart_from_the_rest() {
        let check = |set: &dyn Fn(&mut Draft), wanted: Option<bool>| {
            let mut draft = draft();
            draft.set(attr::IGNITION, true);
            draft.at(1.0, 2.0);
            set(&mut draft);
            let report = draft.finish().expect("has an attribute");
            assert_eq!(report.position.map(|p| p.valid), wanted);
            assert!(report.attributes.get(attr::IGNITION).is_some());
        };
        check(&|_| {}, Some(true));
        check(&|d| d.at(0.0, 0.0), None);
        check(&|d| d.at(90.1, 0.0), None);
        check(&|d| d.at(0.0, f64::NAN), None);
        check(&|d| d.speed_kmh(6_000.0), None);
        check(&|d| d.satellites(0), Some(false));
        check(&|d| d.valid(false), Some(false));
        check(&|d| d.altitude_m(20_000.0), Some(true));
    }

    #[test]
    fn values_that_cannot_be_are_left_out() {
        let mut d = draft();
        d.percent(attr::BATTERY_LEVEL, 101.0);
        d.csq(99);
        d.float(attr::HDOP, f64::NAN);
        d.text(attr::VIN, b"\0 \0");
        d.cell(Cell::default());
        d.wifi(&[0; 6], None);
        d.line(attr::INPUT_STATUS, 0, true);
        d.line(attr::INPUT_STATUS, 33, true);
        assert!(d.is_empty() && d.finish().is_none());
    }

    #[test]
    fn what_was_set_is_in_the_report() {
        let mut d = draft();
        d.csq(31);
        d.line(attr::INPUT_STATUS, 1, true);
        d.line(attr::INPUT_STATUS, 3, true);
        d.line(attr::INPUT_STATUS, 1, false);
        d.event(202);
        d.event(202);
        d.cell(Cell { mcc: 730, mnc: 2, lac: 3, cell_id: 4, rssi_dbm: Some(-51) });
        d.wifi(&[1, 2, 3, 4, 5, 0xAB], None);
        d.own("my name", 7);
        static OTHER: OwnName = OwnName::new("my other name");
        d.own_named(&OTHER, 8);
        d.own_named(&OTHER, 9);
        d.own_text("my empty name", b" \r\n");
        d.satellites(4);
        let r = d.finish().expect("has much");
        let get = |id| r.attributes.get(id).cloned();
        assert_eq!(get(attr::GSM_SIGNAL_LEVEL), Some(Value::Int(100)));
        assert_eq!(get(attr::INPUT_STATUS), Some(Value::Int(4)));
        assert_eq!(get(attr::SATELLITES), Some(Value::Int(4)));
        let cells = r#"[{"mcc":730,"mnc":2,"lac":3,"cell_id":4,"rssi":-51}]"#;
        assert_eq!(get(attr::MOBILE_CELLS), Some(Value::Json(cells.into())));
        assert_eq!(get(attr::WIFI_POINTS), Some(Value::Json(r#"[{"mac":"01:02:03:04:05:AB"}]"#.into())));
        assert_eq!(r.events, [EventId(202)]);
        assert_eq!(get(AttributeId::find("my name").expect("is interned")), Some(Value::Int(7)));
        assert_eq!(get(AttributeId::find("my other name").expect("is interned")), Some(Value::Int(9)));
        assert_eq!(AttributeId::find("my empty name"), None);
    }

    #[test]
    fn a_report_has_room_for_so_many_names_of_its_own() {
        let mut d = draft();
        (0..2 * ATTRIBUTES_MAX).for_each(|n| d.own(&format!("avl_io_{n}"), 1));
        d.own("one too many", 1);
        d.own_text("one more", b"x");
        d.own_hex("another", b"x");
        d.set(attr::IGNITION, true);
        let report = d.finish().expect("has many");
        assert_eq!(report.attributes.len(), ATTRIBUTES_MAX + 1);
        for name in ["one too many", "one more", "another"] {
            assert_eq!(AttributeId::find(name), None, "it is not even remembered");
        }
    }

    #[test]
    fn numbers_are_written_in_decimal_digits() {
        for number in [0, 9, 10, 41_394, u64::MAX] {
            let mut text = String::from("x");
            push_number(&mut text, number);
            assert_eq!(text, format!("x{number}"));
        }
    }

    #[test]
    fn the_time_of_sending_is_kept_where_it_differs() {
        let sent = moment((26, 3, 14), (9, 26, 55), 0);
        let check = |time: Option<Timestamp>, wanted: Option<Value>| {
            let mut d = draft();
            d.time = time;
            d.event(1);
            d.device_time(sent);
            let report = d.finish().expect("has an event");
            assert_eq!(report.attributes.get(attr::DEVICE_TIME).cloned(), wanted);
        };
        check(sent, None);
        check(None, Some(Value::from("2026-03-14T09:26:55.000Z")));
        check(moment((26, 3, 14), (9, 26, 53), 0), Some(Value::from("2026-03-14T09:26:55.000Z")));
    }

    #[test]
    fn clocks_and_coordinates() {
        let at = |date, time, offset_s| moment(date, time, offset_s).map(|t| t.to_string());
        assert_eq!(at((26, 3, 14), (9, 26, 53), 0).as_deref(), Some("2026-03-14T09:26:53.000Z"));
        assert_eq!(at((2026, 3, 14), (17, 26, 53), 28_800).as_deref(), Some("2026-03-14T09:26:53.000Z"));
        assert_eq!(at((26, 0, 14), (9, 26, 53), 0), None);
        assert_eq!(at((26, 3, 14), (28, 0, 0), 0), None);
        let check = |text: &str, wanted: Option<f64>| {
            let told = degrees_minutes(text).map(|d| (d * 1e6).round() / 1e6);
            assert_eq!(told, wanted, "{text}");
        };
        check("3326.9335", Some(33.448_892));
        check("07040.1560", Some(70.669_267));
        check("0000.0000", Some(0.0));
        check("26.5", Some(0.441_667));
        check("3360.0", None);
        check("", None);
        check("1", None);
        check("-3326.9", None);
        check("33é6.9", None);
    }
}
