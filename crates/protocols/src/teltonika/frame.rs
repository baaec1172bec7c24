//! Where a frame ends. The answer never depends on how the bytes were cut: it is given at the first byte that decides.

use crate::Limits;
use crate::checksum::ARC;
use crate::framed::Front;

/// Four zero bytes and the length of the data.
pub(super) const HEADER_BYTES: usize = 8;
/// The checksum after the data, as four bytes.
const TRAILER_BYTES: usize = 4;
/// A codec and two counts.
const DATA_BYTES_MIN: usize = 3;
/// Sent between frames to keep the carrier's address translation open.
const KEEP_ALIVE: u8 = 0xFF;
/// A login's length, before its text.
pub(super) const LOGIN_HEADER_BYTES: usize = 2;
/// What a login must look like to be believed in the middle of noise: digits, and as many as identifiers have.
const PLAUSIBLE_LOGIN_BYTES: std::ops::RangeInclusive<usize> = 14..=17;

/// How much a frame must look like one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Belief {
    /// A frame is expected here.
    Expected,
    /// What came before was no frame, so what looks like one may not be.
    Doubtful,
}

pub(super) fn front(bytes: &[u8], belief: Belief, limits: &Limits) -> Front {
    match bytes {
        [KEEP_ALIVE, ..] => Front::Alive(1),
        [] | [_] => Front::More,
        [0, 0, ..] => data(bytes, belief, limits),
        [a, b, text @ ..] => login(usize::from(u16::from_be_bytes([*a, *b])), text, belief, limits),
    }
}

fn login(announced: usize, text: &[u8], belief: Belief, limits: &Limits) -> Front {
    let is_doubted = belief == Belief::Doubtful;
    if announced > limits.login_bytes_max || (is_doubted && !PLAUSIBLE_LOGIN_BYTES.contains(&announced)) {
        return Front::Noise(1);
    }
    let is_fit = |b: &u8| if is_doubted { b.is_ascii_digit() } else { b.is_ascii_graphic() };
    let here = &text[..text.len().min(announced)];
    if !here.iter().all(is_fit) {
        Front::Noise(1)
    } else if here.len() < announced {
        Front::More
    } else {
        Front::Frame(LOGIN_HEADER_BYTES + announced)
    }
}

fn data(bytes: &[u8], belief: Belief, limits: &Limits) -> Front {
    if bytes.iter().take(4).any(|b| *b != 0) {
        return Front::Noise(1);
    }
    let Some(announced) = announced(bytes) else { return Front::More };
    if !(DATA_BYTES_MIN..=limits.frame_bytes_max).contains(&announced) {
        return Front::Noise(1);
    }
    match bytes.get(HEADER_BYTES..HEADER_BYTES + 2) {
        None => return Front::More,
        Some(begin) if !is_plausible(announced, begin, belief) => return Front::Noise(1),
        Some(_) => {}
    }
    let whole = HEADER_BYTES + announced + TRAILER_BYTES;
    if bytes.len() < whole { Front::More } else { Front::Frame(whole) }
}

/// Whether data that begins with a codec and a count may be so long.
fn is_plausible(announced: usize, begin: &[u8], belief: Belief) -> bool {
    let &[codec, count] = begin else { return false };
    if belief == Belief::Expected {
        // Zeros before a login look like the beginning of data; no codec has the number of a digit.
        return !codec.is_ascii_digit();
    }
    let entry_bytes_min = match codec {
        0x07 => 5,
        0x08 => 30,
        0x10 => 32,
        0x8E => 38,
        0x0C..=0x0F => 5,
        _ => return false,
    };
    count > 0 && announced >= DATA_BYTES_MIN + usize::from(count) * entry_bytes_min
}

fn announced(bytes: &[u8]) -> Option<usize> {
    let (_, rest) = bytes.split_first_chunk::<4>()?;
    let (length, _) = rest.split_first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

/// Where within what was taken for a frame another one begins, or may begin with the last bytes: the first was cut off
/// there, or its length is wrong.
pub(super) fn begins_within(frame: &[u8], limits: &Limits) -> Option<usize> {
    let is_begin = |rest: &[u8]| match front(rest, Belief::Doubtful, limits) {
        Front::Frame(_) => true,
        // Zeros that may begin data, or a login of which some digits are there.
        Front::More => rest.iter().take(4).all(|b| *b == 0) || (rest.len() > LOGIN_HEADER_BYTES && rest[1] != 0),
        _ => false,
    };
    (1..frame.len()).find(|at| frame[*at] == 0 && is_begin(&frame[*at..]))
}

/// The data frame around `data`.
pub(super) fn around(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_be_bytes();
    [&[0; 4][..], &length, data, &u32::from(ARC.checksum(data)).to_be_bytes()].concat()
}

/// The data of a whole data frame, and the checksum that it carries.
pub(super) fn data_and_checksum(frame: &[u8]) -> Option<(&[u8], u32)> {
    let (data, trailer) = frame.get(HEADER_BYTES..)?.split_last_chunk::<TRAILER_BYTES>()?;
    Some((data, u32::from_be_bytes(*trailer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let limits = Limits::default();
        let check = |bytes: &[u8], wanted: Front| {
            assert_eq!(front(bytes, Belief::Expected, &limits), wanted, "{bytes:02X?}");
        };
        check(&[], Front::More);
        check(&[0xFF, 0], Front::Alive(1));
        check(&[0], Front::More);
        check(&[0, 1], Front::More);
        check(&[0, 2, b'4'], Front::More);
        check(&[0, 2, b'4', b'2', 9], Front::Frame(4));
        check(&[0, 2, b'4', b'\n'], Front::Noise(1));
        check(&[0, 65], Front::Noise(1));
        check(b"GE", Front::Noise(1));
        check(&[0, 0, 0], Front::More);
        check(&[0, 0, 1], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 2], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0x28, 0x01], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0x28, 0x00], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0x0F, 0x33, b'5', b'0'], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0, 9], Front::Frame(15));
    }

    #[test]
    fn after_noise_only_what_looks_right_is_believed() {
        let limits = Limits::default();
        let check = |bytes: &[u8], wanted: Front| {
            assert_eq!(front(bytes, Belief::Doubtful, &limits), wanted, "{bytes:02X?}");
        };
        check(&[0, 2, b'4', b'2'], Front::Noise(1));
        check(b"\0\x0F3500000000000", Front::More);
        check(b"\0\x0F350000000000014", Front::Frame(17));
        check(b"\0\x0Fabc", Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0, 33, 8, 1], Front::More);
        check(&[0, 0, 0, 0, 0, 0, 0, 32, 8, 1], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0, 62, 8, 2], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0, 33, 8, 0], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0, 33, 0x99, 1], Front::Noise(1));
        check(&[0, 0, 0, 0, 0, 0, 0, 13, 0x0C, 1], Front::More);
    }

    #[test]
    fn a_frame_is_found_within_one_that_was_cut_off() {
        let limits = Limits::default();
        let inner = [&[0, 0, 0, 0, 0, 0, 0, 33, 8, 1][..], &[7; 40]].concat();
        let outer = [&[0, 0, 0, 0, 0, 0, 0, 50, 0x8E, 1][..], &[9; 11], &inner].concat();
        assert_eq!(begins_within(&outer, &limits), Some(21));
        assert_eq!(begins_within(&outer[..31], &limits), Some(21));
        assert_eq!(begins_within(&outer[..23], &limits), Some(21), "too little of it to say no");
        assert_eq!(begins_within(&outer[..21], &limits), None);
        let login = [&[0, 0, 0, 0, 0, 0, 0, 50, 0x8E, 1][..], b"\0\x0F350000000000014"].concat();
        assert_eq!(begins_within(&login, &limits), Some(10));
        assert_eq!(begins_within(&login[..13], &limits), Some(10), "the rest of it comes after the frame");
        assert_eq!(begins_within(&login[..12], &limits), None);
        assert_eq!(begins_within(&[[0; 60], [1; 60]].concat(), &limits), None);
    }
}
