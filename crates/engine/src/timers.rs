//! Timed changes take effect when they are due, not when the next report comes.
//!
//! One alarm a source at most stands in the heap. A report usually moves the due time back; the alarm is left as it
//! is then, goes off early, and is set again: cheaper than moving it with every report.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use live::{advance, next_due};
use model::{MS_PER_DAY, SourceId, Timestamp};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::source::{Inner, Source};
use crate::writer::Work;

/// How often due alarms and ended sessions are looked for; the documents allow a second.
const TICK: Duration = Duration::from_millis(200);
/// How long the timers rest after an error of the catalog.
const CATALOG_PAUSE: Duration = Duration::from_secs(1);
/// How often free disk is measured.
const DISK_EVERY: Duration = Duration::from_secs(1);
/// How often old reports are looked for.
const RETIRE_EVERY: Duration = Duration::from_secs(600);
/// Reports removed in one step.
const RETIRED_PER_STEP: usize = 4096;

/// The alarms.
#[derive(Default)]
pub(crate) struct Timers(Mutex<BinaryHeap<Reverse<(Timestamp, SourceId)>>>);

impl Timers {
    fn set(&self, at: Timestamp, source: SourceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Reverse((at, source)));
    }

    fn take_due(&self, now: Timestamp) -> Vec<(Timestamp, SourceId)> {
        let mut heap = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        while heap.peek().is_some_and(|Reverse((at, _))| *at <= now)
            && let Some(Reverse(alarm)) = heap.pop()
        {
            due.push(alarm);
        }
        due
    }
}

impl Engine {
    /// Sets a source's alarm if its next timed change comes before the one that is set.
    pub(crate) fn arm(&self, source: &Source, inner: &mut Inner) {
        let due = next_due(&inner.state, &inner.settings, &self.options().timing);
        if let Some(due) = due
            && inner.armed.is_none_or(|armed| due < armed)
        {
            inner.armed = Some(due);
            self.timers.set(due, source.id());
        }
    }

    pub(crate) async fn keep_time(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = (self.options().clock)();
            self.let_time_pass(now);
            self.write_connected().await;
            if let Err(error) = self.fleet.expire(now).await {
                tracing::error!(%error, "cannot end sessions whose time is over");
                tokio::time::sleep(CATALOG_PAUSE).await;
            }
        }
    }

    /// Lets the timed changes of states take effect that are due by `now`: idle, offline, parked. Done several times a
    /// second anyway, by the clock.
    pub fn let_time_pass(&self, now: Timestamp) {
        for (at, id) in self.timers.take_due(now) {
            if let Some(source) = self.source(id) {
                self.ring(&source, at, now);
            }
        }
        self.forget_pushes(now);
    }

    fn ring(&self, source: &Source, at: Timestamp, now: Timestamp) {
        let mut inner = source.lock();
        if inner.armed != Some(at) || inner.removed {
            return;
        }
        inner.armed = None;
        let settings = inner.settings.clone();
        if advance(&mut inner.state, &settings, &self.options().timing, now) {
            source.changed(&mut inner, None, false);
        }
        self.arm(source, &mut inner);
        drop(inner);
        self.note_silence(source);
    }

    /// Stops taking uploads in before the disk is full, and takes them again when there is room.
    pub(crate) async fn watch_disk(self: Arc<Self>, dir: PathBuf) {
        let reserve = self.options().disk_reserve_bytes;
        let mut ticks = tokio::time::interval(DISK_EVERY);
        loop {
            ticks.tick().await;
            let full = match storage::disk::free_bytes(&dir) {
                Ok(free) => free < reserve,
                Err(error) => {
                    tracing::warn!(%error, "cannot measure free disk");
                    continue;
                }
            };
            let was = self.set_disk_full(full);
            if full && !was {
                tracing::error!(reserve_bytes = reserve, "the disk is nearly full: uploads are refused");
            } else if was && !full {
                tracing::info!("there is free disk again: uploads are taken");
            }
        }
    }

    /// Removes reports that are older than the retention.
    pub(crate) async fn retire(self: Arc<Self>) {
        let days = self.options().retention_days;
        if days == 0 {
            return;
        }
        let mut ticks = tokio::time::interval(RETIRE_EVERY);
        loop {
            ticks.tick().await;
            let before = (self.options().clock)().plus_ms(-i64::from(days) * MS_PER_DAY);
            for source in self.all_sources() {
                self.retire_source(source.id(), before).await;
            }
        }
    }

    async fn retire_source(&self, source: SourceId, before: Timestamp) {
        loop {
            let (done, removed) = oneshot::channel();
            self.writer().push(Work::Remove { source, before, at_most: RETIRED_PER_STEP, done });
            let Ok(removed) = removed.await else { return };
            self.metrics().retired.inc_by(removed as u64);
            if removed < RETIRED_PER_STEP {
                return;
            }
        }
    }
}
