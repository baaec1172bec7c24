//! The heart: live state as a pure function of journal entries and time.
//!
//! Everything here is a function of its arguments. Time comes in as an argument, so the same entries give the same
//! state whether they are folded as they arrive or on a replay after a restart.
#![deny(missing_docs)]

mod connection;
mod distance;
mod fields;
mod fold;
mod fragment;
mod gsm;
mod happened;
mod inputs;
mod monitor;
mod movement;
mod order;
mod outbox;
mod position;
mod reported;
pub mod sensors;
mod timed;
mod track;
mod values;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod testing;

pub use distance::distance_m;
pub use fold::{Applied, apply, initial};
pub use fragment::{FragmentKey, Snapshot};
pub use happened::{LastKnown, happened};
pub use monitor::{MessagePlace, MessageTimes, Monitor, MonitorEntry, MonitorLimits};
pub use order::{is_ahead, is_future, order_time};
pub use outbox::{
    Changed, Due, Lane, LaneKind, Latest, Lifecycle, NOMINAL_STATE_BYTES, Outbox, OutboxLimits, Overrun, Slot,
    push_bytes,
};
pub use reported::reported_values;
pub use timed::{Timing, advance, next_due};
pub use track::{
    Bounds, Happening, HappeningKind, Replay, Step, Thinner, Toggled, TrackPoint, Trip, TripEnd, Trips, happenings,
    simplify,
};
pub use values::{VALUES_MAX, fold_report_values, fold_values};
