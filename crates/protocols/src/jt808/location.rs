//! The body of a location: alarms, status, place, time, and items.

use model::{Report, Timestamp};

use super::digits::{UTC_OFFSET_S, date};
use super::items;
use super::status::{WITH_DIRECTION, alarms, hemispheres, status};
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::framed::Context;

/// Coordinates are told in this many parts of a degree.
pub(super) const PARTS_PER_DEGREE: f64 = 1_000_000.0;
/// What comes before the items, in bytes.
pub(super) const FIXED_BYTES: usize = 28;

/// How far ahead of UTC the device's clock is.
pub(super) fn utc_offset_s(context: &Context<'_>) -> i32 {
    context.settings.utc_offset_s.unwrap_or(UTC_OFFSET_S)
}

/// A report that is empty yet.
pub(super) fn draft(context: &Context<'_>) -> Draft {
    Draft::new(context.limits.text_bytes_max)
}

/// A date on the device's clock.
pub(super) fn time(raw: &[u8], context: &Context<'_>) -> Option<Timestamp> {
    date(raw, utc_offset_s(context))
}

/// Takes what comes after the status word: place, altitude, speed, course and time.
pub(super) fn place(word: u32, r: &mut Reader<'_>, context: &Context<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let (north, east) = hemispheres(word);
    let (latitude, longitude) = (f64::from(r.u32()?), f64::from(r.u32()?));
    draft.at(north * latitude / PARTS_PER_DEGREE, east * longitude / PARTS_PER_DEGREE);
    draft.altitude_m(r.i16()?.into());
    draft.speed_kmh(f64::from(r.u16()?) / 10.0);
    draft.heading_deg(r.u16()?.into());
    draft.time = time(r.take(6)?, context);
    status(word, draft);
    Ok(())
}

/// What was read of a location.
pub(super) struct Location {
    pub(super) draft: Draft,
    /// Where in the body an item lies that leaves it.
    pub(super) torn_at: Option<usize>,
}

impl Location {
    pub(super) fn read(body: &[u8], context: &Context<'_>) -> Result<Self, Truncated> {
        let mut draft = draft(context);
        let mut r = Reader::new(body);
        let (alarm, word) = (r.u32()?, r.u32()?);
        place(word, &mut r, context, &mut draft)?;
        let rest = r.rest();
        let direction = if alarm & WITH_DIRECTION == 0 { None } else { items::direction(rest) };
        alarms(alarm, context.settings, direction, &mut draft);
        let torn_at = match items::short_form(rest) {
            true => {
                items::read_short_form(rest, &mut draft)?;
                None
            }
            false => items::read(rest, context, &mut draft).map(|at| FIXED_BYTES + at),
        };
        Ok(Self { draft, torn_at })
    }

    pub(super) fn finish(self) -> Option<Report> {
        self.draft.finish()
    }
}
