//! Where a line ends, and what it is made of. The answer never depends on how the bytes were cut.

use memchr::memchr;

use crate::Limits;
use crate::checksum::ARC;

/// What a datagram of version 2.0 begins with.
const VERSION_2: &[u8] = b"2.0;";
/// How a device names itself on a stream, where it does so in each line.
const IMEI_DIGITS: usize = 15;
const KIND_LETTERS_MAX: usize = 3;

/// Which rules a message goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    /// No checksum.
    One,
    /// A checksum is the last field of every message.
    Two,
}

/// What the front of a stream looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head {
    More,
    /// No line begins here.
    No,
    /// A line whose message begins after so many bytes; whether it holds many messages.
    Line {
        bytes: usize,
        is_black_box: bool,
    },
}

pub(super) fn head(bytes: &[u8]) -> Head {
    let name = bytes.iter().take(VERSION_2.len() + IMEI_DIGITS + 1).take_while(|b| **b != b'#').count();
    if !may_name(&bytes[..name], name < bytes.len()) {
        return Head::No;
    }
    let Some(rest) = bytes.get(name + 1..) else { return Head::More };
    let letters = rest.iter().take(KIND_LETTERS_MAX).take_while(|b| b.is_ascii_uppercase()).count();
    match rest.get(letters) {
        None => Head::More,
        Some(b'#') if letters > 0 => {
            Head::Line { bytes: name + 1 + letters + 1, is_black_box: &rest[..letters] == b"B" }
        }
        Some(_) => Head::No,
    }
}

/// Whether these bytes before a `#` can be a device's name for itself, or, if more may follow, its beginning.
fn may_name(name: &[u8], is_whole: bool) -> bool {
    if name.is_empty() || (!is_whole && VERSION_2.starts_with(name)) {
        return true;
    }
    let digits = name.strip_prefix(VERSION_2).unwrap_or(name);
    let is_long_enough = if is_whole { digits.len() == IMEI_DIGITS } else { digits.len() <= IMEI_DIGITS };
    is_long_enough && digits.iter().all(u8::is_ascii_digit)
}

/// How long a line may be.
pub(super) fn line_bytes_max(is_black_box: bool, limits: &Limits) -> usize {
    if is_black_box { limits.wialon_black_box_bytes_max } else { limits.frame_bytes_max }
}

/// The parts of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// The version that it says itself.
    pub(super) version: Option<Version>,
    /// The device that it names.
    pub(super) device: Option<&'a [u8]>,
    /// What stands between the two `#`.
    pub(super) kind: &'a str,
    pub(super) message: Part<'a>,
}

impl<'a> Packet<'a> {
    /// Takes a line apart. `None` if it is none.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let start = memchr(b'#', line)?;
        let kind_bytes = memchr(b'#', &line[start + 1..])?;
        let (kind, message) = line[start + 1..].split_at_checked(kind_bytes)?;
        let is_kind = !kind.is_empty() && kind.len() <= KIND_LETTERS_MAX && kind.iter().all(u8::is_ascii_uppercase);
        let name = line[..start].trim_ascii();
        let device = name.strip_prefix(VERSION_2).unwrap_or(name);
        let ends = message.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let bytes = &message[1..message.len() - ends.min(message.len() - 1)];
        let version = match (device.len() < name.len(), device.is_empty()) {
            (true, _) => Some(Version::Two),
            (false, false) => Some(Version::One),
            (false, true) => None,
        };
        is_kind.then_some(())?;
        Some(Self {
            version,
            device: Some(device).filter(|device| !device.is_empty()),
            kind: std::str::from_utf8(kind).ok()?,
            message: Part { bytes, at: start + 1 + kind_bytes + 1 },
        })
    }
}

/// A part of a line, and where in it that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part<'a> {
    pub(super) bytes: &'a [u8],
    /// Bytes from the beginning of the line.
    pub(super) at: usize,
}

impl<'a> Part<'a> {
    /// The parts between separators; at least one.
    pub(super) fn split(self, separator: u8) -> impl Iterator<Item = Part<'a>> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let part = rest.take()?;
            let Some(end) = memchr(separator, part.bytes) else { return Some(part) };
            rest = Some(Part { bytes: &part.bytes[end + 1..], at: part.at + end + 1 });
            Some(Part { bytes: &part.bytes[..end], at: part.at })
        })
    }

    /// The field as text, unless it is empty or says that there is nothing.
    pub(super) fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes.trim_ascii()).ok().filter(|text| !text.is_empty() && *text != "NA")
    }

    /// Whether something is said here.
    pub(super) fn is_said(self) -> bool {
        !matches!(self.bytes.trim_ascii(), b"" | b"NA")
    }
}

/// The checksum at the end of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sum {
    /// What it says; `None` if that is no number.
    pub(super) found: Option<u16>,
    /// What the message gives.
    pub(super) computed: u16,
    /// Where it stands in the line.
    pub(super) at: usize,
}

impl Sum {
    pub(super) fn is_right(self) -> bool {
        self.found == Some(self.computed)
    }
}

/// A message without its checksum, and the checksum. `separator` stands before that.
pub(super) fn summed(message: Part<'_>, separator: u8) -> (Part<'_>, Sum) {
    let end = message.bytes.iter().rposition(|b| *b == separator);
    let start = end.map_or(0, |end| end + 1);
    let (counted, digits) = message.bytes.split_at(start);
    let body = Part { bytes: &message.bytes[..end.unwrap_or(0)], at: message.at };
    (body, Sum { found: number(digits.trim_ascii()), computed: ARC.checksum(counted), at: message.at + start })
}

/// One to four hexadecimal digits.
fn number(digits: &[u8]) -> Option<u16> {
    let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u16::from_str_radix(text, 16).ok()
}

/// An answer.
pub(super) fn answer(kind: &str, words: &str) -> Vec<u8> {
    format!("#A{kind}#{words}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_by_its_head() {
        let line = |bytes| Head::Line { bytes, is_black_box: false };
        let check = |bytes: &[u8], wanted: Head| assert_eq!(head(bytes), wanted, "{}", bytes.escape_ascii());
        check(b"", Head::More);
        check(b"#", Head::More);
        check(b"#S", Head::More);
        check(b"#SD#1", line(4));
        check(b"#B#", Head::Line { bytes: 3, is_black_box: true });
        check(b"##", Head::No);
        check(b"#l#", Head::No);
        check(b"#ABCD#", Head::No);
        check(b"2.", Head::More);
        check(b"2.0;3500", Head::More);
        check(b"2.0;350000000000014#D#", line(22));
        check(b"350000000000014#P#", line(18));
        check(b"35000000000001#P#", Head::No);
        check(b"3500000000000144", Head::No);
        check(b"x", Head::No);
    }

    #[test]
    fn lines_come_apart() {
        let check =
            |line: &[u8], version: Option<Version>, device: Option<&str>, kind: &str, message: (&str, usize)| {
                let packet = Packet::of(line).expect("is a line");
                assert_eq!((packet.version, packet.device, packet.kind), (version, device.map(str::as_bytes), kind));
                assert_eq!((packet.message.bytes, packet.message.at), (message.0.as_bytes(), message.1));
            };
        check(b"#P#\r\n", None, None, "P", ("", 3));
        check(b"#M#a;b\n", None, None, "M", ("a;b", 3));
        check(b"van 7#SD#x", Some(Version::One), Some("van 7"), "SD", ("x", 9));
        check(b"2.0;van#D#x\r\n", Some(Version::Two), Some("van"), "D", ("x", 10));
        for bad in [&b"P"[..], b"#P", b"##x", b"#p#", b"#ABCD#"] {
            assert!(Packet::of(bad).is_none(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn checksums_are_hexadecimal_of_any_case_and_length() {
        let check = |message: &str, body: &str, is_right: bool| {
            let (found, sum) = summed(Part { bytes: message.as_bytes(), at: 3 }, b';');
            assert_eq!((found.bytes, sum.is_right()), (body.as_bytes(), is_right), "{message}");
        };
        check("2.0;350000000000014;NA;3672", "2.0;350000000000014;NA", true);
        check("2.0;350000000000014;NA;3673", "2.0;350000000000014;NA", false);
        check("2.0;350000000000014;NA;03672", "2.0;350000000000014;NA", true);
        check("2.0;350000000000014;NA;", "2.0;350000000000014;NA", false);
        check("2.0;350000000000014;NA;+672", "2.0;350000000000014;NA", false);
        check("0", "", true);
        check("", "", false);
    }
}
