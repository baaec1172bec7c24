//! Positions as a list of records of one length.

use model::{Report, attr};

use super::sighting::{Reading, Sighting};
use crate::bytes::{Reader, Truncated};
use crate::draft::Cell;

/// What is read of a record; longer ones have more behind it.
const RECORD_BYTES: usize = 52;

/// Reads the records, and says how many there are, and whether all of them could be read. Those before a broken one
/// are kept.
pub(super) fn read(payload: &[u8], reading: &Reading) -> (Vec<Report>, usize, bool) {
    let (mut reports, mut count) = (Vec::new(), 0);
    let whole = records(&mut Reader::new(payload), reading, &mut reports, &mut count);
    (reports, count, whole.is_ok())
}

fn records(
    r: &mut Reader<'_>,
    reading: &Reading,
    reports: &mut Vec<Report>,
    count: &mut usize,
) -> Result<(), Truncated> {
    // The form.
    r.u16_le()?;
    let length = usize::from(r.u16_le()?);
    // How many records are left in the device's memory.
    r.u32_le()?;
    if length < RECORD_BYTES {
        return Err(Truncated);
    }
    while r.remaining() > 0 {
        *count += 1;
        reports.extend(record(&mut Reader::new(r.take(length)?), reading)?);
    }
    Ok(())
}

fn record(r: &mut Reader<'_>, reading: &Reading) -> Result<Option<Report>, Truncated> {
    let mut s = Sighting::new(reading);
    s.event = u16::from(r.u8()?);
    s.latitude = Some(f64::from(r.i32_le()?) / 1e6);
    s.longitude = Some(f64::from(r.i32_le()?) / 1e6);
    s.since_2000(r.u32_le()?);
    s.is_valid = r.u8()? == 1;
    s.satellites(r.u8()?);
    s.csq(u32::from(r.u8()?));
    s.speed_kmh(f64::from(r.u16_le()?));
    s.heading_deg(f64::from(r.u16_le()?));
    s.float(attr::HDOP, f64::from(r.u16_le()?) / 10.0);
    s.altitude_m(f64::from(r.i16_le()?));
    s.float(attr::HARDWARE_MILEAGE, f64::from(r.u32_le()?) / 1_000.0);
    s.set(attr::RUN_TIME_S, i64::from(r.u32_le()?));
    let [mcc, mnc, lac, cell_id] = [r.u16_le()?, r.u16_le()?, r.u16_le()?, r.u16_le()?];
    s.cell(Cell { mcc, mnc, lac: lac.into(), cell_id: cell_id.into(), rssi_dbm: None });
    s.lines(r.u16_le()?);
    s.nth("analog_", 1, f64::from(r.u16_le()?) / 100.0);
    s.float(attr::BATTERY_VOLTAGE, f64::from(r.u16_le()?) / 100.0);
    s.float(attr::BOARD_VOLTAGE, f64::from(r.u16_le()?) / 100.0);
    let fence = r.u32_le()?;
    if fence != 0 {
        s.set(attr::GEOFENCE_NUMBER, i64::from(fence));
    }
    s.own_hex("meitrack_more", r.rest());
    Ok(s.finish())
}
