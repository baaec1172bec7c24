//! Moves one WebSocket connection's bytes: a hand-written future, because what an idle connection holds is decided
//! by what its future holds.
//!
//! A turn reads what is there, lets the session answer, gathers what is due, and writes it all at once. Nothing is
//! read while earlier bytes wait to be written, so a peer that does not read is not served new work either.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use model::Timestamp;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use ws::{Decoder, Event, close_code};

use crate::address::AddressPlace;
use crate::scratch::with_scratch;
use crate::server::Shared;
use crate::socket::{CloseReason, Frames, Gathered, Message, Sign, SocketSession};

/// How often a turn goes round before other connections get theirs.
const ROUNDS_A_TURN: usize = 4;

/// From this size on, bytes left over are cheaper to keep where they are than to copy.
const MOVED_BYTES_MIN: usize = 64 * 1024;

const GOING_AWAY: CloseReason = CloseReason { code: close_code::GOING_AWAY, reason: "server shuts down" };
const DEAD_PEER: CloseReason = CloseReason { code: close_code::GOING_AWAY, reason: "no sign of life" };

/// Where a connection is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Messages go both ways.
    Open,
    /// We said Close and wait, not for ever, for the peer to say it too.
    Closing { until: Instant },
    /// Both said Close: what is written goes out, then it is over.
    Ending,
}

pub(crate) struct Pump {
    stream: TcpStream,
    session: Box<dyn SocketSession>,
    decoder: Decoder,
    /// What the last turn could not write: the only buffer of a connection, and none when there is nothing in it.
    unsent: Vec<u8>,
    sent_bytes: usize,
    stage: Stage,
    sleep: Pin<Box<Sleep>>,
    next_ping: Instant,
    alive: Instant,
    blocked_since: Option<Instant>,
    shared: Arc<Shared>,
    /// Our place among those to be woken at shutdown.
    place: Option<usize>,
    /// What was read together with the upgrade request; fed first.
    early: Vec<u8>,
    _address: AddressPlace,
}

impl Pump {
    pub(crate) fn new(
        stream: TcpStream,
        early: Vec<u8>,
        session: Box<dyn SocketSession>,
        shared: Arc<Shared>,
        address: AddressPlace,
    ) -> Self {
        let now = Instant::now();
        let next_ping = now + Duration::from_secs(shared.socket.ping_s);
        shared.metrics.sockets_open.inc();
        Self {
            stream,
            decoder: Decoder::new(shared.socket.message_bytes_max.min(session.message_bytes_max())),
            session,
            unsent: Vec::new(),
            sent_bytes: 0,
            stage: Stage::Open,
            sleep: Box::pin(tokio::time::sleep_until(next_ping)),
            next_ping,
            alive: now,
            blocked_since: None,
            shared,
            place: None,
            early,
            _address: address,
        }
    }

    /// Writes the session's greeting; before the first poll.
    pub(crate) fn greet(&mut self) {
        let wall = (self.shared.clock)();
        self.session.opened(wall, &mut Frames::new(&mut self.unsent));
    }

    fn turn(&mut self, cx: &mut Context<'_>, read: &mut [u8], write: &mut Vec<u8>) -> Poll<io::Result<()>> {
        let now = Instant::now();
        let wall = (self.shared.clock)();
        if self.stage == Stage::Open && self.shared.is_closing() {
            self.start_close(write, GOING_AWAY, now);
        }
        self.session.register(cx.waker());
        for _ in 0..ROUNDS_A_TURN {
            let was_held_back = self.is_held_back();
            let mut more = self.take_early(wall, now, write);
            more |= self.read(cx, wall, now, read, write)?;
            self.keep_time(wall, now, write);
            more |= self.write(cx, wall, now, write)?;
            // Nothing was asked of the socket meanwhile, so that it would not wake us.
            more |= was_held_back && !self.is_held_back();
            let over = self.stage == Stage::Ending || matches!(self.stage, Stage::Closing { until } if now >= until);
            if over && (self.unsent.is_empty() || self.gave_up_writing(now)) {
                return Poll::Ready(Ok(()));
            }
            if self.gave_up_writing(now) {
                self.shared.metrics.sockets_blocked.inc();
                return Poll::Ready(Ok(()));
            }
            if !more {
                self.arm(cx, wall, now);
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// When a peer that does not read is given up, if it is such a one.
    fn given_up_at(&self) -> Option<Instant> {
        let patience_s = match self.stage {
            Stage::Open => self.shared.socket.blocked_s,
            Stage::Closing { .. } | Stage::Ending => self.shared.socket.close_timeout_s,
        };
        self.blocked_since.map(|since| since + Duration::from_secs(patience_s))
    }

    fn gave_up_writing(&self, now: Instant) -> bool {
        self.given_up_at().is_some_and(|at| now >= at)
    }

    fn take_early(&mut self, wall: Timestamp, now: Instant, write: &mut Vec<u8>) -> bool {
        if self.early.is_empty() {
            return false;
        }
        let mut early = std::mem::take(&mut self.early);
        self.take(wall, now, &mut early, write);
        true
    }

    /// Reads once. True when there may be more.
    fn read(
        &mut self,
        cx: &mut Context<'_>,
        wall: Timestamp,
        now: Instant,
        read: &mut [u8],
        write: &mut Vec<u8>,
    ) -> io::Result<bool> {
        if !self.unsent.is_empty() || self.is_held_back() || self.stage == Stage::Ending {
            return Ok(false);
        }
        let Poll::Ready(ready) = self.stream.poll_read_ready(cx) else { return Ok(false) };
        ready?;
        match self.stream.try_read(read) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                self.alive = now;
                self.take(wall, now, &mut read[..n], write);
                Ok(true)
            }
            // The readiness was stale; the next look registers for the next one.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(e) => Err(e),
        }
    }

    /// Whether the session takes no more of its client now.
    fn is_held_back(&self) -> bool {
        self.stage == Stage::Open && !self.session.takes_messages()
    }

    /// Hands what was read to the session, message by message.
    fn take(&mut self, wall: Timestamp, now: Instant, bytes: &mut [u8], write: &mut Vec<u8>) {
        let mut closing = None;
        let mut feed = self.decoder.feed(bytes);
        loop {
            let mut out = Frames::new(write);
            match feed.next_event() {
                Ok(None) => break,
                Ok(Some(Event::Close { code, .. })) => {
                    if self.stage == Stage::Open {
                        out.close(code, "");
                        self.session.sign(Sign::Closed);
                    }
                    self.stage = Stage::Ending;
                    break;
                }
                Ok(Some(_)) if self.stage != Stage::Open => {}
                Ok(Some(Event::Ping(payload))) => out.pong(payload),
                Ok(Some(Event::Pong(_))) => self.session.sign(Sign::Answered),
                Ok(Some(Event::Text(text))) => self.session.message(wall, Message::Text(text), &mut out),
                Ok(Some(Event::Binary(bytes))) => self.session.message(wall, Message::Binary(bytes), &mut out),
                Err(error) => {
                    if matches!(error, ws::Error::TooBig { .. }) && self.stage == Stage::Open {
                        self.session.message(wall, Message::TooBig, &mut out);
                    }
                    closing = Some(CloseReason { code: error.close_code(), reason: reason(error) });
                    break;
                }
            }
        }
        if let Some(reason) = closing {
            self.start_close(write, reason, now);
        }
    }

    fn start_close(&mut self, write: &mut Vec<u8>, close: CloseReason, now: Instant) {
        if self.stage == Stage::Open {
            Frames::new(write).close(Some(close.code), close.reason);
            self.stage = Stage::Closing { until: now + Duration::from_secs(self.shared.socket.close_timeout_s) };
            self.shared.metrics.closed_by_us(close.code);
        }
    }

    /// Pings, notices the dead, and lets the session do what time demands.
    fn keep_time(&mut self, wall: Timestamp, now: Instant, write: &mut Vec<u8>) {
        if self.stage != Stage::Open {
            return;
        }
        if now.duration_since(self.alive) >= Duration::from_secs(self.shared.socket.dead_peer_s) {
            self.session.sign(Sign::Lost);
            self.start_close(write, DEAD_PEER, now);
            return;
        }
        if now >= self.next_ping {
            self.next_ping = now + Duration::from_secs(self.shared.socket.ping_s);
            if self.unsent.is_empty() {
                Frames::new(write).ping();
                self.session.sign(Sign::Asked);
            }
        }
        if self.session.next_deadline().is_some_and(|due| due <= wall)
            && let Some(close) = self.session.tick(wall, &mut Frames::new(write))
        {
            self.start_close(write, close, now);
        }
    }

    /// Writes what is due in one go. True when there may be more to write at once.
    fn write(&mut self, cx: &mut Context<'_>, wall: Timestamp, now: Instant, write: &mut Vec<u8>) -> io::Result<bool> {
        let mut more = false;
        if self.unsent.is_empty() && self.stage == Stage::Open {
            let budget = self.shared.socket.write_bytes.saturating_sub(write.len());
            match self.session.gather(wall, &mut Frames::new(write), budget) {
                Gathered::Done => {}
                Gathered::More => more = true,
                Gathered::Close(close) => self.start_close(write, close, now),
            }
        }
        if self.unsent.is_empty() && !write.is_empty() {
            let sent = self.try_write(cx, write)?;
            if sent < write.len() {
                self.keep(write, sent);
                self.blocked_since = Some(now);
            }
        } else {
            self.unsent.extend_from_slice(write);
        }
        write.clear();
        while !self.unsent.is_empty() {
            match self.try_write(cx, &self.unsent[self.sent_bytes..])? {
                0 => {
                    self.blocked_since.get_or_insert(now);
                    return Ok(false);
                }
                n => {
                    self.alive = now;
                    self.blocked_since = Some(now);
                    self.sent_bytes += n;
                }
            }
            if self.sent_bytes == self.unsent.len() {
                let mut sent = std::mem::take(&mut self.unsent);
                if sent.capacity() > write.capacity() {
                    // It was the thread's before: see `keep`.
                    sent.clear();
                    *write = sent;
                }
                self.sent_bytes = 0;
                self.blocked_since = None;
                // Reading was held back meanwhile.
                more = true;
            }
        }
        Ok(more)
    }

    /// Keeps what was not written. A large rest is kept where it lies, a small one in a buffer of its own size.
    fn keep(&mut self, write: &mut Vec<u8>, sent: usize) {
        if write.len() - sent >= MOVED_BYTES_MIN {
            self.unsent = std::mem::take(write);
            self.sent_bytes = sent;
        } else {
            self.unsent = write[sent..].to_vec();
            self.sent_bytes = 0;
        }
    }

    /// How much of it went out; 0 means that the socket is full, and that we are woken when it is not.
    fn try_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let Poll::Ready(ready) = self.stream.poll_write_ready(cx) else { return Ok(0) };
            ready?;
            match self.stream.try_write(bytes) {
                Ok(n) => {
                    self.shared.metrics.sent_bytes.inc_by(n as u64);
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Sets the alarm to the next thing that time will demand. An alarm that is early only looks again.
    fn arm(&mut self, cx: &mut Context<'_>, wall: Timestamp, now: Instant) {
        let mut due = match self.stage {
            Stage::Open => self.next_ping,
            Stage::Closing { until } => until,
            Stage::Ending => now + Duration::from_secs(self.shared.socket.close_timeout_s),
        };
        if self.stage == Stage::Open {
            due = due.min(self.alive + Duration::from_secs(self.shared.socket.dead_peer_s));
            if let Some(session_due) = self.session.next_deadline() {
                let ms = u64::try_from(session_due.since_ms(wall)).unwrap_or(0).max(1);
                due = due.min(now + Duration::from_millis(ms));
            }
        }
        if let Some(at) = self.given_up_at() {
            due = due.min(at);
        }
        // Re-arming costs more than looking once too often, so a later due time leaves the alarm as it is.
        if due < self.sleep.deadline() || self.sleep.is_elapsed() {
            self.sleep.as_mut().reset(due);
        }
        if self.sleep.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}

fn reason(error: ws::Error) -> &'static str {
    match error {
        ws::Error::TooBig { .. } => "message too big",
        ws::Error::InvalidUtf8 => "text is not UTF-8",
        _ => "protocol error",
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let pump = self.get_mut();
        if pump.place.is_none() {
            pump.place = Some(pump.shared.enter(cx.waker().clone()));
        }
        with_scratch(|read, write| pump.turn(cx, read, write)).map(|ended| {
            // Who ended its side has read what came before. A connection that broke says nothing like that: what the
            // peer's machine had not handed over by then is gone.
            if ended.is_err_and(|error| error.kind() != io::ErrorKind::UnexpectedEof) {
                pump.session.sign(Sign::Lost);
            }
        })
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if !self.unsent.is_empty() {
            self.session.sign(Sign::Lost);
        }
        if let Some(place) = self.place {
            self.shared.leave(place);
        }
        self.shared.metrics.sockets_open.dec();
    }
}
