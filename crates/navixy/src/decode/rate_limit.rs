//! How often batches may come: `500ms`, `3s`, `5m`, `1h`, or an ISO 8601 duration.

use std::time::Duration;

/// What counts when a request names no limit.
pub const RATE_LIMIT_DEFAULT: Duration = Duration::from_secs(1);
/// The shortest time between two batches; less is taken as this.
pub const RATE_LIMIT_MIN: Duration = Duration::from_millis(100);
/// The longest time between two batches; more is taken as this.
pub const RATE_LIMIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a limit and brings it into range. `None` when the text is none; a number without a unit is none.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let ms = simple_ms(text).or_else(|| iso_ms(text))?;
    Some(Duration::from_millis(ms).clamp(RATE_LIMIT_MIN, RATE_LIMIT_MAX))
}

fn simple_ms(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text)?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    Some(number.saturating_mul(unit_ms))
}

/// Days, hours, minutes and seconds in this order, each at most once and at least one of them; a fraction of seconds.
fn iso_ms(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix(['P', 'p'])?;
    let mut units: &[(char, u64, bool)] =
        &[('D', 86_400_000, false), ('T', 0, false), ('H', 3_600_000, true), ('M', 60_000, true), ('S', 1_000, true)];
    let (mut total_ms, mut in_time, mut given) = (0u64, false, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['T', 't']) {
            if in_time || after.is_empty() {
                return None;
            }
            (rest, in_time) = (after, true);
            continue;
        }
        let (number, after) = split_number(rest)?;
        let (fraction_ms, after) = split_fraction(after)?;
        let letter = after.chars().next()?.to_ascii_uppercase();
        let at = units.iter().position(|(unit, ..)| *unit == letter && letter != 'T')?;
        let (_, unit_ms, of_time) = units[at];
        if of_time != in_time || (fraction_ms.is_some() && letter != 'S') {
            return None;
        }
        total_ms = total_ms.saturating_add(number.saturating_mul(unit_ms)).saturating_add(fraction_ms.unwrap_or(0));
        (units, rest, given) = (&units[at + 1..], &after[1..], true);
    }
    given.then_some(total_ms)
}

/// A whole number, saturating, and what follows it.
fn split_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (digits > 0).then(|| (number.parse().unwrap_or(u64::MAX), rest))
}

/// The milliseconds of a decimal fraction, if there is one; `None` when a point has no digits after it.
fn split_fraction(text: &str) -> Option<(Option<u64>, &str)> {
    let Some(fraction) = text.strip_prefix('.') else { return Some((None, text)) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, rest) = fraction.split_at(digits);
    let ms = fraction.bytes().chain(*b"00").take(3).fold(0, |ms, d| ms * 10 + u64::from(d - b'0'));
    (digits > 0).then_some((Some(ms), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_two_grammars_and_clamps() {
        let check = |text: &str, ms: u64| assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
        check("500ms", 500);
        check("3s", 3_000);
        check("5m", 300_000);
        check("1h", 3_600_000);
        check("PT5S", 5_000);
        check("pt1m30s", 90_000);
        check("PT0.25S", 250);
        check("PT1H", 3_600_000);
        check("P1D", 86_400_000);
        check("P0DT2M", 120_000);
        check("0ms", 100);
        check("99ms", 100);
        check("25h", 86_400_000);
        check("99999999999999999999999s", 86_400_000);
        check("P99999999999999999999D", 86_400_000);
    }

    #[test]
    fn refuses_other_text() {
        for text in [
            "", "5", "s", "1.5s", "5 s", "5S", "-5s", "5sec", "P", "PT", "P1DT", "PT5", "P5S", "PT1D", "PT5S5M",
            "PT1.5M", "PT1.S", "P1Y", "PTT5S", "٣s", "PT5S ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
