//! Lines of the universal form: a map says which fields there are.
//!
//! Own names: `suntech_model`, `suntech_mode`, `suntech_reason`, `message_number`, `suntech_alert_modifier`,
//! `suntech_alert_data`, `suntech_reserved`, `suntech_serial_checksum`, and `stt_assign_n` for the fields whose meaning
//! the device's configuration decides.

use model::{AttributeId, Value, attr};

use super::alert;
use super::fields::{Cursor, OWN_FIELDS, moment_of};
use super::names::{ALERT_MODIFIER, ASSIGNED, ASSIGNS_MAX, MODE, MODEL, NUMBER, REASON};
use super::serial;
use crate::draft::{Cell, Draft};
use crate::fields::number;

/// The bit of the map that announces another.
const ASSIGN_MAP: u32 = 23;
/// What lines about beacons tell of the device: model, firmware, date, time, place.
const BEACON_MAP: u64 = 0x1836;

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Status,
    Alert,
    Serial,
    Beacons,
}

/// Reads what follows the identifier.
pub(super) fn read(kind: Kind, c: &mut Cursor<'_>, utc_offset_s: i32, d: &mut Draft) {
    let map = if kind == Kind::Beacons { Some(BEACON_MAP) } else { c.hexadecimal() };
    let Some(map) = map else { return };
    let has = |bit: u32| map >> bit & 1 == 1;
    common(d, c, &has, utc_offset_s);
    match kind {
        Kind::Beacons => return beacons(d, c),
        Kind::Status => status(d, c, &has),
        Kind::Alert => alert_fields(d, c, &has),
        Kind::Serial => serial_fields(d, c, &has),
    }
    if has(22) {
        d.own_text("suntech_reserved", c.raw());
    }
    let assigns = if has(ASSIGN_MAP) { c.hexadecimal().unwrap_or(0) } else { 0 };
    assigned(d, c, assigns);
}

/// Model to outputs.
fn common(d: &mut Draft, c: &mut Cursor<'_>, has: &dyn Fn(u32) -> bool, utc_offset_s: i32) {
    if has(1) {
        d.own_named_text(&MODEL, c.raw());
    }
    if has(2) {
        d.text(attr::FIRMWARE, c.raw());
    }
    if has(3) {
        d.archived(c.next() == "0");
    }
    let date = if has(4) { c.next() } else { "" };
    let time = if has(5) { c.next() } else { "" };
    d.time = moment_of(date, time, utc_offset_s);
    network(d, c, has);
    let latitude = if has(11) { c.number() } else { None };
    let longitude = if has(12) { c.number() } else { None };
    if let Some((latitude, longitude)) = latitude.zip(longitude) {
        d.at(latitude, longitude);
    }
    if let Some(kmh) = has(13).then(|| c.number()).flatten() {
        d.speed_kmh(kmh);
    }
    if let Some(deg) = has(14).then(|| c.number()).flatten() {
        d.heading_deg(deg);
    }
    if let Some(satellites) = has(15).then(|| c.next().parse().ok()).flatten() {
        d.satellites(satellites);
    }
    if has(16) {
        d.valid(c.next() == "1");
    }
    // The rightmost digit is the first line; that of the inputs is the ignition.
    if let Some(inputs) = has(17).then(|| i64::from_str_radix(c.next(), 2).ok()).flatten() {
        d.set(attr::IGNITION, inputs & 1 == 1);
        d.set(attr::INPUT_STATUS, inputs >> 1);
    }
    if let Some(outputs) = has(18).then(|| i64::from_str_radix(c.next(), 2).ok()).flatten() {
        d.set(attr::OUTPUT_STATUS, outputs);
    }
}

fn network(d: &mut Draft, c: &mut Cursor<'_>, has: &dyn Fn(u32) -> bool) {
    let cell_id = has(6).then(|| c.hexadecimal()).flatten();
    let mcc = has(7).then(|| c.next().parse().ok()).flatten();
    let mnc = has(8).then(|| c.next().parse().ok()).flatten();
    let lac = has(9).then(|| c.hexadecimal()).flatten().and_then(|lac| u32::try_from(lac).ok());
    if let Some(level) = has(10).then(|| c.next().parse().ok()).flatten() {
        d.csq(level);
    }
    match (cell_id, mcc, mnc, lac) {
        (Some(cell_id), Some(mcc), Some(mnc), Some(lac)) => d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None }),
        (Some(cell_id), ..) => d.set(attr::CELL_ID, i64::try_from(cell_id).unwrap_or(i64::MAX)),
        _ => {}
    }
}

fn status(d: &mut Draft, c: &mut Cursor<'_>, has: &dyn Fn(u32) -> bool) {
    for (bit, name) in (OWN_FIELDS..).zip([&MODE, &REASON, &NUMBER]) {
        if has(bit) {
            number_or_text(d, name.id(), c.raw());
        }
    }
}

fn alert_fields(d: &mut Draft, c: &mut Cursor<'_>, has: &dyn Fn(u32) -> bool) {
    let code = has(OWN_FIELDS).then(|| c.next().parse().ok()).flatten();
    if let Some(code) = code {
        d.set(attr::EVENT_CODE, i64::from(code));
        d.event(alert::of_alert(code));
    }
    if has(OWN_FIELDS + 1) {
        number_or_text(d, ALERT_MODIFIER.id(), c.raw());
    }
    if has(OWN_FIELDS + 2) {
        let data = c.raw();
        d.own_text("suntech_alert_data", data);
        if code == Some(alert::DRIVER) {
            d.text(attr::HARDWARE_KEY, data);
        }
    }
}

fn serial_fields(d: &mut Draft, c: &mut Cursor<'_>, has: &dyn Fn(u32) -> bool) {
    let length = has(OWN_FIELDS).then(|| c.next().parse().ok()).flatten();
    if has(OWN_FIELDS + 1) {
        let data = match length {
            Some(length) => c.take(length),
            None => c.raw(),
        };
        serial::read(d, data);
    }
    if has(OWN_FIELDS + 2) {
        d.own_text("suntech_serial_checksum", c.raw());
    }
}

/// Fields whose meaning the device's configuration decides; those beyond the map are numbered by their place.
fn assigned(d: &mut Draft, c: &mut Cursor<'_>, map: u64) {
    let mut place = 0;
    for bit in (0..31).filter(|bit| map >> bit & 1 == 1) {
        place += 1;
        number_or_text(d, ASSIGNED.id(bit + 1), c.raw());
    }
    while !c.is_done() && place < ASSIGNS_MAX {
        place += 1;
        // A number that the map gave to another field is not given twice.
        if place <= 31 && map >> (place - 1) & 1 == 1 {
            continue;
        }
        number_or_text(d, ASSIGNED.id(place), c.raw());
    }
}

/// A value under a name, if that found room: a number if it can be one and no digit would get lost.
pub(super) fn number_or_text(d: &mut Draft, id: Option<AttributeId>, raw: &[u8]) {
    let Some(id) = id else { return };
    let field = std::str::from_utf8(raw).unwrap_or_default().trim();
    let is_plain =
        !field.is_empty() && field.len() <= 15 && field.bytes().all(|b| b.is_ascii_digit() || b".-".contains(&b));
    match number(field).filter(|_| is_plain) {
        Some(value) if !field.contains('.') => d.set(id, value as i64),
        Some(value) => d.set(id, Value::Float(value)),
        None => d.text(id, raw),
    }
}

/// Beacons in the neighbourhood: a count, and seven fields for each.
fn beacons(d: &mut Draft, c: &mut Cursor<'_>) {
    let count = c.next().parse::<usize>().unwrap_or(0);
    let mut items = Vec::new();
    for _ in 0..count {
        if c.is_done() {
            break;
        }
        let rssi = [c.whole(), c.whole(), c.whole()];
        let id: String = c.next().chars().filter(|c| c.is_ascii_alphanumeric() || "-:".contains(*c)).collect();
        let numbers = [c.whole(), c.whole(), c.whole()];
        let named = ["rssi", "rssi_min", "rssi_max"].into_iter().zip(rssi);
        let others = ["samples", "major", "minor"].into_iter().zip(numbers);
        let numbers: String =
            named.chain(others).filter_map(|(name, n)| n.map(|n| format!(r#","{name}":{n}"#))).collect();
        items.push(format!(r#"{{"id":"{id}"{numbers}}}"#));
    }
    if let (Some(id), false) = (model::AttributeId::nth("ble_beacons_", 1), items.is_empty()) {
        d.set(id, Value::Json(format!("[{}]", items.join(",")).into()));
    }
    assigned(d, c, 0);
}
