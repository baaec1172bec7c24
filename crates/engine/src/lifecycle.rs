//! What happens in the fleet reaches sources and connections.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use fleet::FleetEvent;
use live::Lifecycle;
use model::{SessionId, SourceId, TrackerId, UserId};

use crate::connection::Connection;
use crate::engine::{Attached, Engine};
use crate::source::{Source, Watcher};

impl Engine {
    pub(crate) fn listen_to_fleet(self: &Arc<Self>) {
        // Weak, because the fleet lives in the engine.
        let engine = Arc::downgrade(self);
        self.fleet.on_event(Box::new(move |event| {
            if let Some(engine) = engine.upgrade() {
                engine.hear(event);
            }
        }));
    }

    fn hear(&self, event: &FleetEvent) {
        match event {
            FleetEvent::SourceAdded(info) => {
                self.add_source(info.clone(), (self.options().clock)());
            }
            FleetEvent::SourceBlocked { source, blocked } => self.block(*source, *blocked),
            FleetEvent::SourceRemoved(source) => self.remove(*source),
            FleetEvent::TrackerRemoved { tracker, source, .. } => self.lose_tracker(*source, *tracker),
            FleetEvent::AccessLost { tracker, source, user } => self.lose_access(*user, *source, *tracker),
            FleetEvent::SessionEnded { session, .. } => self.end_session(*session),
            FleetEvent::TrackerAdded { tracker, user, .. } => self.gain_tracker(*user, *tracker),
            FleetEvent::SourceChanged(info) => self.apply_info(info, (self.options().clock)()),
            // Who renders asks the fleet for the zone each time, what drivers choose from no follower is told, and those
            // of a tracker that is given away lose it.
            FleetEvent::ZoneChanged { .. } | FleetEvent::OfficeChanged { .. } | FleetEvent::SourceGiven(_) => {}
        }
    }

    fn next_event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn block(&self, id: SourceId, blocked: bool) {
        let Some(source) = self.source(id) else { return };
        let what = if blocked { Lifecycle::Block } else { Lifecycle::Unblock };
        let event = self.next_event();
        let mut inner = source.lock();
        if inner.blocked == blocked {
            return;
        }
        inner.blocked = blocked;
        for watcher in inner.everyone() {
            if watcher.looks {
                watcher.connection.silence(watcher.slot, blocked);
            } else {
                watcher.connection.lifecycle(watcher.slot, event, id, what);
            }
        }
    }

    /// A tracker is gone: those who watch the source through it hear so, and nothing after.
    fn lose_tracker(&self, id: SourceId, tracker: TrackerId) {
        let Some(source) = self.source(id) else { return };
        let event = self.next_event();
        // Told under the lock: until then the slot means this source and nothing else.
        let mut inner = source.lock();
        let lost = source.take_away(&mut inner, |w| w.tracker == tracker);
        tell_of_loss(lost, event, id);
    }

    /// A sub-user no longer sees a tracker: its sessions are not told, and hear nothing more of it.
    fn lose_access(&self, user: UserId, id: SourceId, tracker: TrackerId) {
        let Some(source) = self.source(id) else { return };
        let sessions: HashSet<SessionId> = {
            let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.iter().filter(|(_, attached)| attached.user == user).map(|(session, _)| *session).collect()
        };
        let event = self.next_event();
        let is_theirs = |w: &mut Watcher| {
            w.tracker == tracker && w.connection.session_of(w.slot).is_some_and(|session| sessions.contains(&session))
        };
        // Taken back under the lock, so that nothing is published to them in between.
        let mut inner = source.lock();
        for watcher in source.take_away(&mut inner, is_theirs) {
            watcher.connection.revoke(watcher.slot, event, id);
        }
    }

    /// A user has a tracker more: connections that hold a session of that user may want it.
    fn gain_tracker(&self, user: UserId, tracker: TrackerId) {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        for attached in sessions.values().filter(|a| a.user == user) {
            attached.connections.iter().for_each(|c| c.added(tracker));
        }
    }

    /// A source is gone, with every view of it: a connection that has several hears so once.
    fn remove(&self, id: SourceId) {
        let removed = {
            let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
            let removed = sources.remove(&id);
            self.metrics().sources.set(sources.len() as i64);
            removed
        };
        let Some(source) = removed else { return };
        let event = self.next_event();
        let mut inner = source.lock();
        inner.removed = true;
        let watchers = source.take_away(&mut inner, |_| true);
        inner.feed.clear(&self.context.numbers);
        tell_of_loss(watchers, event, id);
    }

    /// Lets a connection hear of the end of a session, and of new trackers of its user. Ask the fleet once more
    /// afterwards whether the session lives: it may have ended in between.
    pub fn attach(&self, session: SessionId, user: UserId, connection: &Arc<Connection>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let attached = sessions.entry(session).or_insert_with(|| Attached { user, connections: Vec::new() });
        if !attached.connections.iter().any(|c| Arc::ptr_eq(c, connection)) {
            attached.connections.push(connection.clone());
        }
    }

    /// The connection no longer holds anything of the session.
    pub fn detach(&self, session: SessionId, connection: &Arc<Connection>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attached) = sessions.get_mut(&session) {
            attached.connections.retain(|c| !Arc::ptr_eq(c, connection));
            if attached.connections.is_empty() {
                sessions.remove(&session);
            }
        }
    }

    fn end_session(&self, session: SessionId) {
        let ended = self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&session);
        for connection in ended.into_iter().flat_map(|a| a.connections) {
            connection.logout(session);
        }
    }

    /// A source's device was heard of for the first time. Written down soon, together with others.
    pub(crate) fn note_connected(&self, source: SourceId) {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// Writes down whose devices were heard of, which is otherwise done several times a second. What a crash loses is
    /// noted again with the next report.
    pub async fn write_connected(&self) {
        let sources = std::mem::take(&mut *self.connected.lock().unwrap_or_else(PoisonError::into_inner));
        if sources.is_empty() {
            return;
        }
        if let Err(error) = self.fleet.note_connected(sources.clone()).await {
            tracing::error!(%error, "cannot note that devices connected");
            self.connected.lock().unwrap_or_else(PoisonError::into_inner).extend(sources);
        }
    }

    /// Whether this is still the source of that id: false once it was removed or registered anew.
    pub fn is_current(&self, source: &Source) -> bool {
        self.source(source.id()).is_some_and(|now| now.same(source))
    }
}

/// Tells those who no longer see a source. Who only looks at its messages comes last: a connection hears of it once,
/// and by the message if there is to be one.
fn tell_of_loss(watchers: Vec<Watcher>, event: u64, id: SourceId) {
    let (lookers, others): (Vec<_>, Vec<_>) = watchers.into_iter().partition(|w| w.looks);
    for watcher in others {
        watcher.connection.lifecycle(watcher.slot, event, id, Lifecycle::Corrupt);
    }
    for watcher in lookers {
        watcher.connection.revoke(watcher.slot, event, id);
    }
}
