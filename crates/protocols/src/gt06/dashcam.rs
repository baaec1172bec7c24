//! Alarms of dashcams.

use model::attr;

use super::alarm;
use super::block::{Flags, Place};
use super::draft::Draft;
use super::variant;
use crate::bytes::{Reader, Truncated};

/// A date, coordinates, flags and an event. What is shorter has a date and an event only.
const WITH_POSITION_BYTES_MIN: usize = 6 + 8 + 2 + 1;

pub(super) fn alarm(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let has_position = r.remaining() >= WITH_POSITION_BYTES_MIN;
    if r.rest().starts_with(&[0xFF, 0xFF]) {
        variant::jc400(d, r)?;
    } else {
        d.date(r)?;
        if has_position {
            let (latitude, longitude) = (r.u32()?, r.u32()?);
            let flags = Flags::read(r)?;
            d.place_at(&Place { latitude, longitude, satellites: None, speed_kmh: None, flags });
        }
    }
    let code = r.u8()?;
    d.set(attr::EVENT_CODE, i64::from(code));
    d.happened(Some(alarm::of_dashcam(code, has_position)));
    // What the event is about, in the maker's own terms; then the names of files.
    if let Ok(data) = r.u16() {
        d.own("event_data", i64::from(data));
    }
    d.text(attr::MEDIA_FILES, r.take_rest());
    Ok(())
}
