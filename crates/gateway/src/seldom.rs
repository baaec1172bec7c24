//! Log lines about what many devices do at once: one a minute, with a count of the rest.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How far apart lines of one kind are.
const EVERY: Duration = Duration::from_secs(60);

/// A kind of log line.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    /// How many went unsaid since the last line, if a line is due now; `None` if this one is to go unsaid as well.
    pub(crate) fn is_due(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < EVERY) {
            state.unsaid += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute_counts_the_others() {
        let seldom = Seldom::default();
        let start = Instant::now();
        assert_eq!(seldom.is_due(start), Some(0));
        assert_eq!(seldom.is_due(start + Duration::from_secs(1)), None);
        assert_eq!(seldom.is_due(start + Duration::from_secs(59)), None);
        assert_eq!(seldom.is_due(start + Duration::from_secs(60)), Some(2));
        assert_eq!(seldom.is_due(start + Duration::from_secs(121)), Some(0));
    }
}
