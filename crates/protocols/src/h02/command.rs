//! Commands down to the device. It answers each by its name.

use model::{Command, Order, Timestamp};

use crate::framed::{Context, Encoded};
use crate::session::OrderRefused;

/// Hour, minute and second in UTC.
pub(super) fn clock(now: Timestamp) -> String {
    let c = now.civil(0);
    format!("{:02}{:02}{:02}", c.hour, c.minute, c.second)
}

/// The whole date and time in UTC.
pub(super) fn date_and_clock(now: Timestamp) -> String {
    let c = now.civil(0);
    format!("{:04}{:02}{:02}{:02}{:02}{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second)
}

/// The command's bytes, and the name under which its answer comes.
pub(super) fn encode(order: &Order, context: &Context<'_>) -> Result<Encoded<String>, OrderRefused> {
    let t = clock(context.now);
    let content = match order {
        Order::Do(Command::Output { number: 1, on }) => cut(&t, *on),
        Order::Engine { on } => cut(&t, !on),
        Order::Arm { on } => {
            let digit = u8::from(!on);
            format!("SCF,{t},{digit},{digit}")
        }
        Order::Interval { every_s } => format!("S71,{t},22,{every_s}"),
        Order::Restart => format!("R1,{t}"),
        Order::Do(Command::Text(text)) => text.clone(),
        Order::Do(Command::Bytes(bytes)) if bytes.len() <= context.limits.command_bytes_max => {
            return Ok(Encoded { bytes: bytes.clone(), awaits: None });
        }
        Order::Do(Command::Bytes(_)) => return Err(OrderRefused::TooLong),
        Order::Do(Command::Output { .. }) | Order::ReadLevels | Order::Locate => {
            return Err(OrderRefused::NoSuchCommand);
        }
    };
    let name = content.split(',').next().unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(OrderRefused::NoSuchCommand);
    }
    if content.len() > context.limits.command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    let Some(device) = context.device else { return Err(OrderRefused::NotIdentified) };
    Ok(Encoded { bytes: format!("*HQ,{device},{content}#").into_bytes(), awaits: Some(name) })
}

/// The relay that cuts the engine off.
fn cut(t: &str, on: bool) -> String {
    format!("S20,{t},1,{}", u8::from(on))
}
