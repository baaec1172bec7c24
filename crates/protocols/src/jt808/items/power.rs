//! Items of batteries, voltages, fuel and the like: one or two numbers each.
//!
//! Names of the family's own: `driver_name`, `jt808_battery_state`, `steps`.

use model::{DeviceSettings, attr};

use super::standard::analogues;
use super::{Item, Taken, network};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;

const NO_TEMPERATURE: u16 = 0xFFFF;
const SIGN: u16 = 0x8000;
/// A battery level that says that it is charged.
const CHARGING: u8 = 0xFF;
/// Models to which an item that is fuel to others is something else.
const NO_FUEL: &[&str] = &["DT800"];

pub(super) fn read(id: u8, value: &[u8], settings: &DeviceSettings, draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match (id, value.len()) {
        (0x51, 2..) if value.len().is_multiple_of(2) => temperatures(&mut r, draft)?,
        (0x56, 2) => {
            draft.percent(attr::BATTERY_LEVEL, f64::from(r.u8()?) * 10.0);
            draft.own("jt808_battery_state", i64::from(r.u8()?));
        }
        (0x61, 2) => draft.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0),
        (0x68, 2) => draft.percent(attr::BATTERY_LEVEL, f64::from(r.u16()?) / 100.0),
        (0x69, 2) => draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0),
        (0x82 | 0xD3, 2) => draft.scaled(attr::BOARD_VOLTAGE, r.u16()?, 10.0),
        (0xA7, 4) => analogues(&mut r, draft)?,
        (0xAC, 4) => draft.scaled(attr::HARDWARE_MILEAGE, r.u32()?, 1_000.0),
        (0xBC, 1..) => draft.own_words("driver_name", value),
        (0xBD | 0xED, 1..) => draft.words(attr::HARDWARE_KEY, value),
        (0xD0, 4) => {
            super::events(r.u32()?, &[(3, 113)], draft);
            return Ok(Taken::Part);
        }
        (0xD4 | 0xE1 | 0xE9, 1) => level_or_charging(r.u8()?, draft),
        (0xE1, 12..) if (value.len() - 4).is_multiple_of(8) => network::cells_of_one_network(&mut r, draft)?,
        (0xE1, 2) => draft.scaled(attr::BOARD_VOLTAGE, r.u16()?, 10.0),
        (0xD4 | 0xE1 | 0xE9, 4) => draft.set(attr::HARDWARE_KEY, hex(value).as_str()),
        (0xE2, 4) if !settings.is_model(NO_FUEL) => draft.nth("fuel_level_", 1, f64::from(r.u32()?) / 10.0),
        (0xE3, 4) => {
            draft.own("jt808_battery_state", i64::from(r.u8()?));
            draft.percent(attr::BATTERY_LEVEL, r.u8()?.into());
            draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0);
        }
        (0xE4, 2) => {
            draft.set(attr::CHARGING_STATUS, r.u8()? == 0);
            draft.percent(attr::BATTERY_LEVEL, r.u8()?.into());
        }
        (0xE5, 1) => draft.set(attr::IS_MOVING, r.u8()? == 1),
        (0xEE, 6) => {
            draft.csq(r.u8()?.into());
            draft.scaled(attr::BOARD_VOLTAGE, r.u16()?, 1_000.0);
            draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 1_000.0);
            draft.satellites(r.u8()?);
        }
        (0xF1, 4) => draft.scaled(attr::BOARD_VOLTAGE, r.u32()?, 1_000.0),
        (0xF2, 1..) => draft.words(attr::FIRMWARE, value),
        (0xFE, _) => return various(value, draft),
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

fn level_or_charging(level: u8, draft: &mut Draft) {
    if level == CHARGING {
        draft.set(attr::CHARGING_STATUS, true);
    } else {
        draft.percent(attr::BATTERY_LEVEL, level.into());
    }
}

/// Temperatures in tenths, each with a sign of its own.
fn temperatures(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    for n in 1.. {
        if r.remaining() == 0 {
            break;
        }
        let raw = r.u16()?;
        let tenths = f64::from(raw & !SIGN);
        if raw != NO_TEMPERATURE {
            draft.nth("temperature_", n, if raw & SIGN == 0 { tenths } else { -tenths } / 10.0);
        }
    }
    Ok(())
}

/// What the length says it is: a level, a voltage, a mileage, or alarms.
fn various(value: &[u8], draft: &mut Draft) -> Item {
    const ALARMS: u8 = 0x7C;
    const KINDS: &[(u32, u32)] = &[(0, 240), (1, 241), (2, 239), (3, 242), (4, 106)];
    let mut r = Reader::new(value);
    match value {
        [level] => draft.percent(attr::BATTERY_LEVEL, (*level).into()),
        [_, _] => draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 10.0),
        [_, _, _, _] => draft.scaled(attr::HARDWARE_MILEAGE, r.u32()?, 1_000.0),
        [ALARMS, ..] => {
            r.take(1)?;
            let mut taken = Taken::Whole;
            while r.remaining() > 0 {
                let (id, length) = (r.u8()?, r.u8()?);
                match (id, r.take(length.into())?) {
                    (0x01, &[a, b, c, d]) => super::events(u32::from_be_bytes([a, b, c, d]), KINDS, draft),
                    _ => taken = Taken::Part,
                }
            }
            return Ok(taken);
        }
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}
