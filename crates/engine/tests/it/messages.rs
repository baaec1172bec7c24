//! The last messages of a source, while somebody looks.

use std::sync::Arc;

use engine::{Connection, EngineOptions, Source, Watch};
use live::{Lane, LaneKind};
use model::{Report, TrackerId};

use crate::stage::{Stage, at, finish, now, options, report, set_now, until};

struct Looker {
    connection: Arc<Connection>,
    lane: Lane,
    _watch: Watch,
}

fn look(stage: &Stage, tracker: TrackerId, source: &Source) -> Looker {
    let connection = stage.engine.connect();
    stage.engine.attach(stage.session.id, stage.session.user, &connection);
    let lane = connection.open_lane(stage.session.id, LaneKind::Differences).expect("a lane");
    let (watch, _) = stage.engine.watch_messages(&connection, lane, tracker, source);
    watch.mark();
    Looker { connection, lane, _watch: watch }
}

/// The seconds of the last messages, newest first; `None` while they are not known, or when nothing is due.
fn shown(looker: &Looker) -> Option<Vec<i64>> {
    let seconds = looker.connection.read_changed(looker.lane, |_, noted, view| {
        let Some(messages) = view.messages else { return (None, noted) };
        let queue = messages.monitor.without_gaps().find(|(id, _)| *id == model::attr::LATITUDE);
        let entries = queue.map(|(_, queue)| queue).unwrap_or_default();
        (Some(entries.iter().map(|e| e.times.message.since_ms(at(0)) / 1000).collect()), messages.version + 1)
    });
    seconds.flatten()
}

async fn shown_in_time(looker: &Looker) -> Vec<i64> {
    let mut found = None;
    until("the messages are known", || {
        found = shown(looker);
        found.is_some()
    })
    .await;
    found.expect("known")
}

#[tokio::test]
async fn what_is_stored_what_is_on_its_way_and_what_comes_are_all_there_once() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.store(&source, vec![report(1), report(2)]).await;
    stage.gate.close();
    // Taken in, and not durable yet, when somebody begins to look.
    let waiting = stage.ingest(&source, vec![report(3)]).await;
    stage.gate.wait_for_arrival();
    let looker = look(&stage, tracker, &source);
    let after = stage.ingest(&source, vec![report(4), report(0)]).await;
    assert_eq!(shown(&looker), None, "nothing is shown that is not all");
    stage.gate.reopen();
    finish(waiting).await.expect("stored");
    finish(after).await.expect("stored");
    assert_eq!(shown_in_time(&looker).await, [4, 3, 2, 1, 0]);
    // A resend is no message.
    stage.store(&source, vec![report(4)]).await;
    assert_eq!(shown(&looker), None);
    stage.store(&source, vec![Report { time: Some(at(2).plus_ms(500)), ..report(2) }]).await;
    assert_eq!(shown(&looker), Some(vec![4, 3, 2, 2, 1, 0]), "a late one has its place");
}

#[tokio::test]
async fn what_a_wrong_clock_dated_ahead_stands_in_nobody_s_way() {
    let stage = Stage::with(EngineOptions { monitor_reports_max: 3, ..options() }).await;
    let (tracker, source) = stage.register("1").await;
    // More of them than are looked at, and then the clock is right again.
    stage.store(&source, (0..5).map(|n| report(900_000_000 + n)).collect()).await;
    set_now(60);
    stage.store(&source, (50..55).map(report).collect()).await;
    let looker = look(&stage, tracker, &source);
    // Those dated ahead count when they came, which was at 0.
    assert_eq!(
        shown_in_time(&looker).await,
        [54, 53, 52, 900_000_004, 900_000_003, 900_000_002],
        "three of either, in the order in which they count"
    );
}

#[tokio::test]
async fn nothing_is_kept_when_nobody_looks() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.store(&source, vec![report(1)]).await;
    let (watcher, _watch) = stage.watch(&stage.session, tracker, &source);
    assert!(source.read(|view| view.messages.is_none()));
    let looker = look(&stage, tracker, &source);
    let other = look(&stage, tracker, &source);
    shown_in_time(&looker).await;
    drop(other);
    assert!(source.read(|view| view.messages.is_some()));
    drop(looker);
    assert!(source.read(|view| view.messages.is_none()));
    drop(watcher);
    let looker = look(&stage, tracker, &source);
    assert_eq!(shown_in_time(&looker).await, [1]);
    assert!(source.shows_messages());
    assert_eq!(now(), at(0));
}

#[tokio::test]
async fn a_lost_tracker_ends_the_look() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let looker = look(&stage, tracker, &source);
    shown_in_time(&looker).await;
    stage.fleet.panel_corrupt_tracker(&stage.panel, tracker, true).await.expect("removed");
    assert!(source.read(|view| view.messages.is_none()));
    stage.engine.flush().await;
    assert_eq!(shown(&looker), None);
}
