//! A data folder of its own for each test.

mod chat;
mod commands;
mod courier;
mod driver;
mod events;
mod expiry;
mod failing;
mod properties;
mod services;

use std::sync::{Arc, Mutex};

use model::{DriverEvent, DriverEventKind, MessageId, SourceId, Timestamp, UserId};
use storage::dispatch::{Message, MessageQuery};
use tempfile::TempDir;

use crate::{Dispatch, DispatchEvent, DispatchOptions, NewDriverEvent, RecordError, Summary};

const VAN: SourceId = SourceId(1_000_000_001);
const CAB: SourceId = SourceId(1_000_000_002);
const ANN: UserId = UserId(7);
const BOB: UserId = UserId(8);

fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_700_000_000 + s).expect("in range")
}

fn all(source: SourceId) -> MessageQuery {
    MessageQuery { source, from: Timestamp::MIN, to: Timestamp::MAX, limit: usize::MAX, ascending: true }
}

struct Stage {
    dir: TempDir,
    options: DispatchOptions,
    dispatch: Arc<Dispatch>,
}

impl Stage {
    async fn new() -> Self {
        Self::with(DispatchOptions::default()).await
    }

    async fn with(options: DispatchOptions) -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let dispatch = Dispatch::open(dir.path(), options.clone(), at(0)).await.expect("opened");
        Self { dir, options, dispatch }
    }

    /// Ends it and opens the same folder again.
    async fn reopen(self, now: Timestamp) -> Self {
        let Self { dir, options, dispatch } = self;
        drop(dispatch);
        let dispatch = Dispatch::open(dir.path(), options.clone(), now).await.expect("opened");
        Self { dir, options, dispatch }
    }

    async fn send(&self, source: SourceId, text: &str, s: i64) -> MessageId {
        self.dispatch.send(source, ANN, text.to_owned(), None, at(s)).await.expect("sent").id
    }

    async fn record(
        &self,
        source: SourceId,
        guid: &str,
        kind: DriverEventKind,
        s: i64,
    ) -> Result<(Arc<DriverEvent>, bool), RecordError> {
        let event = NewDriverEvent { guid: guid.to_owned(), at: at(s - 1), position: None, kind };
        self.dispatch.record(source, event, at(s)).await
    }

    /// A text of the driver, and the message that it is.
    async fn receive(&self, source: SourceId, text: &str, s: i64) -> MessageId {
        let kind = DriverEventKind::Text { text: text.to_owned() };
        let guid = format!("{source} {s} {text} {}", self.messages(source).await.len());
        assert!(self.record(source, &guid, kind, s).await.expect("recorded").1, "new");
        let messages = self.messages(source).await;
        messages.iter().find(|m| m.guid.as_deref() == Some(&guid)).expect("a message").id
    }

    /// All that is told from now on.
    fn listen(&self) -> Arc<Mutex<Vec<DispatchEvent>>> {
        let heard = Arc::<Mutex<Vec<DispatchEvent>>>::default();
        let log = Arc::clone(&heard);
        self.dispatch.on_event(Box::new(move |event| log.lock().expect("not poisoned").push(event.clone())));
        heard
    }

    /// What was told until now. One thread writes and tells, so that what it did before this is told.
    async fn told(&self, heard: &Mutex<Vec<DispatchEvent>>) -> Vec<DispatchEvent> {
        self.dispatch.mark_read(Vec::new()).await.expect("done");
        std::mem::take(&mut heard.lock().expect("not poisoned"))
    }

    async fn messages(&self, source: SourceId) -> Vec<Message> {
        self.dispatch.messages(all(source)).await.expect("read")
    }

    async fn texts(&self, source: SourceId) -> Vec<String> {
        self.messages(source).await.into_iter().map(|m| m.text).collect()
    }

    fn summary(&self, source: SourceId) -> Summary {
        self.dispatch.summary(source)
    }
}
