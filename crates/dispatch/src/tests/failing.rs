//! A store that fails, and one that is slow.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use model::{Command, DriverEventKind, MessageStatus};
use storage::dispatch::{DispatchStore, SqliteDispatch, StoreError, Work};

use super::{ANN, CAB, Stage, VAN, at};
use crate::{AdvanceError, Dispatch, DispatchOptions, MessageError, QueueError, RecordError, Summary};

#[derive(Default)]
struct Faults {
    is_full: AtomicBool,
    transactions: AtomicUsize,
    /// While true, no transaction begins.
    is_held: Mutex<bool>,
    released: Condvar,
}

impl Faults {
    fn hold(&self, is_held: bool) {
        *self.is_held.lock().expect("not poisoned") = is_held;
        self.released.notify_all();
    }
}

struct Fragile {
    inner: SqliteDispatch,
    faults: Arc<Faults>,
}

impl DispatchStore for Fragile {
    fn transaction(&mut self, work: Work<'_>) -> Result<(), StoreError> {
        let is_held = self.faults.is_held.lock().expect("not poisoned");
        drop(self.faults.released.wait_while(is_held, |is_held| *is_held).expect("not poisoned"));
        self.faults.transactions.fetch_add(1, Ordering::Relaxed);
        let is_full = self.faults.is_full.load(Ordering::Relaxed);
        // Full is what a commit says, after all the work.
        self.inner.transaction(&mut |tables| {
            work(tables)?;
            if is_full { Err(StoreError::Full) } else { Ok(()) }
        })
    }
}

async fn fragile() -> (Stage, Arc<Faults>) {
    let mut stage = Stage::new().await;
    let faults = Arc::<Faults>::default();
    let open = || SqliteDispatch::open(&stage.dir.path().join("dispatch.db")).expect("opened");
    let writer = Fragile { inner: open(), faults: Arc::clone(&faults) };
    let opened = Dispatch::with_stores(Box::new(writer), Box::new(open()), DispatchOptions::default(), at(0)).await;
    stage.dispatch = opened.expect("opened");
    (stage, faults)
}

#[tokio::test]
async fn a_write_that_fails_changes_nothing() {
    let (stage, faults) = fragile().await;
    let id = stage.send(VAN, "before", 1).await;
    stage.receive(VAN, "before", 1).await;
    let before = (stage.messages(VAN).await, stage.summary(VAN));
    faults.is_full.store(true, Ordering::Relaxed);
    let (dispatch, full) = (&stage.dispatch, StoreError::Full);
    let text = || "after".to_owned();
    assert_eq!(dispatch.send(VAN, ANN, text(), None, at(2)).await, Err(MessageError::Failed(full.clone())));
    let heard = stage.listen();
    let recorded = stage.record(VAN, "g", DriverEventKind::Text { text: text() }, 2).await;
    assert_eq!(recorded, Err(RecordError::Failed(full.clone())));
    assert_eq!(dispatch.broadcast(vec![VAN], ANN, text(), at(2)).await, Err(MessageError::Failed(full.clone())));
    assert_eq!(dispatch.mark_all_read(vec![VAN]).await, Err(full.clone()));
    let moved = dispatch.advance(id, MessageStatus::Read, at(2)).await;
    assert_eq!(moved, Err(AdvanceError::Failed(full.clone())));
    let queued = dispatch.queue(VAN, Command::Text(text()), at(2)).await;
    assert_eq!(queued, Err(QueueError::Failed(full)));
    faults.is_full.store(false, Ordering::Relaxed);
    assert_eq!(stage.told(&heard).await, [], "nothing is told that is not durable");
    assert_eq!((stage.messages(VAN).await, stage.summary(VAN)), before);
    // And it goes on working.
    stage.send(VAN, "after", 3).await;
    assert_eq!(stage.summary(VAN).undelivered_count, 2);
}

#[tokio::test]
async fn what_waits_shares_a_transaction_and_a_fault_costs_only_its_own() {
    let (stage, faults) = fragile().await;
    faults.hold(true);
    let before = faults.transactions.load(Ordering::Relaxed);
    let mut tasks = Vec::new();
    for n in 0..20 {
        let dispatch = Arc::clone(&stage.dispatch);
        tasks.push(tokio::spawn(async move {
            match n {
                // Work that the store refuses.
                7 => dispatch.write(|_| Err::<(), _>(StoreError::Damaged { column: "a.b" })).await.err(),
                _ => dispatch.send(VAN, ANN, n.to_string(), None, at(n)).await.map(|_| None).expect("sent"),
            }
        }));
    }
    // Each has been run up to where it waits when this one, which came last, has had its turn.
    let last = tokio::spawn(async {});
    last.await.expect("run");
    faults.hold(false);
    let mut refused = Vec::new();
    for task in tasks {
        refused.extend(task.await.expect("run"));
    }
    assert_eq!(refused, [StoreError::Damaged { column: "a.b" }]);
    assert_eq!(stage.texts(VAN).await, (0..20).filter(|n| *n != 7).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(stage.summary(VAN).undelivered_count, 19);
    // The first may have begun alone; the rest are one group, done twice because one of them failed.
    let transactions = faults.transactions.load(Ordering::Relaxed) - before;
    assert!((2..=3).contains(&transactions), "{transactions}");
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_a_whole_thing_behind() {
    let (stage, faults) = fragile().await;
    faults.hold(true);
    let dispatch = Arc::clone(&stage.dispatch);
    let task = tokio::spawn(async move { dispatch.send(VAN, ANN, "x".to_owned(), None, at(1)).await });
    tokio::spawn(async {}).await.expect("run");
    task.abort();
    faults.hold(false);
    // Done after it, as one thread writes.
    stage.send(CAB, "y", 2).await;
    assert_eq!(stage.texts(VAN).await, ["x"]);
    assert_eq!(stage.summary(VAN), Summary { undelivered_count: 1, updated: Some(at(1)), ..Summary::default() });
}
