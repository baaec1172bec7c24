//! A journal that commits when it is told to.

use std::sync::{Condvar, Mutex};

use model::{Seq, SourceId, Timestamp};
use storage::journal::{
    Journal, JournalError, Listing, LsmJournal, Record, ReportKey, Snapshot, StoredReport, TailEntry,
};

/// How a gate stands.
enum Stand {
    Open,
    /// So many commits may still pass.
    Passes(usize),
    /// Every commit fails.
    Broken,
}

pub(crate) struct Gate {
    journal: LsmJournal,
    stand: Mutex<(Stand, usize)>,
    moved: Condvar,
}

impl Gate {
    pub(crate) fn open(journal: LsmJournal) -> Self {
        Self { journal, stand: Mutex::new((Stand::Open, 0)), moved: Condvar::new() }
    }

    fn set(&self, stand: Stand) {
        self.stand.lock().expect("not poisoned").0 = stand;
        self.moved.notify_all();
    }

    pub(crate) fn close(&self) {
        self.set(Stand::Passes(0));
    }

    /// Lets one commit pass.
    pub(crate) fn pass_one(&self) {
        self.set(Stand::Passes(1));
    }

    pub(crate) fn reopen(&self) {
        self.set(Stand::Open);
    }

    pub(crate) fn break_down(&self) {
        self.set(Stand::Broken);
    }

    /// Whether a commit stands before the closed gate.
    pub(crate) fn has_arrival(&self) -> bool {
        self.stand.lock().expect("not poisoned").1 > 0
    }

    /// Waits until a commit stands before the closed gate.
    pub(crate) fn wait_for_arrival(&self) {
        let stand = self.stand.lock().expect("not poisoned");
        drop(self.moved.wait_while(stand, |(_, waiting)| *waiting == 0).expect("not poisoned"));
    }
}

impl Journal for Gate {
    fn append(&self, records: &[Record<'_>]) -> Result<(), JournalError> {
        let mut stand = self.stand.lock().expect("not poisoned");
        loop {
            match &mut stand.0 {
                Stand::Open => break,
                Stand::Passes(0) => {
                    stand.1 += 1;
                    self.moved.notify_all();
                    stand = self.moved.wait(stand).expect("not poisoned");
                    stand.1 -= 1;
                }
                Stand::Passes(left) => {
                    *left -= 1;
                    break;
                }
                Stand::Broken => return Err(JournalError::Failed),
            }
        }
        drop(stand);
        self.journal.append(records)
    }

    fn contains(&self, key: &ReportKey) -> Result<bool, JournalError> {
        self.journal.contains(key)
    }

    fn range(&self, source: SourceId, from: Timestamp, to: Timestamp) -> Listing<'_, StoredReport> {
        self.journal.range(source, from, to)
    }

    fn newest(&self, source: SourceId, to: Timestamp) -> Listing<'_, StoredReport> {
        self.journal.newest(source, to)
    }

    fn by_seq(&self, from: Seq) -> Listing<'_, StoredReport> {
        self.journal.by_seq(from)
    }

    fn tail(&self) -> Listing<'_, TailEntry> {
        self.journal.tail()
    }

    fn snapshots(&self) -> Listing<'_, Snapshot> {
        self.journal.snapshots()
    }

    fn last_seq(&self) -> Result<Seq, JournalError> {
        self.journal.last_seq()
    }

    fn remove_before(&self, source: SourceId, before: Timestamp, at_most: usize) -> Result<usize, JournalError> {
        self.journal.remove_before(source, before, at_most)
    }

    fn disk_bytes(&self) -> u64 {
        self.journal.disk_bytes()
    }
}
