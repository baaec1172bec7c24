//! Where frames end: lines at a carriage return, binary frames by their length.
//!
//! A carriage return may also stand in what a serial port said. Such lines tell how long that is, so that it can be
//! passed over; how the bytes were cut does not matter then.

use super::fields::{Cursor, model_stands, universal_fields_before};
use crate::Limits;
use crate::framed::Front;

/// The end of a line.
const END: u8 = b'\r';
/// The first byte of a binary frame that is written in decimal digits.
pub(super) const DIGITS: u8 = 2;
/// The types of the other binary frames.
const TYPES: std::ops::RangeInclusive<u8> = 0x80..=0x8F;
/// Lines of the universal form begin with one of these, and lines with a crash in them.
const UNIVERSAL: &[&[u8; 4]] = &[b"STT;", b"ALT;", b"BLE;", b"UEX;", b"RES;", b"CRR;"];
/// What follows a head that is only a model.
const PORTABLE: &[&[u8]] = &[b"Location;", b"Emergency;", b"Alert;", b"Res;"];
/// Identifiers have at least so many digits.
const ID_DIGITS_MIN: usize = 9;

/// Whether a line begins somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Start {
    /// It does, with a head of so many bytes.
    Line(usize),
    /// More bytes would tell.
    Perhaps,
    No,
}

/// Whether the bytes begin with the head of a line: `ST300STT;`, `ST910;` or `STT;`.
pub(super) fn head(bytes: &[u8]) -> Start {
    let may_come = match bytes.first_chunk() {
        Some(front) if UNIVERSAL.contains(&front) => return Start::Line(front.len()),
        Some(_) => false,
        None => UNIVERSAL.iter().any(|universal| universal.starts_with(bytes)),
    };
    for (at, byte) in bytes.iter().take(9).enumerate() {
        let fits = match at {
            0 => *byte == b'S',
            1 => matches!(byte, b'T' | b'A'),
            2..=4 => byte.is_ascii_digit(),
            5 if *byte == b';' => return Start::Line(6),
            5..=7 => byte.is_ascii_uppercase(),
            _ if *byte == b';' => return Start::Line(9),
            _ => false,
        };
        if !fits {
            return if may_come { Start::Perhaps } else { Start::No };
        }
    }
    Start::Perhaps
}

/// What is at the front of `bytes`, which are not empty.
pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    match bytes {
        [blank, ..] if is_blank(*blank) => Front::Skip(1),
        [DIGITS, ..] => binary(bytes, 1, 4, limits),
        [kind, 0, ..] if TYPES.contains(kind) => binary(bytes, 1, 3, limits),
        [kind] if TYPES.contains(kind) => Front::More,
        _ => match head(bytes) {
            Start::Line(head_bytes) => line(bytes, head_bytes, limits),
            Start::Perhaps => Front::More,
            Start::No => Front::Noise(until_start(bytes)),
        },
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b' ' | 0)
}

/// How far it is to the next byte that could begin something, beyond the first.
fn until_start(bytes: &[u8]) -> usize {
    let starts = |b: &u8| is_blank(*b) || *b == DIGITS || TYPES.contains(b) || b"SABURC".contains(b);
    bytes.iter().skip(1).position(starts).map_or(bytes.len(), |at| at + 1)
}

/// A frame whose length stands at `at` and does not count `uncounted` bytes.
fn binary(bytes: &[u8], at: usize, uncounted: usize, limits: &Limits) -> Front {
    let Some(length) = bytes.get(at..at + 2) else { return Front::More };
    let length = usize::from(length[0]) << 8 | usize::from(length[1]);
    if length == 0 || length > limits.frame_bytes_max {
        return Front::Noise(1);
    }
    if bytes.len() < length + uncounted { Front::More } else { Front::Frame(length + uncounted) }
}

fn line(bytes: &[u8], head_bytes: usize, limits: &Limits) -> Front {
    let shown = &bytes[..bytes.len().min(limits.suntech_line_bytes_max)];
    let data = data(shown, head_bytes);
    for (at, byte) in shown.iter().enumerate().skip(head_bytes) {
        if *byte == END && data.as_ref().is_none_or(|data| !data.contains(&at)) {
            return Front::Frame(at + 1);
        }
        if matches!(byte, b'S' | b'A' | b'B' | b'U' | b'R' | b'C') && is_whole_head(&bytes[at..]) {
            return match &bytes[..at] {
                // It told more data than it has.
                [.., END] => Front::Frame(at),
                [.., END, b'\n'] => Front::Frame(at - 1),
                // One that another begins within was cut off.
                _ => Front::Noise(at),
            };
        }
    }
    if shown.len() < limits.suntech_line_bytes_max { Front::More } else { Front::Noise(1) }
}

/// Where in a line with serial data that data stands, as far as it has come.
fn data(line: &[u8], head_bytes: usize) -> Option<std::ops::Range<usize>> {
    let is_serial = line.get(head_bytes - 4..head_bytes) == Some(b"UEX;");
    if !is_serial {
        return None;
    }
    let mut fields = Cursor::new(&line[head_bytes..]);
    fields.next();
    let before = if head_bytes == 4 {
        universal_fields_before(fields.hexadecimal()?)?
    } else {
        // Date to outputs, and what stands before them in some models.
        legacy_fields_before(&line[..5])
    };
    fields.skip(before);
    let length = fields.next().parse::<usize>().ok()?;
    // Without a field after it, the length may not have come whole.
    let start = line.len() - fields.rest()?.len();
    Some(start..start.checked_add(length)?)
}

/// How many fields stand between the identifier and the length.
fn legacy_fields_before(model: &[u8]) -> usize {
    let model = std::str::from_utf8(model).unwrap_or_default();
    // Firmware, date, time, place (2), speed, course, satellites, fix, mileage, power, lines.
    let tower = if model == "ST600" { 5 } else { usize::from(model != "ST500") };
    12 + usize::from(model_stands(model)) + tower
}

/// A head that is not only a field: of a model, with what portable devices say after it if that is all, or of the
/// universal form with an identifier after it.
fn is_whole_head(bytes: &[u8]) -> bool {
    match head(bytes) {
        Start::Line(4) => {
            let digits = bytes[4..].iter().take_while(|b| b.is_ascii_digit()).count();
            digits >= ID_DIGITS_MIN && bytes.get(4 + digits) == Some(&b';')
        }
        Start::Line(6) => PORTABLE.iter().any(|word| bytes[6..].starts_with(word)),
        Start::Line(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn frames_end_where_they_say() {
        let limits = Limits { suntech_line_bytes_max: 150, frame_bytes_max: 16, ..Limits::default() };
        let check = |raw: &[u8], wanted: Front| {
            assert_eq!(front(raw, &limits), wanted, "{:?}", String::from_utf8_lossy(raw));
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
        check(b"ST300STT;205000014;45\rx", Front::Frame(22));
        check(b"ST910;Location;1\r", Front::Frame(17));
        check(b"STT;0910000014;1\r\n", Front::Frame(17));
        check(b"ST300STT;2050ST300ALT;", Front::Noise(13));
        check(b"STT;0910000014;STT;0910000014;1", Front::Noise(15));
        check(b"STT;0910000014;STT;1;1\r", Front::Frame(23));
        check(b"STT;0910000014;ST300;ST910;1\r", Front::Frame(29));
        check(b"STT;0910000014;1ST910;Alert;", Front::Noise(16));
        check(b"UEX;0910000014;380004;1.0;99;a;3B\rSTT;0910000014;", Front::Frame(34));
        check(b"UEX;0910000014;380004;1.0;99;a;3B\r\nST300STT;", Front::Frame(34));
        check(b"ST30xSTT", Front::Noise(5));
        check(b"good morning\rS", Front::Noise(4));
        check(&[b"STT;".as_slice(), &[b'x'; 150]].concat(), Front::Noise(1));
        let place = "20260314;09:26:53;a1b2c;1.0;2.0;3;4;5;1;6;7;100000";
        let serial = format!("ST300UEX;205000014;45;314;{place};8;ab\r\ncd\r;;3B\r");
        check(serial.as_bytes(), Front::Frame(serial.len()));
        check(b"UEX;0910000014;000004;1.0;3;a\rb;00\r", Front::Frame(30));
        check(b"UEX;0910000014;380004;1.0;3;a\rb;00\r", Front::Frame(35));
        check(b"UEX;0910000014;380004;1.0;99999999999999999999;a\r", Front::Frame(49));
        check(b"UEX;0910000014;380004;1.0;18446744073709551615;a\r", Front::Frame(49));
        check(&bytes("81 0003 010203 FF"), Front::Frame(6));
        check(&bytes("02 0003 010203 FF"), Front::Frame(7));
        check(&bytes("81 00FF 010203"), Front::Noise(1));
        check(&bytes("02 0000"), Front::Noise(1));
        check(&bytes("81 0100"), Front::Noise(2));
    }
}
