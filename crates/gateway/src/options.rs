//! Limits and durations of device ports.

use model::Timestamp;
use protocols::Limits;

/// Limits and durations of device connections.
#[derive(Clone, Debug)]
pub struct DeviceOptions {
    /// Limits of the codecs.
    pub limits: Limits,
    /// Connections one address may hold; 0 means no limit.
    pub connections_per_address_max: u32,
    /// How long a connection may stay without an accepted device.
    pub unauthenticated_s: u64,
    /// How long a device may say nothing at all before its connection is closed; 0 means for ever.
    pub silence_s: u64,
    /// How long a device's acknowledgement is held back when a kept command is about to come: some devices end the
    /// connection once they are acknowledged.
    pub order_hold_ms: u64,
    /// Reads the wall clock.
    pub clock: fn() -> Timestamp,
}
