//! Drivers and messages, joined to the rest: what becomes durable is pushed to those who follow a source.

use std::sync::Arc;

use dispatch::{Dispatch, DispatchEvent, StoreError};
use driver::Driver;
use engine::Engine;
use fleet::FleetEvent;
use model::{MS_PER_SECOND, Push, SourceId, Timestamp};

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
    forget_lost(engine, dispatch).await?;
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

/// What is kept of a source that was removed goes, and of one that was given to another user what was the old owner's;
/// also what an earlier run had no time for.
async fn forget_lost(engine: &Arc<Engine>, dispatch: &Arc<Dispatch>) -> Result<(), StoreError> {
    let fleet = engine.fleet();
    for source in dispatch.sources().await? {
        if fleet.source(source).is_none_or(|info| info.removed) {
            dispatch.forget(source).await?;
        } else if let Some(since) = fleet.given_since(source) {
            dispatch.forget_until(source, since).await?;
        }
    }
    let (dispatch, runtime) = (dispatch.clone(), tokio::runtime::Handle::current());
    fleet.on_event(Box::new(move |event| match event {
        FleetEvent::SourceRemoved(source) => drop(runtime.spawn(forget(dispatch.clone(), *source, Timestamp::MAX))),
        FleetEvent::SourceGiven(source) => drop(runtime.spawn(forget(dispatch.clone(), *source, options::now()))),
        _ => {}
    }));
    Ok(())
}

async fn forget(dispatch: Arc<Dispatch>, source: SourceId, until: Timestamp) {
    if let Err(error) = dispatch.forget_until(source, until).await {
        tracing::error!(%error, %source, "cannot forget the messages of a source that its owner lost");
    }
}
