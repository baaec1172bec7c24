//! Last values, counters and changes: durable, and shown by difference.

use std::sync::Arc;

use engine::{Connection, Refused, Source, Watch};
use fleet::{Session, SourceInfo};
use live::{Lane, LaneKind};
use model::{
    CounterKind, DeviceId, Discrete, DiscreteType, IgnitionSource, Report, Sensor, SensorId, SensorKind,
    SourceSettings, TrackerId, Value, attr,
};

use crate::stage::{Stage, drain, now, report, said, set_now};

/// On the road, a hundredth of a degree further each second.
fn driving(s: i64) -> Report {
    let mut report = report(s);
    if let Some(position) = &mut report.position {
        position.set_speed_kmh(50.0);
    }
    report.attributes.set(attr::INPUT_STATUS, 1);
    report.attributes.set(attr::BOARD_VOLTAGE, Value::Float(13.0 + s as f64));
    report
}

fn info(stage: &Stage, source: &Source) -> SourceInfo {
    stage.fleet.source(source.id()).expect("registered")
}

fn with_ignition(info: SourceInfo) -> SourceInfo {
    let settings = SourceSettings { ignition: IgnitionSource::Input(1), ..(*info.settings).clone() };
    SourceInfo { settings: Arc::new(settings), ..info }
}

fn sensor(name: &str) -> Sensor {
    let kind = SensorKind::Discrete(Discrete { sensor_type: DiscreteType::Door, input_number: 1 });
    Sensor { id: SensorId(1), name: name.to_owned(), kind }
}

#[tokio::test]
async fn counters_are_the_same_after_a_restart() {
    let mut stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let id = source.id();
    stage.store(&source, vec![driving(0)]).await;
    for (kind, value) in [(CounterKind::Odometer, 100.0), (CounterKind::EngineHours, 7.5)] {
        stage.engine.set_counter(&source, kind, value, now()).await.expect("set");
    }
    stage.store(&source, vec![driving(10)]).await;
    let values = stage.values(id);
    let odometer = values.odometer.expect("set").value;
    assert!((105.0..110.0).contains(&odometer), "{odometer}");
    assert_eq!(values.engine_hours.map(|hours| hours.value), Some(7.5));
    let state = stage.state(id);
    stage.kill().await;
    assert_eq!((stage.state(id), stage.values(id)), (state.clone(), values.clone()), "killed");
    stage.restart().await;
    stage.kill().await;
    assert_eq!((stage.state(id), stage.values(id)), (state, values), "killed with snapshots");
}

#[tokio::test]
async fn each_report_is_folded_with_the_settings_of_its_time() {
    let mut stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let id = source.id();
    stage.engine.set_counter(&source, CounterKind::EngineHours, 1.0, now()).await.expect("set");
    stage.engine.apply_info(&with_ignition(info(&stage, &source)), now());
    stage.store(&source, vec![driving(0)]).await;
    set_now(1800);
    stage.store(&source, vec![driving(1800)]).await;
    let (state, values) = (stage.state(id), stage.values(id));
    assert_eq!(state.ignition.map(|(on, _)| on), Some(true));
    assert_eq!(values.engine_hours.map(|hours| hours.value), Some(1.5));
    // The catalog never heard of an ignition: what was counted stays, and from now on there is none.
    stage.kill().await;
    assert_eq!(stage.values(id).engine_hours.map(|hours| hours.value), Some(1.5));
    assert_eq!(stage.state(id).ignition, None);
    assert_eq!(stage.values(id).last.len(), values.last.len());
}

#[tokio::test]
async fn a_replaced_device_begins_anew_and_keeps_the_values() {
    let mut stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![driving(0)]).await;
    let other = SourceInfo { device: DeviceId::new("another").expect("an id"), ..info(&stage, &source) };
    stage.engine.apply_info(&other, now());
    stage.engine.apply_info(&other, now());
    let state = stage.state(source.id());
    assert!(state.replaced && state.last_contact.is_none());
    assert_eq!(stage.values(source.id()).get(attr::BOARD_VOLTAGE).map(|v| &v.value), Some(&Value::Float(13.0)));
    stage.engine.flush().await;
    stage.kill().await;
    assert_eq!(stage.state(source.id()), state);
}

#[tokio::test]
async fn a_source_that_was_looked_up_before_tells_whose_it_is_now() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    let before = info(&stage, &source);
    let (old, new) = (before.device.clone(), DeviceId::new("another").expect("an id"));
    assert_eq!((source.replacements_of(&old), source.replacements_of(&new)), (Some(0), None));
    stage.engine.apply_info(&SourceInfo { device: new.clone(), ..before.clone() }, now());
    assert_eq!((source.replacements_of(&old), source.replacements_of(&new)), (None, Some(1)));
    // Whoever was let in before it was replaced stays out of date when it is back.
    stage.engine.apply_info(&before, now());
    assert_eq!((source.replacements_of(&old), source.replacements_of(&new)), (Some(2), None));
}

#[tokio::test]
async fn a_counter_is_set_when_it_is_durable() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.engine.flush().await;
    stage.gate.close();
    let set = stage.engine.set_counter(&source, CounterKind::Odometer, 5.0, now());
    let mut set = std::pin::pin!(set);
    let waits = tokio::select! { biased; _ = &mut set => false, () = std::future::ready(()) => true };
    assert!(waits);
    stage.gate.break_down();
    assert_eq!(set.await, Err(Refused::JournalFailed));
    stage.fleet.corrupt_tracker(&stage.session, TrackerId(100_001)).await.expect("removed");
    let refused = stage.engine.set_counter(&source, CounterKind::Odometer, 5.0, now()).await;
    assert_eq!(refused, Err(Refused::Removed));
}

fn watch_differences(
    stage: &Stage,
    session: &Session,
    tracker: TrackerId,
    source: &Source,
) -> (Arc<Connection>, Lane, Watch) {
    let connection = stage.engine.connect();
    stage.engine.attach(session.id, session.user, &connection);
    let lane = connection.open_lane(session.id, LaneKind::Differences).expect("a lane");
    let (watch, _) = connection.watch(lane, tracker, source);
    (connection, lane, watch)
}

/// The next that has changed: its tracker, from which version on, and how many values are newer.
fn next(connection: &Connection, lane: Lane) -> Option<(TrackerId, u64, usize)> {
    connection.read_changed(lane, |tracker, since, view| {
        let newer = view.values.last.iter().filter(|last| last.version > since).count();
        ((tracker, since, newer), view.values.version)
    })
}

#[tokio::test]
async fn differences_are_read_from_the_source() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (states, _states_watch) = stage.watch(&stage.session, tracker, &source);
    let (connection, lane, watch) = watch_differences(&stage, &stage.session, tracker, &source);
    assert_eq!(next(&connection, lane), None);
    stage.store(&source, vec![driving(0)]).await;
    let known = source.read(|view| view.values.last.len());
    watch.mark();
    assert_eq!(next(&connection, lane), Some((tracker, 0, known)));
    assert_eq!(next(&connection, lane), None);
    let mut less = report(5);
    less.attributes.set(attr::BOARD_VOLTAGE, Value::Float(12.5));
    stage.store(&source, vec![less]).await;
    let (_, since, newer) = next(&connection, lane).expect("a report came");
    assert_eq!((since, newer), (2, 3), "latitude, longitude and voltage");
    drain(&states);

    // What states do not show is no news to those who watch states.
    stage.engine.set_counter(&source, CounterKind::Odometer, 5.0, now()).await.expect("set");
    assert_eq!(next(&connection, lane), Some((tracker, 3, 0)));
    let sensors = SourceInfo { sensors: [sensor("Door")].into(), ..info(&stage, &source) };
    stage.engine.apply_info(&sensors, now());
    stage.engine.apply_info(&sensors, now());
    assert_eq!(next(&connection, lane), Some((tracker, 4, known)));
    assert_eq!(next(&connection, lane), None);
    assert_eq!(source.read(|view| view.sensors.len()), 1);
    assert_eq!(said(&states), [""; 0]);
}

#[tokio::test]
async fn differences_of_a_blocked_or_lost_source_are_not_read() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, lane, watch) = watch_differences(&stage, &stage.session, tracker, &source);
    watch.mark();
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    assert_eq!((next(&connection, lane), said(&connection)), (None, vec!["block".to_owned()]));
    stage.store(&source, vec![driving(0)]).await;
    assert_eq!(next(&connection, lane), None);
    stage.fleet.set_source_blocked(&stage.panel, tracker, false).await.expect("unblocked");
    assert_eq!(next(&connection, lane), None, "the news go first");
    assert_eq!(said(&connection), ["unblock"]);
    assert_eq!(next(&connection, lane).map(|(_, since, _)| since), Some(0));
    watch.mark();
    stage.fleet.panel_corrupt_tracker(&stage.panel, tracker, true).await.expect("removed");
    assert_eq!((said(&connection), next(&connection, lane)), (vec!["corrupt".to_owned()], None));
}
