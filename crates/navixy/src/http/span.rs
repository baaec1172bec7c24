//! Spans of time that a call asks about.

use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use fleet::Zone;
use model::{Civil, MS_PER_DAY, TimeError, Timestamp};

use crate::errors::Condition;
use crate::http::answer::Refusal;
use crate::http::method::{Kind, Param, required};

/// When the span begins.
pub(super) const FROM: Param = required("from", Kind::DateTime, "the first second");
/// When it ends.
pub(super) const TO: Param = required("to", Kind::DateTime, "the last second");

const NOT_A_DATE: Mistyped = Mistyped("must be a date and time as yyyy-MM-dd HH:mm:ss, or in ISO 8601");

/// A date and time: ISO 8601 with its offset, or without one in the user's zone.
pub(super) fn date_time(value: Value<'_>, zone: &Zone) -> Result<Timestamp, Mistyped> {
    let text = params::text(value)?;
    let text = text.trim();
    match Timestamp::parse_iso(text) {
        Ok(at) => Ok(at),
        Err(TimeError::NoZone) => text.parse().and_then(|shown: Civil| zone.to_instant(shown)).map_err(|_| NOT_A_DATE),
        Err(TimeError::Form | TimeError::Range) => Err(NOT_A_DATE),
    }
}

/// A span of time, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    /// The end of the last second.
    pub(super) to: Timestamp,
}

impl Span {
    /// Reads `from` and `to`; what is wrong with them is noted.
    pub(super) fn read(params: &mut Params<'_>, zone: &Zone) -> Option<Self> {
        let from = params.required("from", |value| date_time(value, zone));
        let to = params.required("to", |value| date_time(value, zone));
        let (from, to) = (from?, to?);
        if to < from {
            params.error("to", "must not be before `from`");
            return None;
        }
        Some(Self { from, to: to.plus_ms(999) })
    }

    /// Refuses a span of more days than allowed; one of them may be longer by an hour, when the clocks go back.
    pub(super) fn limit(self, days_max: u32) -> Result<Self, Refusal> {
        if self.to.since_ms(self.from) / 1_000 > i64::from(days_max) * (MS_PER_DAY / 1_000) + 3_600 {
            return Err(Condition::SpanTooBig.into());
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_the_user_s_unless_they_say_otherwise() {
        let berlin = Zone::parse("Europe/Berlin").expect("a zone");
        let check = |text: &str, expected: Option<&str>| {
            let expected = expected.map(|text| Timestamp::parse_iso(text).expect(text));
            assert_eq!(date_time(Value::Field(text), &berlin).ok(), expected, "{text}");
        };
        check("2026-03-02 10:15:41", Some("2026-03-02T09:15:41Z"));
        check("2026-03-02T10:15:41", Some("2026-03-02T09:15:41Z"));
        check("2026-03-02T10:15:41Z", Some("2026-03-02T10:15:41Z"));
        check("2026-03-02T10:15:41+03:00", Some("2026-03-02T07:15:41Z"));
        // Skipped in spring: forward. Twice in autumn: the earlier.
        check("2026-03-29 02:30:00", Some("2026-03-29T01:30:00Z"));
        check("2026-10-25 02:30:00", Some("2026-10-25T00:30:00Z"));
        check("2026-02-30 10:15:41", None);
        check("yesterday", None);
        check("", None);
    }
}
