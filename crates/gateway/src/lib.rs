//! Listeners for devices: connection life, limits, acknowledgements, and orders down.
//!
//! A connection is a session of its family (sans-IO, in `protocols`) and a socket. This crate carries out what the
//! session asks for, and knows nothing of what the bytes mean.

mod connection;
mod listener;
mod metrics;
mod orders;
mod seldom;

pub use listener::{DeviceOptions, Listener};
pub use metrics::GatewayMetrics;
