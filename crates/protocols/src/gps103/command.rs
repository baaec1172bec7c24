//! Commands down to the device: a letter each, which its answer repeats.

use model::{Command, Order};

use crate::framed::{Context, Encoded};
use crate::session::OrderRefused;

const S_PER_MIN: u32 = 60;
const S_PER_HOUR: u32 = 3_600;

/// By what an answer is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// The letter of the command.
    Letter(char),
    /// The next report.
    Report,
    /// Any letter: what was sent is not known here.
    Any,
}

impl Awaited {
    pub(super) fn is_answered_by(self, key: Self) -> bool {
        self == key || matches!((self, key), (Self::Any, Self::Letter(_)))
    }
}

pub(super) fn encode(order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
    let (content, awaited) = match order {
        Order::Locate | Order::ReadLevels => ("B".to_owned(), Awaited::Report),
        Order::Engine { on } => letter(if *on { "K" } else { "J" }),
        Order::Do(Command::Output { number: 1, on }) => letter(if *on { "J" } else { "K" }),
        Order::Arm { on } => letter(if *on { "L" } else { "M" }),
        Order::Interval { every_s: 0 } => letter("D"),
        Order::Interval { every_s } => (format!("C,{}", interval(*every_s)), Awaited::Letter('C')),
        Order::Do(Command::Text(text)) => letter(text),
        Order::Do(Command::Bytes(bytes)) if bytes.len() <= context.limits.command_bytes_max => {
            return Ok(Encoded { bytes: bytes.clone(), awaits: None });
        }
        Order::Do(Command::Bytes(_)) => return Err(OrderRefused::TooLong),
        Order::Do(Command::Output { .. }) | Order::Restart => return Err(OrderRefused::NoSuchCommand),
    };
    if content.trim().is_empty() {
        return Err(OrderRefused::NoSuchCommand);
    }
    if content.len() > context.limits.command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    let Some(device) = context.device else { return Err(OrderRefused::NotIdentified) };
    Ok(Encoded { bytes: format!("**,imei:{device},{content}").into_bytes(), awaits: Some(awaited) })
}

/// What a command begins with is its letter, if it is one.
fn letter(content: &str) -> (String, Awaited) {
    let awaited = match content.split(',').next().unwrap_or_default().as_bytes() {
        b"B" => Awaited::Report,
        [letter @ b'A'..=b'Z'] => Awaited::Letter(char::from(*letter)),
        _ => Awaited::Any,
    };
    (content.to_owned(), awaited)
}

/// In the largest unit that tells it exactly.
fn interval(every_s: u32) -> String {
    match every_s {
        s if s % S_PER_HOUR == 0 => format!("{:02}h", s / S_PER_HOUR),
        s if s % S_PER_MIN == 0 => format!("{:02}m", s / S_PER_MIN),
        s => format!("{s:02}s"),
    }
}
