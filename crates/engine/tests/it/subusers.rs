//! What sub-users see, and how they stop seeing it.

use std::sync::Arc;

use engine::{Connection, Source, Watch};
use fleet::{Session, SubuserEdit, UserProfile};
use live::{Lane, LaneKind};
use model::{TrackerId, UserId};

use crate::stage::{Stage, alarm, finish, now, report, said};

/// A sub-user that sees one tracker, and a session of it.
struct Sub {
    stage: Stage,
    id: UserId,
    session: Session,
    tracker: TrackerId,
    source: Source,
}

impl Sub {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let (tracker, source) = stage.register("1").await;
        let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
        let new = SubuserEdit { login: "bo@example.com".into(), activated: true, profile, security_group: None };
        let id = stage.fleet.create_subuser(&stage.session, new, "secret", now()).await.expect("a sub-user");
        let hash = stage.fleet.create_subuser_session(&stage.session, id, now()).await.expect("a session");
        let session = stage.fleet.authorize(hash.as_str(), now()).expect("live");
        let sub = Self { id, session, tracker, source, stage };
        sub.bind(vec![tracker]).await;
        sub
    }

    async fn bind(&self, trackers: Vec<TrackerId>) {
        self.stage.fleet.bind_trackers(&self.stage.session, self.id, trackers).await.expect("bound");
    }

    async fn unbind(&self, trackers: Vec<TrackerId>) {
        self.stage.fleet.unbind_trackers(&self.stage.session, self.id, trackers).await.expect("unbound");
    }

    /// The sub-user watches on a lane of a kind.
    fn watch(&self, kind: LaneKind) -> (Arc<Connection>, Lane, Watch) {
        let connection = self.stage.engine.connect();
        self.stage.engine.attach(self.session.id, self.session.user, &connection);
        let lane = connection.open_lane(self.session.id, kind).expect("a lane");
        let (watch, _) = connection.watch(lane, self.tracker, &self.source);
        (connection, lane, watch)
    }
}

#[tokio::test]
async fn what_waits_for_a_sub_user_is_void_once_it_is_unbound() {
    let sub = Sub::new().await;
    let (connection, _, watch) = sub.watch(LaneKind::Stream);
    let (masters, _kept) = sub.stage.watch(&sub.stage.session, sub.tracker, &sub.source);
    sub.stage.store(&sub.source, vec![report(1), alarm(2)]).await;
    sub.unbind(vec![sub.tracker]).await;
    assert!(watch.is_over());
    watch.mark();
    sub.stage.store(&sub.source, vec![report(3)]).await;
    sub.stage.fleet.set_source_blocked(&sub.stage.panel, sub.tracker, true).await.expect("blocked");
    sub.stage.fleet.set_source_blocked(&sub.stage.panel, sub.tracker, false).await.expect("unblocked");
    sub.stage.fleet.panel_corrupt_tracker(&sub.stage.panel, sub.tracker, true).await.expect("removed");
    assert_eq!(said(&connection), ["lost"], "which is for the session, not the client");
    assert_eq!(said(&masters), ["block", "unblock", "corrupt"]);
}

#[tokio::test]
async fn a_master_goes_on_where_its_sub_user_stops_on_one_connection() {
    let sub = Sub::new().await;
    let (connection, _, _watch) = sub.watch(LaneKind::Stream);
    sub.stage.engine.attach(sub.stage.session.id, sub.stage.session.user, &connection);
    let lane = connection.open_lane(sub.stage.session.id, LaneKind::Stream).expect("a lane");
    let (masters, _) = connection.watch(lane, sub.tracker, &sub.source);
    sub.stage.store(&sub.source, vec![report(1)]).await;
    sub.unbind(vec![sub.tracker]).await;
    sub.stage.store(&sub.source, vec![report(2)]).await;
    assert!(!masters.is_over());
    assert_eq!(said(&connection), ["s1", "lost", "s2"]);
}

#[tokio::test]
async fn what_is_not_durable_yet_does_not_reach_who_lost_the_tracker_meanwhile() {
    let sub = Sub::new().await;
    let (connection, _, _watch) = sub.watch(LaneKind::Stream);
    sub.stage.engine.flush().await;
    sub.stage.gate.close();
    let stored = sub.stage.ingest(&sub.source, vec![alarm(1), report(2)]).await;
    sub.unbind(vec![sub.tracker]).await;
    sub.stage.gate.reopen();
    finish(stored).await.expect("stored");
    assert_eq!(said(&connection), ["lost"]);
}

#[tokio::test]
async fn a_batch_has_nothing_of_what_was_lost() {
    let sub = Sub::new().await;
    let (connection, lane, watch) = sub.watch(LaneKind::Batch);
    sub.stage.store(&sub.source, vec![report(1)]).await;
    assert!(connection.outbox().has_changed(lane));
    sub.unbind(vec![sub.tracker]).await;
    watch.mark();
    assert!(connection.outbox().next_changed(lane).is_none());
}

#[tokio::test]
async fn differences_have_nothing_of_what_was_lost() {
    let sub = Sub::new().await;
    let (connection, lane, watch) = sub.watch(LaneKind::Differences);
    sub.stage.store(&sub.source, vec![report(1)]).await;
    watch.mark();
    sub.unbind(vec![sub.tracker]).await;
    assert_eq!(said(&connection), ["lost"]);
    watch.mark();
    assert_eq!(connection.read_changed(lane, |tracker, _, _| (tracker, 0)), None);
}

#[tokio::test]
async fn a_tracker_that_was_lost_while_blocked_stays_lost() {
    let sub = Sub::new().await;
    let (connection, _, watch) = sub.watch(LaneKind::Stream);
    sub.stage.fleet.set_source_blocked(&sub.stage.panel, sub.tracker, true).await.expect("blocked");
    sub.unbind(vec![sub.tracker]).await;
    sub.stage.fleet.set_source_blocked(&sub.stage.panel, sub.tracker, false).await.expect("unblocked");
    sub.stage.store(&sub.source, vec![report(1)]).await;
    assert_eq!(said(&connection), ["block", "lost"]);
    // Bound again it is another watch that shows it, not this one.
    sub.bind(vec![sub.tracker]).await;
    sub.stage.store(&sub.source, vec![report(2)]).await;
    assert!(watch.is_over());
    assert_eq!(said(&connection), [format!("added {}", sub.tracker)]);
}

#[tokio::test]
async fn only_those_concerned_hear_of_gains() {
    let sub = Sub::new().await;
    let (connection, _, _watch) = sub.watch(LaneKind::Stream);
    let (masters, _kept) = sub.stage.watch(&sub.stage.session, sub.tracker, &sub.source);
    let (other, _) = sub.stage.register("2").await;
    assert_eq!((said(&connection), said(&masters)), (vec![], vec![format!("added {other}")]));
    sub.bind(vec![other]).await;
    assert_eq!((said(&connection), said(&masters)), (vec![format!("added {other}")], vec![]));
}

#[tokio::test]
async fn to_gain_and_lose_many_trackers_overruns_nobody() {
    let sub = Sub::new().await;
    let (connection, _, _watch) = sub.watch(LaneKind::Stream);
    let mut trackers = Vec::new();
    for number in 0..100 {
        trackers.push(sub.stage.register(&format!("more-{number}")).await.0);
    }
    for _ in 0..20 {
        sub.bind(trackers.clone()).await;
        sub.unbind(trackers.clone()).await;
    }
    let told = said(&connection);
    assert_eq!(told.last().map(String::as_str), Some("review"), "{told:?}");
    assert!(told.len() < 100, "{}", told.len());
}
