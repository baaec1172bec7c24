use model::{AttributeId, Command, CommandReply, EventId, Order, Report, Value};
use proptest::prelude::*;

use super::frame::around;
use crate::checksum::{CCITT_FALSE, CRC_8};
use crate::testing::{Host, Seen, Trace, bytes, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

mod fields;
mod platforms;

const AUTH: &str = "0100000B001E00010001A91700010000010101140029DB0B0002333530303030303030303030303134787F";
const AUTH_ANSWER: &str =
    "0100000B001000640000CA01000006000000000101000300010000156B 0100000B000B00650001BB040001000001010701000087E7";
const POSITION: &str =
    "0100000B002B000200012B200002000129DB0B000202101800DDEE771E36BD245F00E58164F3 7602BB3A300001001E0200110200080B3C16";
const POSITION_ANSWER: &str = "0100000B0010006600004602000006000000000202000300020000FFCA";
const PLACE: &str = "10 1800 DDEE771E 36BD245F 00E58164 F3 7602 BB 3A3000 01 00 1E0200";

fn egts() -> &'static Family {
    family("egts").expect("is registered")
}

/// A record with these subrecords.
fn record(number: u16, object: Option<u32>, service: u8, parts: &str) -> Vec<u8> {
    let parts = bytes(parts);
    let mut record = [(parts.len() as u16).to_le_bytes(), number.to_le_bytes()].concat();
    record.push(u8::from(object.is_some()));
    record.extend(object.iter().flat_map(|object| object.to_le_bytes()));
    record.extend([service, service]);
    [record, parts].concat()
}

fn package(number: u16, records: &[Vec<u8>]) -> Vec<u8> {
    around(number, 1, &records.concat())
}

/// A response of the server: its own number, what it answers, and for each record number, service and result.
fn response(number: u16, package: u16, result: u8, records: &[(u16, u8, u8)]) -> Vec<u8> {
    let mut body = [&package.to_le_bytes()[..], &[result]].concat();
    for (nth, (number, service, result)) in (0u16..).zip(records) {
        let [low, high] = number.to_le_bytes();
        body.extend([6, 0]);
        body.extend(nth.to_le_bytes());
        body.extend([0, *service, *service, 0, 3, 0, low, high, *result]);
    }
    around(number, 0, &body)
}

/// What this gives after a terminal was authorised, beside what that gives.
fn after_login(input: &[u8]) -> Trace {
    let mut trace = read_whole(egts(), &[&bytes(AUTH)[..], input].concat());
    assert_eq!(trace.sent.drain(..bytes(AUTH_ANSWER).len()).collect::<Vec<_>>(), bytes(AUTH_ANSWER));
    trace.seen.drain(..2);
    trace
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

fn has(report: &Report, name: &str, wanted: impl Into<Value>) {
    assert_eq!(value(report, name), Some(wanted.into()), "{name} of {report:?}");
}

fn is_the_worked_place(r: &Report) {
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = r.position.clone().expect("has one");
    assert!((p.latitude + 33.448_891).abs() < 1e-6 && (p.longitude + 70.669_266).abs() < 1e-6, "{p:?}");
    assert_eq!((p.speed_kmh, p.heading_deg, p.altitude_m, p.valid), (Some(63.0), Some(187), Some(542.0), true));
}

#[test]
fn the_worked_packages() {
    let trace = read_whole(egts(), &[bytes(AUTH), bytes(POSITION)].concat());
    assert_eq!(trace.sent, [bytes(AUTH_ANSWER), bytes(POSITION_ANSWER)].concat());
    assert!(trace.rejects().is_empty() && !trace.closed);
    assert!(matches!(&trace.seen[..2], [Seen::Device(id), Seen::Contact] if id.as_str() == "350000000000014"));
    let r = one_report(&trace);
    is_the_worked_place(&r);
    assert_eq!((r.events.as_slice(), r.archived), (&[EventId(403)][..], false));
    assert_eq!(r.position.as_ref().and_then(|p| p.satellites), Some(11));
    has(&r, "hardware_mileage", Value::Float(1_234.6));
    has(&r, "input_status", 1);
    has(&r, "is_moving", true);
    has(&r, "event_code", 0);
    has(&r, "fix_3d", true);
    assert_eq!(r.attributes.len(), 5);
    let trace = read_whole(egts(), &bytes(POSITION));
    assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == "777001"), "a platform's object");
    is_the_worked_place(&one_report(&trace));
}

#[test]
fn terminals_are_known_by_imei_or_number() {
    let check = |part: &str, wanted: Option<&str>, closed: bool| {
        let trace = read_whole(egts(), &package(1, &[record(0, None, 1, part)]));
        let who = trace.seen.iter().find_map(|s| if let Seen::Device(id) = s { Some(id.as_str()) } else { None });
        assert_eq!((who, trace.closed), (wanted, closed), "{part}: {trace:?}");
        trace
    };
    check("01 0500 29DB0B00 00", Some("777001"), false);
    check("01 0700 29DB0B00 01 0100", Some("777001"), false);
    check("01 1600 29DB0B00 03 0100 333530303030303030303030303134", Some("350000000000014"), false);
    check("01 1400 29DB0B00 02 303030303030303030303030303030", Some("777001"), false);
    check("01 1400 29DB0B00 02 000000000000000000000000000000", Some("777001"), false);
    let trace = check("01 1400 29DB0B00 02 33353030303030303030303030413134", None, false);
    assert_eq!((trace.sent.clone(), trace.rejects().len()), (response(100, 1, 132, &[]), 1));
    let trace = check("01 0800 29DB0B00 02 393939", None, false);
    assert_eq!((trace.sent.clone(), trace.rejects()), (response(100, 1, 132, &[]), vec![&Reject::BadIdentity]));
    let trace = check("01 1400 29DB0B00 02 393530303030303030303030303134", Some("950000000000014"), true);
    let refused = around(101, 1, &bytes("0400 0100 00 01 01 07 0100 99"));
    assert_eq!(trace.sent, [response(100, 1, 0, &[(0, 1, 0)]), refused].concat());
}

#[test]
fn what_terminals_tell_of_themselves_is_kept() {
    let all = "01 3D00 29DB0B00 EF 0700 333530303030303030303030303134 32353030313030303030303030303031 \
        727573 FA0001 0004 373930303030303030303030303030";
    let r = one_report(&read_whole(egts(), &package(1, &[record(0, None, 1, all)])));
    let wanted = [
        ("home_dispatcher", Value::Int(7)),
        ("imsi", Value::from("2500100000000001")),
        ("language", Value::from("rus")),
        ("network", Value::from("FA0001")),
        ("buffer_bytes", Value::Int(1_024)),
        ("phone", Value::from("790000000000000")),
    ];
    wanted.iter().for_each(|(name, wanted)| has(&r, name, wanted.clone()));
    let part = "02 0300 010203 03 1900 58544130303030303030303030303031 37 07000000 02000000 08 0100 00";
    let trace = after_login(&package(2, &[record(1, None, 1, part)]));
    assert_eq!(trace.sent, response(102, 2, 0, &[(1, 1, 0)]));
    let r = one_report(&trace);
    has(&r, "vin", Value::from("XTA00000000000017"));
    has(&r, "vehicle_type", 7);
    has(&r, "vehicle_fuel", 2);
    has(&r, "egts_module", Value::from("010203"));
}

#[test]
fn one_record_is_one_report_and_one_confirmation() {
    let timed = [bytes("0800 0900 06 07000000 DDEE771E 02 02"), bytes("18 0400 01 010000 ")].concat();
    let timed = [timed, bytes("FF")].concat();
    let records = [
        record(3, None, 2, PLACE),
        record(4, Some(5), 2, "11 0200 08 0B"),
        timed,
        record(5, None, 2, ""),
        record(6, None, 10, "28 0200 0102"),
    ];
    let trace = after_login(&package(7, &records));
    let answered = [(3, 2, 0), (4, 2, 0), (9, 2, 0), (5, 2, 0), (6, 10, 0)];
    assert_eq!(trace.sent, response(102, 7, 0, &answered));
    let reports = trace.reports();
    assert_eq!(reports.len(), 4);
    is_the_worked_place(reports[0]);
    has(reports[1], "satellites", 11);
    assert_eq!(reports[1].position, None);
    assert_eq!(reports[2].time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    has(reports[2], "egts_event", 7);
    has(reports[2], "analog_1", Value::Float(1.0));
    has(reports[3], "egts_10_40", Value::from("0102"));
    assert_eq!(trace.rejects(), [&Reject::Truncated], "the byte after the second part");
}

#[test]
fn nothing_is_acknowledged_that_is_not_stored() {
    let mut host = Host::new(egts(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&[bytes(AUTH), bytes(POSITION)].concat());
    assert_eq!(host.trace().sent, bytes(AUTH_ANSWER));
}

#[test]
fn what_cannot_be_used_is_answered_with_a_reason() {
    let check = |frame: Vec<u8>, sent: Vec<u8>, reports: usize, reason: Option<Reject>| {
        let trace = after_login(&[frame.clone(), bytes(POSITION)].concat());
        let good = trace.sent.len().saturating_sub(bytes(POSITION_ANSWER).len());
        assert_eq!(trace.sent[..good], sent, "{frame:02X?}");
        assert_eq!((trace.reports().len(), trace.closed), (reports + 1, false), "{frame:02X?}");
        if let Some(reason) = reason {
            assert_eq!(trace.rejects()[0], &reason, "{frame:02X?}");
        }
    };
    let flagged = |flags: u8, kind: u8, body: &[u8]| {
        let mut frame = around(7, kind, body);
        frame[2] = flags;
        frame[10] = CRC_8.checksum(&frame[..10]);
        frame
    };
    let body = record(3, None, 2, PLACE);
    check(flagged(4, 1, &body), response(102, 7, 149, &[]), 0, Some(Reject::UnknownKind(1)));
    check(flagged(8, 1, &body), response(102, 7, 149, &[]), 0, Some(Reject::UnknownKind(1)));
    check(flagged(0, 9, &body), response(102, 7, 133, &[]), 0, Some(Reject::UnknownKind(9)));
    let mut damaged = around(7, 1, &body);
    let end = damaged.len() - 1;
    damaged[end] ^= 1;
    check(damaged, response(102, 7, 138, &[]), 0, None);
    let mut header = around(7, 1, &[]);
    header[10] ^= 1;
    let (found, computed) = (u32::from(header[10]), u32::from(header[10] ^ 1));
    check(header, response(102, 7, 137, &[]), 0, Some(Reject::Checksum { found, computed }));
    check(around(7, 1, &[5, 0]), response(102, 7, 132, &[]), 0, Some(Reject::Truncated));
    check(around(7, 1, &[&body[..], &[5, 0]].concat()), response(102, 7, 0, &[(3, 2, 0)]), 1, Some(Reject::Truncated));
    check(around(7, 1, &[]), response(102, 7, 0, &[]), 0, None);
    check(response(7, 101, 0, &[(1, 1, 0)]), Vec::new(), 0, None);
    check(flagged(0, 2, &[&[3, 0, 9, 9, 9], &body[..]].concat()), response(102, 7, 0, &[(3, 2, 0)]), 1, None);
    check(flagged(0, 2, &[9]), response(102, 7, 0, &[]), 0, None);
}

#[test]
fn a_route_is_passed_over() {
    let body = record(3, None, 2, PLACE);
    let mut frame = bytes("01 00 20 10 00");
    frame.extend((body.len() as u16).to_le_bytes());
    frame.extend(bytes("0700 01 0100 0200 05"));
    frame.push(CRC_8.checksum(&frame));
    let checksum = CCITT_FALSE.checksum(&body).to_le_bytes();
    let trace = after_login(&[frame, body, checksum.to_vec()].concat());
    assert_eq!(trace.sent, response(102, 7, 0, &[(3, 2, 0)]));
    is_the_worked_place(&one_report(&trace));
}

#[test]
fn a_wrong_checksum_is_forgiven_where_settings_say_so() {
    let mut damaged = bytes(POSITION);
    let end = damaged.len() - 1;
    damaged[end] ^= 1;
    let settings = DeviceSettings { checksum: Some(ChecksumPolicy::Warn), ..DeviceSettings::default() };
    let mut host = Host::with_settings(egts(), &Limits::default(), settings);
    host.feed(&[bytes(AUTH), damaged].concat());
    let trace = host.trace();
    assert_eq!(trace.sent, [bytes(AUTH_ANSWER), bytes(POSITION_ANSWER)].concat());
    assert!(matches!(trace.rejects()[..], [Reject::Checksum { .. }]));
    is_the_worked_place(&one_report(&trace));
}

#[test]
fn noise_and_habits() {
    let (auth, position) = (bytes(AUTH), bytes(POSITION));
    let check = |input: &[&[u8]], reports: usize, rejects: usize, closed: bool| {
        let trace = read_whole(egts(), &input.concat());
        assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (reports, rejects, closed));
        for seed in 0..10 {
            assert_eq!(read_split(egts(), seed, &input.concat()), trace);
        }
        trace
    };
    check(&[b"\r\n\0\x01\xFF", &auth, &[1, 0, 0], &position, b"~~", &position], 2, 3, false);
    check(&[&auth, &auth, &position], 1, 0, false);
    check(&[&auth, &position, &position, &position, &position, &position], 5, 0, false);
    check(&[&auth, &[0xAA; 17_000]], 0, 1, true);
    let teledata = package(1, &[record(0, None, 2, PLACE)]);
    let trace = check(&[&teledata, &auth], 0, 1, true);
    assert_eq!(trace.sent.len(), 0, "data before anybody spoke");
    let other = package(1, &[record(0, None, 1, "01 0500 01000000 00")]);
    let trace = check(&[&auth, &other, &teledata], 1, 0, false);
    assert_eq!(trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count(), 2);
}

#[test]
fn a_message_is_answered_under_its_number() {
    let mut host = Host::new(egts(), &Limits::default());
    let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
    assert_eq!(host.order(1, &text("STATUS")), Err(OrderRefused::NotIdentified));
    host.feed(&bytes(AUTH));
    for order in [Order::ReadLevels, Order::Restart, Order::Engine { on: false }, Order::Do(Command::Bytes(vec![1]))] {
        assert_eq!(host.order(2, &order), Err(OrderRefused::NoSuchCommand), "{order:?}");
    }
    assert_eq!(host.order(2, &text("\u{4e2d}")), Err(OrderRefused::NoSuchCommand));
    assert_eq!(host.order(2, &text(&"x".repeat(8_193))), Err(OrderRefused::TooLong));
    assert_eq!(host.order(3, &text("ДА")), Ok(()));
    assert_eq!(host.order(4, &text("STATUS")), Err(OrderRefused::Busy));
    let words = |kind: &str, command: u8, text: &str| {
        let part = format!("33 {:02X}00 {kind} {command:02X}000000 00000000 00 {text}", 10 + bytes(text).len());
        package(9, &[record(1, None, 4, &part)])
    };
    host.feed(&[words("10", 7, "4F4B"), words("10", 1, "C4C0"), words("10", 1, "")].concat());
    assert_eq!(host.order(5, &text("STATUS")), Ok(()));
    host.feed(&words("11", 2, ""));
    assert_eq!(host.order(6, &text("STATUS")), Ok(()));
    host.feed(&words("30", 3, "4F4B"));
    let trace = host.trace();
    let sent = |number: u16, command: u8, text: &str| {
        let part = format!("33 {:02X}00 40 {command:02X}000000 00000000 00 {text}", 10 + bytes(text).len());
        around(number, 1, &record(u16::from(command) + 1, None, 4, &part))
    };
    let start = bytes(AUTH_ANSWER).len();
    let first = sent(102, 1, "C4C0");
    assert_eq!(trace.sent[start..][..first.len()], first);
    assert!(trace.sent.windows(first.len()).any(|window| window.starts_with(&sent(106, 2, "535441545553")[..20])));
    let said = |text: &str| CommandReply { text: text.to_owned(), lines: Vec::new() };
    let told: Vec<&Seen> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    let out = |id| Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply: true });
    let wanted = [
        out(3),
        Seen::Unasked(said("OK")),
        Seen::Ordered(OrderId(3), Progress::Replied(said("ДА"))),
        Seen::Unasked(said("0")),
        out(5),
        Seen::Ordered(OrderId(5), Progress::Refused("1".to_owned())),
        out(6),
        Seen::Ordered(OrderId(6), Progress::Replied(said("OK"))),
    ];
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
    has(&one_report(&trace), "text_message", Value::from("OK"));
}

#[test]
fn every_truncation_waits_for_the_rest() {
    let whole = bytes(POSITION);
    for n in 0..whole.len() {
        let trace = after_login(&whole[..n]);
        assert!(trace.seen.is_empty() && trace.sent.is_empty() && !trace.closed, "cut at {n}: {trace:?}");
    }
    let body = record(3, None, 2, &format!("{PLACE} 11 0200 08 0B 14 0500 02 7E 28 29 01"));
    for n in 0..body.len() {
        let trace = after_login(&around(7, 1, &body[..n]));
        assert!(!trace.closed && trace.reports().is_empty(), "content cut at {n}: {trace:?}");
        assert_eq!(trace.sent, response(102, 7, if n == 0 { 0 } else { 132 }, &[]), "content cut at {n}");
    }
}

fn stream() -> Vec<u8> {
    let mixed = [record(1, Some(5), 2, PLACE), record(2, Some(6), 2, PLACE), record(3, None, 2, PLACE)];
    [bytes(POSITION), package(9, &mixed), b"\x01\0noise".to_vec(), bytes(AUTH), bytes(POSITION)].concat()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(seed: u32) {
        prop_assert_eq!(read_split(egts(), seed, &stream()), read_whole(egts(), &stream()));
    }

    #[test]
    fn flipped_bits_are_counted(at in 0..bytes(POSITION).len() * 8, seed: u32) {
        let mut all = [bytes(POSITION), bytes(AUTH)].concat();
        all[at / 8] ^= 1 << (at % 8);
        let trace = read_whole(egts(), &all);
        prop_assert!(trace.reports().is_empty() && !trace.rejects().is_empty());
        prop_assert_eq!(read_split(egts(), seed, &all), trace);
    }

    #[test]
    fn any_records_are_read(body in prop::collection::vec(any::<u8>(), 0..300), seed: u32) {
        let all = [bytes(AUTH), around(5, 1, &body), package(6, &[record(1, Some(5), 2, "")]), bytes(POSITION)].concat();
        prop_assert_eq!(read_split(egts(), seed, &all), read_whole(egts(), &all));
    }

    #[test]
    fn any_parts_are_read(parts in prop::collection::vec((1u8..30, prop::collection::vec(any::<u8>(), 0..30)), 0..9)) {
        let parts: Vec<u8> = parts.into_iter().flat_map(|(kind, data)| [vec![kind, data.len() as u8, 0], data].concat()).collect();
        let mut record = [(parts.len() as u16).to_le_bytes(), [1, 0]].concat();
        record.extend([1, 5, 0, 0, 0, 2, 2]);
        let trace = read_whole(egts(), &package(6, &[[record, parts].concat()]));
        prop_assert_eq!(trace.sent, response(100, 6, 0, &[(1, 2, 0)]));
    }
}
