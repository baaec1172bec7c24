//! Lines with a position.
//!
//! Names of the family's own: `h02_status` (the status word), `h02_sim_1` to `h02_sim_3` (SIM or cell), `h02_battery`
//! (no percentage), `io_1` and on (fields after the status), `io_rest` (what stands after the 32nd of them).

use model::attr;

use super::status::Status;
use crate::draft::{Draft, degrees_minutes};
use crate::fields::{Fields, is_digits, moment_of, number, pairs};
use crate::framed::Said;
use crate::session::{DeviceSettings, FieldFault, Reject, SpeedUnit};

/// Fields after the status that get a name each.
const NAMED_EXTRAS_MAX: usize = 32;
/// Between the time and the course.
const COURSE: usize = 7;

/// Reads the fields from the time on. What is wrong is told to `said`, counted from the frame's first byte.
pub(super) fn read<A>(
    f: &Fields<'_>,
    time: usize,
    settings: &DeviceSettings,
    d: &mut Draft,
    said: &mut Said<A>,
) -> Option<Status> {
    match f.get(time + 1) {
        "A" => {}
        "B" => {
            d.valid(false);
            d.located_by_network();
        }
        // A number tells how the text is coded, and comes with good positions.
        scheme => d.valid(!scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_digit())),
    }
    place(f, time + 2, d, said);
    motion(f, time + 6, settings, d, said);
    let date = date(f, time + COURSE + 1, d);
    let day = pairs(f.get(date)).zip(pairs(f.get(time)));
    let offset_s = settings.utc_offset_s.unwrap_or(0);
    d.time = day.and_then(|((day, month, year), time)| moment_of((year, month, day), time, offset_s));
    tail(f, date + 1, d)
}

/// Latitude, its hemisphere, longitude and its own.
fn place<A>(f: &Fields<'_>, at: usize, d: &mut Draft, said: &mut Said<A>) {
    let latitude = sign(f.get(at + 1), 'N', 'S').zip(degrees(f.get(at)));
    let longitude = sign(f.get(at + 3), 'E', 'W').zip(degrees(f.get(at + 2)));
    if let Some(((north, latitude), (east, longitude))) = latitude.zip(longitude) {
        d.at(north * latitude, east * longitude);
        return;
    }
    if (at..at + 4).contains(&f.len()) {
        return said.fault(1 + f.at(f.len()), Reject::Truncated);
    }
    // Receivers without a fix leave the fields empty or fill them with zeros.
    for (nth, letters) in [(at, ('N', 'S')), (at + 2, ('E', 'W'))] {
        let is_meant = sign(f.get(nth + 1), letters.0, letters.1).is_some() && !f.get(nth).is_empty();
        if is_meant && degrees(f.get(nth)).is_none() {
            said.fault(1 + f.at(nth), Reject::Field { name: "position", fault: FieldFault::OutOfRange });
        }
    }
}

/// 1 or −1 for a hemisphere's letter.
pub(super) fn sign(letter: &str, plus: char, minus: char) -> Option<f64> {
    let mut letters = letter.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter == plus => Some(1.0),
        (Some(letter), None) if letter == minus => Some(-1.0),
        _ => None,
    }
}

/// `ddmm.mmmm`, `-dd-mm.mmmm`, or `ddmmmmmm` with ten-thousandths of minutes.
pub(super) fn degrees(text: &str) -> Option<f64> {
    if let Some((degrees, minutes)) = text.strip_prefix('-').and_then(|rest| rest.split_once('-')) {
        let minutes = number(minutes).filter(|minutes| (0.0..60.0).contains(minutes))?;
        return Some(f64::from(degrees.parse::<u16>().ok()?) + minutes / 60.0);
    }
    if text.contains('.') {
        return degrees_minutes(text);
    }
    let (whole, fraction) = text.split_at_checked(text.len().checked_sub(4)?)?;
    degrees_minutes(&format!("{whole}.{fraction}"))
}

fn motion<A>(f: &Fields<'_>, at: usize, settings: &DeviceSettings, d: &mut Draft, said: &mut Said<A>) {
    let unit = settings.speed_unit.unwrap_or(SpeedUnit::Knots);
    for (nth, name) in [(at, "speed"), (at + 1, "course")] {
        match f.number(nth) {
            Some(speed) if nth == at => d.speed_kmh(speed * unit.kmh()),
            Some(course) => d.heading_deg(course),
            None if f.get(nth).is_empty() => {}
            None => said.fault(1 + f.at(nth), Reject::Field { name, fault: FieldFault::WrongType }),
        }
    }
}

/// Where the date stands: here, or after the battery.
fn date(f: &Fields<'_>, at: usize, d: &mut Draft) -> usize {
    let next = f.get(at + 1);
    let is_battery = f.whole::<u32>(at).is_some() && f.get(at).len() != 6 && (is_digits(next, 6) || next.is_empty());
    if !is_battery {
        return at;
    }
    match f.number(at) {
        Some(percent) if percent <= 100.0 => d.percent(attr::BATTERY_LEVEL, percent),
        _ => d.own_text("h02_battery", f.get(at).as_bytes()),
    }
    at + 1
}

/// What stands after the date: three fields of the SIM or the cell perhaps, the status, and then anything.
fn tail(f: &Fields<'_>, at: usize, d: &mut Draft) -> Option<Status> {
    let here = Status::of(f.get(at));
    let later = if here.is_none() { Status::of(f.get(at + 3)) } else { None };
    let has_sim = later.is_some() || (here.is_none() && f.len() == at + 3);
    if has_sim {
        for nth in 0..3 {
            d.own_text(&format!("h02_sim_{}", nth + 1), f.get(at + nth).as_bytes());
        }
    }
    let status = here.or(later);
    if let Some(status) = status {
        status.tell(d);
    }
    let extras = at + if has_sim { 3 } else { 0 } + usize::from(status.is_some());
    if !named_extras(f, extras, d) {
        for nth in 0..NAMED_EXTRAS_MAX.min(f.len().saturating_sub(extras)) {
            d.own_text(&format!("io_{}", nth + 1), f.get(extras + nth).as_bytes());
        }
        if f.len() > extras + NAMED_EXTRAS_MAX {
            d.own_text("io_rest", f.piece(extras + NAMED_EXTRAS_MAX, f.len()).as_bytes());
        }
    }
    status
}

/// Odometer, temperature, fuel, altitude, area and cell, if these are all that is there.
fn named_extras(f: &Fields<'_>, at: usize, d: &mut Draft) -> bool {
    let whole = |nth: usize| f.whole::<i32>(at + nth).map(f64::from);
    let hexadecimal = |nth: usize| u32::from_str_radix(f.get(at + nth), 16).ok().map(i64::from);
    let fuel = f.number(at + 2).filter(|_| f.get(at + 2).contains('.'));
    let all = (whole(0), whole(1), fuel, whole(3), hexadecimal(4), hexadecimal(5));
    let (6, (Some(m), Some(celsius), Some(fuel), Some(altitude_m), Some(lac), Some(cell))) =
        (f.len().saturating_sub(at), all)
    else {
        return false;
    };
    d.scaled(attr::HARDWARE_MILEAGE, m, 1_000.0);
    d.nth("temperature_", 1, celsius);
    d.nth("fuel_level_", 1, fuel);
    d.altitude_m(altitude_m);
    d.set(attr::LAC, lac);
    d.set(attr::CELL_ID, cell);
    true
}

/// Where the time stands in an answer that a position follows, the last of what looks so.
pub(super) fn time_in_answer(f: &Fields<'_>, from: usize) -> Option<usize> {
    let is_time = |at: &usize| {
        let is_clock = is_digits(f.get(*at), 6) || f.get(*at).is_empty();
        let is_scheme = !f.get(at + 1).is_empty() && f.get(at + 1).bytes().all(|b| b.is_ascii_digit());
        let has_hemispheres = sign(f.get(at + 3), 'N', 'S').is_some() && sign(f.get(at + 5), 'E', 'W').is_some();
        is_clock && (matches!(f.get(at + 1), "A" | "V" | "B") || (is_scheme && has_hemispheres))
    };
    (from..f.len()).rev().find(is_time)
}
