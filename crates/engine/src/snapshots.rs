//! States are saved from time to time, so that a restart folds minutes and not years.

use std::sync::Arc;
use std::time::Duration;

use storage::codec::encode_snapshot;
use tokio::time::Instant;

use crate::engine::Engine;
use crate::writer::Work;

/// States that go to the journal in one piece.
const STATES_PER_PIECE: usize = 1024;
/// Entries after which states are saved before their time.
const ENTRIES_MAX: u64 = 200_000;
/// How often it is looked whether it is time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Engine {
    /// Saves the states every so often, and sooner when much has come: a restart folds what came since.
    pub(crate) async fn keep_snapshots(self: Arc<Self>) {
        let every = Duration::from_secs(self.options().snapshot_s.max(1));
        let mut ticks = tokio::time::interval(LOOK_EVERY.min(every));
        let (mut saved, mut covered) = (Instant::now(), self.writer().last_seq());
        loop {
            ticks.tick().await;
            let entries = self.writer().last_seq().0 - covered.0;
            if entries > ENTRIES_MAX || (entries > 0 && saved.elapsed() >= every) {
                (saved, covered) = (Instant::now(), self.writer().last_seq());
                self.save_states();
                self.flush().await;
            }
        }
    }

    /// Queues the states that changed, and then the checkpoint that they allow.
    ///
    /// Whatever had a place in the journal's order when this began was or is being folded under the lock of its
    /// source, so a state taken under that lock includes it.
    pub(crate) fn save_states(&self) {
        let covered = self.writer().last_seq();
        let mut states = Vec::new();
        for source in self.all_sources() {
            let mut inner = source.lock();
            if !std::mem::take(&mut inner.unsaved) || inner.removed {
                continue;
            }
            let mut bytes = Vec::with_capacity(512);
            encode_snapshot(&inner.state, &inner.values, &inner.settings, &mut bytes);
            states.push((source.id(), inner.state.seq, bytes));
            // The entries in it are queued already: they were when they were folded, under this lock.
            drop(inner);
            if states.len() == STATES_PER_PIECE {
                self.writer().push(Work::Snapshots(std::mem::take(&mut states)));
            }
        }
        if !states.is_empty() {
            self.writer().push(Work::Snapshots(states));
        }
        self.writer().push(Work::Checkpoint(covered));
    }
}
