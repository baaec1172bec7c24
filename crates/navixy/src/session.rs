//! The socket: what a connection subscribed to, and what it is sent.
//!
//! A session here is a [`SocketSession`]: it holds no socket and reads no clock. What it is to be sent gathers in its
//! connection's outbox; what it answers goes out at once, ahead of that.

mod fallback;
mod gather;
mod missed;
mod monitor;
mod opening;
mod readings;
mod requests;
mod socketless;
mod subscription;
#[cfg(test)]
mod tests;
mod transport;

use std::collections::HashSet;
use std::sync::Arc;
use std::task::Waker;

use engine::{Connection, Engine};
use fleet::Fleet;
use model::{MS_PER_SECOND, SourceId, Timestamp};
use uuid::Uuid;
use web::{CloseReason, Frames, Gathered, Message, Opening, SocketFactory, SocketSession};

use crate::decode::{Raw, WireError};
use crate::encode::{BatchItemShape, lifecycle};
use crate::errors::Condition;
pub use fallback::{Fallback, FallbackMetrics, FallbackOptions};
use missed::{ABSENCE_MAX_MS, Missed};
use opening::Atmosphere;
use subscription::Hold;

/// What the client of a fallback-capable library sends, and is sent, to show that it is there.
const HEARTBEAT: &str = "X";
/// What such a library sends to confirm what it received.
const ACKNOWLEDGEMENT: &str = "...ACK...";

/// Limits and durations of the socket.
#[derive(Clone, Debug)]
pub struct SocketOptions {
    /// Seconds without another text after which a client with heartbeats gets one, unless it asked for another pace.
    pub heartbeat_s: u32,
    /// What such a client is told to send its own heartbeats by, in milliseconds.
    pub client_heartbeat_ms: u32,
    /// Seconds that a connection may stay without a subscription.
    pub unsubscribed_s: u32,
    /// Messages a second that a connection may send.
    pub messages_per_second_max: u32,
    /// Sessions that may subscribe on one connection.
    pub sessions_per_connection_max: usize,
    /// Trackers that a session may watch one by one on a connection; 0 means no limit.
    pub state_trackers_max: usize,
    /// States in one batch.
    pub batch_items_max: usize,
    /// Trackers whose last messages a session may look at on a connection.
    pub monitor_trackers_max: usize,
    /// How the items of batches look.
    pub batch_item_shape: BatchItemShape,
    /// For clients without a WebSocket.
    pub fallback: FallbackOptions,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            heartbeat_s: 30,
            client_heartbeat_ms: 30_000,
            unsubscribed_s: 300,
            messages_per_second_max: 50,
            sessions_per_connection_max: 16,
            state_trackers_max: 0,
            batch_items_max: 20_000,
            monitor_trackers_max: 10,
            batch_item_shape: BatchItemShape::Flat,
            fallback: FallbackOptions::default(),
        }
    }
}

/// What all sockets share.
pub(crate) struct Shared {
    engine: Arc<Engine>,
    fleet: Arc<Fleet>,
    options: SocketOptions,
    missed: Arc<Missed>,
}

/// Makes the session of each new socket.
pub struct NavixySockets(Arc<Shared>);

impl NavixySockets {
    /// Sockets on these sources and users.
    pub fn new(engine: Arc<Engine>, options: SocketOptions) -> Self {
        let fleet = engine.fleet().clone();
        let missed = Arc::new(Missed::default());
        let ear = missed.clone();
        fleet.on_event(Box::new(move |event| ear.hear(event)));
        Self(Arc::new(Shared { engine, fleet, options, missed }))
    }

    /// The same for clients that cannot have a WebSocket, and what else comes to its address without an upgrade.
    pub fn fallback(&self, clock: fn() -> Timestamp, metrics: FallbackMetrics) -> Fallback {
        Fallback::new(self.0.clone(), clock, metrics)
    }
}

impl SocketFactory for NavixySockets {
    fn open(&self, opening: &Opening<'_>, now: Timestamp) -> Box<dyn SocketSession> {
        Box::new(NavixySession::new(self.0.clone(), Atmosphere::of(opening), now))
    }
}

/// One connection.
pub(crate) struct NavixySession {
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    atmosphere: Atmosphere,
    /// What each session (a hash) subscribed to; usually one.
    holds: Vec<Hold>,
    /// When the next heartbeat is due, if this client wants any.
    heartbeat: Option<Timestamp>,
    /// When the connection ends unless it subscribes.
    patience: Option<Timestamp>,
    /// When the next batch may go, if one waits.
    batch: Option<Timestamp>,
    pace: Pace,
    /// The client's id from one connection to the next, if it has one.
    client: Option<Uuid>,
    /// What a client that came back is still to be told of the time when it was away.
    untold: Option<Untold>,
    /// How many of the events that can be missed it has heard, where that is not all until its end.
    heard: Option<u64>,
    /// The last moment that was heard of: when a connection is gone, nobody says when.
    now: Timestamp,
}

/// What a client missed, as far as it is known.
#[derive(Clone, Copy)]
struct Untold {
    /// From which event on.
    from: u64,
    /// When what it subscribes to is no longer taken for what it had.
    until: Timestamp,
    /// Whether it was not told yet which trackers are gone.
    views: bool,
}

/// Counts messages by the second.
#[derive(Clone, Copy, Default)]
struct Pace {
    second: i64,
    messages: u32,
}

impl Pace {
    fn allows(&mut self, now: Timestamp, max: u32) -> bool {
        if self.second != now.s() {
            *self = Self { second: now.s(), messages: 0 };
        }
        self.messages = self.messages.saturating_add(1);
        self.messages <= max
    }
}

impl NavixySession {
    fn new(shared: Arc<Shared>, atmosphere: Atmosphere, now: Timestamp) -> Self {
        let client = atmosphere.returning.or_else(|| atmosphere.expects_handshake().then(Uuid::new_v4));
        let missed = atmosphere.returning.and_then(|client| shared.missed.come_back(client, now));
        let untold = missed.map(|from| Untold { from, until: now.plus_ms(ABSENCE_MAX_MS), views: true });
        let patience = now.plus_ms(i64::from(shared.options.unsubscribed_s) * MS_PER_SECOND);
        Self {
            connection: shared.engine.connect(),
            shared,
            atmosphere,
            holds: Vec::new(),
            heartbeat: None,
            patience: Some(patience),
            batch: None,
            pace: Pace::default(),
            client,
            untold,
            heard: None,
            now,
        }
    }

    /// One text message to this client, in the framing it asked for.
    fn send(&mut self, now: Timestamp, out: &mut Frames<'_>, text: &[u8]) {
        self.atmosphere.frame(&[text], out);
        self.spoke(now);
    }

    /// A text went out: the next heartbeat can wait.
    fn spoke(&mut self, now: Timestamp) {
        self.now = now;
        self.heartbeat = self.heartbeat_ms().map(|ms| now.plus_ms(ms));
    }

    /// How long this client may go without a text; `None` if it wants no heartbeats.
    fn heartbeat_ms(&self) -> Option<i64> {
        let s = self.atmosphere.heartbeat_s(self.shared.options.heartbeat_s)?;
        Some(i64::from(s) * MS_PER_SECOND)
    }

    fn obey(&mut self, now: Timestamp, text: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        match Raw::parse(text) {
            Err(error) => error.render(&mut answer),
            Ok(raw) => {
                if let Err(error) = self.obey_raw(now, &raw, &mut answer) {
                    answer.clear();
                    error.render(&mut answer);
                }
            }
        }
        answer
    }

    fn obey_raw<'r>(&mut self, now: Timestamp, raw: &'r Raw<'_>, answer: &mut Vec<u8>) -> Result<(), WireError<'r>> {
        raw.action()?;
        let session = self.shared.fleet.authorize(raw.hash()?, now).map_err(|error| raw.refuse(error.into()))?;
        let message = raw.request()?;
        self.carry_out(now, session, &message, answer).map_err(|condition| raw.refuse(condition))
    }
}

impl SocketSession for NavixySession {
    fn opened(&mut self, now: Timestamp, out: &mut Frames<'_>) {
        if let Some(greeting) = self.atmosphere.greeting(self.client, self.shared.options.client_heartbeat_ms) {
            self.send(now, out, greeting.as_bytes());
        } else {
            self.spoke(now);
        }
    }

    fn message(&mut self, now: Timestamp, message: Message<'_>, out: &mut Frames<'_>) {
        self.now = now;
        if matches!(message, Message::Text(text) if is_noise(text)) {
            return;
        }
        let is_in_pace = self.pace.allows(now, self.shared.options.messages_per_second_max);
        let watched_before = self.untold.map(|_| self.watched());
        let answer = match message {
            // Its connection ends with this answer.
            Message::TooBig => refuse_unread(Condition::TooLarge, "the message is too large"),
            _ if !is_in_pace => refuse_unread(Condition::TooManyRequests, "too many messages a second"),
            Message::Text(text) => self.obey(now, text.trim()),
            Message::Binary(_) => refuse_unread(Condition::WrongFormat, "binary messages are not understood"),
        };
        self.send(now, out, &answer);
        if let Some(before) = watched_before {
            self.tell_missed(now, &before, out);
        }
    }

    fn register(&self, waker: &Waker) {
        self.connection.register(waker);
    }

    fn gather(&mut self, now: Timestamp, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered {
        self.gather_due(now, out, budget_bytes)
    }

    fn tick(&mut self, now: Timestamp, out: &mut Frames<'_>) -> Option<CloseReason> {
        if self.patience.is_some_and(|due| due <= now) {
            return Some(CloseReason { code: 1000, reason: "nothing subscribed" });
        }
        if self.heartbeat.is_some_and(|due| due <= now) {
            self.send(now, out, HEARTBEAT.as_bytes());
        }
        None
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        [self.heartbeat, self.patience, self.batch].into_iter().flatten().min()
    }
}

/// Whether a text only shows that the client is there.
fn is_noise(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text == HEARTBEAT || text.contains(ACKNOWLEDGEMENT)
}

fn refuse_unread(condition: Condition, because: &'static str) -> Vec<u8> {
    let mut answer = Vec::new();
    WireError::unread(condition, because).render(&mut answer);
    answer
}

impl NavixySession {
    /// The sources of whose life the client hears.
    fn watched(&self) -> HashSet<SourceId> {
        self.holds.iter().flat_map(Hold::heard_of).collect()
    }

    /// Tells a client that came back what happened to those trackers that it watches again, and did not before its
    /// last message. It may subscribe in as many messages as it likes.
    fn tell_missed(&mut self, now: Timestamp, before: &HashSet<SourceId>, out: &mut Frames<'_>) {
        let Some(untold) = self.untold else { return };
        if !self.holds.iter().any(Hold::hears_of_lives) {
            return;
        }
        let watched = self.watched();
        for happened in self.shared.missed.since(untold.from) {
            let is_news = match happened.view {
                Some(tracker) => untold.views && self.holds.iter().any(|hold| hold.saw(&self.shared.fleet, tracker)),
                None => watched.contains(&happened.source) && !before.contains(&happened.source),
            };
            if is_news {
                let mut text = Vec::new();
                lifecycle(happened.source, happened.what, &mut text);
                self.send(now, out, &text);
            }
        }
        self.untold = Some(Untold { views: false, ..untold }).filter(|untold| now <= untold.until);
    }
}

impl Drop for NavixySession {
    fn drop(&mut self) {
        // Who went again before it had subscribed has still heard nothing.
        let heard = if self.holds.is_empty() { self.untold.map(|untold| untold.from) } else { self.heard };
        if let Some(client) = self.client
            && (heard.is_some() || !self.holds.is_empty())
        {
            self.shared.missed.leave(client, heard, self.now);
        }
        for hold in self.holds.drain(..) {
            self.shared.engine.detach(hold.session.id, &self.connection);
        }
    }
}
