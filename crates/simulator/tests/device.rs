//! A device against servers that drop, delay and refuse, in simulated time.

use model::Timestamp;
use proptest::prelude::*;
use simulator::Rng;
use simulator::device::{Device, DeviceOptions, SendOrder};
use simulator::geo::Place;
use simulator::wire::teltonika::{Element, KEEP_ALIVE, Priority, Record, element, encode_response};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms_clamped(1_773_480_413_000 + ms)
}

fn record(n: i64) -> Record {
    Record {
        time: at(n),
        priority: Priority::Low,
        place: Place { latitude: 41.4, longitude: 2.1 },
        altitude_m: 12,
        angle_deg: 90,
        satellites: 9,
        speed_kmh: 30,
        event: 0,
        elements: Vec::new(),
    }
}

fn numbers(records: &[Record]) -> Vec<i64> {
    records.iter().map(|r| r.time.since_ms(at(0))).collect()
}

fn device(change: impl FnOnce(&mut DeviceOptions)) -> Device {
    let mut options = DeviceOptions::new("350000000000014");
    change(&mut options);
    Device::new(options)
}

fn logged_in(device: &mut Device, now: Timestamp) -> Vec<u8> {
    let mut out = Vec::new();
    device.connected(now, &mut out);
    assert_eq!(out, b"\x00\x0F350000000000014");
    out.clear();
    device.feed(now, &[1], &mut out, &mut Vec::new());
    out
}

/// How many records the packet at the front of `bytes` holds, and what follows it.
fn packet(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let length = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
    let rest = bytes.get(length + 12..)?;
    Some((u32::from(bytes[9]), rest))
}

#[test]
fn sends_oldest_first_and_waits_for_each_count() {
    let mut device = device(|o| o.packet_records_max = 3);
    (0..5).for_each(|n| assert_eq!(device.record(record(n)), None));
    let mut out = logged_in(&mut device, at(0));
    assert_eq!(packet(&out), Some((3, &[][..])));
    out.clear();
    let mut acknowledged = Vec::new();
    device.feed(at(1), &[0, 0, 0], &mut out, &mut acknowledged);
    assert!(out.is_empty() && acknowledged.is_empty());
    device.feed(at(2), &[3], &mut out, &mut acknowledged);
    assert_eq!(numbers(&acknowledged), [0, 1, 2]);
    assert_eq!(packet(&out), Some((2, &[][..])));
    device.feed(at(3), &[0, 0, 0, 2], &mut out, &mut acknowledged);
    assert_eq!((device.unacknowledged(), device.counters().acknowledged), (0, 5));
}

#[test]
fn newest_first_goes_backwards_and_loses_no_place() {
    let mut device = device(|o| (o.packet_records_max, o.order) = (2, SendOrder::NewestFirst));
    (0..3).for_each(|n| drop(device.record(record(n))));
    logged_in(&mut device, at(0));
    device.record(record(3));
    device.disconnected();
    let mut acknowledged = Vec::new();
    logged_in(&mut device, at(1));
    for _ in 0..2 {
        device.feed(at(2), &[0, 0, 0, 2], &mut Vec::new(), &mut acknowledged);
    }
    assert_eq!(numbers(&acknowledged), [3, 2, 1, 0]);
}

#[test]
fn a_full_memory_overwrites_the_oldest_that_is_not_under_way() {
    let mut device = device(|o| (o.packet_records_max, o.memory_records_max) = (2, 4));
    (0..3).for_each(|n| assert_eq!(device.record(record(n)), None));
    logged_in(&mut device, at(0));
    assert_eq!(device.record(record(3)), None);
    assert_eq!(device.record(record(4)), Some(record(2)));
    assert_eq!((device.unacknowledged(), device.counters().overwritten), (4, 1));

    let mut tiny = self::device(|o| (o.packet_records_max, o.memory_records_max) = (2, 1));
    tiny.record(record(0));
    logged_in(&mut tiny, at(0));
    assert_eq!(tiny.record(record(1)), Some(record(1)));
    assert_eq!(tiny.unacknowledged(), 1);
}

#[test]
fn repeats_then_hangs_up_when_nobody_answers() {
    let mut device = device(|o| (o.answer_timeout_ms, o.resends_max) = (100, 2));
    device.record(record(0));
    let first = logged_in(&mut device, at(0));
    for n in 1..=2 {
        assert_eq!(device.next_deadline(), Some(at(100 * n)));
        let mut out = Vec::new();
        device.tick(at(100 * n - 1), &mut out);
        assert!(out.is_empty());
        device.tick(at(100 * n), &mut out);
        assert_eq!(out, first);
    }
    device.tick(at(300), &mut Vec::new());
    assert!(device.wants_close());
    assert_eq!((device.counters().resends, device.counters().hung_up), (2, 1));
    assert_eq!((device.next_deadline(), device.unacknowledged()), (None, 1));
}

#[test]
fn a_wrong_count_makes_it_send_the_packet_again_after_a_pause() {
    let mut device = device(|o| o.retry_pause_ms = 50);
    device.record(record(0));
    let first = logged_in(&mut device, at(0));
    let (mut out, mut acknowledged) = (Vec::new(), Vec::new());
    device.feed(at(10), &[0, 0, 0, 0], &mut out, &mut acknowledged);
    assert_eq!((out.len(), device.next_deadline()), (0, Some(at(60))));
    device.tick(at(60), &mut out);
    assert_eq!(out, first);
    device.feed(at(61), &[0, 0, 0, 1], &mut out, &mut acknowledged);
    assert_eq!(numbers(&acknowledged), [0]);
}

#[test]
fn the_late_answer_to_a_copy_is_not_taken_for_the_next_packet() {
    let mut device = device(|o| (o.packet_records_max, o.copies) = (1, 2));
    (0..2).for_each(|n| drop(device.record(record(n))));
    let out = logged_in(&mut device, at(0));
    assert_eq!(packet(&out).and_then(|(_, rest)| packet(rest)), Some((1, &[][..])));
    let mut seen = Vec::new();
    let mut answer = |now| {
        let mut acknowledged = Vec::new();
        device.feed(at(now), &[0, 0, 0, 1], &mut Vec::new(), &mut acknowledged);
        seen.push(numbers(&acknowledged));
    };
    (1..=4).for_each(&mut answer);
    assert_eq!(seen, [vec![0], vec![], vec![1], vec![]]);
}

#[test]
fn hangs_up_on_a_refusal_a_stranger_and_silence() {
    let check = |answer: &[u8], refused: u64, hung_up: u64| {
        let mut device = device(|_| ());
        device.record(record(0));
        device.connected(at(0), &mut Vec::new());
        let mut out = Vec::new();
        device.feed(at(1), answer, &mut out, &mut Vec::new());
        device.tick(at(30_000), &mut out);
        assert!(device.wants_close() && !device.is_logged_in() && out.is_empty());
        assert_eq!((device.counters().refused, device.counters().hung_up), (refused, hung_up));
    };
    check(&[0], 1, 0);
    check(b"HTTP/1.1 400", 0, 1);
    check(&[], 0, 1);
}

#[test]
fn an_idle_connection_is_kept_alive() {
    let mut device = device(|o| o.keep_alive_ms = 1_000);
    assert!(logged_in(&mut device, at(0)).is_empty());
    let mut out = Vec::new();
    for n in 1..=3 {
        assert_eq!(device.next_deadline(), Some(at(n * 1_000)));
        device.tick(at(n * 1_000), &mut out);
    }
    assert_eq!(out, [KEEP_ALIVE; 3]);
}

/// A server with a seed that loses answers, repeats none, refuses some packets, and hangs up now and then.
struct Server {
    rng: Rng,
    trouble: f64,
    input: Vec<u8>,
    logged_in: bool,
    /// Numbers of the records stored, repeats included.
    stored: Vec<i64>,
}

impl Server {
    /// Reads whole frames from what has come; gives its answers, or `None` to hang up.
    fn read(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.input.extend_from_slice(bytes);
        let mut answers = Vec::new();
        loop {
            if self.input.first() == Some(&KEEP_ALIVE) {
                self.input.remove(0);
            } else if !self.logged_in {
                if self.input.len() < 17 {
                    return Some(answers);
                }
                self.input.drain(..17);
                self.logged_in = true;
                answers.push(1);
            } else {
                let Some((count, rest)) = packet(&self.input) else { return Some(answers) };
                let length = self.input.len() - rest.len();
                let frame: Vec<u8> = self.input.drain(..length).collect();
                match self.rng.unit() / self.trouble {
                    x if x < 0.25 => return None,
                    x if x < 0.5 => answers.extend([0; 4]),
                    x => {
                        self.store(&frame, count);
                        // Stored, but the answer is lost.
                        if x >= 1.0 {
                            answers.extend(count.to_be_bytes());
                        }
                    }
                }
            }
        }
    }

    /// Takes the times out of records without elements: 8E, 24 bytes of GPS, 2 of event, 2 of total and 5 × 2.
    fn store(&mut self, frame: &[u8], count: u32) {
        for n in 0..count as usize {
            let time = &frame[10 + n * 38..][..8];
            self.stored.push(time.iter().fold(0, |ms, b| ms << 8 | i64::from(*b)) - at(0).ms());
        }
    }

    fn hang_up(&mut self) {
        self.logged_in = false;
        self.input.clear();
    }
}

#[derive(Debug)]
struct Outcome {
    stored: Vec<i64>,
    acknowledged: Vec<i64>,
    overwritten: Vec<i64>,
    most_in_memory: usize,
}

/// Runs a device that records `total` records, two a second, until its memory is empty.
fn run(mut device: Device, seed: u64, trouble: f64, total: i64) -> Outcome {
    let rng = Rng::new(seed);
    let mut server = Server { rng, trouble, input: Vec::new(), logged_in: false, stored: Vec::new() };
    let mut cutter = Rng::new(seed ^ 1);
    let (mut acknowledged, mut overwritten, mut most_in_memory) = (Vec::new(), Vec::new(), 0);
    let mut connected = false;
    for step in 0..100_000 {
        let now = at(step * 500);
        if step < total {
            overwritten.extend(device.record(record(step)));
        }
        most_in_memory = most_in_memory.max(device.unacknowledged());
        let mut wire = Vec::new();
        if connected {
            device.tick(now, &mut wire);
        } else {
            device.connected(now, &mut wire);
            connected = true;
        }
        while connected && !wire.is_empty() {
            let mut replies = Vec::new();
            let cut = cutter.below(wire.len()) + 1;
            let answer = server.read(&wire.drain(..cut).collect::<Vec<u8>>());
            let mut rest = answer.as_deref().unwrap_or_default();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cutter.below(rest.len()) + 1);
                device.feed(now, piece, &mut replies, &mut acknowledged);
                rest = after;
            }
            wire.append(&mut replies);
            connected = answer.is_some() && !device.wants_close();
        }
        if device.wants_close() || !connected {
            device.disconnected();
            server.hang_up();
            connected = false;
        }
        if step >= total && device.unacknowledged() == 0 {
            break;
        }
    }
    assert_eq!(device.unacknowledged(), 0, "the device never got rid of its records");
    let counters = device.counters();
    assert_eq!(counters.acknowledged, acknowledged.len() as u64);
    assert_eq!((counters.recorded, counters.overwritten), (total as u64, overwritten.len() as u64));
    let (acknowledged, overwritten) = (numbers(&acknowledged), numbers(&overwritten));
    Outcome { stored: server.stored, acknowledged, overwritten, most_in_memory }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_record_ends_up_acknowledged_once_and_only_when_stored(
        seed in any::<u64>(),
        trouble in 0.01f64..0.8,
        packet_records_max in 1usize..20,
        memory_records_max in 1usize..400,
        copies in 1u32..3,
        newest_first in any::<bool>(),
    ) {
        let order = if newest_first { SendOrder::NewestFirst } else { SendOrder::OldestFirst };
        let device = device(|o| {
            (o.packet_records_max, o.memory_records_max) = (packet_records_max, memory_records_max);
            (o.order, o.copies, o.keep_alive_ms) = (order, copies, 700);
        });
        let outcome = run(device, seed, trouble, 200);
        prop_assert!(outcome.most_in_memory <= memory_records_max);
        prop_assert!(newest_first || outcome.acknowledged.is_sorted(), "out of order: {:?}", outcome.acknowledged);
        let mut every: Vec<i64> = [outcome.acknowledged.clone(), outcome.overwritten].concat();
        every.sort_unstable();
        prop_assert_eq!(every, (0..200).collect::<Vec<i64>>());
        for n in &outcome.acknowledged {
            prop_assert!(outcome.stored.contains(n), "{} was acknowledged but never stored", n);
        }
    }
}

#[test]
fn a_command_is_answered_and_disturbs_no_packet() {
    let mut device = device(|_| {});
    let with_input = Record { elements: vec![Element::u8(element::DIGITAL_INPUT_1, 1)], ..record(1) };
    assert_eq!(device.record(with_input), None);
    logged_in(&mut device, at(0));
    let (mut out, mut stored) = (Vec::new(), Vec::new());
    let getio = b"\0\0\0\0\0\0\0\x0d\x0c\x01\x05\0\0\0\x05getio\x01\0\0\0\xcb";
    device.feed(at(1), getio, &mut out, &mut stored);
    let mut expected = Vec::new();
    encode_response("DI1:1 DO1:0 DO2:0", &mut expected);
    assert_eq!((out, stored.len(), device.wants_close()), (expected, 0, false));
    device.feed(at(2), &[0, 0, 0, 1], &mut Vec::new(), &mut stored);
    assert_eq!(numbers(&stored), [1], "the count after it is the packet's");
}
