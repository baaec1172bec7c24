//! Where frames end: sentences at their closing mark, binary frames by a length whose place depends on the head.

use crate::Limits;
use crate::framed::Front;

/// What sentences begin with.
pub(super) const SENTENCES: &[&[u8]] = &[b"+RESP:GT", b"+BUFF:GT", b"+ACK:GT"];

/// What frames of the newest binary form begin with.
pub(super) const TAGGED: &[u8] = b"+\0";

/// Where a binary frame says how long it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    Byte(usize),
    Word(usize),
}

/// The heads of binary frames. An acknowledgement is one if what follows its head is no colon.
pub(super) const BINARY: &[(&[u8], Length)] = &[
    (b"+RSP", Length::Word(9)),
    (b"+BSP", Length::Word(9)),
    (b"+EVT", Length::Word(9)),
    (b"+BVT", Length::Word(9)),
    (b"+INF", Length::Word(7)),
    (b"+BNF", Length::Word(7)),
    (b"+CRD", Length::Word(6)),
    (b"+BRD", Length::Word(6)),
    (b"+LGN", Length::Word(6)),
    (b"+ACK", Length::Byte(6)),
    (b"+HBD", Length::Byte(5)),
    (TAGGED, Length::Word(2)),
];

impl Length {
    /// How long the frame is; `None` when its length has not come yet.
    fn of(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Byte(at) => bytes.get(at).map(|n| usize::from(*n)),
            Self::Word(at) => bytes.get(at..at + 2).map(|n| usize::from(n[0]) << 8 | usize::from(n[1])),
        }
    }

    /// How long the head is, with the length.
    fn head_bytes(self) -> usize {
        match self {
            Self::Byte(at) => at + 1,
            Self::Word(at) => at + 2,
        }
    }
}

/// What is at the front of `bytes`, which are not empty.
pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    match bytes[0] {
        b'+' => {}
        blank if is_blank(blank) => return Front::Skip(1),
        _ => return Front::Noise(until_plus(bytes)),
    }
    let mut may_come = false;
    for head in SENTENCES {
        if bytes.starts_with(head) {
            return sentence(bytes, head.len(), limits);
        }
        may_come |= head.starts_with(bytes);
    }
    for (head, length) in BINARY {
        let is_words = *head == b"+ACK" && bytes.get(4) == Some(&b':');
        if bytes.starts_with(head) && !is_words {
            return binary(bytes, *length, limits);
        }
        may_come |= head.starts_with(bytes);
    }
    if may_come { Front::More } else { Front::Noise(until_plus(bytes)) }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b' ' | 0)
}

/// How far it is to the next byte that is no noise, beyond the first.
fn until_plus(bytes: &[u8]) -> usize {
    bytes.iter().skip(1).position(|b| *b == b'+' || is_blank(*b)).map_or(bytes.len(), |at| at + 1)
}

/// A sentence ends with a dollar sign; some old units write a NUL instead. One that another begins within was cut off.
fn sentence(bytes: &[u8], head_bytes: usize, limits: &Limits) -> Front {
    let shown = &bytes[..bytes.len().min(limits.queclink_frame_bytes_max)];
    // Asked again whenever more has come: what is between the marks is passed over as fast as can be.
    let rest = shown.get(head_bytes..).unwrap_or_default();
    for at in memchr::memchr3_iter(b'$', 0, b'+', rest).map(|at| head_bytes + at) {
        match bytes[at] {
            b'$' | 0 => return Front::Frame(at + 1),
            b'+' if SENTENCES.iter().any(|head| bytes[at..].starts_with(head)) => return Front::Noise(at),
            _ => {}
        }
    }
    if shown.len() < limits.queclink_frame_bytes_max { Front::More } else { Front::Noise(until_plus(bytes)) }
}

fn binary(bytes: &[u8], length: Length, limits: &Limits) -> Front {
    match length.of(bytes) {
        None => Front::More,
        Some(n) if n <= length.head_bytes() || n > limits.queclink_frame_bytes_max => {
            Front::Noise(until_plus(&bytes[..length.head_bytes()]))
        }
        Some(n) if bytes.len() < n => Front::More,
        Some(n) => Front::Frame(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn frames_end_where_they_say() {
        let limits = Limits { queclink_frame_bytes_max: 40, ..Limits::default() };
        let check = |raw: &[u8], wanted: Front| {
            assert_eq!(front(raw, &limits), wanted, "{raw:02X?}");
            for n in 1..raw.len() {
                let cut = front(&raw[..n], &limits);
                let agrees = match (cut, wanted) {
                    (Front::More, _) => true,
                    (Front::Noise(some), Front::Noise(all)) => some <= all,
                    (cut, wanted) => cut == wanted,
                };
                assert!(agrees, "{n} bytes of {raw:02X?} are {cut:?}");
            }
        };
        check(b"+RESP:GTFRI,1$x", Front::Frame(14));
        check(b"+BUFF:GTFRI,1\0x", Front::Frame(14));
        check(b"+ACK:GTHBD,a,\r\nb$", Front::Frame(17));
        check(b"+RESP:GTFRI,1+ACK:GT", Front::Noise(13));
        check(b"+RESP:GTFRI,1+2", Front::More);
        check(&[b"+RESP:GT".as_slice(), &[b'x'; 32]].concat(), Front::Noise(40));
        check(b"\0+", Front::Skip(1));
        check(b"abc+", Front::Noise(3));
        check(b"+RESX+", Front::Noise(5));
        check(b"+ACK:X", Front::Noise(6));
        check(&bytes("2B525350 01 00000000 000D 0102"), Front::Frame(13));
        check(&bytes("2B525350 01 01010101 000B 01"), Front::Noise(9));
        check(&bytes("2B525350 01 01010101 0029"), Front::Noise(9));
        check(&bytes("2B494E46 01 0000 000A 0102"), Front::Frame(10));
        check(&bytes("2B435244 01 00 0009 0102"), Front::Frame(9));
        check(&bytes("2B41434B 01 00 09 0102"), Front::Frame(9));
        check(&bytes("2B484244 01 07 09"), Front::Frame(7));
        check(&bytes("2B00 0006 0102 03"), Front::Frame(6));
        check(&bytes("2B00 0006 3A02 03"), Front::Frame(6));
        check(&bytes("2B00 0004"), Front::Noise(1));
    }
}
