//! A client without a WebSocket: the session that it would have on one, and what waits until it listens again.
//!
//! It listens on a *channel*, one at a time: an answer that is held open. Only while it does is anything gathered for
//! it. Between two channels its outbox keeps what is new, as it does for a slow reader of a socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use model::{MS_PER_SECOND, Timestamp};
use uuid::Uuid;
use web::{Frames, Gathered, Message, Next, SocketSession, texts};

use super::opening::Atmosphere;
use super::transport::Transport;
use super::{FallbackOptions, NavixySession, Shared};

/// What one answer to a poll may come to, roughly, for clients that can tell messages apart.
const POLL_BYTES: usize = 64 * 1024;
/// The smallest budget: one message.
const ONE_MESSAGE: usize = 1;
/// How often one look for something to say goes round.
const ROUNDS_MAX: usize = 4;

/// The client.
pub(super) struct Socketless {
    session: NavixySession,
    /// Texts to be handed out, mostly answers to what it said while it did not listen.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    channel: Option<Channel>,
    /// How many channels it had: their numbers.
    channels: u64,
    /// Whether it listens on channels at all. Answers to one that does not go back the way the message came.
    listens: bool,
    /// When it was last heard of.
    contact: Timestamp,
    /// It ended, and is as good as unknown.
    over: bool,
}

/// What it listens on.
struct Channel {
    number: u64,
    transport: Transport,
    /// What stands before the first message, until it is written.
    start: Vec<u8>,
    /// When it ends without a message.
    until: Option<Timestamp>,
    /// Before this, nothing more is to be written.
    not_before: Timestamp,
    /// It has had its answer.
    served: bool,
    waker: Waker,
}

impl Socketless {
    /// A client that was not known, or is not any more.
    pub(super) fn new(shared: Arc<Shared>, asked: Atmosphere, now: Timestamp) -> Self {
        Self {
            session: NavixySession::new(shared, asked.without_heartbeats(), now),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            channel: None,
            channels: 0,
            listens: false,
            contact: now,
            over: false,
        }
    }

    /// Its id. One that does not expect a handshake is given one all the same.
    pub(super) fn id(&mut self) -> Uuid {
        *self.session.client.get_or_insert_with(Uuid::new_v4)
    }

    /// Whether it may be forgotten.
    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        let absent_ms = i64::from(self.options().absent_s) * MS_PER_SECOND;
        self.channel.is_none() && (self.over || now.since_ms(self.contact) > absent_ms)
    }

    /// Whether it ended by itself.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    fn options(&self) -> FallbackOptions {
        self.session.shared.options.fallback
    }

    /// Begins to listen, in place of where it listened before. The number of the channel.
    pub(super) fn attach(&mut self, now: Timestamp, asked: Atmosphere, transport: Transport) -> u64 {
        self.end_channel();
        self.contact = now;
        self.session.atmosphere = if transport.is_stream() { asked } else { asked.without_heartbeats() };
        let start = self.start(now, transport);
        self.listens |= transport.waits();
        self.channels += 1;
        let poll_s = if transport.waits() { self.options().poll_s } else { 0 };
        self.channel = Some(Channel {
            number: self.channels,
            transport,
            start,
            until: (!transport.is_stream()).then(|| now.plus_ms(i64::from(poll_s) * MS_PER_SECOND)),
            not_before: now,
            served: false,
            waker: Waker::noop().clone(),
        });
        self.channels
    }

    /// What stands before the first message of a channel, a greeting included. A poll is no news to a client that polls
    /// all the time; a stream is, to one that comes back.
    fn start(&mut self, now: Timestamp, transport: Transport) -> Vec<u8> {
        let mut start = Vec::new();
        let asked = self.session.atmosphere;
        // A client that comes back takes padding without a handshake for a message, unless lengths say otherwise.
        if transport != Transport::Streaming || !asked.reconnects || asked.has_length_prefix() {
            transport.start(&mut start);
        }
        if self.channels == 0 || transport.is_stream() {
            let mut frames = Vec::new();
            self.session.opened(now, &mut Frames::new(&mut frames));
            texts(&frames).for_each(|text| transport.write(text, &mut start));
        }
        start
    }

    /// What is next on a channel.
    pub(super) fn next(&mut self, now: Timestamp, number: u64, waker: &Waker) -> Next {
        let Some(channel) = self.channel.as_mut().filter(|c| c.number == number && !c.served) else { return Next::End };
        self.contact = now;
        channel.waker.clone_from(waker);
        let (transport, not_before, until) = (channel.transport, channel.not_before, channel.until);
        self.session.register(waker);
        if now < not_before {
            return Next::Wait(Some(not_before));
        }
        let start = self.channel.as_mut().map(|c| std::mem::take(&mut c.start)).unwrap_or_default();
        if !start.is_empty() {
            // Alone: clients take all that comes with a handshake for a part of it.
            self.wrote(now, transport);
            return Next::Piece(start.into());
        }
        let joins = self.session.atmosphere.has_length_prefix() && !transport.is_stream();
        let known = self.session.shared.missed.count();
        let has_all = self.gather(now, if joins { POLL_BYTES } else { ONE_MESSAGE });
        let mut piece = Vec::new();
        while let Some(text) = self.take() {
            transport.write(&text, &mut piece);
            if !joins {
                break;
            }
        }
        if has_all && self.waiting.is_empty() {
            self.session.heard = Some(known);
        }
        if !piece.is_empty() {
            self.wrote(now, transport);
            return Next::Piece(piece.into());
        }
        if self.over || until.is_some_and(|until| until <= now) {
            return Next::End;
        }
        let again = (!has_all).then_some(now);
        Next::Wait([again, until, self.session.next_deadline()].into_iter().flatten().min())
    }

    fn wrote(&mut self, now: Timestamp, transport: Transport) {
        let pause_ms = i64::from(self.options().pause_ms);
        let is_told_apart = transport == Transport::Sse || self.session.atmosphere.has_length_prefix();
        if let Some(channel) = &mut self.channel {
            channel.served = !transport.is_stream();
            if !is_told_apart {
                channel.not_before = now.plus_ms(pause_ms);
            }
        }
    }

    /// Makes something wait, if there is anything. False if there is more to look for.
    fn gather(&mut self, now: Timestamp, budget_bytes: usize) -> bool {
        if self.over {
            return true;
        }
        if self.session.next_deadline().is_some_and(|due| due <= now)
            && self.write(|session, out| session.tick(now, out)).is_some()
        {
            self.over = true;
        }
        for _ in 0..ROUNDS_MAX {
            if self.waiting_bytes >= budget_bytes {
                return false;
            }
            match self.write(|session, out| session.gather(now, out, budget_bytes)) {
                Gathered::Done => return true,
                Gathered::More => {}
                Gathered::Close(_) => {
                    self.over = true;
                    return true;
                }
            }
        }
        false
    }

    /// Takes in what the client says. What is to be answered at once, if it does not listen.
    pub(super) fn say(&mut self, now: Timestamp, message: Message<'_>) -> Vec<u8> {
        self.contact = now;
        let waited = self.waiting.len();
        self.write(|session, out| session.message(now, message, out));
        if let Some(channel) = &self.channel {
            channel.waker.wake_by_ref();
        }
        if self.listens {
            let options = self.options();
            // A single answer may be as large as what was asked.
            let is_too_much = self.waiting_bytes > options.bytes_max && self.waiting.len() > 1;
            if is_too_much || self.waiting.len() > options.messages_max {
                self.close();
            }
            return Vec::new();
        }
        let answers = self.waiting.split_off(waited.min(self.waiting.len()));
        let joins = self.session.atmosphere.has_length_prefix();
        let mut body = Vec::new();
        for (at, text) in answers.into_iter().enumerate() {
            if at == 0 || joins {
                self.waiting_bytes -= text.len();
                body.extend_from_slice(&text);
            } else {
                self.waiting.push_back(text);
            }
        }
        body
    }

    /// A sign of life.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.contact = now;
    }

    /// It does not listen on this channel any more.
    pub(super) fn detach(&mut self, now: Timestamp, number: u64) {
        if self.channel.as_ref().is_some_and(|c| c.number == number) {
            self.channel = None;
            self.contact = now;
            self.session.now = now;
        }
    }

    /// Ends it.
    pub(super) fn close(&mut self) {
        self.over = true;
        self.waiting = VecDeque::new();
        self.waiting_bytes = 0;
        self.end_channel();
    }

    fn end_channel(&mut self) {
        if let Some(channel) = self.channel.take() {
            channel.waker.wake();
        }
    }

    fn take(&mut self) -> Option<Bytes> {
        let text = self.waiting.pop_front()?;
        self.waiting_bytes -= text.len();
        Some(text)
    }

    /// Lets the session write, and keeps what it wrote.
    fn write<R>(&mut self, write: impl FnOnce(&mut NavixySession, &mut Frames<'_>) -> R) -> R {
        let mut frames = Vec::new();
        let result = write(&mut self.session, &mut Frames::new(&mut frames));
        for text in texts(&frames) {
            self.waiting_bytes += text.len();
            self.waiting.push_back(Bytes::copy_from_slice(text));
        }
        result
    }
}
