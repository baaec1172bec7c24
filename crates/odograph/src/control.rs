//! The control socket in the data folder: HTTP/1.1 for those who may read the folder anyway.

use std::fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use engine::Engine;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use intake::Intake;
use model::Timestamp;
use protocols::Limits;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::admin::refusal;
use crate::folder::control_socket;
use crate::journal_lines::{ExportError, Wanted, export};
use crate::{options, redecode};

/// Pieces of an export that wait for their reader.
const PIECES_WAITING: usize = 4;
/// The largest password that is looked at.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// Path of the export.
pub(crate) const EXPORT: &str = "/export";
/// Path where a password for the administrator is posted.
pub(crate) const ADMIN_PASSWORD: &str = "/admin/password";

type Answer = Response<UnsyncBoxBody<Bytes, ExportError>>;

/// Path that reads frames in quarantine again.
pub(crate) const REDECODE: &str = "/redecode";

/// What those who connect work with.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) engine: Arc<Engine>,
    pub(crate) intake: Arc<Intake>,
    /// Of the codecs.
    pub(crate) limits: Limits,
}

/// The socket, open.
pub(crate) struct Control {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl Control {
    /// Opens the socket of a data folder, which must be ours. Only its owner may connect.
    pub(crate) fn bind(folder: &Path, room: Room) -> io::Result<Self> {
        let path = control_socket(folder);
        // What a killed server left behind.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(&path)?)?;
        // Before it listens, so that nobody can be quicker.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        socket.listen(16)?;
        socket.set_nonblocking(true)?;
        let listener =
            UnixListener::from_std(std::os::unix::net::UnixListener::from(std::os::fd::OwnedFd::from(socket)))?;
        Ok(Self { path, task: tokio::spawn(accept(listener, room)) })
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        self.task.abort();
        // A socket file that stays is replaced at the next start.
        let _ = fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, room: Room) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, room.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections on the control socket");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve(stream: UnixStream, room: Room) {
    let service = service_fn(|request| answer(request, room.clone()));
    // How it ends is the client's affair; a failed export is logged where it fails.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, room: Room) -> Result<Answer, std::convert::Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/healthz") => text(StatusCode::OK, "ok\n"),
        (&Method::GET, EXPORT) => match wanted(request.uri().query().unwrap_or_default()) {
            Some(wanted) => start_export(room.engine, wanted),
            None => {
                text(StatusCode::BAD_REQUEST, "allowed are device, from and to, the latter as 2026-03-14T09:26:53Z")
            }
        },
        (&Method::POST, ADMIN_PASSWORD) => set_password(request.into_body(), &room.engine).await,
        (&Method::POST, REDECODE) => redecode(request.uri().query().unwrap_or_default(), &room).await,
        _ => text(StatusCode::NOT_FOUND, "not found\n"),
    })
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

async fn set_password(body: Incoming, engine: &Engine) -> Answer {
    let Ok(body) = Limited::new(body, PASSWORD_BYTES_MAX).collect().await else {
        return text(StatusCode::PAYLOAD_TOO_LARGE, "the password is too long");
    };
    let bytes = body.to_bytes();
    let Ok(password) = std::str::from_utf8(&bytes) else {
        return text(StatusCode::BAD_REQUEST, "the password is not UTF-8");
    };
    match engine.fleet().set_admin_password(password, options::now()).await {
        Ok(()) => text(StatusCode::OK, ""),
        Err(error) => text(StatusCode::UNPROCESSABLE_ENTITY, refusal(&error)),
    }
}

async fn redecode(query: &str, room: &Room) -> Answer {
    let Some(wanted) = redecode::Wanted::of_query(query) else {
        return text(StatusCode::BAD_REQUEST, "allowed are id, device, protocol, since and dry_run");
    };
    match redecode::redecode(&room.intake, &room.engine, &room.limits, &wanted).await {
        Ok(summary) => text(StatusCode::OK, summary),
        Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

/// Reads the query of an export.
fn wanted(query: &str) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "device" => wanted.device = Some(value.into_owned()),
            "from" => wanted.from = Some(Timestamp::parse_iso(&value).ok()?),
            "to" => wanted.to = Some(Timestamp::parse_iso(&value).ok()?),
            _ => return None,
        }
    }
    Some(wanted)
}

/// The query that [`wanted`] reads.
pub(crate) fn query(wanted: &Wanted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(device) = &wanted.device {
        query.append_pair("device", device);
    }
    for (name, time) in [("from", wanted.from), ("to", wanted.to)] {
        if let Some(time) = time {
            query.append_pair(name, &time.to_string());
        }
    }
    query.finish()
}

fn start_export(engine: Arc<Engine>, wanted: Wanted) -> Answer {
    if let Some(device) = wanted.device.as_ref().filter(|id| engine.fleet().device(id).is_none()) {
        return text(StatusCode::NOT_FOUND, ExportError::UnknownDevice(device.clone()).to_string());
    }
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    tokio::task::spawn_blocking(move || {
        // A send fails when the reader is gone; then the rest is not wanted.
        let sink = |piece: Vec<u8>| sender.blocking_send(Ok(piece.into())).is_ok();
        if let Err(error) = export(&**engine.journal(), engine.fleet(), &wanted, sink) {
            tracing::error!(%error, "export failed");
            // The connection breaks off, so that the reader does not take a part for the whole.
            let _ = sender.blocking_send(Err(error));
        }
    });
    Response::new(Pieces(pieces).boxed_unsync())
}

/// A body that grows while it is read.
struct Pieces(mpsc::Receiver<Result<Bytes, ExportError>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = ExportError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ExportError>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Asks the server that works with a folder; the answer's status, and its body as it comes.
pub(crate) async fn ask(
    folder: &Path,
    method: Method,
    path: &str,
    body: String,
) -> Result<Response<Incoming>, AskError> {
    let stream = UnixStream::connect(control_socket(folder)).await.map_err(AskError::Connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "control").body(body);
    let request = request.map_err(|_| AskError::Request)?;
    Ok(sender.send_request(request).await?)
}

/// Why a running server cannot be asked.
#[derive(Debug)]
pub(crate) enum AskError {
    /// Its socket does not answer.
    Connect(io::Error),
    /// The request cannot be put into words.
    Request,
    /// It broke off.
    Http(hyper::Error),
    /// It refused, with this reason.
    Refused(String),
}

impl From<hyper::Error> for AskError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(error)
    }
}

impl std::fmt::Display for AskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(error) => {
                write!(f, "another instance uses the data folder and its control socket does not answer: {error}")
            }
            Self::Request => f.write_str("the request cannot be put into words"),
            Self::Http(error) => write!(f, "the server broke off: {error}"),
            Self::Refused(reason) => f.write_str(reason.trim_end()),
        }
    }
}

/// The answer, if it is a good one.
pub(crate) async fn accepted(answer: Response<Incoming>) -> Result<Incoming, AskError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer.into_body());
    }
    let reason = answer.into_body().collect().await?.to_bytes();
    Err(AskError::Refused(String::from_utf8_lossy(&reason).into_owned()))
}

/// Runs one conversation with a server, from a program that has nothing else to do.
pub(crate) fn converse<T>(conversation: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(conversation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let check = |all: Wanted| assert_eq!(wanted(&query(&all)), Some(all));
        check(Wanted::default());
        check(Wanted {
            device: Some("a b&c=d/ü".to_owned()),
            from: Timestamp::parse_iso("2026-03-14T09:26:53.250Z").ok(),
            to: Some(Timestamp::MAX),
        });
        assert_eq!(wanted("from=yesterday"), None);
        assert_eq!(wanted("until=2026-03-14T09:26:53Z"), None);
    }
}
