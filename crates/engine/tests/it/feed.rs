//! What followers are told.

use std::sync::Arc;

use engine::{Connection, Source, Watch};
use live::LaneKind;
use model::{Attributes, EventId, Report, TrackerId, attr};

use crate::stage::{Stage, finish, pushed, report, said};

/// A report that says which inputs are on.
fn inputs(s: i64, mask: i64) -> Report {
    let attributes: Attributes = [(attr::INPUT_STATUS, mask)].into_iter().collect();
    Report { attributes, ..report(s) }
}

fn caused(s: i64, mask: i64, event: u32) -> Report {
    Report { events: vec![EventId(event)], ..inputs(s, mask) }
}

fn follow(
    stage: &Stage,
    tracker: TrackerId,
    source: &Source,
    since: Option<u64>,
) -> (Arc<Connection>, Watch, Vec<String>) {
    let connection = stage.engine.connect();
    stage.engine.attach(stage.session.id, stage.session.user, &connection);
    let lane = connection.open_lane(stage.session.id, LaneKind::Feed).expect("a lane");
    let (watch, _, missed) = stage.engine.follow(&connection, lane, tracker, source, since);
    (connection, watch, missed.iter().map(|missed| pushed(&missed.push)).collect())
}

#[tokio::test]
async fn a_follower_is_told_of_uploads_and_of_what_they_show_once_they_are_durable() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch, missed) = follow(&stage, tracker, &source, Some(0));
    assert_eq!(missed, [""; 0]);
    stage.engine.flush().await;
    stage.gate.close();
    let receipt = stage.ingest(&source, vec![inputs(3, 1), inputs(1, 0), inputs(2, 1)]).await;
    assert_eq!(said(&connection), [""; 0], "nothing before the commit");
    stage.gate.reopen();
    finish(receipt).await.expect("stored");
    assert_eq!(said(&connection), ["3r2", "Input { number: 1, on: true }@2"]);
    stage.store(&source, vec![inputs(3, 1), caused(4, 1, 501)]).await;
    assert_eq!(said(&connection), ["1r4", "Input { number: 1, on: true }@4"], "a repeat does not count");
    assert_eq!(stage.engine.push_number(), 2);
    let (_, _again, missed) = follow(&stage, tracker, &source, Some(1));
    assert_eq!(missed, ["Input { number: 1, on: true }@4"]);
}
