//! Who speaks, what is answered, and what becomes of bytes that are not as they should be; and commands.

use model::{Command, CommandReply, DeviceId, Order};
use proptest::prelude::*;

use super::*;
use crate::testing::{Seen, read, read_ordered};
use crate::{OrderId, OrderRefused, Progress, Reject, Stored};

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
    let reports = trace.reports();
    let [registration, location] = reports.as_slice() else { panic!("two reports: {trace:?}") };
    for (name, wanted) in [("maker", "ODOGR"), ("device_model", "T1"), ("terminal_id", "0000042"), ("plate", "B12345")]
    {
        has(registration, name, wanted);
    }
    has(registration, "jt808_province", 31);
    has(registration, "jt808_city", 115);
    has(registration, "plate_colour", 1);
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
    let auth = [&b"\x02AB350000000000014"[..], b"V1.2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"].concat();
    let header = all(&["0102 4026 01 00000000013912345678 0006"]);
    let trace = said(&delimited(&[&header[..], &auth].concat()));
    let report = one(&trace);
    has(&report, "jt808_imei", "350000000000014");
    has(&report, "firmware", "V1.2");
    let body = [&bytes("001F 0073")[..], b"ODOGRAPH\0\0\0", &[0; 30], b"ID", &[0; 28], b"\x01B1"].concat();
    let header = [&bytes("0100 40")[..], &[body.len() as u8], &bytes("01 00000000013912345678 0007")].concat();
    let report = one(&said(&delimited(&[header, body].concat())));
    has(&report, "maker", "ODOGRAPH");
    has(&report, "terminal_id", "ID");
    has(&report, "plate", "B1");
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

fn encoded(pairs: &[(&str, &str)], orders: &[Order]) -> Result<Vec<u8>, OrderRefused> {
    let mut host = Host::with_settings(jt808(), &Limits::default(), settings(pairs));
    host.bind("13912345678");
    for (id, order) in (1..).zip(orders) {
        host.order(id, order)?;
        host.tick_after_ms(30_000);
    }
    Ok(host.trace().sent)
}

fn text(words: &str) -> Order {
    Order::Do(Command::Text(words.to_owned()))
}

#[test]
fn the_worked_commands() {
    let locate = || Order::Locate;
    let before: Vec<Order> = std::iter::repeat_with(locate).take(6).collect();
    let worked = [Order::Engine { on: false }, text("STATUS#"), Order::Interval { every_s: 30 }, Order::Locate];
    let sent = encoded(&[], &[before, worked.to_vec()].concat()).expect("all are taken");
    let wanted = [
        "7E810500010139123456780007F0427E",
        "7E8300000801391234567800080153544154555323857E",
        "7E8103000A01391234567800090100000029040000001E837E",
        "7E82010000013912345678000AB97E",
    ];
    assert_eq!(sent[6 * 15..], all(&wanted));
}

#[test]
fn orders_become_messages() {
    let check = |model: &str, order: Order, id: u16, body: &[u8]| {
        let pairs = [("model", model)];
        let pairs = if model.is_empty() { &[][..] } else { &pairs };
        assert_eq!(encoded(pairs, std::slice::from_ref(&order)), Ok(message(id, 1, body)), "{model} {order:?}");
    };
    let output = |number, on| Order::Do(Command::Output { number, on });
    check("", Order::Engine { on: true }, 0x8105, &[0xF1]);
    check("", output(1, true), 0x8105, &[0xF0]);
    check("", output(1, false), 0x8105, &[0xF1]);
    check("", output(2, true), 0x8500, &[1]);
    check("W15L", Order::Engine { on: false }, 0x8105, &[0x64]);
    check("W15L", Order::Engine { on: true }, 0x8105, &[0x65]);
    check("VL300", Order::Engine { on: false }, 0x8105, b"#0;1");
    check("VL300", Order::Engine { on: true }, 0x8105, b"#0;0");
    check("HB-A9", Order::Engine { on: false }, 0xA006, &bytes("01 260314172653"));
    check("HB-A9", Order::Restart, 0x0310, &[1, 0x23, 1, 3]);
    check("", Order::Restart, 0x8105, &[4]);
    check("", Order::Arm { on: true }, 0x0310, b"\x01\x24\x05\x01user");
    check("", Order::Arm { on: false }, 0x0310, b"\x01\x24\x05\x00user");
    check("", Order::ReadLevels, 0x8201, &[]);
    check("VL-103", Order::ReadLevels, 0x8300, b"\x01STATUS#");
    check("JC450", text("STATUS#"), 0x8900, b"\xF0STATUS#");
    check("", text("\u{4EAC}"), 0x8300, b"\x01\xBE\xA9");
    check("", text("8104"), 0x8104, &[]);
    check("", text("8107"), 0x8107, &[]);
    assert_eq!(encoded(&[], &[Order::Do(Command::Bytes(vec![1, 2]))]), Ok(vec![1, 2]));
    for (order, wanted) in [
        (output(3, true), OrderRefused::NoSuchCommand),
        (text(""), OrderRefused::NoSuchCommand),
        (text("\u{1F697}"), OrderRefused::NoSuchCommand),
        (text(&"x".repeat(1_023)), OrderRefused::TooLong),
        (Order::Do(Command::Bytes(vec![0; 8_193])), OrderRefused::TooLong),
    ] {
        assert_eq!(encoded(&[], &[order]), Err(wanted));
    }
}

#[test]
fn commands_go_in_the_form_that_the_device_uses() {
    let trace = read_ordered(jt808(), &bytes(LOCATION_2019), &[Order::Locate], &[], None);
    let wanted = delimited(&bytes("8201 4000 01 00000000013912345678 0001"));
    assert!(trace.sent.ends_with(&wanted), "{:02x?}", trace.sent);
    let mut host = Host::new(jt808(), &Limits::default());
    host.bind("350000000000014");
    host.order(1, &Order::Locate).expect("is taken");
    assert_eq!(host.trace().sent, delimited(&bytes("8201 0000 1FD512913001 0001")));
}

/// How the order under way goes on when the device says this.
fn answered(order: &Order, said: &[u8]) -> Vec<Progress> {
    let trace = read_ordered(jt808(), &bytes(HEARTBEAT), std::slice::from_ref(order), said, None);
    let split = read_ordered(jt808(), &bytes(HEARTBEAT), std::slice::from_ref(order), said, Some(5));
    assert_eq!(trace, split);
    let progress =
        trace.seen.iter().filter_map(|seen| if let Seen::Ordered(_, what) = seen { Some(what) } else { None });
    progress.skip(1).cloned().collect()
}

#[test]
fn answers_belong_to_the_command_with_their_number() {
    let reply = |text: &str, lines: &[(u16, f64)]| {
        vec![Progress::Replied(CommandReply { text: text.to_owned(), lines: lines.to_vec() })]
    };
    let refused = |words: &str| vec![Progress::Refused(words.to_owned())];
    let check = |order: &Order, id: u16, body: &[u8], wanted: Vec<Progress>| {
        assert_eq!(answered(order, &message(id, 50, body)), wanted, "{order:?} {id:04x} {body:02x?}");
    };
    let cut = Order::Engine { on: false };
    check(&cut, 0x0001, &bytes("0001 8105 00"), reply("ok", &[]));
    check(&cut, 0x0001, &bytes("0001 8105 01"), refused("failed"));
    check(&cut, 0x0001, &bytes("0001 8105 02"), refused("wrong message"));
    check(&cut, 0x0001, &bytes("0001 8105 03"), refused("not supported"));
    check(&cut, 0x0001, &bytes("0001 8105 09"), refused("result 9"));
    check(&cut, 0x0001, &bytes("0002 8105 00"), vec![]);
    check(&cut, 0x6006, b"\x00hello", vec![]);
    let words = text("STATUS#");
    check(&words, 0x6006, b"\x00DI1:1;ACC:ON", reply("DI1:1;ACC:ON", &[(1, 1.0), (239, 1.0)]));
    check(&words, 0x0310, b"\x00\x00\x00\x02OKxx", reply("OK", &[]));
    check(&words, 0x0701, b"\x00\x00\x00\x05\xBE\xA9", reply("\u{4EAC}", &[]));
    check(&words, 0x1300, &bytes("0001 004F 004B"), reply("OK", &[]));
    check(&words, 0x1300, &bytes("0002 004F 004B"), vec![]);
    check(&words, 0x0001, &bytes("0001 8300 00"), reply("ok", &[]));
    let body = bytes("0001 02 00000029 04 0000001E 00000013 04 686F7374");
    check(&text("8104"), 0x0104, &body, reply("00000029=30,00000013=host", &[]));
    check(&text("8104"), 0x0001, &bytes("0001 8104 00"), vec![]);
    let located = all(&["0001", "00000000 0000040F", PLACE, "2504 00000005 2B04 00C80064 30011F"]);
    let inputs = [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let mut lines: Vec<(u16, f64)> = (1..).zip(inputs).collect();
    lines[5] = (6, 1_000.0);
    lines.extend([(9, 2_000.0), (21, 100.0), (179, 1.0)]);
    lines.extend((180..187).map(|n| (n, 0.0)));
    lines.push((239, 1.0));
    check(&Order::ReadLevels, 0x0201, &located, reply("-33.448891,-70.669266", &lines));
    check(&Order::ReadLevels, 0x0001, &bytes("0001 8201 00"), vec![]);
    check(&Order::Locate, 0x0201, &all(&["0007", BODY]), vec![]);
    check(
        &Order::Do(Command::Output { number: 2, on: true }),
        0x0500,
        &all(&["0001", BODY]),
        reply(
            "-33.448891,-70.669266",
            &[
                (179, 0.0),
                (180, 0.0),
                (181, 0.0),
                (182, 0.0),
                (183, 0.0),
                (184, 0.0),
                (185, 0.0),
                (186, 0.0),
                (239, 1.0),
            ],
        ),
    );
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
