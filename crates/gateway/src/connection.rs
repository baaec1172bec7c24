//! One device's connection: moves bytes between its socket and its session, and uploads to the engine.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::{Given, LinkKind, Receipt, Refused, Source};
use model::{DeviceId, Upload};
use protocols::{DeviceSettings, Identified, OrderId, Output, Presence, Progress, Reject, Session, Stored, Ticket};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};
use web::with_scratch;

use crate::listener::{Port, turned_down};
use crate::orders::Downlink;

/// Replies that may wait for a device to read them. Beyond it nothing more is read from the device.
const UNSENT_BYTES_MAX: usize = 64 * 1024;
/// How long a closing connection has for its last reply, and a stopping server for its devices' receipts.
const FAREWELL: Duration = Duration::from_secs(5);

pub(crate) struct DeviceConnection {
    stream: TcpStream,
    peer: SocketAddr,
    port: Arc<Port>,
    session: Box<dyn Session>,
    /// The source of the device that speaks now, and how often its device had been replaced before.
    device: Option<(Source, u32)>,
    /// The way of orders to it.
    downlink: Downlink,
    /// Outputs not carried out yet. Empty between turns.
    out: Vec<Output>,
    /// Uploads that are not durable yet, in order.
    receipts: VecDeque<(Ticket, Receipt)>,
    unsent: Vec<u8>,
    alarm: Pin<Box<Sleep>>,
    opened: Instant,
    heard: Instant,
    was_accepted: bool,
    /// Nothing is read any more; what was read is still worked on.
    finished: bool,
    /// Nothing new is begun any more.
    closing: bool,
}

/// What ends a wait.
enum Event {
    Read(usize),
    Wrote,
    Stored,
    Order(Given),
    Alarm,
    /// The device will send no more, but may read still.
    Finished,
    Ended,
}

impl DeviceConnection {
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr, port: Arc<Port>) -> Self {
        let now = Instant::now();
        port.metrics.open.inc();
        Self {
            session: (port.family.open)(&port.options.limits),
            stream,
            peer,
            device: None,
            downlink: Downlink::default(),
            out: Vec::new(),
            receipts: VecDeque::new(),
            unsent: Vec::new(),
            alarm: Box::pin(tokio::time::sleep_until(now + Duration::from_secs(port.options.unauthenticated_s))),
            opened: now,
            heard: now,
            was_accepted: false,
            finished: false,
            closing: false,
            port,
        }
    }

    /// Serves the device until it goes, is refused, or the server stops.
    pub(crate) async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut replaced = self.port.engine.replaced();
        loop {
            let event = tokio::select! {
                biased;
                event = std::future::poll_fn(|cx| self.poll_event(cx)) => event,
                Ok(()) = replaced.changed() => {
                    // A device whose place another took is not known any more.
                    if self.device.is_some() && self.source().is_none() {
                        self.closing = true;
                        break;
                    }
                    continue;
                }
                () = turned_down(&mut shutdown) => {
                    self.closing = true;
                    break;
                }
            };
            match event {
                Event::Ended => return,
                Event::Finished => self.finished = true,
                Event::Read(bytes) => {
                    self.heard = Instant::now();
                    self.port.metrics.received_bytes.inc_by(bytes as u64);
                }
                Event::Wrote | Event::Stored => {}
                Event::Order(given) => self.give(given),
                Event::Alarm => self.ring(),
            }
            self.carry_out().await;
            if self.closing || self.finished {
                break;
            }
        }
        self.downlink.end();
        // What was taken in is acknowledged if it becomes durable in time; if not, the device sends it again.
        let _ = tokio::time::timeout(FAREWELL, self.say_goodbye()).await;
    }

    /// Gives an order to the device, unless another has taken its place since: the order is for that one, and dropped
    /// here it counts as not sent.
    fn give(&mut self, given: Given) {
        if self.source().is_none() {
            self.closing = true;
            return;
        }
        let now = (self.port.options.clock)();
        self.downlink.give(given, self.session.as_mut(), now, &mut self.out);
    }

    async fn say_goodbye(&mut self) {
        while !self.receipts.is_empty() || !self.unsent.is_empty() {
            if let Event::Ended = std::future::poll_fn(|cx| self.poll_event(cx)).await {
                return;
            }
            self.carry_out().await;
        }
    }

    /// Looks at everything that can happen, what is owed to the device first.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let is_ending = self.closing || self.finished;
        if !is_ending && let Poll::Ready(given) = self.downlink.poll(cx) {
            return Poll::Ready(Event::Order(given));
        }
        let is_held = !is_ending && self.downlink.holds_back(Instant::now());
        if !is_held && self.poll_receipts(cx) {
            return Poll::Ready(Event::Stored);
        }
        if !self.unsent.is_empty()
            && let Poll::Ready(event) = self.poll_write(cx)
        {
            return Poll::Ready(event);
        }
        if is_ending {
            // Others watch over the time that is left.
            return Poll::Pending;
        }
        let reads = self.session.wants_bytes() && self.unsent.len() < UNSENT_BYTES_MAX;
        if reads && let Poll::Ready(event) = self.poll_read(cx) {
            return Poll::Ready(event);
        }
        self.alarm.as_mut().poll(cx).map(|()| Event::Alarm)
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

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            match self.stream.poll_write_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Event::Ended),
                Poll::Ready(Ok(())) => match self.stream.try_write(&self.unsent) {
                    Ok(n) if n == self.unsent.len() => {
                        self.unsent = Vec::new();
                        return Poll::Ready(Event::Wrote);
                    }
                    Ok(n) => {
                        self.unsent.drain(..n);
                    }
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return Poll::Ready(Event::Ended),
                },
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            match self.stream.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Event::Ended),
                Poll::Ready(Ok(())) => {}
            }
            let now = (self.port.options.clock)();
            let read = with_scratch(|buf, _| {
                let n = self.stream.try_read(buf)?;
                self.session.feed(now, &buf[..n], &mut self.out);
                Ok::<_, io::Error>(n)
            });
            match read {
                Ok(0) => return Poll::Ready(Event::Finished),
                Ok(n) => return Poll::Ready(Event::Read(n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(Event::Ended),
            }
        }
    }

    /// Does what the session asked for, in order, and what it asks for in turn.
    async fn carry_out(&mut self) {
        while !self.out.is_empty() && !self.closing {
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Identify(id) => self.identify(&id),
                    Output::Upload { ticket, reports } => self.upload(ticket, reports).await,
                    Output::Contact => self.contact(),
                    Output::Reply(bytes) => self.reply(bytes),
                    Output::Ordered { id, what } => self.ordered(id, what),
                    Output::Unasked(_) => {
                        self.port.metrics.unasked.inc();
                    }
                    Output::Reject { frame, reason, .. } => self.reject(&frame, &reason),
                    Output::Close => self.closing = true,
                }
            }
        }
        // Replies that became due while closing still belong to what was taken in.
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Reply(bytes) => self.reply(bytes),
                Output::Ordered { id, what } => self.ordered(id, what),
                _ => {}
            }
        }
        self.send();
        if self.unsent.is_empty() && self.downlink.note_written() {
            self.port.metrics.orders.inc();
        }
        self.set_alarm();
    }

    fn ordered(&mut self, id: OrderId, what: Progress) {
        // What a device says whose place another has taken is no answer of the source's.
        if self.source().is_none() {
            self.downlink.end();
        }
        self.downlink.note_progress(id, what, (self.port.options.clock)());
    }

    fn identify(&mut self, id: &DeviceId) {
        let now = (self.port.options.clock)();
        let engine = &self.port.engine;
        let source = engine.fleet().device(id.as_str()).and_then(|device| engine.source(device.source));
        // The source is asked too: another device may have taken the place since it was looked up.
        let device = source.and_then(|source| source.replacements_of(id).map(|replacements| (source, replacements)));
        let answer = if device.is_some() {
            // A refusal leaves it: uploads belong to the device last accepted.
            self.device = device;
            self.link();
            self.was_accepted = true;
            Identified::Accepted(DeviceSettings::default())
        } else {
            self.port.metrics.refused.inc();
            if let Some(others) = self.port.unregistered.is_due(Instant::now().into_std()) {
                let protocol = self.port.family.name;
                tracing::warn!(protocol, device = %id, peer = %self.peer, others, "device is not registered");
            }
            Identified::Refused
        };
        self.session.identified(now, answer, &mut self.out);
    }

    /// Orders to the device may come this way from now on.
    fn link(&mut self) {
        let Some((source, _)) = &self.device else { return };
        let kind = match self.port.family.presence {
            Presence::Connection => LinkKind::Lasting,
            Presence::Contact => LinkKind::Passing,
        };
        self.downlink.open(&self.port.engine, source, kind, self.hold());
    }

    /// How long an acknowledgement is held back at most.
    fn hold(&self) -> Duration {
        Duration::from_millis(self.port.options.order_hold_ms)
    }

    /// The source of the device that speaks, unless another device has taken its place.
    fn source(&self) -> Option<&Source> {
        let (source, replacements) = self.device.as_ref()?;
        (source.replacements() == *replacements).then_some(source)
    }

    async fn upload(&mut self, ticket: Ticket, reports: Upload) {
        self.port.metrics.uploads.inc();
        let received = (self.port.options.clock)();
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
                self.closing |= refused == Refused::Removed;
            }
        }
    }

    fn contact(&mut self) {
        if let Some(source) = self.source() {
            self.port.engine.contact(source, (self.port.options.clock)());
            self.downlink.heard(self.hold());
        }
    }

    fn reply(&mut self, bytes: Vec<u8>) {
        if self.unsent.is_empty() {
            self.unsent = bytes;
        } else {
            self.unsent.extend_from_slice(&bytes);
        }
    }

    fn reject(&self, frame: &[u8], reason: &Reject) {
        self.port.metrics.rejected.inc();
        if let Some(others) = self.port.rejected.is_due(Instant::now().into_std()) {
            let (protocol, start) = (self.port.family.name, hex(frame));
            tracing::warn!(protocol, peer = %self.peer, %reason, frame = start, others, "input could not be used");
        }
    }

    /// Writes at once what can be written; the rest when the socket has room.
    fn send(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        match self.stream.try_write(&self.unsent) {
            Ok(n) if n == self.unsent.len() => self.unsent = Vec::new(),
            Ok(n) => {
                self.unsent.drain(..n);
            }
            // An error shows itself again at the next look at the socket.
            Err(_) => {}
        }
    }

    /// Time has come for something.
    fn ring(&mut self) {
        let now = Instant::now();
        let options = &self.port.options;
        let unknown = !self.was_accepted && now.duration_since(self.opened).as_secs() >= options.unauthenticated_s;
        let silent = options.silence_s > 0 && now.duration_since(self.heard).as_secs() >= options.silence_s;
        if unknown || silent || self.downlink.is_stuck(now) {
            self.closing = true;
        }
        self.session.tick((options.clock)(), &mut self.out);
    }

    fn set_alarm(&mut self) {
        let options = &self.port.options;
        let now = Instant::now();
        let mut due = now + Duration::from_secs(3600);
        if !self.was_accepted {
            due = due.min(self.opened + Duration::from_secs(options.unauthenticated_s));
        }
        if options.silence_s > 0 {
            due = due.min(self.heard + Duration::from_secs(options.silence_s));
        }
        due = due.min(self.downlink.next_deadline().unwrap_or(due));
        if let Some(at) = self.session.next_deadline() {
            let ms = u64::try_from(at.since_ms((options.clock)())).unwrap_or(0).max(1);
            due = due.min(now + Duration::from_millis(ms));
        }
        // An alarm that is early only looks again; moving it costs more than that.
        if due < self.alarm.deadline() || self.alarm.is_elapsed() {
            self.alarm.as_mut().reset(due);
        }
    }
}

impl Drop for DeviceConnection {
    fn drop(&mut self) {
        self.port.metrics.open.dec();
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
