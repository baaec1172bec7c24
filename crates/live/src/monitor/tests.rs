use std::collections::BTreeMap;

use model::{Attributes, attr};
use proptest::prelude::*;

use super::*;

fn at(s: i64) -> Timestamp {
    Timestamp::from_s(s).expect("in range")
}

/// A message as the tests write it: its second, its place, and what it says.
#[derive(Clone, Debug)]
struct Message {
    s: i64,
    seq: u64,
    values: Vec<(AttributeId, Value)>,
}

impl Message {
    fn push_to(&self, monitor: &mut Monitor) -> bool {
        let attributes: Attributes = self.values.iter().cloned().collect();
        let report = Report { time: Some(at(self.s)), attributes, ..Report::default() };
        monitor.push(at(self.s), Seq(self.seq), at(1_000 + self.seq as i64), &report)
    }
}

fn message(s: i64, seq: u64, values: &[(AttributeId, i64)]) -> Message {
    Message { s, seq, values: values.iter().map(|(id, n)| (*id, Value::Int(*n))).collect() }
}

/// Both queues as text: `analog_1=5@3,4@2` without gaps, then the same with gaps, where `-` is a gap.
fn show(monitor: &Monitor) -> String {
    let value = |value: &Value| match value {
        Value::Int(n) => n.to_string(),
        other => format!("{other:?}"),
    };
    let plain = monitor.without_gaps().map(|(id, queue)| {
        let entries: Vec<_> = queue.iter().map(|e| format!("{}@{}", value(&e.value), e.times.message.s())).collect();
        format!("{id}={}", entries.join(","))
    });
    let gaps = monitor.with_gaps().map(|(id, queue)| {
        let entries: Vec<_> = queue.map(|(_, v)| v.map_or("-".into(), value)).collect();
        format!("{id}={}", entries.join(","))
    });
    format!("{} | {}", plain.collect::<Vec<_>>().join(" "), gaps.collect::<Vec<_>>().join(" "))
}

fn two() -> Monitor {
    Monitor::new(MonitorLimits { messages_max: 2, ..MonitorLimits::default() })
}

#[test]
fn messages_are_filed_by_time_with_and_without_gaps() {
    let check = |messages: &[Message], expected: &str| {
        let mut monitor = two();
        for message in messages {
            message.push_to(&mut monitor);
        }
        assert_eq!(show(&monitor), expected, "{messages:?}");
    };
    let [speed, heading] = [attr::SPEED, attr::HEADING];
    check(&[], " | ");
    check(&[message(1, 1, &[(speed, 5)])], "speed=5@1 | speed=5");
    check(
        &[message(1, 1, &[(speed, 5), (heading, 9)]), message(2, 2, &[(speed, 6)])],
        "speed=6@2,5@1 heading=9@1 | speed=6,5 heading=-,9",
    );
    // Older than both messages, but the second newest with a heading; and of the two last messages none has one.
    check(
        &[message(5, 1, &[(speed, 5)]), message(6, 2, &[(speed, 6)]), message(1, 3, &[(speed, 1), (heading, 2)])],
        "speed=6@6,5@5 heading=2@1 | speed=6,5",
    );
    // Of one time, the later arrival comes first.
    check(&[message(1, 2, &[(speed, 5)]), message(1, 1, &[(speed, 4)])], "speed=5@1,4@1 | speed=5,4");
    // A message that says nothing takes a place all the same.
    check(&[message(1, 1, &[(speed, 5)]), message(2, 2, &[])], "speed=5@1 | speed=-,5");
}

#[test]
fn only_what_changes_a_queue_is_news() {
    let mut monitor = two();
    let newest = message(9, 3, &[(attr::SPEED, 5)]);
    assert!(newest.push_to(&mut monitor));
    assert!(!newest.push_to(&mut monitor), "it is there already");
    assert!(message(8, 2, &[(attr::SPEED, 4)]).push_to(&mut monitor));
    assert!(!message(1, 4, &[(attr::SPEED, 3)]).push_to(&mut monitor), "older than both queues");
    assert!(message(1, 5, &[(attr::HEADING, 3)]).push_to(&mut monitor), "the first with a heading");
    assert!(message(10, 6, &[]).push_to(&mut monitor), "a message without anything is a gap");
}

#[test]
fn times_are_the_device_s_and_the_server_s() {
    let mut monitor = two();
    let report = Report { attributes: [(attr::SPEED, 5)].into_iter().collect(), ..Report::default() };
    // From a clock that runs ahead: shown as it was sent, filed at its arrival.
    let ahead = Report { time: Some(at(9_000)), ..report.clone() };
    assert!(monitor.push(at(50), Seq(1), at(50), &ahead));
    assert!(monitor.push(at(51), Seq(2), at(51), &report));
    let shown: Vec<_> = monitor
        .without_gaps()
        .flat_map(|(_, queue)| queue.iter().map(|e| (e.times.message.s(), e.times.received.s())))
        .collect();
    assert_eq!(shown, [(51, 51), (9_000, 50)]);
}

#[test]
fn the_attribute_that_is_silent_longest_makes_room() {
    let mut monitor = Monitor::new(MonitorLimits { attributes_max: 2, ..MonitorLimits::default() });
    let [a, b, c] = [attr::SPEED, attr::HEADING, attr::ALTITUDE];
    message(1, 1, &[(a, 1)]).push_to(&mut monitor);
    message(2, 2, &[(b, 2)]).push_to(&mut monitor);
    message(3, 3, &[(c, 3)]).push_to(&mut monitor);
    assert_eq!(show(&monitor), "altitude=3@3 heading=2@2 | altitude=3,-,- heading=-,2,-");
    // Of one message only the first two attributes are looked at.
    message(4, 4, &[(c, 4), (a, 4), (b, 4)]).push_to(&mut monitor);
    assert_eq!(show(&monitor), "altitude=4@4,3@3 speed=4@4 | altitude=4,3,-,- speed=4,-,-,-");
}

#[test]
fn long_texts_are_left_out() {
    let mut monitor = Monitor::new(MonitorLimits { value_bytes_max: 3, ..MonitorLimits::default() });
    let text = |seq: u64, text: &str| Message { s: seq as i64, seq, values: vec![(attr::VIN, Value::from(text))] };
    text(1, "abc").push_to(&mut monitor);
    text(2, "abcd").push_to(&mut monitor);
    assert_eq!(show(&monitor), "vin=Text(\"abc\")@1 | vin=-,Text(\"abc\")");
}

/// What the queues have to be, worked out from all messages at once.
fn expected(messages: &[Message], len: usize) -> BTreeMap<AttributeId, Vec<(u64, Value)>> {
    let mut sorted = messages.to_vec();
    sorted.sort_by_key(|m| std::cmp::Reverse((m.s, m.seq)));
    let mut queues: BTreeMap<AttributeId, Vec<(u64, Value)>> = BTreeMap::new();
    for message in &sorted {
        for (id, value) in &message.values {
            let queue = queues.entry(*id).or_default();
            if queue.len() < len {
                queue.push((message.seq, value.clone()));
            }
        }
    }
    queues
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let ids = [attr::SPEED, attr::HEADING, attr::ALTITUDE, attr::VIN];
    let value = prop_oneof![any::<i64>().prop_map(Value::Int), "[a-z]{0,40}".prop_map(|t| Value::Text(t.into()))];
    let values = prop::collection::btree_map(prop::sample::select(ids.to_vec()), value, 0..4);
    let drafts = prop::collection::vec((0..20_i64, values), 0..40);
    let numbered = drafts.prop_map(|drafts| {
        let number =
            |(seq, (s, values)): (u64, (i64, BTreeMap<_, _>))| Message { s, seq, values: values.into_iter().collect() };
        (1..).zip(drafts).map(number).collect::<Vec<_>>()
    });
    numbered.prop_shuffle()
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same(
        arrivals in messages(),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        // These come by way of another monitor, and some of them both ways.
        (from, to) in (0..20_usize, 0..40_usize),
    ) {
        let mut monitor = Monitor::new(MonitorLimits::default());
        let mut other = monitor.clone();
        for (n, message) in arrivals.iter().enumerate() {
            if n < to {
                message.push_to(&mut other);
            }
            if n >= from {
                message.push_to(&mut monitor);
            }
        }
        for message in arrivals.iter().take(from).skip(to) {
            message.push_to(&mut other);
        }
        monitor.absorb(other);
        for index in repeats.iter().filter(|_| !arrivals.is_empty()) {
            prop_assert!(!index.get(&arrivals).push_to(&mut monitor), "a repeat is no news");
        }
        let len = MonitorLimits::default().messages_max;
        let found: BTreeMap<_, _> = monitor
            .without_gaps()
            .map(|(id, queue)| (id, queue.iter().map(|e| (e.times.place.seq.0, e.value.clone())).collect::<Vec<_>>()))
            .collect();
        prop_assert_eq!(found, expected(&arrivals, len));

        let mut last = arrivals.clone();
        last.sort_by_key(|m| std::cmp::Reverse((m.s, m.seq)));
        last.truncate(len);
        let value = |m: &Message, id: AttributeId| m.values.iter().find(|(i, _)| *i == id).map(|(_, v)| v.clone());
        let mut seen = 0;
        for (id, queue) in monitor.with_gaps() {
            let found: Vec<_> = queue.map(|(times, v)| (times.place.seq.0, v.cloned())).collect();
            let wanted: Vec<_> = last.iter().map(|m| (m.seq, value(m, id))).collect();
            prop_assert_eq!(found, wanted);
            seen += 1;
        }
        let with_any: std::collections::BTreeSet<_> = last.iter().flat_map(|m| m.values.iter().map(|(id, _)| *id)).collect();
        prop_assert_eq!(seen, with_any.len());
    }

    #[test]
    fn no_message_gets_it_beyond_its_bounds(
        arrivals in messages(),
        messages_max in 0..4_usize,
        attributes_max in 0..4_usize,
        bytes_max in 0..1_000_usize,
    ) {
        let limits = MonitorLimits { messages_max, attributes_max, bytes_max, value_bytes_max: 20 };
        let mut monitor = Monitor::new(limits);
        for (n, message) in arrivals.iter().enumerate() {
            if n % 2 == 0 {
                message.push_to(&mut monitor);
            } else {
                let mut other = Monitor::new(limits);
                message.push_to(&mut other);
                monitor.absorb(other);
            }
            let queues: Vec<_> = monitor.without_gaps().collect();
            prop_assert!(queues.len() <= attributes_max);
            prop_assert!(queues.iter().all(|(_, queue)| (1..=messages_max).contains(&queue.len())));
            let entries = queues.iter().flat_map(|(_, queue)| queue.iter());
            let bytes: usize = entries.map(|e| ENTRY_BYTES + text_bytes(&e.value)).sum();
            prop_assert_eq!(bytes, monitor.bytes());
            prop_assert!(bytes <= bytes_max);
        }
    }
}
