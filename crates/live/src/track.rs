//! Trips, points and events of the past, worked out from a source's reports in the order of their times.
//!
//! Nothing of this is stored: [`Replay`] folds the reports once more, so a trip begins and ends where the live state
//! would have said so had every report come in time. [`Trips`] gathers a trip's figures as the steps go by, and
//! [`Thinner`] keeps the shape of a line in a bounded number of points. None of them needs more memory for a month
//! than for a minute.

mod happening;
mod replay;
mod thin;
mod trips;

#[cfg(test)]
mod tests;

pub use happening::{Happening, HappeningKind, happenings};
pub use replay::{Replay, Step, Toggled, TrackPoint, TripEnd};
pub use thin::{Thinner, simplify};
pub use trips::{Bounds, Trip, Trips};
