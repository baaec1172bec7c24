//! The device's state, and the two lists that reports end with.
//!
//! Own names: `queclink_state` (the code of the state, in hexadecimal), `queclink_fields` (fields before a place whose
//! meaning is not known, with their commas), `queclink_rest` (fields at the end whose
//! meaning is not known, with their commas).

use model::{Value, attr};

use super::sentence::{hex_number, is_hex};
use crate::bytes::hex;
use crate::draft::Draft;
use crate::own_names::OwnName;

static STATE: OwnName = OwnName::new("queclink_state");

/// Whether a field is a device status: six hexadecimal digits, ten in the newest devices.
pub(super) fn is_status(field: &str) -> bool {
    is_hex(field, 6) || is_hex(field, 10)
}

/// State, inputs and outputs, a byte each.
pub(super) fn status(d: &mut Draft, field: &str) {
    let Some(status) = hex_number(field).filter(|_| is_status(field)) else { return };
    let [.., state, inputs, outputs] = status.to_be_bytes();
    self::state(d, state.into());
    // Bit 0 of the inputs is the ignition line.
    d.set(attr::INPUT_STATUS, i64::from(inputs >> 1));
    d.set(attr::OUTPUT_STATUS, i64::from(outputs));
}

/// The code of a state: whether the ignition is on, and whether it moves.
pub(super) fn state(d: &mut Draft, code: u64) {
    if code & 0x20 != 0 {
        d.set(attr::IGNITION, true);
    } else if code & 0x10 != 0 {
        d.set(attr::IGNITION, false);
    }
    match code {
        0x12 | 0x16 | 0x1A | 0x22 | 0x42 => d.set(attr::IS_MOVING, true),
        0x11 | 0x21 | 0x41 => d.set(attr::IS_MOVING, false),
        _ => {}
    }
    let digits = u8::try_from(code).map_or_else(|_| format!("{code:02X}"), |code| hex(&[code]));
    d.own_named(&STATE, Value::Text(digits.into()));
}

/// Keeps fields that nothing is known of, unless all are empty.
pub(super) fn rest(d: &mut Draft, fields: &[&str]) {
    if fields.iter().any(|field| !field.is_empty()) {
        d.own_text("queclink_rest", fields.join(",").as_bytes());
    }
}

/// Keeps fields before a place that nothing is known of, unless all are empty.
pub(super) fn fields(d: &mut Draft, fields: &[&str]) {
    if fields.iter().any(|field| !field.is_empty()) {
        d.own_text("queclink_fields", fields.join(",").as_bytes());
    }
}

/// Sets one bit of the inputs, and says that it changed.
pub(super) fn input(d: &mut Draft, number: u8, on: bool) {
    d.line(attr::INPUT_STATUS, number, on);
    d.event(500 + u32::from(number));
}

/// Sets a number under the device's own name.
pub(super) fn own_number(d: &mut Draft, name: &str, value: Option<f64>) {
    if let Some(value) = value.and_then(Value::float) {
        d.own(name, value);
    }
}

/// Sets a numbered attribute, if there is a value.
pub(super) fn nth(d: &mut Draft, prefix: &str, number: u32, value: Option<f64>) {
    if let Some(value) = value {
        d.nth(prefix, number, value);
    }
}

/// Sets a number, if there is one.
pub(super) fn float(d: &mut Draft, id: model::AttributeId, value: Option<f64>) {
    if let Some(value) = value {
        d.float(id, value);
    }
}
