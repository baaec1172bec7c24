use model::TrackerId;

use super::{Stage, at, ngp};
use crate::{EntityError, Field, Invalid, NewTracker, Problem, RegisterError};

#[tokio::test]
async fn a_group_holds_trackers_until_it_is_deleted() {
    let mut stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    let van = stage.register(&session, "van-000001").await;
    let group = stage.fleet.create_group(&session, "North".into(), "1E90FF".into()).await.expect("made");
    stage.fleet.assign_group(&session, group, vec![van.id]).await.expect("assigned");
    stage.fleet.update_group(&session, group, "South".into(), "000000".into()).await.expect("renamed");
    stage.reopen(at(1)).await;
    let listed = stage.fleet.groups(&session);
    assert_eq!(listed.iter().map(|g| (g.id, &*g.title)).collect::<Vec<_>>(), [(group, "South")]);
    assert_eq!(stage.fleet.tracker(&session, van.id).map(|t| t.group), Some(group));
    stage.fleet.delete_group(&session, group).await.expect("deleted");
    stage.reopen(at(2)).await;
    assert_eq!(stage.fleet.tracker(&session, van.id).map(|t| t.group), Some(0));
    let next = stage.fleet.create_group(&session, "East".into(), "ffffff".into()).await.expect("made");
    assert!(next > group, "an id is not given twice");
}

#[tokio::test]
async fn groups_are_their_owners_alone() {
    let stage = Stage::new().await;
    let owner = stage.user("a@example.com").await;
    let owner = stage.session(owner, at(0)).await;
    let other = stage.user("b@example.com").await;
    let other = stage.session(other, at(0)).await;
    let group = stage.fleet.create_group(&owner, "North".into(), "1E90FF".into()).await.expect("made");
    let foreign = stage.register(&other, "van-000002").await;
    assert!(stage.fleet.groups(&other).is_empty());
    let update = stage.fleet.update_group(&other, group, "Mine".into(), "000000".into()).await;
    assert_eq!(update, Err(EntityError::NotFound));
    assert_eq!(stage.fleet.delete_group(&other, group).await, Err(EntityError::NotFound));
    assert_eq!(stage.fleet.assign_group(&other, group, vec![foreign.id]).await, Err(EntityError::NotFound));
    for tracker in [foreign.id, TrackerId(1)] {
        let assigned = stage.fleet.assign_group(&owner, group, vec![tracker]).await;
        assert_eq!(assigned, Err(EntityError::UnknownTracker));
    }
    let registered = stage.fleet.register_tracker(&other, NewTracker { group, ..ngp("van-000003") }, at(0)).await;
    assert_eq!(registered.err(), Some(RegisterError::UnknownGroup));
}

#[tokio::test]
async fn titles_and_colours_are_checked() {
    let stage = Stage::new().await;
    let user = stage.user("a@example.com").await;
    let session = stage.session(user, at(0)).await;
    for (title, color, field, problem) in [
        (" ", "000000", Field::Title, Problem::Blank),
        ("a\u{7}", "000000", Field::Title, Problem::Character),
        ("North", "red", Field::Color, Problem::Form),
        ("North", "00000g", Field::Color, Problem::Form),
    ] {
        let made = stage.fleet.create_group(&session, title.into(), color.into()).await;
        assert_eq!(made, Err(EntityError::Invalid(Invalid { field, problem })), "{title} {color}");
    }
}
