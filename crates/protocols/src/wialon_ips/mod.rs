//! Wialon IPS 1.1 and 2.0: lines over TCP after a login, and datagrams that each name their device; short and extended
//! data, what was kept while there was no connection, pictures and tachograph files in pieces; commands as lines.

mod command;
mod data;
mod file;
mod frame;
mod params;
mod session;
#[cfg(test)]
mod tests;

use crate::framed;
use crate::{Family, Likeness, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "wialon-ips",
    default_listen: "127.0.0.1:5039",
    presence: Presence::Connection,
    open: |limits| framed::open(session::WialonIps::over_tcp(), limits),
    open_udp: Some(|limits| framed::open(session::WialonIps::over_udp(), limits)),
    recognise,
};

/// `#L#` or `#P#`; in a datagram an identity of digits comes first, and before it maybe a version.
fn recognise(bytes: &[u8]) -> Likeness {
    const DIGITS_MIN: usize = 8;
    const DIGITS_MAX: usize = 20;
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if (DIGITS_MIN..=DIGITS_MAX).contains(&digits) && bytes.get(digits) == Some(&b'#') {
        return Likeness::Yes;
    }
    match Likeness::starts_with(bytes, &[b"#L#", b"#P#", b"2.0;"]) {
        Likeness::No if digits == bytes.len() && digits <= DIGITS_MAX => Likeness::Perhaps,
        likeness => likeness,
    }
}
