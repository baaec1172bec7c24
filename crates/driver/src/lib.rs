//! The driver's side: a web app for a phone, and the socket and calls that it, or another app, speaks to.
//!
//! `docs/driver-socket.md` says what goes over the wire. The app lies in the folder `app` and is built into the
//! binary.
//!
//! One socket is a `conversation`, a function of messages, results and time; `session` is the thin shell that hands
//! its actions to tasks. [`Hub`] knows the apps that are connected. What a driver sends is durable in `dispatch`
//! before it is answered; what the office sends waits there until an app says that it has it.
#![deny(missing_docs)]

mod assets;
mod conversation;
mod decode;
#[cfg(test)]
mod decode_tests;
mod driver;
mod files;
mod guesses;
mod http;
mod hub;
mod mailbox;
mod office;
mod options;
mod pages;
mod session;
mod wire;

pub use driver::Driver;
pub use hub::Hub;
pub use options::DriverOptions;
