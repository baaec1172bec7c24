//! Commands down to the device. It answers each by its name.

use model::{Command, Order};

use crate::Limits;
use crate::session::OrderRefused;

/// Asks for the position, and with it the levels.
const POSITION_NOW: &str = "A10";
const OUTPUTS_MAX: u8 = 5;
const INTERVAL_STEP_S: u32 = 10;

/// What is awaited of the device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Awaited {
    /// The command that the answer repeats.
    pub(super) name: String,
    /// Only an answer that tells levels will do.
    pub(super) levels: bool,
}

/// What the device is to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sent<'a> {
    /// A command and its parameters, to be framed.
    Content(String, Awaited),
    /// Bytes as they are. No answer could be told from others.
    Bytes(&'a [u8]),
}

pub(super) fn encode<'a>(order: &'a Order, limits: &Limits) -> Result<Sent<'a>, OrderRefused> {
    let content = match order {
        Order::ReadLevels | Order::Locate => POSITION_NOW.to_owned(),
        Order::Restart => "F02".to_owned(),
        Order::Arm { on } => format!("B21,{}", u8::from(*on)),
        // Steps of ten seconds.
        Order::Interval { every_s } => format!("A12,{}", every_s.div_ceil(INTERVAL_STEP_S)),
        // Output 1 cuts the engine while it is on.
        Order::Engine { on } => outputs(1, !on),
        Order::Do(Command::Text(text)) => text.clone(),
        Order::Do(Command::Output { number: number @ 1..=OUTPUTS_MAX, on }) => outputs(*number, *on),
        Order::Do(Command::Bytes(bytes)) if bytes.len() > limits.command_bytes_max => {
            return Err(OrderRefused::TooLong);
        }
        Order::Do(Command::Bytes(bytes)) => return Ok(Sent::Bytes(bytes)),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    let name = content.split(',').next().unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(OrderRefused::NoSuchCommand);
    }
    if content.len() > limits.command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    Ok(Sent::Content(content, Awaited { name, levels: *order == Order::ReadLevels }))
}

/// Switches one output. There is a digit for each; 2 leaves it as it is.
fn outputs(number: u8, on: bool) -> String {
    let digit = |n: u8| match n == number {
        true if on => '1',
        true => '0',
        false => '2',
    };
    format!("C01,0,{}", (1..=OUTPUTS_MAX).map(digit).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_become_commands() {
        let limits = Limits { command_bytes_max: 12, ..Limits::default() };
        let check = |order: Order, wanted: Result<(&str, &str, bool), OrderRefused>| {
            let wanted = wanted.map(|(content, name, levels)| {
                Sent::Content(content.to_owned(), Awaited { name: name.to_owned(), levels })
            });
            assert_eq!(encode(&order, &limits), wanted, "{order:?}");
        };
        let text = |text: &str| Order::Do(Command::Text(text.to_owned()));
        let output = |number, on| Order::Do(Command::Output { number, on });
        check(Order::ReadLevels, Ok(("A10", "A10", true)));
        check(Order::Locate, Ok(("A10", "A10", false)));
        check(Order::Restart, Ok(("F02", "F02", false)));
        check(Order::Arm { on: true }, Ok(("B21,1", "B21", false)));
        check(Order::Arm { on: false }, Ok(("B21,0", "B21", false)));
        check(Order::Interval { every_s: 61 }, Ok(("A12,7", "A12", false)));
        check(Order::Engine { on: false }, Ok(("C01,0,12222", "C01", false)));
        check(Order::Engine { on: true }, Ok(("C01,0,02222", "C01", false)));
        check(text("A10"), Ok(("A10", "A10", false)));
        check(text("B21,1"), Ok(("B21,1", "B21", false)));
        check(output(1, true), Ok(("C01,0,12222", "C01", false)));
        check(output(5, false), Ok(("C01,0,22220", "C01", false)));
        check(output(0, true), Err(OrderRefused::NoSuchCommand));
        check(output(6, true), Err(OrderRefused::NoSuchCommand));
        check(text(" ,"), Err(OrderRefused::NoSuchCommand));
        check(text("A12,123456789"), Err(OrderRefused::TooLong));
        let bytes = Order::Do(Command::Bytes(vec![7; 12]));
        assert_eq!(encode(&bytes, &limits), Ok(Sent::Bytes(&[7; 12])));
        check(Order::Do(Command::Bytes(vec![7; 13])), Err(OrderRefused::TooLong));
    }
}
