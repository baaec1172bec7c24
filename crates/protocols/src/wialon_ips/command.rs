//! Commands down to the device: lines.

use model::{Command, Order};

use super::frame::Version;
use crate::Limits;
use crate::checksum::ARC;
use crate::session::OrderRefused;

/// Outputs that a device may have.
const OUTPUTS_MAX: u8 = 32;
/// The output that cuts the engine off, as devices of this kind are wired.
const ENGINE: u8 = 1;
/// Commands that devices take as they are; other text is a message.
const PLAIN: [&str; 2] = ["VER?", "reboot"];
const REQUEST: &str = "USSD:";

/// The bytes of an order, and whether the device answers it in a way that can be told. `version` is that of its login.
pub(super) fn encode(
    order: &Order,
    version: Option<Version>,
    limits: &Limits,
) -> Result<(Vec<u8>, bool), OrderRefused> {
    let line = match order {
        Order::Do(Command::Text(text)) if text.len() > limits.command_bytes_max => return Err(OrderRefused::TooLong),
        // A line end would begin another command.
        Order::Do(Command::Text(text)) if text.contains(['\r', '\n']) => return Err(OrderRefused::NoSuchCommand),
        Order::Do(Command::Text(text)) if is_line(text) => text.clone(),
        Order::Do(Command::Text(text)) => return Ok((message(text, version), true)),
        Order::Do(Command::Output { number: number @ 1..=OUTPUTS_MAX, on }) => output(*number, *on),
        Order::Engine { on } => output(ENGINE, !on),
        Order::Restart => "reboot".to_owned(),
        Order::Do(Command::Bytes(bytes)) if bytes.len() > limits.command_bytes_max => {
            return Err(OrderRefused::TooLong);
        }
        Order::Do(Command::Bytes(bytes)) => return Ok((bytes.clone(), false)),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    Ok((format!("{line}\r\n").into_bytes(), false))
}

/// Words for the driver, with a checksum where the device looks for one.
fn message(text: &str, version: Option<Version>) -> Vec<u8> {
    let words = match version {
        Some(Version::Two) => format!("{text};{:04X}", ARC.checksum(format!("{text};").as_bytes())),
        _ => text.to_owned(),
    };
    format!("#M#{words}\r\n").into_bytes()
}

fn output(number: u8, on: bool) -> String {
    format!("L{number}={}", u8::from(on))
}

/// Whether the text is a command of its own: one of those that all devices know, or a packet.
fn is_line(text: &str) -> bool {
    let is_output = || {
        let (number, level) = text.strip_prefix('L')?.split_once('=')?;
        number.parse::<u8>().ok().filter(|_| matches!(level, "0" | "1"))
    };
    PLAIN.contains(&text) || text.starts_with(REQUEST) || text.starts_with('#') || is_output().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_become_lines() {
        let limits = Limits { command_bytes_max: 12, ..Limits::default() };
        let check = |order: Order, wanted: Result<(&str, bool), OrderRefused>| {
            let wanted = wanted.map(|(line, awaits)| (line.as_bytes().to_vec(), awaits));
            assert_eq!(encode(&order, None, &limits), wanted, "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(text("Call home"), Ok(("#M#Call home\r\n", true)));
        check(text("VER?"), Ok(("VER?\r\n", false)));
        check(text("reboot"), Ok(("reboot\r\n", false)));
        check(text("USSD:*100#"), Ok(("USSD:*100#\r\n", false)));
        check(text("L2=1"), Ok(("L2=1\r\n", false)));
        check(text("L2=x"), Ok(("#M#L2=x\r\n", true)));
        check(text("#QI#"), Ok(("#QI#\r\n", false)));
        check(text("a\r\nreboot"), Err(OrderRefused::NoSuchCommand));
        check(text("1234567890123"), Err(OrderRefused::TooLong));
        check(output(2, true), Ok(("L2=1\r\n", false)));
        check(output(1, false), Ok(("L1=0\r\n", false)));
        check(output(0, true), Err(OrderRefused::NoSuchCommand));
        check(output(33, true), Err(OrderRefused::NoSuchCommand));
        check(Order::Engine { on: false }, Ok(("L1=1\r\n", false)));
        check(Order::Engine { on: true }, Ok(("L1=0\r\n", false)));
        check(Order::Restart, Ok(("reboot\r\n", false)));
        check(Order::ReadLevels, Err(OrderRefused::NoSuchCommand));
        check(Order::Locate, Err(OrderRefused::NoSuchCommand));
        check(Order::Do(Command::Bytes(b"xy".to_vec())), Ok(("xy", false)));
        check(Order::Do(Command::Bytes(vec![7; 13])), Err(OrderRefused::TooLong));
    }
}
