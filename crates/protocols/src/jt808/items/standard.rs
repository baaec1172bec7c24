//! Items of the standard, 01 to 31.
//!
//! Names of the family's own: `event_to_confirm`, `lock_command`, `lock_password`, `lock_result`,
//! `overspeed_area_type`, `overspeed_area`, `area_type`, `area_direction`, `route_segment`, `route_time_s`,
//! `route_result`, `jt808_video_alarm`, `jt808_io`.

use model::attr;

use super::{Item, Taken};
use crate::bytes::{Reader, hex};
use crate::draft::Draft;

/// Fuel is told in percent, not in litres.
const IS_PERCENT: u16 = 0x8000;

pub(super) fn read(id: u8, value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match (id, value.len()) {
        (0x01, 4) => draft.scaled(attr::HARDWARE_MILEAGE, r.u32()?, 10.0),
        (0x02, 2) => match r.u16()? {
            percent if percent & IS_PERCENT != 0 => draft.nth("fuel_level_", 1, f64::from(percent & !IS_PERCENT)),
            tenths => draft.nth("fuel_level_", 1, f64::from(tenths) / 10.0),
        },
        (0x03, 2) => draft.scaled(attr::TACHOGRAPH_SPEED, r.u16()?, 10.0),
        (0x04, 2) => draft.own("event_to_confirm", i64::from(r.u16()?)),
        (0x06, 1) => draft.percent(attr::BATTERY_LEVEL, r.u8()?.into()),
        (0x0B, 1..) => lock(value, draft)?,
        (0x11, 1 | 5) => {
            draft.own("overspeed_area_type", i64::from(r.u8()?));
            if value.len() > 1 {
                draft.own("overspeed_area", i64::from(r.u32()?));
            }
        }
        (0x12, 6) => {
            draft.own("area_type", i64::from(r.u8()?));
            draft.set(attr::GEOFENCE_NUMBER, i64::from(r.u32()?));
            draft.own("area_direction", i64::from(r.u8()?));
        }
        (0x13, 7) => {
            draft.own("route_segment", i64::from(r.u32()?));
            draft.own("route_time_s", i64::from(r.u16()?));
            draft.own("route_result", i64::from(r.u8()?));
        }
        (0x14, 4) => draft.own("jt808_video_alarm", i64::from(r.u32()?)),
        (0x25, 4) => draft.set(attr::INPUT_STATUS, i64::from(r.u32()?)),
        (0x2A, 2) => draft.own("jt808_io", i64::from(r.u16()?)),
        (0x2B, 4) => analogues(&mut r, draft)?,
        (0x30, 1) => draft.csq(r.u8()?.into()),
        (0x31, 1) => draft.satellites(r.u8()?),
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

/// Two analogue inputs in hundredths of a volt.
pub(super) fn analogues(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), crate::bytes::Truncated> {
    for n in 1..=2 {
        draft.nth("analog_", n, f64::from(r.u16()?) / 100.0);
    }
    Ok(())
}

/// What happened to a lock: the command, then, as the length says, a card or a password, and the result.
pub(in crate::jt808) fn lock(value: &[u8], draft: &mut Draft) -> Result<(), crate::bytes::Truncated> {
    const CARD_BYTES: usize = 4;
    const PASSWORD_BYTES: usize = 6;
    let mut r = Reader::new(value);
    draft.own("lock_command", i64::from(r.u8()?));
    match value.len() {
        5 | 6 => draft.set(attr::HARDWARE_KEY, hex(r.take(CARD_BYTES)?).as_str()),
        7.. => draft.own_words("lock_password", r.take(PASSWORD_BYTES)?),
        _ => {}
    }
    if let (0, Some(last)) = (value.len() % 2, r.rest().last()) {
        draft.own("lock_result", i64::from(*last));
    }
    Ok(())
}
