//! Where Odograph keeps things: four ports and their engines.
//!
//! The *journal* holds what devices said, durable before it is acknowledged, and what a restart needs to fold the
//! states anew. [`codec`] gives the bytes in which it is kept. The *catalog* holds who is there and what they may see,
//! and the store of [`dispatch`] messages between office and drivers, and commands to devices. The [`quarantine`] keeps frames of devices that could not be read. The rules of what is
//! stored when are not known here; they belong to the rooms above.
#![deny(missing_docs)]

pub mod catalog;
pub mod codec;
pub mod disk;
pub mod dispatch;
pub mod journal;
pub mod quarantine;
mod sqlite;
