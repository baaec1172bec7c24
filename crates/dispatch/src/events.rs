//! What is told as it happens.

use std::sync::{Arc, PoisonError, RwLock};

use model::{DriverEvent, MessageId, MessageStatus, SourceId, Timestamp};
use storage::dispatch::{Message, StoreError};

use crate::dispatch::Dispatch;

/// Something that has become durable.
#[derive(Clone, PartialEq, Debug)]
pub enum DispatchEvent {
    /// A new message to a driver. Its status is in it, and no [`Self::Moved`] tells of that one.
    Sent {
        /// The source whose driver gets it.
        source: SourceId,
        /// The message.
        message: Message,
    },
    /// A message to a driver has come further.
    Moved {
        /// The source whose driver gets it.
        source: SourceId,
        /// Which.
        message: MessageId,
        /// When it was submitted.
        submitted: Timestamp,
        /// How far.
        status: MessageStatus,
    },
    /// The driver sent something new.
    FromDriver {
        /// The source whose driver did.
        source: SourceId,
        /// What.
        event: Arc<DriverEvent>,
    },
    /// The services of a source are others, or have come further.
    ServicesChanged {
        /// The source.
        source: SourceId,
    },
    /// A command waits for a device.
    Queued {
        /// The source whose device gets it.
        source: SourceId,
    },
}

type Listener = Box<dyn Fn(&DispatchEvent) + Send + Sync>;
type Presence = Box<dyn Fn(SourceId) -> bool + Send + Sync>;

/// Whom the writing thread tells, and whom it asks.
#[derive(Default)]
pub(crate) struct Ears {
    listeners: RwLock<Vec<Listener>>,
    presence: RwLock<Option<Presence>>,
}

impl Ears {
    pub(crate) fn tell(&self, events: &[DispatchEvent]) {
        // A listener that panicked has taken nothing with it.
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            listeners.iter().for_each(|listener| listener(event));
        }
    }

    /// Whether the driver's application is up, if anybody knows.
    pub(crate) fn is_up(&self, source: SourceId) -> Option<bool> {
        let presence = self.presence.read().unwrap_or_else(PoisonError::into_inner);
        presence.as_ref().map(|is_up| is_up(source))
    }
}

impl Dispatch {
    /// Has this called for everything that becomes durable from now on, in the order of commits, by the one thread
    /// that writes: it must be quick, and must not wait for anything of this crate. Whoever asked for a change may
    /// have the answer before it is told here.
    pub fn on_event(&self, listener: Box<dyn Fn(&DispatchEvent) + Send + Sync>) {
        self.ears.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Asks this whether the application of a source's driver is up. A new message is stored as pending where it is
    /// not. As quick as a listener has to be. Whoever knows calls [`Self::app_gone`] after the answer has become no.
    pub fn on_presence(&self, is_up: Box<dyn Fn(SourceId) -> bool + Send + Sync>) {
        *self.ears.presence.write().unwrap_or_else(PoisonError::into_inner) = Some(is_up);
    }

    /// What happened to messages at or after this time, and what drivers sent that was received since: at most
    /// `limit` of the newest of each, oldest first. For those who keep what is told, after a restart.
    pub async fn moved_since(&self, since: Timestamp, limit: usize) -> Result<Vec<DispatchEvent>, StoreError> {
        self.read(move |desk| {
            let mut found = Vec::new();
            for (message, changed) in desk.tables.moved_since(since, limit)? {
                found.push((changed, moved(&message)));
            }
            for (source, event) in desk.tables.driver_events_since(since, limit)? {
                found.push((event.received, DispatchEvent::FromDriver { source, event: Arc::new(event) }));
            }
            found.sort_by_key(|(at, _)| *at);
            Ok(found.into_iter().map(|(_, event)| event).collect())
        })
        .await
    }
}

/// That a message has come as far as it says of itself.
pub(crate) fn moved(message: &Message) -> DispatchEvent {
    let Message { id, source, submitted, status, .. } = *message;
    DispatchEvent::Moved { source, message: id, submitted, status }
}
