//! What those who follow a source are told, event by event, and what is kept of it for those who were away.
//!
//! A source that nobody follows, and nobody followed lately, costs nothing here. For one that is followed, what its
//! reports show to have happened is worked out as they are folded, and told once they are durable.
//!
//! Everything told gets a number, the next of the whole engine. Number, ring and outboxes are seen to under one lock,
//! so that the numbers grow within each outbox, and a client that knows the last number it got misses nothing and gets
//! nothing twice. The lock is taken for what happens, not for each report.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use live::{Applied, Lane, LastKnown, happened, push_bytes};
use model::{Entry, EntryKind, Happened, MS_PER_SECOND, Push, Record, Seq, SourceId, Timestamp, TrackerId};

use crate::connection::{Connection, Watch};
use crate::engine::Engine;
use crate::metrics::EngineMetrics;
use crate::source::{Inner, Source, Watcher};

/// How often it is looked for pushes that are kept no longer.
const FORGET_EVERY_MS: i64 = 60 * MS_PER_SECOND;

/// What is kept for clients that were away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptLimits {
    /// Pushes of one source. Of more the oldest go.
    pub pushes_max: usize,
    /// Bytes of the pushes of all sources together, counted as an outbox counts them. Beyond it a source keeps a new
    /// one only in place of older ones of its own.
    pub bytes_max: usize,
    /// Seconds for which a push is kept, and for which a source counts as followed after its last follower has left.
    pub kept_s: u32,
}

impl Default for KeptLimits {
    fn default() -> Self {
        Self { pushes_max: 256, bytes_max: 64 << 20, kept_s: 600 }
    }
}

/// A push that a client missed.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Its number: by these the pushes of several sources can be put in order.
    pub number: u64,
    /// What happened.
    pub push: Arc<Push>,
}

/// Numbers of pushes, and what all rings share.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Held while a push is told, so that numbers grow within each outbox.
    telling: Mutex<()>,
    newest: AtomicU64,
    kept_bytes: AtomicUsize,
    metrics: EngineMetrics,
    /// Until then every source counts as followed: who followed it before the start may come back.
    all_until: Timestamp,
    /// When it is next looked for pushes that are kept no longer, in milliseconds.
    forget_at_ms: AtomicI64,
    limits: KeptLimits,
}

impl Numbers {
    pub(crate) fn new(limits: KeptLimits, started: Timestamp, metrics: EngineMetrics) -> Self {
        let all_until = started.plus_ms(i64::from(limits.kept_s) * MS_PER_SECOND);
        Self {
            telling: Mutex::new(()),
            newest: AtomicU64::new(0),
            kept_bytes: AtomicUsize::new(0),
            metrics,
            all_until,
            forget_at_ms: AtomicI64::new(0),
            limits,
        }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_bytes(&self) -> usize {
        self.kept_bytes.load(Ordering::Relaxed)
    }

    fn keep(&self, bytes: usize) {
        self.kept_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.metrics.kept_bytes.inc_by(bytes as i64);
    }

    fn let_go(&self, bytes: usize) {
        self.kept_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.metrics.kept_bytes.dec_by(bytes as i64);
    }

    fn keep_ms(&self) -> i64 {
        i64::from(self.limits.kept_s) * MS_PER_SECOND
    }
}

/// What a source has to do with those who follow it.
#[derive(Default)]
pub(crate) struct Feed {
    pub(crate) followers: Vec<Watcher>,
    /// Until when it counts as followed although nobody does.
    followed_until: Option<Timestamp>,
    kept: VecDeque<Kept>,
    /// Uploads that wait for their commit.
    pending: VecDeque<Uploaded>,
}

struct Kept {
    number: u64,
    since: Timestamp,
    push: Arc<Push>,
}

/// What is to be told of an upload once its reports are durable.
struct Uploaded {
    /// The last of its reports in the journal's order.
    seq: Seq,
    received: Timestamp,
    total: u32,
    /// The last report as the device sent them; `None` while nobody follows.
    last: Option<Arc<Record>>,
    happened: Vec<Happened>,
}

/// An upload of a source that is followed, while its reports are folded.
pub(crate) struct Gathering {
    /// Which of its reports is the last as the device sent them.
    last_index: Option<usize>,
    uploaded: Uploaded,
}

impl Feed {
    fn is_followed(&self, numbers: &Numbers, now: Timestamp) -> bool {
        !self.followers.is_empty() || now < numbers.all_until || self.followed_until.is_some_and(|until| now < until)
    }

    /// The last of the followers has left: it counts as followed for a while.
    pub(crate) fn rest(&mut self, numbers: &Numbers, now: Timestamp) {
        if self.followers.is_empty() {
            self.followers = Vec::new();
            self.followed_until = Some(now.plus_ms(numbers.keep_ms()));
        }
    }

    /// Lets go of what is kept no longer.
    fn forget(&mut self, numbers: &Numbers, now: Timestamp) {
        let is_old = |kept: &Kept| now.since_ms(kept.since) >= numbers.keep_ms();
        while self.kept.front().is_some_and(is_old) {
            self.forget_oldest(numbers);
        }
        if self.kept.is_empty() {
            self.kept = VecDeque::new();
        }
    }

    fn forget_oldest(&mut self, numbers: &Numbers) {
        if let Some(kept) = self.kept.pop_front() {
            numbers.let_go(push_bytes(&kept.push));
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self, numbers: &Numbers) {
        while !self.kept.is_empty() {
            self.forget_oldest(numbers);
        }
        *self = Self::default();
    }

    fn keep(&mut self, numbers: &Numbers, number: u64, push: Arc<Push>, now: Timestamp) {
        let KeptLimits { pushes_max, bytes_max, .. } = numbers.limits;
        self.forget(numbers, now);
        let bytes = push_bytes(&push);
        let is_full = |feed: &Self| feed.kept.len() >= pushes_max || numbers.kept_bytes() + bytes > bytes_max;
        while !self.kept.is_empty() && is_full(self) {
            self.forget_oldest(numbers);
        }
        if !is_full(self) {
            numbers.keep(bytes);
            self.kept.push_back(Kept { number, since: now, push });
        }
    }

    /// Tells the followers, and keeps it if it is to be kept.
    pub(crate) fn tell(&mut self, numbers: &Numbers, push: Push, now: Timestamp) {
        let push = Arc::new(push);
        let telling = numbers.lock();
        let number = numbers.newest.load(Ordering::Relaxed) + 1;
        if push.is_kept() && self.is_followed(numbers, now) {
            self.keep(numbers, number, push.clone(), now);
        }
        for follower in &self.followers {
            follower.connection.push(follower.slot, number, &push);
        }
        numbers.newest.store(number, Ordering::Release);
        drop(telling);
        numbers.metrics.pushed.inc();
    }
}

impl Gathering {
    /// Takes in the report at `index` of the upload's frame, which has just been folded; `before` is what was known
    /// until then.
    pub(crate) fn take(
        &mut self,
        before: LastKnown,
        entry: Entry,
        index: usize,
        applied: Applied,
        inner: &Inner,
        at: Timestamp,
    ) {
        let EntryKind::Report(report) = entry.kind else { return };
        let before = if applied == Applied::Late { LastKnown::default() } else { before };
        let mut kinds = happened(before, &report).peekable();
        let is_last = self.last_index == Some(index);
        if !is_last && kinds.peek().is_none() {
            return;
        }
        let odometer_km = inner.values.odometer.map(|counter| counter.value);
        let record = Arc::new(Record { seq: entry.seq, at, received: entry.received, report: *report, odometer_km });
        let tell = |(kind, cause)| Happened { kind, cause, record: record.clone() };
        self.uploaded.happened.extend(kinds.map(tell));
        if is_last {
            self.uploaded.last = Some(record);
        }
    }
}

impl Inner {
    /// Begins to gather what followers are to be told of an upload; `None` while nobody follows. The indexes are those
    /// of its reports in the frame.
    pub(crate) fn gather(
        &self,
        numbers: &Numbers,
        received: Timestamp,
        indexes: impl ExactSizeIterator<Item = usize>,
    ) -> Option<Gathering> {
        if self.blocked || !self.feed.is_followed(numbers, received) {
            return None;
        }
        let total = u32::try_from(indexes.len()).unwrap_or(u32::MAX);
        let last_index = if self.feed.followers.is_empty() { None } else { indexes.max() };
        let uploaded = Uploaded { seq: Seq::default(), received, total, last: None, happened: Vec::new() };
        Some(Gathering { last_index, uploaded })
    }

    /// What was gathered of an upload waits until its last report is durable.
    pub(crate) fn await_commit(&mut self, gathering: Gathering, seq: Seq) {
        let uploaded = Uploaded { seq, ..gathering.uploaded };
        if uploaded.last.is_some() || !uploaded.happened.is_empty() {
            self.feed.pending.push_back(uploaded);
        }
    }

    /// Everything up to here is durable: followers are told.
    pub(crate) fn tell_committed(&mut self, numbers: &Numbers, seq: Seq) {
        while self.feed.pending.front().is_some_and(|uploaded| uploaded.seq <= seq)
            && let Some(Uploaded { received, total, last, happened, .. }) = self.feed.pending.pop_front()
        {
            if self.blocked || self.removed {
                continue;
            }
            if let Some(last) = last {
                for follower in &self.feed.followers {
                    follower.connection.records(follower.slot, total, &last);
                }
            }
            for happened in happened {
                self.feed.tell(numbers, Push::Happened(happened), received);
            }
        }
        if self.feed.pending.is_empty() && self.feed.followers.is_empty() {
            self.feed.pending = VecDeque::new();
        }
    }
}

impl Engine {
    /// Follows a source on a lane of feeds: from now on its uploads and whatever is pushed are told. Also says whether
    /// the source is blocked, and what of the kept pushes the client missed that has got everything up to the number
    /// `since`, in order; nothing without a number, nothing while the source is blocked, and nothing from a time when
    /// the tracker did not show the source yet.
    pub fn follow(
        &self,
        connection: &Arc<Connection>,
        lane: Lane,
        tracker: TrackerId,
        source: &Source,
        since: Option<u64>,
    ) -> (Watch, bool, Vec<Missed>) {
        let numbers = &self.context.numbers;
        let watch = connection.begin_watch(lane, tracker, source);
        let now = (self.options().clock)();
        let shown_since = self.fleet.shown_since(tracker).unwrap_or(now);
        let mut inner = source.lock();
        let blocked = inner.blocked;
        if blocked {
            connection.set_blocked(watch.slot(), true);
        }
        inner.feed.followers.push(Watcher {
            connection: connection.clone(),
            slot: watch.slot(),
            tracker,
            looks: false,
        });
        inner.feed.forget(numbers, now);
        let missed = match since {
            Some(since) if !blocked => inner
                .feed
                .kept
                .iter()
                .filter(|kept| kept.number > since && kept.since >= shown_since)
                .map(Kept::missed)
                .collect(),
            _ => Vec::new(),
        };
        (watch, blocked, missed)
    }

    /// The number of the newest push; 0 after the start. Whatever has a number up to this is in the outboxes of those
    /// whom it concerns, or was.
    pub fn push_number(&self) -> u64 {
        self.context.numbers.newest.load(Ordering::Acquire)
    }

    /// Tells those who follow a source of something that does not come from its reports. Does nothing while the source
    /// is blocked, or when there is none of that id.
    pub fn push(&self, source: SourceId, push: Push) {
        let Some(source) = self.source(source) else { return };
        let mut inner = source.lock();
        if !inner.blocked && !inner.removed {
            inner.feed.tell(&self.context.numbers, push, (self.options().clock)());
        }
    }
}

impl Engine {
    /// Lets go, once a minute, of pushes of sources of which nothing is heard any more.
    pub(crate) fn forget_pushes(&self, now: Timestamp) {
        let numbers = &self.context.numbers;
        if now.ms() < numbers.forget_at_ms.load(Ordering::Relaxed) {
            return;
        }
        numbers.forget_at_ms.store(now.plus_ms(FORGET_EVERY_MS).ms(), Ordering::Relaxed);
        if numbers.kept_bytes() > 0 {
            self.all_sources().iter().for_each(|source| source.lock().feed.forget(numbers, now));
        }
    }
}

impl Kept {
    fn missed(&self) -> Missed {
        Missed { number: self.number, push: self.push.clone() }
    }
}
