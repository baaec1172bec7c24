//! EGTS over TCP: packages of records, from terminals that authorise and from platforms that forward; teledata;
//! messages down to devices.

mod answer;
mod auth;
mod command;
mod frame;
mod package;
mod record;
mod session;
mod teledata;
#[cfg(test)]
mod tests;

use crate::framed;
use crate::{Family, Likeness, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "egts",
    default_listen: "127.0.0.1:5162",
    presence: Presence::Connection,
    open: |limits| framed::open(session::Egts::new(), limits),
    open_udp: None,
    recognise,
};

/// A package's header without a route: version, security key, flags, its own length.
fn recognise(bytes: &[u8]) -> Likeness {
    let is_so = |at: usize, is_right: fn(u8) -> bool| bytes.get(at).is_none_or(|b| is_right(*b));
    let may_be = is_so(0, |b| b == 1) && is_so(1, |b| b == 0) && is_so(2, |b| b & 0xC0 == 0) && is_so(3, |b| b == 11);
    match may_be && is_so(4, |b| b == 0) {
        false => Likeness::No,
        true if bytes.len() < 5 => Likeness::Perhaps,
        true => Likeness::Yes,
    }
}
