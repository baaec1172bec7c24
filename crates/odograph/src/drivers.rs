//! Drivers and messages, joined to the rest: what becomes durable is pushed to those who follow a source.

use std::sync::Arc;

use dispatch::{Dispatch, DispatchEvent, StoreError};
use driver::Driver;
use engine::Engine;
use fleet::FleetEvent;
use model::{MS_PER_SECOND, Push, SourceId};

use crate::options;
use crate::settings::Settings;

/// The most that is looked up after a start of what happened shortly before.
const LATE_PUSHES_MAX: usize = 10_000;

/// Joins them, before anybody can connect.
pub(crate) async fn join(
    engine: &Arc<Engine>,
    dispatch: &Arc<Dispatch>,
    settings: &Settings,
) -> Result<Driver, StoreError> {
    let now = options::now();
    forget_removed(engine, dispatch).await?;
    // Clients that come back are told what they missed, also of what was done when nobody could be told.
    let since = now.plus_ms(-i64::from(settings.ws.kept_events_s) * MS_PER_SECOND);
    for event in dispatch.moved_since(since, LATE_PUSHES_MAX).await? {
        push(engine, &event);
    }
    let pushing = engine.clone();
    dispatch.on_event(Box::new(move |event| push(&pushing, event)));
    let driver = Driver::new(engine.clone(), dispatch.clone(), options::driver(settings), options::now);
    // No application has survived the end of the server.
    dispatch.apps_gone(now).await?;
    Ok(driver)
}

fn push(engine: &Engine, event: &DispatchEvent) {
    let (source, push) = match event {
        DispatchEvent::Moved { source, message, submitted, status } => {
            (*source, Push::Moved { message: *message, submitted: *submitted, status: *status })
        }
        DispatchEvent::FromDriver { source, event } => (*source, Push::FromDriver(Arc::clone(event))),
        // Whoever sent a message knows of it, and the rest is between the office and the driver's application.
        DispatchEvent::Sent { .. } | DispatchEvent::ServicesChanged { .. } | DispatchEvent::Queued { .. } => return,
    };
    engine.push(source, push);
}

/// What is kept of a source that was removed goes; also what an earlier run had no time for.
async fn forget_removed(engine: &Arc<Engine>, dispatch: &Arc<Dispatch>) -> Result<(), StoreError> {
    let fleet = engine.fleet();
    for source in dispatch.sources().await? {
        if fleet.source(source).is_none_or(|info| info.removed) {
            dispatch.forget(source).await?;
        }
    }
    let (dispatch, runtime) = (dispatch.clone(), tokio::runtime::Handle::current());
    fleet.on_event(Box::new(move |event| {
        if let FleetEvent::SourceRemoved(source) = event {
            runtime.spawn(forget(dispatch.clone(), *source));
        }
    }));
    Ok(())
}

async fn forget(dispatch: Arc<Dispatch>, source: SourceId) {
    if let Err(error) = dispatch.forget(source).await {
        tracing::error!(%error, %source, "cannot forget the messages of a source that was removed");
    }
}
