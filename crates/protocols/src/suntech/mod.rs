//! Suntech over TCP and UDP: lines of fields in four generations, and two binary forms. Each names its device. Data is
//! not acknowledged.

mod alert;
mod binary;
mod command;
mod fields;
mod frame;
mod legacy;
mod names;
mod serial;
mod session;
#[cfg(test)]
mod tests;
mod universal;

use crate::{Family, Likeness, Limits, Presence, Session, framed};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "suntech",
    default_listen: "127.0.0.1:5011",
    presence: Presence::Contact,
    open,
    open_udp: Some(open),
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    framed::open(session::Suntech::default(), limits)
}

/// The head of a line, or the type and the first half of the length of a binary frame.
fn recognise(bytes: &[u8]) -> Likeness {
    match bytes {
        [] | [0x81 | 0x82] => Likeness::Perhaps,
        [0x81 | 0x82, 0, ..] => Likeness::Yes,
        _ => match frame::head(bytes) {
            frame::Start::Line(_) => Likeness::Yes,
            frame::Start::Perhaps => Likeness::Perhaps,
            frame::Start::No => Likeness::No,
        },
    }
}
