//! The usual report: an event, a local time, and a place with what the device measures beside it.
//!
//! Names of the family's own: `gps103_phone` (who is told of alarms), `io_1` to `io_32` and `io_rest` (what follows
//! the temperature).

use model::attr;

use super::{clock, events};
use crate::draft::{Draft, degrees_minutes};
use crate::fields::{Fields, number};
use crate::framed::{Context, Said};
use crate::session::{FieldFault, Reject, SpeedUnit};

/// The door is input 1.
pub(super) const DOOR: u8 = 1;
/// Fields after the known ones that get a name each.
const NAMED_EXTRAS_MAX: usize = 32;

/// Reads the fields behind the identifier.
pub(super) fn read<A>(f: &Fields<'_>, context: &Context<'_>, said: &mut Said<A>) -> Draft {
    let mut d = Draft::new(context.limits.text_bytes_max);
    events::tell(&mut d, f.get(1), f.get(3));
    let utc = if f.get(4) == "F" { f.get(5) } else { "" };
    d.time = clock::moment(f.get(2), utc, context.settings.utc_offset_s);
    match f.get(4) {
        "F" => {
            d.valid(f.get(6) == "A");
            let after = place(f, &mut d, said);
            motion(f, after, context, &mut d, said);
            beside(f, after + 3, &mut d);
        }
        "L" => cell(f, &mut d),
        _ => {}
    }
    d
}

/// Latitude and longitude, each with the letter of its hemisphere before or behind it; where what follows begins.
fn place<A>(f: &Fields<'_>, d: &mut Draft, said: &mut Said<A>) -> usize {
    let mut at = 7;
    let letter = |at: &mut usize, plus: &str, minus: &str| match f.get(*at) {
        told if told == plus || told == minus => {
            *at += 1;
            Some(if told == minus { -1.0 } else { 1.0 })
        }
        _ => None,
    };
    let before = letter(&mut at, "N", "S");
    let latitude_at = at;
    at += 1;
    let north = before.or_else(|| letter(&mut at, "N", "S"));
    let before = letter(&mut at, "E", "W");
    let longitude_at = at;
    at += 1;
    let east = before.or_else(|| letter(&mut at, "E", "W"));
    if east.is_none() && f.get(at).is_empty() {
        // The letter's place is there, and empty.
        at += 1;
    }
    let degrees = |nth: usize| degrees_minutes(f.get(nth));
    match (north, degrees(latitude_at), degrees(longitude_at)) {
        (Some(north), Some(latitude), Some(longitude)) => d.at(north * latitude, east.unwrap_or(1.0) * longitude),
        _ => {
            let odd =
                [latitude_at, longitude_at].into_iter().find(|nth| !f.get(*nth).is_empty() && degrees(*nth).is_none());
            if let Some(nth) = odd {
                said.fault(f.at(nth), Reject::Field { name: "position", fault: FieldFault::OutOfRange });
            }
        }
    }
    at
}

/// Speed, course and altitude.
fn motion<A>(f: &Fields<'_>, at: usize, context: &Context<'_>, d: &mut Draft, said: &mut Said<A>) {
    let unit = context.settings.speed_unit.unwrap_or(SpeedUnit::Knots);
    let mut read = |nth: usize, name: &'static str| {
        let told = f.number(nth);
        if told.is_none() && !f.get(nth).is_empty() {
            said.fault(f.at(nth), Reject::Field { name, fault: FieldFault::WrongType });
        }
        told
    };
    if let Some(speed) = read(at, "speed") {
        d.speed_kmh(speed * unit.kmh());
    }
    if let Some(course) = read(at + 1, "course") {
        d.heading_deg(course);
    }
    if let Some(altitude_m) = read(at + 2, "altitude") {
        d.altitude_m(altitude_m);
    }
}

/// Ignition, door, two tanks and a temperature, and what newer units add.
fn beside(f: &Fields<'_>, at: usize, d: &mut Draft) {
    if let Some(on) = switch(f.get(at)) {
        d.set(attr::IGNITION, on);
    }
    if let Some(is_open) = switch(f.get(at + 1)) {
        d.line(attr::INPUT_STATUS, DOOR, is_open);
    }
    for tank in [1, 2] {
        if let Some(level) = percent(f.get(at + 1 + tank)) {
            d.nth("fuel_level_", tank as u32, level);
        }
    }
    if let Some(celsius) = f.number(at + 4) {
        d.nth("temperature_", 1, celsius);
    }
    let extras = at + 5;
    for nth in 0..NAMED_EXTRAS_MAX.min(f.len().saturating_sub(extras)) {
        d.own_text(&format!("io_{}", nth + 1), f.get(extras + nth).as_bytes());
    }
    if f.len() > extras + NAMED_EXTRAS_MAX {
        d.own_text("io_rest", f.piece(extras + NAMED_EXTRAS_MAX, f.len()).as_bytes());
    }
}

/// The cell, where there is no fix: its area and itself, among empty fields.
fn cell(f: &Fields<'_>, d: &mut Draft) {
    let told = (5..f.len()).map(|nth| f.get(nth)).filter(|field| !field.is_empty());
    for (id, field) in [attr::LAC, attr::CELL_ID].into_iter().zip(told) {
        if let Ok(number) = u32::from_str_radix(field, 16) {
            d.set(id, i64::from(number));
        }
    }
}

pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// A number with or without its sign of percent.
pub(super) fn percent(text: &str) -> Option<f64> {
    number(text.trim_end_matches('%'))
}
