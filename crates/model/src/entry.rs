//! What the journal holds: everything that a source's state is folded from.

use crate::{CounterKind, DeviceId, Report, Seq, SourceId, SourceSettings, Timestamp};

/// One entry of the journal. `state = fold(entries of the source, in order of seq)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Its place in the journal.
    pub seq: Seq,
    /// Whose it is.
    pub source: SourceId,
    /// When the server took it in.
    pub received: Timestamp,
    /// What happened.
    pub kind: EntryKind,
}

/// What an entry records.
#[derive(Clone, PartialEq, Debug)]
pub enum EntryKind {
    /// A device reported.
    Report(Box<Report>),
    /// A device gave a sign of life without a report; kept at most once a minute a source.
    Contact,
    /// Something about the source itself changed.
    Change(SourceChange),
}

/// A recorded change of a source.
#[derive(Clone, PartialEq, Debug)]
pub enum SourceChange {
    /// The source came into being with these settings.
    Registered(SourceSettings),
    /// Its settings changed, or what its attributes mean.
    Settings(SourceSettings),
    /// Another device took its place; contact starts anew.
    Replaced(DeviceId),
    /// A counter was set, and so came into being if there was none.
    Counter {
        /// Which.
        kind: CounterKind,
        /// Kilometres or hours; finite.
        value: f64,
    },
}
