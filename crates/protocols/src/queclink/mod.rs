//! Queclink @Track over TCP and UDP: sentences of comma-separated fields, or frames in binary form, each of which names
//! its device; commands as text.

mod accessory;
mod binary;
mod block;
mod can;
mod cells;
mod command;
mod eri;
mod events;
mod frame;
mod info;
mod line;
mod obd;
mod position;
mod sentence;
mod session;
mod single;
mod state;
mod tagged;
#[cfg(test)]
mod tests;

use crate::{Family, Likeness, Limits, Presence, Session, framed};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "queclink",
    default_listen: "127.0.0.1:5004",
    presence: Presence::Contact,
    open,
    open_udp: Some(open),
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    framed::open(session::Queclink::default(), limits)
}

/// `+` and one of the words that sentences and frames begin with.
fn recognise(bytes: &[u8]) -> Likeness {
    let mut likeness = Likeness::starts_with(bytes, &[frame::TAGGED]);
    for head in frame::SENTENCES.iter().chain(frame::BINARY.iter().map(|(head, ..)| head)) {
        if likeness != Likeness::Yes {
            let this = Likeness::starts_with(bytes, &[head]);
            likeness = if this == Likeness::No { likeness } else { this };
        }
    }
    likeness
}
