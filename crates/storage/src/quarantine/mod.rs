//! The quarantine: frames of devices that could not be read, kept to be looked at and to be read again.
//!
//! [`QuarantineStore`] is the port. What is kept is bounded in number and bytes, in all and for each source; the oldest
//! make room. [`SqliteQuarantine`] keeps it in one file; every engine has to pass the same contract tests.

mod error;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;

pub use error::QuarantineError;
pub use rows::{Fault, Frame, FrameId, FrameQuery, FrameRow, KeepMax, Used};
pub use sqlite::SqliteQuarantine;

/// A store of frames. Calls block until the disk has answered: they belong on a thread of their own.
pub trait QuarantineStore: Send {
    /// Adds frames, all or none of them, and lets the oldest go that are over what may be kept. Answers how many did.
    fn add(&mut self, frames: &[Frame], keep: &KeepMax) -> Result<u64, QuarantineError>;

    /// Up to `limit` of the frames that a query asks for, each with its first `bytes_max` bytes.
    fn frames(&self, query: &FrameQuery, limit: usize, bytes_max: usize) -> Result<Vec<FrameRow>, QuarantineError>;

    /// Removes some frames, and notes of others what is wrong with them now. Those that are not there are passed over.
    fn settle(&mut self, removed: &[FrameId], faults: &[(FrameId, Fault)]) -> Result<(), QuarantineError>;

    /// Removes all frames that a query asks for. Answers how many there were.
    fn remove(&mut self, query: &FrameQuery) -> Result<u64, QuarantineError>;

    /// What is kept in all.
    fn used(&self) -> Used;
}
