//! Commands: a line of text with a password and a serial number, which the answer repeats.

use model::{Command, Order};

use crate::framed::Encoded;
use crate::session::OrderRefused;

/// By what the answer to a command is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// An answer with this serial number; without one, any.
    Answer(Option<u16>),
    /// The report that tells levels.
    Levels,
}

/// What the encoder needs to know.
pub(super) struct Words<'a> {
    pub(super) password: &'a str,
    /// What the answer is to repeat.
    pub(super) serial: u16,
    pub(super) command_bytes_max: usize,
}

/// The device's order to do one of the things that have numbers.
const POSITION_NOW: u8 = 1;
const READ_STATE: u8 = 2;
const RESTART: u8 = 3;
/// Commands begin with this, and reports end with the mark.
const START: &str = "AT+GT";
const END: char = '$';

pub(super) fn encode(order: &Order, words: &Words<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
    let Words { password, serial, command_bytes_max } = words;
    let of_text = |text: String, awaited| {
        if text.len() > *command_bytes_max {
            return Err(OrderRefused::TooLong);
        }
        Ok(Encoded { bytes: text.into_bytes(), awaits: awaited })
    };
    let answer = Some(Awaited::Answer(Some(*serial)));
    let real_time = |what: u8| format!("{START}RTO={password},{what},,,,,,{serial:04X}{END}");
    let output = |on: bool| {
        let level = u8::from(on);
        format!("{START}OUT={password},{level},,,0,0,0,0,0,0,0,,,,,,,{serial:04X}{END}")
    };
    match order {
        Order::Locate => of_text(real_time(POSITION_NOW), answer),
        Order::ReadLevels => of_text(real_time(READ_STATE), Some(Awaited::Levels)),
        Order::Restart => of_text(real_time(RESTART), answer),
        Order::Do(Command::Output { number: 1, on }) => of_text(output(*on), answer),
        // The relay that output 1 drives cuts the engine off.
        Order::Engine { on } => of_text(output(!on), answer),
        Order::Do(Command::Text(text)) => {
            let line = text.trim();
            let line = line.strip_suffix(END).unwrap_or(line);
            if line.is_empty() {
                return Err(OrderRefused::NoSuchCommand);
            }
            of_text(format!("{line}{END}"), Some(Awaited::Answer(serial_of(line))))
        }
        Order::Do(Command::Bytes(bytes)) if bytes.len() > *command_bytes_max => Err(OrderRefused::TooLong),
        Order::Do(Command::Bytes(bytes)) => Ok(Encoded { bytes: bytes.clone(), awaits: None }),
        Order::Do(Command::Output { .. }) | Order::Interval { .. } | Order::Arm { .. } => {
            Err(OrderRefused::NoSuchCommand)
        }
    }
}

/// The serial number that a command ends with.
pub(super) fn serial_of(line: &str) -> Option<u16> {
    let last = line.rsplit(',').next().filter(|last| super::sentence::is_hex(last, 4))?;
    u16::from_str_radix(last, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_become_commands() {
        let words = Words { password: "gv55", serial: 0xFFFF, command_bytes_max: 60 };
        let check = |order: Order, wanted: Result<(&str, Option<Awaited>), OrderRefused>| {
            let found = encode(&order, &words).map(|e| (String::from_utf8(e.bytes).expect("is text"), e.awaits));
            assert_eq!(found, wanted.map(|(text, awaits)| (text.to_owned(), awaits)), "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let answer = |serial| Some(Awaited::Answer(serial));
        let all = answer(Some(0xFFFF));
        check(Order::Locate, Ok(("AT+GTRTO=gv55,1,,,,,,FFFF$", all)));
        check(Order::Restart, Ok(("AT+GTRTO=gv55,3,,,,,,FFFF$", all)));
        check(Order::ReadLevels, Ok(("AT+GTRTO=gv55,2,,,,,,FFFF$", Some(Awaited::Levels))));
        let (on, off) = ("AT+GTOUT=gv55,1,,,0,0,0,0,0,0,0,,,,,,,FFFF$", "AT+GTOUT=gv55,0,,,0,0,0,0,0,0,0,,,,,,,FFFF$");
        check(Order::Do(Command::Output { number: 1, on: true }), Ok((on, all)));
        check(Order::Do(Command::Output { number: 1, on: false }), Ok((off, all)));
        check(Order::Do(Command::Output { number: 2, on: true }), Err(OrderRefused::NoSuchCommand));
        check(Order::Engine { on: false }, Ok((on, all)));
        check(Order::Engine { on: true }, Ok((off, all)));
        check(text("AT+GTRTO=gv55,8,,,,,,000A$"), Ok(("AT+GTRTO=gv55,8,,,,,,000A$", answer(Some(10)))));
        check(text(" AT+GTRTO=gv55,8,,,,,,"), Ok(("AT+GTRTO=gv55,8,,,,,,$", answer(None))));
        check(text(" $"), Err(OrderRefused::NoSuchCommand));
        check(text(&"x".repeat(60)), Err(OrderRefused::TooLong));
        check(Order::Interval { every_s: 30 }, Err(OrderRefused::NoSuchCommand));
        check(Order::Arm { on: true }, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(b"raw".to_vec())), Ok(("raw", None)));
        check(Order::Do(Command::Bytes(vec![0; 61])), Err(OrderRefused::TooLong));
    }
}
