//! The item in which Jimi's video terminals tell of themselves: kinds of two bytes, each with its length.
//!
//! Names of the family's own: `jt808_mode`, `jt808_buffered`, `data_use`.

use model::attr;

use super::super::login::iccid;
use super::super::status::VENDOR_BASE;
use super::{Item, Taken};
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;

/// The models that have it.
pub(super) const MODELS: &[&str] = &["JC181", "JC182", "JC371", "JC450", "JC451"];

const MODE: u16 = 0x2002;
const POWER: u16 = 0x2003;
const LIST: u16 = 0x2005;

/// Alarms, and their events.
const ALARMS: &[(u16, u32)] = &[
    (0x0001, 303),
    (0x0400, 240),
    (0x0412, 240),
    (0x0401, 241),
    (0x0413, 241),
    (0x0402, 239),
    (0x0414, 239),
    (0x0403, 224),
    (0x0405, 242),
    (0x0416, 242),
    (0x0417, 242),
    (0x0406, 113),
    (0x0407, 101),
    (0x0408, 409),
    (0x0409, 410),
    (0x040C, 109),
    (0x0415, 236),
    (0x0C01, 202),
    (0x0C02, 7),
    (0x0C03, 605),
    (0x0C04, 604),
    (0x0C0E, 2),
    (0x0C0F, 1),
    (0x0C10, 14),
    (0x0C12, 106),
];

pub(super) fn read(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    let mut taken = Taken::Whole;
    while r.remaining() > 0 {
        let kind = r.u16()?;
        // An alarm may be all that is there.
        let length = if r.remaining() == 0 { 0 } else { usize::from(r.u8()?) };
        let inner = r.take(length)?;
        let read = match kind {
            MODE => mode(inner, draft),
            POWER => power(inner, draft),
            LIST => list(inner, draft),
            alarm => {
                draft.set(attr::EVENT_CODE, i64::from(alarm));
                let known = ALARMS.iter().find(|(known, _)| *known == alarm);
                draft.event(known.map_or(VENDOR_BASE + u32::from(alarm), |(_, event)| *event));
                if inner.is_empty() { Ok(()) } else { Err(Truncated) }
            }
        };
        if read.is_err() {
            taken = Taken::Part;
        }
    }
    Ok(taken)
}

fn mode(value: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    let mut r = Reader::new(value);
    draft.own("jt808_mode", i64::from(r.u8()?));
    draft.own("jt808_buffered", i64::from(r.u8()?));
    Ok(())
}

fn power(value: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    const SIXTHS: f64 = 6.0;
    let mut r = Reader::new(value);
    draft.set(attr::CHARGING_STATUS, r.u8()? != 0);
    draft.percent(attr::BATTERY_LEVEL, f64::from(r.u8()?) * 100.0 / SIXTHS);
    draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0);
    draft.csq(r.u8()?.into());
    draft.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    Ok(())
}

fn list(value: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    let mut r = Reader::new(value);
    let mut read = Ok(());
    while r.remaining() > 0 {
        let (id, length) = (r.u16()?, r.u8()?);
        let inner = r.take(length.into())?;
        read = read.and(listed(id, inner, draft));
    }
    read
}

fn listed(id: u16, value: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    let number = super::obd::number(value).ok_or(Truncated);
    match id {
        0x0001 => draft.float(attr::BATTERY_VOLTAGE, number? / 100.0),
        0x0002 => draft.own("data_use", number? as i64),
        0x0003 => draft.percent(attr::BATTERY_LEVEL, number?),
        0x0004 => draft.set(attr::CHARGING_STATUS, number? == 0.0),
        0x0005 => iccid(value, draft),
        0x0007 => draft.float(attr::HDOP, number? / 10.0),
        0x2001 => draft.float(attr::BOARD_VOLTAGE, number? / 10.0),
        _ => return Err(Truncated),
    }
    Ok(())
}
