//! The device state fields that clients read as text (Navixy: `additional`).

use std::borrow::Cow;

use model::{AttributeId, Report, SourceState, StateField, Timestamp, Value, attr};

/// Longest text that becomes part of a state, in bytes: as long as a family may send. A longer one is dropped, so that
/// no device makes its state, and every message that shows it, arbitrarily large.
pub(crate) const TEXT_BYTES_MAX: usize = 10_240;

/// Takes over what a report that counts at `at` says. Fields are kept under the attribute's own id; how a dialect
/// spells them (`moving`, `obd_vin`) is its affair.
pub(crate) fn apply(state: &mut SourceState, report: &Report, at: Timestamp) {
    if let Some(event) = report.event() {
        let number = event.0.to_string();
        set(state, attr::EVENT_ID, &number, at);
        // Published clients raise their alarms from this twin.
        set(state, attr::EVENT_CODE, &number, at);
    }
    for id in [attr::HARDWARE_KEY, attr::VIN] {
        if let Some(value) = report.attributes.get(id).and_then(text) {
            set(state, id, &value, at);
        }
    }
    if let Some(moving) = report.attributes.get(attr::IS_MOVING).and_then(Value::as_bool) {
        set(state, attr::IS_MOVING, digit(moving), at);
    }
}

fn set(state: &mut SourceState, id: AttributeId, value: &str, at: Timestamp) {
    match state.additional.iter_mut().find(|field| field.id == id) {
        Some(field) => {
            if &*field.value != value {
                field.value = value.into();
            }
            field.updated = at;
        }
        None => state.additional.push(StateField { id, value: value.into(), updated: at }),
    }
}

/// A value as the text that a state shows; `None` when it is longer than a state takes.
pub(crate) fn text(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::Bool(b) => Cow::Borrowed(digit(*b)),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Float(x) => Cow::Owned(x.to_string()),
        Value::Text(t) | Value::Json(t) => Cow::Borrowed(&**t),
    };
    (text.len() <= TEXT_BYTES_MAX).then_some(text)
}

fn digit(b: bool) -> &'static str {
    if b { "1" } else { "0" }
}
