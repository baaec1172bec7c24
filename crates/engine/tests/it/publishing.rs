//! What watchers see, and when.

use std::sync::Arc;

use live::Due;

use crate::stage::{Stage, alarm, drain, finish, is_ready, now, report, said, set_now, until};

#[tokio::test]
async fn a_plain_state_is_seen_at_once_and_a_notable_one_after_its_commit() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    stage.engine.flush().await;
    stage.gate.close();
    let plain = stage.ingest(&source, vec![report(1)]).await;
    assert_eq!(said(&connection), ["s1"]);
    let notable = stage.ingest(&source, vec![alarm(2), report(3)]).await;
    assert_eq!(said(&connection), [""; 0], "nor does anything pass it");
    stage.gate.reopen();
    finish(plain).await.expect("stored");
    finish(notable).await.expect("stored");
    assert_eq!(said(&connection), ["s2", "s3"]);
}

#[tokio::test]
async fn a_commit_frees_its_own_states_and_no_others() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    stage.engine.flush().await;
    stage.gate.close();
    let first = stage.ingest(&source, vec![alarm(1)]).await;
    stage.gate.wait_for_arrival();
    // The next place in the journal's order, but not in the commit under way.
    let mut second = stage.ingest(&source, vec![alarm(2)]).await;
    stage.gate.pass_one();
    finish(first).await.expect("stored");
    assert_eq!(said(&connection), ["s1"]);
    assert!(!is_ready(&mut second));
    stage.gate.reopen();
    finish(second).await.expect("stored");
    assert_eq!(said(&connection), ["s2"]);
}

#[tokio::test]
async fn a_contact_behind_a_notable_state_is_seen_when_that_is_durable() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    stage.engine.flush().await;
    stage.gate.close();
    let notable = stage.ingest(&source, vec![alarm(1)]).await;
    // The contact's place is not the next one.
    let (_, other) = stage.register("2").await;
    let elsewhere = stage.ingest(&other, vec![report(1)]).await;
    set_now(20);
    stage.engine.contact(&source, now());
    stage.gate.reopen();
    finish(notable).await.expect("stored");
    finish(elsewhere).await.expect("stored");
    stage.engine.flush().await;
    let updates: Vec<_> = drain(&connection)
        .into_iter()
        .filter_map(|due| match due {
            Due::State { snapshot, .. } => Some(snapshot.state.last_update),
            Due::Added(_) => None,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(updates, [Some(crate::stage::at(0)), Some(crate::stage::at(20))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_watcher_never_goes_back_in_time_whoever_reports() {
    const TASKS: i64 = 4;
    const REPORTS: i64 = 250;
    let stage = Arc::new(Stage::new().await);
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    let device = |task: i64| {
        let (stage, source) = (stage.clone(), source.clone());
        tokio::spawn(async move {
            for n in 0..REPORTS {
                let s = n * TASKS + task;
                let report = if s % 7 == 0 { alarm(s) } else { report(s) };
                finish(stage.ingest(&source, vec![report]).await).await.expect("stored");
            }
        })
    };
    let devices: Vec<_> = (0..TASKS).map(device).collect();
    let mut seen = Vec::new();
    let mut look = || {
        seen.extend(drain(&connection).into_iter().map(|due| match due {
            Due::State { snapshot, .. } => snapshot.version,
            other => panic!("{other:?}"),
        }));
    };
    while !devices.iter().all(tokio::task::JoinHandle::is_finished) {
        look();
        tokio::task::yield_now().await;
    }
    for device in devices {
        device.await.expect("no panic");
    }
    look();
    assert_eq!(seen.len() as i64, TASKS * REPORTS, "a reader that keeps up misses nothing");
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    assert_eq!(seen.last(), Some(&source.snapshot().version));
}

#[tokio::test]
async fn a_timed_change_is_seen_when_it_is_due() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.store(&source, vec![report(0)]).await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    let status = |dues: Vec<Due>| match &dues[..] {
        [Due::State { snapshot, .. }] => format!("{:?}", snapshot.state.connection),
        other => panic!("{other:?}"),
    };
    let mut seen = Vec::new();
    for s in [301, 601] {
        set_now(s);
        let mut dues = Vec::new();
        until("a change", || {
            dues.extend(drain(&connection));
            !dues.is_empty()
        })
        .await;
        seen.push(status(dues));
    }
    assert_eq!(seen, ["Idle", "Offline"]);
}

#[tokio::test]
async fn nothing_comes_after_a_watch_is_dropped() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, watch) = stage.watch(&stage.session, tracker, &source);
    stage.store(&source, vec![report(1)]).await;
    drop(watch);
    stage.store(&source, vec![report(2)]).await;
    assert_eq!(said(&connection), [""; 0]);
    // The slot is used again, and means the new watch only.
    let lane = connection.open_lane(stage.session.id, live::LaneKind::Stream).expect("a lane");
    let (watch, _) = connection.watch(lane, tracker, &source);
    watch.mark();
    assert_eq!(said(&connection), ["s2"]);
}
