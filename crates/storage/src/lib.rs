//! Where Odograph keeps things: two ports and their engines.
//!
//! The *journal* holds what devices said, durable before it is acknowledged, and what a restart needs to fold the
//! states anew. [`codec`] gives the bytes in which it is kept. The rules of what is stored when are not known here;
//! they belong to the rooms above.
#![deny(missing_docs)]

pub mod catalog;
pub mod codec;
pub mod disk;
pub mod journal;
