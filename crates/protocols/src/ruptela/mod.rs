//! Ruptela over TCP and UDP: packets that name their device, records and extended records, each packet acknowledged once
//! it is stored; commands by text and by number.
//!
//! Every element is kept as `avl_io_<id>`. Names of this family's own: `ruptela_identification`, `ruptela_heartbeat`,
//! `ruptela_dynamic_identification` and `ruptela_file`, for what is kept as it came.

mod command;
mod elements;
mod frame;
mod record;
mod session;
#[cfg(test)]
mod tests;
mod text;

use crate::framed::open;
use crate::{Family, Likeness, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "ruptela",
    default_listen: "127.0.0.1:5046",
    presence: Presence::Connection,
    open: |limits| open(session::Ruptela::default(), limits),
    open_udp: Some(|limits| open(session::Ruptela::default(), limits)),
    recognise,
};

/// Two bytes of length, an IMEI as a number, and a kind.
fn recognise(bytes: &[u8]) -> Likeness {
    const IMEI_MAX: u64 = 999_999_999_999_999;
    let Some((head, rest)) = bytes.split_first_chunk::<10>() else {
        let is_possible = bytes.get(2).is_none_or(|b| *b == 0) && bytes.get(3).is_none_or(|b| *b <= 3);
        return if is_possible { Likeness::Perhaps } else { Likeness::No };
    };
    let imei = u64::from_be_bytes([head[2], head[3], head[4], head[5], head[6], head[7], head[8], head[9]]);
    let is_imei = (frame::IMEI_MIN..=IMEI_MAX).contains(&imei);
    match rest.first() {
        _ if !is_imei => Likeness::No,
        None => Likeness::Perhaps,
        // Such a packet may by chance look like one of these, but never the other way round.
        Some(1..=68) if crate::galileosky::recognise(bytes) != Likeness::Yes => Likeness::Yes,
        Some(_) => Likeness::No,
    }
}
