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
const CONFIGURATION: u8 = 102;
const VERSION: u8 = 103;
const CONNECT: u8 = 105;
const SET_ODOMETER: u8 = 106;
/// Devices have no more digital outputs than this.
const OUTPUTS_MAX: u8 = 4;
const GETIO: &str = "getio";

/// What is awaited of the device, or what came. Its answers do not say what they answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// Levels: an answer that tells none is to something else.
    Levels,
    /// Words of any kind.
    Words,
    /// Whether an output could be switched.
    Result,
    /// Not awaited: words came.
    CameWords {
        /// They tell of levels.
        tells_levels: bool,
        /// Levels were asked for before, and given up.
        are_owed: bool,
    },
    /// Not awaited: it came whether an output could be switched.
    CameResult,
}

impl Awaited {
    /// Whether what came can be what this awaits.
    pub(super) fn is_answered_by(self, came: Self) -> bool {
        match (self, came) {
            (Self::Levels, Self::CameWords { tells_levels, .. }) => tells_levels,
            (Self::Words, Self::CameWords { tells_levels, are_owed }) => !(tells_levels && are_owed),
            (Self::Result, Self::CameResult) => true,
            _ => false,
        }
    }

    /// What a whole packet of the server makes one wait for: what devices answer to its command.
    fn of_packet(packet: &[u8]) -> Option<Self> {
        match frame::command_of(packet)? {
            CONFIGURATION | VERSION | CONNECT | SET_ODOMETER | TEXT => Some(Self::Words),
            SET_OUTPUT => Some(Self::Result),
            _ => None,
        }
    }
}

/// The bytes of an order, and what they make one wait for.
pub(super) fn encode(
    order: &Order,
    password: Option<&str>,
    limits: &Limits,
) -> Result<(Vec<u8>, Option<Awaited>), OrderRefused> {
    let (words, awaited) = match order {
        Order::ReadLevels => (GETIO, Awaited::Levels),
        Order::Do(Command::Text(text)) => (text.as_str(), Awaited::Words),
        Order::Do(Command::Output { number: number @ 1..=OUTPUTS_MAX, on }) => {
            return Ok((set_output(*number, *on), Some(Awaited::Result)));
        }
        // Common wirings cut the engine while the first output is on.
        Order::Engine { on } => return Ok((set_output(1, !on), Some(Awaited::Result))),
        Order::Do(Command::Bytes(bytes)) if bytes.len() > limits.command_bytes_max => {
            return Err(OrderRefused::TooLong);
        }
        Order::Do(Command::Bytes(bytes)) => return Ok((bytes.clone(), Awaited::of_packet(bytes))),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    // A password and a blank come first; without a password the blank stays.
    let message = format!("{} {words}", password.unwrap_or_default());
    if message.len() > limits.command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    Ok((frame::around(TEXT, message.as_bytes()), Some(awaited)))
}

fn set_output(number: u8, on: bool) -> Vec<u8> {
    frame::around(SET_OUTPUT, &[u32::from(number).to_be_bytes(), u32::from(on).to_be_bytes()].concat())
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
        let check = |order: Order, password: Option<&str>, wanted: Result<(&str, Option<Awaited>), OrderRefused>| {
            let wanted = wanted.map(|(hex, awaited)| (bytes(hex), awaited));
            assert_eq!(encode(&order, password, &limits), wanted, "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(text("setio 2,1"), None, Ok(("000B6C20736574696F20322C311C07", Some(Awaited::Words))));
        assert_eq!(frame::around(103, &[]), bytes("00016717B9"));
        assert_eq!(
            encode(&Order::ReadLevels, Some("pw"), &limits).map(|(b, _)| b[3..11].to_vec()),
            Ok(b"pw getio".to_vec())
        );
        let switched = |order: Order| encode(&order, None, &limits).map(|(b, awaited)| (b[..11].to_vec(), awaited));
        let result = |hex: &str| Ok((bytes(hex), Some(Awaited::Result)));
        assert_eq!(switched(output(2, true)), result("0009 75 00000002 00000001"));
        assert_eq!(switched(output(4, false)), result("0009 75 00000004 00000000"));
        assert_eq!(switched(Order::Engine { on: false }), result("0009 75 00000001 00000001"));
        assert_eq!(switched(Order::Engine { on: true }), result("0009 75 00000001 00000000"));
        check(output(0, true), None, Err(OrderRefused::NoSuchCommand));
        check(output(5, true), None, Err(OrderRefused::NoSuchCommand));
        check(Order::Locate, None, Err(OrderRefused::NoSuchCommand));
        check(Order::Restart, None, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(vec![1, 2])), None, Ok(("0102", None)));
        check(Order::Do(Command::Bytes(vec![1; 11])), None, Err(OrderRefused::TooLong));
        check(text(&"x".repeat(10)), None, Err(OrderRefused::TooLong));
    }

    #[test]
    fn a_packet_given_as_bytes_is_answered_as_its_command_is() {
        let check = |packet: &[u8], wanted: Option<Awaited>| assert_eq!(Awaited::of_packet(packet), wanted);
        check(&bytes("00016717B9"), Some(Awaited::Words));
        check(&frame::around(CONFIGURATION, b"x"), Some(Awaited::Words));
        check(&frame::around(CONNECT, b"example.org,5046,TCP"), Some(Awaited::Words));
        check(&frame::around(SET_ODOMETER, &[0, 0, 0, 1]), Some(Awaited::Words));
        check(&set_output(1, true), Some(Awaited::Result));
        check(&frame::around(1, &[]), None);
        check(&bytes("00016717B8"), None);
        check(&bytes("00026717B9"), None);
        check(&[], None);
    }
}
