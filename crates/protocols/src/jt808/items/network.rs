//! Items of cell towers and Wi-Fi stations.

use super::{Item, Taken};
use crate::bytes::{Reader, Truncated};
use crate::draft::{Cell, Draft};

const MAC_BYTES: usize = 6;
const STATION_BYTES: usize = MAC_BYTES + 1;
const TOWER_BYTES: usize = 13;

pub(super) fn read(id: u8, value: &[u8], draft: &mut Draft) -> Item {
    let mut r = Reader::new(value);
    match id {
        0xEC | 0xF4 if value.len().is_multiple_of(STATION_BYTES) => stations(&mut r, draft)?,
        0xF0 if value.len().is_multiple_of(TOWER_BYTES) => towers(&mut r, draft)?,
        _ => return Ok(Taken::Part),
    }
    Ok(Taken::Whole)
}

/// A signal strength in the form of modems, or in dBm with or without its sign: no other reading makes it one.
pub(super) fn rssi_dbm(raw: u8) -> Option<i16> {
    match raw {
        0 => None,
        1..=31 => Some(-113 + 2 * i16::from(raw)),
        32..=0x7F => Some(-i16::from(raw)),
        _ => Some(i16::from(raw.cast_signed())),
    }
}

fn stations(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    while r.remaining() > 0 {
        let mac = r.take(MAC_BYTES)?;
        let rssi = r.u8()?.cast_signed();
        draft.wifi(mac, Some(rssi.into()));
    }
    Ok(())
}

/// Towers, each with its network.
fn towers(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    while r.remaining() > 0 {
        let (mcc, mnc) = (r.u16()?, r.u16()?);
        let (cell_id, lac) = (r.u32()?.into(), r.u32()?);
        draft.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: rssi_dbm(r.u8()?) });
    }
    Ok(())
}

/// A network with two bytes each for country and operator, and its towers.
pub(super) fn cells_of_one_network(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let (mcc, mnc) = (r.u16()?, r.u16()?);
    while r.remaining() > 0 {
        let (lac, cell_id) = (r.u24()?, r.u32()?.into());
        draft.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: rssi_dbm(r.u8()?) });
    }
    Ok(())
}

/// A network with one byte for its operator, and its small towers.
pub(super) fn small_cells_of_one_network(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let (mcc, mnc) = (r.u16()?, r.u8()?.into());
    while r.remaining() > 0 {
        let (lac, cell_id) = (r.u16()?.into(), r.u16()?.into());
        draft.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: rssi_dbm(r.u8()?) });
    }
    Ok(())
}
