//! Teltonika codecs over TCP: login by IMEI, record packets (codecs 8, 8 Extended and 16), each acknowledged with the
//! number of its records once they are stored; commands in codec 12, answered in text.

mod beacons;
mod command;
mod elements;
mod frame;
mod line;
mod record;
mod session;
#[cfg(test)]
mod tests;

use crate::session::Session;
use crate::stream::Stream;
use crate::{Family, Likeness, Limits, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "teltonika",
    default_listen: "127.0.0.1:5027",
    presence: Presence::Connection,
    open,
    open_udp: None,
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(session::Teltonika::new(limits), limits))
}

/// A login: two bytes of length and as many digits; keep-alives may come before it.
fn recognise(bytes: &[u8]) -> Likeness {
    let login: &[u8] = &bytes[bytes.iter().take_while(|b| **b == 0xFF).count()..];
    match login {
        [] | [0] => Likeness::Perhaps,
        [0, n, digits @ ..] if *n >= 10 && *n <= 64 && digits.iter().take(usize::from(*n)).all(u8::is_ascii_digit) => {
            if digits.is_empty() {
                Likeness::Perhaps
            } else {
                Likeness::Yes
            }
        }
        _ => Likeness::No,
    }
}
