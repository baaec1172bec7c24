use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::testing::state;

const LIMITS: OutboxLimits = OutboxLimits { skippable_max: 4, must_messages_max: 6, must_bytes_max: 1 << 20 };

#[derive(Clone, Debug, Default)]
struct Source(Rc<RefCell<Option<Arc<Snapshot>>>>);

impl Latest for Source {
    fn latest(&self) -> Option<Arc<Snapshot>> {
        self.0.borrow().clone()
    }
}

impl Source {
    fn change(&self, outbox: &mut Outbox<Self>, slot: Slot, version: u64, notable: bool) {
        let snapshot = Arc::new(Snapshot::new(state(1), version));
        *self.0.borrow_mut() = Some(snapshot.clone());
        outbox.publish(slot, &snapshot, notable);
    }
}

/// Everything due, as text: `tracker:version`, `block`, `logout`.
fn drain(outbox: &mut Outbox<Source>) -> String {
    let mut said = Vec::new();
    while let Some(due) = outbox.take_next().expect("no overrun") {
        said.push(match due {
            Due::State { tracker, snapshot, .. } => format!("{tracker}:{}", snapshot.version),
            Due::Records { tracker, total, last, .. } => format!("{tracker}:{}x{total}", last.seq),
            Due::Push { tracker, number, .. } => format!("{tracker}:#{number}"),
            Due::Lifecycle { what, .. } => format!("{what:?}").to_lowercase(),
            Due::Logout(_) => "logout".to_owned(),
            Due::Added(tracker) => format!("added {tracker}"),
            Due::Lost(source) => format!("lost {source}"),
            Due::Review => "review".to_owned(),
        });
    }
    said.join(" ")
}

fn one() -> (Outbox<Source>, Lane, Slot, Source) {
    let mut outbox = Outbox::new(LIMITS);
    let lane = outbox.open_lane(SessionId(1), LaneKind::Stream).expect("the first lane");
    let source = Source::default();
    let slot = outbox.add(lane, TrackerId(9), source.clone());
    (outbox, lane, slot, source)
}

#[test]
fn a_reader_that_keeps_up_sees_every_state() {
    let (mut outbox, _, slot, source) = one();
    for version in 1..=3 {
        source.change(&mut outbox, slot, version, false);
    }
    assert_eq!(drain(&mut outbox), "9:1 9:2 9:3");
    assert_eq!(drain(&mut outbox), "");
}

#[test]
fn a_slow_reader_sees_the_newest_and_every_event() {
    let (mut outbox, _, slot, source) = one();
    for version in 1..=20 {
        source.change(&mut outbox, slot, version, version == 3);
    }
    assert_eq!(drain(&mut outbox), "9:3 9:17 9:18 9:19 9:20");
    assert_eq!(outbox.conflated, 15);
}

#[test]
fn what_must_be_sent_ends_the_connection_when_it_outgrows_its_bounds() {
    let (mut outbox, _, slot, source) = one();
    for version in 1..=7 {
        source.change(&mut outbox, slot, version, true);
    }
    assert_eq!(outbox.take_next().err(), Some(Overrun));
}

#[test]
fn a_connection_that_is_to_end_keeps_nothing() {
    let (mut outbox, _, slot, source) = one();
    for version in 1..=1000 {
        source.change(&mut outbox, slot, version, version % 2 == 0);
        outbox.added(TrackerId(version as u32));
        outbox.lifecycle(version, SourceId(1), Lifecycle::Block);
    }
    assert_eq!(outbox.take_next().err(), Some(Overrun));
    assert_eq!(outbox.queue.capacity(), 0);
}

#[test]
fn the_end_of_a_session_is_the_end_of_its_news() {
    let (mut outbox, _, slot, _) = one();
    assert!(outbox.set_blocked(slot, true));
    outbox.logout(SessionId(1));
    assert!(!outbox.set_blocked(slot, false));
    outbox.remove(slot);
    assert!(!outbox.set_blocked(slot, true));
}

#[test]
fn a_blocked_source_is_silent_and_speaks_again_after_the_news() {
    let (mut outbox, _, slot, source) = one();
    source.change(&mut outbox, slot, 1, false);
    outbox.set_blocked(slot, true);
    outbox.lifecycle(1, SourceId(1), Lifecycle::Block);
    source.change(&mut outbox, slot, 2, true);
    assert_eq!(drain(&mut outbox), "block");
    outbox.set_blocked(slot, false);
    outbox.lifecycle(2, SourceId(1), Lifecycle::Unblock);
    outbox.mark(slot);
    assert_eq!(drain(&mut outbox), "unblock 9:2");
}

#[test]
fn one_event_of_a_source_reaches_a_connection_once() {
    let (mut outbox, ..) = one();
    outbox.lifecycle(5, SourceId(1), Lifecycle::Corrupt);
    outbox.lifecycle(5, SourceId(1), Lifecycle::Corrupt);
    assert_eq!(drain(&mut outbox), "corrupt");
}

#[test]
fn logout_is_the_last_of_its_session() {
    let (mut outbox, lane, slot, source) = one();
    source.change(&mut outbox, slot, 1, false);
    outbox.logout(SessionId(2));
    outbox.logout(SessionId(1));
    outbox.logout(SessionId(1));
    source.change(&mut outbox, slot, 2, true);
    assert_eq!(drain(&mut outbox), "logout");
    outbox.remove(slot);
    outbox.close_lane(lane);
    assert_eq!(outbox.open_lane(SessionId(3), LaneKind::Stream), Some(lane));
}

#[test]
fn a_slot_used_again_does_not_inherit_what_waited() {
    let (mut outbox, lane, slot, source) = one();
    source.change(&mut outbox, slot, 1, false);
    outbox.mark(slot);
    outbox.remove(slot);
    let other = Source::default();
    let again = outbox.add(lane, TrackerId(10), other.clone());
    other.change(&mut outbox, again, 1, false);
    assert_eq!(drain(&mut outbox), "10:1");
}

#[test]
fn a_batch_has_each_changed_source_once_in_order_of_change() {
    let mut outbox = Outbox::new(LIMITS);
    let lane = outbox.open_lane(SessionId(1), LaneKind::Batch).expect("a lane");
    let sources: Vec<_> = (0..3).map(|_| Source::default()).collect();
    let slots: Vec<_> = (0..3).map(|n| outbox.add(lane, TrackerId(n), sources[n as usize].clone())).collect();
    for (n, version) in [(2, 1), (0, 1), (2, 2), (0, 2), (2, 3)] {
        sources[n].change(&mut outbox, slots[n], version, false);
    }
    assert_eq!(drain(&mut outbox), "");
    let batch: Vec<_> = std::iter::from_fn(|| outbox.next_changed(lane))
        .map(|due| match due {
            Due::State { tracker, snapshot, .. } => (tracker.0, snapshot.version),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(batch, [(2, 3), (0, 2)]);
    assert!(!outbox.has_changed(lane));
}

/// What is marked on a lane of differences, as `tracker:since`; the reader has `version` afterwards.
fn read(outbox: &mut Outbox<Source>, lane: Lane, version: u64) -> String {
    let mut said = Vec::new();
    while let Some(changed) = outbox.take_changed(lane) {
        said.push(format!("{}:{}", changed.tracker, changed.since));
        outbox.note_sent(&changed, version);
    }
    said.join(" ")
}

fn differences() -> (Outbox<Source>, Lane, Slot, Source) {
    let mut outbox = Outbox::new(LIMITS);
    let lane = outbox.open_lane(SessionId(1), LaneKind::Differences).expect("a lane");
    let source = Source::default();
    let slot = outbox.add(lane, TrackerId(9), source.clone());
    (outbox, lane, slot, source)
}

#[test]
fn differences_go_on_from_where_the_client_is() {
    let (mut outbox, lane, slot, source) = differences();
    assert_eq!(read(&mut outbox, lane, 1), "");
    outbox.mark(slot);
    assert_eq!(read(&mut outbox, lane, 7), "9:0");
    // The state's own version is another counting.
    source.change(&mut outbox, slot, 2, true);
    outbox.touch(slot);
    assert_eq!((drain(&mut outbox), outbox.has_urgent()), (String::new(), false));
    assert_eq!(read(&mut outbox, lane, 8), "9:7");
    outbox.mark(slot);
    assert_eq!(read(&mut outbox, lane, 9), "9:0");
    outbox.logout(SessionId(1));
    outbox.touch(slot);
    assert_eq!(read(&mut outbox, lane, 9), "");
}

#[test]
fn differences_are_void_while_a_source_is_blocked() {
    let (mut outbox, lane, slot, _) = differences();
    outbox.mark(slot);
    let changed = outbox.take_changed(lane).expect("marked");
    outbox.set_blocked(slot, true);
    // Read before the block, noted after it.
    outbox.note_sent(&changed, 5);
    outbox.touch(slot);
    assert_eq!(read(&mut outbox, lane, 9), "");
    outbox.set_blocked(slot, false);
    outbox.mark(slot);
    assert_eq!(read(&mut outbox, lane, 9), "9:0");
    outbox.touch(slot);
    outbox.remove(slot);
    assert_eq!(read(&mut outbox, lane, 9), "");
}

#[test]
fn other_lanes_are_not_touched() {
    let (mut outbox, lane, slot, _) = one();
    outbox.touch(slot);
    assert_eq!((outbox.has_changed(lane), outbox.take_changed(lane).is_none()), (false, true));
}

#[derive(Clone, Debug)]
enum Step {
    Change { source: usize, notable: bool },
    Mark { source: usize },
    Take,
    Readd { source: usize },
    Revoke { source: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3usize, proptest::bool::weighted(0.02)).prop_map(|(source, notable)| Step::Change { source, notable }),
        1 => (0..3usize).prop_map(|source| Step::Mark { source }),
        4 => Just(Step::Take),
        1 => (0..3usize).prop_map(|source| Step::Readd { source }),
        1 => (0..3usize).prop_map(|source| Step::Revoke { source }),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    /// Whatever the pace of the reader: versions of a source never go back, the newest is seen in the end, states
    /// with an event are all seen, nothing is seen of what was revoked, and no more waits than the limits allow.
    #[test]
    fn nothing_goes_back_in_time_and_the_newest_arrives(steps in steps()) {
        let limits = OutboxLimits { must_messages_max: 1000, ..LIMITS };
        let mut outbox = Outbox::new(limits);
        let lane = outbox.open_lane(SessionId(1), LaneKind::Stream).expect("a lane");
        let sources: Vec<_> = (0..3).map(|_| Source::default()).collect();
        let mut slots: Vec<_> = sources.iter().enumerate().map(|(n, s)| outbox.add(lane, TrackerId(n as u32), s.clone())).collect();
        let (mut version, mut seen) = (0, [0u64; 3]);
        let mut notables: [Vec<u64>; 3] = Default::default();
        let mut revoked = [false; 3];
        let take = |outbox: &mut Outbox<Source>, seen: &mut [u64; 3], notables: &mut [Vec<u64>; 3], revoked: &[bool; 3]| {
            let (tracker, snapshot) = match outbox.take_next().expect("no overrun") {
                Some(Due::State { tracker, snapshot, .. }) => (tracker, snapshot),
                Some(_) => return true,
                None => return false,
            };
            let n = tracker.0 as usize;
            assert!(!revoked[n], "source {n} was seen after it was taken away");
            assert!(snapshot.version >= seen[n], "source {n} went back from {} to {}", seen[n], snapshot.version);
            seen[n] = snapshot.version;
            notables[n].retain(|v| *v != snapshot.version);
            true
        };
        for step in steps {
            match step {
                Step::Change { source, notable } => {
                    version += 1;
                    if notable && !revoked[source] {
                        notables[source].push(version);
                    }
                    sources[source].change(&mut outbox, slots[source], version, notable);
                }
                Step::Mark { source } => outbox.mark(slots[source]),
                Step::Take => {
                    take(&mut outbox, &mut seen, &mut notables, &revoked);
                }
                Step::Readd { source } => {
                    outbox.remove(slots[source]);
                    notables[source].clear();
                    revoked[source] = false;
                    slots[source] = outbox.add(lane, TrackerId(source as u32), sources[source].clone());
                    outbox.mark(slots[source]);
                }
                Step::Revoke { source } => {
                    version += 1;
                    outbox.revoke(slots[source], version, SourceId(source as u32));
                    notables[source].clear();
                    revoked[source] = true;
                }
            }
            prop_assert!(outbox.skippable <= LIMITS.skippable_max);
        }
        while take(&mut outbox, &mut seen, &mut notables, &revoked) {}
        for (n, source) in sources.iter().enumerate() {
            if !revoked[n] {
                prop_assert_eq!(seen[n], source.latest().map_or(0, |s| s.version));
            }
            prop_assert_eq!(&notables[n], &Vec::<u64>::new());
        }
    }
}

#[test]
fn what_was_revoked_is_void_and_told_to_the_session_once() {
    let (mut outbox, _, first, source) = one();
    let batch = outbox.open_lane(SessionId(1), LaneKind::Batch).expect("a lane");
    let second = outbox.add(batch, TrackerId(9), source.clone());
    source.change(&mut outbox, first, 1, true);
    source.change(&mut outbox, second, 1, true);
    assert_eq!(outbox.session_of(first), Some(SessionId(1)));
    outbox.revoke(first, 5, SourceId(7));
    outbox.revoke(second, 5, SourceId(7));
    source.change(&mut outbox, first, 2, true);
    outbox.mark(second);
    assert_eq!(drain(&mut outbox), "lost 7");
    assert!(outbox.next_changed(batch).is_none());
    outbox.remove(first);
    assert_eq!(outbox.session_of(first), None);
    outbox.revoke(first, 6, SourceId(7));
    assert_eq!(drain(&mut outbox), "", "a slot that was removed is nobody's loss");
}

#[test]
fn many_gains_and_losses_become_one_look_at_everything() {
    let mut outbox = Outbox::<Source>::new(OutboxLimits::default());
    let lane = outbox.open_lane(SessionId(1), LaneKind::Stream).expect("a lane");
    for number in 0..5_000 {
        let slot = outbox.add(lane, TrackerId(number), Source::default());
        outbox.added(TrackerId(number));
        outbox.revoke(slot, u64::from(number) + 1, SourceId(number));
    }
    let told = drain(&mut outbox);
    assert_eq!(told.matches("added").count() + told.matches("lost").count(), ACCESS_NEWS_MAX);
    assert!(told.ends_with("review") && told.matches("review").count() == 1, "{told}");
    outbox.added(TrackerId(1));
    assert_eq!(drain(&mut outbox), "added 1", "after the look they are told one by one again");
}
