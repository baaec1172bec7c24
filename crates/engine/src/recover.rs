//! After a restart a state is its last snapshot and what the journal holds after it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use fleet::SourceInfo;
use live::{Timing, advance, initial};
use model::{Entry, EntryKind, Seq, SourceChange, SourceId, SourceValues, Timestamp};
use storage::codec::Saved;
use storage::journal::JournalError;

use crate::engine::Engine;
use crate::source::{Folded, Source};
use crate::writer::Work;

impl Engine {
    /// Makes the sources as they are now. A source that the catalog has and the journal does not is a new one.
    pub(crate) fn recover(&self) -> Result<(), JournalError> {
        let now = (self.options().clock)();
        let timing = &self.options().timing;
        let mut saved = HashMap::new();
        for snapshot in self.journal().snapshots() {
            let snapshot = snapshot?;
            saved.insert(snapshot.source, snapshot.saved);
        }
        let infos = self.fleet.sources();
        let mut folds: HashMap<SourceId, (Folded, SourceInfo)> = HashMap::with_capacity(infos.len());
        for info in infos {
            folds.insert(info.source, (begin(saved.remove(&info.source), &info, timing), info));
        }
        for entry in self.journal().tail() {
            let entry = entry?.entry;
            // Entries of sources that were removed since are history that nobody reads.
            if let Some((folded, _)) = folds.get_mut(&entry.source)
                && entry.seq > folded.state.seq
            {
                folded.apply(&entry, timing);
            }
        }
        let mut sources = HashMap::with_capacity(folds.len());
        for (id, (mut folded, info)) in folds {
            advance(&mut folded.state, &folded.settings, timing, now);
            let (settings, registered) = (info.settings.clone(), info.registered);
            let is_new = folded.state.seq == Seq::default();
            let source = self.make_source(folded, info);
            // The catalog had taken something in that the journal had not.
            let mut inner = source.lock();
            if is_new {
                let change = SourceChange::Registered((*settings).clone());
                self.change(&source, &mut inner, change, registered);
                advance(&mut inner.state, &settings, timing, now);
            } else if inner.settings != settings {
                self.change(&source, &mut inner, SourceChange::Settings((*settings).clone()), now);
            }
            drop(inner);
            sources.insert(id, source);
        }
        self.metrics().sources.set(sources.len() as i64);
        *self.sources.write().unwrap_or_else(PoisonError::into_inner) = sources;
        Ok(())
    }

    /// The source of what was folded, with its alarm set.
    fn make_source(&self, folded: Folded, info: SourceInfo) -> Source {
        let source = Source::new(Arc::clone(&self.context), folded, info);
        let mut inner = source.lock();
        inner.unsaved = true;
        self.arm(&source, &mut inner);
        drop(inner);
        source
    }

    /// The source of a new registration, which is journaled like everything that its state follows from.
    pub(crate) fn add_source(&self, info: SourceInfo, now: Timestamp) -> Source {
        let SourceInfo { source: id, registered, .. } = info;
        let timing = &self.options().timing;
        let change = SourceChange::Registered((*info.settings).clone());
        let state = initial(id, registered, &info.settings, timing, now);
        let mut folded = Folded { state, values: SourceValues::default(), settings: info.settings.clone() };
        // Taken first: a checkpoint that covers the registration must find the source.
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let seq = self.writer().push(Work::Change { source: id, received: registered, change: change.clone() });
        folded.apply(&Entry { seq, source: id, received: registered, kind: EntryKind::Change(change) }, timing);
        let source = self.make_source(folded, info);
        sources.insert(id, source.clone());
        self.metrics().sources.set(sources.len() as i64);
        source
    }
}

/// Where a source's fold goes on from: what was saved of it, or its beginning.
fn begin(saved: Option<Saved>, info: &SourceInfo, timing: &Timing) -> Folded {
    match saved {
        Some(Saved { state, values, settings }) => {
            Folded { state, values, settings: settings.map_or_else(|| info.settings.clone(), Arc::new) }
        }
        None => {
            let state = initial(info.source, info.registered, &info.settings, timing, info.registered);
            Folded { state, values: SourceValues::default(), settings: info.settings.clone() }
        }
    }
}
