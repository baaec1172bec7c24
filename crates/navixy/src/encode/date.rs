//! Dates in the user's zone, plain or ISO 8601.

use model::Timestamp;

use crate::wire::Dates;

/// What a date needs of a time zone.
pub trait LocalTime {
    /// Seconds east of UTC at an instant.
    fn offset_s(&self, at: Timestamp) -> i32;
}

impl LocalTime for fleet::Zone {
    fn offset_s(&self, at: Timestamp) -> i32 {
        Self::offset_s(self, at)
    }
}

/// The zone without offset.
#[derive(Clone, Copy, Debug)]
pub struct Utc;

impl LocalTime for Utc {
    fn offset_s(&self, _: Timestamp) -> i32 {
        0
    }
}

/// The longest date: `2026-03-14T09:26:53+03:00`.
const DATE_BYTES_MAX: usize = 25;
/// A day.
const DAY_BYTES: usize = 10;
/// A date and time without offset.
const PLAIN_BYTES: usize = 19;

/// A date as text, in place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateText {
    bytes: [u8; DATE_BYTES_MAX],
    len: u8,
}

impl DateText {
    /// What a clock in `zone` shows at an instant, whole seconds, rounded down.
    pub fn new(at: Timestamp, zone: &(impl LocalTime + ?Sized), dates: Dates) -> Self {
        let offset_s = zone.offset_s(at);
        let civil = at.civil(offset_s);
        let mut bytes = *b"0000-00-00 00:00:00+00:00";
        put_pair(&mut bytes, 0, u32::from(civil.year) / 100);
        put_pair(&mut bytes, 2, u32::from(civil.year) % 100);
        put_pair(&mut bytes, 5, u32::from(civil.month));
        put_pair(&mut bytes, 8, u32::from(civil.day));
        put_pair(&mut bytes, 11, u32::from(civil.hour));
        put_pair(&mut bytes, 14, u32::from(civil.minute));
        put_pair(&mut bytes, 17, u32::from(civil.second));
        let mut len = PLAIN_BYTES;
        if dates == Dates::Iso {
            bytes[10] = b'T';
            len = put_offset(&mut bytes, offset_s);
        }
        Self { bytes, len: len as u8 }
    }

    /// Only the day.
    pub fn day(&self) -> &[u8] {
        &self.bytes[..DAY_BYTES]
    }

    /// The text, which is ASCII and needs no escaping.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Two digits of a number under 100.
fn put_pair(bytes: &mut [u8; DATE_BYTES_MAX], at: usize, n: u32) {
    bytes[at] = b'0' + (n / 10 % 10) as u8;
    bytes[at + 1] = b'0' + (n % 10) as u8;
}

/// Writes the offset from UTC and gives the length that the date then has.
fn put_offset(bytes: &mut [u8; DATE_BYTES_MAX], offset_s: i32) -> usize {
    if offset_s == 0 {
        bytes[PLAIN_BYTES] = b'Z';
        return PLAIN_BYTES + 1;
    }
    let minutes = offset_s.unsigned_abs() / 60;
    bytes[PLAIN_BYTES] = if offset_s < 0 { b'-' } else { b'+' };
    put_pair(bytes, 20, minutes / 60);
    put_pair(bytes, 23, minutes % 60);
    DATE_BYTES_MAX
}

/// How many different seconds a writer remembers: about as many as the dates of one state have.
const REMEMBERED: usize = 4;

/// Writes the dates of one state. Most of them are one of a few seconds, so these are remembered: the zone's rules
/// and the calendar are asked once for each.
pub struct DateWriter<'z, Z: ?Sized> {
    zone: &'z Z,
    dates: Dates,
    /// The last few seconds and their texts, overwritten in turn.
    recent: [(i64, DateText); REMEMBERED],
    next: usize,
}

impl<'z, Z: LocalTime + ?Sized> DateWriter<'z, Z> {
    /// For this zone and form.
    pub const fn new(zone: &'z Z, dates: Dates) -> Self {
        // No instant is in this second.
        const NEVER: (i64, DateText) = (i64::MIN, DateText { bytes: [0; DATE_BYTES_MAX], len: 0 });
        Self { zone, dates, recent: [NEVER; REMEMBERED], next: 0 }
    }

    /// Writes a date as a JSON string.
    pub fn write(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        let s = at.s();
        let text = match self.recent.iter().find(|(second, _)| *second == s) {
            Some((_, text)) => *text,
            None => {
                let text = DateText::new(at, self.zone, self.dates);
                self.recent[self.next] = (s, text);
                self.next = (self.next + 1) % REMEMBERED;
                text
            }
        };
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }

    /// Writes a date, or `null`.
    pub fn write_or_null(&mut self, at: Option<Timestamp>, out: &mut Vec<u8>) {
        match at {
            Some(at) => self.write(at, out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The same offset at all times.
    pub(crate) struct Fixed(pub(crate) i32);

    impl LocalTime for Fixed {
        fn offset_s(&self, _: Timestamp) -> i32 {
            self.0
        }
    }

    #[test]
    fn dates_follow_zone_and_form() {
        let check = |instant: &str, offset_s: i32, plain: &str, iso: &str| {
            let at = Timestamp::parse_iso(instant).expect(instant);
            let text = |dates| String::from_utf8(DateText::new(at, &Fixed(offset_s), dates).as_bytes().to_vec());
            assert_eq!(text(Dates::Plain).as_deref(), Ok(plain), "{instant}");
            assert_eq!(text(Dates::Iso).as_deref(), Ok(iso), "{instant}");
        };
        check("2026-03-14T09:26:53.999Z", 0, "2026-03-14 09:26:53", "2026-03-14T09:26:53Z");
        check("2026-03-14T09:26:53Z", 10_800, "2026-03-14 12:26:53", "2026-03-14T12:26:53+03:00");
        check("2026-03-14T09:26:53Z", -12_600, "2026-03-14 05:56:53", "2026-03-14T05:56:53-03:30");
        check("2026-12-31T23:30:00Z", 3_600, "2027-01-01 00:30:00", "2027-01-01T00:30:00+01:00");
        check("0001-02-03T04:05:06Z", 0, "0001-02-03 04:05:06", "0001-02-03T04:05:06Z");
    }

    #[test]
    fn the_writer_remembers_no_other_second() {
        let at = |ms| Timestamp::from_ms(ms).expect("in range");
        let mut out = Vec::new();
        let mut dates = DateWriter::new(&Fixed(0), Dates::Plain);
        for ms in [0, 999, 1_000, 0, 2_000, 3_000, 4_000, 0] {
            dates.write(at(ms), &mut out);
        }
        dates.write_or_null(None, &mut out);
        let text = String::from_utf8(out).expect("ASCII");
        let expected = [0, 0, 1, 0, 2, 3, 4, 0].map(|s| format!("\"1970-01-01 00:00:0{s}\"")).concat();
        assert_eq!(text, format!("{expected}null"));
    }
}
