//! Items of sensors, in the device and around it.
//!
//! Names of the family's own: `light`, `pressure`, `jt808_sensor_event`, `jt808_axis_x`, `_y` and `_z`, `steps`,
//! `jt808_imei`, and, numbered, `ble_mac_`, `ble_rssi_`, `ble_name_`.

use model::{DeviceSettings, attr};

use super::super::digits::decimal;
use super::super::login::iccid;
use super::super::status::bit;
use super::obd::number;
use super::{Item, Taken, mac, obd};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;

/// Models that tell of beacons and cards where others tell of diagnosis and temperature.
const ASSETS: &[&str] = &["AL300", "GL100"];
/// Models that count steps.
const WATCHES: &[&str] = &["C5"];

/// A sensor whose number is all that is known.
const SENSOR: u32 = 1;
/// What is added to temperatures that have no sign.
const ABOVE: f64 = 50.0;

pub(super) fn read(id: u8, value: &[u8], settings: &DeviceSettings, draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match (id, value.len()) {
        (0xE6, _) if obd::is_text(value) => return obd::read_text(value, draft),
        (0xE6, 11..) if value.len().is_multiple_of(11) => tags(&mut r, draft)?,
        (0xEA, 1..) => return listed(value, draft),
        (0xF3, 1..) if settings.is_model(ASSETS) => beacons(&mut r, draft)?,
        (0xF3, 3..) => return obd::read_listed(value, draft),
        (0xF5, 1..=4) => whole("light", value, draft),
        (0xF6, 2) => whole("pressure", value, draft),
        // A mask may name as many bytes; digits it hardly makes.
        (0xF6, 8) if decimal(value).is_some() => imei(value, draft),
        (0xF6, 3..) => return masked(value, draft),
        (0xF7, 2) => draft.nth("humidity_", SENSOR, f64::from(r.u16()?) / 10.0),
        (0xF7, 4..=6) => battery(&mut r, draft)?,
        (0xF8, 19) if settings.is_model(ASSETS) => {
            draft.own("jt808_sensor_event", i64::from(r.u8()?));
            imei(r.take(8)?, draft);
            iccid(r.take(10)?, draft);
        }
        (0xF8, 2) if settings.is_model(WATCHES) => draft.set(attr::STEPS, i64::from(r.u16()?)),
        (0xF8, 2) => draft.nth("temperature_", SENSOR, f64::from(r.u16()?) / 10.0 - ABOVE),
        (0xF9, 2..) => return precision(value, draft),
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

fn whole(name: &str, value: &[u8], draft: &mut Draft) {
    if let Some(number) = number(value) {
        draft.own(name, number as i64);
    }
}

/// Digits of an IMEI, with a leading zero that makes them even.
fn imei(raw: &[u8], draft: &mut Draft) {
    let digits = decimal(raw).unwrap_or_else(|| hex(raw));
    draft.own("jt808_imei", digits.strip_prefix('0').unwrap_or(&digits));
}

fn battery(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    const CHARGING: [u8; 2] = [2, 3];
    draft.scaled(attr::BATTERY_VOLTAGE, r.u32()?, 1_000.0);
    if r.remaining() > 0 {
        draft.set(attr::CHARGING_STATUS, CHARGING.contains(&r.u8()?));
    }
    if r.remaining() > 0 {
        draft.percent(attr::BATTERY_LEVEL, r.u8()?.into());
    }
    Ok(())
}

/// A whole number with its sign, and 255ths of one.
fn fraction(r: &mut Reader<'_>) -> Result<f64, Truncated> {
    let (whole, part) = (r.u8()?.cast_signed(), f64::from(r.u8()?) / 255.0);
    let whole = f64::from(whole);
    Ok(if whole < 0.0 { whole - part } else { whole + part })
}

fn tags(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    while r.remaining() > 0 {
        let n = u32::from(r.u8()?);
        draft.own(&format!("ble_mac_{n}"), mac(r.take(6)?).as_str());
        draft.numbered("ble_temp_sensor_", n, fraction(r)?);
        draft.numbered("ble_humidity_", n, fraction(r)?);
    }
    Ok(())
}

/// Sensors by their numbers.
fn listed(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    let mut taken = Taken::Whole;
    r.u8()?;
    while r.remaining() > 0 {
        let (id, length) = (r.u8()?, r.u8()?);
        let raw = r.take(length.into())?;
        match (id, number(raw)) {
            (0x13, Some(light)) => draft.own("light", light as i64),
            (0x14, Some(pressure)) => draft.own("pressure", pressure as i64),
            (0x15, Some(tenths)) => draft.nth("humidity_", SENSOR, tenths / 10.0),
            (0x16, Some(tenths)) => draft.nth("temperature_", SENSOR, tenths / 10.0 - ABOVE),
            _ => taken = Taken::Part,
        }
    }
    Ok(taken)
}

/// What happened, and the sensors that a mask names.
fn masked(value: &[u8], draft: &mut Draft) -> Item {
    const MOVING: u8 = 2;
    let mut r = Reader::new(value);
    let event = r.u8()?;
    draft.own("jt808_sensor_event", i64::from(event));
    if event == MOVING {
        draft.event(225);
    }
    let mask = u32::from(r.u8()?);
    let mut taken = Taken::Whole;
    if bit(mask, 0) {
        draft.own("light", i64::from(r.u16()?));
    }
    if bit(mask, 1) {
        draft.nth("temperature_", SENSOR, f64::from(r.i16()?) / 10.0);
    }
    if bit(mask, 2) {
        draft.nth("humidity_", SENSOR, f64::from(r.i16()?) / 10.0);
    }
    if bit(mask, 3) {
        for name in ["jt808_axis_x", "jt808_axis_y", "jt808_axis_z"] {
            draft.own(name, i64::from(r.i16()?));
        }
    }
    if bit(mask, 4) {
        r.take(10)?;
        taken = Taken::Part;
    }
    if bit(mask, 5) {
        draft.own("pressure", i64::from(r.u16()?));
    }
    Ok(if r.remaining() == 0 { taken } else { Taken::Part })
}

/// How good the position is, and what else a mask names. Most of it is not known, and kept as it is.
fn precision(value: &[u8], draft: &mut Draft) -> Item {
    /// Bytes of what each bit names.
    const BYTES: [(u32, usize); 6] = [(0, 4), (1, 4), (2, 2), (3, 6), (5, 8), (6, 6)];
    let mut r = Reader::new(value);
    let mask = u32::from(r.u16()?);
    let known = BYTES.iter().fold(0, |known, (at, _)| known | 1u32 << at);
    let mut taken = if mask & !known == 0 { Taken::Whole } else { Taken::Part };
    for (at, bytes) in BYTES.into_iter().filter(|(at, _)| bit(mask, *at)) {
        let mut part = Reader::new(r.take(bytes)?);
        match at {
            2 => draft.scaled(attr::HDOP, part.u16()?, 10.0),
            6 => {
                draft.nth("temperature_", SENSOR, f64::from(part.i16()?) / 10.0);
                taken = Taken::Part;
            }
            _ => taken = Taken::Part,
        }
    }
    Ok(taken)
}

/// Beacons near the device; a mask says what is known of each.
fn beacons(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let mask = u32::from(r.u8()?);
    let mut n = 0;
    while r.remaining() > 0 {
        n += 1;
        draft.own(&format!("ble_mac_{n}"), mac(r.take(6)?).as_str());
        draft.own(&format!("ble_rssi_{n}"), i64::from(r.u8()?.cast_signed()));
        if bit(mask, 0) {
            draft.own_words(&format!("ble_name_{n}"), r.take(10)?);
        }
        // What these are is not known.
        let mut unknown = Vec::new();
        if bit(mask, 1) {
            unknown.extend(r.take(2)?);
        }
        if bit(mask, 2) {
            draft.numbered("ble_battery_voltage_", n, f64::from(r.u16()?) / 1_000.0);
        }
        if bit(mask, 3) {
            draft.numbered("ble_temp_sensor_", n, f64::from(r.i16()?) / 10.0);
        }
        if bit(mask, 4) {
            draft.numbered("ble_humidity_", n, f64::from(r.u16()?) / 10.0);
        }
        for (at, bytes) in [(5, 6), (6, 2), (7, 2)] {
            if bit(mask, at) {
                unknown.extend(r.take(bytes)?);
            }
        }
        draft.own_hex(&format!("ble_data_{n}"), &unknown);
    }
    Ok(())
}
