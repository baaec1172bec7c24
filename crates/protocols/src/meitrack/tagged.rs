//! Positions as records of numbered values, in groups by their width.

use model::{Report, attr};

use super::sighting::Sighting;
use crate::bytes::{Reader, Truncated, hex, text};

/// A number with this first byte has a second one.
const WIDE: u8 = 0xFE;
const BLE_STEPS: f64 = 256.0;

/// Reads the records, and says whether all of them could be read. Those before a broken one are kept.
pub(super) fn read(payload: &[u8], text_bytes_max: usize) -> (Vec<Report>, bool) {
    let mut reports = Vec::new();
    let whole = records(&mut Reader::new(payload), text_bytes_max, &mut reports);
    (reports, whole.is_ok())
}

fn records(r: &mut Reader<'_>, text_bytes_max: usize, reports: &mut Vec<Report>) -> Result<(), Truncated> {
    // How many are left in the device's memory.
    r.u32_le()?;
    for _ in 0..r.u16_le()? {
        let length = usize::from(r.u16_le()?);
        let mut one = Reader::new(r.take(length)?);
        reports.push(record(&mut one, text_bytes_max)?);
    }
    Ok(())
}

fn record(r: &mut Reader<'_>, text_bytes_max: usize) -> Result<Report, Truncated> {
    let mut s = Sighting::default();
    // Its place in the packet.
    r.u16_le()?;
    for _ in 0..r.u8()? {
        let id = id(r)?;
        byte(&mut s, id, r.u8()?);
    }
    for _ in 0..r.u8()? {
        let id = id(r)?;
        word(&mut s, id, r.u16_le()?);
    }
    for _ in 0..r.u8()? {
        let id = id(r)?;
        long(&mut s, id, r.u32_le()?);
    }
    for _ in 0..r.u8()? {
        let id = id(r)?;
        let length = usize::from(r.u8()?);
        // One that is not as it should be is passed over: its length is known.
        let _ = bytes(&mut s, id, &mut Reader::new(r.take(length)?), text_bytes_max);
    }
    Ok(s.finish())
}

fn id(r: &mut Reader<'_>) -> Result<u16, Truncated> {
    match r.u8()? {
        WIDE => Ok(u16::from_be_bytes([WIDE, r.u8()?])),
        id => Ok(u16::from(id)),
    }
}

fn byte(s: &mut Sighting, id: u16, value: u8) {
    let whole = i64::from(value);
    match id {
        0x01 => s.event = s.event & 0xFF00 | u16::from(value),
        0x05 => s.is_valid = value == 1,
        0x06 => s.satellites = Some(value),
        0x07 => s.csq(u16::from(value)),
        0x14 => s.set(attr::OUTPUT_STATUS, whole),
        0x15 => s.set(attr::INPUT_STATUS, whole),
        0x47 => s.set(attr::DOOR_STATUS, whole),
        0x97 => s.set(attr::OBD_THROTTLE, whole),
        0x9D => s.set(attr::OBD_FUEL, whole),
        0xFE69 if value <= 100 => s.set(attr::BATTERY_LEVEL, whole),
        _ => {}
    }
}

fn word(s: &mut Sighting, id: u16, value: u16) {
    let number = f64::from(value);
    let hundredths = number / 100.0;
    match id {
        0x08 => s.speed_kmh = Some(number),
        0x09 => s.heading_deg = Some(number),
        0x0A => s.float(attr::HDOP, number / 10.0),
        0x0B => s.altitude_m = Some(f64::from(value as i16)),
        0x16..=0x18 => s.nth("analog_", u32::from(id) - 0x15, hundredths),
        0x19 => s.float(attr::BATTERY_VOLTAGE, hundredths),
        0x1A => s.float(attr::BOARD_VOLTAGE, hundredths),
        0x29 => s.nth("fuel_level_", 1, hundredths),
        0x40 => s.event = value,
        0x91 | 0x92 => s.float(attr::OBD_SPEED, number),
        0x98 => s.float(attr::OBD_CONSUMPTION, number),
        0x99 => s.float(attr::OBD_RPM, number),
        0x9C => s.float(attr::OBD_COOLANT_T, number),
        0xC9 => s.float(attr::OBD_FUEL_RATE, number),
        _ => {}
    }
}

fn long(s: &mut Sighting, id: u16, value: u32) {
    let number = f64::from(value);
    match id {
        0x02 => s.latitude = Some(f64::from(value as i32) / 1e6),
        0x03 => s.longitude = Some(f64::from(value as i32) / 1e6),
        0x04 => s.since_2000(value),
        0x0C => s.float(attr::HARDWARE_MILEAGE, number / 1_000.0),
        0x0D => s.set(attr::RUN_TIME_S, i64::from(value)),
        0x25 if value != 0 => s.set(attr::HARDWARE_KEY, hex(&value.to_be_bytes()).as_str()),
        0x9B => s.float(attr::OBD_MILEAGE, number),
        0xA0 => s.float(attr::OBD_CONSUMPTION, number / 1_000.0),
        0xA2 => s.float(attr::OBD_FUEL_RATE, number / 100.0),
        0xFEF4 => s.float(attr::ENGINE_HOURS, number / 60.0),
        _ => {}
    }
}

fn bytes(s: &mut Sighting, id: u16, r: &mut Reader<'_>, text_bytes_max: usize) -> Result<(), Truncated> {
    match id {
        0x0E..=0x10 | 0x12 | 0x13 => {
            let network = (u32::from(r.u16_le()?), u32::from(r.u16_le()?));
            let (lac, cell_id) = (u32::from(r.u16_le()?), r.u32_le()?);
            s.cell(network, lac, cell_id, r.i16_le().ok());
        }
        0x1D..=0x25 => {
            let mac = r.take(6)?;
            s.wifi(mac, r.i16_le()?);
        }
        0x2A..=0x31 => {
            // What the probe is for.
            r.u8()?;
            s.nth("temperature_", u32::from(id) - 0x29, f64::from(r.i16_le()?) / 100.0);
        }
        0x4B => s.set(attr::OPERATOR, text(r.rest(), text_bytes_max).as_str()),
        0xFE31 => {
            const WITH_FILE: u8 = 2;
            let form = r.u8()?;
            s.set(attr::ALARM, i64::from(r.u8()?));
            if form == WITH_FILE {
                s.set(attr::MEDIA_FILES, text(r.rest(), text_bytes_max).as_str());
            }
        }
        0xFE73 => tag(s, r)?,
        _ => {}
    }
    Ok(())
}

/// A wireless sensor.
fn tag(s: &mut Sighting, r: &mut Reader<'_>) -> Result<(), Truncated> {
    r.u8()?;
    let length = usize::from(r.u8()?);
    r.take(length)?;
    // Its address.
    r.take(6)?;
    s.nth("ble_battery_level_", 1, f64::from(r.u8()?));
    s.nth("ble_temp_sensor_", 1, f64::from(r.i16_le()?) / BLE_STEPS);
    s.nth("ble_humidity_", 1, f64::from(r.i16_le()?) / BLE_STEPS);
    Ok(())
}
