//! One HTTP request and its answer, as a dialect sees them.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::Body;

/// Why a request's body is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyError {
    /// It is larger than [`crate::HttpLimits::body_bytes_max`].
    TooLarge,
    /// The client stopped in the middle of it, or took too long.
    Incomplete,
}

/// A request, whole.
#[derive(Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its path, percent-decoded, without the query.
    pub path: String,
    /// Its query as sent, without the question mark; empty if there is none.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Result<Bytes, BodyError>,
    /// Who sent it: the peer, or what trusted proxies say of it.
    pub peer: IpAddr,
}

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers besides `Content-Length`, `Transfer-Encoding` and `Date`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Body,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Body::default() }
    }

    /// An answer in plain text.
    pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        Self { status, headers: vec![(CONTENT_TYPE, plain)], body: Body::Whole(body.into()) }
    }

    /// An answer in JSON.
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        Self { status, headers: vec![(CONTENT_TYPE, json)], body: Body::Whole(body.into()) }
    }
}

/// The answer to come.
pub type CallFuture<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Whoever answers requests under a route.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn call(&self, call: Call) -> CallFuture<'_>;
}
