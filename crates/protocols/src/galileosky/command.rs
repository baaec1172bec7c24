//! Commands down to the device: text under a number, which the answer repeats.

use model::{Command, CommandReply, DeviceId, Order};

use super::frame::around;
use super::tags::{COMMAND_NUMBER, COMMAND_TEXT, IMEI, NUMBER};
use crate::bytes::text;
use crate::levels;
use crate::session::OrderRefused;

const IMEI_BYTES: usize = 15;
/// Outputs are counted from 0.
const OUTPUTS_MAX: u8 = 16;
/// The output that cuts the engine off, as devices of this kind are wired.
const ENGINE: u8 = 1;
/// Asks for the levels of all inputs.
const LEVELS: &str = "inall";
/// What inputs and outputs are called in answers, where they are counted from 0.
const LINES: [(&str, u16); 12] = [
    ("in0", 1),
    ("in1", 2),
    ("in2", 3),
    ("in3", 4),
    ("in4", 5),
    ("in5", 6),
    ("in6", 7),
    ("in7", 8),
    ("out0", 179),
    ("out1", 180),
    ("out2", 181),
    ("out3", 182),
];

/// The words of an order.
pub(super) fn words(order: &Order) -> Result<String, OrderRefused> {
    let words = match order {
        Order::Do(Command::Text(text)) if text.is_empty() => return Err(OrderRefused::NoSuchCommand),
        Order::Do(Command::Text(text)) => text.clone(),
        Order::Do(Command::Output { number: number @ 1..=OUTPUTS_MAX, on }) => output(*number, *on),
        Order::Engine { on } => output(ENGINE, !on),
        Order::Restart => "Reset".to_owned(),
        Order::ReadLevels => LEVELS.to_owned(),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    if words.len() > usize::from(u8::MAX) { Err(OrderRefused::TooLong) } else { Ok(words) }
}

fn output(number: u8, on: bool) -> String {
    format!("Out {},{}", number - 1, u8::from(on))
}

/// The packet around words that are not too long.
pub(super) fn packet(device: &DeviceId, device_number: u16, command: u32, words: &str) -> Vec<u8> {
    let mut content = vec![IMEI];
    content.extend_from_slice(device.as_str().as_bytes());
    // A shorter one is padded as the device pads it: the tag has a fixed length.
    content.resize(1 + IMEI_BYTES, 0);
    content.push(NUMBER);
    content.extend_from_slice(&device_number.to_le_bytes());
    content.push(COMMAND_NUMBER);
    content.extend_from_slice(&command.to_le_bytes());
    content.extend_from_slice(&[COMMAND_TEXT, words.len() as u8]);
    content.extend_from_slice(words.as_bytes());
    around(&content)
}

/// An answer.
pub(super) fn reply(words: &[u8], text_bytes_max: usize) -> CommandReply {
    let text = text(words, text_bytes_max);
    CommandReply { lines: levels::lines(&text, &LINES), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn the_worked_command() {
        let device = DeviceId::new("350000000000014").expect("fits");
        let wanted = "01200003333530303030303030303030303134043200E007000000E106737461747573AA14";
        assert_eq!(packet(&device, 50, 7, "status"), bytes(wanted));
    }

    #[test]
    fn a_short_imei_does_not_shift_what_follows() {
        let content = |id: &str| packet(&DeviceId::new(id).expect("fits"), 50, 7, "status")[3..].to_vec();
        let (whole, short) = (content("350000000000014"), content("3500000000014"));
        assert_eq!((&short[..16], &short[16..32]), (&b"\x033500000000014\0\0"[..], &whole[16..32]));
    }

    #[test]
    fn orders_become_words() {
        let check = |order: Order, wanted: Result<&str, OrderRefused>| {
            assert_eq!(words(&order), wanted.map(str::to_owned), "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(text("MainPack 1,2"), Ok("MainPack 1,2"));
        check(text(&"x".repeat(255)), Ok(&"x".repeat(255)));
        check(text(&"x".repeat(256)), Err(OrderRefused::TooLong));
        check(text(""), Err(OrderRefused::NoSuchCommand));
        check(output(1, true), Ok("Out 0,1"));
        check(output(4, false), Ok("Out 3,0"));
        check(output(0, true), Err(OrderRefused::NoSuchCommand));
        check(output(17, true), Err(OrderRefused::NoSuchCommand));
        check(Order::Engine { on: false }, Ok("Out 0,1"));
        check(Order::Engine { on: true }, Ok("Out 0,0"));
        check(Order::Restart, Ok("Reset"));
        check(Order::ReadLevels, Ok("inall"));
        check(Order::Locate, Err(OrderRefused::NoSuchCommand));
    }

    #[test]
    fn answers_tell_levels() {
        let check = |words: &str, wanted: &[(u16, f64)]| assert_eq!(reply(words.as_bytes(), 100).lines, wanted);
        check("INALL: in0=0,in1=12543,in7=1", &[(1, 0.0), (2, 12_543.0), (8, 1.0)]);
        check("IN0:0 IN1:1 OUT0:1", &[(1, 0.0), (2, 1.0), (179, 1.0)]);
        check("Dev50 Soft=48", &[]);
    }
}
