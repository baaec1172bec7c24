//! The first bytes of a connection: where it is from, when a proxy says so, and which family speaks.

use std::io;
use std::time::Duration;

use protocols::Reject;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use web::{AddressLimit, AddressPlace, with_scratch};

use crate::listener::turned_down;
use crate::port::{Peer, Port, Served, Speaker};
use crate::proxy::{self, Header};

/// How much is read at a time while it is not known who speaks, in bytes.
const READ_BYTES: usize = 4_096;

/// A connection that is known well enough to be served.
pub(crate) struct Opened {
    pub(crate) served: Served,
    pub(crate) peer: Peer,
    /// What the device said so far.
    pub(crate) first: Vec<u8>,
    /// When it was accepted.
    pub(crate) since: Instant,
}

/// Why a connection is not served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unopened {
    /// Its address has used up its connections.
    TooMany,
    /// It does not begin as the PROXY protocol has it.
    ProxyHeader,
    /// It begins like no family's.
    UnknownProtocol,
    /// It did not say enough in time.
    TimedOut,
    /// It ended before it had said enough.
    Ended,
}

/// Reads as much as it takes to know who speaks and from where. `None`: there is nobody to serve, and that is noted.
pub(crate) async fn open(
    stream: &TcpStream,
    mut peer: Peer,
    port: &Port,
    addresses: &AddressLimit,
    shutdown: &mut watch::Receiver<bool>,
) -> Option<(Opened, AddressPlace)> {
    let since = Instant::now();
    let mut first = Vec::new();
    let deadline = since + Duration::from_secs(port.options.unauthenticated_s);
    let known = tokio::select! {
        biased;
        known = get_to_know(stream, &mut peer, &mut first, port, addresses) => known,
        () = tokio::time::sleep_until(deadline) => Err(Unopened::TimedOut),
        () = turned_down(shutdown) => return None,
    };
    match known {
        Ok((served, place)) => Some((Opened { served, peer, first, since }, place)),
        Err(fault) => {
            note(fault, &first, peer, port);
            None
        }
    }
}

fn note(fault: Unopened, first: &[u8], peer: Peer, port: &Port) {
    let reason = match fault {
        Unopened::TooMany => {
            port.tally.metrics.refused.inc();
            return;
        }
        // Whoever says nothing at all only looks whether the port is open.
        _ if first.is_empty() => return,
        Unopened::ProxyHeader => {
            port.tally.note_proxy_fault(first, peer);
            return;
        }
        Unopened::UnknownProtocol => Reject::Noise { bytes: first.len() },
        Unopened::TimedOut => Reject::TimedOut,
        Unopened::Ended => Reject::Truncated,
    };
    port.reject_unknown(peer, first, reason);
}

/// The family, and a place for the connection among those of its address.
async fn get_to_know(
    stream: &TcpStream,
    peer: &mut Peer,
    first: &mut Vec<u8>,
    port: &Port,
    addresses: &AddressLimit,
) -> Result<(Served, AddressPlace), Unopened> {
    if port.is_proxied {
        let bytes = loop {
            match proxy::read(first) {
                Header::Whole { source, bytes } => {
                    peer.address = source.unwrap_or(peer.address);
                    break bytes;
                }
                Header::More => read_more(stream, first).await?,
                Header::Wrong => return Err(Unopened::ProxyHeader),
            }
        };
        first.drain(..bytes);
    }
    let place = addresses.enter(peer.address.ip()).ok_or(Unopened::TooMany)?;
    loop {
        match port.recognise(first) {
            Speaker::Is(served) => return Ok((served, place)),
            Speaker::NotYet => read_more(stream, first).await?,
            Speaker::Unknown => return Err(Unopened::UnknownProtocol),
        }
    }
}

async fn read_more(stream: &TcpStream, first: &mut Vec<u8>) -> Result<(), Unopened> {
    loop {
        stream.readable().await.map_err(|_| Unopened::Ended)?;
        let read = with_scratch(|buf, _| {
            let n = stream.try_read(&mut buf[..READ_BYTES])?;
            first.extend_from_slice(&buf[..n]);
            Ok::<_, io::Error>(n)
        });
        match read {
            Ok(0) => return Err(Unopened::Ended),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(Unopened::Ended),
        }
    }
}
