//! Commands: text in a frame of its own, with a flag that the answer repeats.

use model::{Command, Order};

use super::frame::short;
use super::line::Line;
use crate::levels;
use crate::session::OrderRefused;

const KIND: u8 = 0x80;
/// The language of the text, for units that want to know it.
const ENGLISH: [u8; 2] = [0, 2];
const FLAG_BYTES: usize = 4;
/// What a frame of the short form has room for, beside its length, flag and language.
const TEXT_BYTES_MAX: usize = 255 - 5 - 1 - FLAG_BYTES - ENGLISH.len();
/// What the lines of a status are called, as far as units have them.
const LINES: &[(&str, u16)] = &[("ACC", 1), ("Door", 2), ("Defense", 10), ("Relay", 179)];

/// How a unit wants its commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Form {
    pub(super) line: Option<Line>,
    /// It wants no word on the language.
    pub(super) is_plain: bool,
}

/// The text that makes the device do this.
pub(super) fn text(order: &Order, form: Form) -> Result<&str, OrderRefused> {
    let is_g109 = form.line == Some(Line::G109);
    match order {
        Order::ReadLevels => Ok("STATUS#"),
        Order::Locate => Ok("WHERE#"),
        Order::Restart => Ok("RESET#"),
        Order::Do(Command::Text(text)) if text.len() > TEXT_BYTES_MAX => Err(OrderRefused::TooLong),
        Order::Do(Command::Text(text)) => Ok(text),
        // The one output cuts fuel and power while it is on.
        Order::Do(Command::Output { number: 1, on }) => Ok(match (is_g109, on) {
            (false, true) => "RELAY,1#",
            (false, false) => "RELAY,0#",
            (true, true) => "DYD#",
            (true, false) => "HFYD#",
        }),
        _ => Err(OrderRefused::NoSuchCommand),
    }
}

/// The frame around a text that is not too long.
pub(super) fn frame(text: &str, form: Form, flag: u32, serial: u16) -> Vec<u8> {
    let length = (FLAG_BYTES + text.len()) as u8;
    let language: &[u8] = if form.is_plain { &[] } else { &ENGLISH };
    let content = [&[length], &flag.to_be_bytes()[..], text.as_bytes(), language].concat();
    short(KIND, &content, serial)
}

/// The inputs and outputs that a reply tells of.
pub(super) fn lines(reply: &str) -> Vec<(u16, f64)> {
    levels::lines(reply, LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_become_text() {
        let check = |order: Order, line: Option<Line>, wanted: Result<&str, OrderRefused>| {
            assert_eq!(text(&order, Form { line, is_plain: false }), wanted, "{order:?}");
        };
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(Order::ReadLevels, None, Ok("STATUS#"));
        check(output(1, true), None, Ok("RELAY,1#"));
        check(output(1, false), Some(Line::Lw), Ok("RELAY,0#"));
        check(output(1, true), Some(Line::G109), Ok("DYD#"));
        check(output(1, false), Some(Line::G109), Ok("HFYD#"));
        check(output(2, true), None, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(vec![1])), None, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Text("x".repeat(243))), None, Ok(&"x".repeat(243)));
        check(Order::Do(Command::Text("x".repeat(244))), None, Err(OrderRefused::TooLong));
    }

    #[test]
    fn a_status_tells_of_lines() {
        let check = |reply: &str, wanted: &[(u16, f64)]| assert_eq!(lines(reply), wanted, "{reply}");
        let status =
            "Battery:4.16V,NORMAL; GPRS:Link Up; GSM Signal Level:Strong; GPS:OFF; ACC:OFF; Defense:ON; Relay:OFF";
        check(status, &[(1, 0.0), (10, 1.0), (179, 0.0)]);
        check("ACC:ON;DOOR:OFF", &[(1, 1.0), (2, 0.0)]);
        check("Cut off the fuel supply: Success!", &[]);
    }
}
