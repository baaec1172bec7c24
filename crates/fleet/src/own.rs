//! The tracker that an operation is about, as it stands when the operation's turn comes.

use std::sync::Arc;

use model::{TrackerId, UserId};

use crate::error::Barred;
use crate::fleet::Fleet;
use crate::memory::Memory;
use crate::sessions::Session;
use crate::values::Tracker;

impl Fleet {
    /// Whether the session sees the tracker at all. Asked before an operation gets in line: what a session sees is
    /// more than whose the tracker is.
    pub(crate) fn must_see(&self, session: &Session, id: TrackerId) -> Result<(), Barred> {
        self.tracker(session, id).map(|_| ()).ok_or(Barred::NotFound)
    }
}

/// A visible tracker of this owner.
pub(crate) fn tracker_of(memory: &Memory, owner: UserId, id: TrackerId) -> Result<Arc<Tracker>, Barred> {
    let tracker = memory.trackers.get(&id).filter(|t| t.user == owner && t.is_visible());
    tracker.map(Arc::clone).ok_or(Barred::NotFound)
}

/// A tracker of this owner that is not blocked.
pub(crate) fn open_tracker(memory: &Memory, owner: UserId, id: TrackerId) -> Result<Arc<Tracker>, Barred> {
    let tracker = tracker_of(memory, owner, id)?;
    if tracker.source.blocked { Err(Barred::Blocked) } else { Ok(tracker) }
}

/// A tracker of this owner whose source it may change.
pub(crate) fn changeable(memory: &Memory, owner: UserId, id: TrackerId) -> Result<Arc<Tracker>, Barred> {
    let tracker = open_tracker(memory, owner, id)?;
    if tracker.clone { Err(Barred::Clone) } else { Ok(tracker) }
}
