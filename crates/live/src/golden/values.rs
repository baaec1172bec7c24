//! Last values and counters.

use model::{
    Attributes, Counter, CounterKind, EntryKind, IgnitionSource, Report, SourceSettings, SourceValues, Value,
    VirtualRule, attr,
};

use super::notation::{seconds, show_time};
use super::{Folding, SOURCE, check};
use crate::{Timing, VALUES_MAX};

/// What the values show under a word of the tables; `None` when it is a word about the state.
pub(super) fn describe(values: &SourceValues, key: &str) -> Option<String> {
    let counter = |counter: Option<Counter>| match counter {
        Some(Counter { value, updated, .. }) => {
            format!("{}@{}", (value * 1_000.0).round() / 1_000.0, show_time(updated))
        }
        None => "-".to_owned(),
    };
    if let Some(kind) = CounterKind::from_name(key) {
        return Some(counter(values.counter(kind)));
    }
    if key == "version" {
        return Some(values.version.to_string());
    }
    let name = key.strip_prefix('.')?;
    let last = model::AttributeId::find(name).and_then(|id| values.get(id));
    Some(last.map_or("-".to_owned(), |last| {
        let value = crate::fields::text(&last.value).expect("short");
        format!("{value}@{}v{}", show_time(last.updated), last.version)
    }))
}

#[test]
fn each_attribute_keeps_its_last_value() {
    check(
        &SourceSettings::default(),
        "
        0  report .analog_1=2.5 .hdop=1 vin=WVW => .analog_1=2.5@0v1 .hdop=1@0v1 .vin=WVW@0v1 version=1
        10 report .analog_1=2.5                 => .analog_1=2.5@10v2 .hdop=1@0v1 version=2
        20 report time=5 .analog_1=9            => late=true .analog_1=2.5@10v2 version=2
        30 contact                              => version=2
        40 report .own_name=x event=401         => .own_name=x@40v3 .event_id=401@40v3
        50 report time=none .analog_1=3         => .analog_1=3@50v4
        60 report cells=[]                      => .mobile_cells=- version=4
        70 settings min_idle=60                 => .analog_1=3@50v5 .hdop=1@0v5 version=5
        80 replaced                             => .analog_1=3@50v5 version=5
        ",
    );
}

#[test]
fn a_position_gives_values_too() {
    check(
        &SourceSettings { network_radius_max_m: 100, ..SourceSettings::default() },
        "
        0  report place=52.5,13.4 speed=47.3 heading=90 altitude=34.7 satellites=9 => .latitude=52.5@0v1 .longitude=13.4@0v1 .speed=47.3@0v1 .heading=90@0v1 .altitude=34.7@0v1 .satellites=9@0v1
        10 report place=1,2 invalid satellites=2   => .latitude=52.5@0v1 .satellites=2@10v2
        20 report place=1,2 network radius=101     => .latitude=52.5@0v1 version=2
        30 report place=1,2 network radius=100     => .latitude=1@30v3 .speed=47.3@0v1
        ",
    );
}

#[test]
fn the_odometer_grows_while_the_source_moves() {
    // A degree of the equator is 111.195 km.
    check(
        &SourceSettings { odometer_multiplier: 2.0, ..SourceSettings::default() },
        "
        0   report place=0,1 speed=50    => odometer=-
        10  report place=0,2 speed=50    => odometer=-
        20  counter odometer=100.5       => odometer=100.5@20
        30  report place=0,2.01 speed=50 => odometer=102.724@30
        40  report place=0,2.02 invalid  => odometer=102.724@30
        50  report place=0,2.02 network  => odometer=102.724@30
        60  report place=0,2.03 lastknown => odometer=102.724@30
        70  report place=0,2.02 speed=50 => odometer=104.948@70
        80  report place=0,2.02 speed=50 => odometer=104.948@70
        90  report place=0,2.03 speed=0  => odometer=104.948@70 movement=stopped
        100 report place=0,2.04 speed=50 => odometer=107.172@100
        110 settings multiplier=0        => odometer=107.172@100
        120 report place=0,3 speed=50    => odometer=107.172@100
        130 settings multiplier=1        => odometer=107.172@100
        140 replaced                     => odometer=107.172@100
        150 report place=0,9 speed=50    => odometer=107.172@100
        160 report place=0,9.01 speed=50 => odometer=108.284@160
        170 counter odometer=5           => odometer=5@170
        ",
    );
}

#[test]
fn a_sensor_drives_the_odometer_by_its_growth() {
    check(
        &SourceSettings::default(),
        "
        0  counter odometer=10               => odometer=10@0
        5  settings odometer_sensor=hardware_mileage => odometer=10@0
        10 report .hardware_mileage=5000     => odometer=10@0
        20 report .hardware_mileage=5025     => odometer=12.5@20
        25 report place=0,1 speed=50         => odometer=12.5@20
        26 report place=0,2 speed=50         => odometer=12.5@20
        30 report .hardware_mileage=5000     => odometer=12.5@20
        40 report .hardware_mileage=2000000  => odometer=12.5@20
        50 report .hardware_mileage=5010     => odometer=13.5@50
        60 settings odometer_sensor=trip_mileage => odometer=13.5@50
        70 report .hardware_mileage=9000     => odometer=13.5@50
        80 report .trip_mileage=100          => odometer=13.5@50
        90 report .trip_mileage=110          => odometer=14.5@90
        ",
    );
}

#[test]
fn engine_hours_grow_while_the_ignition_is_on() {
    check(
        &SourceSettings {
            ignition: IgnitionSource::Input(1),
            engine_hours_multiplier: 2.0,
            ..SourceSettings::default()
        },
        "
        0     report inputs=1            => engine_hours=-
        1800  counter engine_hours=1     => engine_hours=1@1800
        3600  report inputs=1            => engine_hours=2@3600
        5400  report battery=9           => engine_hours=3@5400
        5500  report time=3600 battery=9 => engine_hours=3@5400
        7200  report inputs=0            => engine_hours=4@7200
        9000  report inputs=0            => engine_hours=4@7200
        10800 report inputs=1            => engine_hours=4@7200
        14400 contact                    => engine_hours=4@7200
        100800 report inputs=1           => engine_hours=54@100800
        102600 replaced                  => engine_hours=54@100800
        104400 report inputs=1           => engine_hours=54@100800
        106200 report inputs=1           => engine_hours=55@106200
        ",
    );
}

#[test]
fn a_virtual_sensor_tells_ignition() {
    let ignition = IgnitionSource::Virtual {
        input: attr::BOARD_VOLTAGE,
        rule: VirtualRule::InRange { from: Some(13.2), to: None },
    };
    check(
        &SourceSettings { ignition, ..SourceSettings::default() },
        "
        0  report battery=50         => ignition=-
        10 report .board_voltage=12.9 => ignition=0@10
        20 report .board_voltage=13.2 => ignition=1@20
        30 report .board_voltage=14   => ignition=1@20
        40 settings ignition=input1   => ignition=-
        ",
    );
    let ignition = IgnitionSource::Virtual { input: attr::INPUT_STATUS, rule: VirtualRule::BitIndex(2) };
    check(
        &SourceSettings { ignition, ..SourceSettings::default() },
        "
        10 report inputs=1 => ignition=0@10
        20 report inputs=6 => ignition=1@20
        30 settings min_idle=5 => ignition=1@20
        ",
    );
}

#[test]
fn values_are_bounded() {
    let mut folding = Folding::new(&SourceSettings::default(), Timing::default());
    let mut seq = 0;
    let mut report = |attributes: Attributes| {
        seq += 1;
        let kind = EntryKind::Report(Box::new(Report { attributes, ..Report::default() }));
        folding.apply(&model::Entry { seq: model::Seq(seq), source: SOURCE, received: seconds(seq as f64), kind });
        folding.values.clone()
    };
    let text = |bytes: usize| Value::Text("k".repeat(bytes).into());
    let values = report([(attr::VIN, text(10_240)), (attr::HARDWARE_KEY, text(10_241))].into_iter().collect());
    assert_eq!(values.last.iter().map(|last| last.id).collect::<Vec<_>>(), [attr::VIN]);
    for from in [0, 200, 400] {
        report((from..from + 200).map(|n| (model::AttributeId::avl_io(n), Value::Int(1))).collect());
    }
    let values = report([(model::AttributeId::avl_io(0), Value::Int(7))].into_iter().collect());
    assert_eq!(values.last.len(), VALUES_MAX);
    assert!(values.last.is_sorted_by_key(|last| last.id));
    assert_eq!(values.get(model::AttributeId::avl_io(0)).map(|last| &last.value), Some(&Value::Int(7)));
}
