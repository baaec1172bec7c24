use model::{DiscreteType, LastValue, MeteringRules, MeteringType, ValueTitle, attr};
use proptest::prelude::*;

use super::*;

fn metering(input: Option<model::AttributeId>) -> Metering {
    Metering {
        sensor_type: MeteringType::Fuel,
        input_name: "any".to_owned(),
        input,
        divider: 1.0,
        accuracy: 0.0,
        units: String::new(),
        units_type: "custom".to_owned(),
        rules: MeteringRules::default(),
        calibration: Vec::new(),
    }
}

fn table(points: &[(f64, f64)]) -> Vec<CalibrationPoint> {
    points.iter().map(|&(raw, real)| CalibrationPoint { raw, real }).collect()
}

fn at(s: i64) -> Timestamp {
    Timestamp::from_s(s).expect("in range")
}

fn values(all: &[(model::AttributeId, Value, i64)]) -> SourceValues {
    let mut last: Vec<_> = all
        .iter()
        .map(|(id, value, s)| LastValue { id: *id, value: value.clone(), updated: at(*s), version: *s as u64 })
        .collect();
    last.sort_by_key(|last| last.id);
    SourceValues { last, ..SourceValues::default() }
}

#[test]
fn raw_values_are_dropped_calibrated_and_divided() {
    let check = |points: &[(f64, f64)], divider: f64, bounds: (Option<f64>, Option<f64>), raw: f64, expected| {
        let rules = MeteringRules { min: bounds.0, max: bounds.1, ..MeteringRules::default() };
        let sensor = Metering { divider, rules, calibration: table(points), ..metering(None) };
        assert_eq!(metering_value(&sensor, raw), expected, "{points:?} {divider} {bounds:?} {raw}");
    };
    let free = (None, None);
    check(&[], 1.0, free, 7.5, Some(7.5));
    check(&[], -4.0, free, 6.0, Some(-1.5));
    check(&[], 1.0, (Some(0.0), Some(10.0)), 0.0, Some(0.0));
    check(&[], 1.0, (Some(0.0), Some(10.0)), 10.0, Some(10.0));
    check(&[], 1.0, (Some(0.0), Some(10.0)), -0.1, None);
    check(&[], 1.0, (Some(0.0), Some(10.0)), 10.1, None);
    let tank = [(0.0, 0.0), (1024.0, 40.0), (4096.0, 60.0)];
    check(&tank, 1.0, free, -5.0, Some(0.0));
    check(&tank, 1.0, free, 512.0, Some(20.0));
    check(&tank, 1.0, free, 1024.0, Some(40.0));
    check(&tank, 2.0, free, 2560.0, Some(25.0));
    check(&tank, 1.0, free, 9999.0, Some(60.0));
    check(&[(0.0, 100.0), (10.0, 0.0)], 1.0, free, 2.5, Some(75.0));
    check(&[(5.0, 1.0)], 1.0, free, 4.0, Some(1.0));
    check(&[], 1e-300, free, 1e300, None);
    check(&[(-1e308, -1e308), (1e308, 1e308)], 1.0, free, 0.0, Some(0.0));
}

#[test]
fn the_range_of_a_table_is_that_of_its_real_values() {
    assert_eq!(calibrated_range(&[]), None);
    assert_eq!(calibrated_range(&table(&[(0.0, 5.0), (1.0, -3.0), (2.0, 4.0)])), Some((-3.0, 5.0)));
}

#[test]
fn a_composite_adds_up_what_its_parents_last_said() {
    let sensor = |id, kind| Sensor { id: SensorId(id), name: String::new(), kind: SensorKind::Metering(kind) };
    let sum_of = |ids: &[u32]| Metering {
        rules: MeteringRules { parent_ids: ids.iter().copied().map(SensorId).collect(), ..MeteringRules::default() },
        ..metering(None)
    };
    let halved = Metering { divider: 2.0, ..metering(Some(attr::HDOP)) };
    let sensors = [
        sensor(1, metering(Some(attr::BOARD_VOLTAGE))),
        sensor(2, halved),
        sensor(3, metering(Some(attr::PDOP))),
        sensor(4, sum_of(&[1, 2, 3, 5, 99])),
        sensor(5, sum_of(&[4, 1])),
    ];
    let check = |id: usize, values: &SourceValues, expected: Option<(f64, i64)>| {
        let SensorKind::Metering(metering) = &sensors[id - 1].kind else { panic!("all are metering") };
        let expected = expected.map(|(value, s)| Reading { value, updated: at(s), version: s as u64 });
        assert_eq!(measure(metering, &sensors, values), expected, "{id}");
    };
    let nothing = SourceValues::default();
    check(1, &nothing, None);
    check(4, &nothing, None);
    let said = values(&[(attr::BOARD_VOLTAGE, Value::Float(12.0), 7), (attr::HDOP, Value::Text("3".into()), 5)]);
    check(1, &said, Some((12.0, 7)));
    check(2, &said, Some((1.5, 5)));
    check(3, &said, None);
    check(4, &said, Some((13.5, 7)));
    check(5, &said, Some((12.0, 7)));
    check(1, &values(&[(attr::BOARD_VOLTAGE, Value::Text("low".into()), 7)]), None);
    let parts = |id| composites_of(SensorId(id), &sensors).map(|id| id.0).collect::<Vec<_>>();
    assert_eq!((parts(1), parts(2), parts(5)), (vec![4, 5], vec![4], vec![4]));
}

#[test]
fn a_rule_makes_a_text_of_a_value() {
    let check =
        |rule: VirtualRule, sensor_type: VirtualType, titles: &[(&str, &str)], value: Value, expected: Option<&str>| {
            let titles =
                titles.iter().map(|&(value, title)| ValueTitle { value: value.into(), title: title.into() }).collect();
            let sensor = Virtual {
                sensor_type,
                input_name: "hdop".to_owned(),
                input: Some(attr::HDOP),
                custom_field_name: false,
                rule,
                titles,
            };
            let values = values(&[(attr::HDOP, value.clone(), 9)]);
            let shown = show(&sensor, &values).map(|reading| (reading.value.into_owned(), reading.version));
            assert_eq!(shown, expected.map(|text| (text.to_owned(), 9)), "{rule:?} {value:?}");
        };
    use VirtualRule::{BitIndex, Identity, InRange};
    use VirtualType::{State, VirtualIgnition};
    let between = InRange { from: Some(1.0), to: Some(2.0) };
    for (value, expected) in [(0.9, "0"), (1.0, "1"), (2.0, "1"), (2.1, "0")] {
        check(between, State, &[], Value::Float(value), Some(expected));
    }
    check(InRange { from: None, to: Some(2.0) }, State, &[], Value::Int(-9), Some("1"));
    check(InRange { from: Some(1.0), to: None }, State, &[], Value::Bool(true), Some("1"));
    check(between, State, &[], Value::Text("none".into()), None);
    check(Identity, State, &[], Value::Text("Idle".into()), Some("Idle"));
    check(Identity, State, &[], Value::Float(2.5), Some("2.5"));
    check(Identity, State, &[("3", "Unloading"), ("2", "Driving")], Value::Int(2), Some("Driving"));
    check(Identity, State, &[("3", "Unloading")], Value::Int(2), Some("2"));
    check(BitIndex(1), State, &[], Value::Int(5), Some("1"));
    check(BitIndex(2), State, &[], Value::Int(5), Some("0"));
    check(BitIndex(3), State, &[], Value::Float(5.0), Some("1"));
    check(BitIndex(64), State, &[], Value::Int(-1), Some("1"));
    check(BitIndex(65), State, &[], Value::Int(-1), Some("0"));
    check(BitIndex(0), State, &[], Value::Int(-1), None);
    check(BitIndex(1), State, &[], Value::Float(5.5), None);
    check(between, VirtualIgnition, &[], Value::Int(1), Some("On"));
    check(between, VirtualIgnition, &[], Value::Int(3), Some("Off"));
    check(between, VirtualIgnition, &[("1", "Running")], Value::Int(1), Some("Running"));
    check(between, VirtualIgnition, &[("1", "Running")], Value::Int(3), Some("0"));
}

#[test]
fn a_discrete_sensor_is_a_bit_of_the_mask() {
    let mut state = crate::testing::state(1);
    let on = |state: &SourceState, input_number| {
        discrete(&Discrete { sensor_type: DiscreteType::Door, input_number }, state)
    };
    assert_eq!(on(&state, 1), None);
    state.inputs = Some((0b1000_0010, at(3)));
    assert_eq!([1, 2, 8].map(|n| on(&state, n)), [false, true, true].map(|on| Some((on, at(3)))));
    assert_eq!((on(&state, 0), on(&state, 255)), (None, Some((false, at(3)))));
}

/// Sorted by raw, no two alike.
fn any_table() -> impl Strategy<Value = Vec<CalibrationPoint>> {
    let number = || prop_oneof![-1e4..1e4f64, (-50..50i32).prop_map(f64::from)];
    prop::collection::vec((number(), number()), 0..12).prop_map(|mut points| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup_by_key(|point| point.0);
        table(&points)
    })
}

proptest! {
    /// A table that only rises gives values that only rise, and none beyond its ends.
    #[test]
    fn a_monotone_table_is_monotone(mut points in any_table(), raws in (-2e4..2e4f64, -2e4..2e4f64)) {
        let mut reals: Vec<_> = points.iter().map(|point| point.real).collect();
        reals.sort_by(f64::total_cmp);
        for (point, real) in points.iter_mut().zip(reals) {
            point.real = real;
        }
        let (low, high) = (raws.0.min(raws.1), raws.0.max(raws.1));
        prop_assert!(calibrate(&points, low) <= calibrate(&points, high));
        if let Some((least, most)) = calibrated_range(&points) {
            prop_assert!((least..=most).contains(&calibrate(&points, low)));
        }
        for point in &points {
            prop_assert_eq!(calibrate(&points, point.raw), point.real);
        }
    }

    #[test]
    fn a_value_is_a_number(
        points in prop::collection::vec((prop::num::f64::NORMAL, prop::num::f64::NORMAL), 0..5),
        raw in prop::num::f64::ANY, divider in prop::num::f64::NORMAL,
    ) {
        let mut points = table(&points);
        points.sort_by(|a, b| a.raw.total_cmp(&b.raw));
        let sensor = Metering { divider, calibration: points, ..metering(None) };
        prop_assert!(metering_value(&sensor, raw).is_none_or(f64::is_finite));
    }
}
