//! Teltonika codecs over TCP and UDP: login by IMEI, record packets (codecs 7, 8, 8 Extended and 16), each acknowledged
//! with the number of its records once they are stored; commands in codec 12, serial data, photos.
//!
//! Elements are named by the table in `elements`; every one is kept as `avl_io_<id>` besides. Names of this family's
//! own: `avl_io_repeated` (earlier values of an element that a record has twice), `photo` (base64), and of old units
//! `teltonika_signal`, `usb`, `button`, `roaming`.

mod beacons;
mod camera;
mod command;
mod elements;
mod frame;
mod line;
mod old;
mod record;
mod serial;
mod session;
#[cfg(test)]
mod tests;
mod udp;

use crate::framed::open;
use crate::{Family, Likeness, Presence};
pub(crate) use udp::is_datagram;

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "teltonika",
    default_listen: "127.0.0.1:5027",
    presence: Presence::Connection,
    open: |limits| open(session::Teltonika::default(), limits),
    open_udp: Some(|limits| open(udp::TeltonikaUdp::default(), limits)),
    recognise,
};

/// Country and network of an operator that is told as one decimal number.
fn mcc_mnc(operator: i64) -> Option<(u16, u16)> {
    // Networks have two digits, or three where the country says so.
    let divisor = match operator {
        10_000..=99_999 => 100,
        100_000..=999_999 => 1_000,
        _ => return None,
    };
    Some((u16::try_from(operator / divisor).ok()?, u16::try_from(operator % divisor).ok()?))
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
