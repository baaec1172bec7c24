//! The office's calls as a whole, on a real fleet and a real store, without a socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod commands;
mod devices;
mod doors;
mod hostile;
mod kept;
mod phones;
mod sent;
mod services;
mod world;
