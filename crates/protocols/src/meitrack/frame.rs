//! Where a message ends. The answer never depends on how the bytes were cut: it is given at the first byte that decides.

use memchr::memmem;

use crate::Limits;

/// A message of a device begins with two of these and a flag.
const START: u8 = b'$';
const FLAGS: std::ops::RangeInclusive<u8> = b'A'..=b'z';
const LENGTH_DIGITS_MAX: usize = 5;
/// The mark before the checksum, its two digits, and the end of the line.
const TRAILER_BYTES: usize = 5;
/// What the length counts at least: two commas, a digit, a letter and the trailer.
const COUNTED_BYTES_MIN: usize = 4 + TRAILER_BYTES;

/// What ends every message.
const END: &[u8] = b"\r\n";
/// Where the end of a message that is miscounted is looked for, in bytes from its start.
const MISCOUNTED_BYTES_MAX: usize = 1_024;
/// Places where a message may end before its announced end that are tried. Content may hold such bytes by chance.
const EARLY_ENDS_MAX: usize = 8;

/// What stands at the front of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Front {
    /// Too little to tell.
    More,
    /// A message of this many bytes in all.
    Message { bytes: usize },
    /// Nothing begins here, as the first so many bytes show.
    Noise { seen: usize },
}

pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    for (at, byte) in bytes.iter().take(3).enumerate() {
        if !(if at < 2 { *byte == START } else { FLAGS.contains(byte) }) {
            return Front::Noise { seen: at + 1 };
        }
    }
    let Some(rest) = bytes.get(3..) else { return Front::More };
    let digits = rest.iter().take(LENGTH_DIGITS_MAX).take_while(|b| b.is_ascii_digit()).count();
    let counted = rest[..digits].iter().fold(0, |n, digit| n * 10 + usize::from(digit - b'0'));
    match rest.get(digits) {
        None => return Front::More,
        Some(b',') if (COUNTED_BYTES_MIN..=limits.frame_bytes_max).contains(&counted) => {}
        Some(_) => return Front::Noise { seen: 3 + digits + 1 },
    }
    let whole = 3 + digits + counted;
    if let Some(front) = early(bytes, whole) {
        return front;
    }
    match bytes.get(whole - 2..whole) {
        None => Front::More,
        Some(b"\r\n") => Front::Message { bytes: whole },
        Some(_) => Front::Noise { seen: 1 },
    }
}

/// What shows before the announced end that the length is wrong: the checksum of a shorter message, or a good message
/// inside. Without this, one that is miscounted would hold back those after it until enough of them have come.
fn early(bytes: &[u8], whole: usize) -> Option<Front> {
    let before = whole.saturating_sub(1).min(MISCOUNTED_BYTES_MAX).min(bytes.len());
    let ends = memmem::find_iter(&bytes[..before], END).map(|at| &bytes[..at + END.len()]);
    ends.filter(|here| has_mark(here)).take(EARLY_ENDS_MAX).find_map(|here| {
        if is_right(here) {
            Some(Front::Message { bytes: here.len() })
        } else {
            let hides = |start: usize| is_exact(&here[start..]) && is_right(&here[start..]);
            (1..here.len()).any(hides).then_some(Front::Noise { seen: 1 })
        }
    })
}

/// Whether a mark stands where that of a message which ends here would.
fn has_mark(here: &[u8]) -> bool {
    here.len().checked_sub(TRAILER_BYTES).is_some_and(|at| here[at] == b'*')
}

/// Whether these bytes say rightly how long they are.
fn is_exact(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(&[START, START]).and_then(|rest| rest.get(1..)) else { return false };
    let digits = rest.iter().take(LENGTH_DIGITS_MAX).take_while(|b| b.is_ascii_digit()).count();
    let counted = rest[..digits].iter().fold(0, |n, digit| n * 10 + usize::from(digit - b'0'));
    rest.get(digits) == Some(&b',') && 3 + digits + counted == bytes.len()
}

/// Whether the checksum before the end is right.
fn is_right(bytes: &[u8]) -> bool {
    Message::of(bytes).is_some_and(|message| message.found == Some(message.computed))
}

/// The parts of a whole message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) flag: u8,
    pub(super) device: &'a str,
    pub(super) command: &'a str,
    /// What follows the command and a comma; empty if nothing does.
    pub(super) payload: &'a [u8],
    /// The checksum that it carries; `None` if that is no number.
    pub(super) found: Option<u8>,
    /// The checksum that its bytes give.
    pub(super) computed: u8,
}

impl<'a> Message<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (summed, trailer) = bytes.split_at_checked(bytes.len().checked_sub(TRAILER_BYTES - 1)?)?;
        let (mark, body) = summed.split_last()?;
        let comma = body.iter().position(|b| *b == b',')?;
        let (device, rest) = field(body.get(comma + 1..)?)?;
        let (command, payload) = field(rest)?;
        let digits = std::str::from_utf8(trailer.get(..2)?).ok();
        Some(Self {
            flag: *bytes.get(2)?,
            device: std::str::from_utf8(device).ok()?,
            command: std::str::from_utf8(command).ok()?,
            payload,
            found: digits.filter(|_| *mark == b'*').and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            computed: sum(summed),
        })
    }
}

/// What stands before the first comma, and what after it.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b',').unwrap_or(bytes.len());
    let (field, rest) = bytes.split_at_checked(end)?;
    Some((field, rest.get(1..).unwrap_or_default()))
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// A message of the server.
pub(super) fn around(flag: u8, device: &str, content: &str) -> Vec<u8> {
    let length = 2 + device.len() + content.len() + TRAILER_BYTES;
    let mut message = format!("@@{}{length},{device},{content}*", char::from(flag)).into_bytes();
    let checksum = sum(&message);
    message.extend_from_slice(format!("{checksum:02X}\r\n").as_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let limits = Limits { frame_bytes_max: 99, ..Limits::default() };
        let check = |bytes: &[u8], wanted: Front| assert_eq!(front(bytes, &limits), wanted, "{bytes:?}");
        check(b"", Front::More);
        check(b"@", Front::Noise { seen: 1 });
        check(b"$", Front::More);
        check(b"$@", Front::Noise { seen: 2 });
        check(b"$$1", Front::Noise { seen: 3 });
        check(b"$$A", Front::More);
        check(b"$$A1", Front::More);
        check(b"$$A,", Front::Noise { seen: 4 });
        check(b"$$A8,", Front::Noise { seen: 5 });
        check(b"$$A100,", Front::Noise { seen: 7 });
        check(b"$$A123456,", Front::Noise { seen: 9 });
        check(b"$$A9,1,A*3", Front::More);
        check(b"$$A9,1,A*3F\r", Front::More);
        check(b"$$A9,1,A*3F\r\n$", Front::Message { bytes: 13 });
        check(b"$$A9,1,A*3F..", Front::Noise { seen: 1 });
    }

    #[test]
    fn the_worked_commands() {
        let check = |flag: u8, content: &str, wanted: &str| {
            let message = around(flag, "350000000000014", content);
            assert_eq!(String::from_utf8(message).as_deref(), Ok(format!("{wanted}\r\n").as_str()));
        };
        check(b'A', "A10", "@@A25,350000000000014,A10*29");
        check(b'B', "C01,0,12222", "@@B33,350000000000014,C01,0,12222*AC");
    }
}
