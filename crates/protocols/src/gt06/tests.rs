mod kinds;
mod losses;

use model::{Command, CommandReply, Fix, Order, Report};
use proptest::prelude::*;

use super::frame::{long, short};
use crate::testing::{Host, Seen, Trace, bytes, read, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

const LOGIN: &str = "78780D01035000000000001400012563 0D0A";
const LOGIN_ANSWER: &str = "787805010001D9DC0D0A";
const LOGIN_UTC_8: &str = "787811010350000000000014802232000001BFAD0D0A";
const POSITION: &str = "78781F12 1A030E091A35CB0396B3840794FD473F18BB 02DA022B1F00A1B2 0002 B66F 0D0A";
const ALARM: &str = "78782526 1A030E091A35CB0396B3840794FD473F18BB 09 02DA022B1F00A1B2 56 05 04 02 02 0004 AC46 0D0A";
const ALARM_ANSWER: &str = "787805260004014F0D0A";
const HEARTBEAT: &str = "78780A1346050400020005C0360D0A";
const HEARTBEAT_ANSWER: &str = "787805130005AFD50D0A";
const OLD_REPLY: &str =
    "78782D152511223344437574206F666620746865206675656C20737570706C793A2053756363657373210002000794F00D0A";
const REPLY: &str = "797900142111223344015354415455533A204F4B00089D4C0D0A";
const VOLTAGE: &str = "79790008940004EF0009A66A0D0A";

const GPS: &str = "1A030E091A35 CB 0396B384 0794FD47 3F 18BB";
const LBS: &str = "02DA 02 2B1F 00A1B2";

fn gt06() -> &'static Family {
    family("gt06").expect("is registered")
}

fn all(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|p| bytes(p)).collect()
}

/// The answer to a frame of this kind and serial number: the same, without content.
fn answer(kind: u8, serial: u16) -> Vec<u8> {
    short(kind, &[], serial)
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
}

fn value(report: &Report, name: &str) -> Option<model::Value> {
    model::AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

fn has(report: &Report, name: &str, wanted: impl Into<model::Value>) {
    assert_eq!(value(report, name), Some(wanted.into()), "{name} of {report:?}");
}

fn host(settings: DeviceSettings) -> Host {
    let mut host = Host::with_settings(gt06(), &Limits::default(), settings);
    host.feed(&bytes(LOGIN));
    host
}

#[test]
fn the_worked_position() {
    let trace = read_whole(gt06(), &all(&[LOGIN, POSITION]));
    assert_eq!(trace.sent, [bytes(LOGIN_ANSWER), answer(0x12, 2)].concat());
    assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == "350000000000014"));
    assert!(!trace.closed && trace.rejects().is_empty());
    let r = one_report(&trace);
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude * 1e6).round(), -33_448_891.0);
    assert_eq!((p.longitude * 1e6).round(), -70_669_266.0);
    assert_eq!((p.speed_kmh, p.heading_deg, p.satellites), (Some(63.0), Some(187), Some(11)));
    assert_eq!((p.valid, p.fix), (true, Fix::HasFix));
    let cells = model::Value::Json(r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394}]"#.into());
    has(&r, "mobile_cells", cells);
    assert_eq!((value(&r, "ignition"), r.archived, r.events.len()), (None, false, 0));
}

#[test]
fn the_worked_alarm_and_heartbeat() {
    let trace = read_whole(gt06(), &all(&[LOGIN, ALARM, HEARTBEAT]));
    assert_eq!(trace.sent, all(&[LOGIN_ANSWER, ALARM_ANSWER, HEARTBEAT_ANSWER]));
    let reports = trace.reports();
    let [alarm, beat] = reports.as_slice() else { panic!("two reports: {trace:?}") };
    assert_eq!(alarm.events, [model::EventId(2)]);
    for (name, wanted) in [("charging_status", true), ("ignition", true), ("armed", false)] {
        has(alarm, name, wanted);
    }
    has(alarm, "battery_level", 83);
    has(alarm, "gsm_signal_level", 100);
    has(alarm, "event_code", 2);
    has(alarm, "output_status", 0);
    assert!(alarm.position.is_some());
    assert_eq!((beat.time, &beat.position, beat.events.len()), (None, &None, 0));
    has(beat, "battery_level", 83);
}

#[test]
fn the_worked_voltage_is_never_answered() {
    let trace = read_whole(gt06(), &all(&[LOGIN, VOLTAGE]));
    assert_eq!(trace.sent, bytes(LOGIN_ANSWER));
    has(&one_report(&trace), "board_voltage", model::Value::Float(12.63));
}

#[test]
fn clocks_are_set_right_by_login_and_settings() {
    let check = |login: &str, utc_offset_s: Option<i32>, wanted: &str| {
        let settings = DeviceSettings { utc_offset_s, ..DeviceSettings::default() };
        let mut host = Host::with_settings(gt06(), &Limits::default(), settings);
        host.feed(&all(&[login, POSITION]));
        let r = one_report(&host.trace());
        assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some(wanted), "{login} {utc_offset_s:?}");
    };
    check(LOGIN, None, "2026-03-14T09:26:53.000Z");
    check(LOGIN_UTC_8, None, "2026-03-14T01:26:53.000Z");
    check(LOGIN_UTC_8, Some(0), "2026-03-14T09:26:53.000Z");
    check(LOGIN, Some(28_800), "2026-03-14T01:26:53.000Z");
    let login = |zone: &str| {
        let digits = bytes(&format!("0350000000000014 8022 {zone}"));
        short(0x01, &digits, 1).iter().map(|b| format!("{b:02X}")).collect::<String>()
    };
    // 3 hours 30 minutes west; what no zone is; a type and nothing more.
    check(&login("14AA"), None, "2026-03-14T12:56:53.000Z");
    check(&login("FFF2"), None, "2026-03-14T09:26:53.000Z");
    check(&login(""), None, "2026-03-14T09:26:53.000Z");
}

#[test]
fn logins_are_answered_as_the_host_decides() {
    let login_of = |digits: &str| short(0x01, &bytes(digits), 7);
    let check = |input: &[u8], sent: &[u8], closed: bool, rejects: &[Reject]| {
        let trace = read_whole(gt06(), input);
        assert_eq!((trace.sent.as_slice(), trace.closed), (sent, closed), "{input:02X?}");
        assert_eq!(trace.rejects(), rejects.iter().collect::<Vec<_>>());
    };
    let twice = [bytes(LOGIN_ANSWER), bytes(LOGIN_ANSWER)].concat();
    check(&all(&[LOGIN, LOGIN]), &twice, false, &[]);
    check(&[login_of("0935000000000014"), bytes(POSITION)].concat(), &[], true, &[]);
    check(&bytes(POSITION), &[], true, &[Reject::NotIdentified]);
    // Whoever does not begin with a login may still come to it.
    let late = [b"GET / HTTP/1.1\r\n\r\n", &bytes(LOGIN)[..]].concat();
    check(&late, &bytes(LOGIN_ANSWER), false, &[Reject::Noise { bytes: 18 }]);
    check(&login_of("03500000000000AF"), &[], false, &[Reject::BadIdentity]);
    check(&login_of("0350"), &[], false, &[Reject::BadIdentity]);
    check(&login_of("0350").repeat(11), &[], true, &[const { Reject::BadIdentity }; 10]);
    let again = [bytes(LOGIN), login_of("0350000000000022"), bytes(POSITION)].concat();
    let sent = [bytes(LOGIN_ANSWER), answer(0x01, 7), answer(0x12, 2)].concat();
    check(&again, &sent, false, &[]);
    let trace = read_whole(gt06(), &again);
    assert!(matches!(&trace.seen[2], Seen::Device(id) if id.as_str() == "350000000000022"));
}

#[test]
fn a_frame_with_an_identity_of_its_own_is_from_that_one() {
    let key = |imei: &str, tail: &str| short(0x61, &bytes(&format!("{imei} {GPS} 02DA 02 2B1F 0000A1B2 {tail}")), 3);
    let other = key("0350000000000022", "0102030405AB");
    let trace = read_whole(gt06(), &[bytes(LOGIN), other.clone(), other, bytes(POSITION)].concat());
    let devices: Vec<_> = trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).collect();
    assert_eq!((devices.len(), trace.reports().len()), (2, 3), "asked once for each: {trace:?}");
    has(trace.reports()[0], "hardware_key", "0102030405AB");
    assert_eq!(trace.sent.len(), 4 * 10);
    // The same as who has logged in, and without any login.
    let own = key("0350000000000014", "000000000000");
    let trace = read_whole(gt06(), &[bytes(LOGIN), own.clone()].concat());
    let asked = trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count();
    assert_eq!((asked, value(&one_report(&trace), "hardware_key")), (1, None));
    assert_eq!(read_whole(gt06(), &own).sent, answer(0x61, 3));
    let trace = read_whole(gt06(), &[bytes(LOGIN), key("0935000000000014", "00")].concat());
    assert!(trace.closed && trace.reports().is_empty(), "a stranger: {trace:?}");
}

#[test]
fn a_wrong_checksum_is_counted_and_forgiven_unless_settings_say_no() {
    let mut bad = bytes(POSITION);
    let at = bad.len() - 3;
    bad[at] ^= 1;
    let check = |policy: Option<ChecksumPolicy>, reports: usize| {
        let mut host = host(DeviceSettings { checksum: policy, ..DeviceSettings::default() });
        host.feed(&[bad.clone(), bytes(HEARTBEAT)].concat());
        let trace = host.trace();
        assert_eq!((trace.reports().len(), trace.closed), (reports, false), "{policy:?}");
        assert!(matches!(trace.rejects()[..], [Reject::Checksum { found: 0xB66E, .. }]), "{trace:?}");
    };
    check(None, 2);
    check(Some(ChecksumPolicy::Warn), 2);
    check(Some(ChecksumPolicy::Enforce), 1);
    let mut host = host(DeviceSettings { checksum: Some(ChecksumPolicy::Enforce), ..DeviceSettings::default() });
    host.feed(&bad.repeat(11));
    let trace = host.trace();
    assert_eq!((trace.rejects().len(), trace.closed), (10, true), "closed at the tenth in a row");
}

#[test]
fn nothing_is_acknowledged_that_is_not_stored_but_signs_of_life() {
    let mut host = host(DeviceSettings::default());
    host.outcome = Stored::Failed;
    host.feed(&all(&[POSITION, ALARM, HEARTBEAT]));
    assert_eq!(host.trace().sent, all(&[LOGIN_ANSWER, HEARTBEAT_ANSWER]));
}

#[test]
fn a_position_under_a_heartbeats_number_waits_until_it_is_stored() {
    let body = format!("{GPS} 02DA 02 2B1F 0000A1B2 01 02 01 0012D687 04EF 29 00000A 00000000DEADBEEF");
    for (outcome, answered) in [(Stored::Failed, 0), (Stored::Ok, 10)] {
        let mut host = host(DeviceSettings::default());
        host.outcome = outcome;
        host.feed(&short(0x36, &bytes(&body), 2));
        assert_eq!(host.trace().sent.len(), 10 + answered, "{outcome:?}");
    }
}

#[test]
fn datagrams_carry_whole_frames() {
    let mut host = Host::new(gt06(), &Limits::default());
    host.feed_datagram(&all(&[LOGIN, POSITION]));
    host.feed_datagram(&bytes(ALARM)[..20]);
    host.feed_datagram(&bytes(ALARM));
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.closed), (2, false));
    assert_eq!((trace.rejects(), trace.reject_offsets.as_slice()), (vec![&Reject::Truncated], &[54][..]));
    assert_eq!(trace.sent, [bytes(LOGIN_ANSWER), answer(0x12, 2), bytes(ALARM_ANSWER)].concat());
}

#[test]
fn the_same_position_is_answered_each_time() {
    let trace = read_whole(gt06(), &[bytes(LOGIN), bytes(POSITION).repeat(5)].concat());
    assert_eq!(trace.sent, [bytes(LOGIN_ANSWER), answer(0x12, 2).repeat(5)].concat());
    let reports = trace.reports();
    assert!(reports.len() == 5 && reports.iter().all(|r| *r == reports[0]));
}

#[test]
fn what_wants_a_word_of_its_own_gets_it() {
    let check = |frame: &[u8], wanted: &[u8]| {
        let trace = read_whole(gt06(), &[&bytes(LOGIN), frame].concat());
        assert_eq!(trace.sent[10..], *wanted, "{frame:02X?}");
        assert_eq!(trace.rejects(), Vec::<&Reject>::new(), "{frame:02X?}");
    };
    // The time of the host in these tests.
    check(&short(0x8A, &[], 6), &short(0x8A, &[26, 3, 14, 9, 26, 53], 6));
    check(&short(0x2A, &bytes(GPS), 9), &long(0x97, b"\x0F\0\0\0\0NA&&NA&&0##", 9));
    check(&short(0x1F, &[1], 9), &[]);
    check(&short(0x80, b"\x04\0\0\0\0", 9), &[]);
    check(&long(0x41, &[1, 2, 3], 9), &long(0x41, &[], 9));
    check(&short(0xEE, &[1, 2, 3], 9), &answer(0xEE, 9));
    check(&long(0x70, &[], 9), &answer(0x70, 9));
    let wifi = bytes("787801 69 260314092653 A0B1C2D3E4F5 44 01 02DA 02 2B1F 1234 50 0D0A");
    check(&wifi, &bytes("787800 69 260314092653 0D0A"));
}

#[test]
fn orders_are_sent_and_their_answers_known_by_their_flag() {
    let relay = Order::Do(Command::Output { number: 1, on: true });
    let mut host = host(DeviceSettings::default());
    assert_eq!(host.order(1, &relay), Ok(()));
    assert_eq!(host.order(2, &Order::ReadLevels), Err(OrderRefused::Busy));
    // The flag is the host's clock in seconds.
    let reply = |flag: u32, text: &str| long(0x21, &[&flag.to_be_bytes()[..], &[1], text.as_bytes()].concat(), 8);
    let flag = 1_773_480_413;
    host.feed(&[bytes(POSITION), reply(7, "of long ago"), reply(flag, "RELAY:ON"), reply(flag, "again")].concat());
    assert_eq!(host.order(3, &Order::ReadLevels), Ok(()));
    host.tick_after_ms(30_000);
    host.feed(&reply(flag + 1, "ACC:ON; Relay:OFF"));
    let trace = host.trace();
    let sent = short(0x80, &[&[12][..], &flag.to_be_bytes(), b"RELAY,1#", &[0, 2]].concat(), 1);
    assert_eq!(trace.sent[10..10 + sent.len()], sent);
    let said = |text: &str, lines: &[(u16, f64)]| CommandReply { text: text.to_owned(), lines: lines.to_vec() };
    let told: Vec<&Seen> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    let wanted = [
        Seen::Ordered(OrderId(1), Progress::Sent { awaits_reply: true }),
        Seen::Unasked(said("of long ago", &[])),
        Seen::Ordered(OrderId(1), Progress::Replied(said("RELAY:ON", &[(179, 1.0)]))),
        Seen::Unasked(said("again", &[])),
        Seen::Ordered(OrderId(3), Progress::Sent { awaits_reply: true }),
        Seen::Ordered(OrderId(3), Progress::TimedOut),
        Seen::Unasked(said("ACC:ON; Relay:OFF", &[(1, 1.0), (179, 0.0)])),
    ];
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
}

#[test]
fn the_worked_command_and_its_answers() {
    let form = super::command::Form { line: None, is_plain: false, password: None };
    let frame = super::command::frame("RELAY,1#", form, 0x1122_3344, 6);
    assert_eq!(frame, bytes("787814800C1122334452454C41592C312300020006E8F90D0A"));
    let plain = super::command::frame("RELAY,1#", super::command::Form { is_plain: true, ..form }, 0x1122_3344, 6);
    assert_eq!((plain[2], plain.len()), (0x12, frame.len() - 2));
    let trace = read_whole(gt06(), &all(&[LOGIN, OLD_REPLY, REPLY]));
    assert_eq!(trace.sent, bytes(LOGIN_ANSWER), "answers are not answered");
    let texts: Vec<&str> = trace
        .seen
        .iter()
        .filter_map(|s| if let Seen::Unasked(reply) = s { Some(reply.text.as_str()) } else { None })
        .collect();
    assert_eq!(texts, ["Cut off the fuel supply: Success!", "STATUS: OK"]);
}

#[test]
fn orders_before_a_login_and_raw_bytes() {
    let mut host = Host::new(gt06(), &Limits { command_bytes_max: 3, ..Limits::default() });
    assert_eq!(host.order(1, &Order::ReadLevels), Err(OrderRefused::NotIdentified));
    host.feed(&bytes(LOGIN));
    assert_eq!(host.order(2, &Order::Do(Command::Bytes(vec![1, 2, 3]))), Ok(()));
    assert_eq!(host.order(3, &Order::Do(Command::Bytes(vec![1, 2, 3, 4]))), Err(OrderRefused::TooLong));
    assert_eq!(host.order(4, &Order::ReadLevels), Ok(()), "bytes await no answer");
    let trace = host.trace();
    assert_eq!(trace.sent[10..13], [1, 2, 3]);
    let g109 = DeviceSettings { model: Some("G109".into()), ..DeviceSettings::default() };
    let mut host = Host::with_settings(gt06(), &Limits::default(), g109);
    host.feed(&bytes(LOGIN));
    assert_eq!(host.order(1, &Order::Do(Command::Output { number: 1, on: true })), Ok(()));
    assert_eq!(host.trace().sent[19..23], *b"DYD#");
}

#[test]
fn the_stream_is_found_again_after_noise() {
    let noise = b"\x7e\r\n \0 $GPRMC,no,\xff".to_vec();
    let trace = read_whole(gt06(), &[&bytes(LOGIN), &noise[..], &bytes(POSITION), &noise, &bytes(ALARM)].concat());
    assert_eq!((trace.reports().len(), trace.closed), (2, false));
    assert_eq!(trace.seen[2], Seen::Rejected(noise.clone(), Reject::Noise { bytes: noise.len() }));
    assert_eq!(trace.reject_offsets, [18, 18 + noise.len() as u64 + 36]);
    for hostile in ["7878", "7979", "78780013", "787801", "79790000", "7878FF", "7979 03FF", "787804 12 0D0A"] {
        let tail = bytes(HEARTBEAT).repeat(80);
        let trace = read_whole(gt06(), &[bytes(LOGIN), bytes(hostile), bytes(POSITION), tail].concat());
        assert!(!trace.closed && trace.reports().len() >= 80, "{hostile}: {} reports", trace.reports().len());
    }
    let trace = read_whole(gt06(), &[bytes(LOGIN), vec![0xAA; 16_385 + 100]].concat());
    assert_eq!((trace.rejects(), trace.closed), (vec![&Reject::Noise { bytes: 16_385 }], true));
}

#[test]
fn a_frame_that_is_never_finished_ends_the_connection() {
    let mut host = host(DeviceSettings::default());
    assert_eq!(host.due_in_ms(), None);
    host.feed(&bytes("7979 FFFF 94 00"));
    assert_eq!(host.due_in_ms(), Some(120_000));
    host.tick_after_ms(120_000);
    let trace = host.trace();
    assert_eq!((trace.rejects(), trace.closed), (vec![&Reject::TimedOut], true));
}

#[test]
fn every_truncation_waits_for_the_rest() {
    let whole = all(&[LOGIN, POSITION, ALARM]);
    for n in 0..whole.len() {
        let trace = read_whole(gt06(), &whole[..n]);
        let complete = usize::from(n >= 18 + 36);
        assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (complete, 0, false), "{n} bytes");
    }
}

/// Streams of whole and damaged frames, and noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let content = || proptest::collection::vec(any::<u8>(), 0..120);
    let part = prop_oneof![
        Just(bytes(LOGIN)),
        Just(bytes(POSITION)),
        Just(bytes(ALARM)),
        Just(bytes(HEARTBEAT)),
        Just(bytes(REPLY)),
        Just(b"\r\n".to_vec()),
        Just(bytes("7878")),
        Just(bytes("797900")),
        proptest::collection::vec(any::<u8>(), 0..40),
        (any::<u8>(), content()).prop_map(|(kind, c)| short(kind, &c, 1)),
        (any::<u8>(), content()).prop_map(|(kind, c)| long(kind, &c, 1)),
        (any::<u8>(), content()).prop_map(|(kind, c)| short(kind, &[&bytes(GPS)[..], &c].concat(), 1)),
        (0..36usize, any::<u8>()).prop_map(|(at, x)| {
            let mut f = bytes(POSITION);
            f[at] = x;
            f
        }),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| [bytes(LOGIN), parts.concat()].concat())
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same(stream in stream(), seed in any::<u32>()) {
        let whole = read_whole(gt06(), &stream);
        prop_assert_eq!(&read_split(gt06(), seed, &stream), &whole);
        prop_assert_eq!(&read(gt06(), &Limits::default(), &stream, |_| 1), &whole);
    }

    #[test]
    fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..400), seed in any::<u32>()) {
        prop_assert_eq!(read_split(gt06(), seed, &input), read_whole(gt06(), &input));
    }

    #[test]
    fn a_good_frame_after_plain_noise_is_always_found(
        noise in proptest::collection::vec(any::<u8>().prop_filter("no start", |b| *b != 0x78 && *b != 0x79), 0..300)
    ) {
        let trace = read_whole(gt06(), &[bytes(LOGIN), noise, bytes(POSITION)].concat());
        prop_assert_eq!(trace.reports().len(), 1);
    }
}
