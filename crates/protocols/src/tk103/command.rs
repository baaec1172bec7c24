//! Commands down to the device, in the words of the dialect that it speaks.

use model::{Command, Order};

use crate::framed::{Context, Encoded};
use crate::session::OrderRefused;

/// By what an answer is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// The next report with a position.
    Report,
    /// A text, or a kind of frame that devices do not send on their own.
    Words,
}

pub(super) fn encode(order: &Order, has_commas: bool, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
    let bytes_max = context.limits.command_bytes_max;
    if let Order::Do(Command::Bytes(bytes)) = order {
        let fits = bytes.len() <= bytes_max;
        return if fits { Ok(Encoded { bytes: bytes.clone(), awaits: None }) } else { Err(OrderRefused::TooLong) };
    }
    let content = match order {
        Order::Do(Command::Text(text)) => Some(text.clone()),
        _ if has_commas => in_stars(order),
        _ => glued(order),
    };
    let content = content.filter(|content| !content.trim().is_empty()).ok_or(OrderRefused::NoSuchCommand)?;
    if content.len() > bytes_max {
        return Err(OrderRefused::TooLong);
    }
    let Some(device) = context.device else { return Err(OrderRefused::NotIdentified) };
    let bytes = if has_commas { format!("[begin]sms2,{content},[end]") } else { format!("({device}{content})") };
    let awaits = match order {
        Order::Locate | Order::ReadLevels => Awaited::Report,
        _ => Awaited::Words,
    };
    Ok(Encoded { bytes: bytes.into_bytes(), awaits: Some(awaits) })
}

/// Where nothing stands between the identifier and the command.
fn glued(order: &Order) -> Option<String> {
    match order {
        Order::Locate | Order::ReadLevels => Some("AP00".to_owned()),
        Order::Interval { every_s } => u16::try_from(*every_s).ok().map(|s| format!("AR00{s:04X}0000")),
        Order::Engine { on } | Order::Do(Command::Output { number: 1, on }) => {
            let may_run = if matches!(order, Order::Engine { .. }) { *on } else { !on };
            Some(format!("AV01{}", u8::from(may_run)))
        }
        Order::Do(Command::Output { number: number @ 2..=9, on: true }) => Some(format!("AV00{number}")),
        Order::Restart => Some("AT00".to_owned()),
        _ => None,
    }
}

/// Where commas separate: what could be sent in a short message.
fn in_stars(order: &Order) -> Option<String> {
    let words = match order {
        Order::Locate | Order::ReadLevels => "*getposl*",
        Order::Interval { every_s: 0 } => "*routetrackoff*",
        Order::Interval { .. } => "*routetrack*99*",
        Order::Restart => "88888888",
        _ => return None,
    };
    Some(words.to_owned())
}
