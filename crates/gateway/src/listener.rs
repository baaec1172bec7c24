//! A port for devices.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use intake::Intake;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::AddressLimit;

use crate::connection::DeviceConnection;
use crate::datagrams::{self, Datagrams};
use crate::metrics::GatewayMetrics;
use crate::opening;
use crate::options::DeviceOptions;
use crate::port::{DevicePort, Peer, Port, Transport};

/// How long the listener rests after an error of `accept`, such as a process out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// A device that vanished without a word is noticed by TCP probes after about this time.
const KEEPALIVE: Duration = Duration::from_secs(120);
/// How often a free port is looked for that is free for datagrams too.
const FREE_PORT_TRIES: usize = 16;

/// A bound port: for connections, and beside them for datagrams where a family is spoken in them.
pub struct Listener {
    listener: TcpListener,
    datagrams: Option<UdpSocket>,
    name: &'static str,
    port: Arc<Port>,
    addresses: AddressLimit,
}

impl Listener {
    /// Binds a port. Port 0 takes a free one.
    ///
    /// # Errors
    /// The address is in use, not allowed, or not this machine's.
    pub async fn bind(
        port: &DevicePort,
        engine: Arc<Engine>,
        intake: Arc<Intake>,
        options: DeviceOptions,
        metrics: &GatewayMetrics,
    ) -> io::Result<Self> {
        let (listener, datagrams) = bind(port).await?;
        let addresses = AddressLimit::new(options.connections_per_address_max);
        let name = port.name();
        let port = Arc::new(Port::new(port, engine, intake, options, metrics));
        Ok(Self { listener, datagrams, name, port, addresses })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The name of the family it serves, or [`crate::AUTO`].
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Serves devices until `shutdown` turns true, and then waits for those that are there, which get the time to
    /// acknowledge what they took in.
    pub async fn run(mut self, shutdown: watch::Receiver<bool>) {
        let datagrams = self.datagrams.take();
        let datagrams = datagrams.map(|socket| Datagrams::new(socket, self.port.clone(), shutdown.clone()));
        let serve_datagrams = async {
            if let Some(datagrams) = datagrams {
                datagrams.run().await;
            }
        };
        tokio::join!(self.accept(shutdown), serve_datagrams);
    }

    async fn accept(self, shutdown: watch::Receiver<bool>) {
        let mut down = shutdown.clone();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.welcome(stream, peer, &shutdown, &mut connections),
                    Err(error) => {
                        tracing::warn!(protocol = self.name, %error, "cannot accept connections");
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
        address: SocketAddr,
        shutdown: &watch::Receiver<bool>,
        connections: &mut JoinSet<()>,
    ) {
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 4);
        if SockRef::from(&stream).set_tcp_keepalive(&keepalive).and_then(|()| stream.set_nodelay(true)).is_err() {
            return;
        }
        self.port.tally.metrics.accepted.inc();
        let (port, addresses, mut shutdown) = (self.port.clone(), self.addresses.clone(), shutdown.clone());
        connections.spawn(async move {
            let peer = Peer { address, transport: Transport::Tcp };
            if let Some((opened, place)) = opening::open(&stream, peer, &port, &addresses, &mut shutdown).await {
                DeviceConnection::new(stream, port, opened).run(shutdown).await;
                drop(place);
            }
        });
    }
}

/// The sockets of a port.
async fn bind(port: &DevicePort) -> io::Result<(TcpListener, Option<UdpSocket>)> {
    let mut tries = if port.address.port() == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        let listener = TcpListener::bind(port.address).await?;
        if !port.takes_datagrams() {
            return Ok((listener, None));
        }
        tries -= 1;
        match datagrams::bind(listener.local_addr()?).await {
            Ok(socket) => return Ok((listener, Some(socket))),
            Err(error) if tries == 0 || error.kind() != io::ErrorKind::AddrInUse => return Err(error),
            Err(_) => {}
        }
    }
}

/// Waits until the server is to stop. The value that says so is borrowed, and let go of here.
pub(crate) async fn turned_down(shutdown: &mut watch::Receiver<bool>) {
    // An error means that whoever could say so is gone, which says it as well.
    let _ = shutdown.wait_for(|down| *down).await;
}
