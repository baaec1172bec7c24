//! How far each source's stored reports reach.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use model::{SourceId, Timestamp};

use super::super::JournalError;

/// The time of each source's newest report, filled when a source is first asked for. Nearly every report that arrives
/// is newer, and so cannot be a repeat: that is seen here, without a look at the disk.
#[derive(Default)]
pub(super) struct Newest(RwLock<HashMap<SourceId, Timestamp>>);

impl Newest {
    /// No stored report of the source is newer than this.
    pub(super) fn get(
        &self,
        source: SourceId,
        stored: impl FnOnce() -> Result<Timestamp, JournalError>,
    ) -> Result<Timestamp, JournalError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&source).copied();
        match known {
            Some(newest) => Ok(newest),
            None => self.raise(source, Timestamp::MIN, stored),
        }
    }

    /// Notes that a report of this time is about to be stored, and says what held before.
    pub(super) fn raise(
        &self,
        source: SourceId,
        to: Timestamp,
        stored: impl FnOnce() -> Result<Timestamp, JournalError>,
    ) -> Result<Timestamp, JournalError> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = match all.get(&source) {
            Some(newest) => *newest,
            None => stored()?,
        };
        all.insert(source, before.max(to));
        Ok(before)
    }
}
