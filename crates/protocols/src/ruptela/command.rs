//! Commands down to the device, and what it answers.

use model::{Command, CommandReply, Order};

use super::frame;
use crate::Limits;
use crate::bytes::text;
use crate::levels;
use crate::session::OrderRefused;

/// A command in text, as a short message would carry it.
const TEXT: u8 = 108;
const SET_OUTPUT: u8 = 117;
/// Devices have no more digital outputs than this.
const OUTPUTS_MAX: u8 = 4;
const GETIO: &str = "getio";

/// What is awaited of the device. Its answers do not say what they answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// Levels: an answer that tells none is to something else.
    Levels,
    /// Words of any kind.
    Words,
    /// Whether an output could be switched.
    Result,
    /// Nothing that could be told from other answers.
    Nothing,
}

/// The bytes of an order, and what they make one wait for.
pub(super) fn encode(
    order: &Order,
    password: Option<&str>,
    limits: &Limits,
) -> Result<(Vec<u8>, Awaited), OrderRefused> {
    let (words, awaited) = match order {
        Order::ReadLevels => (GETIO, Awaited::Levels),
        Order::Do(Command::Text(text)) => (text.as_str(), Awaited::Words),
        Order::Do(Command::Output { number: number @ 1..=OUTPUTS_MAX, on }) => {
            let payload = [u32::from(*number).to_be_bytes(), u32::from(*on).to_be_bytes()].concat();
            return Ok((frame::around(SET_OUTPUT, &payload), Awaited::Result));
        }
        Order::Do(Command::Bytes(bytes)) if bytes.len() > limits.command_bytes_max => {
            return Err(OrderRefused::TooLong);
        }
        Order::Do(Command::Bytes(bytes)) => return Ok((bytes.clone(), Awaited::Nothing)),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    // A password and a blank come first; without a password the blank stays.
    let message = format!("{} {words}", password.unwrap_or_default());
    if message.len() > limits.command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    Ok((frame::around(TEXT, message.as_bytes()), awaited))
}

/// An answer in text.
pub(super) fn words(payload: &[u8], limits: &Limits) -> CommandReply {
    let text = text(payload, limits.text_bytes_max);
    CommandReply { lines: levels::lines(&text, &[]), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn the_worked_commands() {
        let limits = Limits { command_bytes_max: 10, ..Limits::default() };
        let check = |order: Order, password: Option<&str>, wanted: Result<(&str, Awaited), OrderRefused>| {
            let wanted = wanted.map(|(hex, awaited)| (bytes(hex), awaited));
            assert_eq!(encode(&order, password, &limits), wanted, "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(text("setio 2,1"), None, Ok(("000B6C20736574696F20322C311C07", Awaited::Words)));
        assert_eq!(frame::around(103, &[]), bytes("00016717B9"));
        assert_eq!(
            encode(&Order::ReadLevels, Some("pw"), &limits).map(|(b, _)| b[3..11].to_vec()),
            Ok(b"pw getio".to_vec())
        );
        let switched = encode(&output(2, true), None, &limits).map(|(b, awaited)| (b[..11].to_vec(), awaited));
        assert_eq!(switched, Ok((bytes("0009 75 00000002 00000001"), Awaited::Result)));
        check(output(0, true), None, Err(OrderRefused::NoSuchCommand));
        check(output(5, true), None, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(vec![1, 2])), None, Ok(("0102", Awaited::Nothing)));
        check(Order::Do(Command::Bytes(vec![1; 11])), None, Err(OrderRefused::TooLong));
        check(text(&"x".repeat(10)), None, Err(OrderRefused::TooLong));
    }
}
