//! What a session watches on a connection.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::{Connection, Engine, Watch};
use fleet::{Access, Fleet, Session};
use live::{Lane, LaneKind, Slot};
use model::{SourceId, Timestamp, TrackerId};

use crate::wire::{Dates, EventType, Format, Request, SensorType, TrackerStatus, WireId};

/// A session (a hash) on a connection, with what it subscribed to.
pub(super) struct Hold {
    pub(super) session: Session,
    pub(super) dates: Dates,
    /// One for each event type at most.
    pub(super) subscriptions: Vec<Subscription>,
}

impl Hold {
    pub(super) fn subscription(&mut self, event: EventType) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|s| s.event == event)
    }

    /// Whether the client is told what becomes of the trackers: not if it only looks at their messages.
    pub(super) fn hears_of_lives(&self) -> bool {
        self.subscriptions.iter().any(Subscription::hears_of_lives)
    }

    /// The sources whose lives the client is told of.
    pub(super) fn heard_of(&self) -> impl Iterator<Item = SourceId> {
        let subscriptions = self.subscriptions.iter().filter(|s| s.hears_of_lives());
        subscriptions.flat_map(|s| s.watches.iter().map(|(_, watch)| watch.source().id()))
    }

    /// Whether this session saw a tracker that is gone, and is told of such.
    pub(super) fn saw(&self, fleet: &Fleet, tracker: TrackerId) -> bool {
        self.hears_of_lives() && fleet.owned_tracker(&self.session, tracker).is_some()
    }
}

/// A subscription to one event type.
pub(super) struct Subscription {
    pub(super) event: EventType,
    pub(super) lane: Lane,
    pub(super) format: Format,
    /// Only readings of sensors of this type.
    pub(super) sensor_type: Option<SensorType>,
    /// Whether parts of composite sensors are wanted.
    pub(super) include_components: bool,
    /// Everything the session sees, also what comes later.
    pub(super) all: bool,
    /// What was unsubscribed by name while `all` holds.
    pub(super) excluded: BTreeSet<TrackerId>,
    /// What is watched, by tracker.
    watches: Vec<(TrackerId, Watch)>,
    /// No more than so many; trackers gained later are left out beyond it.
    watches_max: usize,
    /// Some of what is watched may not be known yet, and is to come in one packet with the rest.
    is_filling: bool,
    /// Milliseconds between two batches.
    pub(super) rate_limit_ms: i64,
    /// When the next batch may go.
    pub(super) next_batch: Timestamp,
}

impl Subscription {
    /// An empty subscription; `None` when the connection has too many.
    pub(super) fn open(
        connection: &Connection,
        session: &Session,
        event: EventType,
        watches_max: usize,
        now: Timestamp,
    ) -> Option<Self> {
        let kind = match event {
            EventType::State => LaneKind::Stream,
            EventType::StateBatch => LaneKind::Batch,
            EventType::ReadingsBatch | EventType::IotMonitor => LaneKind::Differences,
        };
        Some(Self {
            event,
            lane: connection.open_lane(session.id, kind)?,
            format: Format::Full,
            sensor_type: None,
            include_components: true,
            all: false,
            excluded: BTreeSet::new(),
            watches: Vec::new(),
            watches_max,
            is_filling: false,
            rate_limit_ms: 0,
            next_batch: now,
        })
    }

    /// Takes over what a request asks for besides trackers; the last one counts. The time between batches starts anew.
    pub(super) fn set_options(&mut self, request: &Request, now: Timestamp) {
        self.format = request.format;
        self.sensor_type = request.sensor_type;
        self.include_components = request.include_components;
        self.rate_limit_ms = i64::try_from(request.rate_limit.as_millis()).unwrap_or(i64::MAX);
        self.next_batch = now;
    }

    fn hears_of_lives(&self) -> bool {
        self.event != EventType::IotMonitor
    }

    /// How many trackers are watched.
    pub(super) fn len(&self) -> usize {
        self.watches.len()
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        self.watches.is_empty() && !self.all
    }

    pub(super) fn contains(&self, tracker: TrackerId) -> bool {
        self.find(tracker).is_ok()
    }

    fn find(&self, tracker: TrackerId) -> Result<usize, usize> {
        self.watches.binary_search_by_key(&tracker, |(id, _)| *id)
    }

    /// Watches trackers, as far as the session may; their present states are due then, in this order. Says what becomes
    /// of each. No id may come twice.
    pub(super) fn add(
        &mut self,
        engine: &Arc<Engine>,
        connection: &Arc<Connection>,
        session: &Session,
        ids: impl IntoIterator<Item = WireId>,
    ) -> Vec<(WireId, TrackerStatus)> {
        // What is watched already is made due together, so that the outbox is locked once and not for each tracker.
        let (mut new, mut due) = (Vec::new(), Vec::new());
        let status = |id: WireId| match id.tracker() {
            Some(tracker) => (id, self.add_one(engine, connection, session, tracker, &mut new, &mut due)),
            None => (id, TrackerStatus::Unknown),
        };
        let statuses = ids.into_iter().map(status).collect();
        connection.mark(&due);
        if !new.is_empty() {
            // Most subscriptions are to few trackers, and stay as they are.
            self.watches.reserve_exact(new.len());
            self.watches.append(&mut new);
            self.watches.sort_by_key(|(id, _)| *id);
        }
        statuses
    }

    fn add_one(
        &mut self,
        engine: &Arc<Engine>,
        connection: &Arc<Connection>,
        session: &Session,
        tracker: TrackerId,
        new: &mut Vec<(TrackerId, Watch)>,
        due: &mut Vec<Slot>,
    ) -> TrackerStatus {
        let fleet = engine.fleet();
        let (status, source) = match fleet.access(session, tracker) {
            Access::Unknown => return TrackerStatus::Unknown,
            Access::Disallowed => return TrackerStatus::Disallowed,
            Access::Blocked(source) => (TrackerStatus::Blocked, source),
            Access::Normal(source) => (TrackerStatus::Normal, source),
        };
        self.excluded.remove(&tracker);
        if let Ok(at) = self.find(tracker) {
            if !self.watches[at].1.is_over() {
                due.push(self.watches[at].1.slot());
                return status;
            }
            // Lost and gained again, before the news of the loss were heard.
            self.watches.remove(at);
        }
        let Some(source) = engine.source(source) else { return TrackerStatus::Unknown };
        let (watch, blocked) = if self.event == EventType::IotMonitor {
            self.is_filling = true;
            engine.watch_messages(connection, self.lane, tracker, &source)
        } else {
            connection.watch(self.lane, tracker, &source)
        };
        // It may have been taken away between the first look and the watch; from the watch on we are told.
        match fleet.access(session, tracker) {
            Access::Unknown => return TrackerStatus::Unknown,
            Access::Disallowed => return TrackerStatus::Disallowed,
            Access::Blocked(_) | Access::Normal(_) => {}
        }
        // At once, or a report in between would be told twice; and in the order of the request.
        connection.mark(&std::mem::take(due));
        watch.mark();
        new.push((tracker, watch));
        if blocked { TrackerStatus::Blocked } else { TrackerStatus::Normal }
    }

    /// Stops watching trackers. While `all` holds, those among them that the session sees are exceptions from it.
    pub(super) fn remove(&mut self, fleet: &Fleet, session: &Session, trackers: &BTreeSet<TrackerId>) {
        self.watches.retain(|(id, _)| !trackers.contains(id));
        if self.all {
            // Of any others a client could name as many as it likes.
            let is_seen = |id: &TrackerId| matches!(fleet.access(session, *id), Access::Normal(_) | Access::Blocked(_));
            self.excluded.extend(trackers.iter().copied().filter(is_seen));
        }
    }

    /// Stops watching everything; what was watched, in the order of ids.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = TrackerId> {
        self.all = false;
        self.excluded.clear();
        std::mem::take(&mut self.watches).into_iter().map(|(id, _)| id)
    }

    /// Whether a tracker that the user has gained is wanted.
    pub(super) fn wants(&self, tracker: TrackerId) -> bool {
        self.all && self.len() < self.watches_max && !self.excluded.contains(&tracker) && !self.contains(tracker)
    }

    /// Whether everything that is watched is known as far as it will be: the first packet waits for it. Whoever makes
    /// the rest known marks it.
    pub(super) fn is_known(&mut self) -> bool {
        self.is_filling = self.is_filling && !self.watches.iter().all(|(_, watch)| watch.source().shows_messages());
        !self.is_filling
    }

    /// Forgets the trackers of a source that were lost.
    pub(super) fn forget_lost(&mut self, source: SourceId) {
        self.watches.retain(|(_, watch)| watch.source().id() != source || !watch.is_over());
    }

    /// Looks at everything anew: lets go of what was lost, and takes in what is wanted.
    pub(super) fn review(&mut self, engine: &Arc<Engine>, connection: &Arc<Connection>, session: &Session) {
        self.watches.retain(|(_, watch)| !watch.is_over());
        if self.all {
            let seen = engine.fleet().trackers(session);
            let room = self.watches_max - self.len().min(self.watches_max);
            let wanted = seen.iter().filter(|t| self.wants(t.id)).take(room);
            let wanted: Vec<WireId> = wanted.map(|t| t.id.into()).collect();
            self.add(engine, connection, session, wanted);
        }
    }

    /// Ends it. The lane's number may be used again afterwards.
    pub(super) fn close(mut self, connection: &Connection) {
        self.watches = Vec::new();
        connection.outbox().close_lane(self.lane);
    }
}
