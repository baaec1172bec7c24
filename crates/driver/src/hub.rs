//! The apps that are connected now: which sources have one, and whom to tell what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dispatch::DispatchEvent;
use fleet::{DriverSession, FleetEvent};
use model::{SessionId, SourceId, UserId};

use crate::conversation::{Ending, News};
use crate::mailbox::Mailbox;

type OnPresence = Box<dyn Fn(SourceId, bool) + Send + Sync>;

/// The apps that are connected.
///
/// Several phones may be paired with one tracker, and each may have its app connected: all are told the same, the
/// first that confirms a message makes it delivered, and the driver counts as there until the last is gone. One phone
/// has one socket: a newer one ends the older.
pub struct Hub {
    apps: Mutex<Apps>,
    on_presence: OnPresence,
}

#[derive(Default)]
struct Apps {
    by_source: HashMap<SourceId, Vec<App>>,
    /// How many have come so far.
    count: u64,
}

struct App {
    number: u64,
    session: SessionId,
    user: UserId,
    mailbox: Arc<Mailbox>,
}

/// An app's place among those that are connected; dropping it is its leaving.
pub(crate) struct Place {
    hub: Arc<Hub>,
    source: SourceId,
    number: u64,
}

impl Hub {
    /// Nobody is there. `on_presence` is called for a source when its first app comes and when its last is gone, in
    /// that order even if both happen at once, and must not call the hub.
    pub(crate) fn new(on_presence: OnPresence) -> Self {
        Self { apps: Mutex::default(), on_presence }
    }

    /// Whether an app of this source's driver is connected.
    pub fn is_up(&self, source: SourceId) -> bool {
        self.apps().by_source.contains_key(&source)
    }

    /// A phone's app is there. One that the same phone had before is ended.
    pub(crate) fn enter(self: &Arc<Self>, session: &DriverSession, mailbox: Arc<Mailbox>) -> Place {
        let mut apps = self.apps();
        apps.count += 1;
        let number = apps.count;
        let here = apps.by_source.entry(session.source).or_default();
        let was_up = !here.is_empty();
        for older in here.extract_if(.., |app| app.session == session.id) {
            older.mailbox.end(Ending::Replaced);
        }
        here.push(App { number, session: session.id, user: session.user, mailbox });
        if !was_up {
            (self.on_presence)(session.source, true);
        }
        Place { hub: Arc::clone(self), source: session.source, number }
    }

    fn leave(&self, source: SourceId, number: u64) {
        let mut apps = self.apps();
        let Some(here) = apps.by_source.get_mut(&source) else { return };
        here.retain(|app| app.number != number);
        if here.is_empty() {
            apps.by_source.remove(&source);
            (self.on_presence)(source, false);
        }
    }

    /// What became durable of messages and services.
    pub(crate) fn on_dispatch(&self, event: &DispatchEvent) {
        let (source, news) = match event {
            DispatchEvent::Sent { source, .. } => (source, News { messages: true, ..News::default() }),
            DispatchEvent::ServicesChanged { source } => (source, News { services: true, ..News::default() }),
            _ => return,
        };
        let apps = self.apps();
        apps.by_source.get(source).into_iter().flatten().for_each(|app| app.mailbox.tell(news));
    }

    /// What changed in the fleet.
    pub(crate) fn on_fleet(&self, event: &FleetEvent) {
        let apps = self.apps();
        let all = apps.by_source.values().flatten();
        match event {
            FleetEvent::SessionEnded { session, .. } => {
                all.filter(|app| app.session == *session).for_each(|app| app.mailbox.end(Ending::Unpaired));
            }
            FleetEvent::OfficeChanged { user } => {
                let news = News { texts: true, forms: true, ..News::default() };
                all.filter(|app| app.user == *user).for_each(|app| app.mailbox.tell(news));
            }
            _ => {}
        }
    }

    fn apps(&self) -> MutexGuard<'_, Apps> {
        // What is there is right also after a panic: each change is one step.
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.leave(self.source, self.number);
    }
}
