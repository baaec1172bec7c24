//! Sensors and values that tests render.

use model::{
    AttributeId, CalibrationPoint, Counter, Discrete, DiscreteType, LastValue, Metering, MeteringRules, MeteringType,
    Sensor, SensorId, SensorKind, SourceValues, Timestamp, Value, ValueTitle, Virtual, VirtualRule, VirtualType, attr,
};

use crate::states::at;

fn metering(id: u32, name: &str, sensor_type: MeteringType, input: Option<AttributeId>, units_type: &str) -> Sensor {
    let input_name = input.map_or_else(|| "composite".into(), navixy::names::field_name).into_owned();
    let kind = SensorKind::Metering(Metering {
        sensor_type,
        input_name,
        input,
        divider: 1.0,
        accuracy: 0.0,
        units: String::new(),
        units_type: units_type.into(),
        rules: MeteringRules::default(),
        calibration: Vec::new(),
    });
    Sensor { id: SensorId(id), name: name.into(), kind }
}

fn with(mut sensor: Sensor, change: impl FnOnce(&mut Metering)) -> Sensor {
    if let SensorKind::Metering(metering) = &mut sensor.kind {
        change(metering);
    }
    sensor
}

/// A tank of two floats, a cargo hold, a door, an ignition, a mode, and a sensor that nothing was heard of.
pub(crate) fn sensors() -> Vec<Sensor> {
    let fuel = |n| AttributeId::nth("fuel_level_", n);
    let shown = |sensor_type, input_name: &str, input, rule, titles| {
        SensorKind::Virtual(Virtual {
            sensor_type,
            input_name: input_name.into(),
            input: Some(input),
            custom_field_name: false,
            rule,
            titles,
        })
    };
    let over_13 = VirtualRule::InRange { from: Some(13.0), to: None };
    let titles = vec![ValueTitle { value: "2".into(), title: "Unloading \"now\"".into() }];
    vec![
        metering(771, "Cargo", MeteringType::Temperature, AttributeId::nth("temperature_", 1), "celsius"),
        with(metering(772, "Tank left", MeteringType::Fuel, fuel(1), "litre"), |sensor| {
            sensor.units = "l".into();
            sensor.calibration = [(0.0, 0.0), (1024.0, 80.0)].map(|(raw, real)| CalibrationPoint { raw, real }).into();
        }),
        metering(773, "Tank right", MeteringType::Fuel, fuel(2), "litre"),
        with(metering(780, "Tank", MeteringType::Fuel, None, "litre"), |sensor| {
            sensor.rules.parent_ids = vec![SensorId(772), SensorId(773)];
        }),
        Sensor {
            id: SensorId(790),
            name: "Door".into(),
            kind: SensorKind::Discrete(Discrete { sensor_type: DiscreteType::Door, input_number: 1 }),
        },
        Sensor {
            id: SensorId(791),
            name: "Ignition".into(),
            kind: shown(VirtualType::VirtualIgnition, "board_voltage", attr::BOARD_VOLTAGE, over_13, Vec::new()),
        },
        Sensor {
            id: SensorId(792),
            name: "Mode".into(),
            kind: shown(
                VirtualType::State,
                "analog_1",
                AttributeId::nth("analog_", 1).expect("a family"),
                VirtualRule::Identity,
                titles,
            ),
        },
        metering(793, "Silent", MeteringType::Rpm, Some(attr::CAN_RPM), "custom"),
    ]
}

pub(crate) fn reported() -> Timestamp {
    at("2026-03-02T09:15:40Z")
}

/// Three reports, the last of which brought a temperature and a field.
pub(crate) fn values() -> SourceValues {
    let nth = |family, n| AttributeId::nth(family, n).expect("a family");
    let all = [
        (attr::BATTERY_LEVEL, Value::Int(88), 1),
        (attr::INPUT_STATUS, Value::Int(5), 2),
        (attr::IS_MOVING, Value::Bool(true), 3),
        (attr::HARDWARE_KEY, Value::Text("A0\"F3".into()), 1),
        (attr::BOARD_VOLTAGE, Value::Float(13.8), 2),
        (nth("temperature_", 1), Value::Float(-18.4), 3),
        (nth("fuel_level_", 1), Value::Float(512.0), 2),
        (nth("fuel_level_", 2), Value::Float(20.25), 1),
        (nth("analog_", 1), Value::Int(2), 1),
        (attr::HDOP, Value::Float(0.9), 3),
    ];
    let reported = |version: i64| reported().plus_ms((version - 3) * 30_000);
    let mut last: Vec<_> = all
        .into_iter()
        .map(|(id, value, version)| LastValue { id, value, updated: reported(version), version: version as u64 })
        .collect();
    last.sort_by_key(|value| value.id);
    SourceValues {
        version: 3,
        last,
        odometer: Some(Counter { value: 10_482.51 + 1e-11, updated: reported(2), version: 2 }),
        engine_hours: Some(Counter { value: 7.5, updated: reported(1), version: 1 }),
        ..SourceValues::default()
    }
}
