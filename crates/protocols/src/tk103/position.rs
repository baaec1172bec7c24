//! Positions, whose elements stand one behind the other, with or without commas.
//!
//! Names of the family's own: `tk103_signal` (the number that may follow the speed), `tk103_rest` (what follows that is
//! not known).

use model::attr;

use super::flags;
use super::scan::{Scan, is_digits, is_padded};
use crate::draft::{Draft, degrees_minutes};
use crate::fields::{moment_of, number, pairs};
use crate::session::{DeviceSettings, SpeedUnit};

const DATE_BYTES: usize = 6;
const TIME_BYTES: usize = 6;
/// A speed has so many characters where nothing separates it.
const SPEED_BYTES: usize = 5;
const COURSE_BYTES: usize = 6;
/// Two numbers before a comma: a speed, and one more.
const SPEED_AND_MORE_BYTES: usize = 10;

/// Where the date stands, if there is one with a validity and a coordinate behind it.
pub(super) fn find(content: &str) -> Option<usize> {
    let is_one = |at: usize| {
        let before = content[..at].strip_suffix(',').unwrap_or(&content[..at]);
        let date = before.len().checked_sub(DATE_BYTES)?;
        let after = content[at + 1..].strip_prefix(',').unwrap_or(&content[at + 1..]);
        let behind = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ' ');
        let is_coordinate = behind.len() < after.len() && behind.trim_start_matches(',').starts_with(['N', 'S']);
        (is_digits(before.get(date..)?) && is_coordinate).then_some(date)
    };
    content.match_indices(['A', 'V']).find_map(|(at, _)| is_one(at))
}

/// Reads what stands from the date on. `Err`: how far it could be read, in bytes.
pub(super) fn read(text: &str, is_day_first: bool, settings: &DeviceSettings, d: &mut Draft) -> Result<(), usize> {
    let mut s = Scan::new(text);
    let date = s.take(DATE_BYTES, is_digits).and_then(pairs);
    s.comma();
    d.valid(s.take(1, |letter| letter == "A").is_some() || s.take(1, |letter| letter == "V").is_none());
    s.comma();
    let latitude = coordinate(&mut s, 'N', 'S').ok_or(s.at())?;
    let longitude = coordinate(&mut s, 'E', 'W').ok_or(s.at())?;
    let is_odd = latitude.is_none() || longitude.is_none();
    if let Some((latitude, longitude)) = latitude.zip(longitude) {
        d.at(latitude, longitude);
    }
    let (speed, time) = speed_and_time(&mut s, d).ok_or(s.at())?;
    if let Some(speed) = number(speed.trim()) {
        d.speed_kmh(speed * settings.speed_unit.unwrap_or(SpeedUnit::KilometresPerHour).kmh());
    }
    let date = date.map(|(a, b, c)| if is_day_first { (c, b, a) } else { (a, b, c) });
    let offset_s = settings.utc_offset_s.unwrap_or(0);
    d.time = date.zip(pairs(time)).and_then(|(date, time)| moment_of(date, time, offset_s));
    s.comma();
    if let Some(course) = course(&mut s) {
        d.heading_deg(course);
    }
    s.comma();
    flags::read(&mut s, d);
    rest(s.rest(), d);
    if is_odd { Err(DATE_BYTES + 1) } else { Ok(()) }
}

/// A number and the letter of its hemisphere. `Some(None)`: they are there, and make no coordinate.
fn coordinate(s: &mut Scan<'_>, plus: char, minus: char) -> Option<Option<f64>> {
    let digits = s.take_while(|b| b.is_ascii_digit() || b == b'.' || b == b' ');
    s.comma();
    let letter = s.take(1, |letter| letter.starts_with([plus, minus]))?;
    s.comma();
    let sign = if letter.starts_with(minus) { -1.0 } else { 1.0 };
    Some(degrees_minutes(digits.trim()).map(|degrees| sign * degrees))
}

/// The speed, and the time that follows it at once, behind a comma, or behind one more number.
fn speed_and_time<'a>(s: &mut Scan<'a>, d: &mut Draft) -> Option<(&'a str, &'a str)> {
    let has_comma = s.rest().find(',').is_some_and(|at| at <= SPEED_AND_MORE_BYTES && is_padded(&s.rest()[..at]));
    if has_comma {
        let all = s.take_while(|b| b != b',');
        let (speed, more) = all.split_at(all.len().min(SPEED_BYTES));
        s.comma();
        let mut more = more;
        if s.rest().find(',').is_some_and(|at| at != TIME_BYTES && at <= SPEED_BYTES && is_digits(&s.rest()[..at])) {
            more = s.take_while(|b| b != b',');
            s.comma();
        }
        d.own_text("tk103_signal", more.as_bytes());
        return Some((speed, s.take(TIME_BYTES, is_digits)?));
    }
    let is_clock = |text: &str| pairs(text).is_some_and(|(h, m, s)| h < 24 && m < 60 && s < 60);
    let is_time = |bytes: &usize| s.rest().get(*bytes..bytes + TIME_BYTES).is_some_and(is_clock);
    let speed_bytes = (1..=SPEED_BYTES).rev().find(is_time).unwrap_or(SPEED_BYTES);
    Some((s.take(speed_bytes, is_padded)?, s.take(TIME_BYTES, is_digits)?))
}

/// Six characters, or two digits before the flags; without flags, any number with a point.
fn course(s: &mut Scan<'_>) -> Option<f64> {
    if let Some(course) = s.take(COURSE_BYTES, |text| is_padded(text) && text.contains('.') && !text.ends_with(' ')) {
        return number(course.trim());
    }
    let mut after = *s;
    let two = after.take(2, is_digits);
    after.comma();
    if two.is_some() && flags::is_there(after.rest()) {
        return s.take(2, is_digits).and_then(number);
    }
    let mut any = *s;
    let course = any.take_while(|b| b.is_ascii_digit() || b == b'.');
    if !course.contains('.') {
        return None;
    }
    *s = any;
    number(course)
}

/// What stands behind everything: a temperature at the end, and what is not known.
fn rest(text: &str, d: &mut Draft) {
    /// A sign, three digits, a point and one more.
    const TEMPERATURE_BYTES: usize = 6;
    let at = text.len().saturating_sub(TEMPERATURE_BYTES);
    let temperature = text.get(at..).filter(|end| end.len() == TEMPERATURE_BYTES && end.starts_with(['+', '-']));
    let (before, celsius) = match temperature.and_then(number) {
        Some(celsius) => (&text[..at], Some(celsius)),
        None => (text, None),
    };
    if let Some(celsius) = celsius {
        d.nth("temperature_", 1, celsius);
    }
    let (mileage, before) = super::other::braces(before, d);
    if let Some(m) = mileage {
        d.scaled(attr::HARDWARE_MILEAGE, m, 1_000.0);
    }
    d.own_text("tk103_rest", before.trim_matches(',').as_bytes());
}
