//! The tracker that an operation is about, as it stands when the operation's turn comes.

use std::sync::Arc;

use model::TrackerId;

use crate::error::Barred;
use crate::memory::Memory;
use crate::sessions::Session;
use crate::values::Tracker;

/// A tracker that the session sees. It may have been taken from a sub-user while the operation stood in line.
pub(crate) fn tracker_of(memory: &Memory, session: &Session, id: TrackerId) -> Result<Arc<Tracker>, Barred> {
    let tracker = memory.tracker_of(session, id).filter(|t| t.is_visible());
    tracker.map(Arc::clone).ok_or(Barred::NotFound)
}

/// A tracker that the session sees and that is not blocked.
pub(crate) fn open_tracker(memory: &Memory, session: &Session, id: TrackerId) -> Result<Arc<Tracker>, Barred> {
    let tracker = tracker_of(memory, session, id)?;
    if tracker.source.blocked { Err(Barred::Blocked) } else { Ok(tracker) }
}

/// A tracker that the session sees and whose source is its owner's to change.
pub(crate) fn changeable(memory: &Memory, session: &Session, id: TrackerId) -> Result<Arc<Tracker>, Barred> {
    let tracker = open_tracker(memory, session, id)?;
    if tracker.clone { Err(Barred::Clone) } else { Ok(tracker) }
}
