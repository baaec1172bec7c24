//! Reports on their way into the journal.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{BlockedReports, Refused};
use model::Report;
use storage::journal::flag;

use crate::stage::{Stage, alarm, at, finish, is_ready, now, options, report, set_now, until};

#[tokio::test]
async fn a_receipt_comes_when_the_journal_has_the_reports() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.engine.flush().await;
    stage.gate.close();
    let mut receipt = stage.ingest(&source, vec![report(2), report(1)]).await;
    stage.gate.wait_for_arrival();
    assert!(!is_ready(&mut receipt));
    assert_eq!(stage.stored(), []);
    stage.gate.reopen();
    finish(receipt).await.expect("stored");
    let stored: Vec<_> = stage.stored().into_iter().map(|r| r.report).collect();
    assert_eq!(stored, [report(1), report(2)], "in the order of event time");
}

#[tokio::test]
async fn a_repeat_in_flight_is_acknowledged_with_the_first_copy() {
    // A packet of more reports than a source remembers once they are committed.
    for count in [1, 200] {
        let stage = Stage::new().await;
        let (_, source) = stage.register("1").await;
        stage.engine.flush().await;
        let packet: Vec<_> = (1..=count).map(report).collect();
        stage.gate.close();
        let mut first = stage.ingest(&source, packet.clone()).await;
        stage.gate.wait_for_arrival();
        let before = stage.state(source.id());
        let mut again = stage.ingest(&source, packet.clone()).await;
        assert_eq!(stage.state(source.id()), before, "a repeat moves nothing");
        assert!(!is_ready(&mut first) && !is_ready(&mut again));
        stage.gate.reopen();
        finish(again).await.expect("stored");
        assert!(is_ready(&mut first));
        assert_eq!(stage.stored().len() as i64, count);
        assert_eq!(stage.engine.metrics().repeats.get() as i64, count);
    }
}

#[tokio::test]
async fn a_repeat_after_a_restart_is_acknowledged_and_changes_nothing() {
    let mut stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    // Among them one from a clock that runs a day ahead.
    let packet = vec![report(1), report(2), report(86_400), alarm(3)];
    stage.store(&source, packet.clone()).await;
    for _ in 0..2 {
        let before = (stage.state(source.id()), stage.stored());
        stage.kill().await;
        set_now(30);
        let source = stage.source(source.id());
        stage.store(&source, packet.clone()).await;
        assert_eq!(stage.engine.metrics().repeats.get(), 4);
        assert_eq!((stage.state(source.id()), stage.stored()), before);
    }
}

#[tokio::test]
async fn part_of_an_upload_may_be_known() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![report(1), report(2)]).await;
    stage.store(&source, vec![report(2), report(3), report(3)]).await;
    let stored: Vec<_> = stage.stored().into_iter().map(|r| r.report).collect();
    assert_eq!(stored, [report(1), report(2), report(3)]);
}

#[tokio::test]
async fn a_late_report_is_kept_and_shows_nothing() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![report(100)]).await;
    let before = stage.state(source.id());
    set_now(130);
    stage.store(&source, vec![alarm(50)]).await;
    let after = stage.state(source.id());
    assert_eq!((after.gps, after.newest), (before.gps, before.newest));
    assert_eq!(after.last_update, Some(at(130)), "a sign of life");
    let flags: Vec<_> = stage.stored().iter().map(|r| r.flags).collect();
    assert_eq!(flags, [0, flag::LATE]);
    assert_eq!(stage.engine.metrics().late.get(), 1);
}

#[tokio::test]
async fn what_a_report_lacks_or_has_wrong_in_time_is_marked() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![Report { time: None, ..report(7) }]).await;
    stage.store(&source, vec![report(121)]).await;
    let marks: Vec<_> = stage.stored().iter().map(|r| (r.time, r.flags)).collect();
    assert_eq!(marks, [(at(0), flag::NO_TIME), (at(121), flag::FUTURE)]);
    assert_eq!(stage.state(source.id()).newest, Some(at(0)), "both count at their arrival");
}

#[tokio::test]
async fn a_full_disk_refuses_uploads_before_they_are_folded() {
    let stage = Stage::with(engine::EngineOptions { disk_reserve_bytes: u64::MAX, ..options() }).await;
    let (_, source) = stage.register("1").await;
    until("the disk is measured", || stage.engine.is_disk_full()).await;
    let before = stage.state(source.id());
    let refused = stage.engine.ingest(&source, now(), vec![report(1)]).await;
    assert_eq!(refused.err(), Some(Refused::DiskFull));
    assert_eq!(stage.state(source.id()), before);
    assert_eq!(stage.stored(), []);
}

#[tokio::test]
async fn a_removed_source_takes_nothing_in() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    assert!(stage.engine.is_current(&source));
    stage.fleet.panel_corrupt_tracker(&stage.panel, tracker, true).await.expect("removed");
    assert!(!stage.engine.is_current(&source));
    let refused = stage.engine.ingest(&source, now(), vec![report(1)]).await;
    assert_eq!(refused.err(), Some(Refused::Removed));
    stage.engine.contact(&source, now());
    stage.engine.flush().await;
    assert_eq!(stage.stored(), []);
    // The device may be registered anew, as another source.
    let (_, again) = stage.register("1").await;
    assert_ne!(again.id(), source.id());
    stage.store(&again, vec![report(1)]).await;
}

#[tokio::test]
async fn the_fleet_learns_of_the_first_contact_however_it_is_made() {
    for by_report in [true, false] {
        let stage = Stage::new().await;
        let (_, source) = stage.register("1").await;
        let is_known = || stage.fleet.source(source.id()).is_some_and(|info| info.connected);
        assert!(!is_known());
        if !by_report {
            stage.engine.contact(&source, now());
            until("the fleet knows of a contact", is_known).await;
        }
        stage.store(&source, vec![report(1)]).await;
        until("the fleet knows of a report", is_known).await;
    }
}

#[tokio::test]
async fn devices_wait_while_the_queue_is_full() {
    let stage = Stage::with(engine::EngineOptions { queue_bytes_max: 4096, ..options() }).await;
    let (_, source) = stage.register("1").await;
    stage.engine.flush().await;
    stage.gate.close();
    let (engine, all_in) = (stage.engine.clone(), std::sync::Arc::new(AtomicBool::new(false)));
    let (one, done) = (source.clone(), all_in.clone());
    let device = tokio::spawn(async move {
        let mut last = None;
        for s in 1..=1000 {
            last = Some(engine.ingest(&one, now(), vec![report(s)]).await.expect("taken in"));
        }
        done.store(true, Ordering::SeqCst);
        finish(last.expect("some")).await
    });
    until("a commit", || stage.gate.has_arrival()).await;
    for _ in 0..2000 {
        tokio::task::yield_now().await;
    }
    assert!(!all_in.load(Ordering::SeqCst));
    assert!(stage.engine.metrics().queue_bytes.get() <= 4096);
    stage.gate.reopen();
    device.await.expect("no panic").expect("stored");
    assert_eq!(stage.stored().len(), 1000);
    assert_eq!(stage.engine.metrics().queue_bytes.get(), 0);
}

#[tokio::test]
async fn a_source_that_stays_in_touch_is_not_offline_however_soon_silence_counts() {
    let mut options = options();
    options.timing.offline_s = 20;
    let stage = Stage::with(options).await;
    let (_, source) = stage.register("1").await;
    for s in (10..=100).step_by(10) {
        set_now(s);
        stage.engine.contact(&source, now());
        stage.engine.contact(&source, now());
        assert_eq!(stage.state(source.id()).last_contact, Some(now()), "after {s} s");
    }
}

#[tokio::test]
async fn reports_of_a_blocked_source_are_kept_or_thrown_away_as_set() {
    let check = async |blocked_reports: BlockedReports, kept: usize, newest: Option<i64>| {
        let stage = Stage::with(engine::EngineOptions { blocked_reports, ..options() }).await;
        let (tracker, source) = stage.register("1").await;
        let block = async |blocked| {
            stage.fleet.set_source_blocked(&stage.panel, tracker, blocked).await.expect("set");
        };
        block(true).await;
        // Acknowledged in any case.
        stage.store(&source, vec![report(1), report(2)]).await;
        stage.engine.contact(&source, now());
        stage.engine.flush().await;
        assert_eq!(stage.stored().len(), kept, "{blocked_reports:?}");
        assert_eq!(stage.engine.metrics().discarded_blocked.get(), 2 - kept as u64);
        assert_eq!(stage.engine.metrics().reports.get(), kept as u64);
        let state = stage.state(source.id());
        assert_eq!((state.newest, state.last_contact.is_some()), (newest.map(at), kept > 0));
        // The tracker is in use, and its user may no longer withdraw it.
        stage.engine.write_connected().await;
        assert!(stage.fleet.source(source.id()).is_some_and(|s| s.connected));
        block(false).await;
        stage.store(&source, vec![report(2), report(3)]).await;
        assert_eq!(stage.state(source.id()).newest, Some(at(3)));
        assert_eq!(stage.stored().len(), if kept > 0 { 3 } else { 2 }, "what was thrown away is no repeat");
    };
    check(BlockedReports::Keep, 2, Some(2)).await;
    check(BlockedReports::Discard, 0, None).await;
}
