use std::sync::Arc;

use model::{DeviceId, UserId};

use super::{Stage, at, cheap};
use crate::{
    AdoptError, Adoption, DeviceIdProblem, FleetEvent, FleetOptions, Problem, RegisterError, UserEdit, UserError,
};

fn id(text: &str) -> DeviceId {
    DeviceId::new(text).expect("valid")
}

const IMEI: &str = "350000000000014";

#[tokio::test]
async fn nobody_adopts_until_an_administrator_says_who() {
    let mut stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    assert_eq!(stage.fleet.adoption(), None);
    assert_eq!(stage.fleet.adopt(&id(IMEI), "gt06", at(2)).await, Err(AdoptError::NotWanted));
    let adoption = Adoption::new(user, vec!["gt06".into()]);
    stage.fleet.set_adoption(&stage.panel, Some(adoption.clone())).await.expect("set");
    stage.events();
    assert_eq!(stage.fleet.adopt(&id(IMEI), "h02", at(2)).await, Err(AdoptError::NotWanted), "another protocol");
    assert_eq!(stage.fleet.adopt(&id(IMEI), "gt06", at(3)).await, Ok(()));
    let session = stage.session(user, at(3)).await;
    let trackers = stage.fleet.trackers(&session);
    let [tracker] = &trackers[..] else { panic!("{trackers:?}") };
    assert_eq!((&*tracker.label, tracker.created, tracker.source.model.code), (IMEI, at(3), "gt06"));
    let added = FleetEvent::TrackerAdded { tracker: tracker.id, source: tracker.source.source, user };
    assert_eq!(stage.events(), [FleetEvent::SourceAdded(tracker.source.clone()), added]);
    stage.reopen(at(4)).await;
    assert_eq!(stage.fleet.adoption().as_deref(), Some(&adoption));
    assert_eq!(stage.fleet.panel_adoption(&stage.panel).as_deref(), Some(&adoption));
    stage.fleet.set_adoption(&stage.panel, None).await.expect("set");
    stage.fleet.set_adoption(&stage.panel, None).await.expect("nothing to do");
    stage.reopen(at(5)).await;
    assert_eq!(stage.fleet.adoption(), None);
}

#[tokio::test]
async fn a_device_that_knocks_often_at_once_is_one_tracker() {
    let stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    stage.fleet.set_adoption(&stage.panel, Some(Adoption::new(user, Vec::new()))).await.expect("set");
    let mut knocks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let fleet = Arc::clone(&stage.fleet);
        knocks.spawn(async move { fleet.adopt(&id(IMEI), "teltonika", at(2)).await });
    }
    assert_eq!(knocks.join_all().await, vec![Ok(()); 20]);
    let session = stage.session(user, at(3)).await;
    assert_eq!(stage.fleet.trackers(&session).len(), 1);
}

#[tokio::test]
async fn not_every_device_can_be_adopted() {
    let stage = Stage::with(FleetOptions { trackers_max: 1, ..cheap() }).await;
    let user = stage.user("ann@example.com").await;
    stage.fleet.set_adoption(&stage.panel, Some(Adoption::new(user, Vec::new()))).await.expect("set");
    let check = async |device: &str, protocol: &str, expected: RegisterError| {
        let found = stage.fleet.adopt(&id(device), protocol, at(2)).await;
        assert_eq!(found, Err(AdoptError::Register(expected)), "{device} {protocol}");
    };
    check("350", "gt06", RegisterError::BadDeviceId(DeviceIdProblem::Imei)).await;
    check(IMEI, "morse", RegisterError::UnknownModel).await;
    assert_eq!(stage.fleet.adopt(&id("<b>7</b>"), "osmand", at(2)).await, Ok(()));
    check(IMEI, "gt06", RegisterError::TooManyTrackers).await;
    let session = stage.session(user, at(3)).await;
    assert_eq!(stage.fleet.trackers(&session)[0].label, "b7/b", "a name without what no name has");
    let deactivate = |edit: &mut UserEdit| edit.activated = false;
    stage.fleet.update_user(&stage.panel, user, deactivate, at(3)).await.expect("changed");
    assert_eq!(stage.fleet.adopt(&id(IMEI), "gt06", at(4)).await, Err(AdoptError::UnknownUser), "who may not log in");
}

#[tokio::test]
async fn only_a_master_user_adopts() {
    let stage = Stage::new().await;
    let master = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let subuser = stage.subuser(&master, "bo@example.com").await;
    for user in [subuser.user, UserId(4_711)] {
        let set = stage.fleet.set_adoption(&stage.panel, Some(Adoption::new(user, Vec::new()))).await;
        assert_eq!(set, Err(UserError::NotFound), "{user}");
    }
    assert_eq!(stage.fleet.adoption(), None);
}

#[tokio::test]
async fn an_administrator_registers_for_a_user() {
    let stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let register = async |user, model: &str, device: &str, label: Option<&str>| {
        stage.fleet.register_for(&stage.panel, user, model, device, label.map(str::to_owned), at(2)).await
    };
    let tracker = register(user, "h02", "4210050014", Some("Van 7")).await.expect("registered");
    assert_eq!((&*tracker.label, tracker.user, tracker.source.device.as_str()), ("Van 7", user, "4210050014"));
    let second = register(user, "jt808", "13912345678", None).await.expect("registered");
    assert_eq!(second.label, "13912345678");
    let check = async |user, model: &str, device: &str, label: Option<&str>, expected: AdoptError| {
        assert_eq!(register(user, model, device, label).await, Err(expected), "{user} {model} {device} {label:?}");
    };
    let refused = AdoptError::Register;
    check(UserId(4_711), "h02", "4210050015", None, AdoptError::UnknownUser).await;
    check(user, "h02", "4210050014", None, refused(RegisterError::DeviceIdInUse)).await;
    check(user, "h02", "4210050015", Some(" "), refused(RegisterError::BadLabel(Problem::Blank))).await;
    check(user, "mobile_unknown_xgps", "x", None, refused(RegisterError::UnknownModel)).await;
    check(user, "gt06", "7", None, refused(RegisterError::BadDeviceId(DeviceIdProblem::Imei))).await;
}
