//! What an operator may set.

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
}

impl Default for IntakeOptions {
    fn default() -> Self {
        Self { unknown_max: 1_000, queue_frames_max: 1_024, queue_bytes_max: 8 << 20 }
    }
}
