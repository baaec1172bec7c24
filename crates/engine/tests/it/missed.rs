//! What clients are told that were away.

use engine::{EngineOptions, KeptLimits};
use model::{Push, attr};

use crate::stage::{Stage, alarm, now, options, report, said, set_now};

#[tokio::test]
async fn a_client_that_was_away_is_told_what_it_missed_and_nothing_twice() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    assert_eq!(follower.missed, [""; 0]);
    stage.store(&source, vec![alarm(1)]).await;
    assert_eq!(said(&follower.connection), ["1r1", "powered @1"]);
    let had = stage.engine.push_number();
    drop(follower);
    stage.store(&source, vec![alarm(2)]).await;
    stage.engine.push(source.id(), Push::Device { up: false });
    stage.store(&source, vec![report(3), alarm(4)]).await;
    let back = stage.follow(&stage.session, tracker, &source, Some(had));
    assert_eq!(back.missed, ["powered @2", "powered @4"], "in order, and of what is kept only");
    assert_eq!(said(&back.connection), [""; 0]);
    stage.store(&source, vec![alarm(5)]).await;
    assert_eq!(said(&back.connection), ["1r5", "powered @5"]);
    let new = stage.follow(&stage.session, tracker, &source, None);
    assert_eq!(new.missed, [""; 0], "who asks for nothing");
}

#[tokio::test]
async fn pushes_are_kept_for_so_long_and_only_of_sources_that_were_followed_lately() {
    let stage = Stage::new().await;
    // After this nothing of before the start is waited for.
    set_now(600);
    let (tracker, source) = stage.register("1").await;
    let missed = |since: u64| stage.follow(&stage.session, tracker, &source, Some(since)).missed;
    stage.store(&source, vec![alarm(600)]).await;
    assert_eq!(stage.engine.push_number(), 0, "nobody followed it");
    assert_eq!(missed(0), [""; 0]);

    // It was followed just now.
    stage.store(&source, vec![alarm(601)]).await;
    set_now(1199);
    stage.store(&source, vec![alarm(1199)]).await;
    assert_eq!(missed(0), ["powered @601", "powered @1199"]);
    set_now(1200);
    assert_eq!(missed(0), ["powered @1199"]);
    set_now(1800);
    stage.store(&source, vec![alarm(1800)]).await;
    assert_eq!(stage.engine.push_number(), 2, "nobody has followed it for ten minutes");
    assert_eq!(missed(0), [""; 0]);
}

#[tokio::test]
async fn the_oldest_give_way_when_a_source_or_all_together_keep_too_much() {
    let check = async |kept: KeptLimits, wanted: [&[&str]; 2]| {
        set_now(0);
        let stage = Stage::with(EngineOptions { kept, ..options() }).await;
        let (first_tracker, first) = stage.register("1").await;
        let (second_tracker, second) = stage.register("2").await;
        for s in 1..=4 {
            stage.store(&first, vec![alarm(s)]).await;
        }
        stage.store(&second, vec![alarm(1)]).await;
        let missed = [
            stage.follow(&stage.session, first_tracker, &first, Some(0)).missed,
            stage.follow(&stage.session, second_tracker, &second, Some(0)).missed,
        ];
        assert_eq!(missed, wanted.map(<[&str]>::to_vec), "{kept:?}");
        // What has gone its time makes room again.
        set_now(601);
        stage.engine.let_time_pass(now());
        drop(stage.follow(&stage.session, second_tracker, &second, None));
        stage.store(&second, vec![alarm(601)]).await;
        let now_missed = stage.follow(&stage.session, second_tracker, &second, Some(0)).missed;
        assert_eq!(now_missed.len(), usize::from(kept.pushes_max > 0), "{kept:?}");
    };
    let limits = KeptLimits { pushes_max: 100, bytes_max: 1 << 20, kept_s: 600 };
    check(KeptLimits { pushes_max: 2, ..limits }, [&["powered @3", "powered @4"], &["powered @1"]]).await;
    // Two of these have room.
    check(KeptLimits { bytes_max: 2048, ..limits }, [&["powered @3", "powered @4"], &[]]).await;
    check(KeptLimits { pushes_max: 0, ..limits }, [&[], &[]]).await;
}

#[tokio::test]
async fn what_came_just_before_a_restart_was_perhaps_missed() {
    let mut stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (quiet_tracker, quiet) = stage.register("2").await;
    let id = source.id();
    let inputs = crate::stage::inputs;
    stage.store(&source, vec![inputs(0, 1), alarm(1)]).await;
    stage.store(&quiet, vec![alarm(1)]).await;
    set_now(20);
    // The first is compared with what came long before.
    stage.store(&source, vec![inputs(20, 0), inputs(5, 1)]).await;
    set_now(29);
    stage.store(&source, vec![inputs(29, 1)]).await;
    let wanted = ["input 1 off @20", "input 1 on @29"];
    for is_good in [false, true, false] {
        if is_good {
            stage.restart().await;
        } else {
            stage.kill().await;
        }
        let back = stage.follow(&stage.session, tracker, &stage.source(id), Some(0));
        assert_eq!(back.missed, wanted, "after a good end: {is_good}");
        let quiet = stage.follow(&stage.session, quiet_tracker, &stage.source(quiet.id()), Some(0));
        assert_eq!(quiet.missed, [""; 0]);
    }
    stage.store(&stage.source(id), vec![inputs(30, 0)]).await;
    let back = stage.follow(&stage.session, tracker, &stage.source(id), Some(2));
    assert_eq!(back.missed, ["input 1 off @30"], "every source counts as followed after a start");
    set_now(630);
    let back = stage.follow(&stage.session, tracker, &stage.source(id), Some(0));
    assert_eq!(back.missed, [""; 0]);
}

/// The key was read further back than anybody looks, as on a long drive.
#[tokio::test]
async fn who_drives_is_known_after_a_restart_however_long_ago_it_was_said() {
    let mut stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let with = |s, id, value: model::Value| {
        let mut report = report(s);
        report.attributes.set_some(id, Some(value));
        report
    };
    stage.store(&source, vec![with(1, attr::HARDWARE_KEY, model::Value::Text("2F000001C8F3B101".into()))]).await;
    set_now(20_000);
    stage.store(&source, (2..10_010).map(report).collect()).await;
    stage.store(&source, vec![with(19_000, attr::IS_MOVING, false.into())]).await;
    set_now(20_020);
    stage.store(&source, vec![with(20_020, attr::IS_MOVING, true.into())]).await;
    stage.kill().await;
    let back = stage.follow(&stage.session, tracker, &stage.source(source.id()), Some(0));
    assert_eq!(back.missed, ["moving @20020"]);
}

#[tokio::test]
async fn a_blocked_source_has_nothing_to_tell_after_a_restart() {
    let mut stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.store(&source, vec![alarm(1)]).await;
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    stage.restart().await;
    stage.fleet.set_source_blocked(&stage.panel, tracker, false).await.expect("unblocked");
    let back = stage.follow(&stage.session, tracker, &stage.source(source.id()), Some(0));
    assert_eq!(back.missed, [""; 0]);
}

#[tokio::test]
async fn who_gets_a_tracker_is_not_told_what_happened_to_it_before() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.store(&source, vec![alarm(1)]).await;
    set_now(10);
    let other = stage.user("bob@example.com").await;
    let clone =
        stage.fleet.clone_tracker(&stage.panel, tracker, other.user, "Mine".into(), now()).await.expect("cloned");
    set_now(20);
    stage.store(&source, vec![alarm(20)]).await;
    assert_eq!(stage.follow(&other, clone, &source, Some(0)).missed, ["powered @20"]);
    assert_eq!(stage.follow(&stage.session, tracker, &source, Some(0)).missed, ["powered @1", "powered @20"]);
}
