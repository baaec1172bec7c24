//! Lanes of differences: the outbox knows which sources have something new, and the session works out what.
//!
//! What is new is read from the source itself, under its lock, which may not be waited for while the outbox is
//! locked. So the session takes a marked slot, lets go of the outbox, reads the source, and then notes how far it has
//! read. What changes in between marks the slot anew.

use model::TrackerId;

use super::{Lane, LaneKind, Latest, Outbox, Slot, SlotUse};

/// A source on a lane of differences that has something new.
#[derive(Debug)]
pub struct Changed<S> {
    /// Its slot.
    pub slot: Slot,
    /// As which tracker it is shown.
    pub tracker: TrackerId,
    /// The source.
    pub source: S,
    /// What was noted last: the client has everything up to here. 0: it has nothing.
    pub since: u64,
    /// What is noted of an earlier generation of the slot is void.
    generation: u32,
}

impl<S: Latest> Outbox<S> {
    /// Something about a source has changed. Only lanes of differences care.
    pub fn touch(&mut self, slot: Slot) {
        let Some(state) = self.slots.get(slot.0 as usize) else { return };
        let lane = &self.lanes[state.lane.0 as usize];
        if lane.kind == LaneKind::Differences && lane.open && !self.overrun {
            self.mark_dirty(slot.0);
        }
    }

    /// The next marked source on a lane of differences, in order of first change. It is marked no longer.
    pub fn take_changed(&mut self, lane: Lane) -> Option<Changed<S>> {
        loop {
            let number = self.lanes.get_mut(lane.0 as usize)?.changed.pop_front()?;
            let is_due = self.slots[number as usize].dirty;
            self.unlist(number);
            if !is_due || !self.lanes[lane.0 as usize].open {
                continue;
            }
            let state = &mut self.slots[number as usize];
            state.dirty = false;
            return Some(Changed {
                slot: Slot(number),
                tracker: state.tracker,
                source: state.source.clone(),
                since: state.sent,
                generation: state.generation,
            });
        }
    }

    /// Notes that the client has everything of a source up to `version`. Void if the slot was blocked, unblocked or
    /// removed meanwhile.
    pub fn note_sent(&mut self, changed: &Changed<S>, version: u64) {
        let Some(state) = self.slots.get_mut(changed.slot.0 as usize) else { return };
        if state.generation == changed.generation && state.use_ == SlotUse::Live {
            state.sent = version;
        }
    }
}
