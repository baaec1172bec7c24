//! Instants in UTC with millisecond precision, and the calendar arithmetic that decoders and dialects need.
//!
//! No clock is read here: every instant comes from a device, from a document or from a caller.

use std::fmt;
use std::ops::{Add, Sub};

/// Milliseconds in a second.
pub const MS_PER_SECOND: i64 = 1_000;
/// Milliseconds in a day.
pub const MS_PER_DAY: i64 = 86_400_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Covers the years 0000 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(i64);

/// A date and time of day without a zone, in the proleptic Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// Year, 0 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
    /// Millisecond, 0 to 999.
    pub millisecond: u16,
}

/// Why a text is not an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    /// The text does not have the form of a date and time.
    Form,
    /// A field is outside its range (month 13, 30 February, hour 24).
    Range,
    /// The text has no zone, and the caller asked for one.
    NoZone,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "not a date and time",
            Self::Range => "a field of the date or time is out of range",
            Self::NoZone => "the time has no zone",
        })
    }
}

impl std::error::Error for TimeError {}

impl Timestamp {
    /// 0000-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant `ms` milliseconds after the epoch, or `None` outside the years 0000 to 9999.
    pub const fn from_ms(ms: i64) -> Option<Self> {
        if ms >= Self::MIN.0 && ms <= Self::MAX.0 { Some(Self(ms)) } else { None }
    }

    /// The instant `ms` milliseconds after the epoch; beyond the supported years, the nearest supported instant.
    pub const fn from_ms_clamped(ms: i64) -> Self {
        if ms < Self::MIN.0 {
            Self::MIN
        } else if ms > Self::MAX.0 {
            Self::MAX
        } else {
            Self(ms)
        }
    }

    /// The instant `s` seconds after the epoch, or `None` outside the supported years.
    pub const fn from_s(s: i64) -> Option<Self> {
        match s.checked_mul(MS_PER_SECOND) {
            Some(ms) => Self::from_ms(ms),
            None => None,
        }
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn s(self) -> i64 {
        self.0.div_euclid(MS_PER_SECOND)
    }

    /// This instant plus `ms` milliseconds, kept within the supported years.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms_clamped(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The instant at which a clock in UTC shows `civil`. Errors with [`TimeError::Range`] on an impossible date.
    pub fn from_civil(civil: Civil) -> Result<Self, TimeError> {
        let Civil { year, month, day, hour, minute, second, millisecond } = civil;
        let in_range = year <= 9999
            && (1..=12).contains(&month)
            && day >= 1
            && day <= days_in_month(year, month)
            && hour < 24
            && minute < 60
            && second < 60
            && millisecond < 1000;
        if !in_range {
            return Err(TimeError::Range);
        }
        let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
        let s = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        Ok(Self(days * MS_PER_DAY + s * MS_PER_SECOND + i64::from(millisecond)))
    }

    /// What a clock shows at this instant where the offset from UTC is `offset_s` seconds.
    pub fn civil(self, offset_s: i32) -> Civil {
        let local = Self::from_ms_clamped(self.0 + i64::from(offset_s) * MS_PER_SECOND).0;
        let (year, month, day) = civil_from_days(local.div_euclid(MS_PER_DAY));
        let ms = local.rem_euclid(MS_PER_DAY);
        let s = ms / MS_PER_SECOND;
        Civil {
            year: year as u16,
            month,
            day,
            hour: (s / 3600) as u8,
            minute: (s / 60 % 60) as u8,
            second: (s % 60) as u8,
            millisecond: (ms % MS_PER_SECOND) as u16,
        }
    }

    /// Reads an ISO 8601 date and time with zone: `2026-03-14T09:26:53Z`, a fraction of any length (cut to
    /// milliseconds), `+03:00`, `+0300`, `+03`. A blank may stand for the `T`.
    pub fn parse_iso(text: &str) -> Result<Self, TimeError> {
        let (civil, zone) = parse_civil(text)?;
        let offset_s = parse_zone(zone)?.ok_or(TimeError::NoZone)?;
        let ms = Self::from_civil(civil)?.0 - i64::from(offset_s) * MS_PER_SECOND;
        Self::from_ms(ms).ok_or(TimeError::Range)
    }
}

/// Reads a date and time without a zone: `2026-03-14 09:26:53`, or with `T`, with an optional fraction.
impl std::str::FromStr for Civil {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        match parse_civil(text)? {
            (civil, "") => Ok(civil),
            _ => Err(TimeError::Form),
        }
    }
}

impl Add<std::time::Duration> for Timestamp {
    type Output = Self;

    fn add(self, by: std::time::Duration) -> Self {
        self.plus_ms(i64::try_from(by.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Sub for Timestamp {
    type Output = i64;

    /// Milliseconds between two instants, signed.
    fn sub(self, earlier: Self) -> i64 {
        self.since_ms(earlier)
    }
}

/// `2026-03-14T09:26:53.250Z`, always with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil(0);
        // Written by hand: reports and messages are full of times.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let fields = [
            (0, 4, c.year),
            (5, 2, c.month.into()),
            (8, 2, c.day.into()),
            (11, 2, c.hour.into()),
            (14, 2, c.minute.into()),
            (17, 2, c.second.into()),
            (20, 3, c.millisecond),
        ];
        for (at, digits, mut value) in fields {
            for digit in text[at..at + digits].iter_mut().rev() {
                *digit = b'0' + (value % 10) as u8;
                value /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn parse_civil(text: &str) -> Result<(Civil, &str), TimeError> {
    let b = text.as_bytes();
    let field = |from: usize, len: usize| -> Result<u16, TimeError> {
        let digits = b.get(from..from + len).ok_or(TimeError::Form)?;
        digits.iter().try_fold(0u16, |n, d| match d {
            b'0'..=b'9' => Ok(n * 10 + u16::from(d - b'0')),
            _ => Err(TimeError::Form),
        })
    };
    let separated = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
    if !separated.iter().all(|(at, any)| b.get(*at).is_some_and(|c| any.as_bytes().contains(c))) {
        return Err(TimeError::Form);
    }
    let mut civil = Civil {
        year: field(0, 4)?,
        month: field(5, 2)? as u8,
        day: field(8, 2)? as u8,
        hour: field(11, 2)? as u8,
        minute: field(14, 2)? as u8,
        second: field(17, 2)? as u8,
        millisecond: 0,
    };
    // All of the first 19 bytes are ASCII by now, so this cannot split a character.
    let mut rest = &text[19..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(TimeError::Form);
        }
        for (i, d) in fraction.bytes().take(digits.min(3)).enumerate() {
            civil.millisecond += u16::from(d - b'0') * [100, 10, 1][i];
        }
        rest = &fraction[digits..];
    }
    Ok((civil, rest))
}

/// The offset in seconds, or `None` when there is no zone at all.
fn parse_zone(zone: &str) -> Result<Option<i32>, TimeError> {
    let b = zone.as_bytes();
    let sign = match b {
        [] => return Ok(None),
        b"Z" | b"z" => return Ok(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return Err(TimeError::Form),
    };
    let two = |d: &[u8]| -> Option<i32> {
        d.iter().all(u8::is_ascii_digit).then(|| i32::from(d[0] - b'0') * 10 + i32::from(d[1] - b'0'))
    };
    let (hours, minutes) = match &b[1..] {
        h @ [_, _] => (two(h), Some(0)),
        [h1, h2, m @ ..] if m.len() == 2 => (two(&[*h1, *h2]), two(m)),
        [h1, h2, b':', m @ ..] if m.len() == 2 => (two(&[*h1, *h2]), two(m)),
        _ => return Err(TimeError::Form),
    };
    match (hours, minutes) {
        (Some(h), Some(m)) if h < 24 && m < 60 => Ok(Some(sign * (h * 3600 + m * 60))),
        (Some(_), Some(_)) => Err(TimeError::Range),
        _ => Err(TimeError::Form),
    }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch. Counts years from March, so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_instants() {
        let check = |text: &str, ms: i64, canonical: &str| {
            let t = Timestamp::parse_iso(text).expect(text);
            assert_eq!((t.ms(), t.to_string().as_str()), (ms, canonical), "{text}");
        };
        check("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z");
        check("2026-03-14T09:26:53Z", 1_773_480_413_000, "2026-03-14T09:26:53.000Z");
        check("2026-03-14T09:26:53.2509Z", 1_773_480_413_250, "2026-03-14T09:26:53.250Z");
        check("2026-03-14 12:26:53+03:00", 1_773_480_413_000, "2026-03-14T09:26:53.000Z");
        check("2026-03-13T21:56:53-1130", 1_773_480_413_000, "2026-03-14T09:26:53.000Z");
        check("2000-02-29T23:59:59.9z", 951_868_799_900, "2000-02-29T23:59:59.900Z");
        check("9999-12-31T23:59:59.999Z", Timestamp::MAX.ms(), "9999-12-31T23:59:59.999Z");
        check("0000-01-01T00:00:00Z", Timestamp::MIN.ms(), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn refuses_what_is_no_instant() {
        let check = |text: &str, error: TimeError| assert_eq!(Timestamp::parse_iso(text), Err(error), "{text}");
        check("", TimeError::Form);
        check("2026-03-14", TimeError::Form);
        check("2026-03-14T09:26:53", TimeError::NoZone);
        check("2026-03-14T09:26:53.Z", TimeError::Form);
        check("2026-03-14T09:26:53+3", TimeError::Form);
        check("2026-03-14T09:26:53Ω", TimeError::Form);
        check("2026-02-29T09:26:53Z", TimeError::Range);
        check("2026-13-01T09:26:53Z", TimeError::Range);
        check("2026-03-14T24:00:00Z", TimeError::Range);
        check("2026-03-14T09:26:53+24:00", TimeError::Range);
        check("9999-12-31T23:59:59-01:00", TimeError::Range);
    }

    #[test]
    fn every_day_of_eight_centuries_survives_the_round_trip() {
        for days in -146_097..146_097 {
            let t = Timestamp::from_ms(days * MS_PER_DAY + 1).expect("in range");
            assert_eq!(Timestamp::from_civil(t.civil(0)), Ok(t));
        }
    }
}
