//! What a serial port said: parts between semicolons.
//!
//! Own names: `fuel_total` (the sum of all fuel levels), `driving_quality`, and what the line says around it
//! (`suntech_serial_checksum`).

use model::attr;

use super::fields::hexadecimal;
use crate::bytes::decoded;
use crate::draft::Draft;
use crate::fields::number;

/// Reads the parts.
pub(super) fn read(d: &mut Draft, data: &[u8]) {
    let text = decoded(data);
    let mut fuel = None;
    let mut words = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(levels) = part.strip_prefix("CabAVL") {
            for (n, level) in (1..).zip(levels.split(',').skip(2).take(2)) {
                level_of(d, n, number(level), &mut fuel);
            }
        } else if part.starts_with("GTSL") {
            d.text(attr::HARDWARE_KEY, part.split('|').nth(4).unwrap_or_default().as_bytes());
        } else if !pair(d, part, &mut fuel) {
            words.push(part);
        }
    }
    if let Some(litres) = fuel {
        d.own("fuel_total", model::Value::Float(litres));
    }
    d.text(attr::SERIAL_DATA, words.join(";").as_bytes());
}

fn level_of(d: &mut Draft, n: u32, level: Option<f64>, total: &mut Option<f64>) {
    if let Some(level) = level {
        d.nth("fuel_level_", n, level);
        *total = Some(total.unwrap_or(0.0) + level);
    }
}

/// A letter, a number, and a value in hexadecimal up to a point; whether it is one.
fn pair(d: &mut Draft, part: &str, fuel: &mut Option<f64>) -> bool {
    let Some((name, value)) = part.split_once('=') else { return false };
    let Some(n) = name.get(1..).filter(|n| n.bytes().all(|b| b.is_ascii_digit())).and_then(|n| n.parse().ok()) else {
        return false;
    };
    let Some(raw) = hexadecimal(value.split('.').next().unwrap_or_default().trim()) else { return false };
    let Ok(raw) = u32::try_from(raw) else { return false };
    match name.as_bytes().first() {
        // Below zero in two's complement of 16 bits.
        Some(b't') => match u16::try_from(raw) {
            Ok(raw) => d.nth("temperature_", n, f64::from(raw as i16)),
            Err(_) => return false,
        },
        Some(b'N') => level_of(d, n, Some(f64::from(raw)), fuel),
        Some(b'Q') => d.own("driving_quality", i64::from(raw)),
        _ => return false,
    }
    true
}
