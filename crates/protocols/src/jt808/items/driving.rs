//! Items of how the vehicle is driven: alarms of driving, assistants, cameras on the driver, and tyres.
//!
//! Names of the family's own: `jt808_alarms`, `jt808_switches`, `jt808_more_alarms`, and, for `adas` and `dsm`,
//! `_alarm_id`, `_state`, `_type` and `_label`; `driving_alarm_id`, `driving_state`, `driving_type`;
//! `tire_sensor_<n>` and `tire_state_<n>`.

use model::{DeviceSettings, attr};

use super::super::status::{VENDOR_BASE, bit};
use super::{Item, Taken};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;

/// Models one of whose bits is the door.
const WITH_DOOR: &[&str] = &["MV710G", "MV810G"];
const DOOR: u32 = 16;

pub(super) fn read(id: u8, value: &[u8], settings: &DeviceSettings, draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match (id, value.len()) {
        (0x57, 4..) => return alarms(&mut r, settings, draft),
        (0x64, 6..) => return assistant(value, ["adas_alarm_id", "adas_state", "adas_type", "adas_label"], id, draft),
        (0x65, 6..) => return assistant(value, ["dsm_alarm_id", "dsm_state", "dsm_type", "dsm_label"], id, draft),
        (0x70, 6..) => return driving(value, draft),
        (0x77, 7..) if value.len().is_multiple_of(8) || value.len().is_multiple_of(7) => tyres(value, draft)?,
        (0xE7, 8) => {
            super::events(u32::from(r.u16()?), &[(0, 113), (1, 202), (2, 202), (3, 202)], draft);
            return Ok(Taken::Part);
        }
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

fn alarms(r: &mut Reader<'_>, settings: &DeviceSettings, draft: &mut Draft) -> Item {
    let alarms = r.u16()?;
    draft.own("jt808_alarms", i64::from(alarms));
    super::events(alarms.into(), &[(8, 240), (9, 241), (10, 239)], draft);
    draft.own("jt808_switches", i64::from(r.u16()?));
    if r.remaining() == 4 {
        let more = r.u32()?;
        draft.own("jt808_more_alarms", i64::from(more));
        if settings.is_model(WITH_DOOR) && bit(more, DOOR) {
            draft.event(109);
        }
    }
    Ok(if r.remaining() == 0 { Taken::Whole } else { Taken::Part })
}

/// An alarm of a camera. What else it says of the moment is in the location, and kept as it is.
fn assistant(value: &[u8], [id_name, state, kind, label]: [&str; 4], item: u8, draft: &mut Draft) -> Item {
    const LABELLED_BYTES: usize = 47;
    const LABEL_BYTES: usize = 16;
    let mut r = Reader::new(value);
    draft.own(id_name, i64::from(r.u32()?));
    draft.own(state, i64::from(r.u8()?));
    let code = r.u8()?;
    draft.own(kind, i64::from(code));
    // Which maker's kind it is, so that codes of different items stay apart.
    let vendor = u32::from(item) << 8 | u32::from(code);
    draft.set(attr::EVENT_CODE, i64::from(vendor));
    draft.event(match (item, code) {
        (0x64, 2) => 236,
        (0x65, 1) => 230,
        _ => VENDOR_BASE + vendor,
    });
    if value.len() >= LABELLED_BYTES {
        draft.own(label, hex(&value[value.len() - LABEL_BYTES..]).as_str());
    }
    Ok(if r.remaining() == 0 { Taken::Whole } else { Taken::Part })
}

fn driving(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    draft.own("driving_alarm_id", i64::from(r.u32()?));
    draft.own("driving_state", i64::from(r.u8()?));
    let kind = r.u8()?;
    draft.own("driving_type", i64::from(kind));
    let vendor = 0x7000 | u32::from(kind);
    draft.set(attr::EVENT_CODE, i64::from(vendor));
    draft.event(match kind {
        1 => 240,
        2 => 241,
        3 => 239,
        0x16 => 242,
        _ => VENDOR_BASE + vendor,
    });
    Ok(if r.remaining() == 0 { Taken::Whole } else { Taken::Part })
}

/// Wheels, each with its sensor, pressure, temperature, and mostly a state.
fn tyres(value: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    const WITH_STATE_BYTES: usize = 8;
    const PRESSURE: u16 = 0x03FF;
    /// Steps in a bar, and kilopascals in one.
    const STEPS: f64 = 40.0;
    const KPA: f64 = 100.0;
    let has_state = value.len().is_multiple_of(WITH_STATE_BYTES);
    let mut r = Reader::new(value);
    while r.remaining() > 0 {
        let wheel = u32::from(r.u8()?);
        draft.own(&format!("tire_sensor_{wheel}"), hex(r.take(3)?).as_str());
        draft.numbered("tire_pressure_", wheel, f64::from(r.u16()? & PRESSURE) / STEPS * KPA);
        draft.numbered("tire_temperature_", wheel, f64::from(r.u8()?) - 50.0);
        if has_state {
            draft.own(&format!("tire_state_{wheel}"), i64::from(r.u8()?));
        }
    }
    Ok(())
}
