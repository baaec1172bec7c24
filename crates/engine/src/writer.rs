//! The queue before the journal, and the one thread that empties it.
//!
//! Whoever pushes gets places in the journal's order. What gathers while one commit is under way goes into the next,
//! so the busier the server the larger the commits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use model::{Seq, SourceChange, SourceId, Timestamp};
use storage::journal::{Journal, JournalError, Record, ReportKey};
use tokio::sync::{Semaphore, oneshot};

use crate::metrics::EngineMetrics;
use crate::source::Source;

/// Records after which a batch is committed without waiting for company.
const RECORDS_TO_COMMIT_AT_ONCE: usize = 512;
/// Records in one commit at most.
const RECORDS_PER_COMMIT: usize = 16_384;

/// One encoded report in a batch.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: ReportKey,
    pub(crate) flags: u8,
    /// Where its bytes lie in the batch's buffer.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// What is committed together and then told of.
#[derive(Debug)]
pub(crate) enum Work {
    /// Reports of one source.
    Reports { source: Source, received: Timestamp, rows: Vec<Row>, bytes: Vec<u8>, done: oneshot::Sender<()> },
    /// A sign of life.
    Contact { source: SourceId, received: Timestamp },
    /// A change of a source.
    Change { source: SourceId, received: Timestamp, change: SourceChange },
    /// What was folded from entries pushed before.
    Snapshots(Vec<(SourceId, Seq, Vec<u8>)>),
    /// All entries up to here are in snapshots pushed before.
    Checkpoint(Seq),
    /// Says when everything pushed before is durable.
    Flush(oneshot::Sender<()>),
    /// Removes old reports of a source and says how many.
    Remove { source: SourceId, before: Timestamp, at_most: usize, done: oneshot::Sender<usize> },
}

impl Work {
    /// How many places in the journal's order it takes.
    fn places(&self) -> u64 {
        match self {
            Self::Reports { rows, .. } => rows.len() as u64,
            Self::Contact { .. } | Self::Change { .. } => 1,
            Self::Snapshots(_) | Self::Checkpoint(_) | Self::Flush(_) | Self::Remove { .. } => 0,
        }
    }

    fn records(&self) -> usize {
        match self {
            Self::Snapshots(states) => states.len(),
            other => other.places() as usize,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Reports { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }
}

#[derive(Default)]
struct Queue {
    work: Vec<(Seq, Work)>,
    records: usize,
    last_seq: u64,
    closed: bool,
    /// The thread is gone: what comes now is dropped, and its receipts say so.
    ended: bool,
}

/// The queue. Bytes are bounded by permits that producers take before they push.
pub(crate) struct Writer {
    queue: Mutex<Queue>,
    filled: Condvar,
    permits: Semaphore,
    permits_total: usize,
    metrics: EngineMetrics,
}

/// A permit stands for this many bytes.
const PERMIT_BYTES: usize = 256;

impl Writer {
    pub(crate) fn new(last_seq: Seq, queue_bytes_max: usize, metrics: EngineMetrics) -> Arc<Self> {
        let permits_total = (queue_bytes_max / PERMIT_BYTES).clamp(16, Semaphore::MAX_PERMITS >> 1);
        let queue = Queue { last_seq: last_seq.0, ..Queue::default() };
        let permits = Semaphore::new(permits_total);
        Arc::new(Self { queue: Mutex::new(queue), filled: Condvar::new(), permits, permits_total, metrics })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn permits_for(&self, bytes: usize) -> usize {
        bytes.div_ceil(PERMIT_BYTES).clamp(1, self.permits_total)
    }

    /// Waits until the queue has room for so many bytes. False when it is closed.
    pub(crate) async fn reserve(&self, bytes: usize) -> bool {
        let permits = u32::try_from(self.permits_for(bytes)).unwrap_or(u32::MAX);
        match self.permits.acquire_many(permits).await {
            Ok(permit) => {
                permit.forget();
                self.metrics.queue_bytes.inc_by(bytes as i64);
                true
            }
            Err(_) => false,
        }
    }

    /// Gives back what [`Self::reserve`] took for bytes that were not pushed.
    pub(crate) fn release(&self, bytes: usize) {
        self.permits.add_permits(self.permits_for(bytes));
        self.metrics.queue_bytes.dec_by(bytes as i64);
    }

    /// Queues work; its first place in the journal's order. Reports must have their bytes reserved.
    pub(crate) fn push(&self, work: Work) -> Seq {
        let mut queue = self.lock();
        let first = Seq(queue.last_seq + 1);
        queue.last_seq += work.places();
        if queue.ended {
            drop(queue);
            return first;
        }
        queue.records += work.records();
        let wake = queue.work.is_empty() || queue.records >= RECORDS_TO_COMMIT_AT_ONCE;
        queue.work.push((first, work));
        drop(queue);
        if wake {
            self.filled.notify_one();
        }
        first
    }

    /// The last place given out.
    pub(crate) fn last_seq(&self) -> Seq {
        Seq(self.lock().last_seq)
    }

    /// Lets the thread finish what is queued and end.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    /// Starts the thread. `on_failure` is called when the journal fails; the thread has ended then, and nothing more
    /// is acknowledged.
    pub(crate) fn start(
        self: &Arc<Self>,
        journal: Arc<dyn Journal>,
        gather: Duration,
        on_failure: fn(&JournalError),
    ) -> std::io::Result<JoinHandle<()>> {
        let writer = self.clone();
        std::thread::Builder::new().name("journal-writer".to_owned()).spawn(move || {
            let result = writer.work(&*journal, gather);
            writer.end();
            if let Err(error) = result {
                on_failure(&error);
            }
        })
    }

    /// Commits what comes until closed.
    fn work(&self, journal: &dyn Journal, gather: Duration) -> Result<(), JournalError> {
        // Two lists take turns: one fills while the other is worked through, and neither has to grow again.
        let mut work = Vec::new();
        while self.take(gather, &mut work) {
            self.commit(journal, &work)?;
            self.tell(journal, &mut work)?;
        }
        Ok(())
    }

    /// Nothing is committed any more: whoever waits for it is told so.
    fn end(&self) {
        self.permits.close();
        let mut queue = self.lock();
        queue.ended = true;
        let never = std::mem::take(&mut queue.work);
        drop(queue);
        drop(never);
    }

    /// Puts what is to be committed next into `now`, which is empty. False when closed and empty.
    fn take(&self, gather: Duration, now: &mut Vec<(Seq, Work)>) -> bool {
        let mut queue = self.lock();
        while queue.work.is_empty() {
            if queue.closed {
                return false;
            }
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.records < RECORDS_TO_COMMIT_AT_ONCE && !gather.is_zero() && !queue.closed {
            let few = |q: &mut Queue| q.records < RECORDS_TO_COMMIT_AT_ONCE && !q.closed;
            queue = self.filled.wait_timeout_while(queue, gather, few).unwrap_or_else(PoisonError::into_inner).0;
        }
        if queue.records <= RECORDS_PER_COMMIT {
            queue.records = 0;
            std::mem::swap(&mut queue.work, now);
            return true;
        }
        let mut records = 0;
        let fits = queue.work.iter().take_while(|(_, w)| {
            records += w.records();
            records <= RECORDS_PER_COMMIT
        });
        let count = fits.count().max(1);
        now.extend(queue.work.drain(..count));
        queue.records -= now.iter().map(|(_, w)| w.records()).sum::<usize>();
        true
    }

    fn commit(&self, journal: &dyn Journal, work: &[(Seq, Work)]) -> Result<(), JournalError> {
        let mut records = Vec::with_capacity(work.iter().map(|(_, w)| w.records()).sum());
        for (first, work) in work {
            add_records(*first, work, &mut records);
        }
        if records.is_empty() {
            return Ok(());
        }
        journal.append(&records)?;
        self.metrics.commits.inc();
        self.metrics.records.inc_by(records.len() as u64);
        Ok(())
    }

    /// Tells everybody concerned that this work is durable, and does what is not an append.
    fn tell(&self, journal: &dyn Journal, work: &mut Vec<(Seq, Work)>) -> Result<(), JournalError> {
        for (first, work) in work.drain(..) {
            let bytes = work.bytes();
            match work {
                Work::Reports { source, rows, done, .. } => {
                    self.release(bytes);
                    source.committed(rows.len(), Seq(first.0 + rows.len() as u64 - 1));
                    // Whoever waited may be gone: its connection closed.
                    let _ = done.send(());
                }
                Work::Flush(done) => {
                    let _ = done.send(());
                }
                Work::Remove { source, before, at_most, done } => {
                    let _ = done.send(journal.remove_before(source, before, at_most)?);
                }
                Work::Contact { .. } | Work::Change { .. } | Work::Snapshots(_) | Work::Checkpoint(_) => {}
            }
        }
        Ok(())
    }
}

fn add_records<'a>(first: Seq, work: &'a Work, records: &mut Vec<Record<'a>>) {
    match work {
        Work::Reports { received, rows, bytes, .. } => {
            records.extend(rows.iter().zip(first.0..).map(|(row, seq)| Record::Report {
                key: row.key,
                seq: Seq(seq),
                received: *received,
                flags: row.flags,
                body: &bytes[row.from..row.to],
            }));
        }
        Work::Contact { source, received } => {
            records.push(Record::Contact { source: *source, seq: first, received: *received });
        }
        Work::Change { source, received, change } => {
            records.push(Record::Change { source: *source, seq: first, received: *received, change });
        }
        Work::Snapshots(states) => {
            let snapshot = |(source, seq, body): &'a (SourceId, Seq, Vec<u8>)| Record::Snapshot {
                source: *source,
                seq: *seq,
                body,
            };
            records.extend(states.iter().map(snapshot));
        }
        Work::Checkpoint(seq) => records.push(Record::Checkpoint { seq: *seq }),
        Work::Flush(_) | Work::Remove { .. } => {}
    }
}
