//! The few pages of the server itself.

use std::sync::Arc;

use engine::Engine;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use web::{Answer, Call, CallFuture, Handler};

/// What these pages look at.
#[derive(Clone)]
pub(crate) struct Status {
    /// The engine.
    pub(crate) engine: Arc<Engine>,
    /// Turns true when the server is about to end.
    pub(crate) shutdown: watch::Receiver<bool>,
    /// The figures.
    pub(crate) registry: Arc<Registry>,
}

/// Which page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    /// `/`: what this is.
    Root,
    /// `/healthz`: the process runs.
    Health,
    /// `/readyz`: it takes uploads in and serves clients.
    Ready,
    /// `/metrics`.
    Metrics,
}

/// A page as the web port serves it.
pub(crate) struct PageHandler {
    page: Page,
    status: Status,
}

impl PageHandler {
    /// This page.
    pub(crate) fn new(page: Page, status: Status) -> Self {
        Self { page, status }
    }
}

impl Handler for PageHandler {
    fn call(&self, _: Call) -> CallFuture<'_> {
        let answer = match self.page {
            Page::Root => Answer::text(StatusCode::OK, root()),
            Page::Health => Answer::text(StatusCode::OK, "ok\n"),
            Page::Ready => self.status.readiness(),
            Page::Metrics => self.status.metrics(),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn root() -> String {
    format!(
        "Odograph {}\n\nA real-time telematics server. This is the port of its APIs:\n\n\
         /v2/...                 Navixy API, also under /api-v2 and without a prefix\n\
         /event/subscription     Navixy WebSocket, also under /v2 and /api-v2\n\
         /docs                   what they take and give, for people and machines\n\
         /healthz /readyz        whether it runs, whether it serves\n\
         /metrics                figures for Prometheus\n",
        env!("CARGO_PKG_VERSION")
    )
}

impl Status {
    /// Whether uploads are taken in and clients served, and if not, why.
    fn readiness(&self) -> Answer {
        let reason = if *self.shutdown.borrow() {
            "shutting down\n"
        } else if self.engine.is_disk_full() {
            "the disk is nearly full\n"
        } else {
            return Answer::text(StatusCode::OK, "ready\n");
        };
        Answer::text(StatusCode::SERVICE_UNAVAILABLE, reason)
    }

    fn metrics(&self) -> Answer {
        let mut text = String::new();
        if prometheus_client::encoding::text::encode(&mut text, &self.registry).is_err() {
            return Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
        }
        let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        Answer { status: StatusCode::OK, headers: vec![(CONTENT_TYPE, kind)], body: text.into() }
    }
}
