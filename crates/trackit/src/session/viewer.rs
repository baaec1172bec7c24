//! Who is at the other end of a socket, and what it follows.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Connection, Missed, Watch};
use fleet::{Access, Session};
use live::{Lane, LaneKind};
use model::{MS_PER_SECOND, SourceId, Timestamp, TrackerId};

use super::Shared;
use crate::encode::Mobile;

/// An authorized client.
pub(super) struct Viewer {
    pub(super) session: Session,
    lane: Lane,
    followed: HashMap<TrackerId, Followed>,
    /// When its SESSID is to be bound anew.
    pub(super) renew_at: Timestamp,
}

struct Followed {
    watch: Watch,
    /// It is a further view of somebody else's: what is between office and driver is not for its eyes.
    is_clone: bool,
}

/// What a client that was away is to be told first, in order.
pub(super) type Backlog = Vec<(TrackerId, Missed)>;

impl Viewer {
    /// Follows everything that the session sees. `since`: the last push that the client got before it was away.
    /// `None` when the session has ended meanwhile.
    pub(super) fn new(
        shared: &Shared,
        connection: &Arc<Connection>,
        session: Session,
        since: Option<u64>,
        now: Timestamp,
    ) -> Option<(Self, Backlog)> {
        let lane = connection.open_lane(session.id, LaneKind::Feed)?;
        shared.engine.attach(session.id, session.user, connection);
        let renew_at = now.plus_ms(i64::from(shared.options.renew_s) * MS_PER_SECOND);
        let mut viewer = Self { session, lane, followed: HashMap::new(), renew_at };
        let mut backlog = Vec::new();
        for tracker in shared.fleet.trackers(&viewer.session) {
            viewer.follow(shared, connection, tracker.id, since, &mut backlog);
        }
        backlog.sort_by_key(|(_, missed)| missed.number);
        Some((viewer, backlog))
    }

    /// Follows a tracker, if the session sees it and does not follow it yet.
    pub(super) fn follow(
        &mut self,
        shared: &Shared,
        connection: &Arc<Connection>,
        id: TrackerId,
        since: Option<u64>,
        backlog: &mut Backlog,
    ) {
        if self.followed.contains_key(&id) {
            return;
        }
        let Some(tracker) = shared.fleet.tracker(&self.session, id) else { return };
        let Some(source) = shared.engine.source(tracker.source.source) else { return };
        let (watch, _, missed) = shared.engine.follow(connection, self.lane, id, &source, since);
        backlog.extend(missed.into_iter().map(|missed| (id, missed)));
        self.followed.insert(id, Followed { watch, is_clone: tracker.clone });
        // It may have been taken away between the look and the following.
        if !matches!(shared.fleet.access(&self.session, id), Access::Normal(_) | Access::Blocked(_)) {
            self.followed.remove(&id);
        }
    }

    /// Follows what was gained, and forgets what was lost.
    pub(super) fn review(&mut self, shared: &Shared, connection: &Arc<Connection>) {
        self.followed.retain(|_, followed| !followed.watch.is_over());
        for tracker in shared.fleet.trackers(&self.session) {
            self.follow(shared, connection, tracker.id, None, &mut Vec::new());
        }
    }

    /// A source is lost: those of its trackers that are gone are followed no longer.
    pub(super) fn forget_lost(&mut self, source: SourceId) {
        self.followed.retain(|_, followed| followed.watch.source().id() != source || !followed.watch.is_over());
    }

    /// How a followed tracker is shown; `None` when it is lost or blocked by now, even if the outbox has not told of
    /// that yet.
    pub(super) fn mobile(&self, shared: &Shared, tracker: TrackerId) -> Option<Mobile> {
        let is_followed = self.followed.contains_key(&tracker);
        let is_shown = is_followed && matches!(shared.fleet.access(&self.session, tracker), Access::Normal(_));
        is_shown.then(|| mobile(shared, tracker))
    }

    /// Whether a tracker is a further view of somebody else's.
    pub(super) fn is_clone(&self, tracker: TrackerId) -> bool {
        self.followed.get(&tracker).is_some_and(|followed| followed.is_clone)
    }

    /// Where a followed tracker was last known to be, in degrees. Not to be called while the outbox is locked.
    pub(super) fn last_place(&self, tracker: TrackerId) -> Option<(f64, f64)> {
        let source = self.followed.get(&tracker)?.watch.source();
        source.read(|view| view.state.gps.map(|gps| (gps.latitude, gps.longitude)))
    }

    /// Whether the session has not ended, also if the outbox has not told of that yet.
    pub(super) fn is_live(&self, connection: &Connection) -> bool {
        connection.outbox().is_open(self.lane)
    }

    /// Lets go of everything.
    pub(super) fn leave(self, shared: &Shared, connection: &Arc<Connection>) {
        drop(self.followed);
        shared.engine.detach(self.session.id, connection);
        connection.outbox().close_lane(self.lane);
    }
}

/// A tracker with its vehicle's id, or its own where it has none.
pub(crate) fn mobile(shared: &Shared, tracker: TrackerId) -> Mobile {
    let vehicle = shared.fleet.vehicle_of(tracker);
    Mobile { uid: tracker, vid: vehicle.map_or(tracker.0, |vehicle| vehicle.id) }
}
