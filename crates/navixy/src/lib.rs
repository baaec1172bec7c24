//! The Navixy dialect: what its clients say over HTTP and WebSocket, and what they are told.
//!
//! Both editions of the socket protocol are served on one connection; the client's messages decide which it is.
//! [`wire`], [`decode`], [`encode`] and [`errors`] are pure: text in, values out and the reverse.
//! `http` is the thin asynchronous shell around `fleet`, one file a resource.
#![deny(missing_docs)]

pub mod decode;
pub mod encode;
pub mod errors;
mod http;
pub mod names;
mod session;
pub mod wire;

pub use encode::BatchItemShape;
pub use errors::{Condition, FieldError};
pub use http::{
    Api, BASES, DOCUMENTS, Documents, NavixyOptions, NotSent, Past, PastError, PastJob, Postman, Sending, Setting,
    States, asyncapi, methods, openapi,
};
pub use session::{Fallback, FallbackMetrics, FallbackOptions, NavixySockets, SocketOptions};
