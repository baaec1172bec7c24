//! A port's UDP socket: finds for each datagram the peer that it is from.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use protocols::Reject;
use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use web::with_scratch;

use crate::inbox::{Datagram, Inbox, Put};
use crate::listener::turned_down;
use crate::peer::PeerTask;
use crate::peers::Peers;
use crate::port::{Peer, Port, Transport};

/// Datagrams read before others have a turn.
const BURST_MAX: usize = 64;
/// What the system is asked to keep while this process has no turn, in bytes.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;
/// How long the socket rests after an error that is not about one datagram.
const PAUSE: Duration = Duration::from_millis(50);

/// Binds a socket for datagrams.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await?;
    // The system gives what it allows.
    let _ = SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
    Ok(socket)
}

/// A bound UDP socket and those who sent to it.
pub(crate) struct Datagrams {
    socket: Arc<UdpSocket>,
    port: Arc<Port>,
    peers: Peers<Arc<Inbox>>,
    tasks: JoinSet<(SocketAddr, Arc<Inbox>)>,
    /// What the datagrams that wait or are being read may take together.
    share: Arc<Semaphore>,
    /// Places for peers of whom no device is known.
    strangers: Arc<Semaphore>,
    shutdown: watch::Receiver<bool>,
}

impl Datagrams {
    pub(crate) fn new(socket: UdpSocket, port: Arc<Port>, shutdown: watch::Receiver<bool>) -> Self {
        let options = &port.options;
        let share = options.udp_waiting_bytes_max.min(Semaphore::MAX_PERMITS);
        let strangers = options.udp_strangers_max.max(1);
        Self {
            socket: Arc::new(socket),
            // Strangers have places of their own, so that they cannot drive anybody out.
            peers: Peers::new(options.udp_peers_max.saturating_add(strangers)),
            tasks: JoinSet::new(),
            share: Arc::new(Semaphore::new(share)),
            strangers: Arc::new(Semaphore::new(strangers.min(Semaphore::MAX_PERMITS))),
            port,
            shutdown,
        }
    }

    /// Receives until the server stops, and then waits for the peers, which get the time to acknowledge what they took
    /// in.
    pub(crate) async fn run(mut self) {
        let mut down = self.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = turned_down(&mut down) => break,
                Some(ended) = self.tasks.join_next() => if let Ok((address, inbox)) = ended {
                    self.peers.forget(address, |place| Arc::ptr_eq(place, &inbox));
                },
                ready = self.socket.readable() => if ready.is_err() || !self.receive() {
                    tokio::time::sleep(PAUSE).await;
                },
            }
        }
        self.tasks.join_all().await;
    }

    /// Reads what is there, as far as others do not wait too long for it. False when the socket is not to be used for
    /// a moment.
    fn receive(&mut self) -> bool {
        for _ in 0..BURST_MAX {
            let read = with_scratch(|buf, _| {
                let (n, from) = self.socket.try_recv_from(buf)?;
                Ok::<_, io::Error>((Box::<[u8]>::from(&buf[..n]), from))
            });
            match read {
                Ok((bytes, from)) => self.sort(bytes, from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                // Somebody who was answered before is not there any more.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Hands a datagram to its peer.
    fn sort(&mut self, bytes: Box<[u8]>, from: SocketAddr) {
        self.port.tally.metrics.datagrams.inc();
        if bytes.is_empty() {
            return;
        }
        let Ok(share) = self.share.clone().try_acquire_many_owned(Datagram::cost(&bytes)) else {
            self.port.tally.metrics.dropped_datagrams.inc();
            return;
        };
        let datagram = Datagram { bytes, share };
        let datagram = match self.peers.hear(from) {
            None => datagram,
            Some(inbox) => match inbox.put(datagram) {
                Put::Closed(datagram) => datagram,
                Put::Waits => return,
                Put::Full => {
                    self.port.tally.metrics.dropped_datagrams.inc();
                    return;
                }
            },
        };
        self.welcome(datagram, from);
    }

    /// Gives a place to an address that has none, if it sent what a device may send.
    fn welcome(&mut self, first: Datagram, from: SocketAddr) {
        let Some(served) = self.port.recognise_datagram(&first.bytes) else {
            let peer = Peer { address: from, transport: Transport::Udp };
            let reason = Reject::Noise { bytes: first.bytes.len() };
            self.port.reject_unknown(peer, &first.bytes, reason);
            return;
        };
        let Ok(stranger) = self.strangers.clone().try_acquire_owned() else {
            self.port.tally.metrics.dropped_datagrams.inc();
            return;
        };
        let inbox = Arc::new(Inbox::new(self.port.options.udp_waiting_per_peer_max));
        if let Some(gone) = self.peers.put(from, inbox.clone()) {
            gone.close();
        }
        let (port, socket, shutdown) = (self.port.clone(), self.socket.clone(), self.shutdown.clone());
        let task = PeerTask::new(port, served, socket, from, inbox.clone(), stranger);
        self.tasks.spawn(async move {
            task.run(first, shutdown).await;
            (from, inbox)
        });
    }
}
