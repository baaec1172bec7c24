//! Orders to the device, and what it says in text.

use model::{Command, CommandReply, Order};
use proptest::prelude::*;

use super::{GETIO_REPLY, LOGIN, PACKET_8, all, bytes, frame, teltonika};
use crate::testing::{Host, Seen, Trace};
use crate::{DeviceSettings, FAMILIES, Limits, OrderId, OrderRefused, Presence, Progress, Reject};

const GETIO: &str = "000000000000000D0C010500000005676574696F01000000CB";
const CODEC_13: &str = "00000000000000110D01060000000969B529DD68656C6C6F010000799E";
const CODEC_14: &str = "00000000000000160E01050000000E0350000000000014676574766572010000CD64";

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

fn reply(text: &str, lines: &[(u16, f64)]) -> CommandReply {
    CommandReply { text: text.to_owned(), lines: lines.to_vec() }
}

fn levels() -> CommandReply {
    reply("DI1:1 DI2:0 AIN1:0 DO1:0", &[(1, 1.0), (2, 0.0), (9, 0.0), (179, 0.0)])
}

/// A frame of a text codec: kind and content of each entry.
fn said(codec: u8, entries: &[(u8, &[u8])]) -> Vec<u8> {
    let mut data = vec![codec, entries.len() as u8];
    for (kind, content) in entries {
        data.push(*kind);
        data.extend((content.len() as u32).to_be_bytes());
        data.extend(*content);
    }
    data.push(entries.len() as u8);
    frame(&data)
}

fn answer(text: &str) -> Vec<u8> {
    said(0x0C, &[(6, text.as_bytes())])
}

fn logged_in() -> Host {
    let mut host = Host::new(teltonika(), &Limits::default());
    host.feed(&bytes(LOGIN));
    host
}

/// What was said of orders and answers.
fn news(trace: &Trace) -> Vec<Seen> {
    let is_news = |seen: &&Seen| matches!(seen, Seen::Ordered(..) | Seen::Unasked(_));
    trace.seen.iter().filter(is_news).cloned().collect()
}

fn sent(id: u64) -> Seen {
    Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply: true })
}

fn replied(id: u64, reply: CommandReply) -> Seen {
    Seen::Ordered(OrderId(id), Progress::Replied(reply))
}

fn timed_out(id: u64) -> Seen {
    Seen::Ordered(OrderId(id), Progress::TimedOut)
}

#[test]
fn the_worked_frames() {
    let mut host = logged_in();
    assert_eq!(host.order(7, &Order::ReadLevels), Ok(()));
    host.feed(&all(&[PACKET_8, GETIO_REPLY, CODEC_13]));
    let trace = host.trace();
    assert_eq!(trace.sent, all(&["01", GETIO, "00000001"]));
    assert_eq!(news(&trace), [sent(7), replied(7, levels()), Seen::Unasked(reply("hello", &[]))]);
    assert!(trace.rejects().is_empty());
}

#[test]
fn orders_become_commands() {
    let check = |order: Order, wanted: Result<&[u8], OrderRefused>| {
        let mut host = logged_in();
        let given = host.order(1, &order);
        let trace = host.trace();
        let wanted_sent = wanted.map(|content| [&[1][..], &said(0x0C, &[(5, content)])].concat());
        assert_eq!(given.map(|()| trace.sent), wanted_sent, "{order:?}");
    };
    let output = |number, on| Order::Do(Command::Output { number, on });
    check(text("getver"), Ok(b"getver"));
    check(text("getver\r"), Ok(b"getver\r"));
    check(Order::Do(Command::Bytes(vec![0, 0xFF])), Ok(&[0, 0xFF]));
    check(output(1, true), Ok(b"setdigout 1"));
    check(output(1, false), Ok(b"setdigout 0"));
    check(output(3, true), Ok(b"setdigout ??1"));
    check(output(4, false), Ok(b"setdigout ???0"));
    check(output(5, true), Err(OrderRefused::NoSuchCommand));
    check(output(0, true), Err(OrderRefused::NoSuchCommand));
    check(text(""), Err(OrderRefused::NoSuchCommand));
    check(text(&"x".repeat(8_192)), Ok(&[b'x'; 8_192]));
    check(text(&"x".repeat(8_193)), Err(OrderRefused::TooLong));
}

#[test]
fn only_a_device_that_is_known_and_stays_is_given_orders() {
    let mut host = Host::new(teltonika(), &Limits::default());
    assert_eq!(host.order(1, &Order::ReadLevels), Err(OrderRefused::NotIdentified), "before its login");
    host.feed(&bytes(LOGIN));
    assert_eq!(host.order(2, &Order::ReadLevels), Ok(()));
    assert_eq!(host.order(3, &text("getver")), Err(OrderRefused::Busy));
    host.feed(&bytes("000F 39 39393939393939393939393939 39"));
    assert_eq!(host.order(4, &text("getver")), Err(OrderRefused::NotIdentified), "it was refused");
    let trace = host.trace();
    assert!(trace.closed);
    assert_eq!(news(&trace), [sent(2), timed_out(2)], "another device does not answer for it");
}

#[test]
fn the_same_device_may_log_in_again_and_answer() {
    let mut host = logged_in();
    assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
    host.feed(&all(&[LOGIN, GETIO_REPLY]));
    assert_eq!(news(&host.trace()), [sent(1), replied(1, levels())]);
}

/// The order, what the device says to it, and what comes of that besides `Sent`.
fn check_answers(order: &Order, input: &[Vec<u8>], wanted: &[Seen]) {
    let mut host = logged_in();
    assert_eq!(host.order(1, order), Ok(()));
    input.iter().for_each(|frame| host.feed(frame));
    assert_eq!(news(&host.trace())[1..], *wanted, "{order:?} {input:02X?}");
}

#[test]
fn an_answer_belongs_to_the_order_that_it_can_answer() {
    let unasked = |text: &str| Seen::Unasked(reply(text, &[]));
    let levels_again = Seen::Unasked(levels());
    let getio = || bytes(GETIO_REPLY);
    let read = Order::ReadLevels;
    check_answers(&read, &[getio(), getio()], &[replied(1, levels()), levels_again.clone()]);
    check_answers(&read, &[answer("New value 2004:1"), getio()], &[unasked("New value 2004:1"), replied(1, levels())]);
    check_answers(&read, &[said(0x0C, &[(6, b"\x01\xFF")]), getio()], &[unasked("01FF"), replied(1, levels())]);
    check_answers(&read, &[bytes(CODEC_13)], &[unasked("hello")]);
    check_answers(&text("getver"), &[answer("Ver:03.28\r\n\0")], &[replied(1, reply("Ver:03.28", &[]))]);
    check_answers(&text("getver"), &[bytes(CODEC_13), answer("ok")], &[unasked("hello"), replied(1, reply("ok", &[]))]);
    check_answers(&text("getver"), &[said(0x0C, &[(6, b"a\x02")])], &[replied(1, reply("6102", &[]))]);
    check_answers(
        &text("getver"),
        &[said(0x0C, &[(6, b"a"), (6, b"b")])],
        &[replied(1, reply("a", &[])), unasked("b")],
    );
    check_answers(&text("getio"), &[getio()], &[replied(1, levels())]);
    // Its camera and its serial line.
    check_answers(&text("getver"), &[said(0x0C, &[(0x0D, b"photo")]), said(0x0F, &[(0x0B, b"12345678")])], &[]);
}

#[test]
fn codec_14_answers_name_the_device() {
    let check = |kind: u8, imei: &str, rest: &[u8], wanted: &[Seen]| {
        let content = [&bytes(imei), rest].concat();
        check_answers(&text("getver"), &[said(0x0E, &[(kind, &content)])], wanted);
    };
    check(6, "0350000000000014", b"Ver:1", &[replied(1, reply("Ver:1", &[]))]);
    check(6, "0350000000000015", b"Ver:1", &[]);
    check(0x11, "0350000000000014", b"", &[Seen::Ordered(OrderId(1), Progress::Refused(String::new()))]);
    for kept in [
        said(0x0E, &[(6, &bytes("0350000000000015 41"))]),
        said(0x0F, &[(0x0B, &bytes("69B529DD 0350000000000015 41"))]),
    ] {
        let mut host = logged_in();
        host.feed(&kept);
        let trace = host.trace();
        assert_eq!(
            (trace.rejects(), trace.reports().len()),
            (vec![&Reject::BadIdentity], 0),
            "it is not lost without a word"
        );
    }
    // The worked frame is a command; a device that sends one says nothing by it.
    check_answers(&text("getver"), &[bytes(CODEC_14)], &[]);
}

#[test]
fn levels_are_numbered_as_the_line_numbers_them() {
    let settings = DeviceSettings { model: Some("FMC650".into()), ..DeviceSettings::default() };
    let mut host = Host::with_settings(teltonika(), &Limits::default(), settings);
    host.feed(&bytes(LOGIN));
    assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
    host.feed(&answer("DI4=1 AIN2=8.5"));
    assert_eq!(news(&host.trace())[1], replied(1, reply("DI4=1 AIN2=8.5", &[(4, 1.0), (10, 8.5)])));
}

#[test]
fn an_order_is_given_up_after_its_time_and_a_late_answer_is_nobodys() {
    let mut host = logged_in();
    assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
    assert_eq!(host.due_in_ms(), Some(30_000));
    host.tick_after_ms(29_999);
    assert_eq!(host.order(2, &text("getver")), Err(OrderRefused::Busy));
    host.tick_after_ms(1);
    assert_eq!(host.due_in_ms(), None);
    assert_eq!(host.order(2, &text("getver")), Ok(()));
    // The device answers in order: first the levels that nobody waits for any more.
    host.feed(&all(&[GETIO_REPLY]));
    host.feed(&answer("Ver:1"));
    let expected = [sent(1), timed_out(1), sent(2), Seen::Unasked(levels()), replied(2, reply("Ver:1", &[]))];
    assert_eq!(news(&host.trace()), expected);
}

#[test]
fn texts_that_end_too_early_are_rejected_and_answer_nothing() {
    let data = |hex: &str| frame(&bytes(hex));
    for broken in [
        data("0C 01 06 00000005 414243 01"),
        data("0C 02 06 00000001 41 02"),
        data("0D 01 06 00000003 414243 01"),
        data("0E 01 06 00000007 03500000000000 01"),
        data("0C 01 06 FFFFFFFF 01"),
    ] {
        let mut host = logged_in();
        assert_eq!(host.order(1, &text("getver")), Ok(()));
        host.feed(&broken);
        let trace = host.trace();
        assert_eq!(news(&trace), [sent(1)], "{broken:02X?}");
        assert_eq!(trace.rejects(), [&Reject::Truncated], "{broken:02X?}");
        assert!(!trace.closed);
    }
}

#[test]
fn a_device_that_keeps_its_connection_is_there_as_long_as_that() {
    let presence = |name: &str| FAMILIES.iter().find(|f| f.name == name).map(|f| f.presence);
    assert_eq!(presence("teltonika"), Some(Presence::Connection));
    assert_eq!(presence("osmand"), Some(Presence::Contact));
    assert_eq!(presence("ngp"), Some(Presence::Contact));
}

/// What can happen on a connection, in any order.
#[derive(Clone, Debug)]
enum Step {
    Records,
    Levels,
    Words,
    Serial,
    Broken,
    Order(Order),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Records),
        Just(Step::Levels),
        Just(Step::Words),
        Just(Step::Serial),
        Just(Step::Broken),
        Just(Step::Order(Order::ReadLevels)),
        Just(Step::Order(text("getver"))),
        Just(Step::Order(text("getio"))),
        (0..40_000i64).prop_map(Step::Wait),
    ]
}

/// Plays the steps, with what the device sends cut as `seed` says; what came out, and the orders that were taken.
fn play(steps: &[Step], seed: Option<u32>) -> (Trace, Vec<u64>) {
    // However much of it is broken, the connection goes on.
    let mut host = Host::new(teltonika(), &Limits { bad_frames_in_a_row_max: 100, ..Limits::default() });
    host.feed(&bytes(LOGIN));
    let mut taken = Vec::new();
    let mut seed = seed;
    for (id, step) in (1..).zip(steps) {
        let input = match step {
            Step::Records => bytes(PACKET_8),
            Step::Levels => bytes(GETIO_REPLY),
            Step::Words => answer("Ver:1"),
            Step::Serial => bytes(CODEC_13),
            Step::Broken => frame(&bytes("0C 01 06 00000005 414243 01")),
            Step::Order(order) => {
                match host.order(id, order) {
                    Ok(()) => taken.push(id),
                    Err(refused) => assert_eq!(refused, OrderRefused::Busy),
                }
                continue;
            }
            Step::Wait(ms) => {
                host.tick_after_ms(*ms);
                continue;
            }
        };
        let mut rest = &input[..];
        while !rest.is_empty() {
            let longest = seed.as_mut().map_or(usize::MAX, |state| {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (*state >> 16) as usize % 9 + 1
            });
            let (now, later) = rest.split_at(longest.min(rest.len()));
            host.feed(now);
            rest = later;
        }
    }
    host.tick_after_ms(30_000);
    (host.trace(), taken)
}

proptest! {
    #[test]
    fn each_order_is_sent_once_and_ends_once_whatever_comes_between(
        steps in proptest::collection::vec(step(), 0..25), seed in any::<u32>()
    ) {
        let (trace, taken) = play(&steps, None);
        prop_assert_eq!(&play(&steps, Some(seed)).0, &trace, "cuts do not matter");

        let mut under_way = None;
        let (mut ended, mut answers) = (Vec::new(), 0);
        for seen in news(&trace) {
            match seen {
                Seen::Ordered(id, Progress::Sent { awaits_reply: true }) => {
                    prop_assert_eq!(under_way.replace(id), None, "one at a time");
                }
                Seen::Ordered(id, what) => {
                    prop_assert_eq!(under_way.take(), Some(id));
                    answers += usize::from(matches!(what, Progress::Replied(_)));
                    ended.push(id.0);
                }
                _ => answers += 1,
            }
        }
        prop_assert_eq!((under_way, ended), (None, taken));
        let is_answer = |s: &&Step| matches!(s, Step::Levels | Step::Words | Step::Serial);
        prop_assert_eq!(answers, steps.iter().filter(is_answer).count(), "none is lost, none counts twice");
        // What came through the serial line is a report as well.
        let packets = steps.iter().filter(|s| matches!(s, Step::Records | Step::Serial)).count();
        prop_assert_eq!((trace.closed, trace.reports().len()), (false, packets));
    }
}
