//! The last messages of sources, kept while somebody looks at them.
//!
//! When the first connection begins to look at a source, an empty monitor is put up under the source's lock. From then
//! on every report that is taken in is filed into it. Those from before are read from the journal: first it is waited
//! until whatever was queued by then is durable, so that nothing is missed; what comes both ways is filed once, because
//! a report keeps its place. Only then is anything shown.

use std::sync::Arc;
use std::time::Duration;

use live::{Lane, Monitor, Timing, order_time};
use model::{Entry, EntryKind, MS_PER_SECOND, SourceId, Timestamp, TrackerId};
use storage::journal::{Journal, JournalError, StoredReport};

use crate::connection::{Connection, Watch};
use crate::engine::Engine;
use crate::options::EngineOptions;
use crate::reads::ReadError;
use crate::source::{Inner, Source};

/// How long to wait before the next try when as many read the journal as may.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// What is kept of a source that somebody looks at.
#[derive(Debug)]
pub(crate) struct Looked {
    monitor: Monitor,
    /// Counts changes.
    version: u64,
    /// What was before has been read.
    is_filled: bool,
    /// Tells this one from those before: whoever reads the journal for one of them is late.
    number: u64,
}

/// The last messages of a source.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a> {
    /// The messages.
    pub monitor: &'a Monitor,
    /// Grows with every change.
    pub version: u64,
}

impl Looked {
    pub(crate) fn messages(&self) -> Option<Messages<'_>> {
        self.is_filled.then_some(Messages { monitor: &self.monitor, version: self.version })
    }

    pub(crate) const fn is_filled(&self) -> bool {
        self.is_filled
    }
}

impl Inner {
    /// Files a report that was just taken in, and lets those who look know.
    pub(crate) fn file(&mut self, entry: &Entry, timing: &Timing) {
        let Some(looked) = &mut self.looked else { return };
        let EntryKind::Report(report) = &entry.kind else { return };
        let at = order_time(report, entry.received, timing);
        if looked.monitor.push(at, entry.seq, entry.received, report) {
            looked.version += 1;
            self.touch_lookers();
        }
    }

    fn touch_lookers(&self) {
        for watcher in self.watchers.iter().filter(|w| w.looks) {
            watcher.connection.touch(watcher.slot);
        }
    }

    /// Takes the monitor down when nobody looks any more.
    pub(crate) fn stop_looking(&mut self) {
        if self.looked.is_some() && !self.watchers.iter().any(|w| w.looks) {
            self.looked = None;
        }
    }
}

impl Engine {
    /// Watches the last messages of a source on a lane of differences. They are due at once if they are known, else as
    /// soon as the journal has been read. Nothing of the source's life is told through this watch. Also says whether
    /// the source is blocked.
    pub fn watch_messages(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        lane: Lane,
        tracker: TrackerId,
        source: &Source,
    ) -> (Watch, bool) {
        let result = connection.watch_as(lane, tracker, source, true);
        let mut inner = source.lock();
        if inner.looked.is_none() {
            inner.looks_begun += 1;
            let number = inner.looks_begun;
            let monitor = Monitor::new(self.options().monitor);
            inner.looked = Some(Looked { monitor, version: 0, is_filled: false, number });
            drop(inner);
            self.runtime().spawn(Arc::clone(self).fill(source.clone(), number));
        }
        result
    }

    /// Files what the journal has of a source's newest reports.
    async fn fill(self: Arc<Self>, source: Source, number: u64) {
        self.flush().await;
        let past = loop {
            if !source.is_looked_at_as(number) {
                return;
            }
            match self.read(self.newest_messages(source.id())).await {
                Ok(past) => break past,
                Err(ReadError::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
                // The log says why. What comes from now on is shown all the same.
                Err(ReadError::Failed) => break Monitor::new(self.options().monitor),
            }
        };
        let mut inner = source.lock();
        let Some(looked) = inner.looked.as_mut().filter(|looked| looked.number == number) else { return };
        looked.monitor.absorb(past);
        looked.is_filled = true;
        looked.version += 1;
        inner.touch_lookers();
    }

    /// Reads the last messages of a source. Filed where they are read, one after another: a report may be large, and
    /// the source has better to do meanwhile.
    fn newest_messages(
        &self,
        source: SourceId,
    ) -> impl FnOnce(&dyn Journal) -> Result<Monitor, JournalError> + Send + 'static {
        let EngineOptions { monitor: limits, monitor_reports_max: reports_max, timing, clock, .. } = *self.options();
        let believed = clock().plus_ms(i64::from(timing.future_tolerance_s) * MS_PER_SECOND);
        move |journal| {
            let mut monitor = Monitor::new(limits);
            let mut file = |stored: StoredReport| {
                let StoredReport { seq, received, report, .. } = stored;
                monitor.push(order_time(&report, received, &timing), seq, received, &report);
            };
            // Reports that a wrong clock dated ahead stand behind all others, and count when they came: however many
            // there are, they do not stand in the way of the rest.
            for stored in journal.newest(source, believed).take(reports_max) {
                file(stored?);
            }
            for stored in journal.newest(source, Timestamp::MAX).take(reports_max) {
                let stored = stored?;
                if stored.time <= believed {
                    break;
                }
                file(stored);
            }
            Ok(monitor)
        }
    }
}

impl Source {
    fn is_looked_at_as(&self, number: u64) -> bool {
        self.lock().looked.as_ref().is_some_and(|looked| looked.number == number)
    }

    /// Whether what is known of the last messages is all that there is: what was before has been read, or nobody looks.
    pub fn shows_messages(&self) -> bool {
        self.lock().looked.as_ref().is_none_or(Looked::is_filled)
    }
}
