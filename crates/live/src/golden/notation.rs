//! Reads the lines of a table, and shows what a state holds in its words.

use std::sync::Arc;

use model::{
    AttributeId, ConnectionStatus, CounterKind, DeviceId, EntryKind, EventId, Fix, IgnitionSource, Metering,
    MeteringRules, MeteringType, MovementStatus, Origin, Position, Report, SourceChange, SourceSettings, SourceState,
    Timestamp, Value, attr,
};

/// One line of a table. Without a kind, time just passes.
pub(crate) struct Step<'a> {
    pub(crate) at: Timestamp,
    pub(crate) kind: Option<EntryKind>,
    pub(crate) expected: Vec<(&'a str, &'a str)>,
}

/// Second 0 of every table: 2026-03-02T08:00:00Z.
const START_MS: i64 = 1_772_438_400_000;

/// The instant `s` seconds into a table.
pub(crate) fn seconds(s: f64) -> Timestamp {
    Timestamp::from_ms_clamped(START_MS + (s * 1000.0).round() as i64)
}

/// An instant as seconds of the table.
pub(crate) fn show_time(at: Timestamp) -> String {
    ((at.ms() - START_MS) as f64 / 1000.0).to_string()
}

pub(crate) fn read<'a>(line: &'a str, settings: &SourceSettings) -> Step<'a> {
    let (what, expected) = line.split_once("=>").unwrap_or((line, ""));
    let mut words = what.split_whitespace();
    let at = time(words.next().unwrap());
    let kind = words.next().unwrap();
    let pairs: Vec<_> = words.map(pair).collect();
    let kind = match kind {
        "report" => Some(EntryKind::Report(Box::new(report(at, &pairs)))),
        "contact" => Some(EntryKind::Contact),
        "replaced" => Some(EntryKind::Change(SourceChange::Replaced(DeviceId::new("356307042441013").unwrap()))),
        "settings" => Some(EntryKind::Change(SourceChange::Settings(changed(settings, &pairs)))),
        "registered" => Some(EntryKind::Change(SourceChange::Registered(changed(settings, &pairs)))),
        "counter" => Some(EntryKind::Change(counter(pairs[0]))),
        "now" => None,
        other => panic!("no such step: {other}"),
    };
    Step { at, kind, expected: expected.split_whitespace().map(pair).collect() }
}

/// `key=value`; a bare word is a key that holds.
fn pair(word: &str) -> (&str, &str) {
    word.split_once('=').unwrap_or((word, "true"))
}

fn time(text: &str) -> Timestamp {
    seconds(text.parse().unwrap())
}

fn report(received: Timestamp, pairs: &[(&str, &str)]) -> Report {
    let mut report = Report { time: Some(received), ..Report::default() };
    let mut position = Position::new(41.5, 2.25).unwrap();
    for &(key, value) in pairs {
        match key {
            "time" => report.time = (value != "none").then(|| time(value)),
            "event" => report.events.push(EventId(value.parse().unwrap())),
            "inputs" => report.attributes.set(attr::INPUT_STATUS, number(value)),
            "outputs" => report.attributes.set(attr::OUTPUT_STATUS, number(value)),
            "ignition" => report.attributes.set(attr::IGNITION, number(value)),
            "moves" => report.attributes.set(attr::IS_MOVING, value == "1"),
            "battery" => report.attributes.set(attr::BATTERY_LEVEL, number(value)),
            "signal" => report.attributes.set(attr::GSM_SIGNAL_LEVEL, number(value)),
            "operator" => report.attributes.set(attr::OPERATOR, value),
            "cells" => report.attributes.set(attr::MOBILE_CELLS, Value::Json(value.into())),
            "key" => report.attributes.set(attr::HARDWARE_KEY, value),
            "vin" => report.attributes.set(attr::VIN, value),
            _ if key.starts_with('.') => report.attributes.set(AttributeId::intern(&key[1..]).unwrap(), number(value)),
            _ => {
                place(&mut position, key, value);
                report.position = Some(position.clone());
            }
        }
    }
    report
}

fn place(position: &mut Position, key: &str, value: &str) {
    match key {
        "place" => {
            let (latitude, longitude) = value.split_once(',').unwrap();
            position.latitude = latitude.parse().unwrap();
            position.longitude = longitude.parse().unwrap();
        }
        "speed" => position.speed_kmh = Some(value.parse().unwrap()),
        "heading" => position.heading_deg = Some(value.parse().unwrap()),
        "altitude" => position.altitude_m = Some(value.parse().unwrap()),
        "satellites" => position.satellites = Some(value.parse().unwrap()),
        "radius" => position.precision_m = Some(value.parse().unwrap()),
        "gnss" => position.gnss_time = Some(time(value)),
        "network" => position.origin = Origin::Network,
        "invalid" => position.valid = false,
        "nofix" => position.fix = Fix::NoFix,
        "lastknown" => position.fix = Fix::LastKnown,
        other => panic!("no such word of a report: {other}"),
    }
}

/// A number if it is one, else text.
fn number(text: &str) -> Value {
    match (text.parse(), text.parse().ok().and_then(Value::float)) {
        (Ok(whole), _) => Value::Int(whole),
        (_, Some(float)) => float,
        _ => Value::Text(text.into()),
    }
}

fn counter((kind, value): (&str, &str)) -> SourceChange {
    SourceChange::Counter { kind: CounterKind::from_name(kind).unwrap(), value: value.parse().unwrap() }
}

/// A sensor that divides an attribute by ten.
fn odometer_sensor(input: &str) -> Arc<Metering> {
    Arc::new(Metering {
        sensor_type: MeteringType::Custom,
        input_name: input.to_owned(),
        input: AttributeId::find(input),
        divider: 10.0,
        accuracy: 0.0,
        units: String::new(),
        units_type: "custom".to_owned(),
        rules: MeteringRules { max: Some(1_000_000.0), ..MeteringRules::default() },
        calibration: Vec::new(),
    })
}

fn changed(settings: &SourceSettings, pairs: &[(&str, &str)]) -> SourceSettings {
    let mut settings = settings.clone();
    for &(key, value) in pairs {
        match key {
            "min_idle" => settings.min_idle_s = value.parse().unwrap(),
            "threshold" => settings.idle_speed_threshold_kmh = value.parse().unwrap(),
            "offline" => settings.offline_s = Some(value.parse().unwrap()),
            "inputs_count" => settings.inputs_count = value.parse().unwrap(),
            "outputs_count" => settings.outputs_count = value.parse().unwrap(),
            "ignition" => settings.ignition = ignition(value),
            "multiplier" => settings.odometer_multiplier = value.parse().unwrap(),
            "hours_multiplier" => settings.engine_hours_multiplier = value.parse().unwrap(),
            "odometer_sensor" => settings.odometer_sensor = Some(odometer_sensor(value)),
            other => panic!("no such setting: {other}"),
        }
    }
    settings
}

fn ignition(text: &str) -> IgnitionSource {
    match text.strip_prefix("input") {
        Some(number) => IgnitionSource::Input(number.parse().unwrap()),
        None if text == "none" => IgnitionSource::None,
        None => IgnitionSource::Attribute(AttributeId::find(text).unwrap()),
    }
}

/// What the state shows under a word of the tables; `-` for nothing.
pub(crate) fn describe(state: &SourceState, key: &str) -> String {
    let gps = state.gps.as_ref();
    let gsm = state.gsm.as_ref();
    let found = match key {
        "connection" => Some(connection(state.connection).to_owned()),
        "movement" => Some(movement(state.movement).to_owned()),
        "moved" => state.movement_update.map(show_time),
        "idle_since" => state.idle_since.map(show_time),
        "track" => state.track_update.map(show_time),
        "contact" => state.last_contact.map(show_time),
        "updated" => state.last_update.map(show_time),
        "newest" => state.newest.map(show_time),
        "fix" => gps.map(|g| show_time(g.updated)),
        "place" => gps.map(|g| format!("{},{}", g.latitude, g.longitude)),
        "speed" => gps.map(|g| g.speed_kmh.to_string()),
        "heading" => gps.map(|g| g.heading_deg.to_string()),
        "altitude" => gps.map(|g| g.altitude_m.to_string()),
        "satellites" => gps.and_then(|g| g.satellites).map(|n| n.to_string()),
        "radius" => gps.and_then(|g| g.precision_m).map(|n| n.to_string()),
        "network" => gps.map(|g| g.from_network.to_string()),
        "ignition" => state.ignition.map(|(on, at)| dated(u8::from(on), at)),
        "motion" => state.motion.map(|moving| u8::from(moving).to_string()),
        "inputs" => state.inputs.map(|(mask, at)| dated(mask, at)),
        "outputs" => state.outputs.map(|(mask, at)| dated(mask, at)),
        "inputs_count" => Some(state.inputs_count.to_string()),
        "outputs_count" => Some(state.outputs_count.to_string()),
        "battery" => state.battery.map(|(percent, at)| dated(percent, at)),
        "gsm" => gsm.map(|g| dated(g.signal_level.map_or("-".into(), |n| n.to_string()), g.updated)),
        "operator" => gsm.and_then(|g| g.network_name.as_deref()).map(str::to_owned),
        "fields" => Some(state.additional.iter().map(|f| f.id.to_string()).collect::<Vec<_>>().join(",")),
        other => field(state, other),
    };
    found.unwrap_or_else(|| "-".into())
}

/// A field of `additional` by its attribute's name.
fn field(state: &SourceState, name: &str) -> Option<String> {
    let id = AttributeId::find(name).unwrap_or_else(|| panic!("no such word of a state: {name}"));
    state.additional.iter().find(|f| f.id == id).map(|f| dated(&f.value, f.updated))
}

fn dated(value: impl std::fmt::Display, at: Timestamp) -> String {
    format!("{value}@{}", show_time(at))
}

fn connection(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::JustRegistered => "just_registered",
        ConnectionStatus::JustReplaced => "just_replaced",
        ConnectionStatus::SignalLost => "signal_lost",
        ConnectionStatus::Active => "active",
        ConnectionStatus::Idle => "idle",
        ConnectionStatus::Offline => "offline",
    }
}

fn movement(status: MovementStatus) -> &'static str {
    match status {
        MovementStatus::Moving => "moving",
        MovementStatus::Stopped => "stopped",
        MovementStatus::Parked => "parked",
    }
}
