//! Short and extended data: where the device was, and in the extended form also its lines, key and parameters.

use std::str::FromStr;

use model::{Report, Timestamp, attr};

use super::frame::Part;
use super::params;
use crate::bytes::text;
use crate::draft::{Draft, degrees_minutes, moment};
use crate::session::{FieldFault, Reject};

/// Fields of short data.
pub(super) const SHORT: usize = 10;
/// Fields of extended data; parameters are the last.
pub(super) const EXTENDED: usize = 16;
/// So many satellites make a place certain.
const SATELLITES_MIN: u8 = 3;

/// What of a message could not be used; the device is told its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    Structure,
    Time,
    Place,
    Motion,
    Satellites,
    Hdop,
    Lines,
    Analogues,
    Params,
}

impl Flaw {
    /// The number that devices know it by.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Structure => "-1",
            Self::Time => "0",
            Self::Place => "10",
            Self::Motion => "11",
            Self::Satellites | Self::Hdop => "12",
            Self::Lines => "13",
            Self::Analogues => "14",
            Self::Params => "15",
        }
    }

    pub(super) fn reason(self) -> Reject {
        let name = match self {
            Self::Structure => return Reject::Truncated,
            Self::Time => "time",
            Self::Place => "coordinates",
            Self::Motion => "speed, course or altitude",
            Self::Satellites => "satellites",
            Self::Hdop => "hdop",
            Self::Lines => "inputs or outputs",
            Self::Analogues => "adc",
            Self::Params => "params",
        };
        Reject::Field { name, fault: FieldFault::OutOfRange }
    }
}

/// What was read of one message.
pub(super) struct Data {
    /// `None` if it has too few fields, or nothing is said.
    pub(super) report: Option<Report>,
    /// What is wrong with it, and where in the line.
    pub(super) flaws: Vec<(Flaw, usize)>,
}

/// Reads a message without its checksum.
pub(super) fn read(message: Part<'_>, is_extended: bool, is_archived: bool, text_bytes_max: usize) -> Data {
    let mut fields = [Part { bytes: b"", at: message.at }; EXTENDED];
    let wanted = if is_extended { EXTENDED } else { SHORT };
    let mut count = 0;
    for (place, field) in fields[..wanted].iter_mut().zip(message.split(b';')) {
        *place = field;
        count += 1;
    }
    if count < wanted {
        return Data { report: None, flaws: vec![(Flaw::Structure, message.at)] };
    }
    if is_extended {
        // A text among the parameters may hold the separator.
        let at = fields[EXTENDED - 1].at;
        fields[EXTENDED - 1].bytes = &message.bytes[at - message.at..];
    }
    let mut reading = Reading { draft: Draft::new(text_bytes_max), flaws: Vec::new() };
    reading.draft.archived(is_archived);
    reading.short(&fields);
    if is_extended {
        reading.extended(&fields, text_bytes_max);
    }
    Data { report: reading.draft.finish(), flaws: reading.flaws }
}

struct Reading {
    draft: Draft,
    flaws: Vec<(Flaw, usize)>,
}

impl Reading {
    fn flaw(&mut self, flaw: Flaw, field: Part<'_>) {
        self.flaws.push((flaw, field.at));
    }

    /// The value of a field, if one is said; a flaw if it cannot be read.
    fn value<T: FromStr>(&mut self, field: Part<'_>, flaw: Flaw) -> Option<T> {
        if !field.is_said() {
            return None;
        }
        let value = field.text().and_then(|text| text.parse().ok());
        if value.is_none() {
            self.flaw(flaw, field);
        }
        value
    }

    /// The same for a number with a fraction, which is finite.
    fn number(&mut self, field: Part<'_>, flaw: Flaw) -> Option<f64> {
        let number = self.value::<f64>(field, flaw)?;
        if !number.is_finite() {
            self.flaw(flaw, field);
        }
        Some(number).filter(|number| number.is_finite())
    }

    fn short(&mut self, fields: &[Part<'_>; EXTENDED]) {
        let [date, clock, lat, north, lon, east, speed, course, altitude, satellites, ..] = *fields;
        if date.is_said() || clock.is_said() {
            self.draft.time = time(date, clock);
            if self.draft.time.is_none() {
                self.flaw(Flaw::Time, date);
            }
        }
        if lat.is_said() && lon.is_said() {
            match coordinate(lat, north, *b"NS", 90.0).zip(coordinate(lon, east, *b"EW", 180.0)) {
                Some(((latitude, is_north_known), (longitude, is_east_known))) => {
                    self.draft.at(latitude, longitude);
                    self.draft.valid(is_north_known && is_east_known);
                }
                None => self.flaw(Flaw::Place, lat),
            }
        }
        if let Some(speed_kmh) = self.number(speed, Flaw::Motion) {
            self.draft.speed_kmh(speed_kmh);
        }
        if let Some(heading_deg) = self.number(course, Flaw::Motion) {
            self.draft.heading_deg(heading_deg);
        }
        if let Some(altitude_m) = self.number(altitude, Flaw::Motion) {
            self.draft.altitude_m(altitude_m);
        }
        if let Some(satellites) = self.value::<u8>(satellites, Flaw::Satellites) {
            self.draft.satellites(satellites);
            self.draft.valid(satellites >= SATELLITES_MIN);
        }
    }

    fn extended(&mut self, fields: &[Part<'_>; EXTENDED], text_bytes_max: usize) {
        let [hdop, inputs, outputs, adc, key, params] = fields[SHORT..] else { return };
        if let Some(hdop) = self.number(hdop, Flaw::Hdop) {
            self.draft.float(attr::HDOP, hdop);
        }
        for (id, mask) in [(attr::INPUT_STATUS, inputs), (attr::OUTPUT_STATUS, outputs)] {
            if let Some(mask) = self.value::<u32>(mask, Flaw::Lines) {
                self.draft.set(id, i64::from(mask));
            }
        }
        for (number, volts) in (1..).zip(adc.split(b',')) {
            if let Some(volts) = self.number(volts, Flaw::Analogues) {
                self.draft.nth("analog_", number, volts);
            }
        }
        if key.is_said() {
            let key = text(key.bytes, text_bytes_max).to_ascii_uppercase();
            self.draft.set(attr::HARDWARE_KEY, key.as_str());
        }
        if params.is_said() {
            let flaws = &mut self.flaws;
            params::read(params, &mut self.draft, |at| flaws.push((Flaw::Params, at)));
        }
    }
}

/// `ddmmyy` and `hhmmss`, which may go on after a point.
pub(super) fn time(date: Part<'_>, clock: Part<'_>) -> Option<Timestamp> {
    let (clock, fraction) = match clock.text()?.split_once('.') {
        Some((clock, fraction)) => (clock, fraction),
        None => (clock.text()?, ""),
    };
    let [day, month, year] = pairs(date.text()?)?;
    let [hour, minute, second] = pairs(clock)?;
    let time = moment((u16::from(year), month, day), (hour, minute, second), 0)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |b| i64::from(b - b'0'));
    Some(time.plus_ms(digit(0) * 100 + digit(1) * 10 + digit(2)))
}

/// Three numbers of two digits.
fn pairs(text: &str) -> Option<[u8; 3]> {
    let digits: &[u8; 6] = text.as_bytes().try_into().ok()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |at: usize| (digits[at] - b'0') * 10 + digits[at + 1] - b'0';
    Some([pair(0), pair(2), pair(4)])
}

/// Degrees, and whether the hemisphere is told. `letters` are the positive one and the negative one.
fn coordinate(field: Part<'_>, letter: Part<'_>, letters: [u8; 2], degrees_max: f64) -> Option<(f64, bool)> {
    let degrees = degrees_minutes(field.text()?).filter(|degrees| *degrees <= degrees_max)?;
    match letter.bytes.trim_ascii() {
        [letter] if letter.eq_ignore_ascii_case(&letters[0]) => Some((degrees, true)),
        [letter] if letter.eq_ignore_ascii_case(&letters[1]) => Some((-degrees, true)),
        b"" | b"NA" => Some((degrees, false)),
        _ => None,
    }
}
