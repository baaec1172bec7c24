//! Positions as records of numbered values, in groups by their width.

use model::{Report, attr};

use super::sighting::{Reading, Sighting};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Cell;

/// A number with this first byte has a second one.
const WIDE: u8 = 0xFE;
const BLE_STEPS: f64 = 256.0;

/// Reads the records, and says whether all of them could be read. A broken one costs only itself.
pub(super) fn read(payload: &[u8], reading: &Reading) -> (Vec<Report>, bool) {
    let mut reports = Vec::new();
    let whole = records(&mut Reader::new(payload), reading, &mut reports);
    (reports, whole == Ok(true))
}

fn records(r: &mut Reader<'_>, reading: &Reading, reports: &mut Vec<Report>) -> Result<bool, Truncated> {
    // How many are left in the device's memory.
    r.u32_le()?;
    let mut is_whole = true;
    for _ in 0..r.u16_le()? {
        let length = usize::from(r.u16_le()?);
        let mut one = Reader::new(r.take(length)?);
        match record(&mut one, reading) {
            Ok(report) => reports.extend(report),
            Err(Truncated) => is_whole = false,
        }
    }
    Ok(is_whole)
}

fn record(r: &mut Reader<'_>, reading: &Reading) -> Result<Option<Report>, Truncated> {
    let mut s = Sighting::new(reading);
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
        let raw = r.take(length)?;
        // One that is not as it should be is kept as it is: its length is known.
        if bytes(&mut s, id, &mut Reader::new(raw)).is_err() {
            s.own_hex(&format!("meitrack_{id:02x}"), raw);
        }
    }
    s.own_hex("meitrack_more", r.rest());
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
        0x06 => s.satellites(value),
        0x07 => s.csq(value.into()),
        0x14 => s.set(attr::OUTPUT_STATUS, whole),
        0x15 => s.set(attr::INPUT_STATUS, whole),
        0x47 => s.set(attr::DOOR_STATUS, whole),
        0x97 => s.set(attr::OBD_THROTTLE, whole),
        0x9D => s.set(attr::OBD_FUEL, whole),
        0xFE69 => s.percent(attr::BATTERY_LEVEL, value.into()),
        id => s.raw(id, value.into()),
    }
}

fn word(s: &mut Sighting, id: u16, value: u16) {
    let number = f64::from(value);
    let hundredths = number / 100.0;
    match id {
        0x08 => s.speed_kmh(number),
        0x09 => s.heading_deg(number),
        0x0A => s.float(attr::HDOP, number / 10.0),
        0x0B => s.altitude_m(f64::from(value as i16)),
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
        id => s.raw(id, value.into()),
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
        0x1C => s.own("system_flags", i64::from(value)),
        0x25 => s.hex(attr::HARDWARE_KEY, &value.to_be_bytes()),
        0x9B => s.float(attr::OBD_MILEAGE, number),
        0xA0 => s.float(attr::OBD_CONSUMPTION, number / 1_000.0),
        0xA2 => s.float(attr::OBD_FUEL_RATE, number / 100.0),
        0xFEF4 => s.float(attr::ENGINE_HOURS, number / 60.0),
        id => s.raw(id, value),
    }
}

fn bytes(s: &mut Sighting, id: u16, r: &mut Reader<'_>) -> Result<(), Truncated> {
    match id {
        0x0E..=0x10 | 0x12 | 0x13 => {
            let [mcc, mnc, lac] = [r.u16_le()?, r.u16_le()?, r.u16_le()?];
            let cell_id = u64::from(r.u32_le()?);
            s.cell(Cell { mcc, mnc, lac: lac.into(), cell_id, rssi_dbm: r.i16_le().ok() });
        }
        0x1D..=0x25 => {
            let mac = r.take(6)?;
            s.wifi(mac, Some(r.i16_le()?));
        }
        0x2A..=0x31 => {
            let number = u32::from(id) - 0x29;
            s.own(&format!("temperature_label_{number}"), i64::from(r.u8()?));
            s.nth("temperature_", number, f64::from(r.i16_le()?) / 100.0);
        }
        0x4B => s.text(attr::OPERATOR, r.rest()),
        0xFE31 => {
            const WITH_FILE: u8 = 2;
            let form = r.u8()?;
            s.set(attr::ALARM, i64::from(r.u8()?));
            match form {
                WITH_FILE => s.text(attr::MEDIA_FILES, r.rest()),
                _ => s.own_text("alarm_text", r.rest()),
            }
        }
        0xFE73 => tag(s, r)?,
        0xFEA8 => batteries(s, r)?,
        _ => return Err(Truncated),
    }
    Ok(())
}

/// A wireless sensor.
fn tag(s: &mut Sighting, r: &mut Reader<'_>) -> Result<(), Truncated> {
    r.u8()?;
    let length = usize::from(r.u8()?);
    s.own_text("ble_name_1", r.take(length)?);
    s.own("ble_mac_1", hex(r.take(6)?).as_str());
    s.nth("ble_battery_level_", 1, f64::from(r.u8()?));
    s.nth("ble_temp_sensor_", 1, f64::from(r.i16_le()?) / BLE_STEPS);
    s.nth("ble_humidity_", 1, f64::from(r.i16_le()?) / BLE_STEPS);
    // Limits of the alarms that the tag gives.
    s.own_hex("ble_limits_1", r.rest());
    Ok(())
}

/// Up to three batteries: whether each is there, and its level; then an alert.
fn batteries(s: &mut Sighting, r: &mut Reader<'_>) -> Result<(), Truncated> {
    for number in 1..=3 {
        let [is_there, percent] = [r.u8()?, r.u8()?];
        match number {
            _ if is_there == 0 => {}
            1 => s.percent(attr::BATTERY_LEVEL, percent.into()),
            _ => s.own(&format!("battery_level_{number}"), i64::from(percent)),
        }
    }
    s.own("battery_alert", i64::from(r.u8()?));
    Ok(())
}
