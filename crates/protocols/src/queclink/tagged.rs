//! The newest binary form: records of items, each with its number and its length.
//!
//! Own names: `queclink_record` (what kind of record it is), `queclink_item_n` (an item that is not decoded, in
//! hexadecimal, n being its number up to 255), `queclink_items` (those with higher numbers, as `number:value`).

use std::fmt::Write;

use model::{Timestamp, attr};

use super::binary::Form;
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;
use crate::framed::Said;
use crate::session::Reject;

/// Where the identifier stands, and whether two bytes on parts of messages stand before it.
const FLAGS_AT: usize = 4;
const IS_PART: u8 = 0x80;
const ID_BYTES: usize = 8;
/// What follows the records.
const TRAILER_BYTES: usize = 4;
/// The item that is a place.
const PLACE: usize = 0x52;
/// What stands before the items of a record: time, count, kind, event.
const HAS_FIX: u8 = 2;

fn id_at(frame: &[u8]) -> Option<usize> {
    let is_part = frame.get(FLAGS_AT)? & IS_PART != 0;
    Some(FLAGS_AT + 1 + if is_part { 2 } else { 0 })
}

/// The identifier in a frame: a zero and fifteen digits.
pub(super) fn identity(frame: &[u8]) -> Option<String> {
    let at = id_at(frame)?;
    let digits = hex(frame.get(at..at + ID_BYTES)?);
    let id = digits.strip_prefix('0')?;
    id.bytes().all(|b| b.is_ascii_digit()).then(|| id.to_owned())
}

/// The type of the device, as lines of text write it.
pub(super) fn kind_of_device(frame: &[u8]) -> Option<String> {
    let at = id_at(frame)? + ID_BYTES;
    frame.get(at..at + 2).map(hex)
}

/// Reads the records. One that is broken costs only itself.
pub(super) fn read<A>(
    frame: &[u8],
    form: &Form,
    empty: &dyn Fn() -> Draft,
    drafts: &mut Vec<Draft>,
    said: &mut Said<A>,
) {
    let end = frame.len().saturating_sub(TRAILER_BYTES);
    let mut r = Reader::new(frame.get(id_at(frame).unwrap_or(end)..end).unwrap_or_default());
    if head(&mut r).is_err() {
        return said.bad(end, Reject::Truncated);
    }
    while r.remaining() > 0 {
        let at = end - r.remaining();
        let Ok(record) = variable(&mut r).and_then(|length| r.take(length)) else {
            return said.fault(at, Reject::Truncated);
        };
        if drafts.len() >= form.reports_max {
            return said.fault(at, Reject::TooManyReports { reports_max: form.reports_max });
        }
        let mut d = empty();
        if self::record(&mut Reader::new(record), form.utc_offset_s, &mut d).is_err() {
            said.fault(at, Reject::Truncated);
        }
        drafts.push(d);
    }
}

/// Identifier, type of device, version, and what owners may add.
fn head(r: &mut Reader<'_>) -> Result<(), Truncated> {
    r.take(ID_BYTES + 2 + 2 + 1)?;
    let added = r.u8()?;
    r.take(added.into())?;
    Ok(())
}

/// A number in one byte, or in two if the highest bit is set.
fn variable(r: &mut Reader<'_>) -> Result<usize, Truncated> {
    let first = usize::from(r.u8()?);
    if first & 0x80 == 0 {
        return Ok(first);
    }
    Ok((first & 0x7F) << 8 | usize::from(r.u8()?))
}

fn record(r: &mut Reader<'_>, utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    let sent = time(r.u32()?, utc_offset_s);
    r.u16()?;
    d.own("queclink_record", i64::from(r.u8()?));
    d.set(attr::EVENT_CODE, i64::from(r.u8()?));
    let whole = items(r, utc_offset_s, d);
    d.time = d.time.or(sent);
    d.device_time(sent);
    whole
}

fn items(r: &mut Reader<'_>, utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    let mut others = String::new();
    let mut read = || -> Result<(), Truncated> {
        while r.remaining() > 0 {
            let number = variable(r)?;
            let length = variable(r)?;
            let value = r.take(length)?;
            match number {
                PLACE => place(&mut Reader::new(value), utc_offset_s, d)?,
                // Names are few; numbers need not be.
                0..=255 => d.own_hex(&format!("queclink_item_{number}"), value),
                _ => {
                    // Writing to a string cannot fail.
                    let _ = write!(others, "{}{number}:{}", if others.is_empty() { "" } else { " " }, hex(value));
                }
            }
        }
        Ok(())
    };
    let whole = read();
    d.own_text("queclink_items", others.as_bytes());
    whole
}

fn place(r: &mut Reader<'_>, utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    let state = r.u8()?;
    let longitude = f64::from(r.i32()?) / 1e6;
    let latitude = f64::from(r.i32()?) / 1e6;
    let fixed = time(r.u32()?, utc_offset_s);
    let speed_kmh = f64::from(r.u16()?) / 10.0;
    let hdop = f64::from(r.u8()?) / 10.0;
    let heading_deg = r.u16()?;
    // Below the sea in two's complement.
    let altitude = (r.u24()? << 8) as i32 >> 8;
    let satellites = r.u8()?;
    d.at(latitude, longitude);
    d.valid(state >> 2 & 3 == HAS_FIX);
    d.time = fixed;
    d.speed_kmh(speed_kmh);
    d.float(attr::HDOP, hdop);
    d.heading_deg(heading_deg.into());
    d.altitude_m(f64::from(altitude) / 10.0);
    d.satellites(satellites);
    Ok(())
}

fn time(s: u32, utc_offset_s: i32) -> Option<Timestamp> {
    let local = Timestamp::from_s(s.into()).filter(|_| s != 0)?;
    Some(local.plus_ms(-i64::from(utc_offset_s) * 1_000))
}
