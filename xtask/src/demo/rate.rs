//! How often something happens.

/// Seconds over which events are averaged.
const WINDOW_S: u64 = 10;

/// Counts events over the last seconds. Time is in whole seconds since some beginning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    counts: [u32; WINDOW_S as usize],
    second: u64,
}

impl Rate {
    /// Something happened.
    pub(crate) fn count(&mut self, second: u64) {
        self.move_to(second);
        self.counts[(second % WINDOW_S) as usize] += 1;
    }

    /// Events a second, over the window or, in the beginning, over the time since then.
    pub(crate) fn per_second(&mut self, second: u64) -> f64 {
        self.move_to(second);
        let seconds = (second + 1).min(WINDOW_S);
        f64::from(self.counts.iter().sum::<u32>()) / seconds as f64
    }

    fn move_to(&mut self, second: u64) {
        for gone in (self.second + 1..=second).take(WINDOW_S as usize) {
            self.counts[(gone % WINDOW_S) as usize] = 0;
        }
        self.second = self.second.max(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_over_the_last_ten_seconds() {
        let mut rate = Rate::default();
        let mut check = |events: &[u64], second: u64, expected: f64| {
            events.iter().for_each(|&second| rate.count(second));
            assert_eq!(rate.per_second(second), expected, "at {second}");
        };
        check(&[], 0, 0.0);
        check(&[0, 0, 1, 1], 1, 2.0);
        check(&[], 9, 0.4);
        check(&[10], 10, 0.3);
        check(&[], 11, 0.1);
        check(&[], 19, 0.1);
        check(&[], 20, 0.0);
        check(&[1_000, 1_000], 1_003, 0.2);
        check(&[], 5_000, 0.0);
    }
}
