//! From rows to what a listing yields.

use std::iter::Peekable;

use fjall::{Guard, Iter, Keyspace, Readable};
use model::{Entry, EntryKind, Seq};

use super::super::{JournalError, Snapshot, StoredReport, TailEntry};
use super::{corrupt, keys};
use crate::codec::{decode_report, decode_snapshot};

/// A report of `reports`.
pub(super) fn report(guard: Guard) -> Result<StoredReport, JournalError> {
    let (key, row) = guard.into_inner()?;
    stored(&key, &row)
}

fn stored(key: &[u8], row: &[u8]) -> Result<StoredReport, JournalError> {
    let key = keys::read_report_key(key).map_err(corrupt(None))?;
    let row = keys::read_report_row(key.time, row).map_err(corrupt(None))?;
    let report = decode_report(row.body).map_err(corrupt(Some(row.seq)))?;
    Ok(StoredReport {
        seq: row.seq,
        source: key.source,
        time: key.time,
        received: row.received,
        flags: row.flags,
        report,
    })
}

/// A contact or change of `marks`.
pub(super) fn mark(guard: Guard) -> Result<TailEntry, JournalError> {
    let (key, row) = guard.into_inner()?;
    let seq = keys::seq(&key).map_err(corrupt(None))?;
    let (source, received, kind) = keys::read_mark_row(&row).map_err(corrupt(Some(seq)))?;
    Ok(TailEntry { entry: Entry { seq, source, received, kind }, flags: 0 })
}

/// A row of `snapshots`.
pub(super) fn snapshot(guard: Guard) -> Result<Snapshot, JournalError> {
    let (key, row) = guard.into_inner()?;
    let source = keys::source(&key).map_err(corrupt(None))?;
    let (seq, body) = keys::read_snapshot_row(&row).map_err(corrupt(None))?;
    let saved = decode_snapshot(body).map_err(corrupt(Some(seq)))?;
    Ok(Snapshot { source, seq, saved })
}

/// Reports as `order` has them.
pub(super) struct ByOrder<'a> {
    view: fjall::Snapshot,
    order: Iter,
    reports: &'a Keyspace,
}

impl<'a> ByOrder<'a> {
    pub(super) fn new(view: fjall::Snapshot, order: &Keyspace, reports: &'a Keyspace, from: Seq) -> Self {
        Self { order: view.range(order, keys::seq_key(from)..), view, reports }
    }

    fn report(&self, guard: Guard) -> Result<StoredReport, JournalError> {
        let row = guard.value()?;
        let key = keys::read_order_row(&row).map_err(corrupt(None))?;
        match self.view.get(self.reports, key)? {
            Some(row) => stored(key, &row),
            None => Err(JournalError::Missing(keys::read_report_key(key).map_err(corrupt(None))?)),
        }
    }
}

impl Iterator for ByOrder<'_> {
    type Item = Result<StoredReport, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let guard = self.order.next()?;
        Some(self.report(guard))
    }
}

/// Marks and reports in one order.
pub(super) struct Tail<'a, M: Iterator<Item = Result<TailEntry, JournalError>>> {
    marks: Peekable<M>,
    reports: Peekable<ByOrder<'a>>,
}

impl<'a, M: Iterator<Item = Result<TailEntry, JournalError>>> Tail<'a, M> {
    pub(super) fn new(marks: M, reports: ByOrder<'a>) -> Self {
        Self { marks: marks.peekable(), reports: reports.peekable() }
    }
}

impl<M: Iterator<Item = Result<TailEntry, JournalError>>> Iterator for Tail<'_, M> {
    type Item = Result<TailEntry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mark_first = match (self.marks.peek(), self.reports.peek()) {
            (Some(Ok(mark)), Some(Ok(report))) => mark.entry.seq < report.seq,
            // What failed is told at once.
            (Some(Err(_)), _) | (_, None) => true,
            (_, Some(_)) => false,
        };
        if mark_first { self.marks.next() } else { self.reports.next().map(|report| report.map(entry)) }
    }
}

fn entry(stored: StoredReport) -> TailEntry {
    let StoredReport { seq, source, received, flags, report, .. } = stored;
    TailEntry { entry: Entry { seq, source, received, kind: EntryKind::Report(Box::new(report)) }, flags }
}
