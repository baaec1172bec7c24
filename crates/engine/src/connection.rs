//! The engine's end of a client connection: an outbox that the sources fill and the session empties.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use atomic_waker::AtomicWaker;
use live::{Lane, LaneKind, Lifecycle, Outbox, OutboxLimits, Slot, Snapshot};
use model::{Push, Record, SessionId, SourceId, TrackerId};

use crate::source::{Source, View, Watcher};

/// A client connection.
pub struct Connection {
    outbox: Mutex<Outbox<Source>>,
    waker: AtomicWaker,
}

/// A source being watched by a connection. Dropping it ends that.
#[derive(Debug)]
pub struct Watch {
    connection: Arc<Connection>,
    source: Source,
    slot: Slot,
}

impl Connection {
    pub(crate) fn new(limits: OutboxLimits) -> Arc<Self> {
        Arc::new(Self { outbox: Mutex::new(Outbox::new(limits)), waker: AtomicWaker::new() })
    }

    /// The outbox. Not to be held while anything of a source is asked for.
    pub fn outbox(&self) -> MutexGuard<'_, Outbox<Source>> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes this waker when something is put into the outbox.
    pub fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Opens a lane for a subscription of a session; `None` when the connection has too many.
    pub fn open_lane(&self, session: SessionId, kind: LaneKind) -> Option<Lane> {
        self.outbox().open_lane(session, kind)
    }

    /// Makes the present states of watched sources due, in this order; on a lane of differences all that is known of
    /// them.
    pub fn mark(&self, slots: &[Slot]) {
        let mut outbox = self.outbox();
        slots.iter().for_each(|slot| outbox.mark(*slot));
    }

    /// Watches a source on a lane. Its changes come from now on; its present state is due only once marked. Also says
    /// whether the source is blocked.
    pub fn watch(self: &Arc<Self>, lane: Lane, tracker: TrackerId, source: &Source) -> (Watch, bool) {
        self.watch_as(lane, tracker, source, false)
    }

    pub(crate) fn watch_as(
        self: &Arc<Self>,
        lane: Lane,
        tracker: TrackerId,
        source: &Source,
        looks: bool,
    ) -> (Watch, bool) {
        let watch = self.begin_watch(lane, tracker, source);
        let blocked = source.watch(Watcher { connection: self.clone(), slot: watch.slot, tracker, looks });
        (watch, blocked)
    }

    /// A watch of which the source is to be told.
    pub(crate) fn begin_watch(self: &Arc<Self>, lane: Lane, tracker: TrackerId, source: &Source) -> Watch {
        let slot = self.outbox().add(lane, tracker, source.clone());
        Watch { connection: self.clone(), source: source.clone(), slot }
    }

    /// Reports came; see [`Outbox::records`].
    pub(crate) fn records(&self, slot: Slot, total: u32, last: &Arc<Record>) {
        self.outbox().records(slot, total, last);
        self.waker.wake();
    }

    /// Something happened; see [`Outbox::push`].
    pub(crate) fn push(&self, slot: Slot, number: u64, push: &Arc<Push>) {
        self.outbox().push(slot, number, push);
        self.waker.wake();
    }

    pub(crate) fn publish(&self, slot: Slot, snapshot: &Arc<Snapshot>, notable: bool) {
        self.outbox().publish(slot, snapshot, notable);
        self.waker.wake();
    }

    /// Something about the source has changed that its state does not show.
    pub(crate) fn touch(&self, slot: Slot) {
        self.outbox().touch(slot);
        self.waker.wake();
    }

    /// Reads the next marked source of a lane of differences: `read` gets the tracker, the version that the client
    /// has, and the source; it says what it made of them and the version that the client has then. Sources that are
    /// blocked or lost by now are passed over. `None` when nothing is marked, or when news have to go first.
    ///
    /// `read` runs under the lock of the source: see [`Source::read`].
    pub fn read_changed<R>(&self, lane: Lane, mut read: impl FnMut(TrackerId, u64, View<'_>) -> (R, u64)) -> Option<R> {
        loop {
            // The outbox may not be held while the lock of a source is waited for.
            let changed = {
                let mut outbox = self.outbox();
                if outbox.has_urgent() {
                    return None;
                }
                outbox.take_changed(lane)?
            };
            let result = changed.source.read_for(self, changed.slot, |view| {
                let (result, version) = read(changed.tracker, changed.since, view);
                self.outbox().note_sent(&changed, version);
                result
            });
            if result.is_some() {
                return result;
            }
        }
    }

    pub(crate) fn set_blocked(&self, slot: Slot, blocked: bool) {
        self.outbox().set_blocked(slot, blocked);
    }

    /// The source was blocked or unblocked, and the client is not to hear of it through this slot.
    pub(crate) fn silence(&self, slot: Slot, blocked: bool) {
        let mut outbox = self.outbox();
        if outbox.set_blocked(slot, blocked) && !blocked {
            outbox.mark(slot);
        }
        drop(outbox);
        self.waker.wake();
    }

    /// The source was blocked, unblocked or removed; `slot` is one that shows it.
    pub(crate) fn lifecycle(&self, slot: Slot, event: u64, source: SourceId, what: Lifecycle) {
        let mut outbox = self.outbox();
        let is_heard = match what {
            Lifecycle::Block | Lifecycle::Corrupt => outbox.set_blocked(slot, true),
            Lifecycle::Unblock => outbox.set_blocked(slot, false),
        };
        // Nothing of a session follows the news of its end.
        if !is_heard {
            return;
        }
        outbox.lifecycle(event, source, what);
        if what == Lifecycle::Unblock {
            outbox.mark(slot);
        }
        drop(outbox);
        self.waker.wake();
    }

    pub(crate) fn added(&self, tracker: TrackerId) {
        self.outbox().added(tracker);
        self.waker.wake();
    }

    /// The session of this slot may see the source no longer.
    pub(crate) fn revoke(&self, slot: Slot, event: u64, source: SourceId) {
        self.outbox().revoke(slot, event, source);
        self.waker.wake();
    }

    pub(crate) fn session_of(&self, slot: Slot) -> Option<SessionId> {
        self.outbox().session_of(slot)
    }

    pub(crate) fn logout(&self, session: SessionId) {
        self.outbox().logout(session);
        self.waker.wake();
    }
}

impl Watch {
    /// The source.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether the tracker was lost: nothing comes of this watch any more.
    pub fn is_over(&self) -> bool {
        !self.source.is_watched_by(&self.connection, self.slot)
    }

    /// Its place in the outbox: for [`Connection::mark`].
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Makes the source's present state due; on a lane of differences all that is known of it.
    pub fn mark(&self) {
        self.connection.mark(&[self.slot]);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The source forgets the slot first, so that nothing is published to a slot that means something else by then.
        self.source.unwatch(&self.connection, self.slot);
        self.connection.outbox().remove(self.slot);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
