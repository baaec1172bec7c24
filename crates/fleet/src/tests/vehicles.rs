use std::sync::Arc;

use model::{TrackerId, UserId};

use super::{Stage, at};
use crate::{
    Existing, FIRST_VEHICLE, Field, Invalid, Keeper, OfficeError, Problem, Session, Tracker, TrackerEdit, Vehicle,
    VehicleEdit,
};

/// Two masters, one of them with a tracker.
struct Cast {
    stage: Stage,
    ann: Session,
    bob: Session,
    van: Arc<Tracker>,
}

fn golf() -> VehicleEdit {
    VehicleEdit { plate: "AA-01-BB".into(), brand: "VW".into(), model: "Golf".into() }
}

fn texts(vehicle: &Vehicle) -> [&str; 3] {
    [&vehicle.plate, &vehicle.brand, &vehicle.model]
}

impl Cast {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
        let bob = stage.session(stage.user("bob@example.com").await, at(0)).await;
        let van = stage.register(&ann, "yard-unit-a").await;
        Self { stage, ann, bob, van }
    }

    fn of(&self, tracker: TrackerId) -> Option<Arc<Vehicle>> {
        self.stage.fleet.vehicle_of(tracker)
    }

    async fn set(&self, tracker: TrackerId, edit: VehicleEdit) -> Result<u32, OfficeError> {
        self.stage.fleet.set_vehicle(Keeper::Master(&self.ann), tracker, edit).await
    }
}

#[tokio::test]
async fn each_new_tracker_has_a_vehicle_of_its_own() {
    let mut cast = Cast::new().await;
    let van = cast.of(cast.van.id).expect("made");
    assert_eq!((van.id, van.tracker(), texts(&van)), (FIRST_VEHICLE, cast.van.id, ["", "", ""]));
    let other = cast.stage.register(&cast.ann, "yard-unit-b").await.id;
    let (panel, bob) = (cast.stage.panel, cast.bob.user);
    let clone = cast.stage.fleet.clone_tracker(&panel, cast.van.id, bob, "Theirs".into(), at(2)).await.expect("cloned");
    let third = cast.stage.register(&cast.ann, "yard-unit-c").await.id;
    let both = vec![other, third];
    let cloned = cast.stage.fleet.clone_trackers(&panel, both, bob, Existing::Refuse, at(2)).await.expect("cloned");
    let all: Vec<_> = [cast.van.id, other, clone, third].into_iter().chain(cloned.clones).collect();
    let ids: Vec<_> = all.iter().map(|id| cast.of(*id).expect("made").id).collect();
    assert_eq!(ids, (FIRST_VEHICLE..).take(all.len()).collect::<Vec<_>>());
    assert_eq!(cast.set(other, golf()).await, Ok(ids[1]));
    cast.stage.reopen(at(3)).await;
    assert_eq!(all.iter().map(|id| cast.of(*id).expect("kept").id).collect::<Vec<_>>(), ids);
    assert_eq!(texts(&cast.of(other).expect("kept")), ["AA-01-BB", "VW", "Golf"]);
    assert_eq!(cast.of(TrackerId(7)), None);
}

#[tokio::test]
async fn a_vehicle_goes_with_its_tracker_and_along_with_one_that_is_moved() {
    let mut cast = Cast::new().await;
    let id = cast.set(cast.van.id, golf()).await.expect("set");
    let panel = cast.stage.panel;
    let moved = cast.stage.fleet.move_tracker(&panel, cast.van.id, cast.bob.user, at(2)).await.expect("moved");
    for s in [3, 4] {
        assert_eq!(cast.of(cast.van.id), None);
        let vehicle = cast.of(moved).expect("moved along");
        assert_eq!((vehicle.id, vehicle.tracker(), texts(&vehicle)), (id, moved, ["AA-01-BB", "VW", "Golf"]));
        cast.stage.reopen(at(s)).await;
    }
    cast.stage.fleet.panel_corrupt_tracker(&panel, moved, true).await.expect("removed");
    assert_eq!(cast.of(moved), None);
    cast.stage.reopen(at(5)).await;
    assert_eq!(cast.of(moved), None);
    let next = cast.stage.register(&cast.ann, "yard-unit-b").await.id;
    assert_eq!(cast.of(next).map(|v| v.id), Some(id + 1), "a number is not given again");
}

#[tokio::test]
async fn one_that_is_missing_can_be_made() {
    let cast = Cast::new().await;
    let (fleet, ann) = (&cast.stage.fleet, Keeper::Master(&cast.ann));
    assert_eq!(fleet.delete_vehicle(ann, cast.van.id).await, Ok(()));
    assert_eq!(cast.of(cast.van.id), None);
    assert_eq!(fleet.delete_vehicle(ann, cast.van.id).await, Err(OfficeError::NotFound));
    assert_eq!(fleet.vehicles(ann, cast.ann.user), Ok(vec![]));
    assert_eq!(cast.set(cast.van.id, golf()).await, Ok(FIRST_VEHICLE + 1));
    assert_eq!(fleet.vehicles(ann, cast.ann.user).map(|v| v.len()), Ok(1));
    // A tracker without one can be moved and removed like any other.
    fleet.delete_vehicle(ann, cast.van.id).await.expect("removed");
    let panel = cast.stage.panel;
    let moved = fleet.move_tracker(&panel, cast.van.id, cast.bob.user, at(2)).await.expect("moved");
    assert_eq!(cast.of(moved).map(|v| v.id), Some(FIRST_VEHICLE + 2));
}

#[tokio::test]
async fn vehicles_are_kept_by_who_has_the_say() {
    let cast = Cast::new().await;
    let (fleet, panel, van) = (&cast.stage.fleet, Keeper::Panel(&cast.stage.panel), cast.van.id);
    let sub = cast.stage.subuser(&cast.ann, "sub@example.com").await;
    fleet.bind_trackers(&cast.ann, sub.user, vec![van]).await.expect("bound");
    let check = async |keeper: Keeper<'_>, tracker: TrackerId, user: UserId, expected: OfficeError| {
        assert_eq!(fleet.set_vehicle(keeper, tracker, golf()).await, Err(expected.clone()));
        assert_eq!(fleet.delete_vehicle(keeper, tracker).await, Err(expected.clone()));
        assert_eq!(fleet.vehicles(keeper, user), Err(expected));
    };
    check(Keeper::Master(&cast.bob), van, cast.ann.user, OfficeError::NotFound).await;
    check(Keeper::Master(&sub), van, cast.ann.user, OfficeError::NotPermitted).await;
    check(Keeper::Master(&sub), van, sub.user, OfficeError::NotPermitted).await;
    check(panel, TrackerId(7), sub.user, OfficeError::NotFound).await;
    check(panel, TrackerId(7), UserId(7), OfficeError::NotFound).await;
    // A clone's is its owner's, and each sees its own.
    let clone = fleet.clone_tracker(&cast.stage.panel, van, cast.bob.user, "Theirs".into(), at(2)).await;
    let clone = clone.expect("cloned");
    let bobs = fleet.set_vehicle(Keeper::Master(&cast.bob), clone, golf()).await.expect("set");
    let listed = |keeper, user| fleet.vehicles(keeper, user).expect("listed").iter().map(|v| v.id).collect::<Vec<_>>();
    assert_eq!(listed(Keeper::Master(&cast.bob), cast.bob.user), [bobs]);
    assert_eq!(listed(panel, cast.bob.user), [bobs]);
    assert_eq!(texts(&cast.of(van).expect("there")), ["", "", ""]);
    // What an administrator hides it sees itself.
    let hidden = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    fleet.update_tracker(&cast.stage.panel, van, hidden).await.expect("hidden");
    assert_eq!(listed(panel, cast.ann.user).len(), 1);
    assert_eq!(listed(Keeper::Master(&cast.ann), cast.ann.user), [0; 0]);
    assert_eq!(cast.set(van, golf()).await, Err(OfficeError::NotFound));
    assert!(fleet.set_vehicle(panel, van, golf()).await.is_ok());
    fleet.update_user(&cast.stage.panel, cast.ann.user, |u| u.activated = false, at(3)).await.expect("changed");
    check(Keeper::Master(&cast.ann), van, cast.ann.user, OfficeError::NotPermitted).await;
}

#[tokio::test]
async fn texts_are_checked() {
    let cast = Cast::new().await;
    let check = async |change: fn(&mut VehicleEdit), field: Field, problem: Problem| {
        let mut edit = golf();
        change(&mut edit);
        assert_eq!(cast.set(cast.van.id, edit).await, Err(OfficeError::Invalid(Invalid { field, problem })));
    };
    check(|v| v.plate = "x".repeat(61), Field::Plate, Problem::TooLong { chars_max: 60 }).await;
    check(|v| v.brand = "a\nb".into(), Field::Brand, Problem::Character).await;
    check(|v| v.model = "\u{1}".into(), Field::VehicleModel, Problem::Character).await;
    assert!(cast.set(cast.van.id, VehicleEdit::default()).await.is_ok(), "empty is well");
}
