//! Positions as text: fields between commas.

use model::{Report, Value, attr};

use super::line::Line;
use super::sighting::{Reading, Sighting};
use crate::bytes::text;
use crate::draft::Cell;
use crate::fields::{Fields, number};

/// Where temperatures have two bytes, as the version of the protocol says.
const WIDE_TEMPERATURES_FROM: u8 = 3;
/// Battery, power and inputs.
const VOLTS_MAX: usize = 5;
/// The event of a card that was read.
const CARD: u16 = 37;
/// The event of a picture that was taken.
const PICTURE: u16 = 39;

/// A field that says nothing usable, and where in the payload it begins, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Odd {
    pub(super) at: usize,
    pub(super) name: &'static str,
}

/// Reads a position, and tells which of its fields are odd. `None` if these fields are something else; under a
/// command that is for positions alone, `is_position`, they are not.
pub(super) fn read(payload: &[u8], reading: &Reading, is_position: bool) -> (Option<Report>, Vec<Odd>) {
    let payload = text(payload, reading.text_bytes_max);
    let all = Fields::of(&payload, ',');
    let has_point = |nth: usize| all.get(nth).contains('.');
    // Some put a number of their own in front.
    let first = usize::from(!has_point(1) && has_point(2) && has_point(3));
    let has_place = has_point(first + 1) && has_point(first + 2);
    if !(is_position || has_place) {
        return (None, Vec::new());
    }
    let names = ["event", "latitude", "longitude"];
    let is_odd = |nth: usize| match nth {
        0 => all.whole::<u16>(first).is_none(),
        nth => all.number(first + nth).is_none(),
    };
    let is_told = |nth: usize| !all.get(first + nth).is_empty();
    let odd = (0..).zip(names).filter(|(nth, _)| is_told(*nth) && is_odd(*nth));
    let odd = odd.map(|(nth, name)| Odd { at: all.at(first + nth), name }).collect();
    (fields(&all, first, reading), odd)
}

/// Reads the fields from the event on.
fn fields(all: &Fields<'_>, first: usize, reading: &Reading) -> Option<Report> {
    let mut s = Sighting::new(reading);
    s.event = all.whole(first).unwrap_or(0);
    let field = |at: usize| all.get(first + at);
    let number = |at: usize| all.number(first + at);
    (s.latitude, s.longitude) = (number(1), number(2));
    s.time_of(field(3));
    s.is_valid = field(4) == "A";
    if let Ok(satellites) = field(5).parse() {
        s.satellites(satellites);
    }
    if let Ok(csq) = field(6).parse() {
        s.csq(csq);
    }
    if let Some(kmh) = number(7) {
        s.speed_kmh(kmh);
    }
    if let Some(degrees) = number(8) {
        s.heading_deg(degrees);
    }
    if let Some(metres) = number(10) {
        s.altitude_m(metres);
    }
    if let Some(hdop) = number(9) {
        s.float(attr::HDOP, hdop);
    }
    if let Some(m) = number(11) {
        s.float(attr::HARDWARE_MILEAGE, m / 1_000.0);
    }
    if let Ok(run_s) = field(12).parse::<i64>() {
        s.set(attr::RUN_TIME_S, run_s);
    }
    cell(&mut s, field(13));
    if let Ok(lines) = u16::from_str_radix(field(14), 16) {
        s.lines(lines);
    }
    analogues(&mut s, field(15), reading.line);
    event_data(&mut s, field(16));
    fuel(&mut s, field(19));
    temperatures(&mut s, field(20), field(18).parse().unwrap_or(0));
    s.own_text("meitrack_reserved", field(17).as_bytes());
    s.own_text("meitrack_count", field(21).as_bytes());
    s.own_text("meitrack_more", all.piece(first + 22, all.len()).as_bytes());
    s.finish()
}

/// What an event is about.
fn event_data(s: &mut Sighting, field: &str) {
    match s.event {
        CARD => s.text(attr::HARDWARE_KEY, field.as_bytes()),
        PICTURE => s.text(attr::MEDIA_FILES, field.as_bytes()),
        20 | 21 => {
            if let Ok(fence) = i64::from_str_radix(field, 16) {
                s.set(attr::GEOFENCE_NUMBER, fence);
            }
        }
        50 | 51 => s.own_text("sensor_number", field.as_bytes()),
        _ => s.own_text("event_data", field.as_bytes()),
    }
}

/// Country and network in decimal, area and cell in hexadecimal.
fn cell(s: &mut Sighting, field: &str) {
    let mut parts = field.split('|');
    let (mcc, mnc) = (parts.next(), parts.next());
    let decimal = |part: Option<&str>| part.and_then(|part| part.parse().ok());
    let hexadecimal = |part: Option<&str>| part.and_then(|part| u32::from_str_radix(part, 16).ok());
    let (lac, cell_id) = (hexadecimal(parts.next()), hexadecimal(parts.next()));
    if let (Some(mcc), Some(mnc), Some(lac), Some(cell_id)) = (decimal(mcc), decimal(mnc), lac, cell_id) {
        s.cell(Cell { mcc, mnc, lac, cell_id: u64::from(cell_id), rssi_dbm: None });
    }
}

/// Volts for each step: of the battery and the analogue inputs, and of the external power.
fn volts_per_step(line: Option<Line>) -> (f64, f64) {
    match line {
        None => (0.01, 0.01),
        Some(Line::Mvt340) => (6.0 / 1_024.0, 48.0 / 1_024.0),
        Some(Line::T1) => (6.6 / 4_096.0, 52.8 / 4_096.0),
        Some(Line::Mt90) => (6.6 / 4_096.0, 0.0),
        Some(Line::Mt90g) => (6.0 / 4_096.0, 0.0),
    }
}

fn analogues(s: &mut Sighting, field: &str, line: Option<Line>) {
    if field.contains('.') {
        // Volts already: battery and power, and then perhaps the inputs.
        for (nth, part) in (0u32..).zip(field.split('|').take(VOLTS_MAX)) {
            let Some(volts) = number(part) else { continue };
            match nth {
                0 => s.float(attr::BATTERY_VOLTAGE, volts),
                1 => s.float(attr::BOARD_VOLTAGE, volts),
                _ => s.nth("analog_", nth - 1, volts),
            }
        }
        return;
    }
    let (battery, power) = volts_per_step(line);
    for (number, part) in (1u32..).zip(field.split('|').take(5)) {
        let Ok(raw) = u16::from_str_radix(part, 16).map(f64::from) else { continue };
        match number {
            4 => s.float(attr::BATTERY_VOLTAGE, raw * battery),
            5 if power > 0.0 => s.float(attr::BOARD_VOLTAGE, raw * power),
            5 => {}
            _ => s.nth("analog_", number, raw * battery),
        }
    }
}

/// Whole percent and hundredths, two hexadecimal digits each.
fn fuel(s: &mut Sighting, field: &str) {
    let byte = |at: usize| field.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    if let (Some(whole), Some(hundredths)) = (byte(0), byte(2)) {
        s.nth("fuel_level_", 1, (f64::from(whole) * 100.0 + f64::from(hundredths)) / 100.0);
    }
}

/// A probe's number and its temperature, six hexadecimal digits for each.
fn temperatures(s: &mut Sighting, field: &str, version: u8) {
    for part in field.split('|') {
        let Ok(raw) = u32::from_str_radix(part, 16) else { continue };
        if part.len() != 6 {
            continue;
        }
        let [_, probe, high, low] = raw.to_be_bytes();
        let celsius = if version >= WIDE_TEMPERATURES_FROM {
            f64::from(i16::from_be_bytes([high, low])) / 100.0
        } else {
            let whole = f64::from(high as i8);
            let hundredths = f64::from(low) / 100.0;
            if whole < 0.0 { whole - hundredths } else { whole + hundredths }
        };
        match probe {
            // Probes are counted from 1, but by some.
            0 => s.own("temperature_0", Value::Float(celsius)),
            probe => s.nth("temperature_", u32::from(probe), celsius),
        }
    }
}
