//! What all that speak on a port share.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;
use intake::{Intake, Rejected};
use model::{DeviceId, SourceId, Timestamp};
use protocols::{FAMILIES, FURTHER, Family, REJECTED_FRAME_BYTES_MAX, Recognised, Reject};
use tokio::time::Instant;

use crate::metrics::{FamilyMetrics, GatewayMetrics};
use crate::options::DeviceOptions;
use crate::seldom::Seldom;

/// What ports that take devices of every family are called, in settings, logs and metrics.
pub const AUTO: &str = "auto";

/// Where devices are to be listened for.
#[derive(Clone, Copy)]
pub struct DevicePort {
    /// The family spoken there; `None`: each connection is recognised by its first bytes.
    pub family: Option<&'static Family>,
    /// Where.
    pub address: SocketAddr,
    /// Every connection comes through a proxy that announces where it is from (PROXY protocol, version 1 or 2). Such
    /// a port takes no datagrams.
    pub is_proxied: bool,
}

impl DevicePort {
    /// A port for one family.
    pub const fn of(family: &'static Family, address: SocketAddr) -> Self {
        Self { family: Some(family), address, is_proxied: false }
    }

    /// The name of its family, or [`AUTO`].
    pub fn name(&self) -> &'static str {
        self.family.map_or(AUTO, |family| family.name)
    }

    /// Whether datagrams may come there.
    pub(crate) fn takes_datagrams(&self) -> bool {
        !self.is_proxied && self.family.is_none_or(|family| family.open_udp.is_some())
    }
}

/// What the connections and peers of a port share.
pub(crate) struct Port {
    pub(crate) engine: Arc<Engine>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) options: DeviceOptions,
    pub(crate) is_proxied: bool,
    /// Of what is not known to be any family's.
    pub(crate) tally: Arc<Tally>,
    /// One family, or all of them, to be told apart.
    served: Vec<Served>,
    is_one_family: bool,
}

impl Port {
    pub(crate) fn new(
        port: &DevicePort,
        engine: Arc<Engine>,
        intake: Arc<Intake>,
        options: DeviceOptions,
        metrics: &GatewayMetrics,
    ) -> Self {
        let tally = |name| Arc::new(Tally::new(name, metrics.of(name)));
        let serve = |family: &'static Family| Served { family, tally: tally(family.name) };
        let served: Vec<_> = match port.family {
            Some(family) => vec![serve(family)],
            None => FAMILIES.iter().chain(FURTHER).map(serve).collect(),
        };
        let tally = match port.family {
            Some(_) => served[0].tally.clone(),
            None => tally(AUTO),
        };
        Self {
            engine,
            intake,
            options,
            is_proxied: port.is_proxied,
            tally,
            served,
            is_one_family: port.family.is_some(),
        }
    }

    /// Something that was said could not be used.
    pub(crate) fn reject(
        &self,
        tally: &Tally,
        peer: Peer,
        at: Timestamp,
        device: Option<DeviceId>,
        source: Option<SourceId>,
        fault: Fault,
    ) {
        let Fault { frame, offset, reason, forgiven } = fault;
        if !forgiven {
            tally.note_rejected(&frame, &reason, peer);
        }
        let (transport, peer) = (carrier(tally.name, peer.transport), peer.address);
        let protocol = tally.name;
        let rejected = Rejected { device, source, protocol, transport, peer, at, frame, offset, reason, forgiven };
        self.intake.reject(rejected);
    }

    /// What nobody is known to have said could not be used.
    pub(crate) fn reject_unknown(&self, peer: Peer, said: &[u8], reason: Reject) {
        let frame = said[..said.len().min(REJECTED_FRAME_BYTES_MAX)].to_vec();
        let at = (self.options.clock)();
        self.reject(&self.tally, peer, at, None, None, Fault { frame, offset: 0, reason, forgiven: false });
    }

    /// Which family speaks, by its first bytes.
    pub(crate) fn recognise(&self, first: &[u8]) -> Speaker {
        if self.is_one_family {
            return Speaker::Is(self.served[0].clone());
        }
        match protocols::recognise(first) {
            Recognised::Family(family) => self.served(family).map_or(Speaker::Unknown, Speaker::Is),
            Recognised::More => Speaker::NotYet,
            Recognised::Unknown => Speaker::Unknown,
        }
    }

    /// Which family a datagram is of.
    pub(crate) fn recognise_datagram(&self, bytes: &[u8]) -> Option<Served> {
        if self.is_one_family {
            return Some(self.served[0].clone());
        }
        protocols::recognise_datagram(bytes).and_then(|family| self.served(family))
    }

    fn served(&self, family: &Family) -> Option<Served> {
        self.served.iter().find(|served| served.family.name == family.name).cloned()
    }
}

/// What was wrong with something that was said, as [`protocols::Output::Reject`] tells it.
pub(crate) struct Fault {
    pub(crate) frame: Vec<u8>,
    pub(crate) offset: u64,
    pub(crate) reason: Reject,
    pub(crate) forgiven: bool,
}

/// What the first bytes say about who speaks.
pub(crate) enum Speaker {
    /// A device of this family.
    Is(Served),
    /// More bytes would tell.
    NotYet,
    /// Nobody that is known.
    Unknown,
}

/// A family as it is served on a port.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) family: &'static Family,
    pub(crate) tally: Arc<Tally>,
}

/// What carries a family's frames: those of some come in requests or messages, whatever brings these.
fn carrier(family: &str, transport: Transport) -> &'static str {
    match (family, transport) {
        ("osmand" | "ngp" | "http", Transport::Tcp) => "http",
        ("mqtt", Transport::Tcp) => "mqtt",
        (_, Transport::Tcp) => "tcp",
        (_, Transport::Udp) => "udp",
    }
}

/// By what a device's bytes come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

/// Where a device's bytes come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) transport: Transport,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transport {
            Transport::Tcp => self.address.fmt(f),
            Transport::Udp => write!(f, "{}/udp", self.address),
        }
    }
}

/// What is counted and logged of a family on a port.
pub(crate) struct Tally {
    pub(crate) name: &'static str,
    pub(crate) metrics: FamilyMetrics,
    unregistered: Seldom,
    rejected: Seldom,
}

impl Tally {
    fn new(name: &'static str, metrics: FamilyMetrics) -> Self {
        Self { name, metrics, unregistered: Seldom::default(), rejected: Seldom::default() }
    }

    /// A device came that is not registered.
    pub(crate) fn note_unregistered(&self, device: &impl fmt::Display, peer: Peer) {
        self.metrics.refused.inc();
        if let Some(others) = self.unregistered.is_due(Instant::now().into_std()) {
            tracing::warn!(protocol = self.name, %device, %peer, others, "device is not registered");
        }
    }

    /// Something that was said could not be used.
    fn note_rejected(&self, frame: &[u8], reason: &Reject, peer: Peer) {
        self.metrics.rejected.inc();
        if let Some(others) = self.rejected.is_due(Instant::now().into_std()) {
            let start = hex(frame);
            tracing::warn!(protocol = self.name, %peer, %reason, frame = start, others, "input could not be used");
        }
    }

    /// A connection does not begin as the PROXY protocol has it. No device is to blame for that.
    pub(crate) fn note_proxy_fault(&self, first: &[u8], peer: Peer) {
        self.metrics.rejected.inc();
        if let Some(others) = self.rejected.is_due(Instant::now().into_std()) {
            let start = hex(first);
            tracing::warn!(protocol = self.name, %peer, first = start, others, "no acceptable PROXY header");
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
