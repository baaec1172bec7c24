//! Support for the black-box tests: it starts the built server and speaks to it as the world does.
//!
//! Nothing here knows the server's inside. [`Server`] owns a process and its data folder, [`Api`] calls the HTTP
//! routes, [`Socket`] holds a WebSocket, [`Tracker`] and [`HttpConnection`] are devices, and [`PublishedClient`] runs a
//! published client. All waiting is for a condition with a deadline; nothing waits for time to pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's support fails by panicking with what it saw, and reports on standard error"
)]

mod account;
mod api;
pub mod cabs;
mod command;
mod documents;
mod folder;
pub mod gt06;
mod handset;
mod held;
mod http;
mod node;
mod phone;
mod proxy;
mod random;
pub mod ruptela;
mod server;
mod socket;
pub mod teltonika;
mod times;
mod wait;

pub use account::{Account, RegisteredTracker};
pub use api::{Api, Reply};
pub use command::{Exit, binary, run, run_with};
pub use folder::Folder;
pub use handset::Handset;
pub use held::Held;
pub use http::{Answer, HttpConnection, Report, ngp, ngp_body, osmand_query};
pub use node::{PublishedClient, chromium, node_clients, python};
pub use phone::{Phone, PhoneSocket};
pub use proxy::Proxy;
pub use random::Random;
pub use server::{ADMIN_PASSWORD, Server, ServerOptions};
pub use socket::{Frame, Socket};
pub use teltonika::Tracker;
pub use times::{instant, now, now_ms, same_zone_now};
pub use wait::{DEADLINE, eventually, poll};
