//! What an operator may set.

use storage::quarantine::KeepMax;

/// Limits. Units are in the names; `Default` gives the documented defaults.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntakeOptions {
    /// How many devices that are not registered are listed; beyond it those go that were silent longest. Default
    /// 1,000.
    pub unknown_max: usize,
    /// How many frames may wait for the quarantine; beyond it they are dropped. Default 1,024.
    pub queue_frames_max: usize,
    /// How many bytes of frames may wait for the quarantine; beyond it they are dropped. Default 8 MiB.
    pub queue_bytes_max: usize,
    /// How many frames a second go into quarantine; beyond it they are dropped. 0: no limit. Default 1,000.
    pub frames_per_second_max: u32,
    /// What the quarantine keeps. Default 100,000 frames and 256 MiB, a tenth of either for one device.
    pub keep: KeepMax,
    /// How many devices are adopted in a minute; beyond it they are refused until the next. 0: no limit. Default 60.
    pub adopted_per_minute_max: u32,
}

impl Default for IntakeOptions {
    fn default() -> Self {
        Self {
            unknown_max: 1_000,
            queue_frames_max: 1_024,
            queue_bytes_max: 8 << 20,
            frames_per_second_max: 1_000,
            keep: KeepMax { frames: 100_000, bytes: 256 << 20, source_percent: 10 },
            adopted_per_minute_max: 60,
        }
    }
}
