//! Kinds that know cells and Wi-Fi points, and no position.

use super::block::CellForm;
use super::draft::{Cell, Draft};
use super::frame::Frame;
use crate::bytes::{Reader, Truncated};

/// Cells in a list that does not count them.
const CELLS: usize = 7;
/// The same of the kinds of newer asset trackers.
const CELLS_SHORT: usize = 6;

/// The strength of a signal is told without its sign; 0 is not measured.
fn dbm(byte: u8) -> Option<i16> {
    (byte != 0).then(|| -i16::from(byte))
}

/// How the list of a kind is laid out.
fn form(kind: u8) -> (CellForm, usize) {
    match kind {
        0xA1 | 0xA2 => (CellForm::LTE, CELLS),
        0x33 => (CellForm::CELL_32, CELLS_SHORT),
        0x34 => (CellForm::CELL_32, CELLS),
        _ => (CellForm::PLAIN, CELLS),
    }
}

/// A network and cells of it, `count` at most.
fn list(d: &mut Draft<'_>, r: &mut Reader<'_>, form: CellForm, count: usize) -> Result<(), Truncated> {
    let (mcc, mnc) = form.network(r)?;
    towers(d, r, form, (mcc, mnc), count)
}

fn towers(
    d: &mut Draft<'_>,
    r: &mut Reader<'_>,
    form: CellForm,
    (mcc, mnc): (u16, u16),
    count: usize,
) -> Result<(), Truncated> {
    for _ in 0..count {
        let (lac, cell_id) = form.tower(r)?;
        let rssi_dbm = dbm(r.u8()?);
        d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm });
    }
    Ok(())
}

/// How far the first cell's tower is, in steps.
fn timing_advance(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    const UNKNOWN: u8 = 0xFF;
    let steps = r.u8()?;
    if steps != UNKNOWN {
        d.own("timing_advance", i64::from(steps));
    }
    Ok(())
}

/// Wi-Fi points, counted by a byte.
fn points(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    for _ in 0..r.u8()? {
        let mac = r.take(6)?;
        d.wifi(mac, dbm(r.u8()?));
    }
    Ok(())
}

/// A date and cells, then perhaps Wi-Fi points.
pub(super) fn cells(d: &mut Draft<'_>, r: &mut Reader<'_>, kind: u8) -> Result<(), Truncated> {
    d.date(r)?;
    let (form, count) = form(kind);
    // Fewer cells than usual are no fault, and no Wi-Fi points follow them.
    let whole = list(d, r, form, count).and_then(|()| timing_advance(d, r));
    if whole.is_ok() && r.remaining() > 0 {
        let _ = points(d, r);
    }
    Ok(())
}

pub(super) fn wanway(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.date(r)?;
    r.u8()?;
    let network = CellForm::PLAIN.network(r)?;
    let count = usize::from(r.u8()?);
    let _ = towers(d, r, CellForm::PLAIN, network, count);
    Ok(())
}

pub(super) fn sl4x(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.date(r)?;
    r.u8()?;
    let _ = list(d, r, CellForm { is_mnc_wide: true, ..CellForm::CELL_32 }, CELLS);
    Ok(())
}

/// An alarm with what is heard around: whether cells are of 4G and how many, points, then alarm and language.
pub(super) fn alarm(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.date(r)?;
    let network = CellForm::PLAIN.network(r)?;
    let form = if r.u8()? != 0 { CellForm::LTE } else { CellForm::PLAIN };
    let count = usize::from(r.u8()?);
    towers(d, r, form, network, count)?;
    timing_advance(d, r)?;
    points(d, r)?;
    d.alarm_and_language(r, true)
}

/// An alarm with one cell.
pub(super) fn cell_alarm(d: &mut Draft<'_>, r: &mut Reader<'_>, kind: u8) -> Result<(), Truncated> {
    let form = if kind == 0xA5 { CellForm::LTE } else { CellForm::PLAIN };
    d.lbs(r, form)?;
    d.status(r, false)
}

/// Points and cells of units whose length byte counts the points.
pub(super) fn counted_by_length(d: &mut Draft<'_>, frame: &Frame<'_>) -> Result<(), Truncated> {
    let mut r = Reader::new(frame.bare);
    d.date_bcd(&mut r)?;
    for _ in 0..frame.announced {
        let mac = r.take(6)?;
        d.wifi(mac, dbm(r.u8()?));
    }
    let Ok(count) = r.u8() else { return Ok(()) };
    let (mcc, mnc) = (r.u16()?, u16::from(r.u8()?));
    for _ in 0..count {
        let (lac, cell_id) = (u32::from(r.u16()?), u64::from(r.u16()?));
        let rssi_dbm = dbm(r.u8()?);
        d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm });
    }
    Ok(())
}

/// Points of which only the addresses are of use.
pub(super) fn addresses(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.date_bcd(r)?;
    for _ in 0..r.u8()? {
        r.take(2)?;
        let mac = r.take(6)?;
        d.wifi(mac, None);
    }
    Ok(())
}
