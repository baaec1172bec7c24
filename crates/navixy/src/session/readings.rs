//! Batches of readings: of each tracker that which is new since its last.

use crate::encode::{BATCH_SEPARATOR, Extent, ReadingsForm, readings_item, render_readings};

use super::gather::{Style, Written};
use super::subscription::{Hold, Subscription};
use super::{NavixySession, SocketOptions};

/// What the outbox keeps for a client that has everything up to a version. One more than the version, because 0 says
/// that it has nothing, and a source that nothing was heard of has version 0.
const fn note(version: u64) -> u64 {
    version.saturating_add(1)
}

/// What such a client is still to be sent.
const fn extent(noted: u64) -> Extent {
    match noted.checked_sub(1) {
        Some(version) => Extent::NewerThan(version),
        None => Extent::Whole,
    }
}

impl NavixySession {
    /// Writes the items of a batch out of `due` marked trackers. There may be none after all: what has changed was
    /// something else.
    pub(super) fn write_readings(
        &self,
        hold: &Hold,
        subscription: &Subscription,
        style: &Style,
        due: usize,
        text: &mut Vec<u8>,
    ) -> Written {
        let SocketOptions { batch_item_shape: shape, batch_items_max: items_max, .. } = self.shared.options;
        let user = self.shared.fleet.user(hold.session.user);
        let form = ReadingsForm {
            sensor_type: subscription.sensor_type,
            include_components: subscription.include_components,
            measurement_system: user.map(|user| user.preferences.measurement_system).unwrap_or_default(),
            zone: &*style.zone,
            dates: style.dates,
        };
        let mut groups = Vec::new();
        let mut items = 0;
        // Not until none is marked: one that reports all the time would come twice.
        for taken in 1..=due {
            let read = self.connection.read_changed(style.lane, |tracker, noted, view| {
                groups.clear();
                let extent = extent(noted);
                if extent != Extent::NewerThan(view.values.version) {
                    render_readings(view.sensors, view.values, &form, extent, &mut groups);
                }
                (tracker, note(view.values.version))
            });
            let Some(tracker) = read else {
                return Written { items, is_whole: !self.connection.outbox().has_changed(style.lane) };
            };
            if groups.is_empty() {
                continue;
            }
            if items > 0 {
                text.extend_from_slice(BATCH_SEPARATOR);
            }
            readings_item(shape, tracker, &groups, &style.user_time, text);
            items += 1;
            if items == items_max {
                return Written { items, is_whole: taken == due };
            }
        }
        Written { items, is_whole: true }
    }
}
