//! What all that speak on a port share.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;
use protocols::{Family, Reject};
use tokio::time::Instant;

use crate::metrics::{FamilyMetrics, GatewayMetrics};
use crate::options::DeviceOptions;
use crate::seldom::Seldom;

/// What the connections and peers of a port share.
pub(crate) struct Port {
    pub(crate) engine: Arc<Engine>,
    pub(crate) options: DeviceOptions,
    pub(crate) served: Served,
}

/// A family as it is served on a port.
pub(crate) struct Served {
    pub(crate) family: &'static Family,
    pub(crate) metrics: FamilyMetrics,
    unregistered: Seldom,
    rejected: Seldom,
}

/// By what a device's bytes come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transport {
    Tcp,
}

impl Transport {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
        }
    }
}

/// Where a device's bytes come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) transport: Transport,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.transport.name())
    }
}

impl Served {
    pub(crate) fn new(family: &'static Family, metrics: &GatewayMetrics) -> Self {
        Self { family, metrics: metrics.of(family.name), unregistered: Seldom::default(), rejected: Seldom::default() }
    }

    /// A device came that is not registered.
    pub(crate) fn note_unregistered(&self, device: &impl fmt::Display, peer: Peer) {
        self.metrics.refused.inc();
        if let Some(others) = self.unregistered.is_due(Instant::now().into_std()) {
            tracing::warn!(protocol = self.family.name, %device, %peer, others, "device is not registered");
        }
    }

    /// Something that was said could not be used.
    pub(crate) fn note_rejected(&self, frame: &[u8], reason: &Reject, peer: Peer) {
        self.metrics.rejected.inc();
        if let Some(others) = self.rejected.is_due(Instant::now().into_std()) {
            let (protocol, start) = (self.family.name, hex(frame));
            tracing::warn!(protocol, %peer, %reason, frame = start, others, "input could not be used");
        }
    }
}

/// The start of a frame, for a log line.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().take(32).fold(String::new(), |mut text, b| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}
