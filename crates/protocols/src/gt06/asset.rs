//! Asset trackers, locks and battery packs: lists of numbered values.

use std::fmt::Write;

use model::{Value, attr};

use super::block::{CellForm, Flags, Place};
use super::draft::Draft;
use super::frame::Frame;
use super::serial::iccid;
use super::{alarm, position};
use crate::bytes::{Reader, Truncated, hex};

const BMS_CELLS: u32 = 14;
/// The freezing point in tenths of a kelvin, as these packs count.
const ZERO_CELSIUS_DK: f64 = 2_731.0;

fn be16(a: u8, b: u8) -> u16 {
    u16::from_be_bytes([a, b])
}

/// Values with two bytes of number and two of length. One that is not as it should be is kept as it is.
pub(super) fn values(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let mut whole = Ok(());
    while r.remaining() > 0 {
        let id = r.u16()?;
        let length = usize::from(r.u16()?);
        let raw = r.take(length)?;
        if let Err(Truncated) = value(d, id, &mut Reader::new(raw)) {
            d.raw(0x70, Some(id), raw);
            whole = Err(Truncated);
        }
    }
    whole
}

fn value(d: &mut Draft<'_>, id: u16, r: &mut Reader<'_>) -> Result<(), Truncated> {
    match id {
        0x03 => iccid(d, r.take(10)?),
        0x09 => d.satellites(r.u8()?),
        0x0A => d.set(attr::SATELLITES_VISIBLE, i64::from(r.u8()?)),
        0x11 => {
            let mut cell = CellForm { is_mnc_wide: true, ..CellForm::PLAIN }.cell(r)?;
            cell.rssi_dbm = r.u8().ok().filter(|raw| *raw != 0).map(|raw| -i16::from(raw));
            d.cell(cell);
        }
        0x18 => d.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0),
        0x28 => d.scaled(attr::HDOP, r.u8()?, 10.0),
        0x2A => {
            let state = r.u8()?;
            d.set(attr::DOOR_STATUS, i64::from(state & 0x0F));
            if state >> 4 != 0 {
                d.happened(alarm::event(0x13, None));
            }
        }
        0x29 => d.own("message_index", i64::from(r.u32()?)),
        0x2B => d.set(attr::BOOT_STATUS, i64::from(r.u8()?)),
        0x2E => d.scaled(attr::HARDWARE_MILEAGE, r.u32()?.swap_bytes(), 1_000.0),
        0x33 => place(d, r)?,
        0x34 => {
            let code = r.u8()?;
            // Of several, the first counts.
            if d.attributes().get(attr::EVENT_CODE).is_none() {
                d.set(attr::EVENT_CODE, i64::from(code));
            }
            d.happened(Some(alarm::of_asset(code)));
            let at = r.u32()?.swap_bytes();
            if d.time.is_none() {
                d.unix(at);
            }
            let length = usize::from(r.u8()?);
            d.raw(0x70, Some(0x34), r.take(length)?);
        }
        0x7F => tag(d, r)?,
        id => d.raw(0x70, Some(id), r.take_rest()),
    }
    Ok(())
}

fn place(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let at = r.u32()?;
    d.unix(at);
    let satellites = r.u8()?;
    let altitude_m = f64::from(r.i16()?);
    let (latitude, longitude) = (r.u32()?, r.u32()?);
    let speed_kmh = Some(f64::from(r.u8()?));
    let flags = Flags::read(r)?;
    d.place_at(&Place { latitude, longitude, satellites: Some(satellites), speed_kmh, flags });
    d.altitude_m(altitude_m);
    Ok(())
}

/// A wireless sensor.
fn tag(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.hex(attr::HARDWARE_KEY, r.take(6)?);
    d.nth("ble_battery_voltage_", 1, f64::from(r.u16()?) / 1_000.0);
    d.nth("ble_battery_level_", 1, f64::from(r.u8()?));
    d.nth("ble_temp_sensor_", 1, f64::from(r.i16()?) / 10.0);
    d.nth("ble_humidity_", 1, f64::from(r.i16()?));
    d.own("tag_status", i64::from(r.u8()?));
    Ok(())
}

/// The state of a unit: a time, then values with one byte of length.
pub(super) fn states(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let at = r.u32()?;
    d.unix(at);
    while r.remaining() > 0 {
        let id = r.u16()?;
        let length = usize::from(r.u8()?);
        match (id, r.take(length)?) {
            (0x01, [motion, ..]) => d.set(attr::IS_MOVING, matches!(motion, 2 | 4)),
            (0x02, [armed, ..]) => d.set(attr::ARMED, *armed != 0),
            (0x04, [on, ..]) => d.set(attr::IGNITION, *on != 0),
            (0x05, [a, b]) => d.scaled(attr::BOARD_VOLTAGE, be16(*a, *b), 100.0),
            (0x07, [charging, ..]) => d.set(attr::CHARGING_STATUS, *charging != 0),
            (0x0A, [a, b]) => d.scaled(attr::CHARGE_VOLTAGE, be16(*a, *b), 100.0),
            (0x0B, [a, b]) => d.scaled(attr::TEMPERATURE_INTERNAL, be16(*a, *b) as i16, 10.0),
            (id, value) => d.raw(0xF1, Some(id), value),
        }
    }
    Ok(())
}

/// Peripherals of a unit: a time, then what each says.
pub(super) fn peripherals(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let at = r.u32()?;
    d.unix(at);
    let mut items = String::new();
    // What was read before a broken one is kept.
    while r.remaining() > 0 && peripheral(d, r, &mut items).is_ok() {}
    if !items.is_empty() {
        d.set(attr::PERIPHERALS, Value::Json(format!("[{items}]").into()));
    }
    Ok(())
}

fn peripheral(d: &mut Draft<'_>, r: &mut Reader<'_>, items: &mut String) -> Result<(), Truncated> {
    match r.u16()? {
        0x0A => {
            let length = usize::from(r.u16()?);
            let mut r = Reader::new(r.take(length)?);
            r.u8()?;
            let mac = hex(r.take(6)?);
            let [event, data, kind] = [r.u8()?, r.u8()?, r.u8()?];
            let comma = if items.is_empty() { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(items, r#"{comma}{{"mac":"{mac}","event":{event},"data":{data},"type":{kind}}}"#);
        }
        0x0C => {
            let length = usize::from(r.u8()?);
            let mut r = Reader::new(r.take(length)?);
            d.battery_percent(u16::from(r.u8()?));
            d.set(attr::CHARGING_STATUS, r.u8()? != 0);
            d.set(attr::BATTERY_CYCLES, i64::from(r.u16()?));
        }
        id => {
            let length = match r.u8()? {
                0 => r.u8()?,
                length => length,
            };
            d.raw(0xF2, Some(id), r.take(usize::from(length))?);
        }
    }
    Ok(())
}

/// A battery pack.
pub(super) fn battery_pack(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.hex(attr::HARDWARE_KEY, r.take(8)?);
    let at = r.u32()?;
    d.unix(at);
    d.battery_percent(u16::from(r.u8()?));
    d.own("battery_remaining", i64::from(r.u16()?));
    d.own("battery_level_absolute", i64::from(r.u8()?));
    d.set(attr::BATTERY_CAPACITY, i64::from(r.u16()?));
    d.set(attr::BATTERY_HEALTH, i64::from(r.u8()?));
    d.set(attr::TEMPERATURE_INTERNAL, Value::Float((f64::from(r.u16()?) - ZERO_CELSIUS_DK) / 10.0));
    d.set(attr::BATTERY_CURRENT, i64::from(r.u16()?));
    d.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 1_000.0);
    d.set(attr::BATTERY_CYCLES, i64::from(r.u16()?));
    for number in 1..=BMS_CELLS {
        d.nth("battery_cell_", number, f64::from(r.u16()?) / 1_000.0);
    }
    d.raw(0x40, None, r.take_rest());
    Ok(())
}

/// The long form that asset trackers give to two short kinds: parts with their lengths in front.
pub(super) fn parts(d: &mut Draft<'_>, r: &mut Reader<'_>, frame: &Frame<'_>) -> Result<(), Truncated> {
    d.date(r)?;
    if r.u8()? != 0 {
        d.gps_undated(r)?;
    }
    let cells = usize::from(r.u8()?);
    if cells != 0 {
        // Most count the length itself.
        let bytes = if cells == 8 { 8 } else { cells - 1 };
        let mut cell = CellForm::PLAIN.cell(&mut Reader::new(r.take(bytes)?))?;
        cell.rssi_dbm = Some(r.u8()?).filter(|raw| *raw != 0).map(|raw| -i16::from(raw));
        d.cell(cell);
    }
    for number in 1..=2 {
        let length = usize::from(r.u8()?);
        d.raw(frame.kind, Some(number), r.take(length)?);
    }
    let status = r.u8()?;
    if frame.kind == 0x33 {
        lock(d, status);
    }
    Ok(())
}

fn lock(d: &mut Draft<'_>, status: u8) {
    match status {
        0xA0 => d.set(attr::ARMED, true),
        0xA1 => d.set(attr::ARMED, false),
        0xA2 | 0xA3 => d.happened(alarm::event(0x19, None)),
        0xA4 => d.happened(Some(model::EventId(104))),
        0xA5 => d.happened(alarm::event(0x14, None)),
        other => position::set_if_some(d, attr::EVENT_CODE, u32::from(other)),
    }
}
