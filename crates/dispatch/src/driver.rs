//! What drivers send.

use std::sync::Arc;

use model::{DriverEvent, DriverEventKind, MS_PER_DAY, MessageStatus, SourceId, Timestamp};
use storage::dispatch::{Bounds, NewDriverEvent, NewMessage, Sender, ServiceState, StoreError};

use crate::dispatch::Dispatch;
use crate::error::RecordError;
use crate::events::DispatchEvent;
use crate::line::Desk;
use crate::options::DispatchOptions;

impl Dispatch {
    /// Takes in something that a driver sent. Where the driver's application sent anything under the same guid
    /// before, that is the answer, with false. A text becomes a message that the office reads; a service that is the
    /// source's moves on.
    pub async fn record(
        &self,
        source: SourceId,
        event: NewDriverEvent,
        now: Timestamp,
    ) -> Result<(Arc<DriverEvent>, bool), RecordError> {
        check(&event, &self.options)?;
        let recorded = self.write(move |desk| {
            if let Some(earlier) = desk.tables.driver_event_by_guid(source, &event.guid)? {
                return Ok((Arc::new(earlier), false));
            }
            let event = Arc::new(desk.tables.add_driver_event(source, &event, now)?);
            desk.tell(DispatchEvent::FromDriver { source, event: Arc::clone(&event) });
            follow_up(desk, source, &event)?;
            Ok((event, true))
        });
        Ok(recorded.await?)
    }

    /// What the driver of a source sent from `from` to `to`, both included, by the phone's clock, oldest first; at
    /// most `limit`, [`DispatchOptions::messages_per_answer_max`], and as many as
    /// [`DispatchOptions::answer_bytes_max`] allows.
    pub async fn driver_events(
        &self,
        source: SourceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<DriverEvent>, StoreError> {
        let bounds: Bounds = self.bounds(limit);
        self.read(move |desk| desk.tables.driver_events(source, from, to, bounds)).await
    }
}

/// What an event is besides itself.
fn follow_up(desk: &Desk<'_>, source: SourceId, event: &DriverEvent) -> Result<(), StoreError> {
    match &event.kind {
        DriverEventKind::Text { text } | DriverEventKind::Predefined { text, .. } => {
            desk.touch(source);
            let message = NewMessage {
                source,
                sender: Sender::Driver,
                guid: Some(event.guid.clone()),
                text: text.clone(),
                submitted: event.received,
                status: MessageStatus::Delivered,
            };
            desk.tables.add_message(&message).map(|_| ())
        }
        DriverEventKind::Service { service, delivered, .. } => {
            let to = if *delivered { ServiceState::Delivered } else { ServiceState::Visited };
            let ours = desk.tables.service(service)?.filter(|found| found.source == source);
            // One that the office took back is reported all the same, and nobody looks at its state.
            if let Some(mut found) = ours.filter(|found| !found.is_removed && to > found.state) {
                (found.state, found.changed) = (to, event.received);
                desk.tables.put_service(&found)?;
                desk.tell(DispatchEvent::ServicesChanged { source });
            }
            Ok(())
        }
        DriverEventKind::Form { .. } => Ok(()),
    }
}

fn check(event: &NewDriverEvent, options: &DispatchOptions) -> Result<(), RecordError> {
    if event.guid.is_empty() || event.guid.len() > options.guid_bytes_max {
        return Err(RecordError::BadGuid);
    }
    if let Some((lat, lng)) = event.position
        && !(lat.abs() <= 90.0 && lng.abs() <= 180.0)
    {
        return Err(RecordError::BadPosition);
    }
    let (chars, is_blank) = match &event.kind {
        DriverEventKind::Text { text } | DriverEventKind::Predefined { text, .. } => {
            (text.chars().count(), text.trim().is_empty())
        }
        DriverEventKind::Form { name, .. } => (0, name.trim().is_empty()),
        DriverEventKind::Service { service, note, .. } => (note.chars().count(), service.is_empty()),
    };
    if is_blank {
        return Err(RecordError::Blank);
    }
    if chars > options.message_chars_max || event.kind.text_bytes() > options.driver_event_bytes_max {
        return Err(RecordError::TooLong);
    }
    Ok(())
}

/// One step of removing what is kept long enough.
pub(crate) fn expire(
    desk: &Desk<'_>,
    options: &DispatchOptions,
    now: Timestamp,
    at_most: usize,
) -> Result<(), StoreError> {
    let ago = |days: u32| (days > 0).then(|| now.plus_ms(-i64::from(days) * MS_PER_DAY));
    if let Some(before) = ago(options.driver_events_kept_days) {
        desk.tables.remove_driver_events(before, at_most)?;
    }
    if let Some(before) = ago(options.files_kept_days) {
        desk.tables.remove_files(before, at_most)?;
    }
    let before = now.plus_ms(-i64::from(options.removed_services_kept_days) * MS_PER_DAY);
    desk.tables.remove_services(before, at_most)
}
