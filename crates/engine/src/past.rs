//! Reports of the past and what they show to have happened, as followers were told of them when they came.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::sync::Arc;

use live::{LastKnown, Timing, happened, order_time};
use model::{Happened, Record, Seq, SourceId, Timestamp};
use storage::journal::{Journal, JournalError, Listing, StoredReport, flag};

use crate::engine::Engine;
use crate::source::Source;

/// Reports before a span that are looked at for what was known when it began.
const LOOK_BACK_MAX: usize = 10_000;
/// Reports that are looked at for where a source was.
const PLACE_LOOK_BACK_MAX: usize = 1_000;
/// Reports of one time that are put in the order in which they were folded.
const SAME_TIME_MAX: usize = 4_096;

/// Part of a source's past.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The time of the first report, included.
    pub from: Timestamp,
    /// The time of the last report, included.
    pub to: Timestamp,
    /// Reports that arrived before this are not shown: the source was another owner's.
    pub since: Timestamp,
    /// Reports that are read at most.
    pub reports_max: usize,
}

/// Part of a source's past, ready to be [read](Engine::read) wherever the disk may be waited for.
///
/// What a clock that ran ahead has dated is left out: it lies under a time at which it was not. A record of the past
/// has no odometer, because the journal keeps what the device said and not what was counted.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    source: SourceId,
    span: Span,
    timing: Timing,
    /// What is not known now was never said.
    known_now: LastKnown,
}

impl Engine {
    /// A span of a source's past.
    pub fn past(&self, source: &Source, span: Span) -> Past {
        let known_now = source.read(|view| LastKnown::of(view.state));
        Past { source: source.id(), span, timing: self.timing(), known_now }
    }
}

impl Past {
    /// The stored reports, by time.
    pub fn records(self, journal: &dyn Journal) -> PastRecords<'_> {
        PastRecords { reports: Reports::new(self, journal) }
    }

    /// What they show to have happened, in the order of their times: the same that followers were told.
    ///
    /// # Errors
    /// When what was known before the span cannot be read.
    pub fn happened(self, journal: &dyn Journal) -> Result<PastHappened<'_>, JournalError> {
        let before = self.span.from.plus_ms(-1);
        let known = known_before(journal, self.source, before, Seq(u64::MAX), self.known_now)?;
        Ok(PastHappened { reports: Reports::new(self, journal).peekable(), known, told: VecDeque::new(), past: self })
    }

    /// Where the source was at a time, in degrees: by the last report up to then that says so and is shown, if it is
    /// among the last thousand.
    ///
    /// # Errors
    /// When the reports cannot be read.
    pub fn place_at(self, journal: &dyn Journal, time: Timestamp) -> Result<Option<(f64, f64)>, JournalError> {
        for stored in journal.newest(self.source, time).take(PLACE_LOOK_BACK_MAX) {
            let stored = stored?;
            let is_told = stored.flags & flag::FUTURE == 0 && self.is_shown(&stored);
            if let Some(position) = stored.report.position.as_ref().filter(|_| is_told) {
                return Ok(Some((position.latitude, position.longitude)));
            }
        }
        Ok(None)
    }

    fn is_shown(&self, stored: &StoredReport) -> bool {
        stored.received >= self.span.since
    }

    fn record(&self, stored: StoredReport) -> Record {
        let StoredReport { seq, received, report, .. } = stored;
        Record { seq, at: order_time(&report, received, &self.timing), received, report, odometer_km: None }
    }
}

/// The reports of a span, no more than may be read.
struct Reports<'a> {
    listing: Listing<'a, StoredReport>,
    left: usize,
    past: Past,
}

impl<'a> Reports<'a> {
    fn new(past: Past, journal: &'a dyn Journal) -> Self {
        let Span { from, to, reports_max, .. } = past.span;
        Self { listing: journal.range(past.source, from, to), left: reports_max, past }
    }
}

impl Iterator for Reports<'_> {
    type Item = Result<StoredReport, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.left = self.left.checked_sub(1)?;
            match self.listing.next()? {
                Ok(stored) if stored.flags & flag::FUTURE != 0 => {}
                stored => return Some(stored),
            }
        }
    }
}

/// See [`Past::records`].
pub struct PastRecords<'a> {
    reports: Reports<'a>,
}

impl Iterator for PastRecords<'_> {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let past = self.reports.past;
        let shown = |stored: &Result<StoredReport, _>| stored.as_ref().map_or(true, |stored| past.is_shown(stored));
        Some(self.reports.find(shown)?.map(|stored| past.record(stored)))
    }
}

/// See [`Past::happened`].
pub struct PastHappened<'a> {
    reports: Peekable<Reports<'a>>,
    known: LastKnown,
    told: VecDeque<Happened>,
    past: Past,
}

impl PastHappened<'_> {
    /// Takes in the next reports: all of one time, in the order in which they were folded. False at the end.
    fn advance(&mut self) -> Result<bool, JournalError> {
        let Some(first) = self.reports.next().transpose()? else { return Ok(false) };
        let time = first.time;
        let mut run = vec![first];
        while run.len() < SAME_TIME_MAX
            && let Some(next) = self.reports.next_if(|next| next.as_ref().is_ok_and(|next| next.time == time))
        {
            run.push(next?);
        }
        run.sort_by_key(|stored| stored.seq);
        run.into_iter().for_each(|stored| self.take(stored));
        Ok(true)
    }

    fn take(&mut self, stored: StoredReport) {
        let kinds = judge(&mut self.known, &stored);
        if !self.past.is_shown(&stored) {
            return;
        }
        let mut kinds = kinds.peekable();
        if kinds.peek().is_some() {
            let record = Arc::new(self.past.record(stored));
            self.told.extend(kinds.map(|(kind, cause)| Happened { kind, cause, record: record.clone() }));
        }
    }
}

impl Iterator for PastHappened<'_> {
    type Item = Result<Happened, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(happened) = self.told.pop_front() {
                return Some(Ok(happened));
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// What a stored report shows to have happened, and what is known with it.
pub(crate) fn judge(
    known: &mut LastKnown,
    stored: &StoredReport,
) -> impl Iterator<Item = (model::HappenedKind, Option<model::EventId>)> + use<> {
    if stored.flags & flag::LATE != 0 {
        return happened(LastKnown::default(), &stored.report);
    }
    let before = *known;
    *known = LastKnown::said_by(&stored.report).or(before);
    happened(before, &stored.report)
}

/// What was known of a source by its reports up to a time that have a lower place in the journal than `before`; no more
/// than is known now.
pub(crate) fn known_before(
    journal: &dyn Journal,
    source: SourceId,
    to: Timestamp,
    before: Seq,
    known_now: LastKnown,
) -> Result<LastKnown, JournalError> {
    let mut known = LastKnown::default();
    // Those of one time are not listed as they were folded.
    let mut same_time: Vec<(Seq, LastKnown)> = Vec::new();
    let mut time = to;
    let mut learn = |same_time: &mut Vec<(Seq, LastKnown)>| {
        same_time.sort_by_key(|(seq, _)| *seq);
        while let Some((_, said)) = same_time.pop() {
            known = known.or(said);
        }
        known
    };
    for stored in journal.newest(source, to).take(LOOK_BACK_MAX) {
        let stored = stored?;
        if stored.seq >= before || stored.flags & (flag::LATE | flag::FUTURE) != 0 {
            continue;
        }
        if stored.time != time && learn(&mut same_time).knows_all_of(&known_now) {
            break;
        }
        time = stored.time;
        same_time.push((stored.seq, LastKnown::said_by(&stored.report)));
    }
    Ok(learn(&mut same_time))
}
