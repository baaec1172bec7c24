//! Meitrack over TCP and UDP: messages that name their device and their length; positions as text and as two binary forms;
//! commands that are answered by their name.

mod command;
mod events;
mod frame;
mod line;
mod list;
mod session;
mod sighting;
mod tagged;
#[cfg(test)]
mod tests;
mod text;

use crate::framed;
use crate::session::Session;
use crate::{Family, Likeness, Limits, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "meitrack",
    default_listen: "127.0.0.1:5020",
    presence: Presence::Connection,
    open,
    open_udp: Some(open),
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    framed::open(session::Meitrack::default(), limits)
}

/// `$$`, a letter, digits and a comma.
fn recognise(bytes: &[u8]) -> Likeness {
    /// More the length cannot have.
    const DIGITS_MAX: usize = 5;
    match bytes {
        b"" | b"$" | b"$$" | [b'$', b'$', b'A'..=b'z'] => Likeness::Perhaps,
        [b'$', b'$', b'A'..=b'z', rest @ ..] => {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            match (digits, rest.get(digits)) {
                (1..=DIGITS_MAX, None) => Likeness::Perhaps,
                (1..=DIGITS_MAX, Some(b',')) => Likeness::Yes,
                _ => Likeness::No,
            }
        }
        _ => Likeness::No,
    }
}
