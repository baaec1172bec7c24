//! A port with something behind it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use model::Timestamp;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::{
    Answer, Body, BodyError, BodySource, Call, CallFuture, CloseReason, Endpoint, Frames, Gathered, Handler,
    HttpLimits, Message, Next, Opening, Routes, Server, ServerMetrics, Sign, SocketFactory, SocketLimits,
    SocketSession, TrustedProxies,
};

/// The largest message that a session takes, whatever the port does.
pub(crate) const SESSION_BYTES_MAX: usize = 5_000;

/// One frame of a flood.
pub(crate) const FLOOD_BYTES: usize = 1000;

/// One piece of a flood without frames: more than sockets hold.
pub(crate) const FLOOD_PIECE_BYTES: usize = 16 << 20;

fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_ms(since.as_millis() as i64).expect("in range")
}

/// Pieces that a test may have put in and that were not asked for yet.
const PIECES_MAX: usize = 16;

/// What sessions did.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) flooded_bytes: AtomicUsize,
    pub(crate) dropped: AtomicUsize,
    /// What peers showed of themselves.
    pub(crate) signs: Mutex<Vec<Sign>>,
    /// How often streams were asked for more.
    pub(crate) asked: AtomicUsize,
}

/// Echoes, and does what some words say.
struct Echo {
    seen: Arc<Seen>,
    floods: bool,
    closes: bool,
    /// What came while no more was to be taken.
    held: Option<Vec<String>>,
    due: Option<Timestamp>,
}

impl SocketSession for Echo {
    fn opened(&mut self, _: Timestamp, out: &mut Frames<'_>) {
        out.text(&[b"hello"]);
    }

    fn message(&mut self, now: Timestamp, message: Message<'_>, out: &mut Frames<'_>) {
        match message {
            Message::Text("flood") => self.floods = true,
            Message::Text("close") => self.closes = true,
            Message::Text("hold") => {
                self.held = Some(Vec::new());
                self.due = Some(now.plus_ms(200));
            }
            Message::Text(text) if self.held.is_some() => {
                self.held.iter_mut().for_each(|held| held.push(text.to_owned()))
            }
            Message::Text("tick") => self.due = Some(now.plus_ms(20)),
            Message::Text("late") => self.due = Some(now.plus_ms(-60_000)),
            Message::Text(text) => out.text(&[b"echo ", text.as_bytes()]),
            Message::Binary(bytes) => out.text(&[format!("{} bytes", bytes.len()).as_bytes()]),
            Message::TooBig => out.text(&[b"too big"]),
        }
    }

    fn takes_messages(&self) -> bool {
        self.held.is_none()
    }

    fn register(&self, _: &Waker) {}

    fn gather(&mut self, _: Timestamp, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered {
        if self.closes {
            out.text(&[b"bye"]);
            return Gathered::Close(CloseReason { code: 1013, reason: "asked to" });
        }
        if !self.floods {
            return Gathered::Done;
        }
        let end = out.len() + budget_bytes;
        while out.len() < end {
            out.text(&[&[b'x'; FLOOD_BYTES]]);
            self.seen.flooded_bytes.fetch_add(FLOOD_BYTES, Ordering::SeqCst);
        }
        Gathered::More
    }

    fn tick(&mut self, _: Timestamp, out: &mut Frames<'_>) -> Option<CloseReason> {
        self.due = None;
        if let Some(held) = self.held.take() {
            out.text(&[format!("held back after {}", held.join(" ")).as_bytes()]);
            return None;
        }
        out.text(&[b"tick"]);
        None
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.due
    }

    fn message_bytes_max(&self) -> usize {
        SESSION_BYTES_MAX
    }

    fn sign(&mut self, sign: Sign) {
        self.seen.signs.lock().expect("whole").push(sign);
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.seen.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

struct Echoes(Arc<Seen>);

impl SocketFactory for Echoes {
    fn open(&self, _: &Opening<'_>, _: Timestamp) -> Box<dyn SocketSession> {
        Box::new(Echo { seen: self.0.clone(), floods: false, closes: false, held: None, due: None })
    }
}

/// Says what it was asked.
struct Mirror;

impl Handler for Mirror {
    fn call(&self, call: Call) -> CallFuture<'_> {
        let answer = match &call.body {
            Ok(body) => {
                let said = format!("{} {} {} {}", call.method, call.path, call.peer, body.len());
                Answer::text(StatusCode::OK, said)
            }
            Err(BodyError::TooLarge) => Answer::text(StatusCode::PAYLOAD_TOO_LARGE, "too large"),
            Err(BodyError::Incomplete) => Answer::text(StatusCode::BAD_REQUEST, "incomplete"),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Gives what the test puts in, and below `/stream/flood` as much as is taken.
struct Streams {
    seen: Arc<Seen>,
    pieces: Mutex<Option<Receiver<Next>>>,
}

impl Handler for Streams {
    fn call(&self, call: Call) -> CallFuture<'_> {
        let (seen, pieces) = (self.seen.clone(), self.pieces.lock().expect("not poisoned").take());
        let body = match (call.path.as_str(), pieces) {
            ("/stream/whole", _) => Body::from(vec![b'x'; FLOOD_PIECE_BYTES]),
            ("/stream/flood", _) => Body::Stream(Box::new(Pieces { seen, made: None })),
            (_, made) => Body::Stream(Box::new(Pieces { seen, made })),
        };
        Box::pin(std::future::ready(Answer { status: StatusCode::OK, headers: Vec::new(), body }))
    }
}

struct Pieces {
    seen: Arc<Seen>,
    made: Option<Receiver<Next>>,
}

impl BodySource for Pieces {
    fn next(&mut self, now: Timestamp, waker: &Waker) -> Next {
        self.seen.asked.fetch_add(1, Ordering::SeqCst);
        let Some(made) = &mut self.made else {
            self.seen.flooded_bytes.fetch_add(FLOOD_PIECE_BYTES, Ordering::SeqCst);
            return Next::Piece(vec![b'x'; FLOOD_PIECE_BYTES].into());
        };
        match made.poll_recv(&mut Context::from_waker(waker)) {
            Poll::Ready(Some(Next::Wait(_))) => Next::Wait(Some(now.plus_ms(20))),
            Poll::Ready(Some(next)) => next,
            Poll::Ready(None) => Next::End,
            Poll::Pending => Next::Wait(None),
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.seen.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// What a test changes.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) http: HttpLimits,
    pub(crate) socket: SocketLimits,
    pub(crate) proxies: TrustedProxies,
}

pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: ServerMetrics,
    pub(crate) seen: Arc<Seen>,
    /// Where the pieces of the next `/stream` are put.
    pub(crate) pieces: Sender<Next>,
    shutdown: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Port {
    pub(crate) async fn open() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let seen = Arc::new(Seen::default());
        let mut routes = Routes::new();
        let socket = Endpoint { http: None, socket: Some(Arc::new(Echoes(seen.clone()))) };
        routes.exact("/socket", socket).expect("new");
        let (pieces, made) = channel(PIECES_MAX);
        let streams = Streams { seen: seen.clone(), pieces: Mutex::new(Some(made)) };
        routes.below("/stream", Endpoint { http: Some(Arc::new(streams)), socket: None }).expect("new");
        routes.below("/mirror", Endpoint { http: Some(Arc::new(Mirror)), socket: None }).expect("new");
        let metrics = ServerMetrics::default();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let Setup { http, socket, proxies } = setup;
        let server = Server::bind(any, routes, http, socket, proxies, clock, metrics.clone()).await.expect("bound");
        let (shutdown, down) = watch::channel(false);
        let address = server.local_addr().expect("bound");
        Self { address, metrics, seen, pieces, shutdown, server: tokio::spawn(server.run(down)) }
    }

    pub(crate) fn shut_down(&self) {
        self.shutdown.send(true).expect("the server listens");
    }

    /// How long the server took to end, from here on.
    pub(crate) async fn ended(self) -> Duration {
        let start = Instant::now();
        self.server.await.expect("no panic");
        start.elapsed()
    }

    /// Waits until every session is gone.
    pub(crate) async fn until_idle(&self) {
        until("no socket is open", || self.metrics.sockets_open.get() == 0).await;
    }
}

pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
