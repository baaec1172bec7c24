//! Whether a source is heard of.

use model::{ConnectionStatus, SourceSettings, SourceState, Timestamp};

use crate::Timing;
use crate::timed::after_s;

/// The status at `now`, from what is known: Navixy's table of connection statuses, first match.
///
/// A position ahead of `now` counts as current. How far ahead it may be was decided when it was accepted, and so a
/// status only ever moves one way while nothing is heard.
pub(crate) fn status(
    state: &SourceState,
    settings: &SourceSettings,
    timing: &Timing,
    now: Timestamp,
) -> ConnectionStatus {
    let Some(contact) = state.last_contact else {
        return match lost_at(state, settings, timing) {
            Some(lost) if now >= lost => ConnectionStatus::SignalLost,
            _ if state.replaced => ConnectionStatus::JustReplaced,
            _ => ConnectionStatus::JustRegistered,
        };
    };
    if now >= offline_at(contact, settings, timing) {
        return ConnectionStatus::Offline;
    }
    match idle_at(state, timing) {
        Some(idle) if now < idle => ConnectionStatus::Active,
        _ => ConnectionStatus::Idle,
    }
}

/// When the status changes next if nothing more is heard.
pub(crate) fn next_change(state: &SourceState, settings: &SourceSettings, timing: &Timing) -> Option<Timestamp> {
    let Some(contact) = state.last_contact else {
        return lost_at(state, settings, timing).filter(|_| state.connection != ConnectionStatus::SignalLost);
    };
    let offline = offline_at(contact, settings, timing);
    match state.connection {
        ConnectionStatus::Offline => None,
        ConnectionStatus::Active => Some(idle_at(state, timing).map_or(offline, |idle| idle.min(offline))),
        _ => Some(offline),
    }
}

/// The first instant of a lost signal: the allowed wait has to be exceeded, not just reached.
fn lost_at(state: &SourceState, settings: &SourceSettings, timing: &Timing) -> Option<Timestamp> {
    (!settings.waits_forever).then(|| after_s(state.registered, timing.lost_s).plus_ms(1))
}

/// The first instant of being offline after `contact`.
pub(crate) fn offline_at(contact: Timestamp, settings: &SourceSettings, timing: &Timing) -> Timestamp {
    after_s(contact, settings.offline_s.unwrap_or(timing.offline_s)).plus_ms(1)
}

/// The first instant at which the last position is too old to be current; `None` without a position.
fn idle_at(state: &SourceState, timing: &Timing) -> Option<Timestamp> {
    state.gps.map(|gps| after_s(gps.updated, timing.idle_s).plus_ms(1))
}
