//! What clients may have missed when the server ended: what the last reports before the end show to have happened is
//! kept for those who come back.

use std::collections::HashMap;
use std::sync::Arc;

use live::{LastKnown, order_time};
use model::{Happened, MS_PER_SECOND, Push, Record, Seq, SourceId, Timestamp};
use storage::journal::{Journal, JournalError, StoredReport, flag};

use crate::engine::Engine;
use crate::past::{judge, known_before};
use crate::source::Inner;

/// How long before the end a push may have been on its way still.
const ON_ITS_WAY_MS: i64 = 10 * MS_PER_SECOND;
/// Reports that are looked at.
const REPORTS_MAX: usize = 200_000;

impl Engine {
    /// When any device was last heard of.
    pub fn last_contact(&self) -> Option<Timestamp> {
        self.all_sources().iter().filter_map(|source| source.lock().state.last_contact).max()
    }

    /// Fills the rings from the last reports before the end. Only once the states are recovered.
    pub(crate) fn recover_missed(&self) -> Result<(), JournalError> {
        // The last sign of life of any device comes close to the end.
        let Some(end) = self.last_contact() else { return Ok(()) };
        let first = first_received(&**self.journal(), end.plus_ms(-ON_ITS_WAY_MS))?;
        let mut lately: HashMap<SourceId, LastKnown> = HashMap::new();
        for stored in self.journal().by_seq(first).take(REPORTS_MAX) {
            let stored = stored?;
            if stored.flags & flag::LATE == 0 {
                let said = lately.entry(stored.source).or_default();
                *said = LastKnown::said_by(&stored.report).or(*said);
            }
        }
        let mut known = HashMap::new();
        for stored in self.journal().by_seq(first).take(REPORTS_MAX) {
            let stored = stored?;
            // Reports of sources that were removed since are history that nobody reads.
            if let Some(source) = self.source(stored.source) {
                let said = lately.get(&stored.source).copied().unwrap_or_default();
                self.keep_missed(&mut source.lock(), stored, said, &mut known)?;
            }
        }
        Ok(())
    }

    /// Keeps what a report shows. `said` is all that the source has said since the first of those looked at.
    fn keep_missed(
        &self,
        inner: &mut Inner,
        stored: StoredReport,
        said: LastKnown,
        known: &mut HashMap<SourceId, LastKnown>,
    ) -> Result<(), JournalError> {
        let mut now = match known.get(&stored.source) {
            Some(known) => *known,
            // It is compared with nothing, and nothing is learnt from it.
            None if stored.flags & flag::LATE != 0 => LastKnown::default(),
            None => {
                let StoredReport { source, time, seq, .. } = stored;
                // What has not been said since is as it was. The rest is said often, so that it is found soon.
                let by_now = LastKnown::of(&inner.state);
                let unsaid = by_now.apart_from(&said);
                unsaid.or(known_before(&**self.journal(), source, time, seq, by_now.apart_from(&unsaid))?)
            }
        };
        let mut kinds = judge(&mut now, &stored).peekable();
        if stored.flags & flag::LATE == 0 {
            known.insert(stored.source, now);
        }
        if inner.blocked || kinds.peek().is_none() {
            return Ok(());
        }
        let StoredReport { seq, received, report, .. } = stored;
        let at = order_time(&report, received, &self.options().timing);
        // What has been driven since does not count for much.
        let odometer_km = inner.values.odometer.map(|counter| counter.value);
        let record = Arc::new(Record { seq, at, received, report, odometer_km });
        for (kind, cause) in kinds {
            let happened = Happened { kind, cause, record: record.clone() };
            inner.feed.tell(&self.context.numbers, Push::Happened(happened), received);
        }
        Ok(())
    }
}

/// The place of the first report that arrived at this time or later. Places are given out as reports arrive, so that
/// it is found by halving.
fn first_received(journal: &dyn Journal, from: Timestamp) -> Result<Seq, JournalError> {
    let (mut low, mut high) = (1, journal.last_seq()?.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match journal.by_seq(Seq(middle)).next().transpose()? {
            Some(stored) if stored.received < from => low = stored.seq.0 + 1,
            _ => high = middle,
        }
    }
    Ok(Seq(low))
}
