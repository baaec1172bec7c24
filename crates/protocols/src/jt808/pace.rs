//! Pace data: what vehicles say of themselves to terminals that ask them, as transparent data.
//!
//! Names of the family's own: `jt808_vehicle`, `jt808_kind`, `obd_fuel_used`, `jt808_pace` (what is not known).

use model::{AttributeId, Report, Value, attr};

use super::items::obd::number;
use super::location::{PARTS_PER_DEGREE, draft, time};
use super::status::{VENDOR_BASE, hemispheres, status};
use super::text::decode;
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::framed::Context;

const VALUES: u8 = 0x01;
const FAULTS: u8 = 0x02;
const ALARMS: u8 = 0x03;
const VEHICLE: u8 = 0x0B;
const BEHAVIOUR: u8 = 0x15;

/// Alarms, and their events.
const EVENTS: &[(u8, u32)] = &[
    (0x01, 4),
    (0x02, 2),
    (0x0E, 302),
    (0x1A, 240),
    (0x1B, 241),
    (0x1C, 239),
    (0x1D, 236),
    (0x1E, 236),
    (0x1F, 236),
    (0x23, 230),
    (0x25, 224),
    (0x26, 242),
    (0x27, 242),
    (0x28, 242),
    (0x31, 109),
    (0x32, 109),
];

pub(super) fn read(data: &[u8], context: &Context<'_>) -> Result<Option<Report>, Truncated> {
    let mut r = Reader::new(data);
    let mut draft = draft(context);
    draft.time = time(r.take(6)?, context);
    draft.archived(r.u8()? != 0);
    draft.own("jt808_vehicle", i64::from(r.u8()?));
    let kind = r.u8()?;
    draft.own("jt808_kind", i64::from(kind));
    let content = r.rest();
    let is_whole = match kind {
        VALUES => values(&mut r, &mut draft)?,
        FAULTS => faults(&mut r, &mut draft)?,
        ALARMS => alarms(&mut r, &mut draft)?,
        VEHICLE => {
            r.u8()?;
            draft.words(attr::VIN, r.rest());
            true
        }
        BEHAVIOUR => {
            behaviour(r.u32()?, &mut draft);
            true
        }
        _ => false,
    };
    if matches!(kind, VALUES | FAULTS | ALARMS) {
        place(&mut r, &mut draft)?;
    }
    if !is_whole {
        draft.own_hex("jt808_pace", content);
    }
    Ok(draft.finish())
}

/// Status and coordinates.
fn place(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let word = r.u32()?;
    let (north, east) = hemispheres(word);
    let (latitude, longitude) = (f64::from(r.u32()?), f64::from(r.u32()?));
    draft.at(north * latitude / PARTS_PER_DEGREE, east * longitude / PARTS_PER_DEGREE);
    status(word, draft);
    Ok(())
}

/// Values with numbers of two bytes. Whether all of them are known.
fn values(r: &mut Reader<'_>, draft: &mut Draft) -> Result<bool, Truncated> {
    let mut is_whole = true;
    for _ in 0..r.u8()? {
        let (id, length) = (r.u16()?, r.u8()?);
        let raw = r.take(length.into())?;
        is_whole &= value(id, raw, draft);
    }
    Ok(is_whole)
}

fn value(id: u16, raw: &[u8], draft: &mut Draft) -> bool {
    if id == 0xFEEC {
        draft.words(attr::VIN, raw);
        return true;
    }
    let Some(number) = number(raw) else { return false };
    match id {
        0x0102 | 0x0528 | 0x0546 => draft.float(attr::HARDWARE_MILEAGE, number / 10.0),
        0x0103 | 0x052A => fuel(number / 100.0, draft),
        0x0105 | 0x052C => {
            if let Some(litres) = Value::float(number / 100.0) {
                draft.own("obd_fuel_used", litres);
            }
        }
        0x052B => draft.percent(attr::OBD_FUEL, number),
        0x052D => draft.float(attr::OBD_COOLANT_T, number - 40.0),
        0x0530 => draft.float(attr::BOARD_VOLTAGE, number / 1_000.0),
        0x0535 => draft.float(attr::OBD_SPEED, number / 10.0),
        0x0536 => draft.float(attr::OBD_RPM, number),
        0x0547 | 0x0548 => draft.float(attr::OBD_THROTTLE, number),
        _ => return false,
    }
    true
}

fn fuel(litres: f64, draft: &mut Draft) {
    if let Some(id) = AttributeId::nth("fuel_level_", 1) {
        draft.float(id, litres);
    }
}

/// Fault codes, by system.
fn faults(r: &mut Reader<'_>, draft: &mut Draft) -> Result<bool, Truncated> {
    let (mut codes, mut count) = (String::new(), 0i64);
    for _ in 0..r.u16()? {
        r.u32()?;
        for _ in 0..r.u16()? {
            r.take(8)?;
            let length = r.u16()?;
            let code = decode(r.take(length.into())?, draft.text_bytes_max());
            if !code.is_empty() && codes.len() + code.len() < draft.text_bytes_max() {
                codes.push_str(if codes.is_empty() { "" } else { " " });
                codes.push_str(&code);
            }
            count += 1;
        }
    }
    draft.words(attr::OBD_DTC_CODES, codes.as_bytes());
    draft.set(attr::OBD_DTC_NUMBER, count);
    Ok(true)
}

/// Alarms. Whether nothing but their numbers was told.
fn alarms(r: &mut Reader<'_>, draft: &mut Draft) -> Result<bool, Truncated> {
    let mut is_whole = true;
    for nth in 0..r.u8()? {
        let (id, length) = (r.u8()?, r.u8()?);
        is_whole &= r.take(length.into())?.is_empty();
        if nth == 0 {
            draft.set(attr::EVENT_CODE, i64::from(id));
        }
        let known = EVENTS.iter().find(|(known, _)| *known == id);
        draft.event(known.map_or(VENDOR_BASE + u32::from(id), |(_, event)| *event));
    }
    Ok(is_whole)
}

/// How the vehicle is driven. The numbers come in decimal and, from some, as the same digits in hexadecimal.
fn behaviour(code: u32, draft: &mut Draft) {
    draft.set(attr::EVENT_CODE, i64::from(code));
    draft.event(match code {
        51 | 0x51 => 240,
        52 | 0x52 => 241,
        53 | 0x53 => 239,
        54 | 0x54 => 236,
        56 | 0x56 => 242,
        _ => VENDOR_BASE.saturating_add(code),
    });
}
