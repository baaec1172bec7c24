use model::{Command, Order};

use super::super::FAMILY;
use super::REPORT;
use crate::OrderRefused;
use crate::checks::{host, seen};

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

#[test]
fn orders_become_letters() {
    let check = |order: Order, wanted: Result<&str, OrderRefused>| {
        let mut host = host(&FAMILY, &[]);
        host.bind("350000000000014");
        assert_eq!(host.order(1, &order), wanted.map(|_| ()), "{order:?}");
        let wanted = wanted.map(|content| format!("**,imei:350000000000014,{content}")).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&host.trace().sent), wanted, "{order:?}");
    };
    check(Order::Locate, Ok("B"));
    check(Order::ReadLevels, Ok("B"));
    check(Order::Engine { on: false }, Ok("J"));
    check(Order::Engine { on: true }, Ok("K"));
    check(Order::Do(Command::Output { number: 1, on: true }), Ok("J"));
    check(Order::Do(Command::Output { number: 1, on: false }), Ok("K"));
    check(Order::Do(Command::Output { number: 2, on: true }), Err(OrderRefused::NoSuchCommand));
    check(Order::Arm { on: true }, Ok("L"));
    check(Order::Arm { on: false }, Ok("M"));
    check(Order::Interval { every_s: 30 }, Ok("C,30s"));
    check(Order::Interval { every_s: 5 }, Ok("C,05s"));
    check(Order::Interval { every_s: 90 }, Ok("C,90s"));
    check(Order::Interval { every_s: 300 }, Ok("C,05m"));
    check(Order::Interval { every_s: 3_600 }, Ok("C,01h"));
    check(Order::Interval { every_s: 0 }, Ok("D"));
    check(text("160"), Ok("160"));
    check(text("H,080"), Ok("H,080"));
    check(Order::Restart, Err(OrderRefused::NoSuchCommand));
    check(text(" "), Err(OrderRefused::NoSuchCommand));
    check(text(&"x".repeat(8_193)), Err(OrderRefused::TooLong));
    check(Order::Do(Command::Bytes(vec![0; 8_193])), Err(OrderRefused::TooLong));
    let mut raw = host(&FAMILY, &[]);
    raw.bind("350000000000014");
    assert_eq!(raw.order(1, &Order::Do(Command::Bytes(b"raw".to_vec()))), Ok(()));
    assert_eq!(raw.trace().sent, b"raw");
}

#[test]
fn an_answer_repeats_the_letter() {
    let mut host = host(&FAMILY, &[]);
    host.feed(REPORT.as_bytes());
    let answer = |letter: &str| REPORT.replace("tracker", letter);
    assert_eq!(host.order(1, &Order::Engine { on: false }), Ok(()));
    assert_eq!(host.order(2, &Order::Locate), Err(OrderRefused::Busy));
    for said in [answer("kt"), REPORT.to_owned(), answer("jt"), answer("jt")] {
        host.feed(said.as_bytes());
    }
    assert_eq!(host.order(3, &text("160")), Ok(()));
    host.feed(answer("et").as_bytes());
    assert_eq!(host.order(4, &Order::Locate), Ok(()));
    host.tick_after_ms(30_000);
    host.feed(REPORT.as_bytes());
    let told: Vec<String> = seen(&host.trace()).into_iter().filter(|s| !s.starts_with(['@', '2'])).collect();
    let replied = |id: u64, word: &str| format!(r#"{id}: Replied(CommandReply {{ text: "{word}", lines: [] }})"#);
    let sent = |id: u64| format!("{id}: Sent {{ awaits_reply: true }}");
    let wanted = [sent(1), "? kt".to_owned(), replied(1, "jt"), "? jt".to_owned(), sent(3), replied(3, "et"), sent(4)];
    assert_eq!(told, [&wanted[..], &["4: TimedOut".to_owned()]].concat());
}

#[test]
fn levels_are_the_ignition_and_the_door_of_the_next_report() {
    let mut host = host(&FAMILY, &[]);
    host.feed(REPORT.as_bytes());
    assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
    host.feed(b"350000000000014;");
    host.feed(REPORT.replace(",1,0,51", ",0,1,51").as_bytes());
    let told = seen(&host.trace());
    assert!(told[4].starts_with(r#"1: Replied(CommandReply { text: "tracker,260314062653,,F,"#), "{told:?}");
    assert!(told[4].ends_with("lines: [(1, 1.0), (239, 0.0)] })"), "{told:?}");
}
