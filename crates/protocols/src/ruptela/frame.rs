//! Where a packet ends. The answer never depends on how the bytes were cut: it is given at the first byte that decides.

use crate::Limits;
use crate::checksum::KERMIT;

/// A packet begins with its length.
const LENGTH_BYTES: usize = 2;
const CHECKSUM_BYTES: usize = 2;
/// The device's number, as eight bytes.
const IMEI_BYTES: usize = 8;
/// What the length counts at least: the device and a command.
const COUNTED_BYTES_MIN: usize = IMEI_BYTES + 1;
/// The largest number of fifteen digits.
const IMEI_MAX: u64 = 999_999_999_999_999;

/// What stands at the front of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Front {
    /// Too little to tell.
    More,
    /// A packet of this many bytes in all.
    Packet { bytes: usize },
    /// Nothing begins here, as the first so many bytes show.
    Noise { seen: usize },
}

pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else { return Front::More };
    let counted = usize::from(u16::from_be_bytes(*length));
    if !(COUNTED_BYTES_MIN..=limits.frame_bytes_max).contains(&counted) {
        return Front::Noise { seen: LENGTH_BYTES };
    }
    // The numbers of devices begin with zeros, which text and other protocols do not.
    if let Some(odd) = odd_byte(rest) {
        return Front::Noise { seen: LENGTH_BYTES + odd + 1 };
    }
    let whole = LENGTH_BYTES + counted + CHECKSUM_BYTES;
    if bytes.len() < whole { Front::More } else { Front::Packet { bytes: whole } }
}

/// The first byte that shows that these do not begin with the number of a device.
fn odd_byte(rest: &[u8]) -> Option<usize> {
    let largest = IMEI_MAX.to_be_bytes();
    let here = &rest[..rest.len().min(IMEI_BYTES)];
    let differs = here.iter().zip(largest).position(|(byte, most)| *byte != most)?;
    (here[differs] > largest[differs]).then_some(differs)
}

/// The parts of a whole packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// The number of the device.
    pub(super) imei: u64,
    pub(super) command: u8,
    pub(super) payload: &'a [u8],
    /// The checksum that it carries.
    pub(super) found: u16,
    /// The checksum that its bytes give.
    pub(super) computed: u16,
}

impl<'a> Packet<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (counted, checksum) = bytes.get(LENGTH_BYTES..)?.split_last_chunk::<CHECKSUM_BYTES>()?;
        let (imei, rest) = counted.split_first_chunk::<IMEI_BYTES>()?;
        let (command, payload) = rest.split_first()?;
        Some(Self {
            imei: u64::from_be_bytes(*imei),
            command: *command,
            payload,
            found: u16::from_be_bytes(*checksum),
            computed: KERMIT.checksum(counted),
        })
    }
}

/// A packet of the server, which names no device.
pub(super) fn around(command: u8, payload: &[u8]) -> Vec<u8> {
    // Commands are bounded far below what the length can say.
    let length = u16::try_from(payload.len() + 1).unwrap_or(u16::MAX);
    let mut packet = length.to_be_bytes().to_vec();
    packet.push(command);
    packet.extend_from_slice(payload);
    let checksum = KERMIT.checksum(&packet[LENGTH_BYTES..]);
    packet.extend_from_slice(&checksum.to_be_bytes());
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let limits = Limits::default();
        let check = |bytes: &[u8], wanted: Front| assert_eq!(front(bytes, &limits), wanted, "{bytes:02X?}");
        check(&[], Front::More);
        check(&[0], Front::More);
        check(&[0, 8], Front::Noise { seen: 2 });
        check(&[0, 9], Front::More);
        check(&[0x28, 0x01], Front::Noise { seen: 2 });
        check(&[0x28, 0x00], Front::More);
        check(&[0, 9, 1], Front::Noise { seen: 3 });
        check(&[0, 9, 0, 3, 0x8D], Front::More);
        check(&[0, 9, 0, 3, 0x8E], Front::Noise { seen: 5 });
        check(&[0, 9, 0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x7F, 0xFF, 1, 0], Front::More);
        check(&[0, 9, 0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x80], Front::Noise { seen: 9 });
        check(&[0, 9, 0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x7F, 0xFF, 1, 0, 0, 7], Front::Packet { bytes: 13 });
    }
}
