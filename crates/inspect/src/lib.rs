//! What packets say and how commands are put, outside of any server: a session of a family with a host in memory.
//!
//! Sans-IO: bytes and settings go in, values and text come out. `odograph decode` and `encode` are thin shells on it.
#![deny(missing_docs)]

mod command;
mod describe;
mod inspector;
mod json;
mod units;

pub use command::{CommandError, ORDER_TYPES, OrderType, encode, order};
pub use describe::describe;
pub use inspector::{Diagnostic, Inspected, Inspector};
pub use json::line;

use model::{DeviceId, DeviceSettings, Timestamp};
use protocols::{FAMILIES, Family, Limits, RECOGNISE_BYTES_MAX, Recognised, recognise};

/// The family that these bytes begin a conversation of, if that can be told.
pub fn family_of(bytes: &[u8]) -> Option<&'static Family> {
    let first = &bytes[..bytes.len().min(RECOGNISE_BYTES_MAX)];
    match recognise(first) {
        Recognised::Family(family) => Some(family),
        Recognised::More | Recognised::Unknown => None,
    }
}

/// The family that makes the most of these bytes: the one whose beginning they are, else the first that finds reports
/// in them and nothing that it cannot use.
pub fn guess(bytes: &[u8], now: Timestamp) -> Option<&'static Family> {
    let makes_sense = |family: &&'static Family| {
        let settings = DeviceSettings::default();
        let mut inspector = Inspector::new(family, settings, DeviceId::new(SOMEBODY), &Limits::default(), now);
        let inspected = inspector.feed(bytes);
        inspected.diagnostics.is_empty() && !(inspected.reports.is_empty() && inspected.answers.is_empty())
    };
    family_of(bytes).or_else(|| FAMILIES.iter().find(makes_sense))
}

/// Who is taken to speak where a packet does not say it and nobody is named.
pub const SOMEBODY: &str = "000000000000000";

/// Bytes as somebody pasted them: pairs of hexadecimal digits with anything blank, `:` or `-` between them and perhaps
/// `0x` before them. `None` if they are something else.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = text.strip_prefix("0x").unwrap_or(text);
    let is_filler = |c: &char| c.is_whitespace() || matches!(c, ':' | '-');
    let digits: Option<Vec<u8>> =
        text.chars().filter(|c| !is_filler(c)).map(|c| c.to_digit(16).map(|d| d as u8)).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Bytes as somebody pasted them: hexadecimal if it can be, else the text itself, in which `\r`, `\n`, `\t`, `\\` and
/// `\xHH` stand for what they do in most languages.
pub fn pasted(text: &str) -> Vec<u8> {
    hex(text).unwrap_or_else(|| unescape(text))
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let simple = match after.as_bytes().first() {
            Some(b'r') => Some(b'\r'),
            Some(b'n') => Some(b'\n'),
            Some(b't') => Some(b'\t'),
            Some(b'\\') => Some(b'\\'),
            _ => None,
        };
        let number = after.strip_prefix('x').and_then(|hex| hex.get(..2)).and_then(|d| u8::from_str_radix(d, 16).ok());
        rest = match (simple, number) {
            (Some(byte), _) => {
                bytes.push(byte);
                &after[1..]
            }
            (None, Some(byte)) => {
                bytes.push(byte);
                &after[3..]
            }
            (None, None) => {
                bytes.push(b'\\');
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_hex_or_text() {
        let check = |text: &str, wanted: &[u8]| assert_eq!(pasted(text), wanted, "{text}");
        check("78 78 0D", &[0x78, 0x78, 0x0D]);
        check("0x7878", &[0x78, 0x78]);
        check("78:78-0d\n", &[0x78, 0x78, 0x0D]);
        check("787", b"787");
        check("*HQ,1#", b"*HQ,1#");
        check(r"a\r\n\x7E\\\q\", b"a\r\n\x7E\\\\q\\");
        check("", b"");
        assert_eq!(to_hex(&[0, 0xAB]), "00ab");
    }

    #[test]
    fn first_bytes_tell_the_family() {
        let name = |bytes: &[u8]| family_of(bytes).map(|family| family.name);
        assert_eq!(name(b"\x78\x78\x0D\x01"), Some("gt06"));
        assert_eq!(name(b"GET /?id=1"), Some("http"));
        assert_eq!(name(b"hello"), None);
    }

    #[test]
    fn a_packet_without_its_login_is_guessed() {
        let name = |bytes: &[u8]| guess(bytes, Timestamp::default()).map(|family| family.name);
        let record = "000000000000003B08010000019CEBAB884201D5E0B9CCEC101AB2021E00BB0B003FEF0703EF01F0011504\
            0242315A430FAC01100012D687014E0100001A2B3C4D5E010000B9C3";
        assert_eq!(name(&hex(record).expect("is hex")), Some("teltonika"));
        assert_eq!(name(b"hello"), None);
    }
}
