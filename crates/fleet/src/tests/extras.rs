use model::TrackerId;

use super::{Stage, at, cheap};
use crate::{EntityError, Field, FleetOptions, Invalid, Preset, Problem, Rights, Session, TagBinding};

fn preset(name: &str) -> Preset {
    Preset { id: 0, name: name.into(), text: "getver".into(), reliable: true }
}

fn bindings(pairs: &[(u32, u8)]) -> Vec<TagBinding> {
    pairs.iter().map(|(tag, ordinal)| TagBinding { tag: *tag, ordinal: *ordinal }).collect()
}

#[tokio::test]
async fn tags_are_put_on_trackers_and_come_off_with_them() {
    let mut stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    let truck = stage.register(&session, "truck-00001").await;
    let cold = stage.fleet.create_tag(&session, "Cold".into(), "1E90FF".into()).await.expect("made");
    let far = stage.fleet.create_tag(&session, "Far".into(), "000000".into()).await.expect("made");
    stage.fleet.set_tags(&session, van.id, bindings(&[(far, 5), (cold, 1)])).await.expect("set");
    stage.fleet.set_tags(&session, truck.id, bindings(&[(cold, 2)])).await.expect("set");
    stage.fleet.update_tag(&session, far, "Farther".into(), "ffffff".into()).await.expect("updated");
    stage.reopen(at(1)).await;
    let names: Vec<_> = stage.fleet.tags(&session).iter().map(|t| (t.id, t.name.clone())).collect();
    assert_eq!(names, [(cold, "Cold".to_owned()), (far, "Farther".to_owned())]);
    assert_eq!(stage.fleet.tags_on(van.id), bindings(&[(cold, 1), (far, 5)]));
    let found = |tags: &[u32]| stage.fleet.tagged_trackers(&session, tags).iter().map(|t| t.id).collect::<Vec<_>>();
    assert_eq!(found(&[cold]), [van.id, truck.id]);
    assert_eq!(found(&[cold, far]), [van.id]);
    assert_eq!(found(&[99]), []);
    assert_eq!(stage.fleet.delete_tags(&session, vec![cold, 99]).await, Ok(1));
    stage.reopen(at(2)).await;
    assert_eq!(stage.fleet.tags_on(van.id), bindings(&[(far, 5)]));
    assert_eq!(stage.fleet.tags_on(truck.id), []);
    let next = stage.fleet.create_tag(&session, "Cold".into(), "1E90FF".into()).await.expect("made");
    assert!(next > far, "an id is not given twice");
}

#[tokio::test]
async fn wrong_tags_are_refused() {
    let stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    let other = stage.user("b@example.com").await;
    let other = stage.session(other, at(0)).await;
    let mine = stage.fleet.create_tag(&session, "Cold".into(), "1E90FF".into()).await.expect("made");
    let foreign = stage.fleet.create_tag(&other, "Cold".into(), "1E90FF".into()).await.expect("made");
    let check = async |pairs: &[(u32, u8)], problem: Problem| {
        let set = stage.fleet.set_tags(&session, van.id, bindings(pairs)).await;
        assert_eq!(set, Err(EntityError::Invalid(Invalid { field: Field::TagBindings, problem })), "{pairs:?}");
    };
    check(&[(mine, 0)], Problem::OutOfRange { min: 1, max: 5 }).await;
    check(&[(mine, 6)], Problem::OutOfRange { min: 1, max: 5 }).await;
    check(&[(mine, 1), (mine, 2)], Problem::Repeated).await;
    check(&[(mine, 1), (foreign, 1)], Problem::Repeated).await;
    check(&[(foreign, 1)], Problem::Dangling).await;
    let missing = Err(EntityError::NotFound);
    assert_eq!(stage.fleet.set_tags(&other, van.id, vec![]).await, missing);
    assert_eq!(stage.fleet.update_tag(&other, mine, "Mine".into(), "000000".into()).await, missing);
    assert_eq!(stage.fleet.delete_tags(&other, vec![mine]).await, Ok(0));
    let made = stage.fleet.create_tag(&session, " ".into(), "000000".into()).await;
    assert_eq!(made, Err(EntityError::Invalid(Invalid { field: Field::Name, problem: Problem::Blank })));
}

#[tokio::test]
async fn outputs_have_titles() {
    let mut stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    stage.fleet.set_output_title(&session, van.id, 8, "Siren".into()).await.expect("set");
    stage.reopen(at(1)).await;
    let titles = stage.fleet.output_titles(&van);
    assert_eq!((titles.len(), titles[0].clone(), titles[7].as_deref()), (8, None, Some("Siren")));
    let range = Invalid { field: Field::OutputNumber, problem: Problem::OutOfRange { min: 1, max: 8 } };
    for number in [0, 9] {
        let set = stage.fleet.set_output_title(&session, van.id, number, "Siren".into()).await;
        assert_eq!(set, Err(EntityError::Invalid(range)), "{number}");
    }
    let set = stage.fleet.set_output_title(&session, TrackerId(1), 1, "Siren".into()).await;
    assert_eq!(set, Err(EntityError::NotFound));
    stage.fleet.set_source_blocked(&stage.panel, van.id, true).await.expect("blocked");
    let set = stage.fleet.set_output_title(&session, van.id, 1, "Siren".into()).await;
    assert_eq!(set, Err(EntityError::Blocked));
}

#[tokio::test]
async fn commands_are_kept_ready() {
    let mut stage = Stage::with(FleetOptions { commands_per_tracker_max: 2, ..cheap() }).await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    let first = stage.fleet.create_preset(&session, van.id, preset("Version")).await.expect("made");
    let second = stage.fleet.create_preset(&session, van.id, preset("Reset")).await.expect("made");
    assert_eq!(stage.fleet.create_preset(&session, van.id, preset("More")).await, Err(EntityError::TooMany));
    let renamed = Preset { id: first, text: "getinfo".into(), ..preset("Info") };
    stage.fleet.update_preset(&session, van.id, renamed.clone()).await.expect("updated");
    stage.fleet.delete_preset(&session, van.id, second).await.expect("deleted");
    stage.reopen(at(1)).await;
    assert_eq!(stage.fleet.presets(van.id), [renamed]);
    let third = stage.fleet.create_preset(&session, van.id, preset("Reset")).await.expect("made");
    assert!(third > second, "an id is not given twice");
    assert_eq!(stage.fleet.delete_preset(&session, van.id, second).await, Err(EntityError::NotFound));
    let gone = Preset { id: second, ..preset("Reset") };
    assert_eq!(stage.fleet.update_preset(&session, van.id, gone).await, Err(EntityError::NotFound));
    for (wrong, field, problem) in [
        (Preset { name: "".into(), ..preset("A") }, Field::Name, Problem::Blank),
        (Preset { text: "".into(), ..preset("A") }, Field::Command, Problem::Blank),
        (Preset { text: "x".repeat(4_097), ..preset("A") }, Field::Command, Problem::TooLong { chars_max: 4_096 }),
    ] {
        let made = stage.fleet.create_preset(&session, van.id, wrong).await;
        assert_eq!(made, Err(EntityError::Invalid(Invalid { field, problem })));
    }
    stage.fleet.corrupt_tracker(&session, van.id).await.expect("removed");
    stage.reopen(at(2)).await;
    assert_eq!(stage.fleet.presets(van.id), []);
}

#[tokio::test]
async fn a_removed_user_leaves_room_for_what_others_make() {
    let stage = Stage::with(FleetOptions { entities_max: 1, ..cheap() }).await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(1)).await;
    let make = async |session: &Session| {
        let color = || "00ff00".to_owned();
        let group = stage.fleet.create_group(session, "A".into(), color()).await.is_ok();
        let tag = stage.fleet.create_tag(session, "A".into(), color()).await.is_ok();
        let rights = stage.fleet.create_security_group(session, "A".into(), Rights::NONE).await.is_ok();
        [group, tag, rights]
    };
    assert_eq!(make(&ann).await, [true; 3]);
    assert_eq!(make(&bob).await, [false; 3]);
    stage.fleet.corrupt_user(&stage.panel, ann.user, "ann@example.com", true, at(2)).await.expect("removed");
    assert_eq!(make(&bob).await, [true; 3]);
}
