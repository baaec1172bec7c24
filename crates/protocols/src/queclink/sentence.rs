//! A sentence and its fields.

use model::Timestamp;

use super::line::Line;
use crate::bytes::is_bare;
use crate::draft::moment;
use crate::fields;

/// What a sentence is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head {
    /// A report about now.
    Live,
    /// A report from the device's memory.
    Buffered,
    /// An answer to a command, or a heartbeat.
    Answer,
}

/// The fields of a sentence that every one has, and the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sentence<'a> {
    pub(super) head: Head,
    /// Three letters.
    pub(super) kind: &'a str,
    /// Type of the device and version of its protocol, in hexadecimal.
    pub(super) version: &'a str,
    pub(super) line: Line,
    pub(super) imei: &'a str,
    /// Where the vehicle's number stands before the device's name.
    pub(super) vin: Option<&'a str>,
    /// All up to the time of sending, without it.
    all: Vec<&'a str>,
    /// Where in them the device's name stands.
    name_at: usize,
    /// When it was sent, as it is written.
    sent: &'a str,
    /// Counts the sentences, in hexadecimal.
    pub(super) count: &'a str,
}

const VIN_CHARS: usize = 17;

impl<'a> Sentence<'a> {
    /// Takes a sentence apart; `None` if it lacks what every one has.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let text = text.trim_end_matches(['$', '\0']);
        let (head, rest) = if let Some(rest) = text.strip_prefix("+RESP:GT") {
            (Head::Live, rest)
        } else if let Some(rest) = text.strip_prefix("+BUFF:GT") {
            (Head::Buffered, rest)
        } else {
            (Head::Answer, text.strip_prefix("+ACK:GT")?)
        };
        let mut all = split(rest);
        let count = all.pop()?;
        // Some leave the count out.
        let is_sent_last = is_digits(count, 14) && !all.last().is_some_and(|f| is_digits(f, 14));
        let (sent, count) = if is_sent_last { (count, "") } else { (all.pop()?, count) };
        let [kind, version, imei, others @ ..] = &all[..] else { return None };
        let (kind, version, imei) = (*kind, *version, *imei);
        let vin = others.first().copied().filter(|first| kind == "OBD" || is_vin(first));
        let name_at = 3 + usize::from(vin.is_some());
        Some(Self { head, kind, version, line: Line::of(version), imei, vin, all, name_at, sent, count })
    }

    /// Field `at` after the device's name, which is 0; empty when there is none.
    pub(super) fn at(&self, at: usize) -> &'a str {
        self.fields().get(at).copied().unwrap_or_default()
    }

    /// All fields, from the device's name on.
    pub(super) fn fields(&self) -> &[&'a str] {
        self.all.get(self.name_at..).unwrap_or_default()
    }

    /// When it was sent.
    pub(super) fn sent(&self, utc_offset_s: i32) -> Option<Timestamp> {
        time(self.sent, utc_offset_s)
    }
}

/// What commas part, without the blanks around it.
fn split(text: &str) -> Vec<&str> {
    let mut fields = Vec::with_capacity(memchr::memchr_iter(b',', text.as_bytes()).count() + 1);
    let mut start = 0;
    for at in memchr::memchr_iter(b',', text.as_bytes()).chain([text.len()]) {
        let field = &text[start..at];
        fields.push(if is_bare(field.as_bytes()) { field } else { field.trim() });
        start = at + 1;
    }
    fields
}

/// The identifier in what begins as a sentence, without reading the rest of it; `None` if there is none.
pub(super) fn identifier(text: &str) -> Option<&str> {
    let mut commas = memchr::memchr_iter(b',', text.as_bytes());
    let imei = match (commas.next(), commas.next(), commas.next(), commas.next()) {
        // Kind, version, identifier, time of sending, count: so many are enough whatever stands in them.
        (_, Some(before), Some(after), Some(_)) => Some(text[before + 1..after].trim()),
        _ => Sentence::of(text).map(|s| s.imei),
    };
    imei.filter(|imei| is_identifier(imei))
}

/// 15 digits, or 14 in hexadecimal.
fn is_identifier(imei: &str) -> bool {
    is_digits(imei, 15) || is_hex(imei, 14)
}

fn is_vin(field: &str) -> bool {
    field.len() == VIN_CHARS && field.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// Whether the field is so many decimal digits.
pub(super) fn is_digits(field: &str, count: usize) -> bool {
    field.len() == count && field.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the field is so many hexadecimal digits.
pub(super) fn is_hex(field: &str, count: usize) -> bool {
    field.len() == count && field.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A number that is written in hexadecimal.
pub(super) fn hex_number(field: &str) -> Option<u64> {
    u64::from_str_radix(field, 16).ok().filter(|_| !field.starts_with('+'))
}

/// A finite number.
pub(super) fn number(field: &str) -> Option<f64> {
    let is_plain = field.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    if is_plain && !field.is_empty() { fields::number(field) } else { None }
}

/// Volts: written as such if there is a point, else as millivolts.
pub(super) fn volts(field: &str) -> Option<f64> {
    number(field).map(|value| if field.contains('.') { value } else { value / 1_000.0 })
}

/// External power in volts: whole numbers up to 10 in its place mean something else.
pub(super) fn power(field: &str) -> Option<f64> {
    volts(field).filter(|_| field.contains('.') || number(field).is_some_and(|mv| mv > 10.0))
}

/// Hours of a meter `HHHHH:MM:SS`.
pub(super) fn hours(field: &str) -> Option<f64> {
    let mut parts = field.split(':');
    let mut part = |max: u32| parts.next()?.parse::<u32>().ok().filter(|n| *n < max);
    let (h, min, s) = (part(u32::MAX)?, part(60)?, part(60)?);
    parts.next().is_none().then(|| f64::from(h) + f64::from(min) / 60.0 + f64::from(s) / 3_600.0)
}

/// A moment as fourteen digits.
pub(super) fn time(field: &str, utc_offset_s: i32) -> Option<Timestamp> {
    if !is_digits(field, 14) {
        return None;
    }
    let digits: [u8; 14] = field.as_bytes().try_into().ok()?;
    let two = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
    let year = u16::from(two(0)) * 100 + u16::from(two(2));
    let is_known = year >= 1_980;
    is_known.then(|| moment((year, two(4), two(6)), (two(8), two(10), two(12)), utc_offset_s)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_read_from_both_ends() {
        let check = |text: &str, wanted: Option<(&str, Option<&str>, &str, &str)>| {
            let found = Sentence::of(text);
            assert_eq!(found.as_ref().map(|s| (s.kind, s.vin, s.at(0), s.count)), wanted, "{text}");
        };
        let vin = "1G1JC5444R7252367";
        check("+RESP:GTFRI,2F0E03,350000000000014,GV55,1,20260314092655,0042$", Some(("FRI", None, "GV55", "0042")));
        check(
            &format!("+BUFF:GTFRI,2F0E03,350000000000014,{vin},N,20260314092655,0042\0"),
            Some(("FRI", Some(vin), "N", "0042")),
        );
        check("+RESP:GTOBD,2F0E03,350000000000014,,N,20260314092655,0042$", Some(("OBD", Some(""), "N", "0042")));
        check("+ACK:GTHBD,2F0E03,350000000000014,GV55,20260314092655$", Some(("HBD", None, "GV55", "")));
        check("+ACK:GTHBD,2F0E03,350000000000014$", None);
        check("+ACK:GTHBD$", None);
        check("+RESP:XXFRI,1,2,3,4,5$", None);
    }

    #[test]
    fn fields_are_numbers_only_if_they_are() {
        assert_eq!((power("12634"), power("12.6"), power("7"), power("")), (Some(12.634), Some(12.6), None, None));
        assert_eq!((number("1e5"), number("inf"), number("-3.5"), number("NaN")), (None, None, Some(-3.5), None));
        assert_eq!(hours("00123:45:06"), Some(123.0 + 45.0 / 60.0 + 6.0 / 3_600.0));
        assert_eq!((hours("1:60:00"), hours("1:00"), hours("1:00:00:00"), hours("")), (None, None, None, None));
        assert_eq!(time("20260314092653", 0).map(|t| t.s()), Some(1_773_480_413));
        assert_eq!(
            (time("00000000000000", 0), time("2026031409265", 0), time("20260314282653", 0)),
            (None, None, None)
        );
        assert_eq!((hex_number("+1"), hex_number("0178"), hex_number("")), (None, Some(0x178), None));
    }
}
