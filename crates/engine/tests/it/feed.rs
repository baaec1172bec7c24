//! What followers are told, and when.

use engine::EngineOptions;
use fleet::{SubuserEdit, TrackerEdit, UserProfile};
use live::{LaneKind, OutboxLimits, Overrun};
use model::{EventId, MessageId, MessageStatus, Push, Report, attr};
use proptest::prelude::*;

use crate::stage::{Stage, alarm, finish, inputs, now, options, report, said, set_now};

#[tokio::test]
async fn a_follower_is_told_of_uploads_and_of_what_they_show_once_they_are_durable() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    stage.engine.flush().await;
    stage.gate.close();
    // As the device sent them; the last of them is not the newest.
    let receipt = stage.ingest(&source, vec![inputs(3, 1), inputs(1, 0), inputs(2, 1)]).await;
    assert_eq!(said(&follower.connection), [""; 0], "nothing before the commit");
    stage.gate.reopen();
    finish(receipt).await.expect("stored");
    assert_eq!(said(&follower.connection), ["3r2", "input 1 on @2"]);
}

#[tokio::test]
async fn repeats_do_not_count_and_an_upload_of_repeats_is_no_news() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    stage.store(&source, vec![inputs(1, 0), inputs(2, 1)]).await;
    assert_eq!(said(&follower.connection), ["2r2", "input 1 on @2"]);
    stage.store(&source, vec![inputs(1, 0), inputs(2, 1)]).await;
    assert_eq!(said(&follower.connection), [""; 0]);
    let caused = Report { events: vec![EventId(501)], ..inputs(3, 1) };
    stage.store(&source, vec![inputs(1, 0), caused, inputs(2, 1)]).await;
    assert_eq!(said(&follower.connection), ["1r3", "input 1 on @3"], "a cause, though the level is not new");
}

#[tokio::test]
async fn a_late_report_is_told_of_and_shows_what_it_names() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    stage.store(&source, vec![inputs(10, 1)]).await;
    stage.store(&source, vec![inputs(5, 0)]).await;
    stage.store(&source, vec![alarm(6)]).await;
    stage.store(&source, vec![inputs(11, 1)]).await;
    assert_eq!(said(&follower.connection), ["1r10", "1r5", "1r6", "powered @6", "1r11"]);
}

#[tokio::test]
async fn a_record_has_the_odometer_with_its_own_report_counted_in() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    let driving = |s| {
        let mut report = report(s);
        report.position.iter_mut().for_each(|position| position.set_speed_kmh(60.0));
        report
    };
    stage.store(&source, vec![driving(0)]).await;
    stage.engine.set_counter(&source, model::CounterKind::Odometer, 100.0, now()).await.expect("set");
    let unplugged = Report { events: vec![EventId(2)], ..driving(50) };
    stage.store(&source, vec![unplugged, driving(100)]).await;
    let mut outbox = follower.connection.outbox();
    let mut odometers = Vec::new();
    while let Some(due) = outbox.take_next().expect("no overrun") {
        match due {
            live::Due::Records { last, .. } => odometers.push(last.odometer_km),
            live::Due::Push { push, .. } => match &*push {
                Push::Happened(happened) => odometers.push(happened.record.odometer_km),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    let [None, Some(whole), Some(half)] = odometers[..] else { panic!("{odometers:?}") };
    // Half a degree of longitude at 52 degrees north is some 34.2 km.
    assert!((half - 134.2).abs() < 0.5 && (whole - 168.5).abs() < 0.5, "{half} {whole}");
}

#[tokio::test]
async fn a_slow_follower_is_told_of_the_last_report_and_of_every_event() {
    let outbox = OutboxLimits { skippable_max: 2, ..OutboxLimits::default() };
    let stage = Stage::with(EngineOptions { outbox, ..options() }).await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    for s in 0..6 {
        stage.store(&source, vec![report(10 * s), inputs(10 * s + 1, s % 2)]).await;
    }
    let mut told = said(&follower.connection);
    told.retain(|said| !said.starts_with("input"));
    assert_eq!(told, ["12r51"]);
}

#[tokio::test]
async fn a_follower_who_overruns_what_must_be_told_is_to_end() {
    let outbox = OutboxLimits { must_messages_max: 3, ..OutboxLimits::default() };
    let stage = Stage::with(EngineOptions { outbox, ..options() }).await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    stage.store(&source, (1..=3).map(alarm).collect()).await;
    assert_eq!(said(&follower.connection).len(), 4);
    stage.store(&source, (4..=7).map(alarm).collect()).await;
    assert_eq!(follower.connection.outbox().take_next().err(), Some(Overrun));
}

#[tokio::test]
async fn whoever_pushes_is_heard_by_those_who_follow_and_by_nobody_else() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (other_tracker, other) = stage.register("2").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    let bystander = stage.follow(&stage.session, other_tracker, &other, None);
    let (watcher, _watch) = stage.watch(&stage.session, tracker, &source);
    stage.engine.push(source.id(), Push::Device { up: true });
    stage.engine.push(model::SourceId(1), Push::Device { up: false });
    assert_eq!(said(&follower.connection), ["device up"]);
    assert_eq!((said(&bystander.connection), said(&watcher)), (vec![], vec![]));
    assert_eq!(stage.engine.push_number(), 1);
    drop(follower.watch);
    stage.engine.push(source.id(), Push::Device { up: false });
    assert_eq!(said(&follower.connection), [""; 0]);
}

#[tokio::test]
async fn numbers_grow_within_a_connection_whatever_its_sources() {
    let stage = Stage::new().await;
    let connection = stage.engine.connect();
    let lane = connection.open_lane(stage.session.id, LaneKind::Feed).expect("a lane");
    let mut sources = Vec::new();
    let mut watches = Vec::new();
    for device in ["1", "2", "3"] {
        let (tracker, source) = stage.register(device).await;
        watches.push(stage.engine.follow(&connection, lane, tracker, &source, None));
        sources.push(source);
    }
    std::thread::scope(|scope| {
        for source in &sources {
            let (engine, id) = (&stage.engine, source.id());
            scope.spawn(move || (0..200).for_each(|_| engine.push(id, Push::Driver { up: true })));
        }
    });
    let mut numbers = Vec::new();
    while let Some(due) = connection.outbox().take_next().expect("no overrun") {
        match due {
            live::Due::Push { number, .. } => numbers.push(number),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(numbers, (1..=600).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_blocked_source_pushes_nothing_and_has_pushed_nothing_when_it_is_unblocked() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    let block = async |blocked| stage.fleet.set_source_blocked(&stage.panel, tracker, blocked).await.expect("done");
    stage.store(&source, vec![inputs(1, 0)]).await;
    // One that is not durable yet when it is blocked.
    stage.engine.flush().await;
    stage.gate.close();
    let receipt = stage.ingest(&source, vec![inputs(2, 1)]).await;
    block(true).await;
    stage.gate.reopen();
    finish(receipt).await.expect("stored");
    stage.store(&source, vec![inputs(3, 0)]).await;
    stage.engine.push(source.id(), Push::Device { up: false });
    assert_eq!(said(&follower.connection), ["block"], "what waited is void");
    let late = stage.follow(&stage.session, tracker, &source, Some(0));
    assert_eq!((late.blocked, late.missed), (true, vec![]));
    block(false).await;
    stage.store(&source, vec![inputs(4, 1)]).await;
    let wanted = ["unblock", "1r4", "input 1 on @4"];
    assert_eq!(
        (said(&follower.connection), said(&late.connection)),
        (wanted.map(str::to_owned).to_vec(), wanted.map(str::to_owned).to_vec())
    );
    let missed = stage.follow(&stage.session, tracker, &source, Some(0)).missed;
    assert_eq!(missed, ["input 1 on @4"]);
}

#[tokio::test]
async fn nothing_follows_the_loss_of_a_tracker() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    let hidden = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    stage.store(&source, vec![alarm(1)]).await;
    stage.fleet.update_tracker(&stage.panel, tracker, hidden).await.expect("hidden");
    assert!(follower.watch.is_over());
    stage.store(&source, vec![alarm(2)]).await;
    stage.engine.push(source.id(), Push::Device { up: true });
    assert_eq!(said(&follower.connection), ["corrupt"]);
}

#[tokio::test]
async fn a_sub_user_is_told_nothing_once_its_tracker_is_taken_from_it() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
    let new = SubuserEdit { login: "bo@example.com".into(), activated: true, profile, security_group: None };
    let id = stage.fleet.create_subuser(&stage.session, new, "secret", now()).await.expect("a sub-user");
    let hash = stage.fleet.create_subuser_session(&stage.session, id, now()).await.expect("a session");
    let session = stage.fleet.authorize(hash.as_str(), now()).expect("live");
    stage.fleet.bind_trackers(&stage.session, id, vec![tracker]).await.expect("bound");
    let sub = stage.follow(&session, tracker, &source, None);
    let master = stage.follow(&stage.session, tracker, &source, None);
    stage.store(&source, vec![alarm(1)]).await;
    stage.fleet.unbind_trackers(&stage.session, id, vec![tracker]).await.expect("unbound");
    stage.store(&source, vec![alarm(2)]).await;
    assert_eq!(said(&sub.connection), ["lost"]);
    assert_eq!(said(&master.connection), ["1r1", "powered @1", "1r2", "powered @2"]);
}

#[tokio::test]
async fn a_follower_goes_on_with_the_device_that_takes_the_place_of_another() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    stage.store(&source, vec![inputs(1, 0)]).await;
    stage.replace(tracker, "device-new").await;
    stage.store(&source, vec![inputs(2, 1)]).await;
    assert_eq!(said(&follower.connection), ["1r1", "1r2", "input 1 on @2"]);
}

#[tokio::test]
async fn the_end_of_a_session_is_the_last_that_is_heard_of_it() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (_, session) = stage.session_of_user().await;
    let follower = stage.follow(&session, tracker, &source, None);
    stage.store(&source, vec![alarm(1)]).await;
    stage.fleet.logout(session.id, now()).await.expect("logged out");
    stage.store(&source, vec![alarm(2)]).await;
    assert_eq!(said(&follower.connection), ["logout"]);
}

#[tokio::test]
async fn contacts_are_no_uploads() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    set_now(61);
    stage.engine.contact(&source, now());
    stage.engine.flush().await;
    assert_eq!(said(&follower.connection), [""; 0]);
}

#[tokio::test]
async fn a_message_on_its_way_is_told_and_kept() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    let moved = Push::Moved { message: MessageId(7), submitted: now(), status: MessageStatus::Read };
    stage.engine.push(source.id(), moved);
    stage.engine.push(source.id(), Push::Driver { up: true });
    assert_eq!(said(&follower.connection), ["message 7 Read", "driver up"]);
    assert_eq!(stage.follow(&stage.session, tracker, &source, Some(0)).missed, ["message 7 Read"]);
}

#[tokio::test]
async fn who_drives_is_what_was_said_last() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let follower = stage.follow(&stage.session, tracker, &source, None);
    let moves = |s, moves: bool| {
        let mut report = report(s);
        report.attributes.set(attr::IS_MOVING, moves);
        report
    };
    let mut with_key = moves(3, false);
    with_key.attributes.set(attr::HARDWARE_KEY, "0000001993887010");
    stage.store(&source, vec![moves(1, false), moves(2, true), with_key, moves(4, true)]).await;
    assert_eq!(said(&follower.connection), ["4r4", "moving without driver @2", "moving @4"]);
}

/// What happens next to a source that is followed.
#[derive(Clone, Debug)]
enum Step {
    /// So many reports, some of which show something, and how many of the upload before come again.
    Upload {
        reports: u8,
        alarms: u8,
        again: usize,
    },
    /// The client takes so much.
    Take(usize),
    Restless,
}

#[test]
fn no_report_goes_uncounted_and_no_event_is_lost_or_doubled_however_slow_the_follower() {
    let upload =
        (1..6_u8, 0..3_u8, 0..3_usize).prop_map(|(reports, alarms, again)| Step::Upload { reports, alarms, again });
    let step = prop_oneof![4 => upload, 2 => (0..5_usize).prop_map(Step::Take), 1 => Just(Step::Restless)];
    let config = ProptestConfig { cases: 16, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step, 1..25))| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            set_now(0);
            let outbox = OutboxLimits { skippable_max: 2, ..OutboxLimits::default() };
            let stage = Stage::with(EngineOptions { outbox, ..options() }).await;
            let (tracker, source) = stage.register("1").await;
            // A second follower comes and goes, and takes nothing from the first.
            let mut other = None;
            let follower = stage.follow(&stage.session, tracker, &source, None);
            let (mut s, mut sent, mut before) = (0, Vec::new(), Vec::new());
            let (mut total, mut events) = (0, Vec::new());
            let mut take = || {
                let due = follower.connection.outbox().take_next().expect("no overrun");
                match &due {
                    Some(live::Due::Records { total: some, .. }) => total += *some as usize,
                    Some(live::Due::Push { push, .. }) => events.push(crate::stage::pushed(push)),
                    Some(other) => panic!("{other:?}"),
                    None => {}
                }
                due.is_some()
            };
            for step in steps {
                match step {
                    Step::Upload { reports, alarms, again } => {
                        let new: Vec<_> = (0..reports).map(|n| {
                            s += 1;
                            if n < alarms { alarm(s) } else { report(s) }
                        }).collect();
                        let upload: Vec<Report> = before.iter().take(again).chain(&new).cloned().collect();
                        stage.store(&source, upload).await;
                        sent.extend(new.clone());
                        before = new;
                    }
                    Step::Take(count) => (0..count).for_each(|_| { take(); }),
                    Step::Restless => {
                        other = match other.take() {
                            Some(_) => None,
                            None => Some(stage.follow(&stage.session, tracker, &source, Some(0))),
                        };
                    }
                }
            }
            while take() {}
            let shown = sent.iter().filter(|report| report.is_notable());
            let expected: Vec<_> = shown.map(|report| {
                format!("powered @{}", report.time.map_or(-1, |time| time.since_ms(crate::stage::at(0)) / 1000))
            }).collect();
            assert_eq!((total, events), (sent.len(), expected));
        });
    });
}
