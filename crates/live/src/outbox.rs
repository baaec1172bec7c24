//! What one connection is still to be sent: a bounded queue of what happened, and for the rest only *which* sources
//! have a newer state than the client saw.
//!
//! A reader that keeps up gets every state through the queue. One that falls behind gets the newest state of each
//! source instead, except states that carry a device event, which wait in the queue. So a slow reader skips
//! intermediate values, and cannot make the server grow.
//!
//! Every subscription is a *lane*; every source on a lane is a *slot*. The version last handed out is kept in each
//! slot, and nothing older is ever handed out after it: one source's states never go back in time.

use std::collections::VecDeque;
use std::sync::Arc;

use model::{Push, Record, SessionId, SourceId, TrackerId};

use crate::Snapshot;

/// A source's newest published snapshot, to be had without waiting: it is asked for while the outbox is locked.
pub trait Latest: Clone {
    /// The newest snapshot; `None` while nothing is published.
    fn latest(&self) -> Option<Arc<Snapshot>>;
}

/// The bounds of an outbox.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// States that may wait before they become marks.
    pub skippable_max: usize,
    /// Messages that must be sent and may wait.
    pub must_messages_max: usize,
    /// Bytes of messages that must be sent and may wait; a state counts as [`NOMINAL_STATE_BYTES`].
    pub must_bytes_max: usize,
}

/// What a waiting state counts for in [`OutboxLimits::must_bytes_max`]; its rendered form is not known yet.
pub const NOMINAL_STATE_BYTES: usize = 1024;

/// What anything else that waits counts for.
const NEWS_BYTES: usize = 128;

/// How many gains and losses of trackers wait one by one. A master may give or take thousands at a time, and that must
/// not end the connection of whoever they were given to.
const ACCESS_NEWS_MAX: usize = 64;

impl Default for OutboxLimits {
    fn default() -> Self {
        Self { skippable_max: 1024, must_messages_max: 1024, must_bytes_max: 1024 * 1024 }
    }
}

/// A subscription of a connection. A number that is used again once the lane is closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lane(pub u16);

/// A source on a lane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot(u32);

/// How a lane's states are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LaneKind {
    /// Each state as it comes.
    Stream,
    /// The newest of each source, when the session asks for them.
    Batch,
    /// What of a source is newer than what the client has, when the session asks for it. See [`Changed`].
    Differences,
    /// What happens, event by event, and of each upload the last report. Hears of no states.
    Feed,
}

/// What happened to a source apart from its reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lifecycle {
    /// It was blocked.
    Block,
    /// It was unblocked.
    Unblock,
    /// It is gone for good.
    Corrupt,
}

/// Something to be sent now.
#[derive(Debug)]
pub enum Due {
    /// A state.
    State {
        /// On which subscription.
        lane: Lane,
        /// As which tracker.
        tracker: TrackerId,
        /// The state.
        snapshot: Arc<Snapshot>,
    },
    /// Reports came, and are durable.
    Records {
        /// On which subscription.
        lane: Lane,
        /// As which tracker.
        tracker: TrackerId,
        /// How many there were in the upload, repeats not counted; the sum of several uploads where the reader was too
        /// slow for each.
        total: u32,
        /// The last of them, in the order in which the device sent them.
        last: Arc<Record>,
    },
    /// Something happened that no later news replaces.
    Push {
        /// On which subscription.
        lane: Lane,
        /// As which tracker.
        tracker: TrackerId,
        /// Its number; they grow within a connection.
        number: u64,
        /// What happened.
        push: Arc<Push>,
    },
    /// A source was blocked, unblocked or removed.
    Lifecycle {
        /// Which.
        source: SourceId,
        /// What happened.
        what: Lifecycle,
    },
    /// A session ended; nothing more of it follows.
    Logout(SessionId),
    /// A user of this connection has a tracker more. For the session, not the client.
    Added(TrackerId),
    /// A user of this connection no longer sees this source. For the session, not the client.
    Lost(SourceId),
    /// So much was added and lost that the session does better to look at everything. For the session, not the client.
    Review,
}

/// Whether anything that must be sent was lost, so that the connection has to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overrun;

#[derive(Debug)]
enum Item {
    State { slot: u32, generation: u32, notable: bool, snapshot: Arc<Snapshot> },
    Records { slot: u32, generation: u32, merged: Merged },
    Push { slot: u32, generation: u32, number: u64, push: Arc<Push> },
    Lifecycle { source: SourceId, what: Lifecycle },
    Logout(SessionId),
    Added(TrackerId),
    Lost(SourceId),
    Review,
}

#[derive(Debug)]
struct SlotState<S> {
    source: S,
    tracker: TrackerId,
    lane: Lane,
    /// What waits in the queue for an earlier generation of this slot is void.
    generation: u32,
    /// The newest version handed out; on a lane of differences a version of the session's own counting.
    sent: u64,
    use_: SlotUse,
    /// Reports that were too many for the reader; only on a lane of feeds, and only while none wait in the queue.
    merged: Option<Merged>,
    /// A newer state than `sent` is due, or what is merged.
    dirty: bool,
    /// It stands in its lane's list, dirty or not.
    listed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SlotUse {
    Free,
    Live,
    Blocked,
}

#[derive(Debug)]
struct LaneState {
    session: SessionId,
    kind: LaneKind,
    /// Its session lives, and so do its slots.
    open: bool,
    /// Its slots are removed: the number may come to mean another lane.
    free: bool,
    /// Slots that are or were dirty, in the order in which they became so; each at most once.
    changed: VecDeque<u32>,
}

/// See the module.
#[derive(Debug)]
pub struct Outbox<S> {
    limits: OutboxLimits,
    queue: VecDeque<Item>,
    skippable: usize,
    must_messages: usize,
    must_bytes: usize,
    /// Gains and losses of trackers that wait in the queue.
    access_news: usize,
    /// [`Item::Review`] waits in the queue, and stands for all further gains and losses.
    review: bool,
    overrun: bool,
    lanes: Vec<LaneState>,
    slots: Vec<SlotState<S>>,
    free: Vec<u32>,
    /// The last lifecycle event taken in: one event reaches a connection through each of its slots.
    last_event: u64,
    /// States that became marks because the reader was slow.
    pub conflated: u64,
}

impl<S: Latest> Outbox<S> {
    /// An empty one.
    pub const fn new(limits: OutboxLimits) -> Self {
        Self {
            limits,
            queue: VecDeque::new(),
            skippable: 0,
            must_messages: 0,
            must_bytes: 0,
            access_news: 0,
            review: false,
            overrun: false,
            lanes: Vec::new(),
            slots: Vec::new(),
            free: Vec::new(),
            last_event: 0,
            conflated: 0,
        }
    }

    /// Opens a lane for a subscription of `session`; `None` when a connection has 65,536 of them.
    pub fn open_lane(&mut self, session: SessionId, kind: LaneKind) -> Option<Lane> {
        let lane = LaneState { session, kind, open: true, free: false, changed: VecDeque::new() };
        if let Some(free) = self.lanes.iter().position(|l| l.free) {
            self.lanes[free] = lane;
            return Some(Lane(free as u16));
        }
        let number = u16::try_from(self.lanes.len()).ok()?;
        self.lanes.push(lane);
        Some(Lane(number))
    }

    /// Takes a source onto a lane. Nothing is due yet. Whoever publishes is to be told the slot.
    pub fn add(&mut self, lane: Lane, tracker: TrackerId, source: S) -> Slot {
        let slot = SlotState {
            source,
            tracker,
            lane,
            generation: 0,
            sent: 0,
            use_: SlotUse::Live,
            merged: None,
            dirty: false,
            listed: false,
        };
        if let Some(number) = self.free.pop() {
            let old = &mut self.slots[number as usize];
            *old = SlotState { generation: old.generation.wrapping_add(1), ..slot };
            return Slot(number);
        }
        self.slots.push(slot);
        Slot(self.slots.len() as u32 - 1)
    }

    /// Takes a source off its lane. What waits of it is void. Only after the publisher forgot the slot.
    pub fn remove(&mut self, slot: Slot) {
        let Some(state) = self.slots.get_mut(slot.0 as usize).filter(|s| s.use_ != SlotUse::Free) else { return };
        state.use_ = SlotUse::Free;
        state.generation = state.generation.wrapping_add(1);
        state.dirty = false;
        state.merged = None;
        // While it stands in its lane's list it must not come to mean another source on another lane.
        if !state.listed {
            self.free.push(slot.0);
        }
    }

    /// Closes a lane whose slots were removed.
    pub fn close_lane(&mut self, lane: Lane) {
        let Some(state) = self.lanes.get_mut(lane.0 as usize) else { return };
        state.open = false;
        state.free = true;
        for slot in std::mem::take(&mut state.changed) {
            self.unlist(slot);
        }
    }

    /// Makes a source's newest state due, even if the client has it; on a lane of differences all of it, on one of
    /// feeds nothing.
    pub fn mark(&mut self, slot: Slot) {
        let Some(state) = self.slots.get_mut(slot.0 as usize) else { return };
        match self.lanes[state.lane.0 as usize].kind {
            LaneKind::Stream | LaneKind::Batch => {}
            LaneKind::Differences => state.sent = 0,
            LaneKind::Feed => return,
        }
        self.mark_dirty(slot.0);
    }

    /// Whether the client may see the source: set when it is blocked or unblocked. What waits of it is void. False if
    /// the client is to hear nothing of this slot any more: it was removed, or its session has ended.
    pub fn set_blocked(&mut self, slot: Slot, blocked: bool) -> bool {
        let Some(state) = self.slots.get_mut(slot.0 as usize).filter(|s| s.use_ != SlotUse::Free) else { return false };
        state.use_ = if blocked { SlotUse::Blocked } else { SlotUse::Live };
        state.generation = state.generation.wrapping_add(1);
        state.dirty = false;
        state.merged = None;
        self.lanes[state.lane.0 as usize].open
    }

    /// Takes in a published state. `notable` states are never skipped. On a lane of differences it is
    /// [touched](Self::touch), on one of feeds nothing.
    pub fn publish(&mut self, slot: Slot, snapshot: &Arc<Snapshot>, notable: bool) {
        let Some(state) = self.slots.get_mut(slot.0 as usize) else { return };
        let lane = &self.lanes[state.lane.0 as usize];
        if lane.kind == LaneKind::Differences {
            self.touch(slot);
            return;
        }
        let is_state = lane.kind != LaneKind::Feed;
        if !is_state || self.overrun || state.use_ != SlotUse::Live || !lane.open || snapshot.version <= state.sent {
            return;
        }
        if lane.kind == LaneKind::Batch {
            self.mark_dirty(slot.0);
            return;
        }
        if !notable && self.skippable >= self.limits.skippable_max {
            self.conflate();
            self.mark_dirty(slot.0);
            self.conflated += 1;
            return;
        }
        state.dirty = false;
        let generation = state.generation;
        self.queue.push_back(Item::State { slot: slot.0, generation, notable, snapshot: snapshot.clone() });
        if notable {
            self.count_must(NOMINAL_STATE_BYTES);
        } else {
            self.skippable += 1;
        }
    }

    /// Takes in what happened to a source, once for each `event` number.
    pub fn lifecycle(&mut self, event: u64, source: SourceId, what: Lifecycle) {
        if event != self.last_event {
            self.last_event = event;
            self.push_news(Item::Lifecycle { source, what });
        }
    }

    /// Ends a session: nothing of it follows but the news of its end. Does nothing if it has no open lane.
    pub fn logout(&mut self, session: SessionId) {
        let mut had_any = false;
        for lane in self.lanes.iter_mut().filter(|l| l.open && l.session == session) {
            lane.open = false;
            had_any = true;
        }
        if had_any {
            self.push_news(Item::Logout(session));
        }
    }

    /// Whether a lane takes anything in: it was not closed, and its session has not ended.
    pub fn is_open(&self, lane: Lane) -> bool {
        self.lanes.get(lane.0 as usize).is_some_and(|lane| lane.open)
    }

    /// Takes in the news of a tracker.
    pub fn added(&mut self, tracker: TrackerId) {
        self.push_access(Item::Added(tracker));
    }

    /// The client may see the source no longer through this slot: what waits of it is void, and nothing follows. The
    /// session hears of it once for each `event` number. Only after the publisher forgot the slot.
    pub fn revoke(&mut self, slot: Slot, event: u64, source: SourceId) {
        if self.set_blocked(slot, true) && event != self.last_event {
            self.last_event = event;
            self.push_access(Item::Lost(source));
        }
    }

    /// Whose subscription a slot belongs to; `None` if it was removed.
    pub fn session_of(&self, slot: Slot) -> Option<SessionId> {
        let state = self.slots.get(slot.0 as usize).filter(|s| s.use_ != SlotUse::Free)?;
        Some(self.lanes[state.lane.0 as usize].session)
    }

    fn push_access(&mut self, news: Item) {
        if self.review {
            return;
        }
        self.review = self.access_news >= ACCESS_NEWS_MAX;
        self.access_news += 1;
        self.push_news(if self.review { Item::Review } else { news });
    }

    fn push_news(&mut self, news: Item) {
        if !self.overrun {
            self.queue.push_back(news);
            self.count_must(NEWS_BYTES);
        }
    }

    /// What is due next: first the queue, then the newest of the marked sources on lanes of streams and feeds.
    ///
    /// # Errors
    /// [`Overrun`] when what must be sent has outgrown its bounds.
    pub fn take_next(&mut self) -> Result<Option<Due>, Overrun> {
        if self.overrun {
            return Err(Overrun);
        }
        while let Some(item) = self.queue.pop_front() {
            if let Some(due) = self.take_item(item) {
                return Ok(Some(due));
            }
        }
        if self.queue.capacity() > 0 {
            self.queue = VecDeque::new();
        }
        for lane in 0..self.lanes.len() {
            let due = match self.lanes[lane].kind {
                LaneKind::Stream => self.next_changed(Lane(lane as u16)),
                LaneKind::Feed => self.next_merged(Lane(lane as u16)),
                LaneKind::Batch | LaneKind::Differences => None,
            };
            if due.is_some() {
                return Ok(due);
            }
        }
        Ok(None)
    }

    fn take_item(&mut self, item: Item) -> Option<Due> {
        match item {
            Item::State { slot, generation, notable, snapshot } => {
                if notable {
                    self.must_messages -= 1;
                    self.must_bytes -= NOMINAL_STATE_BYTES;
                } else {
                    self.skippable -= 1;
                }
                let state = &mut self.slots[slot as usize];
                let lane = &self.lanes[state.lane.0 as usize];
                let void = state.generation != generation || !lane.open || snapshot.version <= state.sent;
                if void {
                    return None;
                }
                state.sent = snapshot.version;
                Some(Due::State { lane: state.lane, tracker: state.tracker, snapshot })
            }
            Item::Records { slot, generation, merged } => self.take_records(slot, generation, merged),
            Item::Push { slot, generation, number, push } => self.take_push(slot, generation, number, push),
            Item::Lifecycle { source, what } => {
                self.must_messages -= 1;
                self.must_bytes -= NEWS_BYTES;
                Some(Due::Lifecycle { source, what })
            }
            Item::Logout(session) => {
                self.must_messages -= 1;
                self.must_bytes -= NEWS_BYTES;
                Some(Due::Logout(session))
            }
            Item::Added(tracker) => {
                self.take_access();
                Some(Due::Added(tracker))
            }
            Item::Lost(source) => {
                self.take_access();
                Some(Due::Lost(source))
            }
            Item::Review => {
                self.take_access();
                self.review = false;
                Some(Due::Review)
            }
        }
    }

    fn take_access(&mut self) {
        self.must_messages -= 1;
        self.must_bytes -= NEWS_BYTES;
        self.access_news -= 1;
    }

    /// How many sources of a lane are marked, or were.
    pub fn changed_len(&self, lane: Lane) -> usize {
        self.lanes.get(lane.0 as usize).map_or(0, |l| l.changed.len())
    }

    /// Whether something waits that may not be passed by marked sources: they may have been marked by it.
    pub fn has_urgent(&self) -> bool {
        self.must_messages > 0
    }

    /// Whether a lane has marked sources.
    pub fn has_changed(&self, lane: Lane) -> bool {
        self.lanes.get(lane.0 as usize).is_some_and(|l| !l.changed.is_empty())
    }

    /// The newest state of the next marked source on this lane, in order of first change.
    pub fn next_changed(&mut self, lane: Lane) -> Option<Due> {
        loop {
            let number = self.lanes.get_mut(lane.0 as usize)?.changed.pop_front()?;
            let is_due = self.slots[number as usize].dirty;
            self.unlist(number);
            let state = &mut self.slots[number as usize];
            if !is_due || !self.lanes[lane.0 as usize].open {
                continue;
            }
            state.dirty = false;
            if let Some(snapshot) = state.source.latest() {
                state.sent = state.sent.max(snapshot.version);
                return Some(Due::State { lane, tracker: state.tracker, snapshot });
            }
        }
    }

    fn unlist(&mut self, number: u32) {
        let state = &mut self.slots[number as usize];
        state.listed = false;
        if state.use_ == SlotUse::Free {
            self.free.push(number);
        }
    }

    fn mark_dirty(&mut self, number: u32) {
        let Some(state) = self.slots.get_mut(number as usize).filter(|s| s.use_ == SlotUse::Live) else { return };
        state.dirty = true;
        if !state.listed {
            state.listed = true;
            self.lanes[state.lane.0 as usize].changed.push_back(number);
        }
    }

    /// Turns all waiting states that may be skipped into marks, and merges the waiting reports of each source.
    fn conflate(&mut self) {
        let mut marked = Vec::with_capacity(self.skippable);
        let slots = &self.slots;
        let is_current = |slot: u32, generation| slots[slot as usize].generation == generation;
        self.queue.retain(|item| {
            let (slot, generation, merged) = match item {
                Item::State { slot, generation, notable: false, .. } => (*slot, *generation, None),
                Item::Records { slot, generation, merged } => (*slot, *generation, Some(merged.clone())),
                _ => return true,
            };
            if is_current(slot, generation) {
                marked.push((slot, merged));
            }
            false
        });
        self.skippable = 0;
        self.conflated += marked.len() as u64;
        for (slot, merged) in marked {
            match merged {
                Some(merged) => self.merge(slot, merged),
                None => self.mark_dirty(slot),
            }
        }
    }

    fn count_must(&mut self, bytes: usize) {
        self.must_messages += 1;
        self.must_bytes += bytes;
        if self.must_messages > self.limits.must_messages_max || self.must_bytes > self.limits.must_bytes_max {
            // The connection ends, but when depends on its peer: until then nothing is kept for it.
            self.overrun = true;
            self.queue = VecDeque::new();
        }
    }

    /// The lanes of a session that are not closed, its own end notwithstanding.
    pub fn lanes_of(&self, session: SessionId) -> impl Iterator<Item = Lane> {
        let with = self.lanes.iter().enumerate().filter(move |(_, l)| !l.free && l.session == session);
        with.map(|(number, _)| Lane(number as u16))
    }
}

mod differences;
mod feed;
#[cfg(test)]
mod tests;

pub use differences::Changed;
use feed::Merged;
pub use feed::push_bytes;
