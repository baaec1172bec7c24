//! Commands: text in a frame of its own, with a flag that the answer repeats.

use std::borrow::Cow;

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
pub(super) struct Form<'a> {
    pub(super) line: Option<Line>,
    /// It wants no word on the language.
    pub(super) is_plain: bool,
    /// It wants this password, and the older words for the fuel cut that come with one.
    pub(super) password: Option<&'a str>,
}

/// The text that makes the device do this.
pub(super) fn text<'a>(order: &'a Order, form: Form<'_>) -> Result<Cow<'a, str>, OrderRefused> {
    let text = match order {
        Order::ReadLevels => "STATUS#".into(),
        Order::Locate => "WHERE#".into(),
        Order::Restart => "RESET#".into(),
        Order::Interval { every_s } => format!("TIMER,{every_s}#").into(),
        Order::Engine { on } => cut(!on, form),
        // The one output cuts fuel and power while it is on.
        Order::Do(Command::Output { number: 1, on }) => cut(*on, form),
        Order::Do(Command::Text(text)) => Cow::Borrowed(text.as_str()),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    if text.len() > TEXT_BYTES_MAX { Err(OrderRefused::TooLong) } else { Ok(text) }
}

/// Fuel and power are cut, or given again.
fn cut(is_cut: bool, form: Form<'_>) -> Cow<'static, str> {
    let word = if is_cut { "DYD" } else { "HFYD" };
    match (form.line, form.password) {
        (Some(Line::G109), _) => format!("{word}#").into(),
        (_, Some(password)) => format!("{word},{password}#").into(),
        (_, None) => format!("RELAY,{}#", u8::from(is_cut)).into(),
    }
}

/// The frame around a text that is not too long.
pub(super) fn frame(text: &str, form: Form<'_>, flag: u32, serial: u16) -> Vec<u8> {
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
        let check_form = |order: Order, form: Form<'_>, wanted: Result<&str, OrderRefused>| {
            assert_eq!(text(&order, form), wanted.map(Cow::Borrowed), "{order:?}");
        };
        let plain = Form { line: None, is_plain: false, password: None };
        let check = |order: Order, line: Option<Line>, wanted| check_form(order, Form { line, ..plain }, wanted);
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(Order::ReadLevels, None, Ok("STATUS#"));
        check(Order::Locate, None, Ok("WHERE#"));
        check(Order::Restart, None, Ok("RESET#"));
        check(Order::Interval { every_s: 10 }, None, Ok("TIMER,10#"));
        check(Order::Engine { on: false }, None, Ok("RELAY,1#"));
        check(Order::Engine { on: true }, None, Ok("RELAY,0#"));
        check(Order::Engine { on: false }, Some(Line::G109), Ok("DYD#"));
        check(Order::Arm { on: true }, None, Err(OrderRefused::NoSuchCommand));
        check(output(1, true), None, Ok("RELAY,1#"));
        check(output(1, false), Some(Line::Lw), Ok("RELAY,0#"));
        check(output(1, true), Some(Line::G109), Ok("DYD#"));
        check(output(1, false), Some(Line::G109), Ok("HFYD#"));
        check(output(2, true), None, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(vec![1])), None, Err(OrderRefused::NoSuchCommand));
        let longest = "x".repeat(243);
        check(Order::Do(Command::Text(longest.clone())), None, Ok(&longest));
        check(Order::Do(Command::Text("x".repeat(244))), None, Err(OrderRefused::TooLong));
        let old = Form { password: Some("123456"), ..plain };
        check_form(output(1, true), old, Ok("DYD,123456#"));
        check_form(Order::Engine { on: true }, old, Ok("HFYD,123456#"));
        check_form(Order::Locate, old, Ok("WHERE#"));
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
