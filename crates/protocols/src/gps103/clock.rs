//! When a report was made: a local date and time, and the time of day in UTC.

use model::Timestamp;

use crate::fields::{is_digits, moment_of, pairs};

/// From the year to the second, two each.
const LOCAL_DIGITS: usize = 12;
const LOCAL_DIGITS_WITHOUT_SECONDS: usize = 10;
const MIN_PER_DAY: i64 = 1_440;
const MIN_PER_HOUR: i64 = 60;
const MS_PER_MIN: i64 = 60_000;
const MS_PER_S: i64 = 1_000;

/// A local date and time to the minute, and its seconds if they are told.
struct Local {
    midnight: Timestamp,
    minute_of_day: i64,
    second: i64,
}

/// Twelve or ten digits, or ten with marks between them: `26/03/14 06:26`.
fn local(text: &str) -> Option<Local> {
    let mut digits = [b'0'; LOCAL_DIGITS];
    let mut count = 0;
    for byte in text.bytes().filter(|b| !matches!(b, b'/' | b':' | b' ')) {
        *digits.get_mut(count)? = byte;
        count += 1;
    }
    let all = std::str::from_utf8(&digits).ok().filter(|all| is_digits(all, LOCAL_DIGITS))?;
    if !matches!(count, LOCAL_DIGITS | LOCAL_DIGITS_WITHOUT_SECONDS) {
        return None;
    }
    let (hour, minute, second) = pairs(&all[6..])?;
    // Only what clocks show is a time.
    moment_of(pairs(&all[..6])?, (hour, minute, second), 0)?;
    let midnight = moment_of(pairs(&all[..6])?, (0, 0, 0), 0)?;
    Some(Local { midnight, minute_of_day: i64::from(hour) * MIN_PER_HOUR + i64::from(minute), second: second.into() })
}

/// The moment. The offset of the local time follows from the two times of day; it is looked for within half a day of
/// `utc_offset_s`, which holds alone where there is no time of day in UTC.
pub(super) fn moment(local_text: &str, utc: &str, utc_offset_s: Option<i32>) -> Option<Timestamp> {
    let Local { midnight, minute_of_day, second } = local(local_text)?;
    let offset_s = i64::from(utc_offset_s.unwrap_or(0));
    let Some((utc_minute, utc_ms)) = time_of_day(utc) else {
        let since_midnight_ms = minute_of_day * MS_PER_MIN + (second - offset_s) * MS_PER_S;
        return Some(midnight.plus_ms(since_midnight_ms));
    };
    let expected_min = offset_s / 60;
    let mut offset_min = minute_of_day - utc_minute;
    while offset_min <= expected_min - MIN_PER_DAY / 2 {
        offset_min += MIN_PER_DAY;
    }
    while offset_min > expected_min + MIN_PER_DAY / 2 {
        offset_min -= MIN_PER_DAY;
    }
    Some(midnight.plus_ms((minute_of_day - offset_min) * MS_PER_MIN + utc_ms))
}

/// `hhmmss`, perhaps with a fraction: the minute of the day, and the milliseconds in it.
fn time_of_day(text: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (hour, minute, second) = pairs(whole).filter(|(h, m, s)| *h < 24 && *m < 60 && *s < 60)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |b| i64::from(b - b'0'));
    let ms = digit(0) * 100 + digit(1) * 10 + digit(2);
    Some((i64::from(hour) * MIN_PER_HOUR + i64::from(minute), i64::from(second) * MS_PER_S + ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_follows_from_two_times_of_day() {
        let check = |local: &str, utc: &str, offset_s: Option<i32>, wanted: &str| {
            let told = moment(local, utc, offset_s).map_or(String::new(), |t| t.to_string());
            assert_eq!(told, wanted, "{local} {utc}");
        };
        check("260314062653", "092653.000", None, "2026-03-14T09:26:53.000Z");
        check("2603140626", "092653.5", None, "2026-03-14T09:26:53.500Z");
        check("26/03/14 06:26", "092653", None, "2026-03-14T09:26:53.000Z");
        check("2603141726", "092653.000", None, "2026-03-14T09:26:53.000Z");
        // Across midnight and the year, both ways.
        check("2512312130", "003000", None, "2026-01-01T00:30:00.000Z");
        check("2601010530", "213000", None, "2025-12-31T21:30:00.000Z");
        check("2603142126", "092653", None, "2026-03-14T09:26:53.000Z");
        check("2603142126", "092653", Some(-43_200), "2026-03-15T09:26:53.000Z");
        check("2603142226", "092653", Some(46_800), "2026-03-14T09:26:53.000Z");
        check("260314092653", "", None, "2026-03-14T09:26:53.000Z");
        check("260314092653", "2653.000", None, "2026-03-14T09:26:53.000Z");
        check("260314062653", "", Some(-10_800), "2026-03-14T09:26:53.000Z");
        check("260314092653", "996153", None, "2026-03-14T09:26:53.000Z");
        check("000000000000", "092653", None, "");
        check("261314092653", "092653", None, "");
        check("260314282653", "092653", None, "");
        check("800106000000", "000000", None, "");
        check("26031409265", "092653", None, "");
        check("", "092653", None, "");
    }
}
