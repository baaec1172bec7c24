//! The limits and durations of the engine.

use live::{MonitorLimits, OutboxLimits, Timing};
use model::Timestamp;

use crate::feed::KeptLimits;
use crate::links::OrderLimits;
use crate::reads::ReadLimits;

/// What becomes of the reports of a blocked source. Its device is acknowledged either way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BlockedReports {
    /// They are journaled and folded as ever, and shown to nobody until the source is unblocked.
    #[default]
    Keep,
    /// They are thrown away, and counted.
    Discard,
}

/// What the engine needs to know besides journal and fleet.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The durations that states depend on.
    pub timing: Timing,
    /// Bounds of each connection's outbox.
    pub outbox: OutboxLimits,
    /// Encoded reports that may wait for the journal, in bytes. Beyond it devices wait.
    pub queue_bytes_max: usize,
    /// How long the writer waits for company before it commits a small batch, in microseconds.
    pub commit_gather_us: u64,
    /// How many may read the journal for others.
    pub reads: ReadLimits,
    /// Bounds of the last messages that are kept of a source while somebody looks at them.
    pub monitor: MonitorLimits,
    /// How many of a source's newest reports are looked at when somebody begins to.
    pub monitor_reports_max: usize,
    /// Bounds of what is kept for followers that were away.
    pub kept: KeptLimits,
    /// Bounds of the orders that wait for a device.
    pub orders: OrderLimits,
    /// Seconds between snapshots of the states that changed.
    pub snapshot_s: u64,
    /// Days for which reports are kept; 0 keeps all.
    pub retention_days: u32,
    /// Free disk, in bytes, below which uploads are refused.
    pub disk_reserve_bytes: u64,
    /// What becomes of the reports of blocked sources.
    pub blocked_reports: BlockedReports,
    /// Reads the wall clock.
    pub clock: fn() -> Timestamp,
    /// Called when the journal cannot be written. Nothing is acknowledged afterwards; the process is to end.
    pub on_failure: fn(&storage::journal::JournalError),
}
