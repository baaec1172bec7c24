//! The log, and what happens to a panic.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::Settings;

/// Sends the log to standard error from now on.
pub(crate) fn start(settings: &Settings) {
    let filter = EnvFilter::new(&settings.log.level);
    let registry = tracing_subscriber::registry().with(filter);
    if settings.log.format == "json" {
        registry.with(layer().json().flatten_event(true).with_writer(io::stderr)).init();
    } else {
        registry.with(layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr)).init();
    }
}

/// Lets a panic end the process instead of one task: it is a bug that may have left a state half changed, and a
/// server that goes on with it would show and store what is not so. Nothing acknowledged is lost, and a restart is
/// quick.
pub(crate) fn end_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        tracing::error!(thread = thread.name().unwrap_or("unnamed"), "internal error: {panic}");
        std::process::exit(1);
    }));
}
