//! What devices bring that nobody can use yet: devices that are not registered, and frames that could not be read.
//!
//! [`Intake`] is told of both by the gateway. It keeps a bounded list of the first in memory, and the second in a
//! bounded store. Nothing that it does can hold up a device: what finds no room is dropped and counted.
#![deny(missing_docs)]

mod intake;
mod metrics;
mod options;
mod quarantine;
mod queue;
mod rate;
mod reading;
mod redecode;
#[cfg(test)]
mod tests;
mod unknown;

pub use intake::{Intake, Knock, Knocked, LISTED_BYTES_MAX, Rejected};
pub use metrics::IntakeMetrics;
pub use options::IntakeOptions;
pub use redecode::{RedecodeError, Redecoded};
pub use storage::quarantine::{Fault, Frame, FrameId, FrameQuery, FrameRow, KeepMax, QuarantineError};
pub use unknown::UnknownDevice;
