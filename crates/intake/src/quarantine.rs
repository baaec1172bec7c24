//! The shelf that frames are put on: a thread that writes, and a second opening of the store to read beside it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use storage::quarantine::{
    Fault, Frame, FrameId, FrameQuery, FrameRow, KeepMax, QuarantineError, QuarantineStore, SqliteQuarantine, Used,
};

use crate::intake::Rejected;
use crate::metrics::IntakeMetrics;
use crate::options::IntakeOptions;
use crate::queue::{Drain, Inlet, queue};
use crate::rate::Rate;

/// How many frames are written at a time.
const FRAMES_AT_ONCE: usize = 128;
/// How far apart log lines about a store that fails are.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// The span of time that frames are counted in.
const SECOND_MS: i64 = 1_000;
/// How much of a reason is kept, in bytes.
const REASON_BYTES_MAX: usize = 256;

type Store = Arc<Mutex<Box<dyn QuarantineStore>>>;

/// The quarantine of a server.
pub(crate) struct Quarantine {
    inlet: Option<Inlet<Rejected>>,
    thread: Option<JoinHandle<()>>,
    rate: Rate,
    writer: Store,
    reader: Store,
}

impl Quarantine {
    /// Opens `quarantine.db` of a data folder, or makes it.
    pub(crate) fn open(
        data_dir: &Path,
        options: &IntakeOptions,
        metrics: IntakeMetrics,
    ) -> Result<Self, QuarantineError> {
        let path = data_dir.join("quarantine.db");
        let (writer, reader) = (SqliteQuarantine::open(&path)?, SqliteQuarantine::open(&path)?);
        Self::with_stores(Box::new(writer), Box::new(reader), options, metrics)
    }

    /// On two openings of one store.
    pub(crate) fn with_stores(
        writer: Box<dyn QuarantineStore>,
        reader: Box<dyn QuarantineStore>,
        options: &IntakeOptions,
        metrics: IntakeMetrics,
    ) -> Result<Self, QuarantineError> {
        let writer: Store = Arc::new(Mutex::new(writer));
        let (inlet, drain) = queue(options.queue_frames_max, options.queue_bytes_max);
        note_used(&metrics, lock(&writer).used());
        let shelf = Shelf { store: Arc::clone(&writer), keep: options.keep, metrics, complained: None };
        let thread = thread::Builder::new().name("quarantine".to_owned()).spawn(move || shelf.fill(drain));
        let thread = thread.map_err(|error| QuarantineError::Open(error.to_string()))?;
        Ok(Self {
            inlet: Some(inlet),
            thread: Some(thread),
            rate: Rate::new(options.frames_per_second_max, SECOND_MS),
            writer,
            reader: Arc::new(Mutex::new(reader)),
        })
    }

    /// Puts a frame on its way; false if there is no room for it.
    pub(crate) fn put(&self, frame: Rejected) -> bool {
        self.inlet.as_ref().is_some_and(|inlet| self.rate.take(frame.at) && inlet.put(frame))
    }

    /// Up to `limit` frames, each with its first `bytes_max` bytes.
    pub(crate) async fn frames(
        &self,
        query: FrameQuery,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<FrameRow>, QuarantineError> {
        on(&self.reader, move |store| store.frames(&query, limit, bytes_max)).await
    }

    pub(crate) async fn settle(
        &self,
        removed: Vec<FrameId>,
        faults: Vec<(FrameId, Fault)>,
    ) -> Result<Used, QuarantineError> {
        on(&self.writer, move |store| store.settle(&removed, &faults).map(|()| store.used())).await
    }

    pub(crate) async fn remove(&self, query: FrameQuery) -> Result<(u64, Used), QuarantineError> {
        on(&self.writer, move |store| Ok((store.remove(&query)?, store.used()))).await
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        self.inlet = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(store: &Store) -> MutexGuard<'_, Box<dyn QuarantineStore>> {
    // Nothing that runs under the lock panics; if it did, the store takes back what was not committed.
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something with a store where it may wait for the disk.
async fn on<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&mut dyn QuarantineStore) -> Result<T, QuarantineError> + Send + 'static,
) -> Result<T, QuarantineError> {
    let store = Arc::clone(store);
    let done = tokio::task::spawn_blocking(move || work(&mut **lock(&store)));
    done.await.unwrap_or(Err(QuarantineError::Closed))
}

pub(crate) fn note_used(metrics: &IntakeMetrics, used: Used) {
    metrics.frames.set(i64::try_from(used.frames).unwrap_or(i64::MAX));
    metrics.bytes.set(i64::try_from(used.bytes).unwrap_or(i64::MAX));
}

/// What the thread works with.
struct Shelf {
    store: Store,
    keep: KeepMax,
    metrics: IntakeMetrics,
    complained: Option<Instant>,
}

impl Shelf {
    /// Writes what comes until nothing will come again.
    fn fill(mut self, mut drain: Drain<Rejected>) {
        let mut rejected = Vec::new();
        while drain.take(&mut rejected, FRAMES_AT_ONCE) {
            let frames: Vec<Frame> = rejected.drain(..).map(frame).collect();
            let mut store = lock(&self.store);
            let outcome = store.add(&frames, &self.keep);
            note_used(&self.metrics, store.used());
            drop(store);
            match outcome {
                Ok(evicted) => {
                    self.metrics.evicted.inc_by(evicted);
                }
                Err(error) => self.complain(&error, frames.len()),
            }
        }
    }

    fn complain(&mut self, error: &QuarantineError, count: usize) {
        self.metrics.dropped.inc_by(count as u64);
        if self.complained.is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY) {
            self.complained = Some(Instant::now());
            tracing::error!(%error, "frames cannot be kept in quarantine");
        }
    }
}

/// A frame as it is kept.
fn frame(rejected: Rejected) -> Frame {
    let Rejected { device, source, protocol, transport, peer, at, frame, offset, reason, .. } = rejected;
    Frame {
        at,
        device,
        source,
        protocol: protocol.to_owned(),
        transport: transport.to_owned(),
        peer: peer.to_string(),
        fault: fault(&reason, offset),
        bytes: frame,
    }
}

/// What is wrong with a frame, as it is kept.
pub(crate) fn fault(reason: &protocols::Reject, offset: u64) -> Fault {
    let mut words = reason.to_string();
    words.truncate(words.floor_char_boundary(REASON_BYTES_MAX));
    Fault { offset, kind: reason.kind().to_owned(), reason: words }
}
