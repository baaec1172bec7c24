//! What is read from the vehicle's own bus.

use model::{AttributeId, Value, attr};

use super::draft::Draft;
use crate::bytes::{Reader, Truncated, text};

pub(super) fn report(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.date(r)?;
    d.set(attr::IGNITION, r.u8()? != 0);
    let pairs = text(r.take_rest(), d.context.text_bytes_max);
    for pair in pairs.split(',') {
        if let Some((id, value)) = pair.split_once('=') {
            parameter(d, id.trim(), value.trim());
        }
    }
    Ok(())
}

/// Identifier and value are hexadecimal; the value counts hundredths, unless it is text.
fn parameter(d: &mut Draft<'_>, id: &str, value: &str) {
    let Ok(id) = u8::from_str_radix(id, 16) else { return };
    if id == 0x4A {
        d.text(attr::VIN, value.as_bytes());
        return;
    }
    match (attribute(id), u32::from_str_radix(value, 16)) {
        (Some(id), Ok(raw)) => d.set(id, Value::Float(f64::from(raw) / 100.0)),
        _ => d.own_text(&format!("gt06_8c_{id:02x}"), value.as_bytes()),
    }
}

fn attribute(id: u8) -> Option<AttributeId> {
    Some(match id {
        0x28 => attr::OBD_MILEAGE,
        0x2B => attr::OBD_FUEL,
        0x2D => attr::OBD_COOLANT_T,
        0x35 => attr::OBD_SPEED,
        0x36 => attr::OBD_RPM,
        0x47 => attr::OBD_CONSUMPTION,
        0x49 => attr::ENGINE_HOURS,
        _ => return None,
    })
}
