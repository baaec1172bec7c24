//! What a reported position does to the state.

use model::{Fix, Gps, Origin, Position, SourceSettings, SourceState, Timestamp};

use crate::Timing;
use crate::order::is_ahead;

/// What became of a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Accepted {
    /// Shown, and good enough to judge movement by.
    Satellite,
    /// Shown, but too coarse to judge movement by.
    Network,
    /// Dropped; the rest of its report counts.
    Not,
}

/// Judges a position by itself: no flaw in it costs more than the position.
pub(crate) fn judge(position: &Position, settings: &SourceSettings) -> Accepted {
    let nowhere = position.latitude == 0.0 && position.longitude == 0.0;
    let in_range = position.latitude.abs() <= 90.0 && position.longitude.abs() <= 180.0;
    if !position.valid || position.fix == Fix::NoFix || nowhere || !in_range {
        return Accepted::Not;
    }
    match position.origin {
        Origin::Gnss => Accepted::Satellite,
        Origin::Network if position.precision_m.is_some_and(|radius| radius > settings.network_radius_max_m) => {
            Accepted::Not
        }
        Origin::Network => Accepted::Network,
    }
}

/// Shows an accepted position of a report that counts at `at`.
pub(crate) fn show(state: &mut SourceState, position: &Position, timing: &Timing, at: Timestamp, received: Timestamp) {
    let gnss_time = position.gnss_time.filter(|time| !is_ahead(*time, received, timing));
    let updated = match position.fix {
        // The place is known, but no newer than before.
        Fix::LastKnown => state.gps.map(|gps| gps.updated).or(gnss_time),
        _ => Some(gnss_time.unwrap_or(at)),
    };
    // Without any time of a fix, a repeated place would have to be shown as a fresh one.
    let Some(updated) = updated else { return };
    state.gps = Some(Gps {
        updated,
        latitude: position.latitude,
        longitude: position.longitude,
        heading_deg: position.heading_deg.unwrap_or(0),
        // A float cast saturates, so no speed is too large for it.
        speed_kmh: half_up(position.speed_kmh) as u16,
        altitude_m: half_up(position.altitude_m) as i16,
        satellites: position.satellites,
        precision_m: position.precision_m,
        from_network: position.origin == Origin::Network,
    });
}

/// To the nearest whole number, halves upwards; 0 when unknown.
pub(crate) fn half_up(value: Option<f32>) -> f32 {
    value.map_or(0.0, |value| (value + 0.5).floor())
}
