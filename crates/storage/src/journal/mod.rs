//! The journal: every report, contact and change, in the order in which states are folded from them.
//!
//! [`Journal`] is the port. What one engine does, every engine does: the contract tests say what that is.

mod lsm;

use std::fmt;

use model::{Entry, Report, Seq, SourceChange, SourceId, Timestamp};

use crate::codec::{CodecError, Saved};

pub use lsm::{JournalOptions, LsmJournal};

/// What marks a stored report, as bits.
pub mod flag {
    /// Dated further ahead than the tolerance; its arrival counts instead of its time.
    pub const FUTURE: u8 = 1;
    /// The device gave no time; the key's time is the arrival.
    pub const NO_TIME: u8 = 1 << 1;
    /// Older than the state when it arrived.
    pub const LATE: u8 = 1 << 2;
}

/// What makes a report the one it is: a resend has the same key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReportKey {
    /// Whose it is.
    pub source: SourceId,
    /// The time that the device sent, or the arrival when it sent none.
    pub time: Timestamp,
    /// [`content_hash`](crate::codec::content_hash) of the encoded report.
    pub hash: u64,
}

/// One thing to append.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// A report. One whose key is in the journal already is passed over, and its `seq` stays unused.
    Report {
        /// Its identity.
        key: ReportKey,
        /// Its place.
        seq: Seq,
        /// When it arrived.
        received: Timestamp,
        /// See [`flag`].
        flags: u8,
        /// The encoded report.
        body: &'a [u8],
    },
    /// A sign of life without a report.
    Contact {
        /// Whose.
        source: SourceId,
        /// Its place.
        seq: Seq,
        /// When it came.
        received: Timestamp,
    },
    /// A change of a source.
    Change {
        /// Of which source.
        source: SourceId,
        /// Its place.
        seq: Seq,
        /// When it was made.
        received: Timestamp,
        /// What changed.
        change: &'a SourceChange,
    },
    /// What is folded from a source's entries, which takes the place of its last snapshot.
    Snapshot {
        /// Whose.
        source: SourceId,
        /// The last entry folded into it.
        seq: Seq,
        /// Written by [`encode_snapshot`](crate::codec::encode_snapshot).
        body: &'a [u8],
    },
    /// The snapshots cover every entry up to here: contacts and changes up to here may go, and
    /// [`Journal::tail`] starts behind it. A checkpoint never moves back.
    Checkpoint {
        /// The last entry covered.
        seq: Seq,
    },
}

/// A report as the journal holds it.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredReport {
    /// Its place in the journal.
    pub seq: Seq,
    /// Whose it is.
    pub source: SourceId,
    /// The key's time.
    pub time: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
    /// See [`flag`].
    pub flags: u8,
    /// What the device said.
    pub report: Report,
}

/// An entry behind the checkpoint.
#[derive(Clone, PartialEq, Debug)]
pub struct TailEntry {
    /// What is to be folded.
    pub entry: Entry,
    /// See [`flag`]; 0 for anything but reports.
    pub flags: u8,
}

/// The last snapshot of a source.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    /// Whose.
    pub source: SourceId,
    /// The last entry folded into it.
    pub seq: Seq,
    /// What was folded.
    pub saved: Saved,
}

/// Why the journal did not do what it was asked.
///
/// After any error of [`Journal::append`] or [`Journal::remove_before`] nobody knows what the disk holds, because a
/// system may forget what it failed to write. The journal refuses every later write with [`Self::Failed`]; the
/// process is to end, and the next one finds out by opening the journal.
#[derive(Debug)]
pub enum JournalError {
    /// Another process has the journal open.
    Locked,
    /// A read, write or sync failed.
    Io(std::io::Error),
    /// An earlier write failed; nothing was tried.
    Failed,
    /// A stored value is not what was written.
    Corrupt {
        /// The entry, where it is known.
        seq: Option<Seq>,
        /// What is wrong with it.
        error: CodecError,
    },
    /// The order of entries names a report that is not there.
    Missing(ReportKey),
    /// The engine's own files are damaged, or it failed in a way of its own.
    Engine(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => f.write_str("another process has the journal open"),
            Self::Io(error) => write!(f, "the journal's disk failed: {error}"),
            Self::Failed => f.write_str("an earlier write to the journal failed"),
            Self::Corrupt { seq: Some(seq), error } => write!(f, "journal entry {seq} is damaged: {error}"),
            Self::Corrupt { seq: None, error } => write!(f, "the journal is damaged: {error}"),
            Self::Missing(ReportKey { source, time, .. }) => {
                write!(f, "the journal is damaged: the report of source {source} at {time} is missing")
            }
            Self::Engine(error) => write!(f, "the journal's engine failed: {error}"),
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Corrupt { error, .. } => Some(error),
            Self::Engine(error) => Some(error.as_ref()),
            Self::Locked | Self::Failed | Self::Missing(_) => None,
        }
    }
}

/// What a listing yields, one by one and read as it goes.
pub type Listing<'a, T> = Box<dyn Iterator<Item = Result<T, JournalError>> + Send + 'a>;

/// Durable storage of entries and snapshots. One thread writes; any number read meanwhile, and each listing shows
/// the journal as it was when the listing began.
pub trait Journal: Send + Sync + 'static {
    /// Appends records so that all of them are on disk when this returns, and after a crash either all or none.
    /// Within one call the order of the records does not matter, but each `seq` is to be higher than every one of
    /// earlier calls.
    fn append(&self, records: &[Record<'_>]) -> Result<(), JournalError>;

    /// Whether this report is in the journal.
    fn contains(&self, key: &ReportKey) -> Result<bool, JournalError>;

    /// Reports of a source from `from` to `to`, both included, by time; those of one time by hash.
    fn range(&self, source: SourceId, from: Timestamp, to: Timestamp) -> Listing<'_, StoredReport>;

    /// Reports of a source from the newest time up to `to` backwards; those of one time by hash, backwards too. The
    /// reverse of [`Journal::range`] from the beginning, of which no more is read than the reader takes.
    fn newest(&self, source: SourceId, to: Timestamp) -> Listing<'_, StoredReport>;

    /// All reports from `from` on, in order of `seq`.
    fn by_seq(&self, from: Seq) -> Listing<'_, StoredReport>;

    /// Everything that came after the checkpoint, in order of `seq`.
    fn tail(&self) -> Listing<'_, TailEntry>;

    /// The last snapshot of every source that has one, by source.
    fn snapshots(&self) -> Listing<'_, Snapshot>;

    /// The highest `seq` ever appended, even if its entry is gone by now; 0 in a new journal.
    fn last_seq(&self) -> Result<Seq, JournalError>;

    /// Removes the oldest reports of a source that are dated before `before`, no more than `at_most` of them, and
    /// says how many. Less than `at_most` means that none are left.
    fn remove_before(&self, source: SourceId, before: Timestamp, at_most: usize) -> Result<usize, JournalError>;

    /// Bytes that the journal takes on disk, roughly.
    fn disk_bytes(&self) -> u64;
}
