//! Information that units send by the piece, and what they pass on from their serial line.

use model::attr;

use super::draft::Draft;
use crate::bytes::{Reader, Truncated, hex, text};

/// A byte of state, and room for a date before it.
const DATED_BYTES_MIN: usize = 7;

/// One piece of information, by its own number.
pub(super) fn information(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    match r.u8()? {
        0x00 => d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0),
        0x04 => states(d, r.take_rest()),
        0x05 => lines(d, r)?,
        0x0A => {
            // The identifier is known.
            r.take(8)?;
            let imsi = hex(r.take(8)?);
            d.text(attr::IMSI, imsi.trim_start_matches('0').as_bytes());
            iccid(d, r.take(10)?);
        }
        0x0B => match *r.take_rest() {
            [network] => d.set(attr::NETWORK_TYPE, i64::from(network)),
            [high, low] => d.scaled(attr::BOARD_VOLTAGE, u16::from_be_bytes([high, low]), 100.0),
            ref other => d.raw(0x94, Some(0x0B), other),
        },
        0x0D => fuel(d, r.take_rest()),
        0x1B => card(d, r)?,
        0x1E => {
            d.nth("temperature_", 1, f64::from(r.i32()?) / 10.0);
            d.nth("humidity_", 1, f64::from(r.i32()?) / 10.0);
        }
        other => d.raw(0x94, Some(other.into()), r.take_rest()),
    }
    Ok(())
}

/// The short form has no number.
pub(super) fn voltage(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.scaled(attr::BOARD_VOLTAGE, r.i16()?, 100.0);
    Ok(())
}

/// `ALM1=45;STA1=C0;DYD=01`: hexadecimal. All of it is kept; the state of the fuel cut is output 1.
fn states(d: &mut Draft<'_>, raw: &[u8]) {
    let all = text(raw, d.context.text_bytes_max);
    for pair in all.split(';') {
        if let Some(("DYD", value)) = pair.trim().split_once('=')
            && let Ok(bits) = u8::from_str_radix(value, 16)
        {
            d.line(attr::OUTPUT_STATUS, 1, bits & 1 == 1);
        }
    }
    d.text(attr::SERIAL_DATA, all.as_bytes());
}

fn lines(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    if r.remaining() >= DATED_BYTES_MIN {
        d.date(r)?;
    }
    let bits = r.u8()?;
    d.set(attr::DOOR_STATUS, i64::from(bits & 1));
    d.line(attr::INPUT_STATUS, 2, bits & 1 == 1);
    d.line(attr::INPUT_STATUS, 1, bits >> 2 & 1 == 1);
    Ok(())
}

/// Decimal digits, filled up with `F`.
pub(super) fn iccid(d: &mut Draft<'_>, raw: &[u8]) {
    let digits = hex(raw);
    d.text(attr::ICCID, digits.trim_end_matches('F').as_bytes());
}

/// A fuel probe's line of text, perhaps with a date before it.
fn fuel(d: &mut Draft<'_>, raw: &[u8]) {
    const TEMPERATURE_FIELD: usize = 3;
    const LEVEL_FIELD: usize = 6;
    let line = match raw.first() {
        Some(b'!') => raw,
        _ => raw.get(6..).unwrap_or_default(),
    };
    let line = text(line, d.context.text_bytes_max);
    let field = |at: usize| line.split(',').nth(at).and_then(|field| field.trim().parse::<f64>().ok());
    if !line.starts_with("!AIOIL") {
        d.text(attr::SERIAL_DATA, line.as_bytes());
        return;
    }
    if let Some(celsius) = field(TEMPERATURE_FIELD) {
        d.nth("fuel_temperature_", 1, celsius);
    }
    if let Some(level) = field(LEVEL_FIELD) {
        d.nth("fuel_level_", 1, level);
    }
}

fn card(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    if r.rest().first().is_some_and(u8::is_ascii_alphabetic) {
        d.text(attr::HARDWARE_KEY, r.take_rest());
        return Ok(());
    }
    r.u16()?;
    d.hex(attr::HARDWARE_KEY, r.take(4)?);
    Ok(())
}

/// Bytes of a device on the serial line: text if it looks like text.
pub(super) fn passed_on(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    // The number of the line's device.
    r.u8()?;
    let raw = r.take_rest();
    let is_printable = raw.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    if is_printable {
        d.text(attr::SERIAL_DATA, raw);
    } else {
        d.hex(attr::SERIAL_DATA, raw);
    }
    Ok(())
}
