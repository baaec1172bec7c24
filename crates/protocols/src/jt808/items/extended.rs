//! The item that is a list of its own: cells, a time zone, or values with numbers of two bytes.
//!
//! Names of the family's own: `jt808_time_zone` and `jt808_battery_alarm`.

use model::{AttributeId, attr};

use super::super::login::iccid;
use super::super::status::bit;
use super::super::text::{decode, is_printable};
use super::{Item, Taken, network};
use crate::bytes::Reader;
use crate::draft::{Cell, Draft};

pub(super) fn read(value: &[u8], draft: &mut Draft) -> Item {
    /// Countries have higher numbers than values are long.
    const COUNTRIES: u16 = 200;
    let mut r = Reader::new(value);
    let first = Reader::new(value).u16()?;
    if is_printable(value) {
        draft.own_words("jt808_time_zone", value);
        return Ok(Taken::Whole);
    }
    if first > COUNTRIES && value.len() > 3 && (value.len() - 3).is_multiple_of(5) {
        network::small_cells_of_one_network(&mut r, draft)?;
        return Ok(Taken::Whole);
    }
    let mut taken = Taken::Whole;
    while r.remaining() > 0 {
        let length = usize::from(r.u16()?);
        let mut inner = Reader::new(r.take(length)?);
        let id = inner.u16()?;
        if one(id, inner.rest(), draft) != Ok(Taken::Whole) {
            taken = Taken::Part;
        }
    }
    Ok(taken)
}

fn one(id: u16, value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match (id, value.len()) {
        (0x0001, 2) => draft.nth("fuel_level_", 1, f64::from(r.u16()?) / 10.0),
        (0x0023, 1..) => {
            let fuel = AttributeId::nth("fuel_level_", 2).zip(decode(value, value.len()).parse().ok());
            let Some((id, level)) = fuel else { return Ok(Taken::Part) };
            draft.float(id, level);
        }
        (0x002D, 2) => draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 1_000.0),
        (0x002D, 4) => draft.scaled(attr::BOARD_VOLTAGE, r.u32()?, 1_000.0),
        // A bit that is not set is an alarm.
        (0x0089, 4) => super::events(!r.u32()?, &[(0, 14), (12, 103)], draft),
        (0x00A8 | 0x00E1, 1) => draft.percent(attr::BATTERY_LEVEL, r.u8()?.into()),
        (0x00B2, 10) => iccid(value, draft),
        (0x00B2, 1..) if is_printable(value) => draft.words(attr::ICCID, value),
        (0x00B9, 1..) => return stations(value, draft),
        (0x00C5, 4) => motion(r.u32()?, draft),
        (0x00C6, 1) => {
            let state = r.u8()?;
            draft.own("jt808_battery_alarm", i64::from(state));
            if matches!(state, 3 | 4) {
                draft.event(1);
            }
            return Ok(Taken::Whole);
        }
        (0x00CE, 2) => draft.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0),
        (0x00D8, 9) => {
            let (mcc, mnc) = (r.u16()?, r.u8()?.into());
            let (lac, cell_id) = (r.u16()?.into(), r.u32()?.into());
            draft.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
        }
        _ => return Ok(Taken::Part),
    }
    // Alarms have bits beside those that are known.
    Ok(if matches!(id, 0x0089 | 0x00C5) { Taken::Part } else { Taken::Whole })
}

/// Vibration, where its bit is not set, and whether the device moves.
fn motion(word: u32, draft: &mut Draft) {
    const VIBRATION: u32 = 6;
    const MOTION: u32 = 23;
    if !bit(word, VIBRATION) {
        draft.event(113);
    }
    match word >> MOTION & 3 {
        0 => draft.set(attr::IS_MOVING, true),
        1 => draft.set(attr::IS_MOVING, false),
        _ => {}
    }
}

/// Stations in text: an address and a strength each.
fn stations(value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    r.u8()?;
    let text = decode(r.rest(), value.len());
    let mut cells = text.split(',').map(str::trim);
    let mut taken = Taken::Whole;
    while let Some(address) = cells.next().filter(|address| !address.is_empty()) {
        let rssi = cells.next().and_then(|rssi| rssi.parse::<i16>().ok());
        match mac(address) {
            Some(mac) => draft.wifi(&mac, rssi),
            None => taken = Taken::Part,
        }
    }
    Ok(taken)
}

/// Six bytes in hexadecimal, with or without colons between them.
fn mac(text: &str) -> Option<[u8; 6]> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != ':' && *c != '-')
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    (digits.len() == 12).then(|| bytes.try_into().ok()).flatten()
}
