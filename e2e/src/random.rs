//! Seeded numbers: the same seed gives the same run.

/// SplitMix64: small, and good enough to vary a test.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator that always gives the same numbers for one seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The seed in `ODOGRAPH_E2E_SEED`, else a fixed one; printed so that a failure can be repeated.
    pub fn from_environment(purpose: &str) -> Random {
        let seed = std::env::var("ODOGRAPH_E2E_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x0D06_12AF);
        eprintln!("{purpose}: ODOGRAPH_E2E_SEED={seed}");
        Random::new(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// That many arbitrary bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.bits().to_le_bytes()[3]).collect()
    }
}
