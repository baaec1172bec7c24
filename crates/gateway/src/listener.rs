//! A port for devices of one family.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use protocols::Family;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::AddressLimit;

use crate::connection::DeviceConnection;
use crate::metrics::GatewayMetrics;
use crate::options::DeviceOptions;
use crate::port::{Peer, Port, Served, Transport};

/// How long the listener rests after an error of `accept`, such as a process out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// A device that vanished without a word is noticed by TCP probes after about this time.
const KEEPALIVE: Duration = Duration::from_secs(120);

/// A bound port.
pub struct Listener {
    listener: TcpListener,
    port: Arc<Port>,
    addresses: AddressLimit,
}

impl Listener {
    /// Binds a port for a family. Port 0 takes a free one.
    pub async fn bind(
        family: &'static Family,
        address: SocketAddr,
        engine: Arc<Engine>,
        options: DeviceOptions,
        metrics: &GatewayMetrics,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let addresses = AddressLimit::new(options.connections_per_address_max);
        let port = Port { engine, options, served: Served::new(family, metrics) };
        Ok(Self { listener, port: Arc::new(port), addresses })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The family it serves.
    pub fn family(&self) -> &'static Family {
        self.port.served.family
    }

    /// Accepts devices until `shutdown` turns true, and then waits for the connections, which get the time to
    /// acknowledge what they took in.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let mut down = shutdown.clone();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.welcome(stream, peer, &shutdown, &mut connections),
                    Err(error) => {
                        tracing::warn!(protocol = self.port.served.family.name, %error, "cannot accept connections");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = turned_down(&mut down) => break,
            }
        }
        drop(self.listener);
        connections.join_all().await;
    }

    fn welcome(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        shutdown: &watch::Receiver<bool>,
        connections: &mut JoinSet<()>,
    ) {
        let Some(place) = self.addresses.enter(peer.ip()) else {
            self.port.served.metrics.refused.inc();
            return;
        };
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 4);
        if SockRef::from(&stream).set_tcp_keepalive(&keepalive).and_then(|()| stream.set_nodelay(true)).is_err() {
            return;
        }
        self.port.served.metrics.accepted.inc();
        let peer = Peer { address: peer, transport: Transport::Tcp };
        let connection = DeviceConnection::new(stream, peer, self.port.clone());
        let shutdown = shutdown.clone();
        connections.spawn(async move {
            connection.run(shutdown).await;
            drop(place);
        });
    }
}

/// Waits until the server is to stop. The value that says so is borrowed, and let go of here.
pub(crate) async fn turned_down(shutdown: &mut watch::Receiver<bool>) {
    // An error means that whoever could say so is gone, which says it as well.
    let _ = shutdown.wait_for(|down| *down).await;
}
