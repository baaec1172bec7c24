//! What changes by the mere passing of time.

use model::{MS_PER_SECOND, SourceSettings, SourceState, Timestamp};

use crate::{connection, movement};

/// The server's durations that states depend on, in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// How old the last position may be before an active source counts as idle.
    pub idle_s: u32,
    /// Silence after which a source is offline, unless its own settings say otherwise.
    pub offline_s: u32,
    /// How long after registration or replacement a source may stay unheard before its signal counts as lost.
    pub lost_s: u32,
    /// How far ahead of the server's clock a device's may run before its dates are not believed.
    pub future_tolerance_s: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self { idle_s: 300, offline_s: 600, lost_s: 86_400, future_tolerance_s: 120 }
    }
}

/// Lets every timed change that is due by `now` take effect as of its due time: idle, offline, signal lost, and the
/// end of a stop that has lasted. True if anything changed.
///
/// It does not matter in how many steps time passes: advancing to `t1` and then to a later `t2` gives the state that
/// advancing to `t2` alone would have given.
pub fn advance(state: &mut SourceState, settings: &SourceSettings, timing: &Timing, now: Timestamp) -> bool {
    let parked = movement::park_if_due(state, settings, timing, now);
    let connection = connection::status(state, settings, timing, now);
    let moved = connection != state.connection;
    state.connection = connection;
    parked || moved
}

/// When [`advance`] will next have something to do; `None` while only a new entry can change the state. Always later
/// than the `now` of the last [`advance`] with the same settings, and advancing to it changes something.
pub fn next_due(state: &SourceState, settings: &SourceSettings, timing: &Timing) -> Option<Timestamp> {
    let connection = connection::next_change(state, settings, timing);
    let parking = movement::parks_at(state, settings, timing);
    connection.into_iter().chain(parking).min()
}

/// `from` and a duration in whole seconds.
pub(crate) fn after_s(from: Timestamp, s: u32) -> Timestamp {
    from.plus_ms(i64::from(s) * MS_PER_SECOND)
}
