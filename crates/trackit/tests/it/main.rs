//! What is on the wire, against the manual that clients are written by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod auth;
mod commands;
mod decode;
mod feed;
mod golden;
mod http_calls;
mod ids;
mod properties;
mod stage;
mod subusers;
