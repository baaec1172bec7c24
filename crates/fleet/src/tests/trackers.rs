use model::{SourceId, TrackerId};

use super::{Stage, at, cheap, ngp};
use crate::{
    Access, CorruptError, DeviceIdProblem, FIRST_SOURCE, FIRST_TRACKER, FleetEvent, FleetOptions, NewTracker, Problem,
    RegisterError, TrackerEdit, TrackerError, TrackerOrder, TrackerQuery,
};

#[tokio::test]
async fn registering_makes_a_source_and_a_tracker() {
    let stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let session = stage.session(user, at(1)).await;
    stage.events();
    let tracker = stage.register(&session, "yard-unit-0007").await;
    assert_eq!((tracker.id, tracker.source.source), (FIRST_TRACKER, FIRST_SOURCE));
    assert_eq!((tracker.label.as_str(), tracker.user, tracker.created), ("Van yard-unit-0007", user, at(1)));
    let (source, tracker_id) = (tracker.source.source, tracker.id);
    let added = FleetEvent::TrackerAdded { tracker: tracker_id, source, user };
    assert_eq!(stage.events(), [FleetEvent::SourceAdded(tracker.source.clone()), added]);
    let device = stage.fleet.device("yard-unit-0007").expect("registered");
    assert_eq!((device.source, device.model.code), (source, "navixy_ngp"));
    assert_eq!(stage.fleet.device("Yard-unit-0007"), None);
    assert_eq!(stage.fleet.source(source), Some(tracker.source.clone()));
    assert_eq!(*tracker.source.settings, device.model.settings());
    let second = stage.register(&session, "yard-unit-0008").await;
    assert_eq!((second.id.0, second.source.source.0), (FIRST_TRACKER.0 + 1, FIRST_SOURCE.0 + 1));
    assert_eq!(stage.fleet.trackers(&session), [tracker, second]);
}

#[tokio::test]
async fn registering_is_refused_for_its_reasons() {
    let stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    stage.register(&session, "yard-unit-0007").await;
    stage.events();
    let check = async |change: fn(&mut NewTracker), expected: RegisterError| {
        let mut new = ngp("yard-unit-0008");
        change(&mut new);
        assert_eq!(stage.fleet.register_tracker(&session, new, at(2)).await, Err(expected));
    };
    check(|n| n.label = "<b>".into(), RegisterError::BadLabel(Problem::Character)).await;
    check(|n| n.model = "unheard_of".into(), RegisterError::UnknownModel).await;
    check(|n| n.plugin = 1, RegisterError::UnknownPlugin).await;
    check(|n| n.plugin = 37, RegisterError::WrongActivationCode).await;
    check(|n| n.device_id = None, RegisterError::BadDeviceId(DeviceIdProblem::Missing)).await;
    check(|n| n.group = 5, RegisterError::UnknownGroup).await;
    check(|n| n.device_id = Some("yard-unit-0007".into()), RegisterError::DeviceIdInUse).await;
    let another_model = |n: &mut NewTracker| {
        (n.model, n.device_id) = ("osmand".into(), Some("yard-unit-0007".into()));
    };
    check(another_model, RegisterError::DeviceIdInUse).await;
    assert_eq!(stage.events(), []);
    assert_eq!(stage.fleet.trackers(&session).len(), 1);
}

#[tokio::test]
async fn a_phone_gets_an_id_of_the_servers() {
    let stage = Stage::new().await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let phone = NewTracker {
        label: "Phone".into(),
        group: 0,
        model: "mobile_unknown_xgps".into(),
        plugin: 35,
        device_id: Some("ignored".into()),
    };
    let a = stage.fleet.register_tracker(&session, phone.clone(), at(1)).await.expect("registered");
    let b = stage.fleet.register_tracker(&session, phone, at(1)).await.expect("registered");
    assert_eq!(a.source.device.as_str().len(), 16);
    assert_ne!(a.source.device, b.source.device);
    assert_eq!(stage.fleet.device("ignored"), None);
}

#[tokio::test]
async fn trackers_are_limited() {
    let stage = Stage::with(FleetOptions { trackers_max: 1, ..cheap() }).await;
    let session = stage.session(stage.user("ann@example.com").await, at(1)).await;
    stage.register(&session, "yard-unit-0007").await;
    let second = stage.fleet.register_tracker(&session, ngp("yard-unit-0008"), at(2)).await;
    assert_eq!(second, Err(RegisterError::TooManyTrackers));
}

#[tokio::test]
async fn a_session_sees_its_users_trackers_only() {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(1)).await;
    let van = stage.register(&ann, "yard-unit-0007").await;
    let source = van.source.source;
    let access = |session, id| stage.fleet.access(session, id);
    assert_eq!(access(&ann, van.id), Access::Normal(source));
    assert_eq!(access(&bob, van.id), Access::Unknown);
    assert_eq!(access(&ann, TrackerId(source.0)), Access::Unknown);
    assert_eq!(access(&ann, TrackerId(0)), Access::Unknown);
    assert_eq!(stage.fleet.tracker(&bob, van.id), None);
    assert_eq!(stage.fleet.trackers(&bob), []);
    assert_eq!(stage.fleet.corrupt_tracker(&bob, van.id).await, Err(CorruptError::NotFound));

    stage.fleet.set_source_blocked(&stage.panel, van.id, true).await.expect("blocked");
    assert_eq!(access(&ann, van.id), Access::Blocked(source));
    assert_eq!(stage.fleet.trackers(&ann).len(), 1);
    assert!(stage.fleet.tracker(&ann, van.id).is_some_and(|t| t.source.blocked));

    let hide = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    stage.fleet.update_tracker(&stage.panel, van.id, hide).await.expect("hidden");
    assert_eq!(access(&ann, van.id), Access::Unknown);
    assert_eq!((stage.fleet.trackers(&ann), stage.fleet.tracker(&ann, van.id)), (vec![], None));
    assert!(stage.fleet.owned_tracker(&ann, van.id).is_some_and(|t| t.hidden));
    assert_eq!(stage.fleet.owned_tracker(&bob, van.id), None);
}

#[tokio::test]
async fn a_user_removes_a_tracker_until_its_device_makes_contact() {
    let mut stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let ann = stage.session(user, at(1)).await;
    let (a, b, c) = (
        stage.register(&ann, "yard-unit-a").await,
        stage.register(&ann, "yard-unit-b").await,
        stage.register(&ann, "yard-unit-c").await,
    );
    stage.fleet.note_connected(vec![b.source.source]).await.expect("noted");
    stage.fleet.note_connected(vec![b.source.source]).await.expect("noted");
    stage.fleet.note_connected(vec![SourceId(5)]).await.expect("passed over");
    stage.fleet.set_source_blocked(&stage.panel, c.id, true).await.expect("blocked");
    stage.events();
    let corrupt = async |id| stage.fleet.corrupt_tracker(&ann, id).await;
    assert_eq!(corrupt(a.id).await, Ok(()));
    let (tracker, source) = (a.id, a.source.source);
    assert_eq!(
        stage.events(),
        [FleetEvent::SourceRemoved(source), FleetEvent::TrackerRemoved { tracker, source, user }]
    );
    assert_eq!(corrupt(a.id).await, Err(CorruptError::AlreadyCorrupted));
    assert_eq!(corrupt(b.id).await, Err(CorruptError::AlreadyConnected));
    assert_eq!(corrupt(c.id).await, Err(CorruptError::Blocked));
    assert_eq!(corrupt(TrackerId(7)).await, Err(CorruptError::NotFound));
    assert_eq!(stage.events(), []);

    stage.reopen(at(2)).await;
    let corrupt = async |id| stage.fleet.corrupt_tracker(&ann, id).await;
    assert_eq!(corrupt(b.id).await, Err(CorruptError::AlreadyConnected));
    assert_eq!((stage.fleet.device("yard-unit-a"), stage.fleet.source(a.source.source)), (None, None));
    assert!(stage.fleet.owned_tracker(&ann, a.id).is_some_and(|t| t.corrupted));
    // The device is free; ids are not given again.
    let again = stage.register(&ann, "yard-unit-a").await;
    assert_eq!((again.id.0, again.source.source.0), (c.id.0 + 1, c.source.source.0 + 1));
}

#[tokio::test]
async fn blocking_is_told_once() {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let van = stage.register(&ann, "yard-unit-0007").await;
    stage.events();
    let source = van.source.source;
    for (blocked, is_told) in [(true, true), (true, false), (false, true), (false, false)] {
        stage.fleet.set_source_blocked(&stage.panel, van.id, blocked).await.expect("set");
        let expected = is_told.then_some(FleetEvent::SourceBlocked { source, blocked });
        assert_eq!(stage.events(), Vec::from_iter(expected));
        assert_eq!(stage.fleet.source(source).map(|s| s.blocked), Some(blocked));
    }
    let nowhere = stage.fleet.set_source_blocked(&stage.panel, TrackerId(7), true).await;
    assert_eq!(nowhere, Err(TrackerError::NotFound));
}

#[tokio::test]
async fn hiding_can_be_undone_and_removing_cannot() {
    let stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let ann = stage.session(user, at(1)).await;
    let van = stage.register(&ann, "yard-unit-0007").await;
    stage.events();
    let (tracker, source) = (van.id, van.source.source);
    let hide = async |hidden: bool| {
        let edit = TrackerEdit { hidden: Some(hidden), ..TrackerEdit::default() };
        stage.fleet.update_tracker(&stage.panel, van.id, edit).await
    };
    assert_eq!((hide(true).await, hide(true).await), (Ok(()), Ok(())));
    assert_eq!(stage.events(), [FleetEvent::TrackerRemoved { tracker, source, user }]);
    // The device goes on reporting meanwhile.
    assert!(stage.fleet.device("yard-unit-0007").is_some() && stage.fleet.sources().len() == 1);
    assert_eq!((hide(false).await, hide(false).await), (Ok(()), Ok(())));
    assert_eq!(stage.events(), [FleetEvent::TrackerAdded { tracker, source, user }]);
    assert_eq!(stage.fleet.access(&ann, van.id), Access::Normal(source));

    hide(true).await.expect("hidden");
    stage.events();
    stage.fleet.note_connected(vec![source]).await.expect("noted");
    stage.fleet.panel_corrupt_tracker(&stage.panel, van.id, true).await.expect("removed");
    assert_eq!(stage.events(), [FleetEvent::SourceRemoved(source)], "its owner was told before");
    assert_eq!(hide(false).await, Err(TrackerError::Corrupted));
    let again = stage.fleet.panel_corrupt_tracker(&stage.panel, van.id, true).await;
    assert_eq!(again, Err(TrackerError::Corrupted));
    assert_eq!(stage.fleet.sources(), []);
}

#[tokio::test]
async fn the_panel_changes_label_and_remark() {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let van = stage.register(&ann, "yard-unit-0007").await;
    let update = async |edit| stage.fleet.update_tracker(&stage.panel, van.id, edit).await;
    let named = TrackerEdit { label: Some("Lorry".into()), ..TrackerEdit::default() };
    assert_eq!(update(named).await, Ok(()));
    assert_eq!(update(TrackerEdit { comment: Some("new\ntyres".into()), ..TrackerEdit::default() }).await, Ok(()));
    let seen = stage.fleet.tracker(&ann, van.id).expect("visible");
    assert_eq!((seen.label.as_str(), seen.comment.as_str()), ("Lorry", "new\ntyres"));
    let nameless = TrackerEdit { label: Some(" ".into()), ..TrackerEdit::default() };
    assert!(matches!(update(nameless).await, Err(TrackerError::Invalid(_))));
    let endless = TrackerEdit { comment: Some("x".repeat(3_001)), ..TrackerEdit::default() };
    assert!(matches!(update(endless).await, Err(TrackerError::Invalid(_))));
}

#[tokio::test]
async fn the_panel_lists_trackers() {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let bob_id = stage.user("bob@example.com").await;
    let bob = stage.session(bob_id, at(1)).await;
    let a = stage.register(&ann, "yard-unit-c").await;
    let b = stage.register(&bob, "yard-unit-a").await;
    let c = stage.register(&ann, "yard-unit-b").await;
    let gone = stage.register(&ann, "yard-unit-d").await;
    stage.fleet.corrupt_tracker(&ann, gone.id).await.expect("removed");
    let hide = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    stage.fleet.update_tracker(&stage.panel, c.id, hide).await.expect("hidden");
    let check = |query: TrackerQuery, expected: &[TrackerId]| {
        let page = stage.fleet.list_trackers(&stage.panel, &query);
        let found: Vec<_> = page.items.iter().map(|t| t.tracker.id).collect();
        assert_eq!((found.as_slice(), page.count), (expected, expected.len()), "{query:?}");
    };
    let all = TrackerQuery::default();
    check(all.clone(), &[a.id, b.id, c.id]);
    check(TrackerQuery { order_by: TrackerOrder::DeviceId, ..all.clone() }, &[b.id, c.id, a.id]);
    check(TrackerQuery { user: Some(bob_id), ..all.clone() }, &[b.id]);
    check(TrackerQuery { order_by: TrackerOrder::User, ..all.clone() }, &[a.id, c.id, b.id]);
    let remark = TrackerEdit { comment: Some("Zebra".into()), ..TrackerEdit::default() };
    stage.fleet.update_tracker(&stage.panel, a.id, remark).await.expect("changed");
    check(TrackerQuery { order_by: TrackerOrder::Comment, ..all.clone() }, &[b.id, c.id, a.id]);
    check(TrackerQuery { filter: Some(b.source.source.to_string()), ..all.clone() }, &[b.id]);
    check(TrackerQuery { filter: Some(bob_id.to_string()), ..all.clone() }, &[b.id]);
    check(TrackerQuery { filter: Some("UNIT-B".into()), ..all.clone() }, &[c.id]);
    check(TrackerQuery { filter: Some("nothing".into()), ..all }, &[]);
    assert_eq!(stage.fleet.panel_tracker(&stage.panel, b.id).map(|t| t.owner.id), Ok(bob_id));
    assert_eq!(stage.fleet.panel_tracker(&stage.panel, gone.id), Err(TrackerError::Corrupted));
    assert_eq!(stage.fleet.trackers_count(ann.user), 2);
}
