//! The body of an answer: bytes that are there, or pieces that come as they are made.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as HyperBody, Frame, SizeHint};
use model::Timestamp;
use tokio::time::Sleep;

use crate::patience::Flow;
use crate::server::Shared;

/// The body of an answer.
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// What this gives, piece by piece. The head of the answer is sent at once; each piece is written before the next
    /// is asked for, so that a client that does not read costs one piece.
    Stream(Box<dyn BodySource>),
}

impl Body {
    /// What is there; nothing of a stream.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Stream(_) => &[],
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(bytes).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// What a [`BodySource`] says when asked for more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// This. An empty one counts as none.
    Piece(Bytes),
    /// Nothing now: ask again when the waker is woken, or at this time.
    Wait(Option<Timestamp>),
    /// Nothing more.
    End,
}

/// A body that is made while it is sent. Holds no socket and reads no clock. It is dropped when it has ended, when the
/// client is gone, and when the server shuts down.
pub trait BodySource: Send + 'static {
    /// The next piece, if it is there. `waker` is to be woken when there may be one.
    fn next(&mut self, now: Timestamp, waker: &Waker) -> Next;
}

/// A body as hyper wants it.
pub(crate) enum Outgoing {
    Whole(Full<Bytes>),
    Stream(Streamed),
}

impl Outgoing {
    pub(crate) fn new(body: Body, shared: &Arc<Shared>, flow: &Arc<Flow>) -> Self {
        match body {
            Body::Whole(bytes) => Self::Whole(Full::new(bytes)),
            Body::Stream(source) => Self::Stream(Streamed::new(source, shared.clone(), flow.clone())),
        }
    }
}

impl HyperBody for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Self::Stream(stream) => stream.poll_piece(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(whole) if whole.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

/// A stream under way.
pub(crate) struct Streamed {
    source: Box<dyn BodySource>,
    shared: Arc<Shared>,
    flow: Arc<Flow>,
    /// Whether the connection was asked to write the last piece.
    asked_to_write: bool,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Our place among those to be woken at shutdown.
    place: Option<usize>,
}

impl Streamed {
    fn new(source: Box<dyn BodySource>, shared: Arc<Shared>, flow: Arc<Flow>) -> Self {
        shared.metrics.streams_open.inc();
        Self { source, shared, flow, asked_to_write: false, sleep: None, place: None }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.place.is_none() {
            self.place = Some(self.shared.enter(cx.waker().clone()));
        }
        if self.shared.is_closing() {
            return Poll::Ready(None);
        }
        if self.flow.has_unwritten() {
            // The connection writes when its body has nothing more to give. That it wrote wakes us again.
            if !std::mem::replace(&mut self.asked_to_write, true) {
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        let now = (self.shared.clock)();
        match self.source.next(now, cx.waker()) {
            Next::Piece(piece) if piece.is_empty() => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Next::Piece(piece) => {
                self.flow.expect_write();
                self.asked_to_write = false;
                Poll::Ready(Some(piece))
            }
            Next::Wait(until) => {
                self.arm(cx, until.map(|until| until.since_ms(now)));
                Poll::Pending
            }
            Next::End => Poll::Ready(None),
        }
    }

    fn arm(&mut self, cx: &mut Context<'_>, in_ms: Option<i64>) {
        self.sleep = in_ms.map(|ms| {
            let ms = u64::try_from(ms).unwrap_or(0).max(1);
            Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
        });
        if let Some(sleep) = &mut self.sleep
            && sleep.as_mut().poll(cx).is_ready()
        {
            cx.waker().wake_by_ref();
        }
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.leave(place);
        }
        self.shared.metrics.streams_open.dec();
    }
}
