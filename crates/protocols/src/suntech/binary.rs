//! The two binary forms.
//!
//! Own names: as those of lines in the universal form; `suntech_data` (what an alert brings and what follows, in
//! hexadecimal).

use model::{Timestamp, attr};

use super::alert;
use super::fields::OWN_FIELDS;
use super::frame::DIGITS;
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::{Cell, Draft, moment};

/// An alert; the other type is a status.
const ALERT: u8 = 0x82;
const STATUS: u8 = 0x81;
/// What follows the length of a frame in decimal digits.
const DIGITS_KIND: u8 = 0x10;
const ID_BYTES: usize = 5;
const DRIVER_BYTES: usize = 8;

/// The identifier in a frame.
pub(super) fn identity(frame: &[u8]) -> Option<String> {
    let in_digits = frame.first() == Some(&DIGITS);
    let id = frame.get(if in_digits { 4..4 + ID_BYTES } else { 3..3 + ID_BYTES }).map(hex)?;
    // Nine digits have a filler before or behind them.
    let digits = if in_digits { id.strip_suffix('F').or_else(|| id.strip_prefix('0')).unwrap_or(&id) } else { &id };
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.to_owned())
}

/// Whether a frame is of a kind that is decoded.
pub(super) fn is_known(frame: &[u8]) -> bool {
    match frame.first() {
        Some(&DIGITS) => frame.get(3) == Some(&DIGITS_KIND),
        kind => matches!(kind, Some(&(ALERT | STATUS))),
    }
}

/// Reads a frame. What could be read before an error is in `d`.
pub(super) fn read(frame: &[u8], utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    if frame.first() == Some(&DIGITS) {
        return digits(&mut Reader::new(frame.get(4 + ID_BYTES..).unwrap_or_default()), utc_offset_s, d);
    }
    let mut r = Reader::new(frame.get(3 + ID_BYTES..).unwrap_or_default());
    mapped(&mut r, frame.first() == Some(&ALERT), utc_offset_s, d)
}

/// Year of this century, month, day, and hour, minute, second, a byte each.
fn time(r: &mut Reader<'_>, has_date: bool, has_time: bool, utc_offset_s: i32) -> Result<Option<Timestamp>, Truncated> {
    let date = if has_date { Some((u16::from(r.u8()?), r.u8()?, r.u8()?)) } else { None };
    let clock = if has_time { Some((r.u8()?, r.u8()?, r.u8()?)) } else { None };
    Ok(date.zip(clock).filter(|(date, _)| date.0 < 80).and_then(|(date, clock)| moment(date, clock, utc_offset_s)))
}

/// The form with a map; the map is that of lines.
fn mapped(r: &mut Reader<'_>, is_alert: bool, utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    let map = r.u24()?;
    let has = |bit: u32| map >> bit & 1 == 1;
    if has(1) {
        d.own("suntech_model", i64::from(r.u8()?));
    }
    if has(2) {
        let [major, minor, patch] = [r.u8()?, r.u8()?, r.u8()?];
        d.text(attr::FIRMWARE, format!("{major}.{minor}.{patch}").as_bytes());
    }
    if has(3) {
        d.archived(r.u8()? == 0);
    }
    d.time = time(r, has(4), has(5), utc_offset_s)?;
    network(r, &has, d)?;
    place(r, &has, d)?;
    if has(17) {
        let inputs = r.u8()?;
        d.set(attr::IGNITION, inputs & 1 == 1);
        d.set(attr::INPUT_STATUS, i64::from(inputs >> 1));
    }
    if has(18) {
        d.set(attr::OUTPUT_STATUS, i64::from(r.u8()?));
    }
    own(r, &has, is_alert, d)
}

fn network(r: &mut Reader<'_>, has: &dyn Fn(u32) -> bool, d: &mut Draft) -> Result<(), Truncated> {
    let cell_id = if has(6) { r.u32()? } else { 0 };
    let mcc = if has(7) { r.u16()? } else { 0 };
    let mnc = if has(8) { r.u16()? } else { 0 };
    let lac = if has(9) { u32::from(r.u16()?) } else { 0 };
    if has(10) {
        d.csq(r.u8()?.into());
    }
    if mcc == 0 && cell_id != 0 {
        d.set(attr::CELL_ID, i64::from(cell_id));
    }
    d.cell(Cell { mcc, mnc, lac, cell_id: cell_id.into(), rssi_dbm: None });
    Ok(())
}

fn place(r: &mut Reader<'_>, has: &dyn Fn(u32) -> bool, d: &mut Draft) -> Result<(), Truncated> {
    let latitude = if has(11) { Some(degrees(r.u32()?)) } else { None };
    let longitude = if has(12) { Some(degrees(r.u32()?)) } else { None };
    if let Some((latitude, longitude)) = latitude.zip(longitude) {
        d.at(latitude, longitude);
    }
    if has(13) {
        d.speed_kmh(f64::from(r.u16()?) / 100.0);
    }
    if has(14) {
        d.heading_deg(f64::from(r.u16()?) / 100.0);
    }
    if has(15) {
        d.satellites(r.u8()?);
    }
    if has(16) {
        d.valid(r.u8()? == 1);
    }
    Ok(())
}

/// Millionths of a degree with a sign in the highest bit.
fn degrees(raw: u32) -> f64 {
    let magnitude = f64::from(raw & 0x7FFF_FFFF) / 1e6;
    if raw >> 31 == 1 { -magnitude } else { magnitude }
}

/// What depends on the type.
fn own(r: &mut Reader<'_>, has: &dyn Fn(u32) -> bool, is_alert: bool, d: &mut Draft) -> Result<(), Truncated> {
    let mut code = None;
    if has(OWN_FIELDS) {
        let mode = r.u8()?;
        if is_alert {
            code = Some(u32::from(mode));
            d.set(attr::EVENT_CODE, i64::from(mode));
            d.event(alert::of_alert(mode.into()));
        } else {
            d.own("suntech_mode", i64::from(mode));
        }
    }
    if has(OWN_FIELDS + 1) {
        let name = if is_alert { "suntech_alert_modifier" } else { "suntech_reason" };
        d.own(name, i64::from(r.u16()?));
    }
    if has(OWN_FIELDS + 2) && code == Some(alert::DRIVER) {
        d.hex(attr::HARDWARE_KEY, r.take(DRIVER_BYTES)?);
    }
    if (OWN_FIELDS + 2..OWN_FIELDS + 5).any(has) {
        d.own_hex("suntech_data", r.rest());
    }
    Ok(())
}

/// The form in decimal digits, whose fields are always there.
fn digits(r: &mut Reader<'_>, utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    d.own("suntech_model", i64::from(r.u8()?));
    d.text(attr::FIRMWARE, r.u16()?.to_string().as_bytes());
    d.time = time(r, true, true, utc_offset_s)?;
    let cell = r.u24()?;
    if cell != 0 {
        d.set(attr::CELL_ID, i64::from(cell));
    }
    // Each of them is left out alone if its digits are none.
    let sum = |whole: f64, decimals: Option<f64>| decimals.map(|decimals| whole + decimals);
    let latitude = sum(r.u8()?.into(), fraction(r.take(3)?));
    let longitude = sum(r.u8()?.into(), fraction(r.take(3)?));
    let speed_kmh = sum(r.u16()?.into(), fraction(r.take(1)?));
    let heading_deg = sum(r.u16()?.into(), fraction(r.take(1)?));
    let flags = r.u8()?;
    let signed = |degrees: f64, bit: u8| if flags >> bit & 1 == 1 { -degrees } else { degrees };
    if let Some((latitude, longitude)) = latitude.zip(longitude) {
        d.at(signed(latitude, 6), signed(longitude, 5));
    }
    d.valid(flags >> 7 == 1);
    speed_kmh.into_iter().for_each(|kmh| d.speed_kmh(kmh));
    heading_deg.into_iter().for_each(|deg| d.heading_deg(deg));
    d.scaled(attr::HARDWARE_MILEAGE, r.u32()?, 1_000.0);
    let volts = sum(r.u8()?.into(), fraction(r.take(1)?));
    volts.into_iter().for_each(|volts| d.float(attr::BOARD_VOLTAGE, volts));
    let lines = r.u8()?;
    d.set(attr::IGNITION, lines & 1 == 1);
    d.set(attr::INPUT_STATUS, i64::from(lines >> 1 & 7));
    d.set(attr::OUTPUT_STATUS, i64::from(lines >> 4 & 3));
    let event = r.u8()?;
    if event != 0 {
        d.set(attr::EVENT_CODE, i64::from(event));
        d.event(10_000 + u32::from(event));
    }
    Ok(())
}

/// Decimal digits behind the point, two a byte; `None` if they are none.
fn fraction(bytes: &[u8]) -> Option<f64> {
    let mut value = 0.0;
    for byte in bytes.iter().rev() {
        let (tens, ones) = (byte >> 4, byte & 15);
        if tens > 9 || ones > 9 {
            return None;
        }
        value = (value + f64::from(tens * 10 + ones)) / 100.0;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_signs() {
        assert_eq!(fraction(&[0x44, 0x88, 0x91]).map(|f| (f * 1e6).round()), Some(448_891.0));
        assert_eq!((fraction(&[0x6A]), fraction(&[])), (None, Some(0.0)));
        assert_eq!((degrees(0x81FE_631B), degrees(1_000_000)), (-33.448_731, 1.0));
    }
}
