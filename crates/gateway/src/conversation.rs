//! What is done for a device, whatever its bytes come by: who it is, its uploads and their receipts, orders to it.
//!
//! A transport feeds what it reads, calls [`Conversation::carry_out`] with a place for replies, and waits for what
//! [`Conversation::poll_due`] and its own socket bring.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::{Given, LinkKind, Receipt, Refused, Source};
use intake::{Knock, Knocked};
use model::{DeviceId, Timestamp, Upload};
use protocols::{
    DeviceSettings, Identified, Open, OrderId, Output, Presence, Progress, Reject, Session, Stored, Ticket,
};
use tokio::time::Instant;

use crate::orders::Downlink;
use crate::port::{Fault, Peer, Port, Served, Transport};
use crate::rollover::bring_forward;

/// Where replies go.
pub(crate) trait Replies: Send {
    /// Takes one reply. It is to a stranger as long as no device was accepted.
    fn put(&mut self, reply: Vec<u8>, is_stranger: bool);
}

/// One device's conversation.
pub(crate) struct Conversation {
    port: Arc<Port>,
    served: Served,
    peer: Peer,
    session: Box<dyn Session>,
    /// The device that was accepted last.
    device: Option<Device>,
    /// That device has no way of orders yet: only what it says next shows whether it is the one that it named.
    is_unlinked: bool,
    /// Who spoke last, accepted or not.
    named: Option<DeviceId>,
    /// The way of orders to it.
    downlink: Downlink,
    /// When the session was last told the time: what it says, it says as of then. So a frame that is put into quarantine
    /// has the time of the reports that were read of it.
    now: Timestamp,
    /// Outputs not carried out yet. Empty between turns.
    out: Vec<Output>,
    /// Uploads that are not durable yet, in order.
    receipts: VecDeque<(Ticket, Receipt)>,
    was_accepted: bool,
    /// Nothing new is begun any more.
    is_closing: bool,
}

/// A device that is registered.
struct Device {
    id: DeviceId,
    source: Source,
    /// How often the source's device had been replaced before.
    replacements: u32,
    settings: Arc<DeviceSettings>,
}

/// What can become due without the device saying anything.
pub(crate) enum Due {
    /// Uploads are durable, or never will be.
    Stored,
    /// An order for the device.
    Order(Given),
}

impl Conversation {
    pub(crate) fn new(port: Arc<Port>, served: Served, open: Open, peer: Peer) -> Self {
        served.tally.metrics.open.inc();
        Self {
            session: open(&port.options.limits),
            now: (port.options.clock)(),
            port,
            served,
            peer,
            device: None,
            is_unlinked: false,
            named: None,
            downlink: Downlink::default(),
            out: Vec::new(),
            receipts: VecDeque::new(),
            was_accepted: false,
            is_closing: false,
        }
    }

    /// The present time, to be told to the session.
    fn look_at_clock(&mut self) -> Timestamp {
        self.now = (self.port.options.clock)();
        self.now
    }

    /// Takes what was read. [`Self::carry_out`] is to follow.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.served.tally.metrics.received_bytes.inc_by(bytes.len() as u64);
        let now = self.look_at_clock();
        self.session.feed(now, bytes, &mut self.out);
    }

    /// What was fed last ended with its datagram. Only while more bytes are welcome.
    pub(crate) fn end_datagram(&mut self) {
        let now = self.look_at_clock();
        self.session.end_datagram(now, &mut self.out);
    }

    /// Whether more bytes are welcome.
    pub(crate) fn wants_bytes(&self) -> bool {
        self.session.wants_bytes()
    }

    /// Whether a device was ever accepted.
    pub(crate) fn was_accepted(&self) -> bool {
        self.was_accepted
    }

    /// Whether nothing new is begun any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Begins nothing new.
    pub(crate) fn close(&mut self) {
        self.is_closing = true;
    }

    /// Whether a device spoke whose place another has taken since, or that is set otherwise now.
    pub(crate) fn is_outdated(&self) -> bool {
        let Some(device) = &self.device else { return false };
        let now = self.port.engine.fleet().device(device.id.as_str());
        self.source().is_none() || now.is_none_or(|now| now.settings != device.settings)
    }

    /// Whether uploads wait for the disk.
    pub(crate) fn awaits_receipts(&self) -> bool {
        !self.receipts.is_empty()
    }

    /// Takes no more orders. What is on its way may still be written.
    pub(crate) fn end_orders(&mut self) {
        self.downlink.end();
    }

    /// Everything that was to be sent was handed to the socket.
    pub(crate) fn note_written(&mut self) {
        if self.downlink.note_written() {
            self.served.tally.metrics.orders.inc();
        }
    }

    /// Whether an order waits to be written, and the device has taken nothing for too long.
    pub(crate) fn is_stuck(&self, now: Instant) -> bool {
        self.downlink.is_stuck(now)
    }

    /// Orders for the device, and receipts of what it uploaded. While it ends there are no orders.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>, is_ending: bool) -> Poll<Due> {
        if !is_ending && let Poll::Ready(given) = self.downlink.poll(cx) {
            return Poll::Ready(Due::Order(given));
        }
        let is_held = !is_ending && self.downlink.holds_back(Instant::now());
        if !is_held && self.poll_receipts(cx) {
            return Poll::Ready(Due::Stored);
        }
        Poll::Pending
    }

    /// Tells the session of all uploads at the front that are durable by now.
    fn poll_receipts(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        while let Some((ticket, receipt)) = self.receipts.front_mut()
            && let Poll::Ready(result) = Pin::new(receipt).poll(cx)
        {
            let stored = if result.is_ok() { Stored::Ok } else { Stored::Failed };
            self.session.stored(*ticket, stored, &mut self.out);
            self.receipts.pop_front();
            any = true;
        }
        any
    }

    /// Takes up what became due. [`Self::carry_out`] is to follow.
    pub(crate) fn take_up(&mut self, due: Due) {
        match due {
            Due::Stored => {}
            Due::Order(given) => self.give(given),
        }
    }

    /// Gives an order to the device, unless another has taken its place since: the order is for that one, and dropped
    /// here it counts as not sent.
    fn give(&mut self, given: Given) {
        if self.source().is_none() {
            self.is_closing = true;
            return;
        }
        let now = self.look_at_clock();
        self.downlink.give(given, self.session.as_mut(), now, &mut self.out);
    }

    /// Time may have come for something.
    pub(crate) fn tick(&mut self) {
        let now = self.look_at_clock();
        self.session.tick(now, &mut self.out);
    }

    /// When time comes for something, if that is before `due`.
    pub(crate) fn deadline_before(&self, mut due: Instant) -> Instant {
        due = due.min(self.downlink.next_deadline().unwrap_or(due));
        if let Some(at) = self.session.next_deadline() {
            let ms = u64::try_from(at.since_ms((self.port.options.clock)())).unwrap_or(0).max(1);
            due = due.min(Instant::now() + Duration::from_millis(ms));
        }
        due
    }

    /// Does what the session asked for, in order, and what it asks for in turn.
    pub(crate) async fn carry_out(&mut self, replies: &mut impl Replies) {
        while !self.out.is_empty() && !self.is_closing {
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Identify(id) => self.identify(id).await,
                    Output::Upload { ticket, reports } => self.upload(ticket, reports).await,
                    Output::Contact => self.contact(),
                    Output::Reply(bytes) => replies.put(bytes, !self.was_accepted),
                    Output::Ordered { id, what } => self.ordered(id, what),
                    Output::Unasked(_) => {
                        self.served.tally.metrics.unasked.inc();
                    }
                    Output::Reject { frame, offset, reason, forgiven } => {
                        if reason == Reject::NotAuthorised {
                            self.disown();
                        }
                        self.reject(Fault { frame, offset, reason, forgiven });
                    }
                    Output::Close => self.is_closing = true,
                }
            }
        }
        if !self.is_closing {
            self.link();
        }
        // Replies that became due while closing still belong to what was taken in.
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Reply(bytes) => replies.put(bytes, !self.was_accepted),
                Output::Ordered { id, what } => self.ordered(id, what),
                _ => {}
            }
        }
    }

    fn ordered(&mut self, id: OrderId, what: Progress) {
        // What a device says whose place another has taken is no answer of the source's.
        if self.source().is_none() {
            self.downlink.end();
        }
        self.downlink.note_progress(id, what, (self.port.options.clock)());
    }

    async fn identify(&mut self, id: DeviceId) {
        let mut device = self.look_up(&id);
        // A number that was refused without its zeros is looked up with them; it is still one device that knocked.
        let is_same = |named: &DeviceId| named.as_str() == id.as_str().trim_start_matches('0') && *named != id;
        let has_knocked = self.named.as_ref().is_some_and(is_same);
        if device.is_none() && !has_knocked {
            let at = (self.port.options.clock)();
            let knock = Knock { id: id.clone(), protocol: self.served.family.name, peer: self.peer.address, at };
            if self.port.intake.unknown(knock).await == Knocked::Adopted {
                device = self.look_up(&id);
            }
        }
        let answer = if let Some(device) = device {
            let settings = DeviceSettings::clone(&device.settings);
            // A refusal leaves it: uploads belong to the device last accepted.
            self.device = Some(device);
            self.is_unlinked = true;
            self.was_accepted = true;
            Identified::Accepted(settings)
        } else {
            if !has_knocked {
                self.served.tally.note_unregistered(&id, self.peer);
            }
            Identified::Refused
        };
        self.named = Some(id);
        let now = self.look_at_clock();
        self.session.identified(now, answer, &mut self.out);
    }

    fn look_up(&self, id: &DeviceId) -> Option<Device> {
        let engine = &self.port.engine;
        let found = engine.fleet().device(id.as_str())?;
        let source = engine.source(found.source)?;
        // The source is asked too: another device may have taken the place since it was looked up.
        let replacements = source.replacements_of(id)?;
        Some(Device { id: id.clone(), source, replacements, settings: found.settings })
    }

    /// Whoever spoke last has not shown that it is the device that it named.
    fn disown(&mut self) {
        if self.device.as_ref().is_some_and(|device| self.named.as_ref() == Some(&device.id)) {
            self.device = None;
            self.is_unlinked = false;
            self.downlink.end();
        }
    }

    fn reject(&self, fault: Fault) {
        // What a device said that was refused is not the source's of the one before.
        let is_its = self.device.as_ref().is_some_and(|device| self.named.as_ref() == Some(&device.id));
        let source = self.source().filter(|_| is_its).map(Source::id);
        self.port.reject(&self.served.tally, self.peer, self.now, self.named.clone(), source, fault);
    }

    /// Orders to the device may come this way from now on.
    fn link(&mut self) {
        if !std::mem::take(&mut self.is_unlinked) {
            return;
        }
        let Some(Device { source, .. }) = &self.device else { return };
        let kind = match (self.peer.transport, self.served.family.presence) {
            (Transport::Udp, _) => LinkKind::Address,
            (Transport::Tcp, Presence::Connection) => LinkKind::Lasting,
            (Transport::Tcp, Presence::Contact) => LinkKind::Passing,
        };
        self.downlink.open(&self.port.engine, source, kind, self.hold());
    }

    /// How long an acknowledgement is held back at most.
    fn hold(&self) -> Duration {
        Duration::from_millis(self.port.options.order_hold_ms)
    }

    /// The source of the device that speaks, unless another device has taken its place.
    fn source(&self) -> Option<&Source> {
        let device = self.device.as_ref()?;
        (device.source.replacements() == device.replacements).then_some(&device.source)
    }

    async fn upload(&mut self, ticket: Ticket, mut reports: Upload) {
        self.link();
        self.served.tally.metrics.uploads.inc();
        let received = self.now;
        if self.device.as_ref().is_some_and(|device| device.settings.gps_week_rollover == Some(true)) {
            bring_forward(&mut reports, received);
        }
        let taken = match self.source() {
            Some(source) => self.port.engine.ingest(source, received, reports).await,
            None => Err(Refused::Removed),
        };
        match taken {
            Ok(receipt) => {
                self.receipts.push_back((ticket, receipt));
                self.downlink.heard(self.hold());
            }
            Err(refused) => {
                self.session.stored(ticket, Stored::Failed, &mut self.out);
                // A device that was removed meanwhile is refused properly when it comes again.
                self.is_closing |= refused == Refused::Removed;
            }
        }
    }

    fn contact(&mut self) {
        self.link();
        if let Some(source) = self.source() {
            self.port.engine.contact(source, (self.port.options.clock)());
            self.downlink.heard(self.hold());
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.served.tally.metrics.open.dec();
    }
}
