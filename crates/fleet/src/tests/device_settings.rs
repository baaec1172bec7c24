use model::{ChecksumPolicy, DeviceSettings, SettingRefused};

use super::{Stage, at, ngp};
use crate::{DeviceSettingsError, FleetEvent, Keeper, NewDevice, NewTracker, OfficeError, SourceInfo, TrackerEdit};

fn edits(pairs: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
}

#[tokio::test]
async fn settings_of_a_device_are_kept_and_known_where_devices_are_looked_up() {
    let mut stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let tracker = stage.register(&session, "yard-unit-0007").await;
    stage.events();
    let keeper = Keeper::Master(&session);
    let set = edits(&[("checksum", Some("warn")), ("time_zone", Some("+08:00")), ("password", Some("secret"))]);
    let settings = stage.fleet.change_device_settings(keeper, tracker.id, set).await.expect("changed");
    let expected = DeviceSettings {
        checksum: Some(ChecksumPolicy::Warn),
        utc_offset_s: Some(28_800),
        password: Some("secret".into()),
        ..DeviceSettings::default()
    };
    assert_eq!(*settings, expected);
    let info = SourceInfo { device_settings: settings, ..tracker.source.clone() };
    assert_eq!(stage.events(), [FleetEvent::SourceChanged(info)]);
    let again = edits(&[("checksum", Some("warn"))]);
    stage.fleet.change_device_settings(keeper, tracker.id, again).await.expect("nothing to do");
    assert_eq!(stage.events(), []);
    let less = edits(&[("password", None), ("model", None), ("checksum", Some("enforce"))]);
    stage.fleet.change_device_settings(Keeper::Panel(&stage.panel), tracker.id, less).await.expect("changed");
    stage.reopen(at(2)).await;
    let expected = DeviceSettings { checksum: Some(ChecksumPolicy::Enforce), password: None, ..expected };
    assert_eq!(*stage.fleet.device("yard-unit-0007").expect("registered").settings, expected);
    let read = stage.fleet.device_settings(Keeper::Master(&session), tracker.id).expect("read");
    assert_eq!(*read, expected);
}

#[tokio::test]
async fn what_is_not_allowed_changes_nothing() {
    let stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let tracker = stage.register(&session, "yard-unit-0007").await;
    stage.events();
    let check = async |pairs: &[(&str, Option<&str>)], key: &str, expected: fn(&SettingRefused) -> bool| {
        let found = stage.fleet.change_device_settings(Keeper::Master(&session), tracker.id, edits(pairs)).await;
        let Err(DeviceSettingsError::Setting { key: wrong, refused }) = found else { panic!("{found:?}") };
        assert!(wrong == key && expected(&refused), "{wrong} {refused:?}");
    };
    check(&[("model", Some("VL103")), ("colour", Some("red"))], "colour", |r| *r == SettingRefused::UnknownKey).await;
    check(&[("colour", None)], "colour", |r| *r == SettingRefused::UnknownKey).await;
    let is_bad = |refused: &SettingRefused| matches!(refused, SettingRefused::BadValue { .. });
    check(&[("model", Some("VL103")), ("checksum", Some("none"))], "checksum", is_bad).await;
    assert_eq!(stage.events(), []);
    assert_eq!(*stage.fleet.device("yard-unit-0007").expect("registered").settings, DeviceSettings::default());
}

#[tokio::test]
async fn another_device_begins_without_settings() {
    let stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let tracker = stage.register(&session, "yard-unit-0007").await;
    let set = edits(&[("checksum", Some("warn"))]);
    stage.fleet.change_device_settings(Keeper::Master(&session), tracker.id, set).await.expect("changed");
    stage.fleet.note_connected(vec![tracker.source.source]).await.expect("noted");
    let NewTracker { model, plugin, device_id, .. } = ngp("yard-unit-0008");
    stage.fleet.replace_device(&session, tracker.id, NewDevice { model, plugin, device_id }).await.expect("replaced");
    let device = stage.fleet.device("yard-unit-0008").expect("registered");
    assert_eq!((device.source, &*device.settings), (tracker.source.source, &DeviceSettings::default()));
}

#[tokio::test]
async fn only_who_keeps_the_tracker_sees_and_changes_them() {
    let stage = Stage::new().await;
    let (ann, bo) = (stage.user("ann@example.com").await, stage.user("bo@example.com").await);
    let (session, other) = (stage.session(ann, at(1)).await, stage.session(bo, at(1)).await);
    let tracker = stage.register(&session, "yard-unit-0007").await;
    let subuser = stage.subuser(&session, "cy@example.com").await;
    let check = async |keeper: Keeper<'_>, expected: OfficeError| {
        let expected = DeviceSettingsError::Kept(expected);
        assert_eq!(stage.fleet.device_settings(keeper, tracker.id), Err(expected.clone()));
        let set = edits(&[("checksum", Some("warn"))]);
        assert_eq!(stage.fleet.change_device_settings(keeper, tracker.id, set).await, Err(expected));
    };
    check(Keeper::Master(&other), OfficeError::NotFound).await;
    check(Keeper::Master(&subuser), OfficeError::NotPermitted).await;
    stage.fleet.set_source_blocked(&stage.panel, tracker.id, true).await.expect("blocked");
    check(Keeper::Master(&session), OfficeError::Blocked).await;
    assert!(stage.fleet.device_settings(Keeper::Panel(&stage.panel), tracker.id).is_ok(), "an administrator may");
    let edit = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    stage.fleet.update_tracker(&stage.panel, tracker.id, edit).await.expect("hidden");
    check(Keeper::Master(&session), OfficeError::NotFound).await;
}
