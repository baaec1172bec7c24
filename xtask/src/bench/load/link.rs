//! Connections that never block, and waiting for any of them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

const EVENTS_MAX: usize = 512;
/// How long to look for an answer while connecting.
const SETUP: Duration = Duration::from_secs(30);

/// A connection with what could not be written yet.
pub(super) struct Link {
    pub(super) stream: TcpStream,
    /// To be written by [`Link::flush`].
    pub(super) out: Vec<u8>,
    sent: usize,
}

impl Link {
    /// Connects; reading and writing block until [`Poller::add`].
    pub(super) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SETUP))?;
        Ok(Self { stream, out: Vec::new(), sent: 0 })
    }

    /// Writes what it can; true when nothing is left.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(true)
    }

    /// Bytes not written yet.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.out.len() - self.sent
    }

    /// Reads once; 0 when there is nothing. A peer that closed is an error.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(buffer) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            result => result,
        }
    }
}

/// Waits for connections that can be read.
pub(super) struct Poller {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, events: Vec::with_capacity(EVENTS_MAX) })
    }

    /// Tells of `link` by `id` from now on; it does not block any more.
    pub(super) fn add(&self, link: &Link, id: usize) -> io::Result<()> {
        link.stream.set_nonblocking(true)?;
        let data = epoll::EventData::new_u64(id as u64);
        Ok(epoll::add(&self.epoll, &link.stream, data, epoll::EventFlags::IN)?)
    }

    /// The ids of those that can be read, after `wait` at most.
    pub(super) fn wait(&mut self, wait: Duration) -> io::Result<impl Iterator<Item = usize>> {
        let wait = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
        self.events.clear();
        epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&wait))?;
        Ok(self.events.iter().map(|event| {
            let data = event.data;
            data.u64() as usize
        }))
    }
}
