//! Transparent data: what is connected to the terminal speaks through it, in a form that the first byte names.
//!
//! Names of the family's own: `jt808_transparent_type` and `jt808_transparent` (what is not known), `serial_data`,
//! `ble_mac_<n>`, `ble_rssi_<n>`, `ble_data_<n>`, `light`, `pressure`, and those of the Pace data.

use model::{Report, attr};

use super::command::Awaited;
use super::items::{Taken, obd};
use super::location::{PARTS_PER_DEGREE, draft, place, time};
use super::message::{Incoming, has_room};
use super::status::bit;
use super::text::{decode, is_printable};
use super::{items, pace, reply};
use crate::bytes::{Reader, Truncated, hex};
use crate::framed::{Context, Said};

const SERIAL: u8 = 0x40;
const DIAGNOSIS: u8 = 0x41;
const BEACONS: u8 = 0x53;
const RECORDS: u8 = 0x54;
const PACE: u8 = 0xF0;
const POSITION: u8 = 0xFF;

pub(super) fn read(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut r = Reader::new(message.body);
    let kind = r.u8()?;
    let data = r.rest();
    let report = match kind {
        SERIAL => serial(&mut r, context)?,
        DIAGNOSIS => diagnosis(data, context),
        BEACONS => beacons(&mut r, context)?,
        RECORDS => return records(&mut r, message.body_at, context, said),
        // A date is never text.
        PACE if is_printable(data) => {
            let text = decode(data, context.limits.text_bytes_max);
            said.answer(Some(Awaited::WORDS), reply::of_text(&text));
            return Ok(());
        }
        PACE => pace::read(data, context)?,
        POSITION => position(&mut r, context)?,
        _ => None,
    };
    said.reports.extend(report.or_else(|| unknown(kind, data, context)));
    Ok(())
}

/// Data of a kind that is not known, as they are.
fn unknown(kind: u8, data: &[u8], context: &Context<'_>) -> Option<Report> {
    let mut draft = draft(context);
    draft.own("jt808_transparent_type", i64::from(kind));
    draft.own_hex("jt808_transparent", data);
    draft.finish()
}

/// A text of a serial port. One kind of it tells of a key.
fn serial(r: &mut Reader<'_>, context: &Context<'_>) -> Result<Option<Report>, Truncated> {
    const WITH_KEY: &str = "GTSL|";
    const KEY: usize = 4;
    let mut draft = draft(context);
    let length = usize::from(r.u16()?);
    let text = decode(r.take(length)?, context.limits.text_bytes_max);
    if let (true, Some(key)) = (text.starts_with(WITH_KEY), text.split('|').nth(KEY)) {
        draft.words(attr::HARDWARE_KEY, key.as_bytes());
    }
    draft.words(attr::SERIAL_DATA, text.as_bytes());
    Ok(draft.finish())
}

fn diagnosis(data: &[u8], context: &Context<'_>) -> Option<Report> {
    let begins = (0..data.len()).find(|at| obd::is_text(&data[*at..]))?;
    let mut draft = draft(context);
    if obd::read_text(&data[begins..], &mut draft) != Ok(Taken::Whole) {
        draft.words(attr::SERIAL_DATA, data);
    }
    draft.finish()
}

fn beacons(r: &mut Reader<'_>, context: &Context<'_>) -> Result<Option<Report>, Truncated> {
    let mut draft = draft(context);
    let word = r.u32()?;
    place(word, r, context, &mut draft)?;
    r.u8()?;
    while r.remaining() > 0 {
        let n = r.u8()?;
        draft.own(&format!("ble_mac_{n}"), items::mac(r.take(6)?).as_str());
        draft.own(&format!("ble_rssi_{n}"), i64::from(r.u8()?.cast_signed()));
        let length = r.u8()?;
        draft.own_hex(&format!("ble_data_{n}"), r.take(length.into())?);
    }
    Ok(draft.finish())
}

/// A location, and what sensors said at other times.
fn records(r: &mut Reader<'_>, at: usize, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut location = draft(context);
    let word = r.u32()?;
    place(word, r, context, &mut location)?;
    said.reports.extend(location.finish());
    while r.remaining() > 0 && has_room(at, context, said) {
        let report = record(r, context)?;
        said.reports.extend(report);
    }
    Ok(())
}

fn record(r: &mut Reader<'_>, context: &Context<'_>) -> Result<Option<Report>, Truncated> {
    const KNOWN: u32 = 0x1F;
    let mut draft = draft(context);
    let mask = u32::from(r.u16()?);
    draft.time = time(r.take(6)?, context);
    if bit(mask, 0) {
        draft.own("light", i64::from(r.u16()?));
    }
    if bit(mask, 1) {
        draft.nth("temperature_", 1, f64::from(r.i16()?) / 10.0);
        draft.nth("humidity_", 1, f64::from(r.i16()?) / 10.0);
    }
    if bit(mask, 2) {
        draft.nth("temperature_", 3, f64::from(r.i16()?) / 10.0);
    }
    if bit(mask, 3) {
        draft.own("jt808_record", hex(r.take(6)?).as_str());
    }
    if bit(mask, 4) {
        draft.own("pressure", i64::from(r.u16()?));
    }
    if mask & !KNOWN != 0 {
        // Where the next record begins cannot be known.
        draft.own_hex("jt808_record_rest", r.take(r.remaining())?);
    }
    Ok(draft.finish())
}

/// A place that is told with signs.
fn position(r: &mut Reader<'_>, context: &Context<'_>) -> Result<Option<Report>, Truncated> {
    let mut draft = draft(context);
    draft.time = time(r.take(6)?, context);
    let (latitude, longitude) = (f64::from(r.i32()?), f64::from(r.i32()?));
    draft.at(latitude / PARTS_PER_DEGREE, longitude / PARTS_PER_DEGREE);
    draft.altitude_m(r.i16()?.into());
    draft.speed_kmh(f64::from(r.u16()?) / 10.0);
    draft.heading_deg(r.u16()?.into());
    draft.own_hex("jt808_transparent", r.rest());
    Ok(draft.finish())
}
