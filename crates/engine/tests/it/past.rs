//! The past, as followers were told of it.

use engine::Span;
use model::{Happened, HappenedKind, Push, Record, Report, Timestamp, attr};
use proptest::prelude::*;

use crate::stage::{Follower, Stage, at, inputs, options, report, set_now};

const ALL: Span = Span { from: Timestamp::MIN, to: Timestamp::MAX, since: Timestamp::MIN, reports_max: 1_000_000 };

async fn records(stage: &Stage, span: Span, source: &engine::Source) -> Vec<Record> {
    let past = stage.engine.past(source, span);
    stage.engine.read(move |journal| past.records(journal).collect()).await.expect("read")
}

async fn happened(stage: &Stage, span: Span, source: &engine::Source) -> Vec<Happened> {
    let past = stage.engine.past(source, span);
    stage.engine.read(move |journal| past.happened(journal)?.collect()).await.expect("read")
}

/// What a follower has been told so far: of each upload the last report, and what happened.
fn told(follower: &Follower) -> (Vec<Record>, Vec<Happened>) {
    let (mut records, mut happened) = (Vec::new(), Vec::new());
    while let Some(due) = follower.connection.outbox().take_next().expect("no overrun") {
        match due {
            live::Due::Records { last, .. } => records.push((*last).clone()),
            live::Due::Push { push, .. } => match &*push {
                Push::Happened(one) => happened.push(one.clone()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    (records, happened)
}

fn said(happened: &[Happened]) -> Vec<String> {
    happened.iter().map(|one| crate::stage::pushed(&Push::Happened(one.clone()))).collect()
}

#[tokio::test]
async fn a_span_begins_with_what_was_known_and_shows_what_is_the_user_s() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    // The first is all that is said of input 2 for long.
    stage.store(&source, vec![inputs(0, 0b10)]).await;
    stage.store(&source, (1..50).map(report).collect()).await;
    set_now(60);
    stage.store(&source, vec![inputs(50, 0b00), inputs(51, 0b10), inputs(52, 0b00)]).await;
    let between = |from, to| Span { from: at(from), to: at(to), ..ALL };
    assert_eq!(said(&happened(&stage, ALL, &source).await), ["input 2 off @50", "input 2 on @51", "input 2 off @52"]);
    assert_eq!(said(&happened(&stage, between(50, 51), &source).await), ["input 2 off @50", "input 2 on @51"]);
    assert_eq!(said(&happened(&stage, between(52, 99), &source).await), ["input 2 off @52"]);
    assert_eq!(said(&happened(&stage, Span { since: at(1), ..between(1, 99) }, &source).await).len(), 3);
    assert_eq!(said(&happened(&stage, Span { since: at(61), ..ALL }, &source).await), [""; 0]);
    assert_eq!(
        said(&happened(&stage, Span { reports_max: 52, ..ALL }, &source).await),
        ["input 2 off @50", "input 2 on @51"]
    );

    let times = |records: Vec<Record>| records.iter().map(|r| r.at.since_ms(at(0)) / 1000).collect::<Vec<_>>();
    assert_eq!(times(records(&stage, between(49, 51), &source).await), [49, 50, 51]);
    assert_eq!(times(records(&stage, Span { since: at(60), ..ALL }, &source).await), [50, 51, 52]);
    assert_eq!(times(records(&stage, Span { reports_max: 2, ..ALL }, &source).await), [0, 1]);
}

#[tokio::test]
async fn what_a_clock_that_ran_ahead_has_dated_is_left_out() {
    let stage = Stage::new().await;
    let (_, source) = stage.register("1").await;
    stage.store(&source, vec![inputs(1, 0), inputs(9_000, 1)]).await;
    assert_eq!(records(&stage, ALL, &source).await.len(), 1);
    assert_eq!(happened(&stage, ALL, &source).await, []);
}

/// A report as devices send them: second, inputs, outputs, whether it moves, key, event.
type Said = (i64, Option<i64>, Option<i64>, Option<bool>, Option<&'static str>, Option<u32>);

fn any_said() -> impl Strategy<Value = Said> {
    let lines = || prop::option::of(0..8_i64);
    let key = prop::option::of(prop_oneof![Just("0"), Just("A1")]);
    let event = prop::option::of(prop_oneof![Just(2_u32), Just(4), Just(406), 501..504_u32, 551..553_u32, Just(401)]);
    (0..15_i64, lines(), lines(), prop::option::of(any::<bool>()), key, event)
}

fn make((s, inputs, outputs, moving, key, event): Said) -> Report {
    let mut report = report(s);
    report.events = event.map(model::EventId).into_iter().collect();
    let attributes = &mut report.attributes;
    attributes.set_some(attr::INPUT_STATUS, inputs.map(Into::into));
    attributes.set_some(attr::OUTPUT_STATUS, outputs.map(Into::into));
    attributes.set_some(attr::IS_MOVING, moving.map(Into::into));
    attributes.set_some(attr::HARDWARE_KEY, key.map(Into::into));
    report
}

fn on_a_stage<T>(test: impl AsyncFnOnce(Stage) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        set_now(0);
        let outbox = live::OutboxLimits { must_messages_max: 10_000, must_bytes_max: 1 << 30, ..Default::default() };
        let kept = engine::KeptLimits { pushes_max: 10_000, ..Default::default() };
        test(Stage::with(engine::EngineOptions { outbox, kept, ..options() }).await).await
    })
}

#[test]
fn the_past_is_what_followers_were_told() {
    let uploads = prop::collection::vec(prop::collection::vec(any_said(), 1..5), 1..12);
    let config = ProptestConfig { cases: 16, ..ProptestConfig::default() };
    proptest!(config, |(uploads in uploads, split in 0..16_i64, early in 0..12_usize)| {
        on_a_stage(async |mut stage| {
            let (tracker, source) = stage.register("1").await;
            let follower = stage.follow(&stage.session, tracker, &source, None);
            for (n, upload) in uploads.into_iter().enumerate() {
                set_now(if n < early { 5 } else { 20 });
                stage.store(&source, upload.into_iter().map(make).collect()).await;
            }
            let (last, mut live) = told(&follower);
            let all = records(&stage, ALL, &source).await;
            for record in &last {
                assert!(all.contains(record), "{record:?}");
            }
            // In two pieces: what was known goes from one to the next.
            let mut past = happened(&stage, Span { to: at(split).plus_ms(-1), ..ALL }, &source).await;
            past.extend(happened(&stage, Span { from: at(split), ..ALL }, &source).await);
            // The past is in the order of times, what was told in that of arrival.
            past.sort_by_key(|happened| happened.record.seq);
            let end = last.iter().map(|record| record.received).max().expect("an upload");
            let came_last = |happened: &&Happened| end.since_ms(happened.record.received) <= 10_000;
            let on_its_way = said(&live.iter().filter(came_last).cloned().collect::<Vec<_>>());
            live.sort_by_key(|happened| happened.record.seq);
            assert_eq!(past, live);
            // And what a client finds that comes back after the end: what came in the last ten seconds.
            stage.kill().await;
            let back = stage.follow(&stage.session, tracker, &stage.source(source.id()), Some(0));
            assert_eq!(back.missed, on_its_way);
        });
    });
}

#[test]
fn inputs_are_told_of_as_often_as_levels_change_however_uploads_are_cut() {
    let masks = prop::collection::vec(0..256_u32, 1..30);
    let cuts = prop::collection::vec(1..6_usize, 30);
    let config = ProptestConfig { cases: 16, ..ProptestConfig::default() };
    proptest!(config, |(masks in masks, cuts in cuts)| {
        on_a_stage(async |stage| {
            let (tracker, source) = stage.register("1").await;
            let follower = stage.follow(&stage.session, tracker, &source, None);
            let mut reports: Vec<_> = (0..).zip(&masks).map(|(s, mask)| inputs(s, i64::from(*mask))).collect();
            for cut in cuts {
                let upload: Vec<_> = reports.drain(..cut.min(reports.len())).collect();
                let sent = upload.clone();
                stage.store(&source, upload).await;
                // Its acknowledgement is lost.
                stage.store(&source, sent).await;
            }
            assert!(reports.is_empty(), "all were sent");
            let mut changes = masks.windows(2).zip(1..).flat_map(|(pair, s)| {
                let changed = pair[0] ^ pair[1];
                let now = pair[1];
                let lines = (0..8_u8).filter(move |line| changed >> line & 1 == 1);
                lines.map(move |line| (at(s), HappenedKind::Input { number: line + 1, on: now >> line & 1 == 1 }))
            });
            for happened in told(&follower).1 {
                assert_eq!(Some((happened.record.at, happened.kind)), changes.next());
            }
            assert_eq!(changes.next(), None);
        });
    });
}
