//! What comes to the socket's address without an upgrade: clients of the Atmosphere library whose WebSocket failed are
//! served over plain HTTP, and others are told to upgrade.
//!
//! Such a client has an id. What it hears comes as the answer to a request that is held open, what it says comes as
//! the body of a POST. [`Socketless`] is one such client; here are all of them, and their requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE, HeaderName, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, StatusCode};
use model::{MS_PER_SECOND, Timestamp};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use uuid::Uuid;
use web::{Answer, Body, BodyError, BodySource, Call, CallFuture, Handler, Message, Next, Opening};

use super::opening::Atmosphere;
use super::socketless::Socketless;
use super::transport::Transport;
use super::{Shared, is_noise};
use crate::encode::{self, Object};
use crate::errors::Condition;

/// Tells the client its id.
const TRACKING_ID: HeaderName = HeaderName::from_static("x-atmosphere-tracking-id");
/// Tells a proxy to pass on each message as it comes.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long after a look for absent clients another one is not worth its while, when there are too many.
const SWEEP_PAUSE_MS: i64 = MS_PER_SECOND;

/// Limits and durations for clients without a WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FallbackOptions {
    /// Clients at a time; beyond it new ones are refused with 503.
    pub clients_max: usize,
    /// Answers that may wait until a client listens again; beyond it the client is forgotten.
    pub messages_max: usize,
    /// Bytes of those answers.
    pub bytes_max: usize,
    /// Largest message of a client.
    pub message_bytes_max: usize,
    /// Seconds without a sign of life after which a client is forgotten.
    pub absent_s: u32,
    /// Seconds for which a poll is held. Less than the minute that proxies usually wait.
    pub poll_s: u32,
    /// Milliseconds between two messages of a text stream to a client that does not ask for lengths: it takes what
    /// arrives together for one message.
    pub pause_ms: u32,
}

impl Default for FallbackOptions {
    fn default() -> Self {
        Self {
            clients_max: 10_000,
            messages_max: 1_000,
            bytes_max: 1024 * 1024,
            message_bytes_max: 1024 * 1024,
            absent_s: 60,
            poll_s: 55,
            pause_ms: 50,
        }
    }
}

/// What is counted of clients without a WebSocket.
#[derive(Clone, Debug, Default)]
pub struct FallbackMetrics {
    /// Clients that are known now, listening or away for a moment.
    pub clients: Gauge,
    /// Clients refused because there were too many.
    pub refused: Counter,
}

impl FallbackMetrics {
    /// Makes the figures visible under `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        let fallback = registry.sub_registry_with_prefix("navixy_fallback");
        fallback.register("clients", "Clients without a WebSocket that are known now", self.clients.clone());
        fallback.register("refused", "Clients without a WebSocket over their limit", self.refused.clone());
    }
}

type Known = Arc<Mutex<Socketless>>;

/// Answers what comes to the socket's address without an upgrade.
pub struct Fallback {
    shared: Arc<Shared>,
    clock: fn() -> Timestamp,
    clients: Mutex<Clients>,
    pub(super) metrics: FallbackMetrics,
}

#[derive(Default)]
struct Clients {
    by_id: HashMap<Uuid, Known>,
    /// When they were last looked through.
    swept: Option<Timestamp>,
}

/// Why a request is not served.
type Refusal = (StatusCode, Condition);

const BAD_REQUEST: Refusal = (StatusCode::BAD_REQUEST, Condition::WrongFormat);
const TO_BE_UPGRADED: Refusal = (StatusCode::UPGRADE_REQUIRED, Condition::WrongFormat);
const TOO_MANY_CLIENTS: Refusal = (StatusCode::SERVICE_UNAVAILABLE, Condition::Unavailable);

impl Handler for Fallback {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(std::future::ready(self.answer(&call)))
    }
}

impl Fallback {
    pub(super) fn new(shared: Arc<Shared>, clock: fn() -> Timestamp, metrics: FallbackMetrics) -> Self {
        Self { shared, clock, clients: Mutex::default(), metrics }
    }

    /// Forgets the clients that were away for too long. To be called every second or so.
    pub fn forget_absent(&self) {
        let now = (self.clock)();
        let gone = self.change(|clients| clients.take_gone(now));
        drop(gone);
    }

    fn change<R>(&self, change: impl FnOnce(&mut Clients) -> R) -> R {
        let mut clients = self.clients();
        let result = change(&mut clients);
        self.metrics.clients.set(i64::try_from(clients.by_id.len()).unwrap_or(i64::MAX));
        result
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        let asked =
            Atmosphere::of(&Opening { path: &call.path, query: &call.query, headers: &call.headers, peer: call.peer });
        let says = call.body.as_ref().map_or(true, |body| !body.is_empty());
        let served = match (&call.method, asked.transport) {
            (&Method::OPTIONS, _) => Ok(Answer::empty(StatusCode::OK)),
            (&Method::GET | &Method::POST, Some(Transport::Close)) => {
                self.close(&asked);
                Ok(Answer::empty(StatusCode::OK))
            }
            (&Method::GET, Some(transport)) => self.listen(asked, transport),
            (&Method::POST, Some(transport)) if transport.waits() && !says => self.listen(asked, transport),
            (&Method::POST, Some(_)) => self.say(asked, call),
            _ => Err(TO_BE_UPGRADED),
        };
        let mut answer = served.unwrap_or_else(refused);
        answer.headers.extend(headers());
        answer
    }

    /// Holds a request open until there is something to say, or for as long as the client likes.
    fn listen(&self, asked: Atmosphere, transport: Transport) -> Result<Answer, Refusal> {
        let now = (self.clock)();
        let (id, client) = self.find_or_make(asked, now)?;
        let number = lock(&client).attach(now, asked, transport);
        let channel = Listening { client, number, clock: self.clock };
        Ok(told(id, transport, Body::Stream(Box::new(channel))))
    }

    /// Takes in one message.
    fn say(&self, asked: Atmosphere, call: &Call) -> Result<Answer, Refusal> {
        let now = (self.clock)();
        let message = match &call.body {
            Err(BodyError::Incomplete) => return Err(BAD_REQUEST),
            Err(BodyError::TooLarge) => Message::TooBig,
            Ok(body) if body.len() > self.shared.options.fallback.message_bytes_max => Message::TooBig,
            Ok(body) => std::str::from_utf8(body).map_or(Message::Binary(body), Message::Text),
        };
        if matches!(message, Message::Text(text) if is_noise(text)) {
            // A sign of life is nothing to become known by.
            if let Some((_, client)) = self.find(&asked) {
                lock(&client).touch(now);
            }
            return Ok(Answer::empty(StatusCode::OK));
        }
        let (id, client) = self.find_or_make(asked, now)?;
        let body = lock(&client).say(now, message);
        Ok(told(id, Transport::Polling, body.into()))
    }

    fn close(&self, asked: &Atmosphere) {
        let Some(id) = asked.returning else { return };
        let client = self.change(|clients| clients.by_id.remove(&id));
        if let Some(client) = client {
            lock(&client).close();
        }
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, asked: &Atmosphere) -> Option<(Uuid, Known)> {
        let id = asked.returning?;
        let client = self.clients().by_id.get(&id)?.clone();
        let is_over = lock(&client).is_over();
        (!is_over).then_some((id, client))
    }

    /// The client that asks. One that is not known is made: with a new id if it has none, else under its own.
    fn find_or_make(&self, asked: Atmosphere, now: Timestamp) -> Result<(Uuid, Known), Refusal> {
        if asked.reconnects && asked.returning.is_none() {
            // Not an id of this server, and not one that could be kept.
            return Err(BAD_REQUEST);
        }
        if let Some(found) = self.find(&asked) {
            return Ok(found);
        }
        let mut client = Socketless::new(self.shared.clone(), asked, now);
        let id = client.id();
        let made = Arc::new(Mutex::new(client));
        let max = self.shared.options.fallback.clients_max;
        let (client, gone) = self.change(|clients| clients.enter(id, made, max, now));
        // Each lets go of what it watches, which is not to happen while others wait for the list.
        drop(gone);
        match client {
            Some(client) => Ok((id, client)),
            None => {
                self.metrics.refused.inc();
                Err(TOO_MANY_CLIENTS)
            }
        }
    }
}

impl Clients {
    /// Adds a client if there is room for it and it did not come in meanwhile; which it is, and who is gone.
    fn enter(&mut self, id: Uuid, made: Known, max: usize, now: Timestamp) -> (Option<Known>, Vec<Known>) {
        if let Some(known) = self.by_id.get(&id)
            && !lock(known).is_over()
        {
            return (Some(known.clone()), vec![made]);
        }
        let mut gone: Vec<_> = self.by_id.remove(&id).into_iter().collect();
        if self.by_id.len() >= max {
            gone.extend(self.sweep(now));
        }
        if self.by_id.len() >= max {
            gone.push(made);
            return (None, gone);
        }
        self.by_id.insert(id, made.clone());
        (Some(made), gone)
    }

    /// Those that are gone, unless that was just asked: looking through all for every request that is refused would
    /// make refusing expensive.
    fn sweep(&mut self, now: Timestamp) -> Vec<Known> {
        if self.swept.is_some_and(|at| now.since_ms(at).abs() < SWEEP_PAUSE_MS) {
            return Vec::new();
        }
        self.take_gone(now)
    }

    fn take_gone(&mut self, now: Timestamp) -> Vec<Known> {
        self.swept = Some(now);
        self.by_id.extract_if(|_, client| lock(client).is_gone(now)).map(|(_, client)| client).collect()
    }
}

/// An answer under way to one client.
struct Listening {
    client: Known,
    number: u64,
    clock: fn() -> Timestamp,
}

impl BodySource for Listening {
    fn next(&mut self, now: Timestamp, waker: &Waker) -> Next {
        lock(&self.client).next(now, self.number, waker)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        lock(&self.client).detach((self.clock)(), self.number);
    }
}

fn lock(client: &Mutex<Socketless>) -> MutexGuard<'_, Socketless> {
    client.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer to a client that is known by this id.
fn told(id: Uuid, transport: Transport, body: Body) -> Answer {
    let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static(transport.content_type()))];
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.push((TRACKING_ID, id));
    }
    Answer { status: StatusCode::OK, headers, body }
}

fn refused((status, condition): Refusal) -> Answer {
    let mut body = Vec::with_capacity(128);
    let mut object = Object::open(&mut body);
    object.boolean("success", false);
    encode::status(&condition, object.member("status"));
    object.close();
    let mut answer = Answer::json(status, body);
    if status == StatusCode::UPGRADE_REQUIRED {
        answer.headers.push((UPGRADE, HeaderValue::from_static("websocket")));
    }
    answer
}

/// What every answer carries: any page may ask, and nobody on the way may keep or hold back anything.
fn headers() -> [(HeaderName, HeaderValue); 7] {
    let allowed = "Content-Type, Authorization, NVX-ISO-DateTime, X-Atmosphere-Framework, X-Atmosphere-Transport, \
                   X-Atmosphere-tracking-id, X-Atmosphere-TrackMessageSize, X-atmo-protocol, X-Heartbeat-Server, \
                   X-Cache-Date";
    [
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed)),
        (ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("X-Atmosphere-tracking-id")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (BUFFERING, HeaderValue::from_static("no")),
    ]
}
