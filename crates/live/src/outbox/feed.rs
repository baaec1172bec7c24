//! Feed lanes: what those who follow a source are told, event by event.
//!
//! Uploads are told by their number of reports and the last of them. For a reader who falls behind those of one source
//! become one: the newest report, and all of them counted. Anything else must be told, in order.

use std::sync::Arc;

use model::{DriverEventKind, Push, Record};

use super::{Due, Item, Lane, LaneKind, Latest, NEWS_BYTES, NOMINAL_STATE_BYTES, Outbox, Slot, SlotState, SlotUse};

/// Reports that a client is still to be told of: how many, and the last.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    pub(super) total: u32,
    pub(super) last: Arc<Record>,
}

impl Merged {
    /// With those that came before it.
    fn after(self, earlier: Option<Self>) -> Self {
        let before = earlier.map_or(0, |earlier| earlier.total);
        Self { total: self.total.saturating_add(before), last: self.last }
    }
}

impl<S: Latest> Outbox<S> {
    /// Takes in an upload: how many reports it had, and the last of them. Only lanes of feeds care.
    pub fn records(&mut self, slot: Slot, total: u32, last: &Arc<Record>) {
        if !self.is_fed(slot) {
            return;
        }
        let merged = Merged { total, last: last.clone() };
        if self.skippable >= self.limits.skippable_max {
            self.conflate();
            self.merge(slot.0, merged);
            self.conflated += 1;
            return;
        }
        let state = &mut self.slots[slot.0 as usize];
        // What was merged before goes with it, so that no earlier report is told after it.
        let merged = merged.after(state.merged.take());
        state.dirty = false;
        let generation = state.generation;
        self.queue.push_back(Item::Records { slot: slot.0, generation, merged });
        self.skippable += 1;
    }

    /// Takes in something that must be told. Its number is higher than that of everything pushed before. Only lanes of
    /// feeds care.
    pub fn push(&mut self, slot: Slot, number: u64, push: &Arc<Push>) {
        if self.is_fed(slot) {
            let generation = self.slots[slot.0 as usize].generation;
            let bytes = push_bytes(push);
            self.queue.push_back(Item::Push { slot: slot.0, generation, number, push: push.clone() });
            self.count_must(bytes);
        }
    }

    fn is_fed(&self, slot: Slot) -> bool {
        let Some(state) = self.slots.get(slot.0 as usize) else { return false };
        let lane = &self.lanes[state.lane.0 as usize];
        lane.kind == LaneKind::Feed && lane.open && state.use_ == SlotUse::Live && !self.overrun
    }

    /// Counts reports in that the reader was too slow for.
    pub(super) fn merge(&mut self, slot: u32, merged: Merged) {
        let state = &mut self.slots[slot as usize];
        state.merged = Some(merged.after(state.merged.take()));
        self.mark_dirty(slot);
    }

    /// The reports of the next source on this lane for which the reader was too slow.
    pub(super) fn next_merged(&mut self, lane: Lane) -> Option<Due> {
        loop {
            let number = self.lanes.get_mut(lane.0 as usize)?.changed.pop_front()?;
            self.unlist(number);
            let state = &mut self.slots[number as usize];
            state.dirty = false;
            if let Some(Merged { total, last }) = state.merged.take()
                && self.lanes[lane.0 as usize].open
            {
                return Some(Due::Records { lane, tracker: state.tracker, total, last });
            }
        }
    }

    pub(super) fn take_records(&mut self, slot: u32, generation: u32, Merged { total, last }: Merged) -> Option<Due> {
        self.skippable -= 1;
        let SlotState { lane, tracker, .. } = *self.current(slot, generation)?;
        Some(Due::Records { lane, tracker, total, last })
    }

    pub(super) fn take_push(&mut self, slot: u32, generation: u32, number: u64, push: Arc<Push>) -> Option<Due> {
        self.must_messages -= 1;
        self.must_bytes -= push_bytes(&push);
        let SlotState { lane, tracker, .. } = *self.current(slot, generation)?;
        Some(Due::Push { lane, tracker, number, push })
    }

    /// The slot, if what waits for it is not void.
    fn current(&self, slot: u32, generation: u32) -> Option<&SlotState<S>> {
        let state = &self.slots[slot as usize];
        (state.generation == generation && self.lanes[state.lane.0 as usize].open).then_some(state)
    }
}

/// What something that must be told counts for in [`OutboxLimits::must_bytes_max`](super::OutboxLimits).
pub fn push_bytes(push: &Push) -> usize {
    match push {
        Push::Happened(_) => NOMINAL_STATE_BYTES,
        Push::FromDriver(event) => NEWS_BYTES + event.guid.len() + driver_bytes(&event.kind),
        Push::Levels(levels) => NEWS_BYTES + levels.lines.len() * NEWS_BYTES,
        Push::Device { .. } | Push::Driver { .. } | Push::Moved { .. } => NEWS_BYTES,
    }
}

fn driver_bytes(kind: &DriverEventKind) -> usize {
    match kind {
        DriverEventKind::Text { text } | DriverEventKind::Predefined { text, .. } => text.len(),
        DriverEventKind::Form { name, fields } => {
            name.len() + fields.iter().map(|(label, value)| label.len() + value.len()).sum::<usize>()
        }
        DriverEventKind::Service { service, note, .. } => service.len() + note.len(),
    }
}

#[cfg(test)]
mod tests;
