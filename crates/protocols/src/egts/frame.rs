//! Where a package ends, and what its header says. The answer never depends on how the bytes were cut.

use crate::bytes::{Reader, Truncated};
use crate::checksum::{CCITT_FALSE, CRC_8};
use crate::framed::Front;

const VERSION: u8 = 1;
/// Bytes of a header without and with a route.
const SHORT: u8 = 11;
const LONG: u8 = 16;
const CHECKSUM_BYTES: usize = 2;
/// The highest kind that packages have.
const KIND_MAX: u8 = 2;
/// Bits of the flags: what is compressed or encrypted is not read; two must be zero.
const UNREADABLE: u8 = 0b0001_1100;
const PREFIX: u8 = 0b1100_0000;

/// What stands at the front.
pub(super) fn front(bytes: &[u8]) -> Front {
    for (at, byte) in bytes.iter().take(5).enumerate() {
        let is_possible = match at {
            0 => *byte == VERSION,
            2 => byte & PREFIX == 0,
            3 => matches!(*byte, SHORT | LONG),
            4 => *byte == 0,
            _ => true,
        };
        if !is_possible {
            return Front::Noise(1);
        }
    }
    let Some(header) = bytes.get(3).and_then(|length| bytes.get(..usize::from(*length))) else { return Front::More };
    let Ok(head) = Head::of(header) else { return Front::Noise(1) };
    if head.found == head.computed {
        return if bytes.len() < head.whole_bytes() { Front::More } else { Front::Frame(head.whole_bytes()) };
    }
    // A header that was damaged on its way is answered; what only looks like one is not.
    if header[1] == 0 && head.kind <= KIND_MAX { Front::Frame(header.len()) } else { Front::Noise(1) }
}

/// What a header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) bytes: usize,
    /// It is neither compressed nor encrypted.
    pub(super) is_readable: bool,
    pub(super) body_bytes: usize,
    /// The number of the package.
    pub(super) number: u16,
    pub(super) kind: u8,
    /// The checksum that it carries.
    pub(super) found: u8,
    /// The checksum that its bytes give.
    pub(super) computed: u8,
}

impl Head {
    /// Reads a header, which ends with its checksum.
    pub(super) fn of(header: &[u8]) -> Result<Self, Truncated> {
        let (found, counted) = header.split_last().ok_or(Truncated)?;
        let mut r = Reader::new(counted);
        r.take(2)?;
        let flags = r.u8()?;
        r.take(2)?;
        Ok(Self {
            bytes: header.len(),
            is_readable: flags & UNREADABLE == 0,
            body_bytes: usize::from(r.u16_le()?),
            number: r.u16_le()?,
            kind: r.u8()?,
            found: *found,
            computed: CRC_8.checksum(counted),
        })
    }

    fn whole_bytes(&self) -> usize {
        self.bytes + self.body_bytes + if self.body_bytes > 0 { CHECKSUM_BYTES } else { 0 }
    }
}

/// The header of a package at the front of these bytes.
pub(super) fn head(frame: &[u8]) -> Result<Head, Truncated> {
    let length = frame.get(3).ok_or(Truncated)?;
    Head::of(frame.get(..usize::from(*length)).ok_or(Truncated)?)
}

/// A checksum that a package carries, and the one that its body gives. Equal for a package without a body.
pub(super) fn body_checksum(frame: &[u8], head: &Head) -> (u16, u16) {
    let body = frame.get(head.bytes..).and_then(<[u8]>::split_last_chunk::<CHECKSUM_BYTES>);
    body.map_or((0, 0), |(body, found)| (u16::from_le_bytes(*found), CCITT_FALSE.checksum(body)))
}

/// A package of the server.
pub(super) fn around(number: u16, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_le_bytes();
    let number = number.to_le_bytes();
    let mut package = vec![VERSION, 0, 0, SHORT, 0, length[0], length[1], number[0], number[1], kind];
    package.push(CRC_8.checksum(&package));
    package.extend_from_slice(body);
    if !body.is_empty() {
        package.extend_from_slice(&CCITT_FALSE.checksum(body).to_le_bytes());
    }
    package
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let check = |hex: &str, wanted: Front| assert_eq!(front(&bytes(hex)), wanted, "{hex}");
        check("02", Front::Noise(1));
        check("01", Front::More);
        check("01 00 40", Front::Noise(1));
        check("01 00 00 0C", Front::Noise(1));
        check("01 00 00 0B 01", Front::Noise(1));
        check("01 00 00 0B 00 0000 0100 00", Front::More);
        check("01 00 00 0B 00 0000 0100 03 00", Front::Noise(1));
        check("01 00 00 0B 00 0000 0100 01 00", Front::Frame(11));
        let empty = around(7, 1, &[]);
        assert_eq!((empty.len(), front(&empty)), (11, Front::Frame(11)));
        let full = around(7, 1, &[1, 2, 3]);
        assert_eq!((front(&full[..15]), front(&full)), (Front::More, Front::Frame(16)));
        let mut routed = bytes("01 00 20 10 00 0000 0700 01 0100 0200 05");
        routed.push(CRC_8.checksum(&routed));
        assert_eq!(front(&routed), Front::Frame(16));
    }
}
