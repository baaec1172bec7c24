//! Where frames end: lines of text, and binary frames that do not say how long they are.

use crate::framed::Front;

/// A line of text with nothing in it that ends it may be so long, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// What most devices send.
pub(super) const USUAL_BYTES: usize = 32;
/// With an identifier of eight bytes.
pub(super) const LONG_ID_BYTES: usize = 42;
/// With a longer end.
const LONG_TAIL_BYTES: usize = 45;
const TAIL_MORE_BYTES: u8 = (LONG_TAIL_BYTES - USUAL_BYTES) as u8;
/// Start, identifier of five bytes, time and date.
const HEAD_BYTES: usize = 12;
/// The same with an identifier of eight bytes.
const LONG_HEAD_BYTES: usize = 15;

/// What is known of the length of binary frames.
#[derive(Clone, Copy, Default)]
enum Length {
    /// None was seen.
    #[default]
    Unknown,
    /// One of the usual length was seen, and after it so many bytes that begin nothing; whether all of them are the
    /// same, as fillers are.
    After { bytes: u8, filler: Option<u8> },
    /// This, in bytes. Those with a long identifier are told by themselves.
    Settled(usize),
}

/// Finds frames. A frame that is longer than the usual 32 bytes is told by what stands in it, or by what stands after
/// it: reading on must not depend on how the bytes were cut, and a report must not wait for the next.
#[derive(Default)]
pub(super) struct Framer {
    length: Length,
    is_set: bool,
}

impl Framer {
    /// The device is set up for frames of this length. What the one before was set up for is forgotten.
    pub(super) fn set(&mut self, frame_bytes: Option<u16>) {
        match frame_bytes {
            Some(bytes) => (self.length, self.is_set) = (Length::Settled(bytes.into()), true),
            None if self.is_set => *self = Self::default(),
            None => {}
        }
    }

    /// A binary frame of so many bytes is used up.
    pub(super) fn used(&mut self, bytes: usize) {
        if let (Length::Unknown, USUAL_BYTES) = (self.length, bytes) {
            self.length = Length::After { bytes: 0, filler: None };
        }
    }

    pub(super) fn front(&mut self, bytes: &[u8]) -> Front {
        let front = match bytes[0] {
            b'*' => text(bytes),
            b'$' => self.binary(bytes),
            b'X' => foreign(bytes),
            b'\r' | b'\n' | b' ' | 0 | 0xFF => Front::Skip(1),
            _ => Front::Noise(1),
        };
        match front {
            Front::Frame(n) => {
                self.settle();
                // The length may be another now.
                if bytes[0] == b'$' { self.binary(bytes) } else { Front::Frame(n) }
            }
            Front::Skip(_) | Front::Alive(_) | Front::Noise(_) => self.after(bytes[0]).unwrap_or(front),
            Front::More => Front::More,
        }
    }

    /// What becomes of a byte that begins nothing and may be the end of a long frame.
    fn after(&mut self, byte: u8) -> Option<Front> {
        let Length::After { bytes, filler } = self.length else { return None };
        if bytes == TAIL_MORE_BYTES {
            self.length = Length::Settled(USUAL_BYTES);
            return None;
        }
        let is_filler = bytes == 0 || filler == Some(byte);
        self.length = Length::After { bytes: bytes + 1, filler: is_filler.then_some(byte) };
        Some(Front::Skip(1))
    }

    /// A frame begins: what stood before it shows how long the one before was.
    fn settle(&mut self) {
        if let Length::After { bytes, filler } = self.length {
            let is_long = bytes == TAIL_MORE_BYTES && filler.is_none();
            self.length = Length::Settled(if is_long { LONG_TAIL_BYTES } else { USUAL_BYTES });
        }
    }

    fn binary(&self, bytes: &[u8]) -> Front {
        if !bytes[1..].iter().take(5).all(|b| is_bcd(*b)) {
            return Front::Noise(1);
        }
        let whole = match self.length {
            Length::Settled(bytes) if self.is_set => bytes,
            _ if bytes.len() < LONG_HEAD_BYTES => return Front::More,
            _ if is_long_id(bytes) => LONG_ID_BYTES,
            Length::Settled(bytes) => bytes,
            Length::Unknown | Length::After { .. } => USUAL_BYTES,
        };
        let Some(frame) = bytes.get(..whole) else { return Front::More };
        let is_sure = whole == LONG_ID_BYTES || is_moment(&frame[6..HEAD_BYTES]);
        match another_begins(frame) {
            Some(at) if !is_sure => Front::Noise(at),
            _ => Front::Frame(whole),
        }
    }
}

/// A line, to its end, unless another begins before.
fn text(bytes: &[u8]) -> Front {
    if !may_be_line(bytes) {
        return Front::Noise(1);
    }
    for (at, byte) in bytes.iter().enumerate().take(TEXT_BYTES_MAX).skip(1) {
        match byte {
            b'#' => return Front::Frame(at + 1),
            b'*' if bytes.len() >= at + 4 && may_be_line(&bytes[at..]) => return Front::Noise(at),
            _ => {}
        }
    }
    if bytes.len() < TEXT_BYTES_MAX { Front::More } else { Front::Noise(1) }
}

/// A frame of another maker, of the usual length, that nothing else begins in.
fn foreign(bytes: &[u8]) -> Front {
    let inside = &bytes[..bytes.len().min(USUAL_BYTES)];
    match another_begins(inside) {
        Some(at) => Front::Noise(at),
        None if inside.len() < USUAL_BYTES => Front::More,
        None => Front::Frame(USUAL_BYTES),
    }
}

/// Where in what looks like a frame one begins that leaves less doubt.
fn another_begins(inside: &[u8]) -> Option<usize> {
    let begins = |at: &usize| match inside[*at] {
        b'*' => inside.len() >= at + 4 && may_be_line(&inside[*at..]),
        b'$' => inside.get(at + 6..at + HEAD_BYTES).is_some_and(is_moment),
        _ => false,
    };
    (1..inside.len()).find(begins)
}

/// A star, two letters and a comma, as far as the bytes go.
pub(super) fn may_be_line(bytes: &[u8]) -> bool {
    let is_right = |(at, byte): (usize, &u8)| match at {
        0 => *byte == b'*',
        1 | 2 => byte.is_ascii_alphabetic(),
        _ => *byte == b',',
    };
    bytes.iter().take(4).enumerate().all(is_right)
}

pub(super) fn is_bcd(byte: u8) -> bool {
    byte >> 4 < 10 && byte & 15 < 10
}

/// Whether these six bytes are a time of day and a date.
pub(super) fn is_moment(bytes: &[u8]) -> bool {
    let &[hour, minute, second, day, month, _] = bytes else { return false };
    let is_in_range = hour < 0x24 && minute < 0x60 && second < 0x60;
    bytes.iter().all(|b| is_bcd(*b)) && is_in_range && (1..=0x31).contains(&day) && (1..=0x12).contains(&month)
}

/// Whether a binary frame has an identifier of eight bytes: only then its time is one.
fn is_long_id(bytes: &[u8]) -> bool {
    bytes.get(6..HEAD_BYTES).is_some_and(|short| !is_moment(short))
        && bytes.get(9..LONG_HEAD_BYTES).is_some_and(is_moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn fronts_are_told() {
        let check = |input: &[u8], wanted: Front| assert_eq!(Framer::default().front(input), wanted, "{input:02X?}");
        check(b"*HQ,1,V0#*", Front::Frame(9));
        check(b"*", Front::More);
        check(b"*HQ,1,V0", Front::More);
        check(b"*H1,", Front::Noise(1));
        check(b"*HQ,1,V0*TH,", Front::Noise(8));
        check(b"*HQ,1*V0*T#", Front::Frame(11));
        check(&[b"*HQ,", &[b'a'; 4_091][..]].concat(), Front::More);
        check(&[b"*HQ,", &[b'a'; 4_092][..]].concat(), Front::Noise(1));
        check(b"\r\n", Front::Skip(1));
        check(b"7", Front::Noise(1));
        check(b"$GPRMC", Front::Noise(1));
        check(&bytes("24 91 70 51"), Front::More);
        let short = bytes("24 9170512345 092653 140326 33269335 06 0704015602 034187 FFFFFBFF FF0005");
        check(&short[..31], Front::More);
        check(&short, Front::Frame(32));
        let long =
            bytes("24 3500000000000140 092653 140326 33269335 06 0704015602 034187 FFFFFBFF 00010203040506070809");
        check(&long[..41], Front::More);
        check(&long, Front::Frame(42));
        check(b"X1234", Front::More);
        check(&[b'X'; 32], Front::Frame(32));
        check(b"X1234*HQ,", Front::Noise(5));
        check(&[b"X", &short[..]].concat(), Front::Noise(1));
    }

    #[test]
    fn a_setting_decides_at_once() {
        let short = bytes("24 9170512345 092653 140326 33269335 06 0704015602 034187 FFFFFBFF FF0005");
        let mut framer = Framer::default();
        framer.set(Some(45));
        assert_eq!(framer.front(&short), Front::More);
        assert_eq!(framer.front(&[&short[..], &[0; 13]].concat()), Front::Frame(45));
        framer.set(None);
        assert_eq!(framer.front(&short), Front::Frame(32), "another device, that is set up for nothing");
    }
}
