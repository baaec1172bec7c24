//! What a client misses between two connections.
//!
//! Clients of the Atmosphere library carry an id from one connection to the next. When such a client comes back
//! within [`ABSENCE_MAX_MS`] and subscribes again, it is told what happened to those trackers meanwhile. States need
//! no memory: the present one is sent with every subscription.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use fleet::FleetEvent;
use model::{SourceId, Timestamp, TrackerId};
use uuid::Uuid;

use crate::wire::LifecycleEvent;

/// How long an absent client is remembered.
pub(super) const ABSENCE_MAX_MS: i64 = 120_000;
/// How many absent clients are remembered.
const ABSENT_MAX: usize = 10_000;
/// How many events are remembered.
const EVENTS_MAX: usize = 4_096;

/// Something that happened to a source, or to one tracker that shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Happened {
    pub(super) source: SourceId,
    pub(super) what: LifecycleEvent,
    /// The tracker, when it was not the source as a whole.
    pub(super) view: Option<TrackerId>,
}

/// The memory.
#[derive(Default)]
pub(super) struct Missed(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    events: VecDeque<Happened>,
    /// How many events there were before the first that is remembered.
    forgotten: u64,
    absent: HashMap<Uuid, Absence>,
}

struct Absence {
    /// How many events there had been.
    from: u64,
    at: Timestamp,
}

impl Inner {
    fn count(&self) -> u64 {
        self.forgotten + self.events.len() as u64
    }
}

impl Missed {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what the fleet says.
    pub(super) fn hear(&self, event: &FleetEvent) {
        let happened = match *event {
            FleetEvent::SourceBlocked { source, blocked } => {
                let what = if blocked { LifecycleEvent::Block } else { LifecycleEvent::Unblock };
                Happened { source, what, view: None }
            }
            FleetEvent::TrackerRemoved { tracker, source, .. } => {
                Happened { source, what: LifecycleEvent::Corrupt, view: Some(tracker) }
            }
            _ => return,
        };
        let mut inner = self.lock();
        if inner.events.len() == EVENTS_MAX {
            inner.events.pop_front();
            inner.forgotten += 1;
        }
        inner.events.push_back(happened);
    }

    /// How many events there were: whoever has heard them all is to be told of those after.
    pub(super) fn count(&self) -> u64 {
        self.lock().count()
    }

    /// A client is gone, and may come back. `heard` is how many events it knows of, if that is not all.
    pub(super) fn leave(&self, client: Uuid, heard: Option<u64>, now: Timestamp) {
        let mut inner = self.lock();
        if inner.absent.len() >= ABSENT_MAX {
            inner.absent.retain(|_, absence| now.since_ms(absence.at) <= ABSENCE_MAX_MS);
        }
        if inner.absent.len() < ABSENT_MAX {
            let from = heard.unwrap_or_else(|| inner.count());
            inner.absent.insert(client, Absence { from, at: now });
        }
    }

    /// A client is back: what to ask [`Self::since`] for, if it is remembered.
    pub(super) fn come_back(&self, client: Uuid, now: Timestamp) -> Option<u64> {
        let absence = self.lock().absent.remove(&client)?;
        (now.since_ms(absence.at) <= ABSENCE_MAX_MS).then_some(absence.from)
    }

    /// What happened since, and is still remembered.
    pub(super) fn since(&self, from: u64) -> Vec<Happened> {
        let inner = self.lock();
        let skip = usize::try_from(from.saturating_sub(inner.forgotten)).unwrap_or(usize::MAX);
        inner.events.iter().skip(skip).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(source: u32) -> FleetEvent {
        FleetEvent::SourceBlocked { source: SourceId(source), blocked: true }
    }

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(s).expect("in range")
    }

    fn sources(missed: &Missed, from: u64) -> Vec<u32> {
        missed.since(from).iter().map(|h| h.source.0).collect()
    }

    #[test]
    fn a_client_hears_what_happened_while_it_was_away() {
        let missed = Missed::default();
        missed.hear(&blocked(1));
        missed.leave(Uuid::from_u128(7), None, at(0));
        missed.hear(&blocked(2));
        missed.hear(&blocked(3));
        let from = missed.come_back(Uuid::from_u128(7), at(120)).expect("in time");
        assert_eq!(sources(&missed, from), [2, 3]);
        assert_eq!(missed.come_back(Uuid::from_u128(7), at(120)), None);
    }

    #[test]
    fn a_client_that_did_not_hear_the_last_hears_it_then() {
        let missed = Missed::default();
        missed.hear(&blocked(1));
        let heard = missed.count();
        missed.hear(&blocked(2));
        missed.leave(Uuid::from_u128(7), Some(heard), at(0));
        missed.hear(&blocked(3));
        let from = missed.come_back(Uuid::from_u128(7), at(1)).expect("in time");
        assert_eq!(sources(&missed, from), [2, 3]);
    }

    #[test]
    fn after_two_minutes_it_is_forgotten() {
        let missed = Missed::default();
        missed.leave(Uuid::from_u128(7), None, at(0));
        assert_eq!(missed.come_back(Uuid::from_u128(7), at(121)), None);
    }

    #[test]
    fn neither_events_nor_clients_pile_up() {
        let missed = Missed::default();
        missed.leave(Uuid::from_u128(7), None, at(0));
        for source in 0..=EVENTS_MAX as u32 {
            missed.hear(&blocked(source));
        }
        let from = missed.come_back(Uuid::from_u128(7), at(1)).expect("in time");
        assert_eq!(missed.since(from).len(), EVENTS_MAX);
        assert_eq!(sources(&missed, from)[0], 1);
        for client in 0..=ABSENT_MAX as u128 {
            missed.leave(Uuid::from_u128(client), None, at(2));
        }
        assert_eq!(missed.lock().absent.len(), ABSENT_MAX);
        missed.leave(Uuid::from_u128(u128::MAX), None, at(200));
        assert_eq!(missed.lock().absent.len(), 1);
    }
}
