//! Items of locks and the seals of containers.
//!
//! Names of the family's own: `jt808_mode`, `jt808_mode_text`, `jt808_event`, and, numbered from 1, `lock_id_`,
//! `lock_battery_voltage_`, `lock_battery_level_`, `lock_sealed_`, `lock_state_`, `lock_card_`, `lock_locked_`;
//! `lock_password`, `string_cuts`, `string_cut`, `cover`, `container`.

use model::attr;

use super::super::status::{VENDOR_BASE, bit};
use super::super::text::decode;
use super::{Item, Taken};
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;

/// Bytes of a lock in the two lists of them.
const SEAL_BYTES: usize = 11;
const LOCK_BYTES: usize = 13;

pub(super) fn read(id: u8, value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match (id, value.len()) {
        (0x33, 1) => draft.own("jt808_mode", i64::from(r.u8()?)),
        (0x33, 2..) => mode(value, draft),
        (0x60, 2..) => return event(value, draft),
        (0x63, SEAL_BYTES..) if value.len().is_multiple_of(SEAL_BYTES) => seals(&mut r, draft)?,
        (0x67, 1..) => draft.own_words("lock_password", value),
        (0xD5, 2) => draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0),
        (0xD5, 3..) => locks(&mut r, draft)?,
        (0xDA, 3) => {
            draft.own("string_cuts", i64::from(r.u16()?));
            let state = u32::from(r.u8()?);
            draft.own("string_cut", bit(state, 0));
            draft.set(attr::IS_MOVING, bit(state, 2));
            draft.own("cover", bit(state, 3));
        }
        (0xFB, 1..) => draft.own_words("container", value),
        (0xFC, 1) => draft.set(attr::GEOFENCE_NUMBER, i64::from(r.u8()?)),
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

/// A text, in some of which the battery's voltage has its place.
fn mode(value: &[u8], draft: &mut Draft) {
    const WITH_BATTERY: &str = "*M00";
    const VOLTAGE: std::ops::Range<usize> = 10..13;
    let text = decode(value, draft.text_bytes_max());
    if text.starts_with(WITH_BATTERY)
        && let Some(hundredths) = text.get(VOLTAGE).and_then(|digits| digits.parse::<u16>().ok())
    {
        draft.scaled(attr::BATTERY_VOLTAGE, hundredths, 100.0);
    }
    draft.own("jt808_mode_text", text.as_str());
}

/// What happened; with some, the lock and the card that opened it.
fn event(value: &[u8], draft: &mut Draft) -> Item {
    const WITH_CARD: std::ops::RangeInclusive<u16> = 0x61..=0x66;
    const CARD_BYTES: usize = 8;
    let mut r = Reader::new(value);
    let code = r.u16()?;
    draft.own("jt808_event", i64::from(code));
    draft.set(attr::EVENT_CODE, i64::from(code));
    draft.event(VENDOR_BASE + u32::from(code));
    let rest = r.rest();
    match rest.len().checked_sub(CARD_BYTES) {
        Some(at) if WITH_CARD.contains(&code) => {
            draft.words(attr::HARDWARE_KEY, &rest[at..]);
            if at > 0 {
                draft.own("lock_id_1", hex(&rest[..at]).as_str());
            }
        }
        _ if rest.is_empty() => {}
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

fn seals(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    const SEALED: u8 = b'1';
    let mut n = 0;
    while r.remaining() > 0 {
        n += 1;
        draft.own(&format!("lock_id_{n}"), hex(r.take(6)?).as_str());
        draft.numbered("lock_battery_voltage_", n, f64::from(r.u16()?) / 1_000.0);
        draft.own(&format!("lock_sealed_{n}"), r.u8()? == SEALED);
        draft.own(&format!("lock_state_{n}"), hex(r.take(2)?).as_str());
    }
    Ok(())
}

fn locks(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    const OPEN: u32 = 5;
    let count = r.u8()?;
    if r.remaining() != usize::from(count) * LOCK_BYTES {
        return Err(Truncated);
    }
    for n in 1..=count {
        draft.own(&format!("lock_id_{n}"), hex(r.take(5)?).as_str());
        draft.own(&format!("lock_card_{n}"), hex(r.take(5)?).as_str());
        draft.own(&format!("lock_battery_level_{n}"), i64::from(r.u8()?));
        let state = u32::from(r.u16()?);
        draft.own(&format!("lock_state_{n}"), i64::from(state));
        draft.own(&format!("lock_locked_{n}"), !bit(state, OPEN));
    }
    Ok(())
}
