//! An HTTP connection whose client has to take its answers: one that takes nothing for too long is ended.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use prometheus_client::metrics::counter::Counter;
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// What the two ends of one connection's answers know of each other: who makes a piece, and who writes it.
#[derive(Debug, Default)]
pub(crate) struct Flow(AtomicBool);

impl Flow {
    /// A piece was made.
    pub(crate) fn expect_write(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a piece was made and is not written yet.
    pub(crate) fn has_unwritten(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// All was written; whether somebody waits to hear that.
    fn written(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// The connection.
pub(crate) struct Patient {
    io: TokioIo<TcpStream>,
    patience: Duration,
    /// When patience ends; only while the client takes nothing.
    end: Option<Pin<Box<Sleep>>>,
    flow: Arc<Flow>,
    given_up: Counter,
}

impl Patient {
    pub(crate) fn new(stream: TcpStream, patience: Duration, flow: Arc<Flow>, given_up: Counter) -> Self {
        Self { io: TokioIo::new(stream), patience, end: None, flow, given_up }
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.io.into_inner()
    }

    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.end = None;
            return written;
        }
        let patience = self.patience;
        let end = self.end.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(end.as_mut().poll(cx));
        self.given_up.inc();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for Patient {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl Write for Patient {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(cx, buf);
        this.judge(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.io).poll_flush(cx))?;
        // hyper flushes once its buffer is empty, so everything made so far is with the system.
        if this.flow.written() {
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write_vectored(cx, bufs);
        this.judge(cx, written)
    }
}
