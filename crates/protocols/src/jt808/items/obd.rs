//! Items of what the vehicle's own diagnosis says.
//!
//! Names of the family's own: `obd_air_flow`, `obd_intake_pressure`, `obd_fuel_used`, `obd_consumption_now`,
//! `obd_consumption_average`, `trip_fuel`, `jt808_battery_state`, `jt808_obd_head`,
//! `jt808_obd_0112` to `jt808_obd_0114` (counts).

use model::{AttributeId, attr};

use super::super::text::{decode, is_printable};
use super::{Item, Taken};
use crate::bytes::Reader;
use crate::draft::Draft;

/// A share of 255 in percent.
const PERCENT_PER_STEP: f64 = 100.0 / 255.0;
/// What is added to temperatures.
const ABOVE: f64 = 40.0;

/// A number of one to four bytes.
pub(in crate::jt808) fn number(value: &[u8]) -> Option<f64> {
    let fits = (1..=4).contains(&value.len());
    fits.then(|| f64::from(value.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte))))
}

/// One vehicle value: `steps` of the number make a unit, `above` of which are none.
fn set(id: AttributeId, value: &[u8], steps: f64, above: f64, draft: &mut Draft) -> bool {
    number(value).map(|number| draft.float(id, number / steps - above)).is_some()
}

fn own(name: &str, value: &[u8], draft: &mut Draft) -> bool {
    number(value).map(|number| draft.own(name, number as i64)).is_some()
}

/// Items that go on to the end of the message.
pub(super) fn read_all(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    let mut taken = Taken::Whole;
    draft.own("jt808_obd_head", i64::from(r.u8()?));
    while r.remaining() > 0 {
        let (id, length) = (r.u8()?, r.u8()?);
        let value = r.take(length.into())?;
        if !inner(id, value, draft) {
            taken = Taken::Part;
        }
    }
    Ok(taken)
}

fn inner(id: u8, value: &[u8], draft: &mut Draft) -> bool {
    let fuel = AttributeId::nth("fuel_level_", 1);
    match (id, value) {
        (0x01, _) => set(attr::HARDWARE_MILEAGE, value, 10.0, 0.0, draft),
        (0x02, _) => fuel.is_some_and(|fuel| set(fuel, value, 10.0, 0.0, draft)),
        (0x03, _) => set(attr::OBD_SPEED, value, 10.0, 0.0, draft),
        (0x56, [state, level]) => {
            draft.own("jt808_battery_state", i64::from(*state));
            draft.percent(attr::BATTERY_LEVEL, (*level).into());
            true
        }
        (0x61, _) => set(attr::BOARD_VOLTAGE, value, 100.0, 0.0, draft),
        (0x69, _) => set(attr::BATTERY_VOLTAGE, value, 100.0, 0.0, draft),
        (0x80, _) => set(attr::OBD_SPEED, value, 1.0, 0.0, draft),
        (0x81, _) => set(attr::OBD_RPM, value, 1.0, 0.0, draft),
        (0x82, _) => set(attr::BOARD_VOLTAGE, value, 10.0, 0.0, draft),
        (0x83, _) => set(attr::OBD_ENGINE_LOAD, value, 1.0, 0.0, draft),
        (0x84, _) => set(attr::OBD_COOLANT_T, value, 1.0, ABOVE, draft),
        (0x85, _) => set(attr::OBD_CONSUMPTION, value, 1.0, 0.0, draft),
        (0x86, _) => set(attr::OBD_INTAKE_AIR_T, value, 1.0, ABOVE, draft),
        (0x87, _) => own("obd_air_flow", value, draft),
        (0x88, _) => own("obd_intake_pressure", value, draft),
        (0x89, _) => set(attr::OBD_THROTTLE, value, 1.0, 0.0, draft),
        (0x8B, _) => words(attr::VIN, value, draft),
        (0x8C, _) => set(attr::OBD_MILEAGE, value, 10.0, 0.0, draft),
        (0x8D, _) => set(attr::TRIP_MILEAGE, value, 1.0, 0.0, draft),
        (0x8E, _) => set(attr::OBD_FUEL, value, 1.0, 0.0, draft),
        (0xA0, _) => words(attr::OBD_DTC_CODES, value, draft),
        (0xCC, _) => words(attr::ICCID, value, draft),
        _ => false,
    }
}

fn words(id: AttributeId, value: &[u8], draft: &mut Draft) -> bool {
    draft.words(id, value);
    is_printable(value)
}

/// Values at fixed places. Some of them are not known.
pub(super) fn read_fixed(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    draft.scaled(attr::BOARD_VOLTAGE, r.u16()?, 10.0);
    draft.set(attr::OBD_RPM, i64::from(r.u16()?));
    draft.set(attr::OBD_SPEED, i64::from(r.u8()?));
    draft.float(attr::OBD_THROTTLE, f64::from(r.u8()?) * PERCENT_PER_STEP);
    draft.float(attr::OBD_ENGINE_LOAD, f64::from(r.u8()?) * PERCENT_PER_STEP);
    draft.float(attr::OBD_COOLANT_T, f64::from(r.u8()?) - ABOVE);
    r.take(2)?;
    draft.scaled(attr::OBD_CONSUMPTION, r.u16()?, 100.0);
    r.take(2 + 4 + 2)?;
    draft.own("obd_fuel_used", model::Value::float(f64::from(r.u16()?) / 100.0).unwrap_or(model::Value::Int(0)));
    Ok(Taken::Part)
}

/// Values with numbers of two bytes.
pub(super) fn read_listed(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    let mut taken = Taken::Whole;
    while r.remaining() > 0 {
        let (id, length) = (r.u16()?, r.u8()?);
        let value = r.take(length.into())?;
        if !listed(id, value, draft) {
            taken = Taken::Part;
        }
    }
    Ok(taken)
}

fn listed(id: u16, value: &[u8], draft: &mut Draft) -> bool {
    match id {
        0x0002 => set(attr::OBD_SPEED, value, 10.0, 0.0, draft),
        0x0003 => set(attr::OBD_RPM, value, 1.0, 0.0, draft),
        0x0004 => set(attr::BOARD_VOLTAGE, value, 1_000.0, 0.0, draft),
        0x0005 => set(attr::OBD_MILEAGE, value, 10.0, 0.0, draft),
        0x0007 => set(attr::OBD_CONSUMPTION, value, 10.0, 0.0, draft),
        0x0008 => set(attr::OBD_ENGINE_LOAD, value, 10.0, 0.0, draft),
        0x0009 => set(attr::OBD_COOLANT_T, value, 1.0, ABOVE, draft),
        0x000B => own("obd_intake_pressure", value, draft),
        0x000C => set(attr::OBD_INTAKE_AIR_T, value, 1.0, ABOVE, draft),
        0x000D => own("obd_air_flow", value, draft),
        0x000E => set(attr::OBD_THROTTLE, value, 1.0 / PERCENT_PER_STEP, 0.0, draft),
        0x0050 => words(attr::VIN, value, draft),
        0x0100 => set(attr::TRIP_MILEAGE, value, 10.0, 0.0, draft),
        0x0102 => {
            let litres = number(value).and_then(|tenths| model::Value::float(tenths / 10.0));
            litres.map(|litres| draft.own("trip_fuel", litres)).is_some()
        }
        0x0112..=0x0114 => own(&format!("jt808_obd_{id:04x}"), value, draft),
        _ => false,
    }
}

/// What a text of values begins with.
const TEXT: &str = "$OBD-RT";

/// Whether the bytes are a text of values.
pub(in crate::jt808) fn is_text(value: &[u8]) -> bool {
    value.starts_with(TEXT.as_bytes())
}

/// Reads a text of values: each has its place.
pub(in crate::jt808) fn read_text(value: &[u8], draft: &mut Draft) -> Item {
    const PLACES: [AttributeId; 6] = [
        attr::BOARD_VOLTAGE,
        attr::OBD_RPM,
        attr::OBD_SPEED,
        attr::OBD_THROTTLE,
        attr::OBD_ENGINE_LOAD,
        attr::OBD_COOLANT_T,
    ];
    let text = decode(value, draft.text_bytes_max());
    let mut cells = text.split(',').skip(1).map(|cell| cell.trim().parse::<f64>().ok());
    let mut taken = Taken::Whole;
    for id in PLACES {
        match cells.next() {
            Some(Some(number)) => draft.float(id, number),
            _ => taken = Taken::Part,
        }
    }
    let own = ["obd_consumption_now", "obd_consumption_average", "", "", "trip_fuel", "obd_fuel_used"];
    for (nth, name) in own.into_iter().enumerate() {
        match (cells.next(), nth) {
            (Some(Some(number)), 2) => draft.float(attr::TRIP_MILEAGE, number),
            (Some(Some(number)), 3) => draft.float(attr::OBD_MILEAGE, number),
            (Some(Some(number)), _) => draft.own(name, model::Value::float(number).unwrap_or(model::Value::Int(0))),
            _ => taken = Taken::Part,
        }
    }
    Ok(taken)
}
