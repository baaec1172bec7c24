//! Lines of the older models, whose fields stand at fixed places: `ST300STT`, `ST910;Location`, `ST410STT` and their
//! like.
//!
//! Own names: `suntech_model`, `suntech_variant`, `suntech_mode`, `message_number`, `suntech_collaboration`,
//! `suntech_motion` (as it is written), `suntech_serial_checksum`, `driver_registered`, `suntech_rest` (fields at the
//! end that are not understood).

use model::attr;

use super::alert;
use super::fields::{Cursor, hexadecimal, is_date, model_stands};
use super::names::{MODE, MODEL, NUMBER};
use super::serial;
use super::universal::number_or_text;
use crate::draft::{Cell, Draft};
use crate::fields::{is_digits, number};

/// Towers in a line of the fourth series.
const TOWERS: usize = 7;

/// What reading a line may look at.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    /// Five characters, such as `ST300`.
    pub(super) model: &'a str,
    /// What follows the model, such as `STT`; the second field where nothing does.
    pub(super) kind: &'a str,
    pub(super) utc_offset_s: i32,
    /// Whether lines end with what the maker calls H bytes. `None`: if there is something, it is that.
    pub(super) h_bytes: Option<bool>,
}

fn rest(d: &mut Draft, fields: &[&str]) {
    if fields.iter().any(|field| !field.is_empty()) {
        d.own_text("suntech_rest", fields.join(";").as_bytes());
    }
}

fn place(d: &mut Draft, c: &mut Cursor<'_>) {
    if let (Some(latitude), Some(longitude)) = (c.number(), c.number()) {
        d.at(latitude, longitude);
    }
    if let Some(kmh) = c.number() {
        d.speed_kmh(kmh);
    }
    if let Some(deg) = c.number() {
        d.heading_deg(deg);
    }
}

fn mileage(d: &mut Draft, metres: Option<f64>) {
    if let Some(metres) = metres {
        d.scaled(attr::HARDWARE_MILEAGE, metres, 1_000.0);
    }
}

fn cell_id(d: &mut Draft, field: &str) {
    if let Some(id) = hexadecimal(field).and_then(|id| i64::try_from(id).ok()) {
        d.set(attr::CELL_ID, id);
    }
}

/// Most older models.
pub(super) fn read(form: Form<'_>, c: &mut Cursor<'_>, d: &mut Draft) {
    if model_stands(form.model) {
        d.own_named_text(&MODEL, c.raw());
    }
    d.text(attr::FIRMWARE, c.raw());
    if !is_moment(c) {
        // Trips and the like have fields of their own.
        let left = Cursor::new(c.rest().unwrap_or_default()).all();
        return rest(d, &left);
    }
    d.time = c.moment(form.utc_offset_s);
    if form.model == "ST600" {
        let id = c.hexadecimal();
        let (mcc, mnc, lac) = (c.next().parse().ok(), c.next().parse().ok(), c.hexadecimal());
        if let (Some(cell_id), Some(mcc), Some(mnc), Some(lac)) =
            (id, mcc, mnc, lac.and_then(|l| u32::try_from(l).ok()))
        {
            d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
        } else if let Some(id) = id.and_then(|id| i64::try_from(id).ok()) {
            d.set(attr::CELL_ID, id);
        }
        c.next().parse().into_iter().for_each(|level| d.csq(level));
    } else if form.model != "ST500" {
        cell_id(d, c.next());
    }
    place(d, c);
    c.next().parse().into_iter().for_each(|satellites| d.satellites(satellites));
    d.valid(c.next() == "1");
    mileage(d, c.number());
    c.number().into_iter().for_each(|v| d.float(attr::BOARD_VOLTAGE, v));
    lines(d, c.next());
    own_fields(form, c, d);
    let left = c.rest().map(|left| Cursor::new(left).all()).unwrap_or_default();
    extras(form, d, &left);
}

/// Whether a date or a time stands where both should: one of them may be odd.
fn is_moment(c: &Cursor<'_>) -> bool {
    let mut ahead = Cursor::new(c.rest().unwrap_or_default());
    is_date(ahead.next()) || ahead.next().split(':').count() == 3
}

/// Ignition, three inputs and two outputs, a character each.
fn lines(d: &mut Draft, field: &str) {
    for (at, on) in field.bytes().map(|b| b == b'1').take(6).enumerate() {
        match at {
            0 => d.set(attr::IGNITION, on),
            1..=3 => d.line(attr::INPUT_STATUS, at as u8, on),
            _ => d.line(attr::OUTPUT_STATUS, at as u8 - 3, on),
        }
    }
}

/// What depends on the kind of the line.
fn own_fields(form: Form<'_>, c: &mut Cursor<'_>, d: &mut Draft) {
    let event = match form.kind {
        "STT" => {
            number_or_text(d, MODE.id(), c.raw());
            return number_or_text(d, NUMBER.id(), c.raw());
        }
        "UEX" => return serial_data(c, d),
        "EMG" => alert::of_emergency,
        "EVT" => alert::of_event,
        "ALT" => alert::of_alert,
        _ => return,
    };
    if let Ok(code) = c.next().parse() {
        d.set(attr::EVENT_CODE, i64::from(code));
        d.event(event(code));
    }
}

fn serial_data(c: &mut Cursor<'_>, d: &mut Draft) {
    let data = match c.next().parse() {
        Ok(length) => c.take(length),
        Err(_) => c.raw(),
    };
    serial::read(d, data);
    d.own_text("suntech_serial_checksum", c.raw());
}

/// What a device that is set up for it adds. Only the first three are always there; the others are told by their
/// shape and their number.
fn extras(form: Form<'_>, d: &mut Draft, left: &[&str]) {
    if form.h_bytes == Some(false) {
        return rest(d, left);
    }
    let (first, more) = left.split_at(left.len().min(3));
    for (nth, field) in first.iter().enumerate() {
        match nth {
            0 => number(field).into_iter().for_each(|minutes| d.scaled(attr::ENGINE_HOURS, minutes, 60.0)),
            1 => number(field).into_iter().for_each(|v| d.float(attr::BATTERY_VOLTAGE, v)),
            _ => d.archived(*field == "0"),
        }
    }
    let more = tower(d, more);
    let more = temperatures(d, more);
    match analogues(d, more) {
        [] => {}
        [rpm] => engine_speed(d, rpm),
        [key, registered] => driver(d, key, registered),
        [rpm, key, registered] => {
            engine_speed(d, rpm);
            driver(d, key, registered);
        }
        more => rest(d, more),
    }
}

/// Cell, country, network, level and area, at the end; what stands before them.
fn tower<'f, 'a>(d: &mut Draft, fields: &'f [&'a str]) -> &'f [&'a str] {
    let Some((before, [cell, mcc, mnc, level, lac])) = fields.split_last_chunk::<5>() else { return fields };
    let (Some(cell_id), Some(lac)) = (hexadecimal(cell), hexadecimal(lac).and_then(|lac| u32::try_from(lac).ok()))
    else {
        return fields;
    };
    let (Some(mcc), Ok(mnc), Ok(level)) = (mcc.parse().ok().filter(|_| is_digits(mcc, 3)), mnc.parse(), level.parse())
    else {
        return fields;
    };
    d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
    d.csq(level);
    before
}

/// Three probes and what they measured, at the end.
fn temperatures<'f, 'a>(d: &mut Draft, fields: &'f [&'a str]) -> &'f [&'a str] {
    let Some((before, last)) = fields.split_last_chunk::<3>() else { return fields };
    let is_probe = |field: &&str| field.is_empty() || field.contains(':');
    if !last.iter().all(is_probe) || last.iter().all(|field| field.is_empty()) {
        return fields;
    }
    for (n, probe) in (1..).zip(last) {
        let celsius = probe.split_once(':').and_then(|(_, celsius)| number(celsius));
        celsius.into_iter().for_each(|celsius| d.nth("temperature_", n, celsius));
    }
    before
}

/// Volts of three inputs, at the front.
fn analogues<'f, 'a>(d: &mut Draft, fields: &'f [&'a str]) -> &'f [&'a str] {
    let Some((first, after)) = fields.split_first_chunk::<3>() else { return fields };
    if !first.iter().all(|field| field.contains('.') && number(field).is_some()) {
        return fields;
    }
    for (n, volts) in (1..).zip(first) {
        number(volts).into_iter().for_each(|volts| d.nth("analog_", n, volts));
    }
    after
}

fn engine_speed(d: &mut Draft, rpm: &str) {
    number(rpm).into_iter().for_each(|rpm| d.float(attr::CAN_RPM, rpm));
}

fn driver(d: &mut Draft, key: &str, registered: &str) {
    d.text(attr::HARDWARE_KEY, key.as_bytes());
    if let "0" | "1" = registered {
        d.own("driver_registered", registered == "1");
    }
}

/// Portable devices: what follows the identifier.
pub(super) fn portable(form: Form<'_>, c: &mut Cursor<'_>, d: &mut Draft) {
    if form.kind != "Location" {
        d.text(attr::EVENT_CODE, form.kind.as_bytes());
        d.event(104);
    }
    if !is_date(c.peek()) {
        d.text(attr::FIRMWARE, c.raw());
    }
    d.time = c.moment(form.utc_offset_s);
    // The newer form names the tower here, and ends with a mileage.
    let is_newer = !c.peek().contains('.') && hexadecimal(c.peek()).is_some();
    if is_newer {
        cell_id(d, c.next());
    }
    place(d, c);
    d.valid(c.next() == "1");
    if is_newer {
        mileage(d, c.number());
    }
    rest(d, &c.rest().map(|left| Cursor::new(left).all()).unwrap_or_default());
}

/// The fourth series: towers first, then perhaps a place.
pub(super) fn fourth(form: Form<'_>, c: &mut Cursor<'_>, d: &mut Draft) {
    d.text(attr::FIRMWARE, c.raw());
    let model = c.next();
    d.own_named_text(&MODEL, model.as_bytes());
    let is_41 = model == "41";
    if is_41 {
        d.own_text("suntech_variant", c.raw());
    }
    (0..TOWERS).for_each(|nth| fourth_tower(d, c, nth == 0));
    c.number().into_iter().for_each(|v| d.float(attr::BATTERY_VOLTAGE, v));
    d.archived(c.next() == "0");
    number_or_text(d, NUMBER.id(), c.raw());
    match c.next() {
        code if form.kind == "ALT" => {
            if let Ok(code) = code.parse() {
                d.set(attr::EVENT_CODE, i64::from(code));
                d.event(alert::of_alert(code));
            }
        }
        mode => number_or_text(d, MODE.id(), mode.as_bytes()),
    }
    if c.peek().len() == 3 {
        d.own_text("suntech_collaboration", c.raw());
    }
    if is_41 {
        c.next();
        let motion = c.next();
        d.own_text("suntech_motion", motion.as_bytes());
        d.set(attr::IS_MOVING, motion == "2");
    }
    if c.peek().is_empty() {
        return rest(d, &c.rest().map(|left| Cursor::new(left).all()).unwrap_or_default());
    }
    d.time = c.moment(form.utc_offset_s);
    place(d, c);
    c.next().parse().into_iter().for_each(|satellites| d.satellites(satellites));
    d.valid(c.next() == "1");
    rest(d, &c.rest().map(|left| Cursor::new(left).all()).unwrap_or_default());
}

/// Six fields: cell, country, network, level, area, timing advance. Level and area change places after the first.
fn fourth_tower(d: &mut Draft, c: &mut Cursor<'_>, is_first: bool) {
    let (cell_id, mcc, mnc) = (c.next().parse().ok(), c.next().parse().ok(), c.next().parse().ok());
    let (one, other) = (c.next(), c.next());
    c.next();
    let (level, lac) = if is_first { (one, other) } else { (other, one) };
    // Some tell decibels, which are below zero, others what modems tell.
    let (csq, dbm) = match level.parse::<i16>() {
        Ok(dbm @ -150..=-1) => (None, Some(dbm)),
        Ok(csq @ 0..=31) => (Some(csq.unsigned_abs().into()), Some(2 * csq - 113)),
        _ => (None, None),
    };
    if let (Some(cell_id), Some(mcc), Some(mnc), Ok(lac)) = (cell_id, mcc, mnc, lac.parse()) {
        d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: dbm });
        match (csq, dbm) {
            (Some(csq), _) if is_first => d.csq(csq),
            (None, Some(dbm)) if is_first => d.signal_dbm(dbm.into()),
            _ => {}
        }
    }
}
