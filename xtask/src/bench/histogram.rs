//! Durations by size, to about 1.6 % and in a fixed amount of memory.

/// Buckets for each doubling.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Up to 2^40 ns, about 18 minutes.
const BUCKETS: usize = (40 - STEP_BITS as usize + 2) * STEPS as usize;

/// How often durations of each size were seen.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    /// Notes a duration in nanoseconds.
    pub(crate) fn record(&mut self, ns: u64) {
        self.counts[bucket(ns).min(BUCKETS - 1)] += 1;
        self.total += 1;
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
        self.total = 0;
    }

    /// The duration, in microseconds, that this share of all is not longer than; 0 when there are none.
    pub(crate) fn quantile_us(&self, share: f64) -> f64 {
        let rank = (share * self.total as f64).ceil() as u64;
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank.max(1)
        });
        at.map_or(0.0, |at| upper_ns(at) as f64 / 1e3)
    }
}

/// The first buckets are exact; from there each doubling has [`STEPS`] of them.
fn bucket(ns: u64) -> usize {
    let shift = (u64::BITS - ns.leading_zeros()).saturating_sub(STEP_BITS + 1);
    (u64::from(shift) * STEPS + (ns >> shift)) as usize
}

/// The longest duration of a bucket.
fn upper_ns(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / STEPS).saturating_sub(1);
    let step = bucket - shift * STEPS;
    ((step + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_bucket() {
        for ns in (0..5_000).chain([u64::from(u32::MAX), 123_456_789, (1 << 40) - 1]) {
            let at = bucket(ns);
            assert!(ns <= upper_ns(at), "{ns}");
            assert!(at == 0 || ns > upper_ns(at - 1), "{ns}");
            assert!(upper_ns(at) as f64 <= ns as f64 * 1.016 + 1.0, "{ns}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_durations() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_us(0.5), 0.0);
        (1..=1_000).for_each(|us| histogram.record(us * 1_000));
        for (share, us) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0), (0.0, 1.0)] {
            let found = histogram.quantile_us(share);
            assert!((us..=us * 1.017 + 0.01).contains(&found), "{share}: {found}");
        }
        histogram.record(u64::MAX);
        histogram.clear();
        assert_eq!(histogram.quantile_us(1.0), 0.0);
    }
}
