//! Where messages begin and end among other bytes.

use memchr::{memchr, memchr3};

use super::escape::Dialect;
use super::header::Message;
use crate::Limits;
use crate::framed::Front;

/// The shortest message: a header with a counter of one byte, no body, the check byte.
const CONTENT_BYTES_MIN: usize = 12;
/// The longest line of a lock, in bytes.
const LINE_BYTES_MAX: usize = 4_096;
const LINE_BEGINS: u8 = b'(';
const LINE_ENDS: u8 = b')';

/// The first bytes of messages that devices send.
const BEGINNINGS: [u8; 15] = [0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x13, 0x20, 0x55, 0x60, 0x88];

/// Finds messages. One byte may end a message and begin the next.
#[derive(Debug)]
pub(super) struct Framer {
    /// A message may go on from here without a delimiter of its own: one has just been used.
    after: Option<Dialect>,
    /// The last bytes were noise: fillers after them belong to it.
    is_noisy: bool,
}

impl Framer {
    pub(super) fn new() -> Self {
        // A message that was cut out between two others has lost its first byte, and can still be read.
        Self { after: Some(Dialect::Standard), is_noisy: false }
    }

    pub(super) fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        let front = self.look(bytes, limits);
        match front {
            Front::Noise(_) => self.is_noisy = true,
            Front::Frame(_) => self.is_noisy = false,
            Front::More | Front::Skip(_) | Front::Alive(_) => {}
        }
        front
    }

    fn look(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        let first = bytes[0];
        if let Some(dialect) = Dialect::of(first) {
            return self.delimited(dialect, bytes, limits);
        }
        if first == LINE_BEGINS {
            return self.line(bytes);
        }
        match self.after {
            Some(dialect) => self.shared(dialect, bytes, limits),
            None => self.between(bytes),
        }
    }

    fn delimited(&mut self, dialect: Dialect, bytes: &[u8], limits: &Limits) -> Front {
        let bytes_max = limits.jt808_frame_bytes_max;
        let seen = &bytes[1..bytes.len().min(bytes_max)];
        self.after = None;
        let end = memchr(dialect.delimiter(), seen);
        if let Some(at) = within(dialect.other(), &seen[..end.unwrap_or(seen.len())]) {
            return Front::Noise(at + 1);
        }
        match end {
            None if bytes.len() < bytes_max => Front::More,
            None => Front::Noise(1),
            Some(0) => Front::Skip(1),
            // The second delimiter may be the first of a message.
            Some(length) if length < CONTENT_BYTES_MIN => Front::Noise(length + 1),
            Some(length) => {
                self.after = Some(dialect);
                Front::Frame(length + 2)
            }
        }
    }

    /// A message whose first delimiter was the last of the one before. Only one that is beyond doubt, because these
    /// may be any bytes.
    fn shared(&mut self, dialect: Dialect, bytes: &[u8], limits: &Limits) -> Front {
        let seen = &bytes[..bytes.len().min(limits.jt808_frame_bytes_max)];
        if BEGINNINGS.contains(&bytes[0]) && !is_filler(bytes[0], bytes.get(1)) {
            match memchr(dialect.delimiter(), seen) {
                None if bytes.len() < limits.jt808_frame_bytes_max => return Front::More,
                Some(length) if is_message(dialect, &bytes[..length]) => return Front::Frame(length + 1),
                _ => {}
            }
        }
        self.after = None;
        self.between(bytes)
    }

    fn line(&mut self, bytes: &[u8]) -> Front {
        self.after = None;
        let seen = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
        match memchr3(LINE_ENDS, Dialect::Standard.delimiter(), Dialect::Lock.delimiter(), seen) {
            Some(at) if bytes[at] == LINE_ENDS => Front::Frame(at + 1),
            Some(at) => Front::Noise(at),
            None if bytes.len() < LINE_BYTES_MAX => Front::More,
            None => Front::Noise(1),
        }
    }

    fn between(&self, bytes: &[u8]) -> Front {
        if !self.is_noisy && matches!(bytes[0], b'\r' | b'\n' | b' ' | 0x00 | 0xFF) {
            return Front::Skip(1);
        }
        let (standard, lock) = (Dialect::Standard.delimiter(), Dialect::Lock.delimiter());
        let next = memchr3(standard, lock, LINE_BEGINS, bytes);
        Front::Noise(next.unwrap_or(bytes.len()))
    }

    /// Whether these bytes, too few to tell, are the beginning of a message: a delimiter may as well be an end.
    pub(super) fn has_begun(held: &[u8]) -> bool {
        match held {
            [] => false,
            [LINE_BEGINS, ..] => true,
            [first, rest @ ..] => Dialect::of(*first).is_some() && !rest.is_empty(),
        }
    }
}

/// Whether a NUL is one that stands between messages: no message's number is 0.
fn is_filler(first: u8, second: Option<&u8>) -> bool {
    matches!(first, b'\r' | b'\n' | b' ') || (first == 0 && second == Some(&0))
}

/// Where a message of this dialect begins, one beyond doubt, in what began like one of the other: that was noise.
fn within(dialect: Dialect, bytes: &[u8]) -> Option<usize> {
    let begins = memchr(dialect.delimiter(), bytes)?;
    let inner = &bytes[begins + 1..];
    let ends = memchr(dialect.delimiter(), inner)?;
    is_message(dialect, &inner[..ends]).then_some(begins)
}

fn is_message(dialect: Dialect, sent: &[u8]) -> bool {
    Message::read(dialect, &dialect.unescape(sent)).is_ok_and(|m| m.is_sound() && m.is_length_right)
}

/// What lies between the delimiters of a frame, which may lack the first of them.
pub(super) fn content(frame: &[u8]) -> Option<(Dialect, &[u8])> {
    let (last, rest) = frame.split_last()?;
    let dialect = Dialect::of(*last)?;
    Some((dialect, rest.strip_prefix(&[*last]).unwrap_or(rest)))
}

/// The words of a frame that is a line.
pub(super) fn line(frame: &[u8]) -> Option<&[u8]> {
    frame.strip_prefix(&[LINE_BEGINS])?.strip_suffix(&[LINE_ENDS])
}

/// Whether the bytes begin with a delimiter that is there for this family only.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| Dialect::of(*first).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    const BEAT: &str = "7E 0002 0000 013912345678 0004 36 7E";

    fn fronts(all: &[u8]) -> Vec<Front> {
        let mut framer = Framer::new();
        let (mut rest, mut told) = (all, Vec::new());
        while !rest.is_empty() {
            let front = framer.front(rest, &Limits::default());
            told.push(front);
            let n = match front {
                Front::More => break,
                Front::Frame(n) | Front::Skip(n) | Front::Noise(n) | Front::Alive(n) => n,
            };
            rest = &rest[n..];
        }
        told
    }

    #[test]
    fn messages_are_found_among_other_bytes() {
        let beat = bytes(BEAT);
        let check = |parts: &[&[u8]], wanted: &[Front]| assert_eq!(fronts(&parts.concat()), wanted, "{parts:02x?}");
        use Front::{Frame, More, Noise, Skip};
        check(&[&beat], &[Frame(15)]);
        check(&[&beat, &beat], &[Frame(15), Frame(15)]);
        check(&[&beat[..14], &beat], &[Frame(15), Frame(14)]);
        check(&[&beat, &[0x7E], &beat], &[Frame(15), Skip(1), Frame(15)]);
        check(
            &[&beat, b"\r\n \0\0\xFF", &beat],
            &[Frame(15), Skip(1), Skip(1), Skip(1), Skip(1), Skip(1), Skip(1), Frame(15)],
        );
        check(&[b"xx", &beat, b"yyy", &beat], &[Noise(2), Frame(15), Noise(3), Frame(15)]);
        check(&[b"\x7Exx", &beat], &[Noise(3), Frame(15)]);
        check(&[&beat[..9], &beat], &[Noise(9), Frame(15)]);
        check(&[&beat[..13], &beat], &[Frame(14), Frame(14)]);
        check(&[b"(1,2)", &beat, b"(a"], &[Frame(5), Frame(15), More]);
        check(&[b"(a", &beat], &[Noise(2), Frame(15)]);
        check(&[&beat[1..]], &[Frame(14)]);
        check(&[&beat[..10]], &[More]);
        check(&[&[0xE7, 1], &beat, &[0xE7]], &[Noise(2), Frame(15), More]);
        let long = [&[0x7E][..], &[1; 70_000], &beat].concat();
        check(&[&long], &[Noise(1), Noise(70_000), Frame(15)]);
    }

    #[test]
    fn a_byte_that_may_be_an_end_has_begun_nothing() {
        let check = |held: &[u8], wanted: bool| assert_eq!(Framer::has_begun(held), wanted, "{held:02x?}");
        check(&[0x7E], false);
        check(&[0x7E, 0], true);
        check(&[0, 2], false);
        check(b"(", true);
        check(&[], false);
    }
}
