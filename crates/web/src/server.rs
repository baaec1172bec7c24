//! The listener: accepts, serves HTTP, and hands upgraded connections to their pumps.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use model::Timestamp;
use percent_encoding::percent_decode_str;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::address::AddressPlace;
use crate::body::Outgoing;
use crate::call::{Answer, BodyError, Call};
use crate::patience::{Flow, Patient};
use crate::pump::Pump;
use crate::{AddressLimit, HttpLimits, Opening, Routes, SocketFactory, SocketLimits, TrustedProxies};

/// How long the listener rests after an error of `accept`, such as a process out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the web port counts.
#[derive(Clone, Debug, Default)]
pub struct ServerMetrics {
    /// WebSocket connections open now.
    pub sockets_open: Gauge,
    /// Connections ended because the peer did not read.
    pub sockets_blocked: Counter,
    /// Answers under way that are made while they are sent.
    pub streams_open: Gauge,
    /// HTTP connections ended because the client did not take its answer.
    pub answers_blocked: Counter,
    /// Bytes written to WebSockets.
    pub sent_bytes: Counter,
    /// Requests answered.
    pub requests: Counter,
    /// Connections refused because their address held too many.
    pub refused_by_address: Counter,
    closed: Family<Vec<(String, String)>, Counter>,
}

impl ServerMetrics {
    /// Makes the figures visible under `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        let web = registry.sub_registry_with_prefix("web");
        web.register("sockets_open", "WebSocket connections open now", self.sockets_open.clone());
        web.register("sockets_blocked", "WebSockets ended because the peer did not read", self.sockets_blocked.clone());
        web.register("streams_open", "Answers under way that are made while they are sent", self.streams_open.clone());
        web.register(
            "answers_blocked",
            "HTTP connections ended as nobody took the answer",
            self.answers_blocked.clone(),
        );
        web.register("sent_bytes", "Bytes written to WebSockets", self.sent_bytes.clone());
        web.register("requests", "HTTP requests answered", self.requests.clone());
        web.register(
            "refused_by_address",
            "Connections over the limit of their address",
            self.refused_by_address.clone(),
        );
        web.register("closed", "WebSockets closed by the server, by code", self.closed.clone());
    }

    pub(crate) fn closed_by_us(&self, code: u16) {
        self.closed.get_or_create(&vec![("code".to_owned(), code.to_string())]).inc();
    }
}

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) socket: SocketLimits,
    pub(crate) metrics: ServerMetrics,
    http: HttpLimits,
    routes: Routes,
    proxies: TrustedProxies,
    closing: AtomicBool,
    sleepers: Mutex<Sleepers>,
}

/// The wakers of all pumps and streams, to be woken once, at shutdown. A list with free places: an open socket costs
/// one entry.
#[derive(Default)]
struct Sleepers {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Shared {
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn enter(&self, waker: Waker) -> usize {
        let mut all = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = all.free.pop() {
            all.wakers[place] = Some(waker);
            return place;
        }
        all.wakers.push(Some(waker));
        all.wakers.len() - 1
    }

    pub(crate) fn leave(&self, place: usize) {
        let mut all = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        all.wakers[place] = None;
        all.free.push(place);
    }

    fn close_all(&self) {
        self.closing.store(true, Ordering::Release);
        let all = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        all.wakers.iter().flatten().for_each(Waker::wake_by_ref);
    }
}

/// A bound web port.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    addresses: AddressLimit,
}

impl Server {
    /// Binds the port. Port 0 takes a free one.
    pub async fn bind(
        address: SocketAddr,
        routes: Routes,
        http: HttpLimits,
        socket: SocketLimits,
        proxies: TrustedProxies,
        clock: fn() -> Timestamp,
        metrics: ServerMetrics,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let addresses = AddressLimit::new(http.connections_per_address_max);
        let shared = Shared {
            clock,
            socket,
            metrics,
            http,
            routes,
            proxies,
            closing: AtomicBool::new(false),
            sleepers: Mutex::default(),
        };
        Ok(Self { listener, shared: Arc::new(shared), addresses })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` turns true; then accepts nobody, closes every socket with 1001, ends every stream, and
    /// returns when all are gone or the grace period of a close is over.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.welcome(stream, peer.ip()),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept connections");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = turned_down(&mut shutdown) => break,
            }
        }
        drop(self.listener);
        self.shared.close_all();
        let grace = Duration::from_secs(self.shared.socket.close_timeout_s);
        let gone = async {
            let metrics = &self.shared.metrics;
            while metrics.sockets_open.get() > 0 || metrics.streams_open.get() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(grace, gone).await.is_err() {
            tracing::info!("some peers did not answer the close in time");
        }
    }

    fn welcome(&self, stream: TcpStream, peer: IpAddr) {
        let Some(place) = self.addresses.enter(peer) else {
            self.shared.metrics.refused_by_address.inc();
            refuse(stream);
            return;
        };
        // Frames are gathered before they are written; waiting for more would only add delay.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let shared = self.shared.clone();
        tokio::spawn(serve(stream, peer, place, shared));
    }
}

/// Best effort: the socket is new and its buffer empty, so this either fits at once or is not worth waiting for.
fn refuse(stream: TcpStream) {
    // Through the system's own socket: the runtime has not heard yet that this one can be written to.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
}

/// Waits until the server is to stop. The value that says so is borrowed, and let go of here.
async fn turned_down(shutdown: &mut watch::Receiver<bool>) {
    // An error means that whoever could say so is gone, which says it as well.
    let _ = shutdown.wait_for(|down| *down).await;
}

async fn serve(stream: TcpStream, peer: IpAddr, place: AddressPlace, shared: Arc<Shared>) {
    let place = Mutex::new(Some(place));
    let flow = Arc::new(Flow::default());
    let patience = Duration::from_secs(shared.http.blocked_s);
    let io = Patient::new(stream, patience, flow.clone(), shared.metrics.answers_blocked.clone());
    let service = service_fn(async |request| {
        let answer = answer(request, peer, &place, &shared).await;
        Ok::<_, Infallible>(respond(answer, &shared, &flow))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(shared.http.head_timeout_s))
        // No `pipeline_flush`: it holds the answer to an opening back for as long as frames sent along are unread, and
        // then the answer is lost with the upgrade.
        .max_buf_size(shared.http.head_bytes_max.max(8192));
    // How a connection ends (reset, garbage, time-out) is the client's affair, and hyper has answered what it could.
    let _ = http.serve_connection(io, service).with_upgrades().await;
}

async fn answer(
    request: Request<Incoming>,
    peer: IpAddr,
    place: &Mutex<Option<AddressPlace>>,
    shared: &Arc<Shared>,
) -> Answer {
    shared.metrics.requests.inc();
    let Ok(path) = percent_decode_str(request.uri().path()).decode_utf8().map(|p| p.into_owned()) else {
        return Answer::text(StatusCode::BAD_REQUEST, "the path is not UTF-8\n");
    };
    let client = shared.proxies.client(peer, request.headers());
    let endpoint = shared.routes.find(&path);
    if is_upgrade(request.headers()) {
        let Some(factory) = endpoint.and_then(|e| e.socket.clone()) else {
            return Answer::text(StatusCode::NOT_FOUND, "no WebSocket here\n");
        };
        return upgrade(request, &path, client, factory, place, shared);
    }
    let Some(handler) = endpoint.and_then(|e| e.http.as_ref()) else {
        return Answer::text(StatusCode::NOT_FOUND, "not found\n");
    };
    let call = call(request, path, client, shared).await;
    handler.call(call).await
}

async fn call(request: Request<Incoming>, path: String, peer: IpAddr, shared: &Shared) -> Call {
    let (head, body) = request.into_parts();
    let body = read_body(body, &shared.http).await;
    let query = head.uri.query().unwrap_or_default().to_owned();
    Call { method: head.method, path, query, headers: head.headers, body, peer }
}

async fn read_body(body: Incoming, limits: &HttpLimits) -> Result<Bytes, BodyError> {
    // A body that announces itself as too large is not waited for.
    if usize::try_from(body.size_hint().lower()).is_ok_and(|bytes| bytes > limits.body_bytes_max) {
        return Err(BodyError::TooLarge);
    }
    let limited = Limited::new(body, limits.body_bytes_max).collect();
    match tokio::time::timeout(Duration::from_secs(limits.body_timeout_s), limited).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) | Err(_) => Err(BodyError::Incomplete),
    }
}

fn respond(answer: Answer, shared: &Arc<Shared>, flow: &Arc<Flow>) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::new(answer.body, shared, flow));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        response.headers_mut().append(name, value);
    }
    response
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    ws::handshake::is_upgrade(header(headers, "connection"), header(headers, "upgrade"))
}

/// Answers an upgrade and leaves a task that takes over the connection once the answer is out.
fn upgrade(
    request: Request<Incoming>,
    path: &str,
    peer: IpAddr,
    factory: Arc<dyn SocketFactory>,
    place: &Mutex<Option<AddressPlace>>,
    shared: &Arc<Shared>,
) -> Answer {
    let key = header(request.headers(), "sec-websocket-key");
    if request.method() != http::Method::GET || !ws::handshake::is_valid_key(key) {
        return Answer::text(StatusCode::BAD_REQUEST, "not a WebSocket handshake\n");
    }
    if !ws::handshake::is_supported_version(header(request.headers(), "sec-websocket-version")) {
        let mut refusal = Answer::text(StatusCode::UPGRADE_REQUIRED, "WebSocket version 13 only\n");
        refusal.headers.push((SEC_WEBSOCKET_VERSION, HeaderValue::from_static(ws::handshake::VERSION)));
        return refusal;
    }
    let Ok(accept) = HeaderValue::from_str(&ws::handshake::accept_key(key)) else {
        return Answer::empty(StatusCode::BAD_REQUEST);
    };
    let Some(place) = place.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return Answer::empty(StatusCode::BAD_REQUEST);
    };
    let opening = Opening { path, query: request.uri().query().unwrap_or_default(), headers: request.headers(), peer };
    let session = factory.open(&opening, (shared.clock)());
    tokio::spawn(take_over(request, session, place, shared.clone()));
    let mut answer = Answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    answer.headers = vec![
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    answer
}

async fn take_over(
    request: Request<Incoming>,
    session: Box<dyn crate::SocketSession>,
    place: AddressPlace,
    shared: Arc<Shared>,
) {
    let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
    let Ok(parts) = upgraded.downcast::<Patient>() else { return };
    let mut pump = Pump::new(parts.io.into_stream(), parts.read_buf.to_vec(), session, shared, place);
    pump.greet();
    // A task of its own, so that nothing of the handshake stays alive as long as the connection does.
    tokio::spawn(pump);
}
