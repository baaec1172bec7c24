//! The one HTTP port: listener, limits, route table, answers, WebSocket upgrade, and the pump that moves frames.
//!
//! Knows nothing of any dialect. A dialect registers a [`Handler`] for what it answers and a [`SocketFactory`] for
//! what it upgrades; its sessions are sans-IO ([`SocketSession`]), and this crate is the only one that touches their
//! sockets.

mod address;
mod body;
mod call;
mod limits;
mod patience;
mod pump;
mod routes;
mod scratch;
mod server;
mod socket;

pub use address::{AddressLimit, AddressPlace, TrustedProxies};
pub use body::{Body, BodySource, Next};
pub use call::{Answer, BodyError, Call, CallFuture, Handler};
pub use limits::{HttpLimits, SocketLimits};
pub use routes::{Endpoint, RouteError, Routes};
pub use scratch::{SCRATCH_BYTES, with_scratch};
pub use server::{Server, ServerMetrics};
pub use socket::{CloseReason, Frames, Gathered, Message, Opening, Sign, SocketFactory, SocketSession};
/// What a session wrote into [`Frames`], text by text.
pub use ws::texts;
