//! After a restart a state is its last snapshot and what the journal holds after it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use fleet::SourceInfo;
use live::{advance, apply, initial};
use model::{Entry, EntryKind, SourceChange, SourceId, SourceState, Timestamp};
use storage::journal::JournalError;

use crate::engine::Engine;
use crate::source::Source;
use crate::writer::Work;

impl Engine {
    /// Makes the sources as they are now. A source that the catalog has and the journal does not is a new one.
    pub(crate) fn recover(&self) -> Result<(), JournalError> {
        let now = (self.options().clock)();
        let timing = &self.options().timing;
        let mut saved = HashMap::new();
        for snapshot in self.journal().snapshots() {
            let snapshot = snapshot?;
            saved.insert(snapshot.source, snapshot.state);
        }
        let infos = self.fleet.sources();
        let mut states: HashMap<SourceId, (SourceState, SourceInfo)> = HashMap::with_capacity(infos.len());
        for info in infos {
            let state = saved.remove(&info.source);
            let state =
                state.unwrap_or_else(|| initial(info.source, info.registered, &info.settings, timing, info.registered));
            states.insert(info.source, (state, info));
        }
        for entry in self.journal().tail() {
            let entry = entry?.entry;
            // Entries of sources that were removed since are history that nobody reads.
            if let Some((state, info)) = states.get_mut(&entry.source)
                && entry.seq > state.seq
            {
                apply(state, &entry, &info.settings, timing);
            }
        }
        let mut sources = HashMap::with_capacity(states.len());
        for (id, (mut state, info)) in states {
            advance(&mut state, &info.settings, timing, now);
            sources.insert(id, self.make_source(state, info));
        }
        self.metrics().sources.set(sources.len() as i64);
        *self.sources.write().unwrap_or_else(PoisonError::into_inner) = sources;
        Ok(())
    }

    /// The source of a state, with its alarm set.
    pub(crate) fn make_source(&self, state: SourceState, info: SourceInfo) -> Source {
        let source = Source::new(Arc::clone(&self.context), state, info.settings, info.blocked, info.connected);
        let mut inner = source.lock();
        inner.unsaved = true;
        self.arm(&source, &mut inner);
        drop(inner);
        source
    }

    /// The source of a new registration, which is journaled like everything that its state follows from.
    pub(crate) fn add_source(&self, info: SourceInfo, now: Timestamp) -> Source {
        let SourceInfo { source: id, registered, .. } = info;
        let change = SourceChange::Registered((*info.settings).clone());
        let mut state = initial(id, registered, &info.settings, &self.options().timing, now);
        // Taken first: a checkpoint that covers the registration must find the source.
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let seq = self.writer().push(Work::Change { source: id, received: registered, change: change.clone() });
        let entry = Entry { seq, source: id, received: registered, kind: EntryKind::Change(change) };
        apply(&mut state, &entry, &info.settings, &self.options().timing);
        let source = self.make_source(state, info);
        sources.insert(id, source.clone());
        self.metrics().sources.set(sources.len() as i64);
        source
    }
}
