//! Inputs, outputs, ignition, motion and battery.

use model::{IgnitionSource, Report, SourceSettings, SourceState, Timestamp, Value, attr};

use crate::sensors::virtual_raw;

/// Takes over what a report that counts at `at` says of them.
pub(crate) fn apply(state: &mut SourceState, report: &Report, settings: &SourceSettings, at: Timestamp) {
    let attributes = &report.attributes;
    let inputs = attributes.get(attr::INPUT_STATUS).and_then(mask);
    if let Some(mask) = inputs {
        state.inputs = Some((mask, at));
    }
    if let Some(mask) = attributes.get(attr::OUTPUT_STATUS).and_then(mask) {
        state.outputs = Some((mask, at));
    }
    if let Some(moving) = attributes.get(attr::IS_MOVING).and_then(Value::as_bool) {
        state.motion = Some(moving);
    }
    if let Some(percent) = attributes.get(attr::BATTERY_LEVEL).and_then(percent) {
        state.battery = Some((percent, at));
    }
    let on = match settings.ignition {
        IgnitionSource::None => None,
        IgnitionSource::Input(number) => inputs.and_then(|mask| bit(mask, number)),
        IgnitionSource::Attribute(id) => attributes.get(id).and_then(switch),
        IgnitionSource::Virtual { input, rule } => {
            attributes.get(input).and_then(|value| virtual_raw(rule, value)).map(|raw| raw == "1")
        }
    };
    if let Some(on) = on {
        set_ignition(state, on, at);
    }
}

/// Follows a change of where ignition comes from.
pub(crate) fn reconnect_ignition(state: &mut SourceState, before: IgnitionSource, after: IgnitionSource) {
    match after {
        IgnitionSource::None => state.ignition = None,
        IgnitionSource::Input(number) => match state.inputs.and_then(|(mask, at)| Some((bit(mask, number)?, at))) {
            Some((on, at)) => set_ignition(state, on, at),
            None => state.ignition = None,
        },
        // Nothing in the state tells the attribute's value: it is unknown until reported.
        IgnitionSource::Attribute(_) | IgnitionSource::Virtual { .. } if before != after => state.ignition = None,
        IgnitionSource::Attribute(_) | IgnitionSource::Virtual { .. } => {}
    }
}

/// Ignition carries the time of its last change, not of its last report.
fn set_ignition(state: &mut SourceState, on: bool, at: Timestamp) {
    if state.ignition.is_none_or(|(was, _)| was != on) {
        state.ignition = Some((on, at));
    }
}

/// A bit mask of numbers 1 to 32; what a device says of further ones is dropped.
pub(crate) fn mask(value: &Value) -> Option<u32> {
    value.as_i64().filter(|mask| *mask >= 0).map(|mask| mask as u32)
}

/// The bit of input `number`, 1 to 32.
fn bit(mask: u32, number: u8) -> Option<bool> {
    (1..=32).contains(&number).then(|| mask >> (number - 1) & 1 == 1)
}

/// On or off; text counts if it is a number.
fn switch(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_f64().map(|number| number != 0.0))
}

/// A whole percentage; `None` outside 0 to 100.
pub(crate) fn percent(value: &Value) -> Option<u8> {
    value.as_f64().filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| percent.round() as u8)
}
