//! Black-box tests: the built program over real sockets, each test on its own ports and folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says on standard error why it was skipped"
)]

mod accounts;
mod all_families;
mod atmosphere;
mod auto;
mod batches;
mod cabs;
mod chat;
mod clones;
mod commands;
mod configuration;
mod driver;
mod driver_app;
mod driver_kill;
mod events;
mod fallback;
mod gt06;
mod hostile;
mod http_calls;
mod http_devices;
mod iot_monitor;
mod javascript;
mod kill;
mod lifecycle;
mod logout;
mod meitrack;
mod mqtt;
mod office;
mod order;
mod packets;
mod panel;
mod process;
mod quarantine;
mod readings;
mod ruptela;
mod sensors;
mod shapes;
mod simulate;
mod state;
mod subscription_errors;
mod subscription_limits;
mod subscriptions;
mod subusers;
mod teltonika;
mod trackers;
mod trackit;
mod tracks;
mod unknown_devices;
mod users;
mod walk;
