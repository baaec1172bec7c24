//! Teledata: where a device is and what it measures. One record is one report.
//!
//! Own names: `pz90`, `fix_3d`, `source_data`, `navigation_systems`, `egts_mode`, `backup_voltage`, `navigation_on`,
//! `on_internal_battery`, `on_backup_battery`, `inputs_group_n`, `lls_address_n`, `lls_data_n`, `lls_error_n`,
//! `analog_0`, `impulse_counter_0`, `egts_event`, `text_message`, `vehicle_type`, `vehicle_fuel`, `home_dispatcher`,
//! `language`, `network`, `buffer_bytes`, `phone`, `egts_module`; kept as they came: `egts_acceleration`, `egts_loop_inputs`,
//! `egts_input`, `egts_loop_input`, `egts_passengers`, and `egts_` with service and kind for all others; `egts_other`
//! (service, kind and content) for services that nobody knows.

use model::{AttributeId, Timestamp, Value, attr};

use super::record::{Record, Subrecord, service};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;

/// The beginning of 2010, in seconds.
const EPOCH_S: i64 = 1_262_304_000;

/// Services above this one get no names of their own: those are for all devices together, and not without end.
const SERVICE_MAX: u8 = 15;

/// A moment as records tell it; none at the very beginning, which means that the clock was never set.
pub(super) fn time(seconds: u32) -> Option<Timestamp> {
    if seconds == 0 { None } else { Timestamp::from_s(EPOCH_S + i64::from(seconds)) }
}

/// What a record says about its device, beside its parts.
pub(super) fn begin(record: &Record<'_>, text_bytes_max: usize) -> Draft {
    let mut draft = Draft::new(text_bytes_max);
    draft.time = record.time_s.and_then(time);
    if let Some(event) = record.event {
        draft.own("egts_event", i64::from(event));
    }
    draft
}

/// Takes one part of a record.
pub(super) fn take(record_service: u8, part: &Subrecord<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let mut r = Reader::new(part.data);
    if record_service > SERVICE_MAX {
        return raw("egts_other", &[&[record_service, part.kind], part.data].concat(), draft);
    }
    if record_service != service::TELEDATA {
        return raw(&format!("egts_{record_service}_{}", part.kind), part.data, draft);
    }
    match part.kind {
        16 => position(&mut r, draft),
        17 => quality(&mut r, draft),
        18 => sensors(&mut r, draft),
        19 => masked(&mut r, "impulse_counter_", draft),
        20 => state(&mut r, draft),
        21 => raw("egts_acceleration", part.data, draft),
        22 => raw("egts_loop_inputs", part.data, draft),
        23 => raw("egts_input", part.data, draft),
        24 => single(&mut r, "analog_", draft),
        25 => single(&mut r, "impulse_counter_", draft),
        26 => raw("egts_loop_input", part.data, draft),
        27 => liquid(&mut r, draft),
        28 => raw("egts_passengers", part.data, draft),
        kind => raw(&format!("egts_{record_service}_{kind}"), part.data, draft),
    }
}

/// Keeps what is not read. A record may have several parts of one kind: they stand one behind the other.
fn raw(name: &str, data: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    let before = AttributeId::find(name).and_then(|id| draft.attributes().get(id));
    let Some(Value::Text(before)) = before else {
        draft.own_hex(name, data);
        return Ok(());
    };
    if data.iter().any(|b| *b != 0) {
        let all = format!("{before} {}", hex(data));
        draft.own_text(name, all.as_bytes());
    }
    Ok(())
}

fn u24_le(r: &mut Reader<'_>) -> Result<u32, Truncated> {
    Ok(u32::from(r.u16_le()?) | u32::from(r.u8()?) << 16)
}

fn position(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let is = |flags: u8, bit: u8| flags >> bit & 1 == 1;
    let share = |raw: u32, most: f64| f64::from(raw) * most / f64::from(u32::MAX);
    let seconds = r.u32_le()?;
    let (latitude, longitude) = (share(r.u32_le()?, 90.0), share(r.u32_le()?, 180.0));
    let flags = r.u8()?;
    let (motion, course) = (r.u16_le()?, r.u8()?);
    let mileage = u24_le(r)?;
    let (inputs, source) = (r.u8()?, r.u8()?);
    // The record has a time of its own when it was written later than the place was found.
    let written = draft.time;
    let found = time(seconds);
    draft.time = found.or(written);
    draft.device_time(written);
    draft.at(if is(flags, 5) { -latitude } else { latitude }, if is(flags, 6) { -longitude } else { longitude });
    draft.valid(is(flags, 0));
    draft.own("fix_3d", is(flags, 1));
    if is(flags, 2) {
        draft.own("pz90", true);
    }
    draft.archived(is(flags, 3));
    draft.set(attr::IS_MOVING, is(flags, 4));
    draft.speed_kmh(f64::from(motion & 0x3FFF) / 10.0);
    draft.heading_deg(f64::from(course) + if motion & 0x8000 == 0 { 0.0 } else { 256.0 });
    draft.scaled(attr::HARDWARE_MILEAGE, mileage, 10.0);
    // Further inputs may have come before.
    let before = draft.attributes().get(attr::INPUT_STATUS).and_then(Value::as_i64).unwrap_or(0);
    draft.set(attr::INPUT_STATUS, before & !0xFF | i64::from(inputs));
    draft.set(attr::EVENT_CODE, i64::from(source));
    if let Some(event) = event(source) {
        draft.event(event);
    }
    if is(flags, 7) {
        let altitude_m = f64::from(u24_le(r)?);
        draft.altitude_m(if motion & 0x4000 == 0 { altitude_m } else { -altitude_m });
    }
    if r.remaining() >= 2 {
        draft.own("source_data", i64::from(r.u16_le()?));
    }
    Ok(())
}

/// What made the device send a position. Being asked is no event.
fn event(source: u8) -> Option<u32> {
    Some(match source {
        // By time, with ignition and without.
        0 | 5 => 403,
        1 => 404,
        2 => 405,
        3 => return None,
        7 => 224,
        10 => 106,
        11 => 2,
        12 => 7,
        13 => 202,
        other => 10_000 + u32::from(other),
    })
}

fn quality(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let flags = r.u8()?;
    for (bit, id) in [(0, attr::VDOP), (1, attr::HDOP), (2, attr::PDOP)] {
        if flags >> bit & 1 == 1 {
            draft.scaled(id, r.u16_le()?, 100.0);
        }
    }
    if flags & 8 != 0 {
        draft.satellites(r.u8()?);
    }
    if flags & 16 != 0 {
        draft.own("navigation_systems", i64::from(r.u16_le()?));
    }
    Ok(())
}

/// Inputs beyond the eight of a position, outputs, and analogue inputs.
fn sensors(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    const INPUT_BITS_MAX: u32 = 32;
    let (groups, outputs, analogues) = (r.u8()?, r.u8()?, r.u8()?);
    draft.set(attr::OUTPUT_STATUS, i64::from(outputs));
    for group in (0..8u32).filter(|group| groups >> group & 1 == 1) {
        let lines = r.u8()?;
        let first = 8 * (group + 1);
        if first < INPUT_BITS_MAX {
            let before = draft.attributes().get(attr::INPUT_STATUS).and_then(Value::as_i64).unwrap_or(0);
            let mask = 0xFFi64 << first;
            draft.set(attr::INPUT_STATUS, before & !mask | i64::from(lines) << first);
        } else {
            draft.own(&format!("inputs_group_{}", group + 1), i64::from(lines));
        }
    }
    for number in (1..=8u32).filter(|number| analogues >> (number - 1) & 1 == 1) {
        draft.nth("analog_", number, f64::from(u24_le(r)?));
    }
    Ok(())
}

fn masked(r: &mut Reader<'_>, prefix: &str, draft: &mut Draft) -> Result<(), Truncated> {
    let mask = r.u8()?;
    for number in (1..=8u32).filter(|number| mask >> (number - 1) & 1 == 1) {
        draft.nth(prefix, number, f64::from(u24_le(r)?));
    }
    Ok(())
}

fn single(r: &mut Reader<'_>, prefix: &str, draft: &mut Draft) -> Result<(), Truncated> {
    let (number, value) = (r.u8()?, u24_le(r)?);
    match number {
        1..=127 => draft.nth(prefix, u32::from(number), f64::from(value)),
        // Numbered lines begin with 1 and are not so many.
        _ => draft.own(&format!("{prefix}{number}"), i64::from(value)),
    }
    Ok(())
}

fn state(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    draft.own("egts_mode", i64::from(r.u8()?));
    draft.scaled(attr::BOARD_VOLTAGE, r.u8()?, 10.0);
    draft.own("backup_voltage", Value::Float(f64::from(r.u8()?) / 10.0));
    draft.scaled(attr::BATTERY_VOLTAGE, r.u8()?, 10.0);
    let flags = r.u8()?;
    for (bit, name) in [(0, "navigation_on"), (1, "on_internal_battery"), (2, "on_backup_battery")] {
        draft.own(name, flags >> bit & 1 == 1);
    }
    Ok(())
}

/// A fuel probe. They are counted from 0.
fn liquid(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let flags = r.u8()?;
    let number = u32::from(flags & 7) + 1;
    draft.own(&format!("lls_address_{number}"), i64::from(r.u16_le()?));
    if flags & 0x40 != 0 {
        // What it measures then is nothing.
        draft.own(&format!("lls_error_{number}"), true);
    } else if flags & 8 != 0 {
        draft.own_hex(&format!("lls_data_{number}"), r.rest());
    } else {
        let value = f64::from(r.u32_le()?);
        match flags >> 4 & 3 {
            0 => draft.nth("lls_level_raw_", number, value),
            1 => draft.nth("fuel_level_", number, value),
            2 => draft.nth("fuel_level_", number, value / 10.0),
            _ => draft.own(&format!("lls_data_{number}"), Value::Float(value)),
        }
    }
    Ok(())
}
