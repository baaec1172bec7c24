//! What follows a location: items, each with a number and its length. The same numbers mean other things to other
//! makers; where lengths do not tell them apart, the model that is set does.
//!
//! An item that is not known, or does not fit what is known of it, is kept as `jt808_item_<number>` in hexadecimal.

mod driving;
mod extended;
mod jimi;
mod locks;
mod network;
pub(super) mod obd;
mod power;
mod sensors;
mod standard;

use model::DeviceSettings;

pub(super) use standard::lock;

use super::status::bit;
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;
use crate::framed::Context;

/// What came of reading an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// All that it says is in the report.
    Whole,
    /// Some of it is, or nothing: its bytes are to be kept.
    Part,
}

pub(super) type Item = Result<Taken, Truncated>;

/// Numbers of items that are looked at before the others, or are not as the others are.
const AREA: u8 = 0x12;
const TO_THE_END: u8 = 0x80;

/// Reads items. Where one leaves the bytes, if one does.
pub(super) fn read(all: &[u8], context: &Context<'_>, draft: &mut Draft) -> Option<usize> {
    let mut r = Reader::new(all);
    while r.remaining() > 0 {
        let at = all.len() - r.remaining();
        let (Ok(id), Ok(length)) = (r.u8(), r.u8()) else { return Some(at) };
        // What its length says is not so.
        let length = if id == TO_THE_END { r.remaining() } else { usize::from(length) };
        let Ok(value) = r.take(length) else { return Some(at) };
        item(id, value, context.settings, draft);
    }
    None
}

fn item(id: u8, value: &[u8], settings: &DeviceSettings, draft: &mut Draft) {
    let taken = match id {
        0x01..=0x31 => standard::read(id, value, draft),
        0x33 | 0x60 | 0x63 | 0x67 | 0xD5 | 0xDA | 0xFB | 0xFC => locks::read(id, value, draft),
        0x57 | 0x64 | 0x65 | 0x70 | 0x77 | 0xE7 => driving::read(id, value, settings, draft),
        TO_THE_END => obd::read_all(value, draft),
        0x91 => obd::read_fixed(value, draft),
        0x94 => words(model::attr::VIN, value, draft),
        0xE8 if settings.is_model(jimi::MODELS) => jimi::read(value, draft),
        0xEB => extended::read(value, draft),
        0xEC | 0xF0 | 0xF4 => network::read(id, value, draft),
        0xE6 | 0xEA | 0xF3 | 0xF5..=0xF9 => sensors::read(id, value, settings, draft),
        _ => power::read(id, value, settings, draft),
    };
    if taken != Ok(Taken::Whole) {
        draft.own(&format!("jt808_item_{id:02x}"), hex(value).as_str());
    }
}

fn words(id: model::AttributeId, value: &[u8], draft: &mut Draft) -> Item {
    draft.words(id, value);
    Ok(if value.is_empty() { Taken::Part } else { Taken::Whole })
}

/// The address of a radio, as people write it.
pub(super) fn mac(raw: &[u8]) -> String {
    let parts: Vec<String> = raw.iter().map(|byte| format!("{byte:02X}")).collect();
    parts.join(":")
}

/// Events for bits that are set.
pub(super) fn events(word: u32, bits: &[(u32, u32)], draft: &mut Draft) {
    for (at, event) in bits {
        if bit(word, *at) {
            draft.event(*event);
        }
    }
}

/// The event of entering or leaving an area or route, if an item says which it was.
pub(super) fn direction(all: &[u8]) -> Option<u32> {
    const GEOFENCE_IN: u32 = 409;
    const GEOFENCE_OUT: u32 = 410;
    let mut r = Reader::new(all);
    while let (Ok(id), Ok(length)) = (r.u8(), r.u8()) {
        let value = r.take(length.into()).ok()?;
        match (id, value) {
            (AREA, [_, _, _, _, _, 0]) => return Some(GEOFENCE_IN),
            (AREA, [_, _, _, _, _, 1]) => return Some(GEOFENCE_OUT),
            (TO_THE_END, _) => return None,
            _ => {}
        }
    }
    None
}

const SHORT_FORM_BYTES: usize = 18;

/// Whether these are no items but a few numbers without names. Items of the standard may come to the same length.
pub(super) fn short_form(all: &[u8]) -> bool {
    all.len() == SHORT_FORM_BYTES && !are_items(all)
}

/// Whether the bytes are items to the last, and the first is one of the standard's.
fn are_items(all: &[u8]) -> bool {
    let mut r = Reader::new(all);
    let is_usual = matches!(all, [0x01, 4, ..] | [0x02 | 0x03 | 0x04 | 0x2A, 2, ..] | [0x25 | 0x2B, 4, ..])
        || matches!(
            all,
            [0x06 | 0x30 | 0x31, 1, ..] | [0x11, 1 | 5, ..] | [0x12, 6, ..] | [0x13, 7, ..] | [0x14, 4, ..]
        )
        || matches!(all, [first, ..] if *first > 0x31);
    while r.remaining() > 0 {
        let (Ok(id), Ok(length)) = (r.u8(), r.u8()) else { return false };
        if id == 0 || r.take(length.into()).is_err() {
            return false;
        }
    }
    is_usual
}

/// Reads those numbers.
pub(super) fn read_short_form(all: &[u8], draft: &mut Draft) -> Result<(), Truncated> {
    let mut r = Reader::new(all);
    draft.own_hex("jt808_short_form_head", r.take(4)?);
    draft.float(model::attr::HARDWARE_MILEAGE, r.u32()?.into());
    draft.scaled(model::attr::BATTERY_VOLTAGE, r.u16()?, 10.0);
    draft.set(model::attr::GEOFENCE_NUMBER, i64::from(r.u32()?));
    draft.csq(r.u8()?.into());
    draft.own_hex("jt808_short_form_tail", r.take(3)?);
    Ok(())
}
