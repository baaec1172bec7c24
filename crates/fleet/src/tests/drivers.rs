use std::sync::Arc;

use model::{TrackerId, UserId};

use super::{Stage, at, cheap};
use crate::{DriverEdit, Field, FleetOptions, Invalid, Keeper, OfficeError, Problem, Session, Tracker, TrackerEdit};

/// A master with two trackers, and another without any.
struct Cast {
    stage: Stage,
    ann: Session,
    bob: Session,
    van: Arc<Tracker>,
    bike: Arc<Tracker>,
}

fn driver(name: &str, tracker: Option<TrackerId>) -> DriverEdit {
    DriverEdit { name: name.into(), card: "0000001993887010".into(), tracker }
}

impl Cast {
    async fn new() -> Self {
        Self::with(cheap()).await
    }

    async fn with(options: FleetOptions) -> Self {
        let stage = Stage::with(options).await;
        let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
        let bob = stage.session(stage.user("bob@example.com").await, at(0)).await;
        let van = stage.register(&ann, "yard-unit-a").await;
        let bike = stage.register(&ann, "yard-unit-b").await;
        Self { stage, ann, bob, van, bike }
    }

    async fn create(&self, edit: DriverEdit) -> Result<u32, OfficeError> {
        self.stage.fleet.create_driver(Keeper::Master(&self.ann), self.ann.user, edit).await
    }

    async fn update(&self, id: u32, edit: DriverEdit) -> Result<(), OfficeError> {
        self.stage.fleet.update_driver(Keeper::Master(&self.ann), id, edit).await
    }

    /// Name and tracker of each driver that a session sees.
    fn seen(&self, session: &Session) -> Vec<(String, Option<TrackerId>)> {
        self.stage.fleet.drivers(session).iter().map(|d| (d.name.clone(), d.tracker())).collect()
    }

    fn drives(&self, tracker: &Tracker) -> Option<String> {
        self.stage.fleet.driver_of(tracker.id).map(|driver| driver.name.clone())
    }
}

fn named(list: &[(&str, Option<TrackerId>)]) -> Vec<(String, Option<TrackerId>)> {
    list.iter().map(|(name, tracker)| ((*name).to_owned(), *tracker)).collect()
}

#[tokio::test]
async fn drivers_are_listed_changed_and_taken_off() {
    let mut cast = Cast::new().await;
    let (van, bike) = (cast.van.id, cast.bike.id);
    let bo = cast.create(driver("Bo", Some(van))).await.expect("made");
    let kim = cast.create(driver("Kim", None)).await.expect("made");
    assert_eq!((bo, kim), (1, 2));
    assert_eq!(cast.seen(&cast.ann), named(&[("Bo", Some(van)), ("Kim", None)]));
    assert_eq!(cast.update(kim, DriverEdit { card: String::new(), ..driver("Kim Ek", Some(bike)) }).await, Ok(()));
    for s in [2, 3] {
        assert_eq!((cast.drives(&cast.van), cast.drives(&cast.bike)), (Some("Bo".into()), Some("Kim Ek".into())));
        let cards: Vec<_> = cast.stage.fleet.drivers(&cast.ann).iter().map(|d| d.card.clone()).collect();
        assert_eq!(cards, ["0000001993887010", ""]);
        cast.stage.reopen(at(s)).await;
    }
    let ann = Keeper::Master(&cast.ann);
    assert_eq!(cast.stage.fleet.delete_driver(ann, kim).await, Ok(()));
    assert_eq!(cast.stage.fleet.delete_driver(ann, kim).await, Err(OfficeError::NotFound));
    assert_eq!(cast.update(kim, driver("Kim", None)).await, Err(OfficeError::NotFound));
    assert_eq!((cast.drives(&cast.van), cast.drives(&cast.bike)), (Some("Bo".into()), None));
    assert_eq!(cast.create(driver("Lee", None)).await, Ok(3), "an id is not given again");
}

#[tokio::test]
async fn a_tracker_has_one_driver_and_a_driver_one_tracker() {
    let mut cast = Cast::new().await;
    let (van, bike) = (cast.van.id, cast.bike.id);
    let bo = cast.create(driver("Bo", Some(van))).await.expect("made");
    cast.create(driver("Kim", Some(van))).await.expect("made");
    assert_eq!(cast.seen(&cast.ann), named(&[("Bo", None), ("Kim", Some(van))]));
    cast.update(bo, driver("Bo", Some(bike))).await.expect("changed");
    cast.update(bo, driver("Bo", Some(van))).await.expect("changed");
    for s in [2, 3] {
        assert_eq!(cast.seen(&cast.ann), named(&[("Bo", Some(van)), ("Kim", None)]));
        assert_eq!((cast.drives(&cast.van), cast.drives(&cast.bike)), (Some("Bo".into()), None));
        cast.stage.reopen(at(s)).await;
    }
    cast.update(bo, driver("Bo", Some(van))).await.expect("the same again is no change");
    assert_eq!(cast.drives(&cast.van), Some("Bo".into()));
}

#[tokio::test]
async fn a_sub_user_sees_the_drivers_of_what_it_sees() {
    let cast = Cast::new().await;
    let (van, bike) = (cast.van.id, cast.bike.id);
    for (name, tracker) in [("Bo", Some(van)), ("Kim", Some(bike)), ("Lee", None)] {
        cast.create(driver(name, tracker)).await.expect("made");
    }
    let sub = cast.stage.subuser(&cast.ann, "sub@example.com").await;
    assert_eq!(cast.seen(&sub), named(&[("Lee", None)]));
    cast.stage.fleet.bind_trackers(&cast.ann, sub.user, vec![van]).await.expect("bound");
    assert_eq!(cast.seen(&sub), named(&[("Bo", Some(van)), ("Lee", None)]));
    assert_eq!(cast.seen(&cast.bob), []);
    let hidden = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    cast.stage.fleet.update_tracker(&cast.stage.panel, van, hidden).await.expect("hidden");
    assert_eq!(cast.seen(&sub), named(&[("Lee", None)]));
    assert_eq!(cast.seen(&cast.ann), named(&[("Bo", None), ("Kim", Some(bike)), ("Lee", None)]));
    let listed = |keeper| {
        let drivers = cast.stage.fleet.list_drivers(keeper, cast.ann.user).expect("listed");
        drivers.iter().map(|d| d.tracker()).collect::<Vec<_>>()
    };
    assert_eq!(listed(Keeper::Master(&cast.ann)), [None, Some(bike), None]);
    assert_eq!(listed(Keeper::Panel(&cast.stage.panel)), [Some(van), Some(bike), None]);
}

#[tokio::test]
async fn drivers_are_kept_by_who_has_the_say() {
    let cast = Cast::new().await;
    let fleet = &cast.stage.fleet;
    let bo = cast.create(driver("Bo", Some(cast.van.id))).await.expect("made");
    let sub = cast.stage.subuser(&cast.ann, "sub@example.com").await;
    let check = async |keeper: Keeper<'_>, user: UserId, id: u32, expected: OfficeError| {
        assert_eq!(fleet.create_driver(keeper, user, driver("Kim", None)).await, Err(expected.clone()));
        assert_eq!(fleet.list_drivers(keeper, user), Err(expected.clone()));
        assert_eq!(fleet.update_driver(keeper, id, driver("Kim", None)).await, Err(expected.clone()));
        assert_eq!(fleet.delete_driver(keeper, id).await, Err(expected));
    };
    check(Keeper::Master(&cast.bob), cast.ann.user, bo, OfficeError::NotFound).await;
    check(Keeper::Master(&sub), cast.ann.user, bo, OfficeError::NotPermitted).await;
    check(Keeper::Panel(&cast.stage.panel), sub.user, 7, OfficeError::NotFound).await;
    let clone = fleet.clone_tracker(&cast.stage.panel, cast.van.id, cast.bob.user, "Theirs".into(), at(2)).await;
    let clone = clone.expect("cloned");
    for keeper in [Keeper::Master(&cast.bob), Keeper::Panel(&cast.stage.panel)] {
        let on_clone = fleet.create_driver(keeper, cast.bob.user, driver("Kim", Some(clone))).await;
        assert_eq!(on_clone, Err(OfficeError::Clone));
        let of_another = fleet.create_driver(keeper, cast.bob.user, driver("Kim", Some(cast.van.id))).await;
        assert_eq!(of_another, Err(OfficeError::NotFound));
        let nowhere = fleet.create_driver(keeper, cast.bob.user, driver("Kim", Some(TrackerId(7)))).await;
        assert_eq!(nowhere, Err(OfficeError::NotFound));
    }
    let of_another = fleet.update_driver(Keeper::Panel(&cast.stage.panel), bo, driver("Bo", Some(clone))).await;
    assert_eq!(of_another, Err(OfficeError::Clone));
    assert_eq!(cast.drives(&cast.van), Some("Bo".into()), "what was refused changed nothing");
    fleet.update_user(&cast.stage.panel, cast.ann.user, |u| u.activated = false, at(3)).await.expect("changed");
    check(Keeper::Master(&cast.ann), cast.ann.user, bo, OfficeError::NotPermitted).await;
}

#[tokio::test]
async fn drivers_outlive_their_trackers_but_not_their_master() {
    let mut cast = Cast::new().await;
    let panel = cast.stage.panel;
    for (name, tracker) in [("Bo", cast.van.id), ("Kim", cast.bike.id)] {
        cast.create(driver(name, Some(tracker))).await.expect("made");
    }
    cast.stage.fleet.panel_corrupt_tracker(&panel, cast.van.id, true).await.expect("removed");
    let moved = cast.stage.fleet.move_tracker(&panel, cast.bike.id, cast.bob.user, at(2)).await.expect("moved");
    for s in [3, 4] {
        assert_eq!(cast.seen(&cast.ann), named(&[("Bo", None), ("Kim", None)]));
        assert_eq!((cast.drives(&cast.van), cast.drives(&cast.bike)), (None, None));
        assert_eq!(cast.stage.fleet.driver_of(moved), None, "it is another's tracker now");
        cast.stage.reopen(at(s)).await;
    }
    let next = cast.stage.register(&cast.ann, "yard-unit-c").await;
    cast.create(driver("Lee", Some(next.id))).await.expect("made");
    cast.stage.fleet.corrupt_user(&panel, cast.ann.user, "ann@example.com", true, at(5)).await.expect("removed");
    assert_eq!(cast.stage.fleet.shared.memory().entities.drivers.len(), 0);
    cast.stage.reopen(at(6)).await;
    assert_eq!(cast.stage.fleet.shared.memory().entities.drivers.len(), 0);
}

#[tokio::test]
async fn fields_and_numbers_are_checked() {
    let cast = Cast::with(FleetOptions { drivers_per_user_max: 1, ..cheap() }).await;
    let check = async |edit: DriverEdit, field: Field, problem: Problem| {
        let expected = OfficeError::Invalid(Invalid { field, problem });
        assert_eq!(cast.create(edit.clone()).await, Err(expected.clone()));
        assert_eq!(cast.update(1, edit).await, Err(expected));
    };
    check(driver(" ", None), Field::Name, Problem::Blank).await;
    check(driver(&"x".repeat(101), None), Field::Name, Problem::TooLong { chars_max: 100 }).await;
    check(DriverEdit { card: "a\tb".into(), ..driver("Bo", None) }, Field::Card, Problem::Character).await;
    cast.create(driver("Bo", None)).await.expect("made");
    assert_eq!(cast.create(driver("Kim", None)).await, Err(OfficeError::TooMany));
    let bobs = cast.stage.fleet.create_driver(Keeper::Master(&cast.bob), cast.bob.user, driver("Kim", None)).await;
    assert_eq!(bobs, Ok(2), "each has its own");
}
