//! What a device says at one time, and what it says in one frame.

use crate::{Attributes, Position, Timestamp};

/// The number of an event under the Navixy Generic Protocol's list; 10000 and above are a vendor's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId(pub u32);

impl EventId {
    /// Whether this "event" only says that the device reports as it always does: a plain point (401), a cell-only
    /// point (402), or one by time, distance or turn (403 to 405). States with any other event are never skipped.
    pub const fn is_periodic(self) -> bool {
        self.0 >= 401 && self.0 <= 405
    }
}

/// One message of a device at one time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Report {
    /// When the device says this was so. `None` when it did not say it usably; the host then takes the arrival.
    pub time: Option<Timestamp>,
    /// Where it was. `None` when the device said nothing, or an impossible place.
    pub position: Option<Position>,
    /// Events, in the family's own order; the first is the one that dialects call *the* event.
    pub events: Vec<EventId>,
    /// The device says it sends this from its memory, after the fact.
    pub archived: bool,
    /// Everything else, under normalised names. `satellites` stands here only when there is no position.
    pub attributes: Attributes,
}

impl Report {
    /// The event that dialects show.
    pub fn event(&self) -> Option<EventId> {
        self.events.first().copied()
    }

    /// Whether a client may not be spared this report: it carries an event that is not just the periodic one.
    pub fn is_notable(&self) -> bool {
        self.events.iter().any(|e| !e.is_periodic())
    }
}

/// The reports of one frame, in the order in which the frame holds them; acknowledged together.
pub type Upload = Vec<Report>;
