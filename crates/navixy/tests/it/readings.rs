//! Sensors and values that tests render.

use std::collections::BTreeMap;

use fleet::MeasurementSystem;
use model::{
    AttributeId, CalibrationPoint, Counter, Discrete, DiscreteType, LastValue, Metering, MeteringRules, MeteringType,
    Sensor, SensorId, SensorKind, SourceValues, Timestamp, Value, ValueTitle, Virtual, VirtualRule, VirtualType, attr,
};

use navixy::encode::{Extent, ReadingsForm, render_readings};
use navixy::wire::Dates;
use proptest::prelude::*;

use crate::states::{Fixed, at};

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

/// What a client that merges differences has: each object by its group and name.
type Shown = BTreeMap<(String, String), Value>;

fn merge(sensors: &[Sensor], values: &SourceValues, extent: Extent, shown: &mut Shown) {
    let form = ReadingsForm {
        sensor_type: None,
        include_components: true,
        measurement_system: MeasurementSystem::Us,
        zone: &Fixed(0),
        dates: Dates::Plain,
    };
    let mut out = b"{".to_vec();
    render_readings(sensors, values, &form, extent, &mut out);
    out.push(b'}');
    let groups: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&out).expect("an object");
    for (group, items) in groups {
        for item in items.as_array().expect("an array") {
            let name = ["sensor_id", "field", "type"].into_iter().find_map(|name| item.get(name)).expect("a name");
            shown.insert((group.clone(), name.to_string()), Value::Json(item.to_string().into()));
        }
    }
}

proptest! {
    /// Whatever is reported between two packets, and whichever packets there are: who merges the differences has
    /// what who asks for everything is told.
    #[test]
    fn differences_add_up_to_the_whole(
        steps in prop::collection::vec((0..10usize, -50..50i64, any::<bool>(), any::<bool>()), 1..60),
    ) {
        let (sensors, mut values) = (sensors(), values());
        let mut shown = Shown::new();
        merge(&sensors, &values, Extent::Whole, &mut shown);
        let mut seen = values.version;
        for (at, number, with_counter, is_packet) in steps {
            values.version += 1;
            let version = values.version;
            let updated = reported().plus_ms(version as i64 * 1_000);
            if let Some(last) = values.last.get_mut(at) {
                *last = LastValue { value: Value::Int(number), updated, version, ..last.clone() };
            }
            if with_counter {
                values.odometer = Some(Counter { value: version as f64, updated, version });
            }
            if is_packet {
                merge(&sensors, &values, Extent::NewerThan(seen), &mut shown);
                seen = values.version;
            }
        }
        merge(&sensors, &values, Extent::NewerThan(seen), &mut shown);
        let mut whole = Shown::new();
        merge(&sensors, &values, Extent::Whole, &mut whole);
        prop_assert_eq!(shown, whole);
    }
}
