//! Jointech's short locations: less is said of the place, more of the lock.
//!
//! Names of the family's own: `product`, `jointech_status`, `jointech_alarm`, `blocked`, `tilt_x`, `tilt_y`, `tilt_z`,
//! and those of locks.

use model::attr;

use super::command::Awaited;
use super::digits::{decimal, two};
use super::header::SHORT_LOCATION_BLIND;
use super::items;
use super::location::draft;
use super::message::Incoming;
use super::status::{VENDOR_BASE, bit};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::{Draft, moment};
use crate::framed::{Context, Said};
use crate::session::{FieldFault, Reject, SpeedUnit};

/// Minutes are told in this many parts.
const PARTS_PER_MINUTE: f64 = 10_000.0;
/// The last digits of a coordinate are its minutes.
const MINUTE_DIGITS: usize = 6;

/// Bits beside the coordinates.
const FIX: u8 = 1;
const NORTH: u8 = 2;
const EAST: u8 = 4;

/// Battery levels that say that it is charged.
const CHARGING: [u8; 2] = [0xAA, 0xAB];

/// The product whose bits are known.
const LOCK: u8 = 3;
const BLOCKED: u32 = 5;
const LOCK_ALARMS: &[(u32, u32)] = &[(0, 224), (1, 7), (2, 113), (3, 1), (5, 409), (6, 410)];

pub(super) fn read(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut r = Reader::new(message.body);
    let mut draft = draft(context);
    draft.valid(message.id != SHORT_LOCATION_BLIND);
    place(&mut r, &mut draft)?;
    draft.csq(r.u8()?.into());
    draft.satellites(r.u8()?);
    draft.float(attr::HARDWARE_MILEAGE, r.u32()?.into());
    match r.u8()? {
        level if CHARGING.contains(&level) => draft.set(attr::CHARGING_STATUS, true),
        level => draft.percent(attr::BATTERY_LEVEL, level.into()),
    }
    draft.set(attr::CELL_ID, i64::from(r.u32()?));
    draft.set(attr::LAC, i64::from(r.u16()?));
    let product = r.u8()?;
    draft.own("product", i64::from(product));
    state(product, r.u16()?.into(), r.u16()?.into(), &mut draft);
    if let Err(at) = extras(&mut r, &mut draft) {
        let at = message.body_at + message.body.len() - at;
        said.fault(at, Reject::Field { name: "item", fault: FieldFault::OutOfRange });
    }
    said.reports.extend(draft.finish());
    Ok(())
}

/// Time, coordinates, speed and course.
fn place(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    draft.time = time(r.take(6)?);
    let latitude = decimal(r.take(4)?);
    let (longitude, flags) = match r.take(5)? {
        [digits @ .., last] => {
            let tens = decimal(digits).filter(|_| last >> 4 < 10);
            (tens.map(|digits| format!("{digits}{}", last >> 4)), last & 0x0F)
        }
        [] => (None, 0),
    };
    let sign = |flag: u8| if flags & flag == 0 { -1.0 } else { 1.0 };
    if let Some((latitude, longitude)) =
        latitude.as_deref().and_then(degrees).zip(longitude.as_deref().and_then(degrees))
    {
        draft.at(sign(NORTH) * latitude, sign(EAST) * longitude);
    }
    draft.valid(flags & FIX != 0);
    if let Some(knots) = two(r.u8()?) {
        draft.speed_kmh(f64::from(knots) * SpeedUnit::Knots.kmh());
    }
    draft.heading_deg(f64::from(r.u8()?) * 2.0);
    Ok(())
}

/// Day, month, year, hour, minute, second, in UTC.
fn time(raw: &[u8]) -> Option<model::Timestamp> {
    let &[day, month, year, hour, minute, second] = raw else { return None };
    let year = two(year).filter(|year| *year < 80)?;
    moment((year.into(), two(month)?, two(day)?), (two(hour)?, two(minute)?, two(second)?), 0)
}

/// Degrees of digits, the last six of which are ten-thousandths of minutes.
fn degrees(digits: &str) -> Option<f64> {
    let (degrees, minutes) = digits.split_at_checked(digits.len().checked_sub(MINUTE_DIGITS)?)?;
    let minutes = minutes.parse::<f64>().ok()? / PARTS_PER_MINUTE;
    (minutes < 60.0).then_some(degrees.parse::<f64>().ok()? + minutes / 60.0)
}

fn state(product: u8, status: u32, alarm: u32, draft: &mut Draft) {
    draft.own("jointech_status", i64::from(status));
    draft.own("jointech_alarm", i64::from(alarm));
    if alarm != 0 {
        draft.set(attr::EVENT_CODE, i64::from(alarm));
    }
    if product == LOCK {
        draft.own("blocked", bit(status, BLOCKED));
    }
    for at in (0..16).filter(|at| bit(alarm, *at)) {
        let known = LOCK_ALARMS.iter().find(|(known, _)| *known == at && product == LOCK);
        draft.event(known.map_or(VENDOR_BASE + at, |(_, event)| *event));
    }
}

/// Items; how many bytes were left where one leaves the body.
fn extras(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), usize> {
    while r.remaining() > 0 {
        let left = r.remaining();
        let (Ok(id), Ok(length)) = (r.u8(), r.u8()) else { return Err(left) };
        let value = r.take(length.into()).map_err(|_| left)?;
        if extra(id, value, draft).is_err() {
            draft.own(&format!("jointech_item_{id:02x}"), hex(value).as_str());
        }
    }
    Ok(())
}

fn extra(id: u8, value: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    let mut r = Reader::new(value);
    match id {
        0x02 => draft.altitude_m(r.i16()?.into()),
        0x0B => items::lock(value, draft)?,
        0x0C => {
            let tilts = [r.i16()?, r.i16()?, r.i16()?];
            for (name, tilt) in ["tilt_x", "tilt_y", "tilt_z"].into_iter().zip(tilts) {
                draft.own(name, i64::from(tilt));
            }
        }
        0xFC => draft.set(attr::GEOFENCE_NUMBER, i64::from(r.u8()?)),
        _ => return Err(Truncated),
    }
    Ok(())
}
