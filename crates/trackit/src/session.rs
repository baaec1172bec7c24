//! The socket: who is at the other end, what it asks for, and what it is told.
//!
//! A session here is a [`SocketSession`]: it holds no socket and reads no clock. What a message means is
//! [`Conversation`]'s business, what happens to the mobiles comes through the outbox of the connection, and what takes
//! its time is done elsewhere and comes back through a mailbox.

mod absences;
mod actions;
mod commands;
mod conversation;
mod gather;
mod held;
mod requests;
mod told;
mod viewer;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use dispatch::Dispatch;
use engine::{Connection, Engine};
use fleet::Fleet;
use model::{MS_PER_SECOND, SessionId, Timestamp};
use places::Places;
use web::{CloseReason, Frames, Gathered, Message, Opening, Sign, SocketFactory, SocketSession};

use crate::devices::Devices;
use crate::options::TrackitOptions;
use crate::refused::Refused;
use absences::{Absence, Absences};
use actions::Mailbox;
use commands::Commands;
pub use conversation::{Conversation, Step};
use held::{Held, Pushed};
use told::Told;
use viewer::Viewer;
pub(crate) use viewer::mobile;

/// What all sockets and calls share.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) devices: Arc<dyn Devices>,
    pub(crate) places: Places<'static>,
    pub(crate) options: TrackitOptions,
    pub(crate) refused: Refused,
    pub(crate) commands: Commands,
    absences: Mutex<Absences>,
    pub(crate) runtime: tokio::runtime::Handle,
}

impl Shared {
    fn absences(&self) -> MutexGuard<'_, Absences> {
        self.absences.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A SESSID was bound that was not before: nobody with it can have missed anything.
    pub(crate) fn is_new(&self, session: SessionId, now: Timestamp) {
        self.absences().is_new(session, now);
    }
}

/// This dialect, on one server: its sockets, and through [`crate::Api`] its calls.
#[derive(Clone)]
pub struct Trackit(pub(crate) Arc<Shared>);

impl Trackit {
    /// On these sources, these messages, and these connections of devices. To be called on a tokio runtime.
    pub fn new(
        engine: Arc<Engine>,
        dispatch: Arc<Dispatch>,
        devices: Arc<dyn Devices>,
        options: TrackitOptions,
        started: Timestamp,
    ) -> Self {
        Self(Arc::new(Shared {
            fleet: engine.fleet().clone(),
            engine,
            dispatch,
            devices,
            places: Places::embedded(),
            refused: Refused::new(&options),
            commands: Commands::new(&options),
            absences: Mutex::new(Absences::new(&options, started)),
            runtime: tokio::runtime::Handle::current(),
            options,
        }))
    }
}

impl SocketFactory for Trackit {
    fn open(&self, opening: &Opening<'_>, now: Timestamp) -> Box<dyn SocketSession> {
        Box::new(TrackitSession::new(self.0.clone(), opening.peer, now))
    }
}

/// One connection.
pub(crate) struct TrackitSession {
    shared: Arc<Shared>,
    peer: IpAddr,
    connection: Arc<Connection>,
    conversation: Conversation,
    mailbox: Arc<Mailbox>,
    viewer: Option<Viewer>,
    /// What goes before anything new: what the client missed, and what had to wait. The first is the last.
    first: Vec<Pushed>,
    held: Held,
    told: Told,
    heard: Heard,
    /// Whether its SESSID is being bound anew.
    is_renewing: Arc<AtomicBool>,
    /// Why the connection is to end once what was gathered is sent.
    closing: Option<CloseReason>,
    /// The last moment that was heard of: when a connection is gone, nobody says when.
    now: Timestamp,
}

/// How far the client has got the pushes, by their numbers.
#[derive(Clone, Default)]
struct Heard {
    /// The last that was handed out.
    gathered: u64,
    /// Up to which all were handed out before the client was asked whether it is there.
    asked: Option<u64>,
    /// Up to which it has got all for certain.
    confirmed: u64,
    /// What was handed out while something earlier waits still.
    ahead: Vec<u64>,
    /// Whether it said Close.
    is_closed: bool,
    /// Whether what was gathered last may not have got through.
    is_lost: bool,
}

/// How many pushes are remembered that went ahead of one that waits: of more, some are told twice to a client whose
/// connection breaks in just that moment.
const AHEAD_MAX: usize = 1024;

impl Heard {
    /// Nothing up to `number` comes through the outbox; what it missed after `since` is to be told first.
    fn from(number: u64, since: Option<u64>) -> Self {
        let confirmed = since.map_or(number, |since| since.min(number));
        Self { gathered: number, confirmed, ..Self::default() }
    }

    fn sign(&mut self, sign: Sign, handed_out: u64) {
        match sign {
            Sign::Asked => self.asked = self.asked.or(Some(handed_out)),
            Sign::Answered => self.confirmed = self.asked.take().unwrap_or(self.confirmed),
            Sign::Closed => self.is_closed = true,
            Sign::Lost => self.is_lost = true,
        }
    }
}

impl TrackitSession {
    fn new(shared: Arc<Shared>, peer: IpAddr, now: Timestamp) -> Self {
        Self {
            peer,
            connection: shared.engine.connect(),
            conversation: Conversation::new(&shared.options, now),
            shared,
            mailbox: Arc::default(),
            viewer: None,
            first: Vec::new(),
            held: Held::default(),
            told: Told::default(),
            heard: Heard::default(),
            is_renewing: Arc::default(),
            closing: None,
            now,
        }
    }

    /// One text message to the client.
    fn say(out: &mut Frames<'_>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut text = Vec::with_capacity(TEXT_BYTES_USUAL);
        write(&mut text);
        out.text(&[&text]);
    }

    /// Nobody is at the other end any more, as far as anything here is concerned.
    fn leave(&mut self) {
        let Some(viewer) = self.viewer.take() else { return };
        let session = viewer.session.id;
        viewer.leave(&self.shared, &self.connection);
        if self.heard.is_closed {
            self.shared.absences().close(session);
            return;
        }
        let got = if self.heard.is_lost {
            Absence::from(self.heard.confirmed)
        } else {
            Absence { up_to: self.handed_out(), besides: std::mem::take(&mut self.heard.ahead).into() }
        };
        self.shared.absences().leave(session, got, self.now);
    }

    /// The number of a push up to which all were handed out: what still waits was not told of.
    fn handed_out(&self) -> u64 {
        let waiting = self.first.iter().map(|pushed| pushed.number).chain(self.held.first_number()).min();
        waiting.map_or(self.heard.gathered, |number| self.heard.gathered.min(number.saturating_sub(1)))
    }

    /// A push was handed out, which something earlier may be waiting behind.
    fn note_handed_out(&mut self, number: u64) {
        match self.held.first_number() {
            None => self.heard.ahead = Vec::new(),
            Some(waiting) if waiting < number && self.heard.ahead.len() < AHEAD_MAX => self.heard.ahead.push(number),
            Some(_) => {}
        }
    }

    /// Lets the SESSID be bound for as long again.
    fn renew(&mut self, now: Timestamp) {
        let Some(viewer) = &mut self.viewer else { return };
        // One at a time: a client that says `auth` over and over is not to fill the queue of the catalog.
        if self.is_renewing.swap(true, Ordering::AcqRel) {
            viewer.renew_at = now.plus_ms(MS_PER_SECOND);
            return;
        }
        viewer.renew_at = now.plus_ms(i64::from(self.shared.options.renew_s) * MS_PER_SECOND);
        let (shared, session) = (Arc::clone(&self.shared), viewer.session.id);
        let is_renewing = Arc::clone(&self.is_renewing);
        self.shared.runtime.spawn(async move {
            // One that has ended is told so by its end; one that could not be renewed now can be the next time.
            if let Err(error) = shared.fleet.renew_sessid(session, now).await {
                tracing::debug!(?error, "a SESSID was not renewed");
            }
            is_renewing.store(false, Ordering::Release);
        });
    }
}

/// What a message comes to, roughly.
const TEXT_BYTES_USUAL: usize = 512;

impl SocketSession for TrackitSession {
    fn opened(&mut self, now: Timestamp, _: &mut Frames<'_>) {
        self.now = now;
    }

    fn message(&mut self, now: Timestamp, message: Message<'_>, out: &mut Frames<'_>) {
        self.now = now;
        if self.closing.is_none() {
            self.obey(now, message, out);
        }
    }

    fn takes_messages(&self) -> bool {
        self.held.len() < self.shared.options.actions_per_socket_max
    }

    fn register(&self, waker: &Waker) {
        self.connection.register(waker);
        self.mailbox.register(waker);
    }

    fn gather(&mut self, now: Timestamp, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered {
        self.now = now;
        self.gather_due(out, budget_bytes)
    }

    fn tick(&mut self, now: Timestamp, _: &mut Frames<'_>) -> Option<CloseReason> {
        self.now = now;
        if self.viewer.as_ref().is_some_and(|viewer| viewer.renew_at <= now) {
            self.renew(now);
        }
        self.conversation.tick(now)
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let renew = self.viewer.as_ref().map(|viewer| viewer.renew_at);
        self.conversation.next_deadline().or(renew)
    }

    fn message_bytes_max(&self) -> usize {
        self.shared.options.message_bytes_max
    }

    fn sign(&mut self, sign: Sign) {
        self.heard.sign(sign, self.handed_out());
    }
}

impl Drop for TrackitSession {
    fn drop(&mut self) {
        self.leave();
    }
}
