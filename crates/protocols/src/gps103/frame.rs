//! Where frames end: at a semicolon, at the end of the line, or, in one form, at a star that is a field of its own.

use crate::framed::Front;

/// A line with nothing in it that ends it may be so long, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
pub(super) const IMEI_DIGITS: usize = 15;
const LOGIN: &[u8] = b"##,imei:";
const REPORT: &[u8] = b"imei:";

pub(super) fn front(bytes: &[u8]) -> Front {
    match bytes[0] {
        b';' | b'*' | b'\r' | b'\n' | b' ' | 0 | 0xFF => Front::Skip(1),
        b'#' => line(bytes, LOGIN),
        b'i' => line(bytes, REPORT),
        b'0'..=b'9' => heartbeat(bytes),
        _ => Front::Noise(1),
    }
}

/// A line that begins so, to its end, unless another begins before.
fn line(bytes: &[u8], start: &[u8]) -> Front {
    let Some(rest) = bytes.get(start.len()..) else {
        return if start.starts_with(bytes) { Front::More } else { Front::Noise(1) };
    };
    if !bytes.starts_with(start) {
        return Front::Noise(1);
    }
    for (nth, byte) in rest.iter().enumerate().take(TEXT_BYTES_MAX - start.len()) {
        let at = start.len() + nth;
        match byte {
            b';' | b'\r' | b'\n' => return Front::Frame(at + 1),
            b'*' if bytes[at - 1] == b',' => return Front::Frame(at + 1),
            b'#' | b'i' if begins(&bytes[at..]) => return Front::Noise(at),
            _ => {}
        }
    }
    if bytes.len() < TEXT_BYTES_MAX { Front::More } else { Front::Noise(1) }
}

fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(LOGIN) || bytes.starts_with(REPORT)
}

/// An IMEI alone, with its end, or with none where a line follows.
fn heartbeat(bytes: &[u8]) -> Front {
    let digits = bytes.iter().take(IMEI_DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
    let rest = &bytes[digits..];
    match (digits, rest.first()) {
        (0..=IMEI_DIGITS, None) => Front::More,
        (IMEI_DIGITS, Some(b';' | b'\r' | b'\n')) => Front::Frame(IMEI_DIGITS + 1),
        (IMEI_DIGITS, Some(_)) if begins(rest) => Front::Frame(IMEI_DIGITS),
        (IMEI_DIGITS, Some(_)) if LOGIN.starts_with(rest) || REPORT.starts_with(rest) => Front::More,
        _ => Front::Noise(1),
    }
}

/// Whether the bytes begin a connection of this family: nothing is said first that begins otherwise.
pub(super) fn is_ours(bytes: &[u8]) -> Option<bool> {
    match front(bytes) {
        Front::Frame(_) => Some(true),
        Front::More if begins(bytes) => Some(true),
        Front::More => None,
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fronts_are_told() {
        let check = |input: &str, wanted: Front| assert_eq!(front(input.as_bytes()), wanted, "{input}");
        check("##,imei:350000000000014,A;", Front::Frame(26));
        check("#", Front::More);
        check("##,im", Front::More);
        check("#L#", Front::Noise(1));
        check("imei:1,tracker;imei", Front::Frame(15));
        check("imei:1,tracker\r\n", Front::Frame(15));
        check("imei:1,a*b,*;", Front::Frame(12));
        check("imei:1,track", Front::More);
        check("imei:1,trackimei:1,help me;", Front::Noise(12));
        check("imei:1,##,imei:1,A;", Front::Noise(7));
        check("imet", Front::Noise(1));
        check("350000000000014;", Front::Frame(16));
        check("350000000000014", Front::More);
        check("350000000000014im", Front::More);
        check("350000000000014imei:", Front::Frame(15));
        check("350000000000014##,imei:", Front::Frame(15));
        check("3500000000000145", Front::Noise(1));
        check("35000000000001,", Front::Noise(1));
        check(";", Front::Skip(1));
        check("x", Front::Noise(1));
        check(&format!("imei:{}", "x".repeat(4_090)), Front::More);
        check(&format!("imei:{}", "x".repeat(4_091)), Front::Noise(1));
    }
}
