//! The live core: what is known about a source, folded from the entries of the journal.
//!
//! Everything here is a function of its arguments. Time comes in as an argument, so the same entries give the same
//! state whether they are folded as they arrive or on a replay after a restart.
#![deny(missing_docs)]

mod connection;
mod fields;
mod fold;
mod gsm;
mod inputs;
mod movement;
mod order;
mod position;
mod timed;

#[cfg(test)]
mod golden;

pub use fold::{Applied, apply, initial};
pub use order::{is_future, order_time};
pub use timed::{Timing, advance, next_due};
