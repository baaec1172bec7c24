use std::sync::Arc;

use model::{
    AttributeId, CalibrationPoint, CounterKind, Discrete, DiscreteType, IgnitionSource, Metering, MeteringRules,
    MeteringType, Sensor, SensorId, SensorKind, TrackerId, ValueTitle, Virtual, VirtualRule, VirtualType, attr,
};

use super::{Stage, at, cheap, ngp};
use crate::{Field, FleetEvent, FleetOptions, Invalid, NewTracker, Problem, SensorError, Session, Tracker};

pub(super) fn metering(input_name: &str) -> Sensor {
    let metering = Metering {
        sensor_type: MeteringType::Temperature,
        input_name: input_name.to_owned(),
        input: AttributeId::find(input_name),
        divider: 1.0,
        accuracy: 0.25,
        units: "°C".to_owned(),
        units_type: "celsius".to_owned(),
        rules: MeteringRules::default(),
        calibration: Vec::new(),
    };
    Sensor { id: SensorId(0), name: format!("On {input_name}"), kind: SensorKind::Metering(metering) }
}

fn composite(parents: &[SensorId]) -> Sensor {
    let mut sensor = metering("composite");
    if let SensorKind::Metering(m) = &mut sensor.kind {
        m.rules.parent_ids = parents.to_vec();
    }
    sensor
}

pub(super) fn discrete(sensor_type: DiscreteType, input_number: u8) -> Sensor {
    let kind = SensorKind::Discrete(Discrete { sensor_type, input_number });
    Sensor { id: SensorId(0), name: "Input".to_owned(), kind }
}

fn virtual_sensor(sensor_type: VirtualType, rule: VirtualRule) -> Sensor {
    let kind = SensorKind::Virtual(Virtual {
        sensor_type,
        input_name: "can_rpm".to_owned(),
        input: Some(attr::CAN_RPM),
        custom_field_name: false,
        rule,
        titles: Vec::new(),
    });
    Sensor { id: SensorId(0), name: "Engine".to_owned(), kind }
}

fn point(raw: f64, real: f64) -> CalibrationPoint {
    CalibrationPoint { raw, real }
}

/// A user with a tracker.
struct Owner {
    stage: Stage,
    session: Session,
    van: Arc<Tracker>,
}

impl Owner {
    async fn new(options: FleetOptions) -> Self {
        let stage = Stage::with(options).await;
        let user = stage.user("a@example.com").await;
        let session = stage.session(user, at(0)).await;
        let van = stage.register(&session, "van-000001").await;
        stage.events();
        Self { stage, session, van }
    }

    async fn create(&self, sensor: Sensor) -> Result<SensorId, SensorError> {
        self.stage.fleet.create_sensor(&self.session, self.van.id, sensor).await
    }

    async fn made(&self, sensor: Sensor) -> SensorId {
        self.create(sensor).await.expect("made")
    }

    fn sensors(&self) -> Arc<[Sensor]> {
        self.stage.fleet.sensors(self.van.source.source)
    }

    fn parents(&self, id: SensorId) -> Vec<SensorId> {
        let sensors = self.sensors();
        match sensors.iter().find(|s| s.id == id).map(|s| &s.kind) {
            Some(SensorKind::Metering(m)) => m.rules.parent_ids.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn calibration(&self, id: SensorId) -> Vec<CalibrationPoint> {
        let sensors = self.sensors();
        match sensors.iter().find(|s| s.id == id).map(|s| &s.kind) {
            Some(SensorKind::Metering(m)) => m.calibration.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn ignition(&self) -> IgnitionSource {
        let source = self.stage.fleet.source(self.van.source.source).expect("there");
        source.settings.ignition
    }
}

#[tokio::test]
async fn sensors_are_stored_told_and_never_numbered_twice() {
    let mut owner = Owner::new(cheap()).await;
    let first = owner.made(metering("temperature_1")).await;
    let second = owner.made(metering("temperature_2")).await;
    let events = owner.stage.events();
    match &events[..] {
        [FleetEvent::SourceChanged(one), FleetEvent::SourceChanged(two)] => {
            assert_eq!((one.sensors.len(), two.sensors.len()), (1, 2));
            assert_eq!(two.source, owner.van.source.source);
        }
        other => panic!("{other:?}"),
    }
    let points = vec![point(10.0, 100.0), point(0.0, 1.0)];
    owner.stage.fleet.set_calibration(&owner.session, owner.van.id, second, points).await.expect("calibrated");
    owner.stage.reopen(at(1)).await;
    assert_eq!(owner.sensors().iter().map(|s| s.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(owner.calibration(second), [point(0.0, 1.0), point(10.0, 100.0)]);
    let shown = owner.stage.fleet.tracker(&owner.session, owner.van.id).expect("there");
    assert_eq!(shown.source.sensors, owner.sensors());
    owner.stage.fleet.delete_sensor(&owner.session, owner.van.id, second).await.expect("deleted");
    owner.stage.reopen(at(2)).await;
    let third = owner.made(metering("temperature_2")).await;
    assert!(third > second, "an id is not given twice");
}

#[tokio::test]
async fn an_update_keeps_the_calibration() {
    let owner = Owner::new(cheap()).await;
    let id = owner.made(metering("temperature_1")).await;
    let points = vec![point(0.0, 1.0), point(10.0, 100.0)];
    owner.stage.fleet.set_calibration(&owner.session, owner.van.id, id, points.clone()).await.expect("calibrated");
    let update = Sensor { id, name: "Cargo".to_owned(), ..metering("temperature_3") };
    owner.stage.fleet.update_sensor(&owner.session, owner.van.id, update).await.expect("updated");
    assert_eq!((owner.sensors()[0].name.as_str(), owner.calibration(id)), ("Cargo", points));
    let gone = Sensor { id: SensorId(99), ..metering("temperature_3") };
    let updated = owner.stage.fleet.update_sensor(&owner.session, owner.van.id, gone).await;
    assert_eq!(updated, Err(SensorError::NotFound));
}

#[tokio::test]
async fn inputs_are_used_once() {
    let owner = Owner::new(cheap()).await;
    owner.made(metering("temperature_1")).await;
    owner.made(discrete(DiscreteType::Ignition, 1)).await;
    owner.made(virtual_sensor(VirtualType::VirtualIgnition, VirtualRule::Identity)).await;
    let used = |result: Result<SensorId, SensorError>| assert_eq!(result, Err(SensorError::InputInUse));
    used(owner.create(metering("temperature_1")).await);
    used(owner.create(discrete(DiscreteType::Door, 1)).await);
    used(owner.create(discrete(DiscreteType::Ignition, 2)).await);
    used(owner.create(virtual_sensor(VirtualType::VirtualIgnition, VirtualRule::BitIndex(1))).await);
    // One attribute under two names.
    let mut by_other_name = metering("ext_temp_sensor_1");
    if let SensorKind::Metering(m) = &mut by_other_name.kind {
        m.input = AttributeId::find("temperature_1");
    }
    used(owner.create(by_other_name).await);
    let door = owner.made(discrete(DiscreteType::Door, 2)).await;
    let moved = Sensor { id: door, ..discrete(DiscreteType::Door, 1) };
    let updated = owner.stage.fleet.update_sensor(&owner.session, owner.van.id, moved).await;
    assert_eq!(updated, Err(SensorError::InputInUse));
    let same = Sensor { id: door, ..discrete(DiscreteType::Door, 2) };
    owner.stage.fleet.update_sensor(&owner.session, owner.van.id, same).await.expect("its own input is free");
    owner.made(composite(&[])).await;
    owner.made(composite(&[])).await;
    owner.made(virtual_sensor(VirtualType::State, VirtualRule::Identity)).await;
    owner.made(virtual_sensor(VirtualType::State, VirtualRule::Identity)).await;
}

#[tokio::test]
async fn there_are_limits_of_number() {
    let options = FleetOptions { sensors_per_type_max: 2, entities_max: 4, calibration_points_max: 3, ..cheap() };
    let owner = Owner::new(options).await;
    let first = owner.made(metering("temperature_1")).await;
    owner.made(metering("temperature_2")).await;
    assert_eq!(owner.create(metering("temperature_3")).await, Err(SensorError::TooManyOfType));
    owner.made(discrete(DiscreteType::Door, 1)).await;
    let other = owner.made(discrete(DiscreteType::Custom, 2)).await;
    assert_eq!(owner.create(discrete(DiscreteType::Power, 3)).await, Err(SensorError::TooMany));
    let turned = Sensor { id: other, ..metering("temperature_3") };
    let updated = owner.stage.fleet.update_sensor(&owner.session, owner.van.id, turned).await;
    assert_eq!(updated, Err(SensorError::TooManyOfType));
    let calibrate = async |points: &[f64]| {
        let points = points.iter().map(|raw| point(*raw, 0.0)).collect();
        owner.stage.fleet.set_calibration(&owner.session, owner.van.id, first, points).await
    };
    let refused = |problem| Err(SensorError::Invalid(vec![Invalid { field: Field::Calibration, problem }]));
    assert_eq!(calibrate(&[1.0]).await, refused(Problem::TooFew { count_min: 2 }));
    assert_eq!(calibrate(&[1.0, 2.0, 3.0, 4.0]).await, refused(Problem::TooMany { count_max: 3 }));
    assert_eq!(calibrate(&[1.0, 2.0, 1.0]).await, refused(Problem::Repeated));
    assert_eq!(calibrate(&[f64::NAN, 2.0]).await, refused(Problem::Form));
    assert_eq!(calibrate(&[3.0, 2.0, 1.0]).await, Ok(()));
    assert_eq!(calibrate(&[]).await, Ok(()));
}

#[tokio::test]
async fn composites_add_up_what_there_is() {
    let owner = Owner::new(cheap()).await;
    let one = owner.made(metering("temperature_1")).await;
    let two = owner.made(metering("temperature_2")).await;
    let door = owner.made(discrete(DiscreteType::Door, 1)).await;
    let sum = owner.made(composite(&[one, two])).await;
    let dangling = Err(SensorError::Invalid(vec![Invalid { field: Field::ParentIds, problem: Problem::Dangling }]));
    for parent in [door, sum, SensorId(99)] {
        assert_eq!(owner.create(composite(&[parent])).await, dangling, "{parent:?}");
    }
    let itself = Sensor { id: sum, ..composite(&[sum]) };
    let updated = owner.stage.fleet.update_sensor(&owner.session, owner.van.id, itself).await;
    assert_eq!(updated, dangling.map(|_| ()));
    owner.stage.fleet.delete_sensor(&owner.session, owner.van.id, one).await.expect("deleted");
    assert_eq!(owner.parents(sum), [two]);
    let turned = Sensor { id: two, ..discrete(DiscreteType::Door, 2) };
    owner.stage.fleet.update_sensor(&owner.session, owner.van.id, turned).await.expect("updated");
    assert_eq!(owner.parents(sum), []);
}

#[tokio::test]
async fn sensors_decide_where_ignition_comes_from() {
    let owner = Owner::new(cheap()).await;
    assert_eq!(owner.ignition(), IgnitionSource::None);
    let derived = owner.made(virtual_sensor(VirtualType::VirtualIgnition, VirtualRule::Identity)).await;
    let by_rule = IgnitionSource::Virtual { input: attr::CAN_RPM, rule: VirtualRule::Identity };
    assert_eq!(owner.ignition(), by_rule);
    let wired = owner.made(discrete(DiscreteType::Ignition, 3)).await;
    assert_eq!(owner.ignition(), IgnitionSource::Input(3));
    owner.stage.fleet.delete_sensor(&owner.session, owner.van.id, derived).await.expect("deleted");
    assert_eq!(owner.ignition(), IgnitionSource::Input(3));
    let door = Sensor { id: wired, ..discrete(DiscreteType::Door, 3) };
    owner.stage.fleet.update_sensor(&owner.session, owner.van.id, door).await.expect("updated");
    assert_eq!(owner.ignition(), IgnitionSource::None);
    // A model whose devices say it themselves.
    let osmand = NewTracker { model: "osmand".into(), device_id: Some("bike".into()), ..ngp("bike") };
    let bike = owner.stage.fleet.register_tracker(&owner.session, osmand, at(2)).await.expect("registered");
    let sensor = discrete(DiscreteType::Ignition, 1);
    let made = owner.stage.fleet.create_sensor(&owner.session, bike.id, sensor).await.expect("made");
    owner.stage.fleet.delete_sensor(&owner.session, bike.id, made).await.expect("deleted");
    let source = owner.stage.fleet.source(bike.source.source).expect("there");
    assert_eq!(source.settings.ignition, IgnitionSource::Attribute(attr::IGNITION));
}

#[tokio::test]
async fn copies_take_the_place_of_what_was_there() {
    let mut owner = Owner::new(cheap()).await;
    let one = owner.made(metering("temperature_1")).await;
    let two = owner.made(metering("temperature_2")).await;
    owner.stage.fleet.delete_sensor(&owner.session, owner.van.id, one).await.expect("deleted");
    owner.made(composite(&[two])).await;
    owner.made(discrete(DiscreteType::Ignition, 4)).await;
    let truck = owner.stage.register(&owner.session, "truck-00001").await;
    let door = discrete(DiscreteType::Door, 1);
    owner.stage.fleet.create_sensor(&owner.session, truck.id, door).await.expect("made");
    let (base, targets) = (owner.van.id, vec![truck.id, owner.van.id, truck.id]);
    owner.stage.fleet.copy_sensors(&owner.session, base, targets).await.expect("copied");
    owner.stage.reopen(at(1)).await;
    let copied = owner.stage.fleet.source(truck.source.source).expect("there");
    let names: Vec<&str> = copied.sensors.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["On temperature_2", "On composite", "Input"]);
    assert_eq!(copied.settings.ignition, IgnitionSource::Input(4));
    let SensorKind::Metering(sum) = &copied.sensors[1].kind else { panic!("{:?}", copied.sensors[1]) };
    assert_eq!(sum.rules.parent_ids, [copied.sensors[0].id]);
    assert!(copied.sensors.iter().all(|copy| owner.sensors().iter().all(|original| original.id != copy.id)));
    // All or none, and of one model.
    let osmand = NewTracker { model: "osmand".into(), device_id: Some("bike".into()), ..ngp("bike") };
    let bike = owner.stage.fleet.register_tracker(&owner.session, osmand, at(2)).await.expect("registered");
    let before = owner.stage.fleet.sensors(truck.source.source);
    for (other, error) in [(bike.id, SensorError::OtherModel), (TrackerId(1), SensorError::NotFound)] {
        let copied = owner.stage.fleet.copy_sensors(&owner.session, base, vec![truck.id, other]).await;
        assert_eq!(copied, Err(error));
        assert_eq!(owner.stage.fleet.sensors(truck.source.source), before);
    }
}

#[tokio::test]
async fn sensors_are_their_owners_alone_and_go_with_the_tracker() {
    let mut owner = Owner::new(cheap()).await;
    let id = owner.made(metering("temperature_1")).await;
    let other = owner.stage.user("b@example.com").await;
    let other = owner.stage.session(other, at(0)).await;
    let (fleet, van) = (owner.stage.fleet.clone(), owner.van.id);
    let missing = Err(SensorError::NotFound);
    assert_eq!(fleet.create_sensor(&other, van, metering("temperature_2")).await.map(|_| ()), missing);
    assert_eq!(fleet.update_sensor(&other, van, Sensor { id, ..metering("temperature_2") }).await, missing);
    assert_eq!(fleet.delete_sensor(&other, van, id).await, missing);
    assert_eq!(fleet.set_calibration(&other, van, id, vec![]).await, missing);
    assert_eq!(fleet.copy_sensors(&other, van, vec![van]).await, missing);
    fleet.set_source_blocked(&owner.stage.panel, van, true).await.expect("blocked");
    assert_eq!(fleet.delete_sensor(&owner.session, van, id).await, Err(SensorError::Blocked));
    fleet.set_source_blocked(&owner.stage.panel, van, false).await.expect("unblocked");
    fleet.corrupt_tracker(&owner.session, van).await.expect("removed");
    drop(fleet);
    assert_eq!(owner.sensors().len(), 0);
    owner.stage.reopen(at(1)).await;
    assert_eq!(owner.sensors().len(), 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_sensor_is_said() {
    let owner = Owner::new(cheap()).await;
    let check = async |mut sensor: Sensor, change: &dyn Fn(&mut Sensor), expected: &[Invalid]| {
        change(&mut sensor);
        let made = owner.create(sensor.clone()).await;
        assert_eq!(made, Err(SensorError::Invalid(expected.to_vec())), "{sensor:?}");
    };
    let invalid = |field, problem| Invalid { field, problem };
    let plain = || metering("temperature_1");
    fn of(sensor: &mut Sensor) -> &mut Metering {
        let SensorKind::Metering(metering) = &mut sensor.kind else { panic!("a metering sensor") };
        metering
    }
    check(plain(), &|s| s.name = " ".into(), &[invalid(Field::Name, Problem::Blank)]).await;
    let long = invalid(Field::Name, Problem::TooLong { chars_max: 100 });
    check(plain(), &|s| s.name = "x".repeat(101), &[long]).await;
    check(plain(), &|s| of(s).input_name.clear(), &[invalid(Field::InputName, Problem::Blank)]).await;
    let long = invalid(Field::InputName, Problem::TooLong { chars_max: 64 });
    check(plain(), &|s| of(s).input_name = "x".repeat(65), &[long]).await;
    for divider in [0.0, f64::NAN, f64::INFINITY] {
        check(plain(), &|s| of(s).divider = divider, &[invalid(Field::Divider, Problem::Form)]).await;
    }
    let range = invalid(Field::Accuracy, Problem::OutOfRange { min: 0, max: 100 });
    for accuracy in [-0.25, 100.25, f64::NAN] {
        check(plain(), &|s| of(s).accuracy = accuracy, &[range]).await;
    }
    check(plain(), &|s| of(s).accuracy = 0.3, &[invalid(Field::Accuracy, Problem::Form)]).await;
    check(plain(), &|s| of(s).units_type.clear(), &[invalid(Field::UnitsType, Problem::Blank)]).await;
    check(plain(), &|s| of(s).units = "\u{7}".into(), &[invalid(Field::Units, Problem::Character)]).await;
    let twice = vec![SensorId(1), SensorId(1)];
    check(composite(&twice), &|_| {}, &[invalid(Field::ParentIds, Problem::Repeated)]).await;
    let many: Vec<SensorId> = (1..=101).map(SensorId).collect();
    check(composite(&many), &|_| {}, &[invalid(Field::ParentIds, Problem::TooMany { count_max: 100 })]).await;
    let both = [invalid(Field::Name, Problem::Blank), invalid(Field::Divider, Problem::Form)];
    let two_faults = |s: &mut Sensor| {
        s.name.clear();
        of(s).divider = 0.0;
    };
    check(plain(), &two_faults, &both).await;
    let range = invalid(Field::InputNumber, Problem::OutOfRange { min: 1, max: 8 });
    for number in [0, 9] {
        check(discrete(DiscreteType::Door, number), &|_| {}, &[range]).await;
    }
    let state = |rule| virtual_sensor(VirtualType::State, rule);
    let no_ends = VirtualRule::InRange { from: None, to: None };
    check(state(no_ends), &|_| {}, &[invalid(Field::CalcMethod, Problem::Form)]).await;
    let range = invalid(Field::BitIndex, Problem::OutOfRange { min: 1, max: 64 });
    check(state(VirtualRule::BitIndex(0)), &|_| {}, &[range]).await;
    let titled = |values: Vec<String>| {
        let mut sensor = state(VirtualRule::Identity);
        if let SensorKind::Virtual(v) = &mut sensor.kind {
            v.titles = values.into_iter().map(|value| ValueTitle { value, title: "On".into() }).collect();
        }
        sensor
    };
    let twice = titled(vec!["1".into(), "1".into()]);
    check(twice, &|_| {}, &[invalid(Field::ValueTitles, Problem::Repeated)]).await;
    let many = titled((0..101).map(|n| n.to_string()).collect());
    check(many, &|_| {}, &[invalid(Field::ValueTitles, Problem::TooMany { count_max: 100 })]).await;
    let long = titled(vec!["x".repeat(65)]);
    check(long, &|_| {}, &[invalid(Field::ValueTitles, Problem::TooLong { chars_max: 64 })]).await;
    assert!(owner.sensors().is_empty() && owner.stage.events().is_empty());
}

/// The sensor that drives the odometer after one change; it is told of as it is kept, once.
fn driving(owner: &Owner) -> Option<Metering> {
    let info = owner.stage.fleet.source(owner.van.source.source).expect("there");
    assert_eq!(owner.stage.events(), [FleetEvent::SourceChanged(info.clone())]);
    info.settings.odometer_sensor.as_deref().cloned()
}

fn measuring(owner: &Owner, id: SensorId) -> Option<Metering> {
    match owner.sensors().iter().find(|s| s.id == id).map(|s| &s.kind) {
        Some(SensorKind::Metering(metering)) => Some(metering.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_odometer_follows_the_sensor_that_drives_it() {
    let mut owner = Owner::new(cheap()).await;
    let id = owner.made(metering("hardware_mileage")).await;
    let other = owner.made(metering("temperature_1")).await;
    let third = owner.made(metering("temperature_2")).await;
    let (session, van) = (owner.session.clone(), owner.van.id);
    let odometer = CounterKind::Odometer;
    owner.stage.fleet.update_counter(&session, van, odometer, 1.0, Some(id)).await.expect("driven");
    owner.stage.events();

    let mut edited = Sensor { id, ..metering("can_mileage") };
    if let SensorKind::Metering(metering) = &mut edited.kind {
        metering.divider = 1_000.0;
    }
    owner.stage.fleet.update_sensor(&session, van, edited).await.expect("edited");
    let found = driving(&owner);
    assert_eq!(found.as_ref().map(|m| (m.divider, m.input_name.as_str())), Some((1_000.0, "can_mileage")));
    assert_eq!(found, measuring(&owner, id));

    let points = vec![point(0.0, 1.0), point(10.0, 100.0)];
    owner.stage.fleet.set_calibration(&session, van, id, points.clone()).await.expect("calibrated");
    assert_eq!(driving(&owner).map(|m| m.calibration), Some(points));

    owner.stage.reopen(at(1)).await;
    owner.stage.fleet.delete_sensor(&session, van, other).await.expect("deleted");
    assert_eq!(driving(&owner), measuring(&owner, id), "another one's end changes nothing");
    let sum = Sensor { id, ..composite(&[third]) };
    owner.stage.fleet.update_sensor(&session, van, sum).await.expect("edited");
    assert_eq!(driving(&owner), None, "a sum drives nothing");

    owner.stage.fleet.update_counter(&session, van, odometer, 1.0, Some(third)).await.expect("driven");
    assert_eq!(driving(&owner), measuring(&owner, third));
    owner.stage.fleet.delete_sensor(&session, van, third).await.expect("deleted");
    assert_eq!(driving(&owner), None);
}
