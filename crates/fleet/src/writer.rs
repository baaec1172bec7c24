//! The one thread that writes: catalog, then memory, then events, one operation after another.
//!
//! An operation is a closure that looks at memory, decides and commits. As operations never run side by side, what
//! one has looked at still holds when it commits; and as they run here and not in the caller's future, a caller who
//! gives up half-way leaves nothing half done.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};

use storage::catalog::{Catalog, CatalogError, Write};
use tokio::sync::{mpsc, oneshot};

use crate::change::Change;
use crate::error::FleetError;
use crate::event::FleetEvent;
use crate::memory::Memory;

/// One who hears of changes.
pub(crate) type Listener = Box<dyn Fn(&FleetEvent) + Send + Sync>;

/// What readers and the writer share.
#[derive(Default)]
pub(crate) struct Shared {
    memory: RwLock<Memory>,
    listeners: RwLock<Vec<Listener>>,
}

impl Shared {
    pub(crate) fn new(memory: Memory) -> Self {
        Self { memory: RwLock::new(memory), listeners: RwLock::default() }
    }

    /// Memory, to look something up. The guard must not be held across an `await` or a call of a listener.
    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        // Nothing that runs under the lock panics; if it did, what was applied so far is still the best there is.
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory, to be taken away.
    #[cfg(test)]
    pub(crate) fn memory_mut(&self) -> std::sync::RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self, listener: Listener) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }
}

/// What an operation works with.
pub(crate) struct Desk {
    shared: Arc<Shared>,
    catalog: Box<dyn Catalog>,
}

impl Desk {
    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.shared.memory()
    }

    /// Stores the changes, takes them into memory and tells the listeners; or does none of it.
    pub(crate) fn commit(&mut self, changes: Vec<Change>, events: &[FleetEvent]) -> Result<(), CatalogError> {
        let writes: Vec<Write> = changes.iter().map(Change::to_write).collect();
        self.catalog.commit(&writes)?;
        {
            let mut memory = self.shared.memory.write().unwrap_or_else(PoisonError::into_inner);
            changes.into_iter().for_each(|change| memory.apply(change));
        }
        let listeners = self.shared.listeners.read().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            listeners.iter().for_each(|listener| listener(event));
        }
        Ok(())
    }
}

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The way to the writing thread. When the last of it is dropped, the thread finishes what is queued and ends.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(shared: Arc<Shared>, catalog: Box<dyn Catalog>, queue_max: usize) -> Result<Self, FleetError> {
        let (jobs, mut queue) = mpsc::channel::<Job>(queue_max.max(1));
        let mut desk = Desk { shared, catalog };
        let work = move || {
            while let Some(job) = queue.blocking_recv() {
                job(&mut desk);
            }
        };
        let thread = thread::Builder::new().name("catalog".to_owned()).spawn(work).map_err(|_| FleetError::System)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs an operation when its turn comes. Waits for a place in the queue.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, CatalogError> {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |desk| {
            let value = operation(desk);
            // The caller may have given up; the operation is done all the same.
            let _ = done.send(value);
        });
        let jobs = self.jobs.as_ref().ok_or(CatalogError::Closed)?;
        jobs.send(job).await.map_err(|_| CatalogError::Closed)?;
        result.await.map_err(|_| CatalogError::Closed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        // A listener may have held the last of it, and then this is the thread itself.
        let own = |handle: &JoinHandle<()>| handle.thread().id() == thread::current().id();
        if let Some(handle) = self.thread.take().filter(|handle| !own(handle)) {
            let _ = handle.join();
        }
    }
}
