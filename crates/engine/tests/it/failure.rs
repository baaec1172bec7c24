//! When the journal fails, or is gone.

use std::sync::atomic::Ordering;

use engine::Refused;

use crate::stage::{FAILURES, Stage, alarm, finish, now, report, said, until};

#[tokio::test]
async fn a_journal_that_fails_acknowledges_nothing_and_leaves_nobody_waiting() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    stage.engine.flush().await;
    stage.gate.close();
    let failing = stage.ingest(&source, vec![alarm(1)]).await;
    stage.gate.wait_for_arrival();
    let queued = stage.ingest(&source, vec![alarm(2)]).await;
    let repeat = stage.ingest(&source, vec![alarm(1)]).await;
    stage.gate.break_down();
    for receipt in [failing, queued, repeat] {
        assert_eq!(finish(receipt).await, Err(Refused::JournalFailed));
    }
    until("the failure is told", || FAILURES.load(Ordering::SeqCst) > 0).await;
    let later = stage.engine.ingest(&source, now(), vec![report(3)]).await;
    assert_eq!(later.err(), Some(Refused::JournalFailed));
    assert_eq!(said(&connection), [""; 0]);
    assert_eq!(stage.stored(), []);
    stage.engine.flush().await;
    stage.engine.stop().await;
}

#[tokio::test]
async fn what_comes_after_the_end_is_refused() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![report(1)]).await;
    stage.engine.stop().await;
    let refused = stage.engine.ingest(&source, now(), vec![report(2)]).await;
    assert_eq!(refused.err(), Some(Refused::JournalFailed));
    stage.engine.flush().await;
    assert_eq!(stage.stored().len(), 1);
}
