use model::{IgnitionSource, TrackerId, attr};

use super::sensors::metering;
use super::{Stage, at};
use crate::{
    DeviceIdProblem, Field, FleetEvent, Invalid, NewDevice, Problem, ReplaceError, SettingsEdit, SettingsError,
};

fn trip(min_idle_minutes: u32, idle_speed_threshold_kmh: u16) -> SettingsEdit {
    SettingsEdit::TripDetection {
        min_idle_minutes,
        idle_speed_threshold_kmh,
        ignition_aware: true,
        motion_sensor_aware: false,
    }
}

fn osmand(id: &str) -> NewDevice {
    NewDevice { model: "osmand".into(), plugin: 44, device_id: Some(id.into()) }
}

#[tokio::test]
async fn settings_are_kept_and_told_once() {
    let mut stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    stage.events();
    let edits = [
        trip(1_440, 200),
        SettingsEdit::NetworkRadius { max_m: 0 },
        SettingsEdit::OfflineTimeout { minutes: Some(4_320_000) },
    ];
    for edit in edits {
        stage.fleet.change_settings(&session, van.id, edit).await.expect("changed");
        match &stage.events()[..] {
            [FleetEvent::SourceChanged(info)] => assert_eq!(info.source, van.source.source),
            other => panic!("{edit:?}: {other:?}"),
        }
        stage.fleet.change_settings(&session, van.id, edit).await.expect("taken");
        assert_eq!(stage.events(), [], "nothing changed");
    }
    stage.reopen(at(1)).await;
    let settings = stage.fleet.source(van.source.source).expect("there").settings;
    assert_eq!((settings.min_idle_s, settings.idle_speed_threshold_kmh), (86_400, 200));
    assert_eq!((settings.ignition_aware, settings.motion_sensor_aware), (true, false));
    assert_eq!((settings.network_radius_max_m, settings.offline_s), (0, Some(259_200_000)));
    let unset = SettingsEdit::OfflineTimeout { minutes: None };
    stage.fleet.change_settings(&session, van.id, unset).await.expect("changed");
    assert_eq!(stage.fleet.source(van.source.source).expect("there").settings.offline_s, None);
}

#[tokio::test]
async fn settings_have_ranges_and_owners() {
    let stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    let check = async |edit: SettingsEdit, field: Field, min: i32, max: i32| {
        let problem = Problem::OutOfRange { min, max };
        let changed = stage.fleet.change_settings(&session, van.id, edit).await;
        assert_eq!(changed, Err(SettingsError::Invalid(Invalid { field, problem })), "{edit:?}");
    };
    check(trip(0, 3), Field::MinIdle, 1, 1_440).await;
    check(trip(1_441, 3), Field::MinIdle, 1, 1_440).await;
    check(trip(5, 201), Field::IdleSpeed, 0, 200).await;
    check(SettingsEdit::NetworkRadius { max_m: 10_001 }, Field::NetworkRadius, 0, 10_000).await;
    for minutes in [0, 4_320_001] {
        let edit = SettingsEdit::OfflineTimeout { minutes: Some(minutes) };
        check(edit, Field::OfflineTimeout, 1, 4_320_000).await;
    }
    let missing = stage.fleet.change_settings(&session, TrackerId(1), trip(5, 3)).await;
    assert_eq!(missing, Err(SettingsError::NotFound));
    stage.fleet.set_source_blocked(&stage.panel, van.id, true).await.expect("blocked");
    let blocked = stage.fleet.change_settings(&session, van.id, trip(5, 3)).await;
    assert_eq!(blocked, Err(SettingsError::Blocked));
    let blocked = stage.fleet.rename_tracker(&session, van.id, "Van".into(), 0).await;
    assert_eq!(blocked, Err(SettingsError::Blocked));
}

#[tokio::test]
async fn trackers_are_renamed_and_moved() {
    let mut stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    let group = stage.fleet.create_group(&session, "North".into(), "1E90FF".into()).await.expect("made");
    stage.fleet.rename_tracker(&session, van.id, "Van 8".into(), group).await.expect("renamed");
    stage.reopen(at(1)).await;
    let found = stage.fleet.tracker(&session, van.id).expect("there");
    assert_eq!((found.label.as_str(), found.group), ("Van 8", group));
    let moved = stage.fleet.rename_tracker(&session, van.id, "Van 9".into(), group + 1).await;
    assert_eq!(moved, Err(SettingsError::UnknownGroup));
    let renamed = stage.fleet.rename_tracker(&session, van.id, "<Van>".into(), 0).await;
    assert_eq!(renamed, Err(SettingsError::Invalid(Invalid { field: Field::Label, problem: Problem::Character })));
}

#[tokio::test]
async fn a_source_goes_on_with_another_device() {
    let mut stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    stage.fleet.create_sensor(&session, van.id, metering("temperature_1")).await.expect("made");
    stage.fleet.change_settings(&session, van.id, trip(7, 9)).await.expect("changed");
    let source = van.source.source;
    let early = stage.fleet.replace_device(&session, van.id, osmand("bike")).await;
    assert_eq!(early, Err(ReplaceError::NeverConnected));
    stage.fleet.note_connected(vec![source]).await.expect("noted");
    stage.events();
    stage.fleet.replace_device(&session, van.id, osmand("bike")).await.expect("replaced");
    match &stage.events()[..] {
        [FleetEvent::SourceChanged(info)] => assert_eq!((info.source, info.device.as_str()), (source, "bike")),
        other => panic!("{other:?}"),
    }
    stage.reopen(at(1)).await;
    assert_eq!(stage.fleet.device("van-000001"), None);
    assert_eq!(stage.fleet.device("bike").map(|d| (d.source, d.model.code)), Some((source, "osmand")));
    let info = stage.fleet.source(source).expect("there");
    assert_eq!((info.sensors.len(), info.settings.min_idle_s, info.settings.inputs_count), (1, 420, 0));
    assert_eq!(info.settings.ignition, IgnitionSource::Attribute(attr::IGNITION));
    // The old device is free for another tracker, and a wrong id can be put right.
    stage.register(&session, "van-000001").await;
    stage.fleet.replace_device(&session, van.id, osmand("trike")).await.expect("replaced again");
}

#[tokio::test]
async fn devices_that_cannot_take_the_place() {
    let stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    stage.register(&session, "van-000002").await;
    stage.fleet.note_connected(vec![van.source.source]).await.expect("noted");
    let check = async |tracker: TrackerId, new: NewDevice, error: ReplaceError| {
        let replaced = stage.fleet.replace_device(&session, tracker, new.clone()).await;
        assert_eq!(replaced, Err(error), "{new:?}");
    };
    let ngp = |id: &str| NewDevice { model: "navixy_ngp".into(), plugin: 44, device_id: Some(id.into()) };
    check(van.id, NewDevice { model: "none".into(), ..ngp("van-000003") }, ReplaceError::UnknownModel).await;
    check(van.id, NewDevice { plugin: 35, ..ngp("van-000003") }, ReplaceError::UnknownPlugin).await;
    check(van.id, NewDevice { plugin: 37, ..ngp("van-000003") }, ReplaceError::WrongActivationCode).await;
    let form = ReplaceError::BadDeviceId(DeviceIdProblem::Alphabet);
    check(van.id, ngp("van_000003"), form).await;
    check(TrackerId(1), ngp("van-000003"), ReplaceError::NotFound).await;
    check(van.id, ngp("van-000002"), ReplaceError::DeviceIdInUse).await;
    check(van.id, ngp("van-000001"), ReplaceError::DeviceIdInUse).await;
    stage.fleet.set_source_blocked(&stage.panel, van.id, true).await.expect("blocked");
    check(van.id, ngp("van-000003"), ReplaceError::Blocked).await;
}
