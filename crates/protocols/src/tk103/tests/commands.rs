use model::{Command, Order};

use super::super::FAMILY;
use super::POSITION;
use crate::OrderRefused;
use crate::checks::{host, seen};

const WITH_COMMAS: &str = "(350000000000014,DW30,140326,A,3326.9335S,07040.1560W,63.0,092653,187.0)";

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

fn output(number: u8, on: bool) -> Order {
    Order::Do(Command::Output { number, on })
}

#[test]
fn orders_become_commands() {
    let check = |order: Order, wanted: Result<&str, OrderRefused>| {
        let mut host = host(&FAMILY, &[]);
        host.bind("013912345678");
        assert_eq!(host.order(1, &order), wanted.map(|_| ()), "{order:?}");
        let wanted = wanted.map(|content| format!("(013912345678{content})")).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&host.trace().sent), wanted, "{order:?}");
    };
    check(Order::Locate, Ok("AP00"));
    check(Order::ReadLevels, Ok("AP00"));
    check(Order::Interval { every_s: 90 }, Ok("AR00005A0000"));
    check(Order::Interval { every_s: 0 }, Ok("AR0000000000"));
    check(Order::Interval { every_s: 65_536 }, Err(OrderRefused::NoSuchCommand));
    check(Order::Engine { on: false }, Ok("AV010"));
    check(Order::Engine { on: true }, Ok("AV011"));
    check(output(1, true), Ok("AV010"));
    check(output(1, false), Ok("AV011"));
    check(output(2, true), Ok("AV002"));
    check(output(2, false), Err(OrderRefused::NoSuchCommand));
    check(output(10, true), Err(OrderRefused::NoSuchCommand));
    check(Order::Restart, Ok("AT00"));
    check(text("AP07"), Ok("AP07"));
    check(text("AX01"), Ok("AX01"));
    check(Order::Arm { on: true }, Err(OrderRefused::NoSuchCommand));
    check(text(" "), Err(OrderRefused::NoSuchCommand));
    check(text(&"x".repeat(8_193)), Err(OrderRefused::TooLong));
    check(Order::Do(Command::Bytes(vec![0; 8_193])), Err(OrderRefused::TooLong));
    let mut raw = host(&FAMILY, &[]);
    raw.bind("013912345678");
    assert_eq!(raw.order(1, &Order::Do(Command::Bytes(b"raw".to_vec()))), Ok(()));
    assert_eq!(raw.trace().sent, b"raw");
}

#[test]
fn who_speaks_with_commas_is_spoken_to_in_stars() {
    let check = |order: Order, wanted: Result<&str, OrderRefused>| {
        let mut host = host(&FAMILY, &[]);
        host.feed(WITH_COMMAS.as_bytes());
        assert_eq!(host.order(1, &order), wanted.map(|_| ()), "{order:?}");
        let wanted = wanted.map(|content| format!("[begin]sms2,{content},[end]")).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&host.trace().sent), wanted, "{order:?}");
    };
    check(Order::Locate, Ok("*getposl*"));
    check(Order::Interval { every_s: 30 }, Ok("*routetrack*99*"));
    check(Order::Interval { every_s: 0 }, Ok("*routetrackoff*"));
    check(Order::Restart, Ok("88888888"));
    check(text("*status*"), Ok("*status*"));
    check(text("*setip*127*0*0*1*5002*"), Ok("*setip*127*0*0*1*5002*"));
    check(Order::Engine { on: false }, Err(OrderRefused::NoSuchCommand));
}

#[test]
fn answers_are_texts_and_kinds_that_nobody_sends_unasked() {
    let mut host = host(&FAMILY, &[]);
    host.feed(POSITION.as_bytes());
    host.feed(b"(013912345678BV010)");
    assert_eq!(host.order(1, &Order::Engine { on: false }), Ok(()));
    assert_eq!(host.order(2, &Order::Locate), Err(OrderRefused::Busy));
    host.feed(POSITION.as_bytes());
    host.feed(b"(013912345678BV010)(013912345678BV010)");
    assert_eq!(host.order(3, &text("*status*")), Ok(()));
    host.feed(b"(013912345678,ZC03,140326,092653,$fine$)");
    host.feed(b"(013912345678,ZC03,140326,092653,$again$)");
    assert_eq!(host.order(4, &Order::Restart), Ok(()));
    host.tick_after_ms(30_000);
    host.feed(b"(013912345678BT00)");
    let told: Vec<String> = seen(&host.trace()).into_iter().filter(|s| !s.starts_with(['@', '2'])).collect();
    let replied = |id: u64, words: &str| format!(r#"{id}: Replied(CommandReply {{ text: "{words}", lines: [] }})"#);
    let sent = |id: u64| format!("{id}: Sent {{ awaits_reply: true }}");
    let kept = || "tk103_other=BV010".to_owned();
    let wanted = [
        kept(),
        sent(1),
        replied(1, "BV010"),
        kept(),
        kept(),
        sent(3),
        replied(3, "fine"),
        "? again".to_owned(),
        sent(4),
        "4: TimedOut".to_owned(),
        "contact".to_owned(),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_position_now_is_the_next_report() {
    let mut host = host(&FAMILY, &[]);
    host.feed(POSITION.as_bytes());
    assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
    host.feed(b"(013912345678BP00)");
    host.feed(POSITION.replace("BR00", "BP04").as_bytes());
    host.feed(POSITION.as_bytes());
    let told = seen(&host.trace());
    assert!(told[4].starts_with(r#"1: Replied(CommandReply { text: "BP04260314A3326.9335S"#), "{told:?}");
    let lines: String = (1..=8).chain(179..=186).map(|n| format!("({n}, 0.0), ")).collect();
    assert!(told[4].ends_with(&format!("lines: [{lines}(239, 1.0)] }})")), "{told:?}");
    assert_eq!(told.len(), 7, "the second is no answer: {told:?}");
}
