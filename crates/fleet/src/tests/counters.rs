use model::{CounterKind, SensorId};

use super::{Stage, at};
use crate::{COUNTER_MULTIPLIER_MAX, CounterError, FleetEvent};

#[tokio::test]
async fn a_multiplier_is_kept_and_told_of() {
    let mut stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let tracker = stage.register(&session, "yard-unit-0007").await;
    stage.events();
    for (kind, multiplier) in [(CounterKind::Odometer, 1.05), (CounterKind::EngineHours, COUNTER_MULTIPLIER_MAX)] {
        stage.fleet.update_counter(&session, tracker.id, kind, multiplier, None).await.expect("changed");
        let info = stage.fleet.source(tracker.source.source).expect("registered");
        assert_eq!(stage.events(), [FleetEvent::SourceChanged(info)]);
    }
    stage.fleet.update_counter(&session, tracker.id, CounterKind::Odometer, 1.05, None).await.expect("no change");
    assert_eq!(stage.events(), []);
    stage.reopen(at(2)).await;
    let settings = stage.fleet.source(tracker.source.source).expect("registered").settings;
    assert_eq!((settings.odometer_multiplier, settings.engine_hours_multiplier), (1.05, COUNTER_MULTIPLIER_MAX));
}

#[tokio::test]
async fn a_multiplier_is_refused_for_its_reasons() {
    let stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let other = stage.session(stage.user("bob@example.com").await, at(1)).await;
    let tracker = stage.register(&session, "yard-unit-0007").await.id;
    let check = async |session, multiplier: f64, sensor: Option<u32>, expected: CounterError| {
        let sensor = sensor.map(SensorId);
        let done = stage.fleet.update_counter(session, tracker, CounterKind::Odometer, multiplier, sensor).await;
        assert_eq!(done, Err(expected), "{multiplier} {sensor:?}");
    };
    for multiplier in [0.0, -1.0, COUNTER_MULTIPLIER_MAX * 1.01, f64::NAN, f64::INFINITY] {
        check(&session, multiplier, None, CounterError::BadMultiplier).await;
    }
    check(&session, 1.5, Some(1), CounterError::BadSensor).await;
    check(&other, 1.5, None, CounterError::NotFound).await;
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    check(&session, 1.5, None, CounterError::Blocked).await;
}
