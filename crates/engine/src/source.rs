//! One source: its state, who watches it, and what of it is not durable yet.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use fleet::SourceInfo;
use live::{Applied, Latest, Slot, Snapshot, Timing};
use model::{
    DeviceId, DeviceSettings, Entry, EntryKind, Sensor, Seq, SourceChange, SourceId, SourceSettings, SourceState,
    SourceValues, Timestamp, TrackerId,
};
use storage::journal::ReportKey;

use crate::connection::Connection;
use crate::engine::Context;
use crate::feed::Feed;
use crate::links::Links;
use crate::messages::{Looked, Messages};

/// Keys of recent reports that a source remembers, committed or not.
const RECENT_KEYS: usize = 64;
/// Keys of reports that are not committed yet, and that a source remembers so that a resend of them is recognised.
/// Of more, which takes a frame larger than any tracker sends in a go, the journal still keeps one copy.
const UNCOMMITTED_KEYS_MAX: usize = 4096;

/// A source, live. Cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<Shared>);

struct Shared {
    id: SourceId,
    context: Arc<Context>,
    /// The newest state that watchers were told of; `None` while nobody watches. Read without a lock, because a
    /// connection asks for it while its outbox is locked.
    published: ArcSwapOption<Snapshot>,
    /// How many devices took the place of another, since the start.
    replacements: AtomicU32,
    /// The connections of its device. May be locked while `inner` is taken, never the other way round.
    links: Links,
    inner: Mutex<Inner>,
}

/// What the lock of a source protects.
pub(crate) struct Inner {
    pub(crate) state: SourceState,
    /// Folded beside the state.
    pub(crate) values: SourceValues,
    /// Counts changes of the state.
    version: u64,
    pub(crate) settings: Arc<SourceSettings>,
    /// What the attributes mean. Kept here so that values are never shown with other sensors than their version says.
    pub(crate) sensors: Arc<[Sensor]>,
    pub(crate) device: DeviceId,
    /// What decoding the device's bytes depends on; kept to notice when it changes.
    pub(crate) device_settings: Arc<DeviceSettings>,
    pub(crate) blocked: bool,
    /// Nothing is taken in for it any more.
    pub(crate) removed: bool,
    pub(crate) watchers: Vec<Watcher>,
    /// Those who follow it, and what they are to be told.
    pub(crate) feed: Feed,
    /// The last messages, while somebody looks at them.
    pub(crate) looked: Option<Looked>,
    /// How often somebody began to look.
    pub(crate) looks_begun: u64,
    /// States that may not be skipped, and those after them, wait for their commit.
    pending: VecDeque<Pending>,
    /// Keys of the last reports: at least of those that are not committed.
    recent: VecDeque<ReportKey>,
    /// Reports that wait for their commit.
    uncommitted: usize,
    /// The newest time among the keys remembered since the start: later ones are not among `recent`.
    newest_key: Option<Timestamp>,
    /// The state changed since its last snapshot.
    pub(crate) unsaved: bool,
    /// When the last contact went to the journal.
    pub(crate) last_contact_entry: Option<Timestamp>,
    /// When the alarm of timed changes goes off.
    pub(crate) armed: Option<Timestamp>,
    /// The fleet knows, or is being told, that the device made contact.
    pub(crate) connected: bool,
}

/// What is folded from a source's entries, and the settings that the next is folded with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Folded {
    pub(crate) state: SourceState,
    pub(crate) values: SourceValues,
    pub(crate) settings: Arc<SourceSettings>,
}

impl Folded {
    pub(crate) fn apply(&mut self, entry: &Entry, timing: &Timing) -> Applied {
        fold(&mut self.state, &mut self.values, &mut self.settings, entry, timing)
    }
}

/// Folds an entry in, and puts the settings that it brings in force.
fn fold(
    state: &mut SourceState,
    values: &mut SourceValues,
    settings: &mut Arc<SourceSettings>,
    entry: &Entry,
    timing: &Timing,
) -> Applied {
    let applied = live::apply(state, entry, settings, timing);
    live::fold_values(values, state, entry, applied, settings, timing);
    if let EntryKind::Change(SourceChange::Registered(new) | SourceChange::Settings(new)) = &entry.kind {
        *settings = Arc::new(new.clone());
    }
    applied
}

/// A source at one moment, read under its lock.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Its state.
    pub state: &'a SourceState,
    /// Its last values and counters.
    pub values: &'a SourceValues,
    /// Its settings.
    pub settings: &'a SourceSettings,
    /// What its attributes mean, in the order of ids.
    pub sensors: &'a [Sensor],
    /// Its last messages; only for those who [look](crate::Engine::watch_messages), and once they are known.
    pub messages: Option<Messages<'a>>,
}

/// A connection's interest in a source.
pub(crate) struct Watcher {
    pub(crate) connection: Arc<Connection>,
    pub(crate) slot: Slot,
    pub(crate) tracker: TrackerId,
    /// It looks at the last messages, and hears nothing of the source's life.
    pub(crate) looks: bool,
}

struct Pending {
    seq: Seq,
    snapshot: Arc<Snapshot>,
    notable: bool,
}

impl Source {
    /// A source of the fleet, as far as its entries have been folded. `settings` are those in force by then.
    pub(crate) fn new(context: Arc<Context>, folded: Folded, info: SourceInfo) -> Self {
        let Folded { state, values, settings } = folded;
        let inner = Inner {
            version: 1,
            values,
            settings,
            sensors: info.sensors,
            device: info.device,
            device_settings: info.device_settings,
            blocked: info.blocked,
            removed: false,
            watchers: Vec::new(),
            feed: Feed::default(),
            looked: None,
            looks_begun: 0,
            pending: VecDeque::new(),
            recent: VecDeque::new(),
            uncommitted: 0,
            newest_key: None,
            unsaved: false,
            last_contact_entry: None,
            armed: None,
            connected: info.connected,
            state,
        };
        Self(Arc::new(Shared {
            id: inner.state.source,
            context,
            published: ArcSwapOption::empty(),
            replacements: AtomicU32::new(0),
            links: Links::default(),
            inner: Mutex::new(inner),
        }))
    }

    /// Its id.
    pub fn id(&self) -> SourceId {
        self.0.id
    }

    /// How often its device was replaced since the start: a connection that remembers another number is an old
    /// device's.
    pub fn replacements(&self) -> u32 {
        self.0.replacements.load(Ordering::Acquire)
    }

    /// [`Source::replacements`], if this is its device now. Both are looked at in one moment, so that a device which
    /// remembers the number misses no replacement that comes later, and none that came before passes as it.
    pub fn replacements_of(&self, device: &DeviceId) -> Option<u32> {
        let inner = self.lock();
        (inner.device == *device).then(|| self.replacements())
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    pub(crate) fn count_replacement(&self) {
        self.0.replacements.fetch_add(1, Ordering::Release);
    }

    /// Its state now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let inner = self.lock();
        match self.0.published.load_full() {
            Some(published) => published,
            None => Arc::new(inner.current()),
        }
    }

    /// Reads the source as it is now. `read` runs under its lock, which reports wait for: it is to be quick, and must
    /// not ask for anything of a connection or a source.
    pub fn read<R>(&self, read: impl FnOnce(View<'_>) -> R) -> R {
        read(self.lock().view())
    }

    /// Reads the source for a slot that watches it; `None` when the slot is not to show it: it is blocked, or lost.
    pub(crate) fn read_for<R>(
        &self,
        connection: &Connection,
        slot: Slot,
        read: impl FnOnce(View<'_>) -> R,
    ) -> Option<R> {
        let inner = self.lock();
        let is_shown = !inner.blocked && inner.watchers.iter().any(|w| w.is(connection, slot));
        is_shown.then(|| read(inner.view()))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Folds an entry in and tells the watchers, at once or, when the state may not be skipped, after its commit.
    pub(crate) fn fold(&self, inner: &mut Inner, entry: &Entry, notable: bool) -> Applied {
        let applied = inner.fold(entry, &self.0.context.options.timing);
        self.changed(inner, Some(entry.seq), notable);
        applied
    }

    /// Folds a recorded change in. Watchers of states hear of it only if they see it.
    pub(crate) fn fold_change(&self, inner: &mut Inner, entry: &Entry) {
        let mut before = inner.state.clone();
        inner.fold(entry, &self.0.context.options.timing);
        before.seq = inner.state.seq;
        if before != inner.state {
            self.changed(inner, None, false);
            return;
        }
        inner.unsaved = true;
        for watcher in &inner.watchers {
            watcher.connection.touch(watcher.slot);
        }
    }

    /// The state changed: a new version, seen by whoever watches.
    pub(crate) fn changed(&self, inner: &mut Inner, seq: Option<Seq>, notable: bool) {
        inner.version += 1;
        inner.unsaved = true;
        if !self.is_watched(inner) {
            return;
        }
        let snapshot = Arc::new(inner.current());
        // What may be skipped waits for nothing but those before it.
        let waits_for = seq.filter(|_| notable).or_else(|| inner.pending.back().map(|p| p.seq));
        match waits_for {
            Some(seq) => inner.pending.push_back(Pending { seq, snapshot, notable }),
            None => self.hand_out(inner, snapshot, notable),
        }
    }

    /// So many reports, the last of which is `seq`, are durable: hands out what waited for that.
    pub(crate) fn committed(&self, reports: usize, seq: Seq) {
        let mut inner = self.lock();
        inner.uncommitted -= reports;
        inner.forget_keys(0);
        while inner.pending.front().is_some_and(|p| p.seq <= seq)
            && let Some(Pending { snapshot, notable, .. }) = inner.pending.pop_front()
        {
            self.hand_out(&inner, snapshot, notable);
        }
        inner.tell_committed(&self.0.context.numbers, seq);
    }

    fn hand_out(&self, inner: &Inner, snapshot: Arc<Snapshot>, notable: bool) {
        self.0.published.store(Some(snapshot.clone()));
        for watcher in &inner.watchers {
            watcher.connection.publish(watcher.slot, &snapshot, notable);
        }
        if let Some(outlet) = &self.0.context.outlet {
            outlet.state(&snapshot, notable);
        }
        self.0.context.metrics.published.inc_by(inner.watchers.len() as u64);
    }

    fn is_watched(&self, inner: &Inner) -> bool {
        !inner.watchers.is_empty() || self.0.context.outlet.is_some()
    }

    /// Adds a watcher; whether the source is blocked, as of the same moment.
    pub(crate) fn watch(&self, watcher: Watcher) -> bool {
        let mut inner = self.lock();
        if self.0.published.load().is_none() {
            self.0.published.store(Some(Arc::new(inner.current())));
        }
        let blocked = inner.blocked;
        if blocked {
            watcher.connection.set_blocked(watcher.slot, true);
        }
        inner.watchers.push(watcher);
        blocked
    }

    pub(crate) fn is_watched_by(&self, connection: &Connection, slot: Slot) -> bool {
        self.lock().everyone().any(|w| w.is(connection, slot))
    }

    pub(crate) fn unwatch(&self, connection: &Connection, slot: Slot) {
        let mut inner = self.lock();
        let found = inner.watchers.iter().position(|w| w.is(connection, slot));
        if let Some(at) = found {
            inner.watchers.swap_remove(at);
            self.rest(&mut inner);
        } else {
            self.take_followers(&mut inner, |w| w.is(connection, slot));
        }
    }

    /// Takes those away who watch it in whatever way, and of whom this is so.
    pub(crate) fn take_away(&self, inner: &mut Inner, mut is_one: impl FnMut(&mut Watcher) -> bool) -> Vec<Watcher> {
        let mut taken: Vec<_> = inner.watchers.extract_if(.., &mut is_one).collect();
        self.rest(inner);
        taken.extend(self.take_followers(inner, is_one));
        taken
    }

    fn take_followers(&self, inner: &mut Inner, is_one: impl FnMut(&mut Watcher) -> bool) -> Vec<Watcher> {
        let taken: Vec<_> = inner.feed.followers.extract_if(.., is_one).collect();
        if !taken.is_empty() {
            let Context { options, numbers, .. } = &*self.0.context;
            inner.feed.rest(numbers, (options.clock)());
        }
        taken
    }

    /// To be called when watchers were taken away. When none is left nothing is published any more, and what was last
    /// published grows old: whoever looks then is to be shown the present state.
    pub(crate) fn rest(&self, inner: &mut Inner) {
        inner.stop_looking();
        if inner.watchers.is_empty() {
            inner.watchers = Vec::new();
            inner.pending = VecDeque::new();
            if self.0.context.outlet.is_none() {
                self.0.published.store(None);
            }
        }
    }
}

impl Watcher {
    pub(crate) fn is(&self, connection: &Connection, slot: Slot) -> bool {
        self.slot == slot && std::ptr::eq(&*self.connection, connection)
    }
}

impl Inner {
    fn fold(&mut self, entry: &Entry, timing: &Timing) -> Applied {
        fold(&mut self.state, &mut self.values, &mut self.settings, entry, timing)
    }

    /// All who watch it, in whatever way.
    pub(crate) fn everyone(&self) -> impl Iterator<Item = &Watcher> {
        self.watchers.iter().chain(&self.feed.followers)
    }

    fn view(&self) -> View<'_> {
        View {
            state: &self.state,
            values: &self.values,
            settings: &self.settings,
            sensors: &self.sensors,
            messages: self.looked.as_ref().and_then(Looked::messages),
        }
    }

    fn current(&self) -> Snapshot {
        Snapshot::new(self.state.clone(), self.version)
    }

    /// Whether a report with this key came recently.
    pub(crate) fn came_recently(&self, key: &ReportKey) -> bool {
        // Nearly every report is newer than all before.
        self.newest_key.is_some_and(|newest| key.time <= newest) && self.recent.contains(key)
    }

    /// Remembers a report that is about to be queued for the journal.
    pub(crate) fn remember(&mut self, key: ReportKey) {
        self.uncommitted += 1;
        self.forget_keys(1);
        self.recent.push_back(key);
        self.newest_key = self.newest_key.max(Some(key.time));
    }

    /// Lets the oldest keys go that need not be remembered, with room for some that come.
    fn forget_keys(&mut self, room: usize) {
        let kept = self.uncommitted.clamp(RECENT_KEYS, UNCOMMITTED_KEYS_MAX) - room;
        if self.recent.len() > kept {
            self.recent.drain(..self.recent.len() - kept);
            if self.recent.capacity() > 4 * kept {
                self.recent.shrink_to_fit();
            }
        }
    }
}

impl Latest for Source {
    fn latest(&self) -> Option<Arc<Snapshot>> {
        self.0.published.load_full()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.0.id).finish()
    }
}
