//! JT/T 808 in its editions of 2011, 2013 and 2019, as vehicle terminals, video recorders, locks and container
//! trackers speak it: registration, locations with the items of many makers, batches, messages in parts, transparent
//! data, and commands that are answered by their number.

mod answer;
mod command;
mod digits;
mod escape;
mod frame;
mod header;
mod items;
mod jointech;
mod line;
mod location;
mod login;
mod message;
mod pace;
mod parts;
mod reply;
mod session;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod transparent;

use crate::session::Session;
use crate::{Family, Likeness, Limits, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "jt808",
    default_listen: "127.0.0.1:5015",
    presence: Presence::Connection,
    open,
    open_udp: Some(open),
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    crate::framed::open(session::Jt808::new(limits), limits)
}

fn recognise(bytes: &[u8]) -> Likeness {
    if bytes.is_empty() {
        Likeness::Perhaps
    } else if frame::begins(bytes) {
        Likeness::Yes
    } else {
        line::may_begin(bytes)
    }
}
