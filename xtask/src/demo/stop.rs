//! Being told to end.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears Ctrl-C, SIGTERM and a closed terminal.
pub(crate) struct Stop {
    signals: [Signal; 3],
}

impl Stop {
    /// Listens from now on; the signals no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self> {
        let hear = |kind| signal(kind).context("signals");
        Ok(Self {
            signals: [hear(SignalKind::interrupt())?, hear(SignalKind::terminate())?, hear(SignalKind::hangup())?],
        })
    }

    /// Resolves when somebody wants the end.
    pub(crate) async fn asked(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
