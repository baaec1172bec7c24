//! Commands, and whose answers are whose.

use model::{Command, CommandReply, Order};

use super::*;
use crate::testing::{Seen, read_ordered};
use crate::{OrderRefused, Progress};

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
    for answered in ["8001", "8100", "8109", "8800", "4401"] {
        check(&cut, 0x0001, &bytes(&format!("0001 {answered} 00")), vec![]);
        check(&cut, 0x0001, &bytes(&format!("0001 {answered} 01")), vec![]);
    }
    check(&cut, 0x6006, b"\x00hello", vec![]);
    let words = text("STATUS#");
    check(&words, 0x6006, b"\x00DI1:1;ACC:ON", reply("DI1:1;ACC:ON", &[(1, 1.0), (239, 1.0)]));
    check(&words, 0x0900, b"\xF0DI1:1", reply("DI1:1", &[(1, 1.0)]));
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
