//! Listeners for devices: connection life, limits, acknowledgements, and orders down.
//!
//! What is done for a device is its conversation: a session of its family (sans-IO, in
//! `protocols`) whose wishes it carries out, knowing nothing of what the bytes mean. A transport moves bytes between
//! the conversation and a socket.

mod connection;
mod conversation;
mod datagrams;
mod inbox;
mod listener;
mod metrics;
mod opening;
mod options;
mod orders;
mod peer;
mod peers;
mod port;
mod proxy;
mod rollover;
mod seldom;

pub use listener::Listener;
pub use metrics::GatewayMetrics;
pub use options::DeviceOptions;
pub use port::{AUTO, DevicePort};
