//! The journal on a log-structured merge tree.
//!
//! Five keyspaces, changed together by one write batch:
//!
//! | keyspace | key | value |
//! | --- | --- | --- |
//! | `reports` | source, time, hash | flags, `seq`, arrival, the encoded report |
//! | `order` | `seq` of a report | its key in `reports` |
//! | `marks` | `seq` of a contact or change | source, arrival, the encoded change |
//! | `snapshots` | source | `seq`, what is folded up to there |
//! | `meta` | a name | a number |
//!
//! Devices report in turn, so reports arrive scattered over the key space and are read a device and a day at a time.
//! The tree turns the first into sequential writes and, as it settles, puts a device's reports side by side for the
//! second. `order` lets an export and a restart read them as they came, and `marks` stands apart because it is
//! emptied at every checkpoint.

mod keys;
mod listing;
mod memory;
mod newest;

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use fjall::config::{BlockSizePolicy, CompressionPolicy};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode, Readable};
use model::{Seq, SourceId, Timestamp};

use self::memory::make_room;
use self::newest::Newest;
use super::{Journal, JournalError, Listing, Record, ReportKey, Snapshot, StoredReport, TailEntry};
use crate::codec::CodecError;

/// Contacts and changes that one batch clears away after a checkpoint.
const CLEARED_PER_BATCH: usize = 4_096;

/// The least that the engine accepts as the size of its log.
const LOG_BYTES_MIN: u64 = 64 << 20;

/// Threads that write out and merge files. With more than one, the engine keeps the first free for writing out by
/// letting it pass every merge on to the others, which it does in a busy loop as long as they are at work.
const WORKERS: usize = 1;

const META_LAST_SEQ: &[u8] = b"last_seq";
const META_CHECKPOINT: &[u8] = b"checkpoint";

/// How much memory the journal may use, and how much log a restart may have to read.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// Blocks kept in memory for reading, in bytes.
    pub cache_bytes: u64,
    /// Reports that are kept in memory before they are sorted into a file, in bytes; the other keyspaces take at most
    /// a quarter of it each. Up to three full ones wait to be written out while another fills; then writing waits.
    pub memtable_bytes_max: u64,
    /// The engine's log on disk, in bytes, at least 64 MiB, and up to as much again while it is being written out.
    /// A restart reads it.
    pub log_bytes_max: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, memtable_bytes_max: 32 << 20, log_bytes_max: 64 << 20 }
    }
}

/// A [`Journal`] in a folder of its own.
///
/// Readers go through a [`fjall::Snapshot`]: a range taken from a keyspace itself sees what is written meanwhile.
pub struct LsmJournal {
    db: Database,
    reports: Keyspace,
    order: Keyspace,
    marks: Keyspace,
    snapshots: Keyspace,
    meta: Keyspace,
    memtable_bytes_max: u64,
    newest: Newest,
    /// Contacts and changes up to here were cleared away since the journal was opened.
    cleared: AtomicU64,
}

impl LsmJournal {
    /// Opens the journal in `dir`, or begins one there. Reads the engine's log and lists of files, not the data.
    pub fn open(dir: &Path, options: &JournalOptions) -> Result<Self, JournalError> {
        let db = Database::builder(dir)
            .cache_size(options.cache_bytes)
            .max_journaling_size(options.log_bytes_max.max(LOG_BYTES_MIN))
            .worker_threads(WORKERS)
            .open()?;
        let keyspace = |name: &str| {
            db.keyspace(name, || {
                KeyspaceCreateOptions::default()
                    // See `memory`.
                    .max_memtable_size(u64::MAX)
                    .data_block_size_policy(BlockSizePolicy::all(16 << 10))
                    .data_block_compression_policy(CompressionPolicy::new([
                        CompressionType::None,
                        CompressionType::None,
                        CompressionType::Lz4,
                    ]))
            })
        };
        Ok(Self {
            reports: keyspace("reports")?,
            order: keyspace("order")?,
            marks: keyspace("marks")?,
            snapshots: keyspace("snapshots")?,
            meta: keyspace("meta")?,
            memtable_bytes_max: options.memtable_bytes_max,
            newest: Newest::default(),
            cleared: AtomicU64::new(0),
            db,
        })
    }

    fn meta_seq(&self, name: &[u8]) -> Result<Seq, JournalError> {
        let Some(value) = self.meta.get(name)? else { return Ok(Seq(0)) };
        keys::seq(&value).map_err(|error| JournalError::Corrupt { seq: None, error })
    }

    fn make_room(&self) -> Result<(), JournalError> {
        make_room(&self.db, &self.reports, self.memtable_bytes_max)?;
        for keyspace in [&self.order, &self.marks, &self.snapshots, &self.meta] {
            make_room(&self.db, keyspace, self.memtable_bytes_max / 4)?;
        }
        Ok(())
    }

    fn stored(&self, key: &ReportKey) -> Result<bool, JournalError> {
        Ok(self.reports.contains_key(keys::report_key(key))?)
    }

    fn newest_stored(&self, source: SourceId) -> Result<Timestamp, JournalError> {
        let [first, last] = keys::reports_to(source, Timestamp::MAX);
        match self.db.snapshot().range(&self.reports, first..=last).next_back() {
            Some(guard) => Ok(keys::read_report_key(&guard.key()?).map_err(corrupt(None))?.time),
            None => Ok(Timestamp::MIN),
        }
    }

    /// Adds a record to a batch. `fresh` has the keys that this batch adds.
    fn put(
        &self,
        record: &Record<'_>,
        batch: &mut OwnedWriteBatch,
        fresh: &mut HashSet<ReportKey>,
    ) -> Result<(), JournalError> {
        match *record {
            Record::Report { key, seq, received, flags, body } => {
                // Raised before the commit: a reader that asks meanwhile looks, and finds nothing yet.
                let newest = self.newest.raise(key.source, key.time, || self.newest_stored(key.source))?;
                if fresh.insert(key) && (key.time > newest || !self.stored(&key)?) {
                    let at = keys::report_key(&key);
                    batch.insert(&self.reports, at, keys::report_row(&key, seq, received, flags, body));
                    batch.insert(&self.order, keys::seq_key(seq), keys::order_row(at));
                }
            }
            Record::Contact { source, seq, received } => {
                batch.insert(&self.marks, keys::seq_key(seq), keys::mark_row(source, received, None));
            }
            Record::Change { source, seq, received, change } => {
                batch.insert(&self.marks, keys::seq_key(seq), keys::mark_row(source, received, Some(change)));
            }
            Record::Snapshot { source, seq, body } => {
                batch.insert(&self.snapshots, keys::source_key(source), keys::snapshot_row(seq, body));
            }
            // One for the batch, once all of it was seen.
            Record::Checkpoint { .. } => {}
        }
        Ok(())
    }

    /// Clears contacts and changes up to `seq` away. Not synced: what a crash brings back is cleared next time.
    fn clear_marks(&self, seq: Seq) -> Result<(), JournalError> {
        let from = self.cleared.load(Ordering::Relaxed);
        let mut batch = self.db.batch();
        for guard in self.marks.range(keys::seq_key(Seq(from))..=keys::seq_key(seq)) {
            batch.remove(&self.marks, guard.key()?);
            if batch.len() == CLEARED_PER_BATCH {
                std::mem::replace(&mut batch, self.db.batch()).commit()?;
            }
        }
        batch.commit()?;
        self.cleared.fetch_max(seq.0, Ordering::Relaxed);
        Ok(())
    }
}

impl Journal for LsmJournal {
    fn append(&self, records: &[Record<'_>]) -> Result<(), JournalError> {
        self.make_room()?;
        // With room from the start: what grows by doubling at every commit is paid for in fresh pages.
        let mut batch = OwnedWriteBatch::with_capacity(self.db.clone(), 2 * records.len() + 2);
        batch = batch.durability(Some(PersistMode::SyncData));
        let mut fresh = HashSet::with_capacity(records.len());
        let mut last_seq = None;
        let mut checkpoint = None;
        for record in records {
            self.put(record, &mut batch, &mut fresh)?;
            match *record {
                Record::Report { seq, .. } | Record::Contact { seq, .. } | Record::Change { seq, .. } => {
                    last_seq = last_seq.max(Some(seq));
                }
                Record::Checkpoint { seq } => checkpoint = checkpoint.max(Some(seq)),
                Record::Snapshot { .. } => {}
            }
        }
        if let Some(seq) = last_seq {
            batch.insert(&self.meta, META_LAST_SEQ, keys::seq_key(seq));
        }
        if let Some(seq) = checkpoint {
            let seq = seq.max(self.meta_seq(META_CHECKPOINT)?);
            batch.insert(&self.meta, META_CHECKPOINT, keys::seq_key(seq));
        }
        batch.commit()?;
        checkpoint.map_or(Ok(()), |seq| self.clear_marks(seq))
    }

    fn contains(&self, key: &ReportKey) -> Result<bool, JournalError> {
        let newest = self.newest.get(key.source, || self.newest_stored(key.source))?;
        Ok(key.time <= newest && self.stored(key)?)
    }

    fn range(&self, source: SourceId, from: Timestamp, to: Timestamp) -> Listing<'_, StoredReport> {
        if from > to {
            return Box::new(std::iter::empty());
        }
        let first = keys::report_key(&ReportKey { source, time: from, hash: 0 });
        let last = keys::report_key(&ReportKey { source, time: to, hash: u64::MAX });
        Box::new(self.db.snapshot().range(&self.reports, first..=last).map(listing::report))
    }

    fn newest(&self, source: SourceId, to: Timestamp) -> Listing<'_, StoredReport> {
        let [first, last] = keys::reports_to(source, to);
        Box::new(self.db.snapshot().range(&self.reports, first..=last).rev().map(listing::report))
    }

    fn by_seq(&self, from: Seq) -> Listing<'_, StoredReport> {
        Box::new(listing::ByOrder::new(self.db.snapshot(), &self.order, &self.reports, from))
    }

    fn tail(&self) -> Listing<'_, TailEntry> {
        let snapshot = self.db.snapshot();
        let checkpoint = match self.meta_seq(META_CHECKPOINT) {
            Ok(seq) => seq,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let from = Seq(checkpoint.0.saturating_add(1));
        let marks = snapshot.range(&self.marks, keys::seq_key(from)..).map(listing::mark);
        let reports = listing::ByOrder::new(snapshot, &self.order, &self.reports, from);
        Box::new(listing::Tail::new(marks, reports))
    }

    fn snapshots(&self) -> Listing<'_, Snapshot> {
        Box::new(self.db.snapshot().iter(&self.snapshots).map(listing::snapshot))
    }

    fn last_seq(&self) -> Result<Seq, JournalError> {
        self.meta_seq(META_LAST_SEQ)
    }

    fn remove_before(&self, source: SourceId, before: Timestamp, at_most: usize) -> Result<usize, JournalError> {
        let first = keys::report_key(&ReportKey { source, time: Timestamp::MIN, hash: 0 });
        let end = keys::report_key(&ReportKey { source, time: before, hash: 0 });
        let mut batch = self.db.batch();
        let mut removed = 0;
        for guard in self.reports.range(first..end).take(at_most) {
            let (at, row) = guard.into_inner()?;
            let seq = keys::report_row_seq(&row).map_err(|error| JournalError::Corrupt { seq: None, error })?;
            batch.remove(&self.reports, at);
            batch.remove(&self.order, keys::seq_key(seq));
            removed += 1;
        }
        self.make_room()?;
        // Not synced: what a crash brings back is removed again.
        batch.commit()?;
        Ok(removed)
    }

    fn disk_bytes(&self) -> u64 {
        self.db.disk_space().unwrap_or(0)
    }
}

impl From<fjall::Error> for JournalError {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::Locked,
            fjall::Error::Poisoned => Self::Failed,
            fjall::Error::Io(error) => Self::Io(error),
            other => Self::Engine(Box::new(other)),
        }
    }
}

/// What a value's decoder says, with the place where it was found.
fn corrupt(seq: Option<Seq>) -> impl FnOnce(CodecError) -> JournalError {
    move |error| JournalError::Corrupt { seq, error }
}
