//! Where a report stands in time.

use model::{MS_PER_SECOND, Report, SourceState, Timestamp};

use crate::Timing;

/// Whether the device dates the report further ahead of its arrival than the tolerance. Such a date is a wrong clock:
/// the report is kept, and counts at its arrival.
pub fn is_future(report: &Report, received: Timestamp, timing: &Timing) -> bool {
    report.time.is_some_and(|time| is_ahead(time, received, timing))
}

/// When in event time the report counts: at its own time, or at its arrival when it has none or [`is_future`].
pub fn order_time(report: &Report, received: Timestamp, timing: &Timing) -> Timestamp {
    report.time.filter(|time| !is_ahead(*time, received, timing)).unwrap_or(received)
}

/// Whether `time` lies further ahead of the arrival than a device's clock may run.
pub fn is_ahead(time: Timestamp, received: Timestamp, timing: &Timing) -> bool {
    time.since_ms(received) > i64::from(timing.future_tolerance_s) * MS_PER_SECOND
}

/// Whether the report is older than what the state already shows.
///
/// A report that counts at its arrival is never late: a device whose clock drifts out of the tolerance would otherwise
/// stand still until the server's clock has caught up with its last dated report. And a `newest` that lies beyond the
/// tolerance itself was let in by a wrong clock of the server's; it binds nobody.
pub(crate) fn is_late(state: &SourceState, report: &Report, received: Timestamp, timing: &Timing) -> bool {
    let Some(newest) = state.newest.filter(|newest| !is_ahead(*newest, received, timing)) else {
        return false;
    };
    report.time.is_some_and(|time| time < newest)
}

/// Moves `newest` to a report that was not late. Not to be called for one that has neither time nor position: a
/// heartbeat says how the device is, and the positions that it still has to send are older, and wanted.
pub(crate) fn note(state: &mut SourceState, at: Timestamp, received: Timestamp, timing: &Timing) {
    let newest = state.newest.filter(|newest| !is_ahead(*newest, received, timing));
    state.newest = Some(newest.map_or(at, |newest| newest.max(at)));
}
