//! A data folder of its own for each test.

mod chat;
mod commands;
mod expiry;
mod failing;
mod properties;

use std::sync::Arc;

use model::{MessageId, SourceId, Timestamp, UserId};
use storage::dispatch::{Message, MessageQuery};
use tempfile::TempDir;

use crate::{Dispatch, DispatchOptions, Summary};

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
        self.dispatch.send(source, ANN, text.to_owned(), None, at(s)).await.expect("sent")
    }

    async fn receive(&self, source: SourceId, text: &str, s: i64) -> MessageId {
        self.dispatch.receive(source, text.to_owned(), None, at(s)).await.expect("received")
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
