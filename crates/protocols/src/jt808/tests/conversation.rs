//! Who speaks, what is answered, and what becomes of bytes that are not as they should be.

use model::{Command, CommandReply, DeviceId, Order};
use proptest::prelude::*;

use super::*;
use crate::testing::{Seen, read};
use crate::{OrderId, Progress, Reject, Stored};

fn devices(trace: &Trace) -> Vec<&str> {
    trace
        .seen
        .iter()
        .filter_map(|seen| if let Seen::Device(id) = seen { Some(DeviceId::as_str(id)) } else { None })
        .collect()
}

#[test]
fn the_worked_conversation() {
    let trace = said(&all(&[REGISTER, AUTH, LOCATION, HEARTBEAT]));
    assert_eq!(trace.sent, all(&[REGISTERED, AUTH_ANSWER, LOCATION_ANSWER, HEARTBEAT_ANSWER]));
    assert_eq!((devices(&trace), trace.rejects().len(), trace.closed), (vec!["13912345678"], 0, false));
    let location = &one(&trace);
    assert_eq!(at(location).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = location.position.clone().expect("has one");
    assert_eq!(((p.latitude * 1e6).round(), (p.longitude * 1e6).round()), (-33_448_891.0, -70_669_266.0));
    assert_eq!(
        (p.altitude_m, p.speed_kmh, p.heading_deg, p.satellites),
        (Some(542.0), Some(63.0), Some(187), Some(11))
    );
    assert!(p.valid && !location.archived && location.events.is_empty());
    has(location, "ignition", true);
    has_float(location, "hardware_mileage", 1_234.6);
    has(location, "gsm_signal_level", 100);
    has(location, "input_status", 1);
    has_float(location, "analog_1", 0.0);
    has_float(location, "analog_2", 0.0);
    has(location, "output_status", 0);
    assert_eq!(value(location, "event_code"), None);
}

#[test]
fn each_worked_message_stands_alone() {
    for (sent, wanted) in
        [(REGISTER, REGISTERED), (AUTH, AUTH_ANSWER), (LOCATION, LOCATION_ANSWER), (HEARTBEAT, HEARTBEAT_ANSWER)]
    {
        let trace = said(&bytes(sent));
        assert_eq!((trace.sent.clone(), devices(&trace)), (bytes(wanted), vec!["13912345678"]));
    }
}

#[test]
fn the_edition_of_2019_is_answered_in_its_own_form() {
    let trace = said(&bytes(LOCATION_2019));
    assert_eq!(devices(&trace), ["13912345678"]);
    assert_eq!(at(&one(&trace)).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let content = bytes("8001 4005 01 00000000013912345678 0005 0005 0200 00");
    assert_eq!(trace.sent, delimited(&content));
    let auth = [&b"\x08A1B2C3D4350000000000014"[..], b"V1.2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"].concat();
    let header = bytes("0102 402C 01 00000000013912345678 0006");
    let trace = said_with(&[("strict_login", "true")], &delimited(&[&header[..], &auth].concat()));
    assert_eq!(trace.sent, delimited(&bytes("8001 4005 01 00000000013912345678 0006 0006 0102 00")));
    assert!(!trace.closed && trace.rejects().is_empty());
}

#[test]
fn devices_may_be_known_by_either_form_of_their_number() {
    // The test's host does not know names that begin with 9.
    let known = delimited(&bytes("0002 0000 099123456789 0001"));
    let trace = said(&known);
    assert_eq!((devices(&trace), trace.closed), (vec!["99123456789", "099123456789"], false));
    let unknown = delimited(&[&bytes("0100 0000 991234567890 0001")[..]].concat());
    let trace = said(&unknown);
    assert_eq!((devices(&trace), trace.closed), (vec!["991234567890"], true));
    assert_eq!(trace.sent, delimited(&bytes("8100 0003 991234567890 0001 0001 04")));
    let silent = said(&delimited(&bytes("0002 0000 991234567890 0001")));
    assert_eq!((silent.sent, silent.closed), (Vec::new(), true));
    let imei = said(&delimited(&bytes("0002 0000 1FD512913001 0001")));
    assert_eq!(devices(&imei), ["350000000000014"]);
    assert_eq!(imei.sent, delimited(&bytes("8001 0005 1FD512913001 0001 0001 0002 00")));
    let nobody = said(&delimited(&bytes("0002 0000 000000000000 0001")));
    assert_eq!((devices(&nobody).len(), nobody.rejects()), (0, vec![&Reject::BadIdentity]));
}

#[test]
fn another_device_may_take_over_a_connection() {
    let other = delimited(&bytes("0002 0000 013912345679 0009"));
    let trace = said(&[&bytes(LOCATION)[..], &other, &bytes(REGISTER), &bytes(REGISTER)].concat());
    assert_eq!(devices(&trace), ["13912345678", "13912345679", "13912345678"]);
    assert!(!trace.closed);
}

#[test]
fn a_strict_device_must_bring_its_code() {
    let strict = [("strict_login", "true")];
    let trace = said_with(&strict, &all(&[REGISTER, AUTH, LOCATION]));
    assert_eq!((trace.closed, trace.sent), (false, all(&[REGISTERED, AUTH_ANSWER, LOCATION_ANSWER])));
    let trace = said_with(&strict, &bytes(LOCATION));
    assert_eq!((trace.closed, trace.sent.len(), trace.reports().len()), (true, 0, 0));
    let secret = [("strict_login", "true"), ("password", "s3cret")];
    let trace = said_with(&secret, &bytes(AUTH));
    assert_eq!((trace.closed, trace.sent), (true, answer(0x0102, 2, 1)));
    let trace = said_with(&secret, &[&bytes(REGISTER)[..], &message(0x0102, 2, b"s3cret")].concat());
    let registered = message(0x8100, 1, &[&[0, 1, 0], &b"s3cret"[..]].concat());
    assert_eq!((trace.closed, trace.sent), (false, [registered, answer(0x0102, 2, 0)].concat()));
    assert_eq!(said(&message(0x0102, 2, b"anything")).sent, answer(0x0102, 2, 0));
}

#[test]
fn locks_have_a_dialect_of_their_own() {
    let content = bytes("0002 0001 03912345678901 0004 E7");
    let check = content.iter().fold(0, |all, b| all ^ b);
    let sent = [&[0xE7][..], &content[..content.len() - 1], &[0xE6, 2, check, 0xE7]].concat();
    let trace = said(&sent);
    assert_eq!(devices(&trace), ["3912345678901"]);
    let answer = bytes("8001 0005 03912345678901 0004 0004 0002 00");
    let check = answer.iter().fold(0, |all, b| all ^ b);
    assert_eq!(trace.sent, [&[0xE7][..], &answer, &[check, 0xE7]].concat());
    has(&one(&trace), "jt808_heartbeat", "E7");
}

#[test]
fn locks_ask_for_the_time_in_lines() {
    let trace = said(b"(013912345678,1,001,BASE,2,TIME)");
    assert_eq!(trace.sent, b"(013912345678,1,001,BASE,2,20260314092653)");
    let mut host = Host::new(jt808(), &Limits::default());
    host.feed(&bytes(HEARTBEAT));
    let order = Order::Do(Command::Text("(13912345678,1,001,LOCK,1)".to_owned()));
    host.order(1, &order).expect("is taken");
    host.feed(b"(013912345678,1,001,LOCK,1,OK)");
    host.feed(b"(013912345678,1,001,LOCK,1,OK)");
    let trace = host.trace();
    assert!(trace.sent.ends_with(b"(13912345678,1,001,LOCK,1)"));
    let reply = CommandReply { text: "013912345678,1,001,LOCK,1,OK".to_owned(), lines: Vec::new() };
    let told: Vec<_> = trace.seen.iter().filter(|seen| matches!(seen, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    let sent = Seen::Ordered(OrderId(1), Progress::Sent { awaits_reply: true });
    let replied = Seen::Ordered(OrderId(1), Progress::Replied(reply.clone()));
    assert_eq!(told, [&sent, &replied, &Seen::Unasked(reply)]);
}

#[test]
fn noise_costs_itself() {
    let beat = bytes(HEARTBEAT);
    let check = |sent: &[&[u8]], frames: usize, rejects: usize| {
        let trace = said(&sent.concat());
        assert_eq!(trace.sent, bytes(HEARTBEAT_ANSWER).repeat(frames), "{sent:02x?}");
        assert_eq!((trace.rejects().len(), trace.closed), (rejects, false), "{sent:02x?}");
    };
    check(&[&beat, &beat], 2, 0);
    check(&[&beat[..14], &beat], 2, 0);
    check(&[&beat, b"\xFF\r\n \0\0\x7E\x7E", &beat], 2, 0);
    check(&[b"GET / HTTP/1.1", &beat, b"junk", &beat], 2, 2);
    check(&[&[0xE7, 1, 2], &beat, &beat], 2, 1);
    check(&[b"(never", &beat], 1, 1);
    for cut in 1..beat.len() - 1 {
        check(&[&beat[..cut], &beat], 1, usize::from(cut > 1));
    }
    let located = bytes(LOCATION);
    for cut in 2..located.len() - 1 {
        let trace = said(&[&located[..cut], &located].concat());
        assert_eq!((trace.reports().len(), trace.closed), (1, false), "cut at {cut}");
        assert_eq!(trace.rejects().len(), 1, "cut at {cut}");
    }
}

#[test]
fn checksums_are_judged_by_the_policy() {
    let mut wrong = bytes(LOCATION);
    let at = wrong.len() - 2;
    wrong[at] ^= 0x10;
    let trace = said(&[&bytes(HEARTBEAT)[..], &wrong].concat());
    assert_eq!(trace.rejects(), [&Reject::Checksum { found: 0x1B, computed: 0x0B }]);
    assert_eq!((trace.reports().len(), trace.reject_offsets), (1, vec![(15 + at) as u64]));
    let enforced = said_with(&[("checksum", "enforce")], &wrong);
    assert_eq!((enforced.reports().len(), enforced.rejects().len(), enforced.sent), (0, 1, Vec::new()));
    // Another device's name in a message that is not sound is not believed.
    let mut renamed = bytes(LOCATION);
    renamed[8] ^= 1;
    let trace = said(&[&bytes(HEARTBEAT)[..], &renamed].concat());
    assert_eq!((devices(&trace), trace.reports().len(), trace.rejects().len()), (vec!["13912345678"], 0, 1));
    let long = delimited(&[&bytes("0200 03FF 013912345678 0003")[..], &bytes(BODY)].concat());
    assert_eq!(said(&long).reports().len(), 1, "delimiters count, not what the header says of the length");
}

#[test]
fn what_is_not_stored_is_not_acknowledged() {
    let mut host = Host::new(jt808(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&all(&[LOCATION, HEARTBEAT]));
    assert_eq!(host.trace().sent, [answer(0x0200, 3, 1), bytes(HEARTBEAT_ANSWER)].concat());
    let five = said(&bytes(LOCATION).repeat(5));
    assert_eq!(five.sent, bytes(LOCATION_ANSWER).repeat(5));
    let reports = five.reports();
    assert!(reports.iter().all(|report| report == &reports[0]));
}

#[test]
fn datagrams_end_what_they_began() {
    let mut host = Host::new(jt808(), &Limits::default());
    host.feed_datagram(&bytes(LOCATION)[..20]);
    host.feed_datagram(&bytes(LOCATION));
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects().len()), (1, 1));
}

#[test]
fn a_lone_delimiter_keeps_no_deadline() {
    let mut host = Host::new(jt808(), &Limits::default());
    host.feed(&[&bytes(HEARTBEAT)[..], &[0x7E, 0x7E]].concat());
    assert_eq!(host.due_in_ms(), None);
    host.feed(&[0, 2]);
    assert_eq!(host.due_in_ms(), Some(120_000));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(sent in proptest::collection::vec(any::<u8>(), 0..400), seed: u32) {
        prop_assert_eq!(read_split(jt808(), seed, &sent), read_whole(jt808(), &sent));
    }

    #[test]
    fn any_body_is_survived(id in prop::sample::select(IDS), body in proptest::collection::vec(any::<u8>(), 0..200), seed: u32) {
        let sent = [bytes(HEARTBEAT), message(id, 7, &body), bytes(HEARTBEAT)].concat();
        let trace = read_whole(jt808(), &sent);
        prop_assert_eq!(&read_split(jt808(), seed, &sent), &trace);
        prop_assert!(!trace.closed && trace.sent.ends_with(&bytes(HEARTBEAT_ANSWER)));
    }

    #[test]
    fn flipped_bits_are_counted(bit in 8usize..(LOCATION_BYTES - 1) * 8) {
        let mut sent = bytes(LOCATION);
        sent[bit / 8] ^= 1 << (bit % 8);
        let trace = read(jt808(), &Limits::default(), &[bytes(HEARTBEAT), sent, bytes(HEARTBEAT)].concat(), |rest| rest);
        prop_assert!(!trace.rejects().is_empty());
        prop_assert!(!trace.closed && trace.sent.ends_with(&bytes(HEARTBEAT_ANSWER)));
    }
}

const LOCATION_BYTES: usize = 67;

/// Every message that is read, and some that are not.
const IDS: &[u16] = &[
    0x0001, 0x0002, 0x0003, 0x0100, 0x0102, 0x0104, 0x0107, 0x0109, 0x0200, 0x0201, 0x0210, 0x0301, 0x0302, 0x0303,
    0x0310, 0x0500, 0x0506, 0x0701, 0x0702, 0x0704, 0x0800, 0x0801, 0x0900, 0x1007, 0x1300, 0x2070, 0x5501, 0x5502,
    0x6006, 0x8001, 0x8888, 0x1234,
];
