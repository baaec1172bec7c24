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
/// How long before the end of an earlier run a push may have been on its way still.
const ON_ITS_WAY_MS: i64 = 10 * MS_PER_SECOND;

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
    let moved = dispatch.moved_since(since, LATE_PUSHES_MAX).await?;
    untold(moved, engine.last_contact()).iter().for_each(|event| push(engine, event));
    let pushing = engine.clone();
    dispatch.on_event(Box::new(move |event| push(&pushing, event)));
    let driver = Driver::new(engine.clone(), dispatch.clone(), options::driver(settings), options::now);
    // No application has survived the end of the server.
    dispatch.apps_gone(now).await?;
    Ok(driver)
}

/// What clients may not have been told before the end. Of a message they may hear once more how far it has come; but
/// what a driver sent says nothing by which a repeat could be known, so that only what may have been on its way to them
/// is told again. The last sign of life of a device or a driver comes close to the end.
fn untold(mut events: Vec<DispatchEvent>, last_contact: Option<Timestamp>) -> Vec<DispatchEvent> {
    let received = |event: &DispatchEvent| match event {
        DispatchEvent::FromDriver { event, .. } => Some(event.received),
        _ => None,
    };
    let end = events.iter().filter_map(received).chain(last_contact).max();
    let is_old = |at: Timestamp| end.is_some_and(|end| end.since_ms(at) > ON_ITS_WAY_MS);
    events.retain(|event| !received(event).is_some_and(is_old));
    events
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

#[cfg(test)]
mod tests {
    use model::{DriverEvent, DriverEventKind, MessageId, MessageStatus};

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_000_000 + s).expect("in range")
    }

    #[test]
    fn what_a_driver_sent_long_before_the_end_is_not_told_twice() {
        let source = SourceId(7);
        let moved =
            DispatchEvent::Moved { source, message: MessageId(1), submitted: at(0), status: MessageStatus::Delivered };
        let text = |s: i64| {
            let kind = DriverEventKind::Text { text: "a".to_owned() };
            let event = DriverEvent { id: 1, guid: s.to_string(), at: at(s), received: at(s), position: None, kind };
            DispatchEvent::FromDriver { source, event: Arc::new(event) }
        };
        let check = |last_contact: Option<i64>, told: &[i64]| {
            let events = vec![moved.clone(), text(0), text(10), text(20)];
            let expected: Vec<_> = [moved.clone()].into_iter().chain(told.iter().map(|s| text(*s))).collect();
            assert_eq!(untold(events, last_contact.map(at)), expected, "{last_contact:?}");
        };
        check(None, &[10, 20]);
        check(Some(5), &[10, 20]);
        check(Some(30), &[20]);
        check(Some(31), &[]);
    }
}
