use model::{AttributeId, Command, CommandReply, EventId, Fix, Order, Origin, Report, Value};
use proptest::prelude::*;

use super::frame::around;
use crate::checksum::MODBUS;
use crate::testing::{Host, Seen, Trace, bytes, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

mod fields;
mod iridium;

const WORKED: &str = "01 4700 0111 0230 03333530303030303030303030303134 043200 100100 20DD29B569 300B459C01FE2EACC9FB \
    3376024E07 341E02 3509 400002 415A31 42AC0F 4318 460100 500002 702D1E 617C";
const HEAD: &str = "0111 0230 03333530303030303030303030303134 043200";
const PLACE: &str = "20DD29B569 300B459C01FE2EACC9FB 3376024E07 341E02";

fn galileosky() -> &'static Family {
    family("galileosky").expect("is registered")
}

/// A packet with a right length and checksum.
fn packet(hex: &str) -> Vec<u8> {
    around(&bytes(hex))
}

fn login() -> Vec<u8> {
    packet(HEAD)
}

/// The answer to a packet.
fn answer(packet: &[u8]) -> Vec<u8> {
    [&[2], &packet[packet.len() - 2..]].concat()
}

/// What these tags give after a login, beside what the login gives.
fn after_login(hex: &str) -> Trace {
    let (login, packet) = (login(), packet(hex));
    let mut trace = read_whole(galileosky(), &[&login[..], &packet].concat());
    assert_eq!(trace.sent, [answer(&login), answer(&packet)].concat());
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
    assert_eq!((p.latitude, p.longitude), (-33.448_891, -70.669_266));
    assert_eq!((p.speed_kmh, p.heading_deg, p.altitude_m), (Some(63.0), Some(187), Some(542.0)));
    assert_eq!((p.satellites, p.valid, p.fix, p.origin), (Some(11), true, Fix::HasFix, Origin::Gnss));
}

#[test]
fn the_worked_packet() {
    let trace = read_whole(galileosky(), &bytes(WORKED));
    assert_eq!(trace.sent, bytes("02617C"));
    assert!(trace.rejects().is_empty() && !trace.closed);
    assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == "350000000000014"));
    let r = one_report(&trace);
    is_the_worked_place(&r);
    assert_eq!(r.events, []);
    let wanted = [
        ("hardware_version", Value::Int(17)),
        ("firmware", Value::from("48")),
        ("device_number", Value::Int(50)),
        ("record_number", Value::Int(1)),
        ("hdop", Value::Float(0.9)),
        ("galileosky_status", Value::Int(0x200)),
        ("ignition", Value::Bool(true)),
        ("armed", Value::Bool(false)),
        ("gsm_signal_level", Value::Int(0)),
        ("board_voltage", Value::Float(12.634)),
        ("battery_voltage", Value::Float(4.012)),
        ("temperature_internal", Value::Int(24)),
        ("input_status", Value::Int(1)),
        ("analog_1", Value::Float(0.512)),
        ("temperature_sensor_id_1", Value::Int(45)),
        ("temperature_1", Value::Float(30.0)),
    ];
    wanted.iter().for_each(|(name, wanted)| has(&r, name, wanted.clone()));
    assert_eq!(r.attributes.len(), wanted.len());
}

#[test]
fn records_end_where_a_tag_comes_again() {
    let trace = after_login(&format!("10 0100 {PLACE} 10 0200 {PLACE} 415A31 20DE29B569 415B31"));
    let reports = trace.reports();
    assert_eq!(reports.len(), 3);
    is_the_worked_place(reports[0]);
    is_the_worked_place(reports[1]);
    has(reports[0], "record_number", 1);
    has(reports[1], "record_number", 2);
    has(reports[1], "board_voltage", Value::Float(12.634));
    assert_eq!((reports[2].position.as_ref(), reports[2].time.map(|t| t.ms())), (None, Some(1_773_480_414_000)));
    has(reports[2], "board_voltage", Value::Float(12.635));
}

#[test]
fn records_without_a_time_have_no_place() {
    let check = |hex: &str, reports: usize| assert_eq!(after_login(hex).reports().len(), reports, "{hex}");
    check("10 0100", 0);
    check("33 76024E07 341E02", 0);
    let r = one_report(&after_login("300B459C01FE2EACC9FB 415A31"));
    assert_eq!((r.position.as_ref(), r.time), (None, None));
    has(&r, "satellites", 11);
    let r = one_report(&after_login("20 00000000 300B459C01FE2EACC9FB"));
    assert!(r.position.is_some() && r.time.is_none(), "{r:?}");
}

#[test]
fn an_unknown_tag_ends_a_packet_that_is_acknowledged() {
    let check = |hex: &str, reports: usize, reason: Reject, at: usize| {
        let trace = after_login(hex);
        assert_eq!((trace.reports().len(), trace.closed), (reports, false), "{hex}");
        assert_eq!(
            (trace.rejects(), &trace.reject_offsets[..]),
            (vec![&reason], &[(login().len() + 3 + at) as u64][..])
        );
    };
    check(&format!("{PLACE} 22 FFFF {PLACE}"), 1, Reject::UnknownKind(0x22), 23);
    check(&format!("{PLACE} 415A"), 1, Reject::Truncated, 23);
    check("20DD29B569 E1 09 61", 0, Reject::Truncated, 5);
}

#[test]
fn a_packet_that_begins_with_an_unknown_tag_is_acknowledged() {
    let trace = after_login("22 FFFF");
    assert_eq!((trace.reports().len(), trace.closed), (0, false));
    assert_eq!(trace.rejects(), [&Reject::UnknownKind(0x22)]);
    assert_eq!(trace.reject_offsets, [login().len() as u64 + 3]);
}

#[test]
fn a_large_part_of_a_picture_is_acknowledged() {
    let mut picture = around(&[0x55; 0x7FFF]);
    picture[0] = 7;
    let end = picture.len() - 2;
    let checksum = MODBUS.checksum(&picture[..end]).to_le_bytes();
    picture[end..].copy_from_slice(&checksum);
    let trace = read_whole(galileosky(), &[login(), picture, packet(PLACE)].concat());
    assert_eq!((&trace.sent[3..6], trace.reports().len()), (&[7, checksum[0], checksum[1]][..], 1));
}

#[test]
fn nothing_is_acknowledged_that_is_not_stored() {
    let mut host = Host::new(galileosky(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&[login(), packet(PLACE)].concat());
    assert_eq!(host.trace().sent, answer(&login()), "the login alone");
}

#[test]
fn a_wrong_checksum_is_neither_read_nor_acknowledged() {
    let mut bad = packet(PLACE);
    let at = bad.len() - 1;
    bad[at] ^= 1;
    for (checksum, reports) in [(None, 1), (Some(ChecksumPolicy::Warn), 2)] {
        let settings = DeviceSettings { checksum, ..DeviceSettings::default() };
        let mut host = Host::with_settings(galileosky(), &Limits::default(), settings);
        host.feed(&[login(), bad.clone(), packet(PLACE)].concat());
        let trace = host.trace();
        assert_eq!(trace.reports().len(), reports);
        assert!(matches!(trace.rejects()[..], [Reject::Checksum { .. }]));
        assert_eq!(trace.sent.len(), 3 * (reports + 1));
    }
    let mut stranger = bytes(WORKED);
    stranger[20] ^= 1;
    let trace = read_whole(galileosky(), &[stranger, bytes(WORKED)].concat());
    assert_eq!((trace.reports().len(), trace.sent, trace.closed), (1, bytes("02617C"), false));
}

#[test]
fn packets_that_are_not_read_are_acknowledged_and_counted() {
    let of = |header: u8, content: &[u8]| {
        let mut packet = around(content);
        packet[0] = header;
        let end = packet.len() - 2;
        let checksum = MODBUS.checksum(&packet[..end]).to_le_bytes();
        packet[end..].copy_from_slice(&checksum);
        packet
    };
    for (header, word) in [(2, 2), (4, 2), (7, 7), (8, 2)] {
        let picture = of(header, &[0xFF, 0xD8, 0, 1, 2]);
        let trace = read_whole(galileosky(), &[login(), picture.clone(), packet(PLACE)].concat());
        assert_eq!(trace.sent[3..6], [&[word], &picture[picture.len() - 2..]].concat());
        assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::UnknownKind(header)]));
        let trace = read_whole(galileosky(), &picture);
        assert_eq!((trace.sent.len(), trace.closed), (0, true), "before anybody spoke");
    }
}

#[test]
fn strangers_noise_and_habits() {
    let check = |input: &[&[u8]], reports: usize, answers: usize, rejects: usize, closed: bool| {
        let trace = read_whole(galileosky(), &input.concat());
        assert_eq!((trace.reports().len(), trace.sent.len() / 3), (reports, answers), "{input:02X?}");
        assert_eq!((trace.rejects().len(), trace.closed), (rejects, closed), "{input:02X?}");
        for seed in 0..10 {
            assert_eq!(read_split(galileosky(), seed, &input.concat()), trace, "{input:02X?}");
        }
        trace
    };
    let (login, place) = (login(), packet(PLACE));
    check(&[&place], 0, 0, 1, true);
    check(&[&packet("03393530303030303030303030303134")], 0, 0, 0, true);
    check(&[&packet("03 33353030303030303030303030xx31 34".replace("xx", "41").as_str())], 0, 0, 1, false);
    check(&[b"\r\n\0\xFF~~ ", &login, b"\r\n", &place, b"\0\0", &place], 2, 3, 3, false);
    check(&[&login, &[1, 0xFF, 0x7F, 1, 0, 0xFF], &place], 1, 2, 1, false);
    check(&[&login, &[4, 0, 0x20, 9, 9], &place, &place], 2, 3, 1, false);
    check(&[&login, &place, &place, &place, &place, &place], 5, 6, 0, false);
    check(&[&login, &login, &place], 1, 3, 0, false);
    check(&[&login, &[0xAA; 17_000]], 0, 1, 1, true);
    let other = packet("03333530303030303030303030303232 04 0700");
    let trace = check(&[&login, &other, &place, &login], 1, 4, 0, false);
    assert_eq!(trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count(), 3, "asked at each change");
}

#[test]
fn orders_are_answered_by_their_number() {
    let mut host = Host::new(galileosky(), &Limits::default());
    let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
    assert_eq!(host.order(1, &text("status")), Err(OrderRefused::NotIdentified));
    host.feed(&login());
    assert_eq!(host.order(2, &text("status")), Ok(()));
    assert_eq!(host.order(3, &text("status")), Err(OrderRefused::Busy));
    let reply = |number: u8, words: &str| {
        let digits: String = words.bytes().map(|b| format!("{b:02X}")).collect();
        packet(&format!("03333530303030303030303030303134 043200 E0{number:02X}000000 E1{:02X}{digits}", words.len()))
    };
    host.feed(&[reply(9, "late"), packet(PLACE), reply(1, "Dev50 Soft=48"), reply(1, "again")].concat());
    assert_eq!(host.order(4, &Order::ReadLevels), Ok(()));
    host.feed(&reply(2, "INALL: in0=0,in1=12543"));
    assert_eq!(host.order(5, &text("IMEI")), Ok(()));
    host.tick_after_ms(30_000);
    let trace = host.trace();
    assert_eq!(trace.reports().len(), 1, "answers are no reports");
    let device = model::DeviceId::new("350000000000014").expect("fits");
    let sent = |number, words: &str| super::command::packet(&device, 50, number, words);
    assert_eq!(trace.sent[3..][..sent(1, "status").len()], sent(1, "status"));
    assert!(trace.sent.ends_with(&sent(3, "IMEI")));
    let said = |text: &str| CommandReply { text: text.to_owned(), lines: Vec::new() };
    let levels = CommandReply { text: "INALL: in0=0,in1=12543".to_owned(), lines: vec![(1, 0.0), (2, 12_543.0)] };
    let sent = |id| Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply: true });
    let wanted = [
        sent(2),
        Seen::Unasked(said("late")),
        Seen::Ordered(OrderId(2), Progress::Replied(said("Dev50 Soft=48"))),
        Seen::Unasked(said("again")),
        sent(4),
        Seen::Ordered(OrderId(4), Progress::Replied(levels)),
        sent(5),
        Seen::Ordered(OrderId(5), Progress::TimedOut),
    ];
    let told: Vec<&Seen> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
}

#[test]
fn every_truncation_waits_for_the_rest() {
    let whole = bytes(WORKED);
    for n in 0..whole.len() {
        let trace = read_whole(galileosky(), &whole[..n]);
        assert!(trace.seen.is_empty() && trace.sent.is_empty() && !trace.closed, "cut at {n}: {trace:?}");
    }
    for n in 0..whole.len() - 5 {
        let trace = read_whole(galileosky(), &[login(), around(&whole[3..3 + n])].concat());
        assert!(!trace.closed && trace.sent.len() == 6, "content cut at {n}: {trace:?}");
    }
}

fn stream() -> Vec<u8> {
    let packets = [packet(PLACE), packet(&format!("{PLACE} {PLACE} E1 02 6869")), bytes("0102\r\n"), packet("415A31")];
    [bytes(WORKED), packets.concat(), bytes(WORKED)].concat()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(seed: u32) {
        prop_assert_eq!(read_split(galileosky(), seed, &stream()), read_whole(galileosky(), &stream()));
    }

    #[test]
    fn flipped_bits_are_counted(at in 0..bytes(WORKED).len() * 8, seed: u32) {
        let mut all = [bytes(WORKED), packet(PLACE)].concat();
        all[at / 8] ^= 1 << (at % 8);
        let trace = read_whole(galileosky(), &all);
        prop_assert!(trace.reports().is_empty());
        // A longer length waits for more.
        prop_assert!(!trace.rejects().is_empty() || (8..24).contains(&at));
        prop_assert_eq!(read_split(galileosky(), seed, &all), trace);
    }

    #[test]
    fn any_tags_are_read(content in prop::collection::vec(any::<u8>(), 0..300), seed: u32) {
        let all = [login(), around(&content), packet(PLACE)].concat();
        prop_assert_eq!(read_split(galileosky(), seed, &all), read_whole(galileosky(), &all));
    }

    #[test]
    fn any_bytes_are_read_alike_however_they_are_cut(
        noise in prop::collection::vec(prop_oneof![Just(1u8), Just(4), Just(0), Just(0x20), any::<u8>()], 0..200),
        seed: u32,
    ) {
        let all = [login(), noise, packet(PLACE), packet(PLACE)].concat();
        prop_assert_eq!(read_split(galileosky(), seed, &all), read_whole(galileosky(), &all));
    }
}
