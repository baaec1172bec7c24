//! Whether a source moves: trips, stops and parking.

use model::{MovementStatus, Position, SourceSettings, SourceState, Timestamp};

use crate::Timing;
use crate::connection;
use crate::timed::after_s;

/// How long the server waits after a report whose stop should already have become parking, before it believes so.
///
/// A device that was out of reach sends its past in quick succession. Each red light in it lies further back than any
/// stop may last, and yet the next report may say that the vehicle drove on.
const BACKLOG_GRACE_S: u32 = 10;

/// Judges an accepted satellite position of the time `at`. Ignition and motion are to be up to date.
pub(crate) fn judge(state: &mut SourceState, position: &Position, settings: &SourceSettings, at: Timestamp) {
    let never_moved = state.movement_update.is_none();
    if moves(state, position, settings) {
        state.idle_since = None;
        if state.movement != MovementStatus::Moving {
            let starts = state.movement == MovementStatus::Parked;
            set(state, MovementStatus::Moving, at);
            if starts {
                state.track_update = Some(at);
            }
        }
    } else if never_moved {
        // A decision, but not the end of a trip: there was none.
        set(state, MovementStatus::Parked, at);
    } else {
        if state.movement == MovementStatus::Moving {
            set(state, MovementStatus::Stopped, at);
            state.idle_since = Some(at);
        }
        let ignition_off = settings.ignition_aware && state.ignition.is_some_and(|(on, _)| !on);
        if ignition_off && state.movement == MovementStatus::Stopped {
            park(state, at);
        }
    }
}

/// Ends a stop that has lasted long enough by the time of a report, whatever the report says of position.
pub(crate) fn park_if_stood(state: &mut SourceState, settings: &SourceSettings, at: Timestamp) {
    if stands_until(state, settings).is_some_and(|until| at >= until) {
        park(state, at);
    }
}

/// Ends a stop that has lasted long enough by the server's clock. True if it did.
pub(crate) fn park_if_due(state: &mut SourceState, settings: &SourceSettings, timing: &Timing, now: Timestamp) -> bool {
    let due = parks_at(state, settings, timing).is_some_and(|due| now >= due);
    match stands_until(state, settings) {
        Some(until) if due => {
            park(state, until);
            true
        }
        _ => false,
    }
}

/// When the server's clock will end the present stop if nothing more is heard; `None` when it will not, because the
/// source is offline by then: what it was last known to do is kept.
pub(crate) fn parks_at(state: &SourceState, settings: &SourceSettings, timing: &Timing) -> Option<Timestamp> {
    let until = stands_until(state, settings)?;
    let due = match state.last_update {
        Some(heard) if until <= heard => after_s(heard, BACKLOG_GRACE_S),
        _ => until,
    };
    let offline = state.last_contact.is_some_and(|contact| due >= connection::offline_at(contact, settings, timing));
    (!offline).then_some(due)
}

/// When the present stop has lasted long enough to be parking.
fn stands_until(state: &SourceState, settings: &SourceSettings) -> Option<Timestamp> {
    let parks = state.movement == MovementStatus::Stopped && settings.idle_speed_threshold_kmh > 0;
    state.idle_since.filter(|_| parks).map(|since| after_s(since, settings.min_idle_s))
}

/// The moving condition. Ignition takes precedence over the motion sensor.
fn moves(state: &SourceState, position: &Position, settings: &SourceSettings) -> bool {
    if settings.idle_speed_threshold_kmh == 0 {
        return true;
    }
    let fast = position.speed_kmh.unwrap_or(0.0) >= f32::from(settings.idle_speed_threshold_kmh);
    let ignition = state.ignition.map(|(on, _)| on).filter(|_| settings.ignition_aware);
    let motion = state.motion.filter(|_| settings.motion_sensor_aware);
    fast && ignition.or(motion).unwrap_or(true)
}

/// The end of a trip.
fn park(state: &mut SourceState, at: Timestamp) {
    set(state, MovementStatus::Parked, at);
    state.idle_since = None;
    state.track_update = Some(at);
}

fn set(state: &mut SourceState, movement: MovementStatus, at: Timestamp) {
    state.movement = movement;
    state.movement_update = Some(at);
}
