//! Galileosky over TCP: packets of tags, each acknowledged by its own checksum once it is stored; what satellites
//! forward; commands that are answered under their number.

mod command;
mod frame;
mod iridium;
mod record;
mod session;
mod tags;
#[cfg(test)]
mod tests;

use crate::framed;
use crate::{Family, Likeness, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "galileosky",
    default_listen: "127.0.0.1:5034",
    presence: Presence::Connection,
    open: |limits| framed::open(session::Galileosky::new(), limits),
    open_udp: None,
    recognise,
};

/// A packet whose first tags lead to an IMEI, or one that a satellite forwarded.
pub(crate) fn recognise(bytes: &[u8]) -> Likeness {
    if bytes.first().is_some_and(|header| *header != frame::MAIN) {
        return Likeness::No;
    }
    let Some(mut rest) = bytes.get(3..) else { return Likeness::Perhaps };
    if rest.starts_with(&iridium::HEADER) {
        return Likeness::Yes;
    }
    loop {
        match rest {
            [] | [tags::IMEI] => return Likeness::Perhaps,
            [tags::IMEI, digit, ..] if digit.is_ascii_digit() => return Likeness::Yes,
            [tags::HARDWARE | tags::SOFTWARE, after @ ..] => rest = after.get(1..).unwrap_or_default(),
            _ => return Likeness::No,
        }
    }
}
