//! Where a frame ends. The answer never depends on how the bytes were cut: it is given at the first byte that decides.

use crate::Limits;
use crate::checksum::ARC;

/// Four zero bytes and the length of the data.
pub(super) const HEADER_BYTES: usize = 8;
/// The checksum after the data, as four bytes.
const TRAILER_BYTES: usize = 4;
/// A codec and two counts.
const DATA_BYTES_MIN: usize = 3;

/// What stands at the front of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Front {
    /// Too little to tell.
    More,
    /// A keep-alive of one byte.
    KeepAlive,
    /// A login of this many bytes in all.
    Login { bytes: usize },
    /// A data frame of this many bytes in all.
    Data { bytes: usize },
    /// Nothing begins here, as the first so many bytes show.
    Noise { seen: usize },
}

pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    match bytes {
        [0xFF, ..] => Front::KeepAlive,
        [] | [_] => Front::More,
        [0, 0, ..] => data(bytes, limits),
        [a, b, text @ ..] => login(usize::from(u16::from_be_bytes([*a, *b])), text, limits),
    }
}

fn login(announced: usize, text: &[u8], limits: &Limits) -> Front {
    if announced > limits.login_bytes_max {
        return Front::Noise { seen: 2 };
    }
    let here = &text[..text.len().min(announced)];
    match here.iter().position(|b| !b.is_ascii_graphic()) {
        Some(odd) => Front::Noise { seen: 2 + odd + 1 },
        None if here.len() < announced => Front::More,
        None => Front::Login { bytes: 2 + announced },
    }
}

fn data(bytes: &[u8], limits: &Limits) -> Front {
    if let Some(odd) = bytes.iter().take(4).position(|b| *b != 0) {
        return Front::Noise { seen: odd + 1 };
    }
    let Some(announced) = announced(bytes) else { return Front::More };
    if !(DATA_BYTES_MIN..=limits.frame_bytes_max).contains(&announced) {
        return Front::Noise { seen: HEADER_BYTES };
    }
    let whole = HEADER_BYTES + announced + TRAILER_BYTES;
    if bytes.len() < whole { Front::More } else { Front::Data { bytes: whole } }
}

fn announced(bytes: &[u8]) -> Option<usize> {
    let (_, rest) = bytes.split_first_chunk::<4>()?;
    let (length, _) = rest.split_first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

/// The data frame around `data`.
pub(super) fn around(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_be_bytes();
    [&[0; 4][..], &length, data, &u32::from(ARC.checksum(data)).to_be_bytes()].concat()
}

/// The data of a whole data frame, with the checksum that it carries and the one that its bytes give.
pub(super) fn data_and_checksums(frame: &[u8]) -> Option<(&[u8], u32, u32)> {
    let (data, trailer) = frame.get(HEADER_BYTES..)?.split_last_chunk::<TRAILER_BYTES>()?;
    Some((data, u32::from_be_bytes(*trailer), u32::from(ARC.checksum(data))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let limits = Limits::default();
        let check = |bytes: &[u8], wanted: Front| assert_eq!(front(bytes, &limits), wanted, "{bytes:02X?}");
        check(&[], Front::More);
        check(&[0xFF, 0], Front::KeepAlive);
        check(&[0], Front::More);
        check(&[0, 1], Front::More);
        check(&[0, 2, b'4'], Front::More);
        check(&[0, 2, b'4', b'2', 9], Front::Login { bytes: 4 });
        check(&[0, 2, b'4', b'\n'], Front::Noise { seen: 4 });
        check(&[0, 65], Front::Noise { seen: 2 });
        check(b"GE", Front::Noise { seen: 2 });
        check(&[0, 0, 0], Front::More);
        check(&[0, 0, 1], Front::Noise { seen: 3 });
        check(&[0, 0, 0, 0, 0, 0, 0], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 2], Front::Noise { seen: 8 });
        check(&[0, 0, 0, 0, 0, 0, 0x28, 0x01], Front::Noise { seen: 8 });
        check(&[0, 0, 0, 0, 0, 0, 0x28, 0x00], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0, 0, 9], Front::Data { bytes: 15 });
    }
}
