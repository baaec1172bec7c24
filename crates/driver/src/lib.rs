//! The driver's side: a web app for a phone, and the socket and calls that it, or another app, speaks to.
//!
//! [`docs/driver-socket.md`](../../../docs/driver-socket.md) says what goes over the wire.
#![deny(missing_docs)]

mod assets;
mod pages;

pub use pages::Pages;
