//! The engine: sources, writer, timers, and what ties them to the fleet.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use fleet::Fleet;
use live::{Snapshot, Timing};
use model::{SessionId, SourceId, UserId};
use storage::journal::{Journal, JournalError};
use tokio::sync::{oneshot, watch};

use crate::connection::Connection;
use crate::feed::Numbers;
use crate::metrics::EngineMetrics;
use crate::options::EngineOptions;
use crate::reads::Readers;
use crate::source::Source;
use crate::timers::Timers;
use crate::writer::{Work, Writer};

/// Where published states go besides the connections of this process: the place for a feed to other nodes.
pub trait Outlet: Send + Sync + 'static {
    /// A state was published. Called under the lock of its source: it must be quick, and must not wait.
    fn state(&self, snapshot: &Arc<Snapshot>, notable: bool);
}

/// What every source needs of the engine.
pub(crate) struct Context {
    pub(crate) options: EngineOptions,
    pub(crate) metrics: EngineMetrics,
    pub(crate) outlet: Option<Arc<dyn Outlet>>,
    pub(crate) numbers: Numbers,
}

/// The connections that hold a session, and whose session it is.
pub(crate) struct Attached {
    pub(crate) user: UserId,
    pub(crate) connections: Vec<Arc<Connection>>,
}

/// See the crate.
pub struct Engine {
    pub(crate) context: Arc<Context>,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) sources: RwLock<HashMap<SourceId, Source>>,
    pub(crate) sessions: Mutex<HashMap<SessionId, Attached>>,
    pub(crate) timers: Timers,
    /// Sources whose devices were first heard of and that the fleet is to be told of: each once, so no more than there
    /// are sources.
    pub(crate) connected: Mutex<Vec<SourceId>>,
    /// Numbers lifecycle events.
    pub(crate) events: AtomicU64,
    /// Tells that the device of some source was replaced, or set otherwise.
    pub(crate) devices_changed: watch::Sender<()>,
    /// Asked for orders when a device can be sent some.
    pub(crate) reachable: OnceLock<Box<dyn Fn(SourceId) -> bool + Send + Sync>>,
    journal: Arc<dyn Journal>,
    writer: Arc<Writer>,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Readers,
    /// Where tasks are started from threads that are not the runtime's.
    runtime: tokio::runtime::Handle,
    disk_full: AtomicBool,
    tasks: Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

/// Why the engine does not start.
#[derive(Debug)]
pub enum EngineError {
    /// The journal cannot be read.
    Journal(JournalError),
    /// The writer's thread cannot be started.
    Thread(std::io::Error),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start the journal's thread: {error}"),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<JournalError> for EngineError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl Engine {
    /// Folds what the journal holds and starts taking reports in. To be called on a tokio runtime; reads the journal
    /// on the calling thread.
    pub fn start(
        journal: Arc<dyn Journal>,
        fleet: Arc<Fleet>,
        dir: &Path,
        options: EngineOptions,
        outlet: Option<Arc<dyn Outlet>>,
        metrics: EngineMetrics,
    ) -> Result<Arc<Self>, EngineError> {
        let writer = Writer::new(journal.last_seq()?, options.queue_bytes_max, metrics.clone());
        let gather = Duration::from_micros(options.commit_gather_us);
        let thread = writer.start(journal.clone(), gather, options.on_failure).map_err(EngineError::Thread)?;
        let numbers = Numbers::new(options.kept, (options.clock)(), metrics.clone());
        let engine = Arc::new(Self {
            readers: Readers::new(options.reads),
            runtime: tokio::runtime::Handle::current(),
            context: Arc::new(Context { numbers, options, metrics, outlet }),
            fleet,
            sources: RwLock::default(),
            sessions: Mutex::default(),
            timers: Timers::default(),
            connected: Mutex::default(),
            events: AtomicU64::new(0),
            devices_changed: watch::Sender::new(()),
            reachable: OnceLock::new(),
            journal,
            writer,
            thread: Mutex::new(Some(thread)),
            disk_full: AtomicBool::new(false),
            tasks: Mutex::default(),
        });
        engine.recover()?;
        if let Err(error) = engine.recover_missed() {
            // Nothing that was acknowledged depends on it.
            tracing::error!(%error, "cannot tell what followers may have missed");
        }
        engine.listen_to_fleet();
        let tasks = vec![
            tokio::spawn(engine.clone().keep_time()),
            tokio::spawn(engine.clone().keep_snapshots()),
            tokio::spawn(engine.clone().watch_disk(dir.to_owned())),
            tokio::spawn(engine.clone().retire()),
        ];
        *engine.tasks.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
        Ok(engine)
    }

    /// A source by its id.
    pub fn source(&self, id: SourceId) -> Option<Source> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn all_sources(&self) -> Vec<Source> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// A new client connection, with nothing subscribed.
    pub fn connect(&self) -> Arc<Connection> {
        Connection::new(self.context.options.outbox)
    }

    /// Changes whenever the device of some source is replaced or has other settings, which is seldom: connections then
    /// see whether they are an old device's, by [`Source::replacements`], and whether they go by old settings.
    pub fn devices_changed(&self) -> watch::Receiver<()> {
        self.devices_changed.subscribe()
    }

    /// The journal, for reading.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    pub(crate) const fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    pub(crate) const fn readers(&self) -> &Readers {
        &self.readers
    }

    /// The durations that its states depend on.
    pub fn timing(&self) -> Timing {
        self.context.options.timing
    }

    /// The fleet whose reports these are.
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.fleet
    }

    /// Whether uploads are refused because the disk is nearly full.
    pub fn is_disk_full(&self) -> bool {
        self.disk_full.load(Ordering::Relaxed)
    }

    pub(crate) fn set_disk_full(&self, full: bool) -> bool {
        self.disk_full.swap(full, Ordering::Relaxed)
    }

    /// What it counts.
    pub fn metrics(&self) -> &EngineMetrics {
        &self.context.metrics
    }

    pub(crate) fn options(&self) -> &EngineOptions {
        &self.context.options
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Waits until everything taken in so far is durable.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        self.writer.push(Work::Flush(done));
        // An error means that the journal failed, which its own path has reported.
        let _ = flushed.await;
    }

    /// Ends in good order: the states are saved, everything queued is durable, the writer is gone.
    pub async fn stop(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        for task in tasks {
            // Waited for, so that nothing of the engine is in use when this returns. Its end is an abort, as asked.
            let _ = task.await;
        }
        self.write_connected().await;
        self.save_states();
        self.flush().await;
        self.writer.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Joining blocks, but only for the last commit.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
