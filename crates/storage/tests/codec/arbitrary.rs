//! Any report, state and change that the types allow, with the values that devices really send among them.
//!
//! The parts are boxed: a strategy of so many fields would not fit the stack of a test's thread.

use model::{
    AttributeId, Attributes, CalibrationPoint, ConnectionStatus, Counter, CounterKind, DeviceId, EventId, Fix, Gps,
    Gsm, IgnitionSource, LastValue, Metering, MeteringRules, MeteringType, MovementStatus, Origin, Position, Report,
    SensorId, Seq, SourceChange, SourceId, SourceSettings, SourceState, SourceValues, StateField, Timestamp, Value,
    VirtualRule, attr,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use storage::codec::Saved;

fn time() -> BoxedStrategy<Timestamp> {
    let now = 1_773_480_413_000i64;
    prop_oneof![now - 100_000..now, any::<i64>(), Just(0)].prop_map(Timestamp::from_ms_clamped).boxed()
}

fn id() -> BoxedStrategy<AttributeId> {
    prop_oneof![
        select(vec![attr::IGNITION, attr::VIN, attr::HDOP, attr::LATITUDE]),
        any::<u16>().prop_map(AttributeId::avl_io),
        (1..128u32).prop_map(|n| AttributeId::nth("analog_", n).expect("a numbered family")),
        "own [a-c]".prop_map(|name| AttributeId::intern(&name).expect("a name")),
    ]
    .boxed()
}

fn text() -> BoxedStrategy<Box<str>> {
    prop_oneof![".{0,8}", "[a-z]{120,140}"].prop_map(Box::from).boxed()
}

fn finite() -> BoxedStrategy<f64> {
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        (-1_000_000..1_000_000i32).prop_map(|n| f64::from(n) / 1_000.0),
        (-1_000_000..1_000_000i32).prop_map(|n| f64::from(n) * 0.001),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-300..300i64).prop_map(Value::Int),
        finite().prop_map(Value::Float),
        text().prop_map(Value::Text),
        text().prop_map(Value::Json),
    ]
    .boxed()
}

fn coordinate(limit: i32) -> BoxedStrategy<f64> {
    let degrees = f64::from(limit);
    let fixed = (-limit * 10_000_000..=limit * 10_000_000).prop_map(|n| f64::from(n) / 1e7);
    prop_oneof![-degrees..=degrees, fixed, Just(-0.0), Just(degrees)].boxed()
}

fn measure() -> BoxedStrategy<f32> {
    prop_oneof![-1_000.0..10_000.0f32, (-1_000..10_000i16).prop_map(f32::from), Just(-0.0)].boxed()
}

prop_compose! {
    fn position()(
        (latitude, longitude) in (coordinate(90), coordinate(180)),
        valid: bool,
        fix in select(vec![Fix::HasFix, Fix::NoFix, Fix::LastKnown]),
        origin in select(vec![Origin::Gnss, Origin::Network]),
        (altitude_m, speed_kmh) in (of(measure()), of(measure())),
        heading_deg: Option<u16>,
        satellites: Option<u8>,
        precision_m: Option<u32>,
        gnss_time in of(time()),
    ) -> Position {
        Position {
            latitude, longitude, valid, fix, origin, altitude_m, speed_kmh, heading_deg, satellites, precision_m,
            gnss_time,
        }
    }
}

prop_compose! {
    pub(crate) fn report()(
        time in of(time()),
        position in of(position()),
        events in prop::collection::vec(any::<u32>().prop_map(EventId), 0..4),
        archived: bool,
        attributes in prop::collection::vec((id(), value()), 0..20),
    ) -> Report {
        let attributes: Attributes = attributes.into_iter().collect();
        Report { time, position, events, archived, attributes }
    }
}

prop_compose! {
    fn gps()(
        updated in time(),
        (latitude, longitude) in (coordinate(90), coordinate(180)),
        (heading_deg, speed_kmh, altitude_m) in any::<(u16, u16, i16)>(),
        satellites: Option<u8>,
        precision_m: Option<u32>,
        from_network: bool,
    ) -> Gps {
        Gps { updated, latitude, longitude, heading_deg, speed_kmh, altitude_m, satellites, precision_m, from_network }
    }
}

prop_compose! {
    fn gsm()(
        updated in time(),
        signal_level: Option<u8>,
        network_name in of(text()),
        roaming: Option<bool>,
    ) -> Gsm {
        Gsm { updated, signal_level, network_name, roaming }
    }
}

fn connection() -> BoxedStrategy<ConnectionStatus> {
    use ConnectionStatus::{Active, Idle, JustRegistered, JustReplaced, Offline, SignalLost};
    select(vec![JustRegistered, JustReplaced, SignalLost, Active, Idle, Offline]).boxed()
}

fn movement() -> BoxedStrategy<MovementStatus> {
    select(vec![MovementStatus::Moving, MovementStatus::Stopped, MovementStatus::Parked]).boxed()
}

prop_compose! {
    fn field()(id in id(), value in text(), updated in time()) -> StateField {
        StateField { id, value, updated }
    }
}

prop_compose! {
    fn state()(
        (source, seq) in any::<(u32, u64)>(),
        registered in time(),
        replaced: bool,
        (last_contact, last_update, newest) in (of(time()), of(time()), of(time())),
        (connection, movement) in (connection(), movement()),
        (movement_update, idle_since, track_update) in (of(time()), of(time()), of(time())),
        (gps, gsm) in (of(gps().boxed()), of(gsm().boxed())),
        (ignition, motion) in (of((any::<bool>(), time())), any::<Option<bool>>()),
        battery in of((any::<u8>(), time())),
        (inputs, outputs) in (of((any::<u32>(), time())), of((any::<u32>(), time()))),
        (inputs_count, outputs_count) in any::<(u8, u8)>(),
        additional in prop::collection::vec(field(), 0..3),
    ) -> SourceState {
        SourceState {
            source: SourceId(source), seq: Seq(seq), registered, replaced, last_contact, last_update, newest,
            connection, movement, movement_update, idle_since, track_update, gps, ignition, motion, gsm, battery,
            inputs, outputs, inputs_count, outputs_count, additional,
        }
    }
}

fn ignition() -> BoxedStrategy<IgnitionSource> {
    prop_oneof![
        Just(IgnitionSource::None),
        any::<u8>().prop_map(IgnitionSource::Input),
        id().prop_map(IgnitionSource::Attribute),
        (id(), rule()).prop_map(|(input, rule)| IgnitionSource::Virtual { input, rule }),
    ]
    .boxed()
}

fn rule() -> BoxedStrategy<VirtualRule> {
    prop_oneof![
        (of(finite()), of(finite())).prop_map(|(from, to)| VirtualRule::InRange { from, to }),
        Just(VirtualRule::Identity),
        any::<u8>().prop_map(VirtualRule::BitIndex),
    ]
    .boxed()
}

prop_compose! {
    fn rules()(
        parent_ids in prop::collection::vec(any::<u32>().prop_map(SensorId), 0..3),
        (volume, min, max) in (of(finite()), of(finite()), of(finite())),
        (max_lowering_by_time, max_lowering_by_mileage) in (of(finite()), of(finite())),
        (ignore_drains_in_move, ignore_refuels_in_move, custom_field_name) in any::<(bool, bool, bool)>(),
        refuel_gap_minutes: Option<u32>,
    ) -> MeteringRules {
        MeteringRules {
            parent_ids, volume, min, max, max_lowering_by_time, max_lowering_by_mileage, ignore_drains_in_move,
            ignore_refuels_in_move, refuel_gap_minutes, custom_field_name,
        }
    }
}

prop_compose! {
    fn metering()(
        sensor_type in select(MeteringType::ALL),
        (input_name, units, units_type) in (".{0,8}", ".{0,4}", "[a-z_]{0,8}"),
        input in of(id()),
        (divider, accuracy) in (finite(), finite()),
        rules in rules().boxed(),
        points in prop::collection::vec((finite(), finite()), 0..3),
    ) -> Metering {
        let calibration = points.into_iter().map(|(raw, real)| CalibrationPoint { raw, real }).collect();
        Metering { sensor_type, input_name, input, divider, accuracy, units, units_type, rules, calibration }
    }
}

prop_compose! {
    fn last_value()(id in id(), value in value(), updated in time(), version: u64) -> LastValue {
        LastValue { id, value, updated, version }
    }
}

fn counter() -> BoxedStrategy<Counter> {
    (finite(), time(), any::<u64>()).prop_map(|(value, updated, version)| Counter { value, updated, version }).boxed()
}

prop_compose! {
    fn values()(
        version: u64,
        mut last in prop::collection::vec(last_value(), 0..20),
        (odometer, engine_hours) in (of(counter()), of(counter())),
        fix in of((coordinate(90), coordinate(180))),
        ignition_since in of(time()),
        odometer_sensor in of(finite()),
    ) -> SourceValues {
        last.sort_by_key(|value| value.id);
        last.dedup_by_key(|value| value.id);
        SourceValues { version, last, odometer, engine_hours, fix, ignition_since, odometer_sensor }
    }
}

prop_compose! {
    pub(crate) fn saved()(
        state in state().boxed(), values in values().boxed(), settings in settings().boxed(),
    ) -> Saved {
        Saved { state, values, settings: Some(settings) }
    }
}

prop_compose! {
    fn settings()(
        (inputs_count, outputs_count) in any::<(u8, u8)>(),
        ignition in ignition(),
        (min_idle_s, idle_speed_threshold_kmh) in any::<(u32, u16)>(),
        (ignition_aware, motion_sensor_aware) in any::<(bool, bool)>(),
        offline_s: Option<u32>,
        network_radius_max_m: u32,
        waits_forever: bool,
        (odometer_multiplier, engine_hours_multiplier) in (finite(), finite()),
        odometer_sensor in of(metering().boxed().prop_map(std::sync::Arc::new)),
    ) -> SourceSettings {
        SourceSettings {
            inputs_count, outputs_count, ignition, min_idle_s, idle_speed_threshold_kmh, ignition_aware,
            motion_sensor_aware, offline_s, network_radius_max_m, waits_forever, odometer_multiplier, odometer_sensor,
            engine_hours_multiplier,
        }
    }
}

pub(crate) fn change() -> impl Strategy<Value = SourceChange> {
    prop_oneof![
        settings().prop_map(SourceChange::Registered),
        settings().prop_map(SourceChange::Settings),
        "[0-9a-zA-Z]{1,64}".prop_map(|id| SourceChange::Replaced(DeviceId::new(&id).expect("an id"))),
        (select(CounterKind::ALL.to_vec()), finite()).prop_map(|(kind, value)| SourceChange::Counter { kind, value }),
    ]
}
