use std::sync::Arc;

use model::{TrackerId, UserId};

use super::{Stage, at, cheap};
use crate::{
    Access, CloneError, Cloned, CorruptError, EndCause, Existing, FIRST_TRACKER, FleetEvent, FleetOptions, Session,
    Tracker, TrackerEdit, TrackerError, TrackerQuery, UncloneError, UserError,
};

/// Ann with two vans, and two users without.
struct Cast {
    stage: Stage,
    ann: Session,
    bob: Session,
    eve: Session,
    van: Arc<Tracker>,
    other: Arc<Tracker>,
}

impl Cast {
    async fn new() -> Self {
        Self::on(Stage::new().await).await
    }

    async fn on(stage: Stage) -> Self {
        let session = async |login| stage.session(stage.user(login).await, at(1)).await;
        let (ann, bob, eve) =
            (session("ann@example.com").await, session("bob@example.com").await, session("eve@example.com").await);
        let (van, other) = (stage.register(&ann, "yard-unit-a").await, stage.register(&ann, "yard-unit-b").await);
        stage.events();
        Self { stage, ann, bob, eve, van, other }
    }

    async fn clone(&self, original: TrackerId, user: UserId) -> Result<TrackerId, CloneError> {
        self.stage.fleet.clone_tracker(&self.stage.panel, original, user, "Theirs".into(), at(5)).await
    }

    async fn clone_of_van(&self) -> TrackerId {
        let id = self.clone(self.van.id, self.bob.user).await.expect("cloned");
        self.stage.events();
        id
    }

    async fn hide(&self, tracker: TrackerId, hidden: bool) {
        let edit = TrackerEdit { hidden: Some(hidden), ..TrackerEdit::default() };
        self.stage.fleet.update_tracker(&self.stage.panel, tracker, edit).await.expect("changed");
        self.stage.events();
    }

    fn removed(&self, tracker: TrackerId, user: UserId) -> FleetEvent {
        FleetEvent::TrackerRemoved { tracker, source: self.van.source.source, user }
    }

    fn added(&self, tracker: TrackerId, user: UserId) -> FleetEvent {
        FleetEvent::TrackerAdded { tracker, source: self.van.source.source, user }
    }

    fn access(&self, session: &Session, tracker: TrackerId) -> Access {
        self.stage.fleet.access(session, tracker)
    }
}

#[tokio::test]
async fn a_clone_is_a_tracker_of_its_own_on_the_same_source() {
    let mut cast = Cast::new().await;
    let bob = cast.bob.user;
    let id = cast.clone(cast.van.id, bob).await.expect("cloned");
    assert_eq!(id, TrackerId(FIRST_TRACKER.0 + 2));
    assert_eq!(cast.stage.events(), [cast.added(id, bob)]);
    let source = cast.van.source.source;
    assert_eq!((cast.access(&cast.bob, id), cast.access(&cast.ann, id)), (Access::Normal(source), Access::Unknown));
    assert_eq!(cast.access(&cast.bob, cast.van.id), Access::Unknown);
    let clone = cast.stage.fleet.tracker(&cast.bob, id).expect("there");
    assert_eq!((clone.clone, clone.label.as_str(), clone.group, clone.created), (true, "Theirs", 0, at(5)));
    assert!(!cast.stage.fleet.tracker(&cast.ann, cast.van.id).expect("there").clone);
    assert_eq!(cast.stage.fleet.sources().len(), 2, "no source more");

    let listed = |clones| {
        let query = TrackerQuery { clones, ..TrackerQuery::default() };
        let page = cast.stage.fleet.list_trackers(&cast.stage.panel, &query);
        page.items.iter().map(|t| t.tracker.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None), [cast.van.id, cast.other.id, id]);
    assert_eq!((listed(Some(false)), listed(Some(true))), (vec![cast.van.id, cast.other.id], vec![id]));

    cast.stage.reopen(at(6)).await;
    assert!(cast.stage.fleet.tracker(&cast.bob, id).is_some_and(|t| t.clone));
}

#[tokio::test]
async fn cloning_and_moving_are_refused_for_their_reasons() {
    let cast = Cast::new().await;
    let clone = cast.clone_of_van().await;
    let gone = cast.stage.register(&cast.ann, "yard-unit-c").await.id;
    cast.stage.fleet.corrupt_tracker(&cast.ann, gone).await.expect("removed");
    let nobody = UserId(7);
    let removed = cast.stage.user("sue@example.com").await;
    let panel = &cast.stage.panel;
    cast.stage.fleet.corrupt_user(panel, removed, "sue@example.com", true, at(2)).await.expect("removed");
    cast.stage.events();
    let (ann, bob, eve) = (cast.ann.user, cast.bob.user, cast.eve.user);
    for (tracker, user, expected) in [
        (TrackerId(7), eve, CloneError::NotFound),
        (gone, eve, CloneError::Corrupted),
        (clone, eve, CloneError::Clone),
        (cast.van.id, nobody, CloneError::WrongUser),
        (cast.van.id, removed, CloneError::WrongUser),
        (cast.van.id, ann, CloneError::WrongUser),
        (cast.van.id, bob, CloneError::Exists(vec![clone])),
    ] {
        assert_eq!(cast.clone(tracker, user).await, Err(expected.clone()));
        assert_eq!(cast.stage.fleet.move_tracker(panel, tracker, user, at(5)).await, Err(expected));
    }
    let labelled = cast.stage.fleet.clone_tracker(panel, cast.van.id, eve, "<b>".into(), at(5)).await;
    assert!(matches!(labelled, Err(CloneError::Invalid(_))));
    // What is hidden is there all the same.
    cast.hide(clone, true).await;
    assert_eq!(cast.clone(cast.van.id, bob).await, Err(CloneError::Exists(vec![clone])));
    assert_eq!(cast.stage.events(), []);

    let cast = Cast::on(Stage::with(FleetOptions { trackers_max: 3, ..cheap() }).await).await;
    cast.clone_of_van().await;
    let (panel, van, eve) = (&cast.stage.panel, cast.van.id, cast.eve.user);
    assert_eq!(cast.clone(van, eve).await, Err(CloneError::TooManyTrackers));
    let batch = cast.stage.fleet.clone_trackers(panel, vec![van], eve, Existing::Refuse, at(5)).await;
    assert_eq!(batch, Err(CloneError::TooManyTrackers));
    assert_eq!(cast.stage.fleet.move_tracker(panel, van, eve, at(5)).await, Err(CloneError::TooManyTrackers));
}

#[tokio::test]
async fn many_are_cloned_all_or_none_unless_what_exists_is_ignored() {
    let cast = Cast::new().await;
    let clone = cast.clone_of_van().await;
    let bob = cast.bob.user;
    let batch = async |originals: &[TrackerId], existing| {
        cast.stage.fleet.clone_trackers(&cast.stage.panel, originals.to_vec(), bob, existing, at(5)).await
    };
    let (van, other) = (cast.van.id, cast.other.id);
    assert_eq!(batch(&[other, van], Existing::Refuse).await, Err(CloneError::Exists(vec![clone])));
    assert_eq!(batch(&[other, TrackerId(7)], Existing::Ignore).await, Err(CloneError::NotFound));
    assert_eq!(batch(&[other, clone], Existing::Ignore).await, Err(CloneError::Clone));
    assert_eq!(cast.stage.events(), []);
    let next = TrackerId(clone.0 + 1);
    let done = batch(&[other, van], Existing::Ignore).await;
    assert_eq!(done, Ok(Cloned { clones: vec![next], ignored: vec![van] }));
    assert_eq!(cast.stage.fleet.tracker(&cast.bob, next).expect("there").label, "Van yard-unit-b");
    let added = FleetEvent::TrackerAdded { tracker: next, source: cast.other.source.source, user: bob };
    assert_eq!(cast.stage.events(), [added]);
    let to_eve =
        cast.stage.fleet.clone_trackers(&cast.stage.panel, vec![van, other], cast.eve.user, Existing::Refuse, at(5));
    assert_eq!(to_eve.await.expect("cloned").clones, [TrackerId(next.0 + 1), TrackerId(next.0 + 2)]);
}

#[tokio::test]
async fn what_is_named_twice_is_cloned_and_removed_once() {
    let mut cast = Cast::new().await;
    let (van, bob) = (cast.van.id, cast.bob.user);
    let (fleet, panel) = (cast.stage.fleet.clone(), cast.stage.panel);
    let next = TrackerId(FIRST_TRACKER.0 + 2);
    let done = fleet.clone_trackers(&panel, vec![van, van], bob, Existing::Refuse, at(5)).await;
    assert_eq!(done, Ok(Cloned { clones: vec![next], ignored: vec![] }));
    assert_eq!(cast.stage.events(), [cast.added(next, bob)]);
    let again = fleet.clone_trackers(&panel, vec![van, van], bob, Existing::Ignore, at(5)).await;
    assert_eq!(again, Ok(Cloned { clones: vec![], ignored: vec![van] }));
    assert_eq!(fleet.delete_clones(&panel, vec![next, next]).await, Ok(vec![(next, Ok(()))]));
    assert_eq!(cast.stage.events(), [cast.removed(next, bob)]);
    drop(fleet);
    cast.stage.reopen(at(6)).await;
    assert_eq!(cast.stage.fleet.trackers(&cast.bob), []);
}

#[tokio::test]
async fn a_clone_goes_and_its_source_stays() {
    let mut cast = Cast::new().await;
    let id = cast.clone_of_van().await;
    let (fleet, panel, bob) = (cast.stage.fleet.clone(), cast.stage.panel, cast.bob.user);
    assert_eq!(fleet.delete_clone(&panel, cast.van.id).await, Err(UncloneError::Original));
    assert_eq!(fleet.delete_clone(&panel, TrackerId(7)).await, Err(UncloneError::NotFound));
    assert_eq!(fleet.corrupt_tracker(&cast.bob, id).await, Err(CorruptError::Clone));
    assert_eq!(fleet.panel_corrupt_tracker(&panel, id, true).await, Err(TrackerError::Clone));
    assert_eq!(fleet.delete_clone(&panel, id).await, Ok(()));
    assert_eq!(cast.stage.events(), [cast.removed(id, bob)]);
    assert_eq!(fleet.delete_clone(&panel, id).await, Err(UncloneError::Corrupted));
    assert_eq!(cast.access(&cast.bob, id), Access::Unknown);
    assert_eq!(cast.access(&cast.ann, cast.van.id), Access::Normal(cast.van.source.source));
    assert_eq!(cast.clone(cast.van.id, bob).await, Ok(TrackerId(id.0 + 1)), "and may be made anew");

    // By its owner.
    let id = TrackerId(id.0 + 1);
    assert_eq!(fleet.delete_own_clone(&cast.ann, id).await, Err(UncloneError::NotFound));
    assert_eq!(fleet.delete_own_clone(&cast.ann, cast.van.id).await, Err(UncloneError::Original));
    cast.stage.events();
    assert_eq!(fleet.delete_own_clone(&cast.bob, id).await, Ok(()));
    assert_eq!(cast.stage.events(), [cast.removed(id, bob)]);
    assert_eq!(fleet.delete_own_clone(&cast.bob, id).await, Err(UncloneError::NotFound));

    // Several.
    let a = cast.clone_of_van().await;
    let b = cast.clone(cast.other.id, bob).await.expect("cloned");
    let done = fleet.delete_clones(&panel, vec![a, cast.van.id, TrackerId(7), id, b]).await.expect("done");
    assert_eq!(
        done,
        [
            (a, Ok(())),
            (cast.van.id, Err(UncloneError::Original)),
            (TrackerId(7), Err(UncloneError::NotFound)),
            (id, Err(UncloneError::Corrupted)),
            (b, Ok(())),
        ]
    );
    assert_eq!(fleet.trackers(&cast.bob), []);
    drop(fleet);
    cast.stage.reopen(at(6)).await;
    assert_eq!(cast.stage.fleet.trackers(&cast.bob), []);
    assert_eq!(cast.stage.fleet.sources().len(), 2);
}

#[tokio::test]
async fn the_end_of_an_original_is_the_end_of_its_clones() {
    let cast = Cast::new().await;
    let (bobs, eves) = (cast.clone_of_van().await, cast.clone(cast.van.id, cast.eve.user).await.expect("cloned"));
    cast.hide(eves, true).await;
    let (fleet, panel) = (&cast.stage.fleet, &cast.stage.panel);
    let refused = fleet.panel_corrupt_tracker(panel, cast.van.id, false).await;
    assert_eq!(refused, Err(TrackerError::HasClones(vec![bobs, eves])));
    assert_eq!(cast.stage.events(), []);
    assert_eq!(fleet.panel_corrupt_tracker(panel, cast.van.id, true).await, Ok(()));
    let source = cast.van.source.source;
    let told = [
        FleetEvent::SourceRemoved(source),
        cast.removed(cast.van.id, cast.ann.user),
        cast.removed(bobs, cast.bob.user),
    ];
    assert_eq!(cast.stage.events(), told, "the owner of the hidden one was told before");
    assert_eq!((fleet.source(source), fleet.trackers(&cast.bob)), (None, vec![]));
    for clone in [bobs, eves] {
        assert_eq!(fleet.delete_clone(panel, clone).await, Err(UncloneError::Corrupted));
    }
    assert_eq!(fleet.panel_corrupt_tracker(panel, cast.other.id, false).await, Ok(()), "it has none");
}

#[tokio::test]
async fn the_end_of_a_user_is_the_end_of_clones_of_its_trackers_but_not_of_what_it_saw() {
    let cast = Cast::new().await;
    let bobs = cast.clone_of_van().await;
    let (fleet, panel) = (&cast.stage.fleet, &cast.stage.panel);
    let own = cast.stage.register(&cast.bob, "yard-unit-c").await;
    let anns = cast.clone(own.id, cast.ann.user).await.expect("cloned");
    let remove =
        async |user: UserId, login: &str, with_clones| fleet.corrupt_user(panel, user, login, with_clones, at(5)).await;
    assert_eq!(remove(cast.ann.user, "ann@example.com", false).await, Err(UserError::HasClones(vec![bobs])));
    cast.stage.events();
    assert_eq!(remove(cast.ann.user, "ann@example.com", true).await, Ok(()));
    let removed = |tracker, source, user| FleetEvent::TrackerRemoved { tracker, source, user };
    let (a, b, c) = (cast.van.source.source, cast.other.source.source, own.source.source);
    let ended = FleetEvent::SessionEnded { session: cast.ann.id, cause: EndCause::UserRemoved };
    let told = [
        FleetEvent::SourceRemoved(a),
        removed(cast.van.id, a, cast.ann.user),
        removed(bobs, a, cast.bob.user),
        FleetEvent::SourceRemoved(b),
        removed(cast.other.id, b, cast.ann.user),
        removed(anns, c, cast.ann.user),
        ended,
    ];
    assert_eq!(cast.stage.events(), told);
    assert_eq!(fleet.trackers(&cast.bob).iter().map(|t| t.id).collect::<Vec<_>>(), [own.id]);
    // A clone of somebody who may not log in is still no matter of the original's.
    assert_eq!(remove(cast.bob.user, "bob@example.com", false).await, Ok(()), "nobody has a clone of it any more");
}

#[tokio::test]
async fn a_moved_tracker_has_a_new_id_and_owner_on_the_same_source() {
    let mut cast = Cast::new().await;
    let clone = cast.clone_of_van().await;
    let (van, source) = (cast.van.id, cast.van.source.source);
    let move_to =
        async |cast: &Cast, tracker, user| cast.stage.fleet.move_tracker(&cast.stage.panel, tracker, user, at(5)).await;
    assert_eq!(cast.stage.fleet.given_since(source), None);
    let moved = move_to(&cast, van, cast.eve.user).await.expect("moved");
    assert_eq!(moved, TrackerId(clone.0 + 1));
    let given = FleetEvent::SourceGiven(source);
    let told = [given.clone(), cast.removed(van, cast.ann.user), cast.added(moved, cast.eve.user)];
    assert_eq!(cast.stage.events(), told);
    assert_eq!(cast.stage.fleet.given_since(source), Some(at(5)));
    let now = cast.stage.fleet.tracker(&cast.eve, moved).expect("there");
    assert_eq!((now.label.as_str(), now.clone, now.source.source), (cast.van.label.as_str(), false, source));
    assert_eq!(cast.access(&cast.ann, van), Access::Unknown);
    assert!(cast.stage.fleet.owned_tracker(&cast.ann, van).is_some_and(|t| t.corrupted));
    assert_eq!(move_to(&cast, van, cast.bob.user).await, Err(CloneError::Corrupted));
    assert_eq!(cast.access(&cast.bob, clone), Access::Normal(source), "the clone stays");
    assert_eq!(cast.stage.fleet.device("yard-unit-a").map(|d| d.source), Some(source));

    // Who gave it away may have a clone of it, and the end of the original is still the end of all.
    let anns = cast.clone(moved, cast.ann.user).await.expect("cloned");
    cast.hide(moved, true).await;
    let again = move_to(&cast, moved, cast.stage.user("sue@example.com").await).await.expect("moved");
    assert_eq!(cast.stage.events(), [given], "what nobody sees moves unseen");
    cast.stage.reopen(at(6)).await;
    assert_eq!(cast.stage.fleet.given_since(source), Some(at(5)));
    let panel = cast.stage.panel;
    let refused = cast.stage.fleet.panel_corrupt_tracker(&panel, again, false).await;
    assert_eq!(refused, Err(TrackerError::HasClones(vec![clone, anns])));
}

#[tokio::test]
async fn blocking_is_of_the_source_whichever_view_is_named() {
    let cast = Cast::new().await;
    let clone = cast.clone_of_van().await;
    let source = cast.van.source.source;
    for (named, blocked) in [(cast.van.id, true), (clone, false), (clone, true), (cast.van.id, false)] {
        cast.stage.fleet.set_source_blocked(&cast.stage.panel, named, blocked).await.expect("set");
        assert_eq!(cast.stage.events(), [FleetEvent::SourceBlocked { source, blocked }]);
        let expected = if blocked { Access::Blocked(source) } else { Access::Normal(source) };
        assert_eq!((cast.access(&cast.ann, cast.van.id), cast.access(&cast.bob, clone)), (expected, expected));
    }
    // Its owner's being locked out does not touch the original, nor the other way round.
    let lock = async |user: UserId, on: bool| {
        cast.stage.fleet.update_user(&cast.stage.panel, user, move |u| u.activated = on, at(5)).await.expect("changed");
        cast.stage.events()
    };
    let ended =
        |session: &Session| [FleetEvent::SessionEnded { session: session.id, cause: EndCause::UserDeactivated }];
    assert_eq!(lock(cast.bob.user, false).await, ended(&cast.bob));
    assert_eq!(lock(cast.ann.user, false).await, ended(&cast.ann));
    assert_eq!(cast.access(&cast.bob, clone), Access::Normal(source));
}
