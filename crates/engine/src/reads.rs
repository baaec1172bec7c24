//! Reading the journal for those who ask about the past. The disk may keep a thread waiting, so only so many read at a
//! time, and only so many wait their turn.

use std::sync::Arc;

use storage::journal::{Journal, JournalError};
use tokio::sync::Semaphore;

use crate::engine::Engine;

/// How many may read the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadLimits {
    /// At a time, each on a thread of its own.
    pub reads_max: usize,
    /// Waiting for their turn. More are refused.
    pub waiting_max: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { reads_max: 4, waiting_max: 256 }
    }
}

/// Why the past was not read.
#[derive(Debug)]
pub enum ReadError {
    /// As many wait for their turn as may.
    Busy,
    /// The journal cannot be read. The log says why.
    Failed,
}

/// Who reads, and who waits for it.
#[derive(Debug)]
pub(crate) struct Readers {
    /// A permit a reader.
    reading: Arc<Semaphore>,
    /// A permit for each who reads or waits.
    room: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(limits: ReadLimits) -> Self {
        let reads_max = limits.reads_max.clamp(1, Semaphore::MAX_PERMITS >> 1);
        let room = limits.waiting_max.min(Semaphore::MAX_PERMITS >> 1) + reads_max;
        Self { reading: Arc::new(Semaphore::new(reads_max)), room: Arc::new(Semaphore::new(room)) }
    }
}

impl Engine {
    /// Reads the journal on a thread that may wait for the disk, when it is this reader's turn. A reader whose caller
    /// has gone runs to its end, and counts until then.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Journal) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let room = Arc::clone(&self.readers().room).try_acquire_owned().map_err(|_| ReadError::Busy)?;
        let turn = Arc::clone(&self.readers().reading).acquire_owned().await.map_err(|_| ReadError::Failed)?;
        let journal = Arc::clone(self.journal());
        let reader = tokio::task::spawn_blocking(move || {
            let result = read(&*journal);
            drop((turn, room));
            result
        });
        match reader.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot read the journal");
                Err(ReadError::Failed)
            }
            // The runtime ends.
            Err(_) => Err(ReadError::Failed),
        }
    }
}
