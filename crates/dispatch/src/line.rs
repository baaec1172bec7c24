//! A thread that works off jobs on a store, all that wait in one transaction.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use model::SourceId;
use storage::dispatch::{DispatchStore, StoreError, Tables};
use tokio::sync::{mpsc, oneshot};

use crate::dispatch::Summaries;
use crate::events::{DispatchEvent, Ears};

/// What a job works with.
pub(crate) struct Desk<'t> {
    pub(crate) tables: &'t dyn Tables,
    ears: &'t Ears,
    touched: RefCell<BTreeSet<SourceId>>,
    events: RefCell<Vec<DispatchEvent>>,
}

impl Desk<'_> {
    /// Notes that the summary of a source may be another now.
    pub(crate) fn touch(&self, source: SourceId) {
        self.touched.borrow_mut().insert(source);
    }

    /// Has this told once it is durable.
    pub(crate) fn tell(&self, event: DispatchEvent) {
        self.events.borrow_mut().push(event);
    }

    /// Whether the application of this source's driver is known to be away.
    pub(crate) fn is_away(&self, source: SourceId) -> bool {
        self.ears.is_up(source) == Some(false)
    }

    /// Whether it is known to be up.
    pub(crate) fn is_up(&self, source: SourceId) -> bool {
        self.ears.is_up(source) == Some(true)
    }
}

/// Something to do within a transaction. It may run again when the transaction failed because of another job, so it
/// keeps what it was asked with.
trait Job: Send {
    fn run(&mut self, desk: &Desk<'_>) -> Result<(), StoreError>;

    /// Tells the caller how the last run ended.
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Asked<F, T> {
    work: F,
    value: Option<T>,
    done: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&Desk<'_>) -> Result<T, StoreError> + Send> Job for Asked<F, T> {
    fn run(&mut self, desk: &Desk<'_>) -> Result<(), StoreError> {
        self.value = Some((self.work)(desk)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { value, done, .. } = *self;
        // The caller may have given up; the job is done all the same.
        let _ = done.send(outcome.and_then(|()| value.ok_or(StoreError::Closed)));
    }
}

/// The way to the thread. When it is dropped, the thread finishes what is queued and ends.
pub(crate) struct Line {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Starts the thread on a store. Up to `queue_max` jobs wait, and up to `group_max` share a transaction.
    pub(crate) fn start(
        name: &str,
        mut store: Box<dyn DispatchStore>,
        summaries: Arc<Summaries>,
        ears: Arc<Ears>,
        queue_max: usize,
        group_max: usize,
    ) -> Result<Self, StoreError> {
        let (jobs, mut queue) = mpsc::channel::<Box<dyn Job>>(queue_max.max(1));
        let work = move || {
            let mut group = Vec::new();
            while queue.blocking_recv_many(&mut group, group_max.max(1)) > 0 {
                run(&mut *store, &mut group, &summaries, &ears);
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        let thread = thread.map_err(|error| StoreError::Open(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does the work when its turn comes, and answers when it is durable. Waits for a place in the queue.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnMut(&Desk<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, result) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Asked { work, value: None, done });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Does a group of jobs in one transaction. A job that fails costs only itself: the others are done again without it.
fn run(store: &mut dyn DispatchStore, group: &mut Vec<Box<dyn Job>>, summaries: &Summaries, ears: &Ears) {
    while !group.is_empty() {
        let (mut failed, mut changed, mut events) = (None, Vec::new(), Vec::new());
        let outcome = store.transaction(&mut |tables| {
            let desk = Desk { tables, ears, touched: RefCell::default(), events: RefCell::default() };
            for (i, job) in group.iter_mut().enumerate() {
                job.run(&desk).inspect_err(|_| failed = Some(i))?;
            }
            for source in desk.touched.into_inner() {
                changed.push((source, tables.summary(source)?));
            }
            events = desk.events.into_inner();
            Ok(())
        });
        match (outcome, failed) {
            (Err(error), Some(i)) => group.remove(i).finish(Err(error)),
            (outcome, _) => {
                if outcome.is_ok() {
                    summaries.put(changed);
                }
                group.drain(..).for_each(|job| job.finish(outcome.clone()));
                // After the answers: whoever sent a message should know of it before anybody moves it on.
                if outcome.is_ok() {
                    ears.tell(&events);
                }
            }
        }
    }
}
