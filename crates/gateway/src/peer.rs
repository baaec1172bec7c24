//! One address that sends datagrams: moves them between its inbox and its conversation.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Sleep};

use crate::connection::{FAREWELL, NOTHING_DUE};
use crate::conversation::{Conversation, Due, Replies};
use crate::inbox::{Datagram, Inbox};
use crate::listener::turned_down;
use crate::port::{Peer, Port, Served, Transport};

/// Serves one address until it falls silent, its place is needed, or the server stops.
pub(crate) struct PeerTask {
    port: Arc<Port>,
    conversation: Conversation,
    inbox: Arc<Inbox>,
    outlet: Outlet,
    /// Its place among the strangers, until it is none.
    stranger: Option<OwnedSemaphorePermit>,
    /// The share of the datagram that is being read.
    reading: Option<OwnedSemaphorePermit>,
    alarm: Pin<Box<Sleep>>,
    heard: Instant,
    /// Another needs the place: nothing more will come.
    is_cut_off: bool,
}

impl Drop for PeerTask {
    /// However it ended, nobody reads there any more.
    fn drop(&mut self) {
        self.inbox.close();
    }
}

/// The way back to the peer.
struct Outlet {
    socket: Arc<UdpSocket>,
    served: Served,
    address: SocketAddr,
    /// How much a stranger may be answered, in bytes: never more than it said, or others could be flooded in its name.
    stranger_bytes: usize,
}

impl Replies for Outlet {
    fn put(&mut self, reply: Vec<u8>, is_stranger: bool) {
        if is_stranger {
            let Some(left) = self.stranger_bytes.checked_sub(reply.len()) else { return };
            self.stranger_bytes = left;
        }
        // What cannot be sent now is lost, as datagrams may be: the device sends again.
        if self.socket.try_send_to(&reply, self.address).is_err() {
            self.served.tally.metrics.unsent_datagrams.inc();
        }
    }
}

/// What ends a wait.
enum Event {
    Datagram(Datagram),
    Due(Due),
    Alarm,
    CutOff,
}

impl PeerTask {
    /// For an address of which nothing is known but that it sent something.
    pub(crate) fn new(
        port: Arc<Port>,
        served: Served,
        socket: Arc<UdpSocket>,
        address: SocketAddr,
        inbox: Arc<Inbox>,
        stranger: OwnedSemaphorePermit,
    ) -> Self {
        let peer = Peer { address, transport: Transport::Udp };
        let open = served.family.open_udp.unwrap_or(served.family.open);
        let now = Instant::now();
        Self {
            conversation: Conversation::new(port.clone(), served.clone(), open, peer),
            inbox,
            outlet: Outlet { socket, served, address, stranger_bytes: 0 },
            stranger: Some(stranger),
            reading: None,
            alarm: Box::pin(tokio::time::sleep_until(now + NOTHING_DUE)),
            heard: now,
            is_cut_off: false,
            port,
        }
    }

    /// Serves it, beginning with what it sent first.
    pub(crate) async fn run(mut self, first: Datagram, mut shutdown: watch::Receiver<bool>) {
        let mut changed = self.port.engine.devices_changed();
        self.read(first);
        loop {
            self.carry_out().await;
            if self.is_done() {
                break;
            }
            tokio::select! {
                biased;
                event = std::future::poll_fn(|cx| self.poll_event(cx)) => match event {
                    Event::Datagram(datagram) => self.read(datagram),
                    Event::Due(due) => self.conversation.take_up(due),
                    Event::Alarm => self.conversation.tick(),
                    Event::CutOff => self.is_cut_off = true,
                },
                // A device whose place another took is not known any more, one that is set otherwise is to begin anew.
                Ok(()) = changed.changed() => if self.conversation.is_outdated() {
                    self.conversation.close();
                },
                () = turned_down(&mut shutdown) => self.conversation.close(),
            }
        }
        self.inbox.close();
        self.conversation.end_orders();
        // What was taken in is acknowledged if it becomes durable in time; if not, the device sends it again.
        let _ = tokio::time::timeout(FAREWELL, self.say_goodbye()).await;
    }

    async fn say_goodbye(&mut self) {
        while self.conversation.awaits_receipts() {
            let due = std::future::poll_fn(|cx| self.conversation.poll_due(cx, true)).await;
            self.conversation.take_up(due);
            self.conversation.carry_out(&mut self.outlet).await;
        }
    }

    /// Whether nothing is left to do. A stranger is remembered no longer than it takes to answer it.
    fn is_done(&self) -> bool {
        if self.conversation.is_closing() {
            return true;
        }
        let is_busy = self.reading.is_some() || self.conversation.awaits_receipts();
        let is_over = self.is_cut_off || !self.conversation.was_accepted() || Instant::now() >= self.silent_at();
        !is_busy && is_over && self.inbox.close_if_empty()
    }

    /// When it counts as gone if it says nothing.
    fn silent_at(&self) -> Instant {
        self.heard + Duration::from_secs(self.port.options.udp_idle_s)
    }

    /// Looks at everything that can happen, what is owed to the device first.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(due) = self.conversation.poll_due(cx, false) {
            return Poll::Ready(Event::Due(due));
        }
        if self.reading.is_none()
            && !self.is_cut_off
            && let Poll::Ready(taken) = self.inbox.poll_take(cx)
        {
            return Poll::Ready(taken.map_or(Event::CutOff, Event::Datagram));
        }
        self.alarm.as_mut().poll(cx).map(|()| Event::Alarm)
    }

    fn read(&mut self, datagram: Datagram) {
        self.heard = Instant::now();
        if !self.conversation.was_accepted() {
            self.outlet.stranger_bytes += datagram.bytes.len();
        }
        self.conversation.feed(&datagram.bytes);
        self.reading = Some(datagram.share);
    }

    async fn carry_out(&mut self) {
        self.conversation.carry_out(&mut self.outlet).await;
        // Some of it may have to wait until what was before it is durable.
        if self.conversation.wants_bytes() && self.reading.take().is_some() {
            self.conversation.end_datagram();
            self.conversation.carry_out(&mut self.outlet).await;
        }
        self.conversation.note_written();
        if self.conversation.was_accepted() {
            self.stranger = None;
        }
        let due = self.conversation.deadline_before(self.silent_at());
        if due < self.alarm.deadline() || self.alarm.is_elapsed() {
            self.alarm.as_mut().reset(due);
        }
    }
}
