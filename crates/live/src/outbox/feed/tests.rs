use std::collections::BTreeMap;

use model::{MessageId, Report, Seq, SessionId, SourceId, Timestamp, TrackerId};
use proptest::prelude::*;

use super::*;
use crate::testing::state;
use crate::{Lifecycle, OutboxLimits, Overrun, Snapshot};

#[derive(Clone, Debug)]
struct Silent;

impl Latest for Silent {
    fn latest(&self) -> Option<Arc<Snapshot>> {
        None
    }
}

const LIMITS: OutboxLimits = OutboxLimits { skippable_max: 3, must_messages_max: 6, must_bytes_max: 1 << 20 };

/// An outbox with a lane of feeds and this many sources on it, trackers 1, 2, …
fn followed(limits: OutboxLimits, sources: u32) -> (Outbox<Silent>, Lane, Vec<Slot>) {
    let mut outbox = Outbox::new(limits);
    let lane = outbox.open_lane(SessionId(1), LaneKind::Feed).expect("the first lane");
    let slots = (1..=sources).map(|tracker| outbox.add(lane, TrackerId(tracker), Silent)).collect();
    (outbox, lane, slots)
}

fn record(seq: u64) -> Arc<Record> {
    let at = Timestamp::from_ms_clamped(0);
    Arc::new(Record { seq: Seq(seq), at, received: at, report: Report::default(), odometer_km: None })
}

fn moved(message: u64) -> Arc<Push> {
    let submitted = Timestamp::from_ms_clamped(0);
    Arc::new(Push::Moved { message: MessageId(message), submitted, status: model::MessageStatus::Read })
}

/// Everything due, as text: `tracker:seq×total` and `tracker:#number`.
fn drain(outbox: &mut Outbox<Silent>) -> String {
    let due = std::iter::from_fn(|| outbox.take_next().expect("no overrun")).map(|due| match due {
        Due::Records { tracker, total, last, .. } => format!("{tracker}:{}x{total}", last.seq),
        Due::Push { tracker, number, .. } => format!("{tracker}:#{number}"),
        Due::Lifecycle { what, .. } => format!("{what:?}").to_lowercase(),
        other => format!("{other:?}"),
    });
    due.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_reader_that_keeps_up_is_told_of_each_upload() {
    let (mut outbox, _, slots) = followed(LIMITS, 2);
    outbox.records(slots[0], 2, &record(2));
    outbox.push(slots[0], 1, &moved(1));
    outbox.records(slots[1], 1, &record(3));
    assert_eq!(drain(&mut outbox), "1:2x2 1:#1 2:3x1");
    assert_eq!(drain(&mut outbox), "");
}

#[test]
fn a_slow_reader_is_told_of_the_last_report_and_of_all_of_them_counted() {
    let (mut outbox, _, slots) = followed(LIMITS, 2);
    for seq in 1..=5 {
        outbox.records(slots[0], 10, &record(seq));
        outbox.push(slots[1], seq, &moved(seq));
    }
    assert_eq!(outbox.conflated, 4);
    // The fifth took along what had been merged.
    assert_eq!(drain(&mut outbox), "2:#1 2:#2 2:#3 2:#4 1:5x50 2:#5");
    for seq in 6..=9 {
        outbox.records(slots[0], 1, &record(seq));
    }
    assert_eq!(drain(&mut outbox), "1:9x4");
}

#[test]
fn totals_do_not_wrap() {
    let (mut outbox, _, slots) = followed(LIMITS, 1);
    for seq in 1..=5 {
        outbox.records(slots[0], u32::MAX - 1, &record(seq));
    }
    assert_eq!(drain(&mut outbox), format!("1:5x{}", u32::MAX));
}

#[test]
fn what_must_be_told_ends_the_connection_when_it_outgrows_its_bounds() {
    let (mut outbox, _, slots) = followed(LIMITS, 1);
    for number in 1..=7 {
        outbox.push(slots[0], number, &moved(number));
    }
    assert_eq!(outbox.take_next().err(), Some(Overrun));
    let text = model::DriverEventKind::Text { text: "x".repeat(600) };
    let at = Timestamp::from_ms_clamped(0);
    let event = model::DriverEvent { id: 1, guid: String::new(), at, received: at, position: None, kind: text };
    let push = Arc::new(Push::FromDriver(Arc::new(event)));
    let (mut outbox, _, slots) = followed(OutboxLimits { must_bytes_max: 1_000, ..LIMITS }, 1);
    outbox.push(slots[0], 1, &push);
    assert_eq!(drain(&mut outbox), "1:#1");
    outbox.push(slots[0], 2, &push);
    outbox.push(slots[0], 3, &push);
    assert_eq!(outbox.take_next().err(), Some(Overrun), "by its bytes");
}

#[test]
fn what_waits_of_a_source_is_void_when_it_is_blocked_or_removed() {
    let (mut outbox, lane, slots) = followed(LIMITS, 3);
    let fill = |outbox: &mut Outbox<Silent>, slot: Slot| {
        for seq in 1..=5 {
            outbox.records(slot, 1, &record(seq));
        }
        outbox.push(slot, 9, &moved(9));
    };
    fill(&mut outbox, slots[0]);
    assert!(outbox.set_blocked(slots[0], true));
    outbox.lifecycle(1, SourceId(1), Lifecycle::Block);
    fill(&mut outbox, slots[0]);
    assert_eq!(drain(&mut outbox), "block");
    assert!(outbox.set_blocked(slots[0], false));
    // As the engine does for all lanes.
    outbox.mark(slots[0]);
    assert_eq!(drain(&mut outbox), "", "nothing of what it was");
    fill(&mut outbox, slots[0]);
    assert_eq!(drain(&mut outbox), "1:5x5 1:#9");
    fill(&mut outbox, slots[1]);
    outbox.remove(slots[1]);
    let again = outbox.add(lane, TrackerId(7), Silent);
    fill(&mut outbox, again);
    // What is void takes room until it is passed by.
    assert_eq!(drain(&mut outbox), "7:4x4 7:5x1 7:#9");
    fill(&mut outbox, slots[2]);
    outbox.logout(SessionId(1));
    fill(&mut outbox, slots[2]);
    assert_eq!(drain(&mut outbox), "Logout(SessionId(1))");
}

#[test]
fn a_lane_of_feeds_is_told_of_no_states_and_the_others_of_nothing_else() {
    let (mut outbox, _, slots) = followed(LIMITS, 1);
    outbox.publish(slots[0], &Arc::new(Snapshot::new(state(1), 1)), true);
    outbox.touch(slots[0]);
    assert_eq!(drain(&mut outbox), "");
    for kind in [LaneKind::Stream, LaneKind::Batch, LaneKind::Differences] {
        let lane = outbox.open_lane(SessionId(1), kind).expect("a lane");
        let slot = outbox.add(lane, TrackerId(2), Silent);
        outbox.records(slot, 1, &record(1));
        outbox.push(slot, 1, &moved(1));
        assert_eq!((drain(&mut outbox), outbox.has_changed(lane)), (String::new(), false), "{kind:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Records {
        slot: usize,
        total: u32,
    },
    Push {
        slot: usize,
    },
    /// So many are taken.
    Take(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_usize, 1..9_u32).prop_map(|(slot, total)| Step::Records { slot, total }),
        2 => (0..4_usize).prop_map(|slot| Step::Push { slot }),
        3 => (0..6_usize).prop_map(Step::Take),
    ]
}

/// What a client was told of one source.
#[derive(Default, Debug, PartialEq)]
struct Told {
    reports: u32,
    newest: u64,
    pushes: Vec<u64>,
}

fn take(outbox: &mut Outbox<Silent>, told: &mut BTreeMap<u32, Told>, last: &mut u64) -> bool {
    match outbox.take_next().expect("no overrun") {
        None => return false,
        Some(Due::Records { tracker, total, last, .. }) => {
            let told = told.entry(tracker.0).or_default();
            assert!(last.seq.0 > told.newest, "back in time");
            told.newest = last.seq.0;
            told.reports += total;
        }
        Some(Due::Push { tracker, number, .. }) => {
            assert!(number > *last, "out of order");
            *last = number;
            told.entry(tracker.0).or_default().pushes.push(number);
        }
        Some(other) => panic!("{other:?}"),
    }
    true
}

proptest! {
    /// However slow the reader, nothing that must be told is lost or told twice, and no report goes uncounted.
    #[test]
    fn all_is_told_or_counted(steps in prop::collection::vec(step(), 0..120)) {
        let limits = OutboxLimits { must_messages_max: 1_000, ..LIMITS };
        let (mut outbox, _, slots) = followed(limits, 4);
        let (mut told, mut last): (BTreeMap<u32, Told>, _) = (BTreeMap::new(), 0);
        let mut expected: BTreeMap<u32, Told> = BTreeMap::new();
        for (n, step) in (1..).zip(steps) {
            match step {
                Step::Records { slot, total } => {
                    outbox.records(slots[slot], total, &record(n));
                    let expected = expected.entry(slot as u32 + 1).or_default();
                    expected.reports += total;
                    expected.newest = n;
                }
                Step::Push { slot } => {
                    outbox.push(slots[slot], n, &moved(n));
                    expected.entry(slot as u32 + 1).or_default().pushes.push(n);
                }
                Step::Take(count) => {
                    for _ in 0..count {
                        take(&mut outbox, &mut told, &mut last);
                    }
                }
            }
            prop_assert!(outbox.skippable <= LIMITS.skippable_max);
        }
        while take(&mut outbox, &mut told, &mut last) {}
        prop_assert_eq!(told, expected);
        prop_assert_eq!((outbox.skippable, outbox.must_messages, outbox.must_bytes), (0, 0, 0));
        prop_assert!(outbox.slots.iter().all(|slot| slot.merged.is_none()));
    }
}
