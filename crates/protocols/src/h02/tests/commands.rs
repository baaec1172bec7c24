use model::{Command, Order};

use super::super::FAMILY;
use super::{BINARY, POSITION};
use crate::OrderRefused;
use crate::checks::{host, seen};
use crate::testing::bytes;

fn text(text: &str) -> Order {
    Order::Do(Command::Text(text.to_owned()))
}

#[test]
fn orders_become_lines() {
    let check = |order: Order, wanted: Result<&str, OrderRefused>| {
        let mut host = host(&FAMILY, &[]);
        host.feed(b"*HQ,3170512345,BASE#");
        assert_eq!(host.order(1, &order), wanted.map(|_| ()), "{order:?}");
        let sent = host.trace().sent;
        assert_eq!(String::from_utf8_lossy(&sent), wanted.unwrap_or(""), "{order:?}");
    };
    check(Order::Engine { on: false }, Ok("*HQ,3170512345,S20,092653,1,1#"));
    check(Order::Engine { on: true }, Ok("*HQ,3170512345,S20,092653,1,0#"));
    check(Order::Do(Command::Output { number: 1, on: true }), Ok("*HQ,3170512345,S20,092653,1,1#"));
    check(Order::Do(Command::Output { number: 1, on: false }), Ok("*HQ,3170512345,S20,092653,1,0#"));
    check(Order::Do(Command::Output { number: 2, on: true }), Err(OrderRefused::NoSuchCommand));
    check(Order::Arm { on: true }, Ok("*HQ,3170512345,SCF,092653,0,0#"));
    check(Order::Arm { on: false }, Ok("*HQ,3170512345,SCF,092653,1,1#"));
    check(Order::Interval { every_s: 60 }, Ok("*HQ,3170512345,S71,092653,22,60#"));
    check(Order::Restart, Ok("*HQ,3170512345,R1,092653#"));
    check(text("D1,092653,60"), Ok("*HQ,3170512345,D1,092653,60#"));
    check(Order::Do(Command::Bytes(b"raw".to_vec())), Ok("raw"));
    check(text(" "), Err(OrderRefused::NoSuchCommand));
    check(text(&"x".repeat(8_193)), Err(OrderRefused::TooLong));
    check(Order::Do(Command::Bytes(vec![0; 8_193])), Err(OrderRefused::TooLong));
    check(Order::Locate, Err(OrderRefused::NoSuchCommand));
    check(Order::ReadLevels, Err(OrderRefused::NoSuchCommand));
}

#[test]
fn an_answer_is_known_by_the_name_of_its_command() {
    let mut host = host(&FAMILY, &[]);
    host.feed(POSITION.as_bytes());
    assert_eq!(host.order(1, &Order::Engine { on: false }), Ok(()));
    assert_eq!(host.order(2, &Order::Restart), Err(OrderRefused::Busy));
    host.feed(b"*HQ,350000000000014,V4,R1,OK#");
    host.feed(b"*HQ,350000000000014,V4,S20,DONE,200000,092653,A,3326.9335,S,07040.1560,W,0,0,140326,FFFFFFFF#");
    host.feed(b"*HQ,350000000000014,V4,S20,DONE#");
    assert_eq!(host.order(3, &Order::Restart), Ok(()));
    host.tick_after_ms(30_000);
    let told = seen(&host.trace());
    let place = "2026-03-14T09:26:53.000Z -33.448892,-70.669267 0km/h 0deg";
    let tail = "ignition=true h02_status=4294967295";
    assert_eq!(
        told[2..],
        [
            "1: Sent { awaits_reply: true }",
            "? R1,OK",
            "command_reply=R1,OK",
            r#"1: Replied(CommandReply { text: "S20,DONE,200000", lines: [] })"#,
            &format!("{place} command_reply=S20,DONE,200000 {tail}"),
            "? S20,DONE",
            "command_reply=S20,DONE",
            "3: Sent { awaits_reply: true }",
            "3: TimedOut",
        ]
    );
}

#[test]
fn levels_are_those_of_the_newest_status() {
    let check = |frame: &[u8], wanted: &str| {
        let mut host = host(&FAMILY, &[]);
        host.feed(frame);
        assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
        let trace = host.trace();
        assert_eq!(seen(&trace)[seen(&trace).len() - 1], wanted);
    };
    let reply =
        |text: &str, on: u8| format!(r#"1: Replied(CommandReply {{ text: "{text}", lines: [(239, {on}.0)] }})"#);
    check(POSITION.as_bytes(), &reply("ignition off, power connected, status FFFFFBFF", 0));
    check(&bytes(BINARY), &reply("ignition off, power connected, status FFFFFBFF", 0));
    let cut = POSITION.replace("FFFFFBFF", "FFF7FFFF");
    check(cut.as_bytes(), &reply("ignition on, power cut, status FFF7FFFF", 1));
}
