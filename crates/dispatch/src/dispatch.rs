//! Opening, and what is kept in memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use model::{SourceId, Timestamp};
use storage::dispatch::{DispatchStore, SqliteDispatch, StoreError, Summary};

use crate::events::Ears;
use crate::line::{Desk, Line};
use crate::options::DispatchOptions;

/// The summaries of all sources that have anything.
#[derive(Default)]
pub(crate) struct Summaries(RwLock<HashMap<SourceId, Summary>>);

impl Summaries {
    pub(crate) fn put(&self, changed: Vec<(SourceId, Summary)>) {
        if changed.is_empty() {
            return;
        }
        // Nothing that runs under the lock panics; if it did, what is there is still the best there is.
        let mut summaries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (source, summary) in changed {
            match summary == Summary::default() {
                true => summaries.remove(&source),
                false => summaries.insert(source, summary),
            };
        }
    }

    fn get(&self, source: SourceId) -> Summary {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&source).copied().unwrap_or_default()
    }
}

/// Messages and commands.
pub struct Dispatch {
    pub(crate) options: DispatchOptions,
    pub(crate) ears: Arc<Ears>,
    summaries: Arc<Summaries>,
    writer: Line,
    reader: Line,
}

impl Dispatch {
    /// Opens the messages and commands of a data folder, which must exist: `dispatch.db` in it is made when missing.
    /// What ran out of time while the server was down is given up.
    ///
    /// # Errors
    /// When the file cannot be read or made, or was written by a newer server.
    pub async fn open(data_dir: &Path, options: DispatchOptions, now: Timestamp) -> Result<Arc<Self>, StoreError> {
        let path = data_dir.join("dispatch.db");
        let open = move || Ok::<_, StoreError>((SqliteDispatch::open(&path)?, SqliteDispatch::open(&path)?));
        let (writer, reader) = tokio::task::spawn_blocking(open).await.map_err(|_| StoreError::Closed)??;
        Self::with_stores(Box::new(writer), Box::new(reader), options, now).await
    }

    /// On two openings of one store.
    pub(crate) async fn with_stores(
        writer: Box<dyn DispatchStore>,
        reader: Box<dyn DispatchStore>,
        options: DispatchOptions,
        now: Timestamp,
    ) -> Result<Arc<Self>, StoreError> {
        let (summaries, ears) = (Arc::new(Summaries::default()), Arc::new(Ears::default()));
        let start = |name, store, group_max| {
            Line::start(name, store, Arc::clone(&summaries), Arc::clone(&ears), options.queue_max, group_max)
        };
        let dispatch = Arc::new(Self {
            writer: start("dispatch", writer, options.queue_max)?,
            // Nothing is gained by reading together, and answers would pile up.
            reader: start("dispatch-reader", reader, 1)?,
            summaries,
            ears,
            options,
        });
        let found = dispatch.read(|desk| desk.tables.summaries()).await?;
        dispatch.summaries.put(found);
        dispatch.expire(now).await?;
        Ok(dispatch)
    }

    /// What it was opened with.
    pub fn options(&self) -> &DispatchOptions {
        &self.options
    }

    /// What is worth knowing of a source, from memory: as of the last change that is durable.
    pub fn summary(&self, source: SourceId) -> Summary {
        self.summaries.get(source)
    }

    /// The sources of which anything is kept, in the order of ids.
    pub async fn sources(&self) -> Result<Vec<SourceId>, StoreError> {
        self.read(|desk| desk.tables.sources()).await
    }

    /// Removes everything of a source.
    pub async fn forget(&self, source: SourceId) -> Result<(), StoreError> {
        self.forget_until(source, Timestamp::MAX).await
    }

    /// Removes everything of a source that was taken in by this time: another owner's, since when the source was given
    /// away.
    pub async fn forget_until(&self, source: SourceId, until: Timestamp) -> Result<(), StoreError> {
        self.write(move |desk| {
            desk.tables.remove_source(source, until)?;
            desk.touch(source);
            Ok(())
        })
        .await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Desk<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(work).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Desk<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reader.run(work).await
    }
}
