//! Limits and durations of device ports.

use model::Timestamp;
use protocols::Limits;

/// Limits and durations of device ports.
#[derive(Clone, Debug)]
pub struct DeviceOptions {
    /// Limits of the codecs.
    pub limits: Limits,
    /// Connections one address may hold; 0 means no limit. Default 0.
    pub connections_per_address_max: u32,
    /// How long a connection may stay without an accepted device, and how long it may take until it is known which
    /// family speaks and from where. Default 60.
    pub unauthenticated_s: u64,
    /// How long a device may say nothing at all before its connection is closed; 0 means for ever. Default 0.
    pub silence_s: u64,
    /// How long a device's acknowledgement is held back when a kept command is about to come: some devices end the
    /// connection once they are acknowledged. Default 2,000.
    pub order_hold_ms: u64,
    /// Addresses of a port whose devices are known by their datagrams; the one that was silent longest goes first.
    /// Default 10,000.
    pub udp_peers_max: usize,
    /// Addresses of a port that are being answered without a device being known yet. Datagrams of further ones are
    /// dropped. Default 256.
    pub udp_strangers_max: usize,
    /// How long an address that sent datagrams may say nothing until its device is forgotten. Default 3,600.
    pub udp_idle_s: u64,
    /// Datagrams of a port that were received and not read yet, in bytes; beyond it they are dropped. Default 16 MiB.
    pub udp_waiting_bytes_max: usize,
    /// Datagrams of one address that wait for their turn; beyond it they are dropped. Default 64.
    pub udp_waiting_per_peer_max: usize,
    /// Reads the wall clock.
    pub clock: fn() -> Timestamp,
}

impl DeviceOptions {
    /// The defaults, with this clock.
    pub fn new(clock: fn() -> Timestamp) -> Self {
        Self {
            limits: Limits::default(),
            connections_per_address_max: 0,
            unauthenticated_s: 60,
            silence_s: 0,
            order_hold_ms: 2_000,
            udp_peers_max: 10_000,
            udp_strangers_max: 256,
            udp_idle_s: 3_600,
            udp_waiting_bytes_max: 16 << 20,
            udp_waiting_per_peer_max: 64,
            clock,
        }
    }
}
