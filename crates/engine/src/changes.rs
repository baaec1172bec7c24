//! Changes of a source itself: journaled like reports, because its state and values follow from them.

use std::sync::Arc;

use fleet::SourceInfo;
use model::{CounterKind, Entry, EntryKind, SourceChange, Timestamp};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::ingest::Refused;
use crate::source::{Inner, Source};
use crate::writer::Work;

impl Engine {
    /// Queues a change for the journal and folds it in.
    pub(crate) fn change(&self, source: &Source, inner: &mut Inner, change: SourceChange, received: Timestamp) {
        let id = source.id();
        let seq = self.writer().push(Work::Change { source: id, received, change: change.clone() });
        source.fold_change(inner, &Entry { seq, source: id, received, kind: EntryKind::Change(change) });
        self.arm(source, inner);
    }

    /// Follows a change of settings, sensors or device. What the last values mean may have changed with them, so
    /// that all of them count as new. What the fleet changes comes here by itself.
    pub fn apply_info(&self, info: &SourceInfo, now: Timestamp) {
        let Some(source) = self.source(info.source) else { return };
        let mut inner = source.lock();
        if inner.removed {
            return;
        }
        let is_replaced = inner.device != info.device;
        if is_replaced {
            inner.device = info.device.clone();
            source.count_replacement();
            self.change(&source, &mut inner, SourceChange::Replaced(info.device.clone()), now);
        }
        if inner.settings != info.settings || inner.sensors != info.sensors {
            inner.sensors = info.sensors.clone();
            self.change(&source, &mut inner, SourceChange::Settings((*info.settings).clone()), now);
        }
        let is_set_otherwise = inner.device_settings != info.device_settings;
        if is_set_otherwise {
            inner.device_settings = Arc::clone(&info.device_settings);
        }
        drop(inner);
        if is_replaced || is_set_otherwise {
            self.devices_changed.send_replace(());
        }
        if is_replaced {
            self.forget_device(&source);
        } else {
            self.note_silence(&source);
        }
    }

    /// Sets a counter, which comes into being if there is none: kilometres or hours, finite. Durable when the future
    /// is ready.
    ///
    /// # Errors
    /// When nothing is taken in for the source, or at all. After [`Refused::JournalFailed`] nobody knows whether it
    /// was set.
    pub async fn set_counter(
        &self,
        source: &Source,
        kind: CounterKind,
        value: f64,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if self.is_disk_full() {
            return Err(Refused::DiskFull);
        }
        let (done, stored) = oneshot::channel();
        {
            let mut inner = source.lock();
            if inner.removed {
                return Err(Refused::Removed);
            }
            self.change(source, &mut inner, SourceChange::Counter { kind, value }, now);
        }
        self.writer().push(Work::Flush(done));
        stored.await.map_err(|_| Refused::JournalFailed)
    }
}
