//! What methods about the past have in common: reports read aside, a bounded number of them, and from no time before
//! the tracker was its user's.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Engine, Journal, JournalError, ReadError, StoredReport, flag};
use live::{Replay, Step, Timing, order_time};
use model::{SourceId, SourceSettings, Timestamp};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::Refusal;

/// Something to do with the journal, which may take its time.
pub type PastJob = Box<dyn FnOnce(&dyn Journal) -> Result<(), JournalError> + Send>;

/// Where this dialect reads the past.
pub trait Past: Send + Sync + 'static {
    /// Runs a job where it may wait for the disk.
    fn run(&self, job: PastJob) -> Pin<Box<dyn Future<Output = Result<(), PastError>> + Send + '_>>;

    /// The durations that states depend on.
    fn timing(&self) -> Timing;
}

/// Why the past was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PastError {
    /// As many ask for it as may.
    Busy,
    /// The journal cannot be read.
    Failed,
}

impl Past for Engine {
    fn run(&self, job: PastJob) -> Pin<Box<dyn Future<Output = Result<(), PastError>> + Send + '_>> {
        Box::pin(async move {
            self.read(job).await.map_err(|error| match error {
                ReadError::Busy => PastError::Busy,
                ReadError::Failed => PastError::Failed,
            })
        })
    }

    fn timing(&self) -> Timing {
        Self::timing(self)
    }
}

impl From<PastError> for Refusal {
    fn from(error: PastError) -> Self {
        match error {
            PastError::Busy => Condition::Busy,
            PastError::Failed => Condition::Database,
        }
        .into()
    }
}

impl Api {
    /// Works something out of the journal, elsewhere.
    pub(super) async fn read_past<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Journal) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let job = move |journal: &dyn Journal| {
            let value = read(journal)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        };
        self.past.run(Box::new(job)).await?;
        let value = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| Condition::Unexpected.into())
    }
}

/// The reports of a source that a tracker shows, of a span of time.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) source: SourceId,
    pub(super) settings: Arc<SourceSettings>,
    pub(super) timing: Timing,
    /// What came before is not the user's.
    pub(super) since: Timestamp,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// How many reports a call may still read.
#[derive(Debug)]
pub(super) struct Meter {
    left: u64,
    /// It wanted more.
    pub(super) is_exceeded: bool,
}

impl Meter {
    pub(super) const fn new(reports_max: u64) -> Self {
        Self { left: reports_max, is_exceeded: false }
    }

    fn take(&mut self) -> bool {
        self.is_exceeded |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.is_exceeded
    }
}

impl Course {
    /// Folds the reports once more, from some time before the span so that the first of them meet a state, and hands
    /// those of the span over step by step until `visit` has enough or the meter runs out. The replay afterwards.
    pub(super) fn replay(
        &self,
        journal: &dyn Journal,
        warm_up_ms: i64,
        meter: &mut Meter,
        mut visit: impl FnMut(&Replay, &Step) -> ControlFlow<()>,
    ) -> Result<Replay, JournalError> {
        let begin = self.from.plus_ms(-warm_up_ms);
        let mut replay = Replay::new(self.source, begin, (*self.settings).clone(), self.timing);
        self.reports(journal, begin, meter, |StoredReport { seq, time, report, .. }| {
            let step = replay.push(seq, time, report);
            if time >= self.from { visit(&replay, &step) } else { ControlFlow::Continue(()) }
        })?;
        Ok(replay)
    }

    /// Hands the user's reports from `begin` to the end of the span over, one by one, until `visit` has enough or the
    /// meter runs out.
    pub(super) fn reports(
        &self,
        journal: &dyn Journal,
        begin: Timestamp,
        meter: &mut Meter,
        mut visit: impl FnMut(StoredReport) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        for stored in journal.range(self.source, begin, self.to) {
            let stored = stored?;
            if !meter.take() {
                break;
            }
            if self.shows(&stored) && visit(stored).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Whether a report is the user's, and its time is known. One from a clock that runs ahead lies under a time at
    /// which it was not.
    fn shows(&self, stored: &StoredReport) -> bool {
        stored.received >= self.since && stored.flags & flag::FUTURE == 0
    }

    /// The newest report with an accepted satellite position, of the last ones before the end of the span. Only if
    /// there is none, one of those behind: there lies what a clock that ran ahead has dated, however old it is.
    pub(super) fn last_fix(
        &self,
        journal: &dyn Journal,
        meter: &mut Meter,
    ) -> Result<Option<live::TrackPoint>, JournalError> {
        let believed = journal.newest(self.source, self.to);
        let is_ahead = |stored: &Result<StoredReport, _>| stored.as_ref().map_or(true, |stored| stored.time > self.to);
        let ahead = journal.newest(self.source, Timestamp::MAX).take_while(is_ahead);
        for stored in believed.chain(ahead) {
            let stored = stored?;
            if !meter.take() {
                break;
            }
            if stored.received < self.since {
                continue;
            }
            let at = order_time(&stored.report, stored.received, &self.timing);
            // A report by itself: what it says of a place does not depend on those before it.
            let mut replay = Replay::new(self.source, at, (*self.settings).clone(), self.timing);
            let point = replay.push(stored.seq, at, stored.report).point;
            if let Some(point) = point.filter(|point| !point.from_network) {
                return Ok(Some(point));
            }
        }
        Ok(None)
    }
}
