//! Positions as a list of records of one length.

use model::{Report, attr};

use super::sighting::Sighting;
use crate::bytes::{Reader, Truncated};

/// What is read of a record; longer ones have more behind it.
const RECORD_BYTES: usize = 52;

/// Reads the records, and says whether all of them could be read. Those before a broken one are kept.
pub(super) fn read(payload: &[u8]) -> (Vec<Report>, bool) {
    let mut reports = Vec::new();
    let whole = records(&mut Reader::new(payload), &mut reports);
    (reports, whole.is_ok())
}

fn records(r: &mut Reader<'_>, reports: &mut Vec<Report>) -> Result<(), Truncated> {
    // The form.
    r.u16_le()?;
    let length = usize::from(r.u16_le()?);
    // How many records are left in the device's memory.
    r.u32_le()?;
    if length < RECORD_BYTES {
        return Err(Truncated);
    }
    while r.remaining() > 0 {
        reports.push(record(&mut Reader::new(r.take(length)?))?);
    }
    Ok(())
}

fn record(r: &mut Reader<'_>) -> Result<Report, Truncated> {
    let mut s = Sighting::of(u16::from(r.u8()?));
    s.latitude = Some(f64::from(r.i32_le()?) / 1e6);
    s.longitude = Some(f64::from(r.i32_le()?) / 1e6);
    s.since_2000(r.u32_le()?);
    s.is_valid = r.u8()? == 1;
    s.satellites = Some(r.u8()?);
    s.csq(u16::from(r.u8()?));
    s.speed_kmh = Some(f64::from(r.u16_le()?));
    s.heading_deg = Some(f64::from(r.u16_le()?));
    s.float(attr::HDOP, f64::from(r.u16_le()?) / 10.0);
    s.altitude_m = Some(f64::from(r.i16_le()?));
    s.float(attr::HARDWARE_MILEAGE, f64::from(r.u32_le()?) / 1_000.0);
    s.set(attr::RUN_TIME_S, i64::from(r.u32_le()?));
    let network = (u32::from(r.u16_le()?), u32::from(r.u16_le()?));
    s.cell(network, u32::from(r.u16_le()?), u32::from(r.u16_le()?), None);
    s.lines(r.u16_le()?);
    s.nth("analog_", 1, f64::from(r.u16_le()?) / 100.0);
    s.float(attr::BATTERY_VOLTAGE, f64::from(r.u16_le()?) / 100.0);
    s.float(attr::BOARD_VOLTAGE, f64::from(r.u16_le()?) / 100.0);
    let fence = r.u32_le()?;
    if fence != 0 {
        s.set(attr::GEOFENCE_NUMBER, i64::from(fence));
    }
    Ok(s.finish())
}
