//! Times as the wire prints them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Now, cut to the second, as most of the wire prints it.
pub fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).expect("the present is in range")
}

/// Now in milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The instant that `yyyy-MM-dd HH:mm:ss` names in a zone, or the one that ISO 8601 text names by itself.
///
/// # Panics
/// When the text has neither form.
pub fn instant(text: &str, zone: &str) -> Timestamp {
    if text.contains('T') {
        assert!(!text.contains('.'), "ISO times are printed without a fraction: {text}");
        return text.parse().unwrap_or_else(|error| panic!("not an ISO time: {text}: {error}"));
    }
    assert_eq!(text.len(), "2026-01-01 00:00:00".len(), "not the default time format: {text}");
    let civil: DateTime = text.parse().unwrap_or_else(|error| panic!("not a time: {text}: {error}"));
    let zone = TimeZone::get(zone).expect("a zone the tests know");
    civil.to_zoned(zone).expect("in range").timestamp()
}

/// Whether a printed time is the present in that zone, give or take what a busy machine needs.
pub fn same_zone_now(text: &str, zone: &str) -> bool {
    let printed = instant(text, zone);
    let tolerance = 20.seconds();
    let (low, high) = (now() - tolerance, now() + tolerance);
    low <= printed && printed <= high
}
