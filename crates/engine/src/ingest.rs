//! Taking reports in.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use live::{Applied, LastKnown, is_ahead, is_future, order_time};
use model::{Entry, EntryKind, MS_PER_SECOND, Report, Seq, Timestamp, Upload};
use storage::codec::{content_hash, encode_report};
use storage::journal::{ReportKey, flag};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::options::BlockedReports;
use crate::source::{Inner, Source};
use crate::writer::{Row, Work};

/// Contacts of a source that go to the journal are this far apart, unless silence counts sooner.
const CONTACT_EVERY_MS: i64 = 60_000;

/// Why an upload is not taken in. It is not to be acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The disk is nearly full.
    DiskFull,
    /// The source was removed.
    Removed,
    /// The journal failed; the server is about to end.
    JournalFailed,
}

/// The promise that an upload will be durable: resolves when it is, and may be acknowledged. An error means that it
/// will never be known.
#[derive(Debug)]
pub struct Receipt(oneshot::Receiver<()>);

impl Future for Receipt {
    type Output = Result<(), Refused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(|_| Refused::JournalFailed)
    }
}

/// A report on its way: encoded, with its place in event time.
struct Prepared {
    /// Which of its frame's reports it is.
    index: usize,
    at: Timestamp,
    row: Row,
    report: Report,
}

impl Engine {
    /// Takes in the reports of one frame, `received` now. Waits while the journal's queue is full.
    ///
    /// Receipts of one task that awaits each `ingest` before the next resolve in that order.
    pub async fn ingest(&self, source: &Source, received: Timestamp, reports: Upload) -> Result<Receipt, Refused> {
        if self.is_disk_full() {
            self.metrics().refused_disk.inc();
            return Err(Refused::DiskFull);
        }
        let (prepared, bytes) = self.prepare(source, received, reports);
        if !self.writer().reserve(bytes.len()).await {
            return Err(Refused::JournalFailed);
        }
        let (done, receipt) = oneshot::channel();
        self.take_in(source, received, prepared, bytes, done)?;
        Ok(Receipt(receipt))
    }

    /// Encodes the reports and sorts them by event time.
    fn prepare(&self, source: &Source, received: Timestamp, reports: Upload) -> (Vec<Prepared>, Vec<u8>) {
        let timing = &self.options().timing;
        let mut bytes = Vec::with_capacity(reports.len() * 128);
        let mut prepared: Vec<_> = reports
            .into_iter()
            .enumerate()
            .map(|(index, report)| {
                let from = bytes.len();
                encode_report(&report, &mut bytes);
                let hash = content_hash(&bytes[from..]);
                let key = ReportKey { source: source.id(), time: report.time.unwrap_or(received), hash };
                let mut flags = if report.time.is_none() { flag::NO_TIME } else { 0 };
                if is_future(&report, received, timing) {
                    flags |= flag::FUTURE;
                    self.metrics().future.inc();
                }
                let row = Row { key, flags, from, to: bytes.len() };
                Prepared { index, at: order_time(&report, received, timing), row, report }
            })
            .collect();
        prepared.sort_by_key(|p| p.at);
        (prepared, bytes)
    }

    /// Drops repeats, queues the rest for the journal and folds them in.
    fn take_in(
        &self,
        source: &Source,
        received: Timestamp,
        mut prepared: Vec<Prepared>,
        bytes: Vec<u8>,
        done: oneshot::Sender<()>,
    ) -> Result<(), Refused> {
        let mut inner = source.lock();
        if inner.removed {
            drop(inner);
            self.writer().release(bytes.len());
            return Err(Refused::Removed);
        }
        if self.is_discarding(&inner) {
            self.metrics().discarded_blocked.inc_by(prepared.len() as u64);
            self.heard_of(source, &mut inner);
            drop(inner);
            self.acknowledge_in_turn(bytes.len(), done);
            return Ok(());
        }
        let before = prepared.len();
        prepared.retain(|p| !self.is_repeat(&mut inner, &p.row.key));
        self.metrics().repeats.inc_by((before - prepared.len()) as u64);
        self.metrics().reports.inc_by(prepared.len() as u64);
        if prepared.is_empty() {
            drop(inner);
            // The first copy may be on its way to the disk still; the acknowledgement waits for it.
            self.acknowledge_in_turn(bytes.len(), done);
            return Ok(());
        }
        self.mark_late(&inner, received, &mut prepared);
        let rows = prepared.iter().map(|p| p.row.clone()).collect();
        let first = self.writer().push(Work::Reports { source: source.clone(), received, rows, bytes, done });
        let last = Seq(first.0 + prepared.len() as u64 - 1);
        let mut gathering = inner.gather(&self.context.numbers, received, prepared.iter().map(|p| p.index));
        for (seq, Prepared { index, at, report, .. }) in (first.0..).zip(prepared) {
            let notable = report.is_notable();
            let entry =
                Entry { seq: Seq(seq), source: source.id(), received, kind: EntryKind::Report(Box::new(report)) };
            let before = gathering.as_ref().map(|_| LastKnown::of(&inner.state)).unwrap_or_default();
            let applied = source.fold(&mut inner, &entry, notable);
            if applied == Applied::Late {
                self.metrics().late.inc();
            }
            inner.file(&entry, &self.options().timing);
            if let Some(gathering) = &mut gathering {
                gathering.take(before, entry, index, applied, &inner, at);
            }
        }
        if let Some(gathering) = gathering {
            inner.await_commit(gathering, last);
        }
        self.heard_of(source, &mut inner);
        Ok(())
    }

    /// Acknowledges an upload of which nothing is stored, after those that came before it.
    fn acknowledge_in_turn(&self, reserved_bytes: usize, done: oneshot::Sender<()>) {
        self.writer().release(reserved_bytes);
        self.writer().push(Work::Flush(done));
    }

    /// Whether what the device of this source says is thrown away for now.
    fn is_discarding(&self, inner: &Inner) -> bool {
        inner.blocked && self.options().blocked_reports == BlockedReports::Discard
    }

    /// The device spoke: sets the alarm anew, and lets the fleet know if it does not yet.
    fn heard_of(&self, source: &Source, inner: &mut Inner) {
        self.arm(source, inner);
        if !std::mem::replace(&mut inner.connected, true) {
            self.note_connected(source.id());
        }
    }

    /// Whether the report came before. Remembers it if not.
    fn is_repeat(&self, inner: &mut Inner, key: &ReportKey) -> bool {
        if inner.came_recently(key) || self.is_journaled(key) {
            return true;
        }
        inner.remember(*key);
        false
    }

    /// A read error is no reason to lose a report: the journal itself passes over what it has.
    fn is_journaled(&self, key: &ReportKey) -> bool {
        self.journal().contains(key).unwrap_or_else(|error| {
            tracing::error!(%error, source = %key.source, "cannot look for a repeat");
            false
        })
    }

    /// Marks those that the fold is going to find late.
    fn mark_late(&self, inner: &Inner, received: Timestamp, prepared: &mut [Prepared]) {
        let mut newest = inner.state.newest.filter(|newest| !is_ahead(*newest, received, &self.options().timing));
        for p in prepared {
            // What counts at its arrival is never late.
            let is_dated = p.row.flags & (flag::FUTURE | flag::NO_TIME) == 0;
            if is_dated && newest.is_some_and(|n| p.at < n) {
                p.row.flags |= flag::LATE;
            }
            newest = newest.max(Some(p.at));
        }
    }

    /// Takes in a sign of life. Journaled at most once a minute a source.
    pub fn contact(&self, source: &Source, received: Timestamp) {
        let mut inner = source.lock();
        let offline_s = inner.settings.offline_s.unwrap_or(self.options().timing.offline_s);
        let every_ms = CONTACT_EVERY_MS.min(i64::from(offline_s) * MS_PER_SECOND / 2);
        let is_soon = inner.last_contact_entry.is_some_and(|at| (0..every_ms).contains(&received.since_ms(at)));
        if is_soon || inner.removed {
            return;
        }
        if self.is_discarding(&inner) {
            self.heard_of(source, &mut inner);
            return;
        }
        inner.last_contact_entry = Some(received);
        let seq = self.writer().push(Work::Contact { source: source.id(), received });
        let entry = Entry { seq, source: source.id(), received, kind: EntryKind::Contact };
        source.fold(&mut inner, &entry, false);
        self.heard_of(source, &mut inner);
    }
}
