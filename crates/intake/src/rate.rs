//! How often something may happen.

use std::sync::{Mutex, PoisonError};

use model::Timestamp;

/// So many times in each span of time.
#[derive(Debug)]
pub(crate) struct Rate {
    times_max: u32,
    span_ms: i64,
    /// When the span under way began, and how often it happened in it.
    span: Mutex<(Timestamp, u32)>,
}

impl Rate {
    /// `times_max` 0: no limit.
    pub(crate) fn new(times_max: u32, span_ms: i64) -> Self {
        Self { times_max, span_ms, span: Mutex::new((Timestamp::MIN, 0)) }
    }

    /// Whether it may happen now, and counts it if so.
    pub(crate) fn take(&self, now: Timestamp) -> bool {
        if self.times_max == 0 {
            return true;
        }
        let mut span = self.span.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back begins a new span, too.
        if !(0..self.span_ms).contains(&now.since_ms(span.0)) {
            *span = (now, 0);
        }
        let may = span.1 < self.times_max;
        span.1 += u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_has_its_number() {
        let at = |ms| Timestamp::from_s(1_773_480_000).expect("in range").plus_ms(ms);
        let rate = Rate::new(2, 1_000);
        assert_eq!(
            [0, 1, 2, 999, 1_000, 1_001, 1_002].map(|ms| rate.take(at(ms))),
            [true, true, false, false, true, true, false]
        );
        assert!(rate.take(at(-5_000)), "a clock that is put back does not stop it for ever");
        let free = Rate::new(0, 1_000);
        assert!((0..100).all(|_| free.take(at(0))));
    }
}
