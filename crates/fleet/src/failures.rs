//! Counting failed logins.

use std::collections::{HashMap, VecDeque};

use model::Timestamp;

use crate::digest::Digest;

/// Failed logins of each login name over a span. A name with too many is locked for as long a span. Successes never
/// count and never wipe out failures.
pub(crate) struct LoginFailures {
    failures_max: usize,
    window_ms: i64,
    names_max: usize,
    /// By digest: a name from outside may be of any length.
    names: HashMap<Digest, Failures>,
}

#[derive(Default)]
struct Failures {
    /// When, oldest first; at most `failures_max`.
    times: VecDeque<Timestamp>,
    locked_until: Option<Timestamp>,
}

impl Failures {
    fn drop_old(&mut self, now: Timestamp, window_ms: i64) {
        while self.times.front().is_some_and(|at| now.since_ms(*at) >= window_ms) {
            self.times.pop_front();
        }
        if self.locked_until.is_some_and(|until| now >= until) {
            self.locked_until = None;
        }
    }

    fn is_over(&self) -> bool {
        self.times.is_empty() && self.locked_until.is_none()
    }
}

impl LoginFailures {
    pub(crate) fn new(failures_max: usize, window_s: u32, names_max: usize) -> Self {
        Self {
            failures_max: failures_max.max(1),
            window_ms: i64::from(window_s) * model::MS_PER_SECOND,
            names_max: names_max.max(1),
            names: HashMap::new(),
        }
    }

    /// Whether logins under this name are refused unheard.
    pub(crate) fn is_locked(&self, name: &Digest, now: Timestamp) -> bool {
        self.names.get(name).and_then(|f| f.locked_until).is_some_and(|until| now < until)
    }

    /// Notes a failure.
    pub(crate) fn note(&mut self, name: &Digest, now: Timestamp) {
        if !self.names.contains_key(name) {
            self.make_room(now);
        }
        let failures = self.names.entry(*name).or_default();
        failures.drop_old(now, self.window_ms);
        failures.times.push_back(now);
        if failures.times.len() >= self.failures_max {
            failures.locked_until = Some(now.plus_ms(self.window_ms));
            failures.times.clear();
        }
    }

    /// Each failure has cost a password hash, so a table that fills up within a span takes whoever fills it longer
    /// than the lock that he would like to see forgotten.
    fn make_room(&mut self, now: Timestamp) {
        if self.names.len() < self.names_max {
            return;
        }
        self.names.retain(|_, failures| {
            failures.drop_old(now, self.window_ms);
            !failures.is_over()
        });
        if self.names.len() < self.names_max {
            return;
        }
        let last = |f: &Failures| f.times.back().copied().max(f.locked_until.map(|u| u.plus_ms(-self.window_ms)));
        let oldest = self.names.iter().min_by_key(|(_, failures)| last(failures)).map(|(name, _)| *name);
        if let Some(name) = oldest {
            self.names.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_000_000 + s).expect("in range")
    }

    fn name(letter: char) -> Digest {
        [letter as u8; 32]
    }

    #[test]
    fn the_last_failure_allowed_locks_the_name_for_a_span() {
        let mut failures = LoginFailures::new(3, 900, 10);
        failures.note(&name('a'), at(0));
        failures.note(&name('a'), at(10));
        assert!(!failures.is_locked(&name('a'), at(10)));
        failures.note(&name('a'), at(20));
        assert!(failures.is_locked(&name('a'), at(20)) && failures.is_locked(&name('a'), at(919)));
        assert!(!failures.is_locked(&name('a'), at(920)));
        assert!(!failures.is_locked(&name('b'), at(20)));
        // After the lock the count starts anew.
        failures.note(&name('a'), at(920));
        failures.note(&name('a'), at(921));
        assert!(!failures.is_locked(&name('a'), at(921)));
    }

    #[test]
    fn failures_older_than_the_span_do_not_count() {
        let mut failures = LoginFailures::new(2, 900, 10);
        failures.note(&name('a'), at(0));
        failures.note(&name('a'), at(900));
        assert!(!failures.is_locked(&name('a'), at(900)));
        failures.note(&name('a'), at(1799));
        assert!(failures.is_locked(&name('a'), at(1799)));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_oldest() {
        let mut failures = LoginFailures::new(2, 900, 3);
        for (s, letter) in [(0, 'a'), (1, 'b'), (2, 'c'), (3, 'a'), (4, 'd')] {
            failures.note(&name(letter), at(s));
        }
        assert_eq!(failures.names.len(), 3);
        assert!(failures.is_locked(&name('a'), at(4)), "b was the oldest");
        failures.note(&name('b'), at(5));
        assert!(!failures.is_locked(&name('b'), at(5)), "its first failure was forgotten");
        // What is over goes first, and makes room for all.
        failures.note(&name('e'), at(5_000));
        assert_eq!(failures.names.len(), 1);
    }
}
