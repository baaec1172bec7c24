//! The field lists of the documents that clients were written against.

use e2e::instant;
use serde_json::Value;

/// Fields of a full state that are always there.
const FULL: [&str; 14] = [
    "source_id",
    "gps",
    "connection_status",
    "movement_status",
    "movement_status_update",
    "gsm",
    "last_update",
    "battery_level",
    "battery_update",
    "inputs",
    "inputs_update",
    "outputs",
    "outputs_update",
    "actual_track_update",
];

/// Fields that a compact state may have, and no others.
const COMPACT: [&str; 8] = [
    "source_id",
    "gps",
    "connection_status",
    "movement_status",
    "movement_status_update",
    "ignition",
    "ignition_update",
    "last_update",
];

/// Checks a full state of a device that has reported a position.
#[track_caller]
pub(crate) fn full_state(state: &Value, zone: &str) {
    for field in FULL {
        assert!(state.get(field).is_some(), "a full state always has {field}: {state}");
    }
    common(state, zone);
    for list in ["inputs", "outputs"] {
        let list = state[list].as_array().unwrap_or_else(|| panic!("{list} is a list: {state}"));
        assert!(list.iter().all(Value::is_boolean), "{state}");
    }
    assert!(state["battery_level"].is_null() || state["battery_level"].is_i64(), "{state}");
    for time in ["battery_update", "inputs_update", "outputs_update", "actual_track_update"] {
        time_or_null(&state[time], zone);
    }
}

/// Checks a compact state of a device that has reported a position.
#[track_caller]
pub(crate) fn compact_state(state: &Value, zone: &str) {
    for field in state.as_object().expect("an object").keys() {
        assert!(COMPACT.contains(&field.as_str()), "a compact state has no {field}: {state}");
    }
    common(state, zone);
}

#[track_caller]
fn common(state: &Value, zone: &str) {
    assert!(state["source_id"].is_i64(), "{state}");
    let gps = &state["gps"];
    time_or_null(&gps["updated"], zone);
    for number in ["heading", "speed", "alt"] {
        assert!(gps[number].is_i64(), "gps.{number} is an integer: {state}");
    }
    for degrees in ["lat", "lng"] {
        assert!(gps["location"][degrees].is_number(), "gps.location.{degrees} is a number: {state}");
    }
    assert!(gps["signal_level"].is_null() || gps["signal_level"].is_i64(), "{state}");
    let statuses = ["signal_lost", "just_registered", "just_replaced", "offline", "idle", "active"];
    assert!(statuses.contains(&state["connection_status"].as_str().expect("a status")), "{state}");
    assert!(["moving", "stopped", "parked"].contains(&state["movement_status"].as_str().expect("a status")), "{state}");
    time_or_null(&state["movement_status_update"], zone);
    time_or_null(&state["last_update"], zone);
}

#[track_caller]
fn time_or_null(value: &Value, zone: &str) {
    if !value.is_null() {
        instant(value.as_str().expect("a time is text"), zone);
    }
}
