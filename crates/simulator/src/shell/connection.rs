//! One TCP connection of one device.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use model::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::device::Device;
use crate::shell::{now, until};
use crate::wire::teltonika::Record;

/// Answers are a few bytes each, so that a small buffer on the stack will do.
const READ_BYTES: usize = 512;
/// A server that takes no bytes for so long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a connection is of no further use.
#[derive(Debug)]
pub enum Ended {
    /// No connection came about, or it broke.
    Io(io::Error),
    /// The server closed it.
    Closed,
    /// The server refused the login.
    Refused,
    /// The device gave up: no answer, or none that makes sense.
    GaveUp,
    /// The caller's patience ran out.
    TimedOut,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the connection failed: {error}"),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Refused => f.write_str("the server refused the login"),
            Self::GaveUp => f.write_str("the server did not answer as it should"),
            Self::TimedOut => f.write_str("the server did not confirm everything in time"),
        }
    }
}

impl std::error::Error for Ended {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// An open connection. It does not own its device, which outlives it; dropping it hangs up without a word, as a
/// vehicle in a garage does.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
}

impl Connection {
    /// Connects, and has the device log in. The answer is read by the turns that follow.
    ///
    /// # Errors
    /// When no connection comes about within `patience`.
    pub async fn open(server: SocketAddr, device: &mut Device, patience: Duration) -> Result<Self, Ended> {
        let stream = timeout(patience, TcpStream::connect(server)).await.map_err(|_| Ended::TimedOut)??;
        // A packet is written whole and then waited for: there is nothing to gather.
        stream.set_nodelay(true)?;
        let mut out = Vec::new();
        device.connected(now(), &mut out);
        Ok(Self { stream, out })
    }

    /// One turn: does what the device has due, then waits for an answer, but no longer than to `deadline` or to the
    /// device's own. Records that the server confirmed are appended to `acknowledged`.
    ///
    /// # Errors
    /// When the connection is of no further use. The device then counts as disconnected.
    pub async fn turn(
        &mut self,
        device: &mut Device,
        deadline: Timestamp,
        acknowledged: &mut Vec<Record>,
    ) -> Result<(), Ended> {
        let turn = self.try_turn(device, deadline, acknowledged).await;
        if turn.is_err() {
            device.disconnected();
        }
        turn
    }

    /// Takes turns until the server has confirmed every record that the device holds.
    ///
    /// # Errors
    /// When the connection ends or `patience` runs out first. What was confirmed until then is in `acknowledged`.
    pub async fn flush(
        &mut self,
        device: &mut Device,
        patience: Duration,
        acknowledged: &mut Vec<Record>,
    ) -> Result<(), Ended> {
        let deadline = now() + patience;
        while device.unacknowledged() > 0 || !device.is_logged_in() {
            if now() >= deadline {
                device.disconnected();
                return Err(Ended::TimedOut);
            }
            self.turn(device, deadline, acknowledged).await?;
        }
        Ok(())
    }

    async fn try_turn(
        &mut self,
        device: &mut Device,
        deadline: Timestamp,
        acknowledged: &mut Vec<Record>,
    ) -> Result<(), Ended> {
        let refused = device.counters().refused;
        device.tick(now(), &mut self.out);
        self.write().await?;
        let deadline = device.next_deadline().map_or(deadline, |due| due.min(deadline));
        let mut buffer = [0; READ_BYTES];
        match timeout(until(deadline), self.stream.read(&mut buffer)).await {
            Err(_) => {}
            Ok(read) => match read? {
                0 => return Err(Ended::Closed),
                count => device.feed(now(), &buffer[..count], &mut self.out, acknowledged),
            },
        }
        self.write().await?;
        match device.wants_close() {
            false => Ok(()),
            true if device.counters().refused > refused => Err(Ended::Refused),
            true => Err(Ended::GaveUp),
        }
    }

    async fn write(&mut self) -> Result<(), Ended> {
        if self.out.is_empty() {
            return Ok(());
        }
        timeout(WRITE_TIMEOUT, self.stream.write_all(&self.out)).await.map_err(|_| Ended::GaveUp)??;
        self.out.clear();
        Ok(())
    }
}
