//! Sentences about one thing that happened, most of which tell where.
//!
//! Own names: `queclink_fields` (what stands before the place and is not understood, with its commas),
//! `queclink_rest`, `queclink_trigger`, `queclink_duration_s` (of the ignition state that ended), `driver_warning_type`,
//! `driver_warning_degree`, `light_error_rate`, `light_level`, `queclink_mode`.

use model::attr;

use super::block::{self, Block, Form};
use super::position::{blocks, moving, newest, percent};
use super::sentence::{Sentence, hex_number, hours, is_digits, number};
use super::state::{self, float, nth, own_number};
use super::{cells, events};
use crate::bytes::text;
use crate::draft::Draft;

/// A place in a sentence, and the fields around it.
struct Around<'f, 'a> {
    before: &'f [&'a str],
    after: &'f [&'a str],
    /// There was one, with or without coordinates.
    is_found: bool,
}

/// Finds the place and puts it into the report. Without one, towers are looked for.
fn place<'f, 'a>(s: &'f Sentence<'a>, form: Form, d: &mut Draft) -> Around<'f, 'a> {
    place_at(s, form, d, s.fields().len())
}

/// The same. If all its fields are empty, it begins at `usual`, should it fit there.
fn place_at<'f, 'a>(s: &'f Sentence<'a>, form: Form, d: &mut Draft, usual: usize) -> Around<'f, 'a> {
    let fields = s.fields();
    let Some(start) = block::find(fields, usual) else {
        cells::read(d, fields, false);
        return Around { before: fields.get(1..).unwrap_or_default(), after: &[], is_found: false };
    };
    let (blocks, next) = blocks(fields, start, 1, form);
    blocks[newest(&blocks)].put(d);
    Around { before: &fields[1..start], after: &fields[next..], is_found: true }
}

/// Where the device was before the newest place, should the sentence tell several.
pub(super) fn older(s: &Sentence<'_>, form: Form) -> Vec<Block> {
    let fields = s.fields();
    let Some(start) = block::find(fields, fields.len()) else { return Vec::new() };
    let (mut blocks, _) = blocks(fields, start, 1, form);
    blocks.remove(newest(&blocks));
    blocks
}

/// Any kind: a place or towers, a mileage, hours and the charge, as far as they have their usual shape.
pub(super) fn generic(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    let around = place(s, form, d);
    state::fields(d, around.before);
    if !around.is_found {
        charge(d, around.before.last().copied().unwrap_or_default());
    }
    after(d, around.after);
}

fn charge(d: &mut Draft, last: &str) {
    if (1..=3).any(|n| is_digits(last, n)) {
        percent(d, last);
    }
}

/// What usually stands behind a place.
fn after(d: &mut Draft, fields: &[&str]) {
    let mut left = Vec::new();
    let mut has_mileage = false;
    for (at, field) in fields.iter().enumerate() {
        if let Some(h) = hours(field) {
            d.float(attr::ENGINE_HOURS, h);
        } else if !has_mileage && field.contains('.') && number(field).is_some() {
            has_mileage = true;
            float(d, attr::HARDWARE_MILEAGE, number(field));
        } else if at + 1 == fields.len() && (1..=3).any(|n| is_digits(field, n)) {
            percent(d, field);
        } else {
            left.push(*field);
        }
    }
    state::rest(d, &left);
}

/// The lowest digit of a field in hexadecimal.
fn low(field: &str) -> Option<u64> {
    hex_number(field).map(|n| n & 15)
}

/// Reads a sentence of any kind that has no form of its own.
pub(super) fn read(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    match s.kind {
        "LSW" | "TSW" => {
            if let "0" | "1" = s.at(2) {
                state::input(d, if s.kind == "LSW" { 1 } else { 2 }, s.at(2) == "1");
            }
        }
        "DIS" => {
            if let Some(number @ 1..=15) = hex_number(s.at(2)).map(|n| (n >> 4 & 15) as u8) {
                state::input(d, number, low(s.at(2)).is_some_and(|state| state != 0));
            }
        }
        "NMR" => {
            if let Some(is_moving @ 0..=1) = low(s.at(2)) {
                d.set(attr::IS_MOVING, is_moving == 1);
                d.event(if is_moving == 1 { 406 } else { 407 });
            }
        }
        "IGL" => {
            if let Some(is_on @ 0..=1) = low(s.at(2)) {
                d.set(attr::IGNITION, is_on == 1);
                d.event(if is_on == 1 { 605 } else { 604 });
            }
        }
        "HBM" => {
            if let Some(event) = low(s.at(2)).and_then(events::of_harsh) {
                d.event(event);
            }
        }
        "STT" => {
            if let Some(code) = hex_number(s.at(1)).filter(|code| *code <= 0xFF) {
                state::state(d, code);
                events::of_state(code).into_iter().for_each(|event| d.event(event));
            }
        }
        "GSS" => d.event(if s.at(1) == "1" { 608 } else { 609 }),
        "BPL" => float(d, attr::BATTERY_VOLTAGE, number(s.at(1)).filter(|_| s.at(1).contains('.'))),
        "BTC" | "STC" => d.set(attr::CHARGING_STATUS, s.kind == "BTC"),
        "IDA" => {
            let key = if s.at(2).len() >= 4 { s.at(2) } else { s.at(1) };
            d.text(attr::HARDWARE_KEY, key.as_bytes());
        }
        "DAT" => d.text(attr::SERIAL_DATA, s.at(4).as_bytes()),
        "DTT" => serial_data(d, s.at(5)),
        "DAR" => {
            d.own_text("driver_warning_type", s.at(1).as_bytes());
            d.own_text("driver_warning_degree", s.at(2).as_bytes());
            if s.at(1) == "1" {
                d.event(230);
            }
        }
        "IGN" | "IGF" | "VGN" | "VGF" => return ignition(s, form, d),
        "TMP" | "TEM" => return temperature(s, form, d),
        "LSA" => return light(s, form, d),
        _ => {}
    }
    generic(s, form, d);
}

/// The ignition was switched: for how long it had been as before stands before the place.
fn ignition(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    d.set(attr::IGNITION, s.kind.ends_with('N'));
    // Two fields more stand before it where there is no ignition line.
    let around = place_at(s, form, d, if s.kind.starts_with('V') { 4 } else { 2 });
    if !around.is_found {
        own_number(d, "queclink_duration_s", number(s.at(1)));
        return state::rest(d, around.before.get(1..).unwrap_or_default());
    }
    own_number(d, "queclink_duration_s", number(last(around.before)));
    state::fields(d, around.before.split_last().map(|(_, before)| before).unwrap_or_default());
    after(d, around.after);
}

fn last<'a>(fields: &[&'a str]) -> &'a str {
    fields.last().copied().unwrap_or_default()
}

/// A temperature stands before the place, or behind the mileage.
fn temperature(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    let around = place(s, form, d);
    let celsius = |field: &&&str| field.contains('.') && number(field).is_some();
    let found = match around.before.iter().find(celsius) {
        Some(field) => {
            after(d, around.after);
            Some(field)
        }
        None => {
            let mut numbers = around.after.iter().filter(celsius);
            let (mileage, found) = (numbers.next(), numbers.next());
            float(d, attr::HARDWARE_MILEAGE, mileage.and_then(|km| number(km)));
            if found.is_none() {
                state::rest(d, around.after);
            }
            found
        }
    };
    match found {
        Some(field) => nth(d, "temperature_", 1, number(field)),
        None => d.own_text("queclink_fields", around.before.join(",").as_bytes()),
    }
}

/// Light fell on the device.
fn light(s: &Sentence<'_>, form: Form, d: &mut Draft) {
    let around = place(s, form, d);
    let field = |at: usize| around.after.get(at).copied().unwrap_or_default();
    state::fields(d, around.before);
    d.own_text("light_error_rate", field(0).as_bytes());
    d.own_text("light_level", field(1).as_bytes());
    percent(d, field(2));
    d.own_text("queclink_mode", field(3).as_bytes());
    moving(d, field(4));
    float(d, attr::TEMPERATURE_INTERNAL, number(field(5)));
    state::rest(d, around.after.get(6..).unwrap_or_default());
}

/// What came over the serial port, in hexadecimal. One kind of fuel probe is known.
fn serial_data(d: &mut Draft, digits: &str) {
    let bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map_while(|at| digits.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()))
        .collect();
    d.text(attr::SERIAL_DATA, &bytes);
    let words = text(&bytes, bytes.len());
    if words.contains("COMB") {
        nth(d, "fuel_level_", 1, words.split(',').nth(2).and_then(number));
    }
}

/// GSM: why, and towers. It has no name of the device.
pub(super) fn towers(s: &Sentence<'_>, d: &mut Draft) {
    d.own_text("queclink_trigger", s.at(0).as_bytes());
    cells::read(d, s.fields().get(1..).unwrap_or_default(), true);
}

/// LBS: why, and towers.
pub(super) fn towers_and_charge(s: &Sentence<'_>, d: &mut Draft) {
    d.own_text("queclink_trigger", s.at(1).as_bytes());
    d.own_text("queclink_report_type", s.at(2).as_bytes());
    percent(d, s.at(3));
    cells::read(d, s.fields().get(4..).unwrap_or_default(), true);
}

/// WIF: stations, and the charge at the end.
pub(super) fn stations(s: &Sentence<'_>, d: &mut Draft) {
    let fields = s.fields().get(1..).unwrap_or_default();
    let used = cells::stations(d, fields);
    let rest = fields.get(used..).unwrap_or_default();
    cells::read(d, rest, false);
    if rest.len() > 1 || rest.len() == 1 && used > 0 {
        charge(d, last(rest));
    }
    state::rest(d, rest.split_last().map(|(_, before)| before).unwrap_or_default());
}
