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

#[cfg(test)]
mod tests {
    use model::{MessageId, MessageStatus, Timestamp, TrackerId};

    use super::*;
    use crate::mailbox::Post;

    const VAN: SourceId = SourceId(1);
    const CAB: SourceId = SourceId(2);

    type Seen = Arc<Mutex<Vec<(SourceId, bool)>>>;

    fn hub() -> (Arc<Hub>, Seen) {
        let seen = Seen::default();
        let log = Arc::clone(&seen);
        let hub = Hub::new(Box::new(move |source, up| log.lock().expect("not poisoned").push((source, up))));
        (Arc::new(hub), seen)
    }

    fn taken(seen: &Seen) -> Vec<(SourceId, bool)> {
        std::mem::take(&mut seen.lock().expect("not poisoned"))
    }

    fn phone(id: u64, source: SourceId) -> DriverSession {
        let (tracker, user) = (TrackerId(source.0 + 100), UserId(source.0 + 7));
        DriverSession { id: SessionId(id), tracker, source, user, phone_name: "a".to_owned() }
    }

    fn enter(hub: &Arc<Hub>, id: u64, source: SourceId) -> (Arc<Mailbox>, Place) {
        let mailbox = Arc::new(Mailbox::new());
        let place = hub.enter(&phone(id, source), Arc::clone(&mailbox));
        (mailbox, place)
    }

    fn news(mailbox: &Mailbox) -> News {
        let Post { news, ending, .. } = mailbox.take();
        assert_eq!(ending, None);
        news
    }

    #[test]
    fn a_driver_is_there_from_the_first_app_to_the_last() {
        let (hub, seen) = hub();
        assert!(!hub.is_up(VAN));
        let (_, first) = enter(&hub, 1, VAN);
        assert_eq!((taken(&seen), hub.is_up(VAN), hub.is_up(CAB)), (vec![(VAN, true)], true, false));
        let (_, second) = enter(&hub, 2, VAN);
        drop(first);
        assert_eq!((taken(&seen), hub.is_up(VAN)), (vec![], true));
        drop(second);
        assert_eq!((taken(&seen), hub.is_up(VAN)), (vec![(VAN, false)], false));
    }

    #[test]
    fn a_newer_socket_of_a_phone_ends_the_older() {
        let (hub, seen) = hub();
        let (older, first) = enter(&hub, 1, VAN);
        let (other, _place) = enter(&hub, 2, VAN);
        let (newer, second) = enter(&hub, 1, VAN);
        assert_eq!(older.take().ending, Some(Ending::Replaced));
        assert_eq!((newer.take().ending, other.take().ending), (None, None));
        drop(first);
        assert!(hub.is_up(VAN));
        drop(second);
        assert_eq!(taken(&seen), [(VAN, true)], "the other phone is there");
    }

    #[test]
    fn each_is_told_what_concerns_it() {
        let (hub, _) = hub();
        let ((van, _v), (second, _s), (cab, _c)) = (enter(&hub, 1, VAN), enter(&hub, 2, VAN), enter(&hub, 3, CAB));
        let services = News { services: true, ..News::default() };
        hub.on_dispatch(&DispatchEvent::ServicesChanged { source: VAN });
        assert_eq!((news(&van), news(&second), news(&cab)), (services, services, News::default()));
        let (submitted, status) = (Timestamp::default(), MessageStatus::Read);
        hub.on_dispatch(&DispatchEvent::Moved { source: VAN, message: MessageId(1), submitted, status });
        assert_eq!(news(&van), News::default());
        hub.on_fleet(&FleetEvent::OfficeChanged { user: UserId(9) });
        let lists = News { texts: true, forms: true, ..News::default() };
        assert_eq!((news(&van), news(&cab)), (News::default(), lists));
        hub.on_fleet(&FleetEvent::SessionEnded { session: SessionId(2), cause: fleet::EndCause::Unpaired });
        assert_eq!((van.take().ending, second.take().ending), (None, Some(Ending::Unpaired)));
    }
}
