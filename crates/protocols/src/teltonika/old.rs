//! Codec 7, of old personal units: short records whose parts are announced by masks.

use model::{Report, Timestamp, attr};

use super::record::Packet;
use crate::bytes::{Reader, Truncated};
use crate::draft::{Cell, Draft};

/// 2007-01-01T00:00:00Z, where times count from.
const EPOCH_S: i64 = 1_167_609_600;
/// The time is in the low bits; the two above are the priority.
const TIME_BITS: u32 = 30;
/// Time and mask.
const RECORD_BYTES_MIN: usize = 5;
const SOS: u32 = 202;
/// The most bars of reception.
const BARS_MAX: u8 = 5;

/// Reads the records of a packet. Those before a broken one are kept.
pub(super) fn decode(data: &[u8], text_bytes_max: usize) -> Packet {
    let mut r = Reader::new(data.get(1..).unwrap_or_default());
    let Ok(announced) = r.u8() else { return Packet { reports: Vec::new(), announced: 0, broken_at: Some(0) } };
    let mut reports = Vec::with_capacity(usize::from(announced).min(r.remaining() / RECORD_BYTES_MIN));
    for _ in 0..announced {
        let at = data.len() - r.remaining();
        match record(&mut r, text_bytes_max) {
            Ok(report) => reports.push(report),
            Err(Truncated) => return Packet { reports, announced, broken_at: Some(at) },
        }
    }
    Packet { reports, announced, broken_at: None }
}

fn record(r: &mut Reader<'_>, text_bytes_max: usize) -> Result<Report, Truncated> {
    let head = r.u32()?;
    let parts = r.u8()?;
    let mut d = Draft::new(text_bytes_max);
    let since_epoch_s = head & ((1 << TIME_BITS) - 1);
    // A clock that was never set says 0.
    if since_epoch_s != 0 {
        d.time = Timestamp::from_s(EPOCH_S + i64::from(since_epoch_s));
    }
    d.set(attr::PRIORITY, i64::from(head >> TIME_BITS));
    if parts & 1 != 0 {
        position(r, &mut d)?;
    }
    for (bit, width) in [(1, 1), (2, 2), (3, 4)] {
        if parts & (1 << bit) == 0 {
            continue;
        }
        for _ in 0..r.u8()? {
            let id = r.u8()?;
            let raw = match width {
                1 => u32::from(r.u8()?),
                2 => u32::from(r.u16()?),
                _ => r.u32()?,
            };
            element(&mut d, id, raw);
        }
    }
    Ok(d.finish().unwrap_or_default())
}

fn position(r: &mut Reader<'_>, d: &mut Draft) -> Result<(), Truncated> {
    let parts = r.u8()?;
    let has = |bit: u8| parts & (1 << bit) != 0;
    if has(0) {
        let (latitude, longitude) = (f32::from_bits(r.u32()?), f32::from_bits(r.u32()?));
        d.at(f64::from(latitude), f64::from(longitude));
    }
    if has(1) {
        d.altitude_m(f64::from(r.i16()?));
    }
    if has(2) {
        d.heading_deg(f64::from(r.u8()?) * 360.0 / 256.0);
    }
    if has(3) {
        d.speed_kmh(f64::from(r.u8()?));
    }
    if has(4) {
        d.satellites(r.u8()?);
    }
    let cell = if has(5) { Some((r.u16()?, r.u16()?)) } else { None };
    if has(6) {
        let bars = r.u8()?;
        d.own("teltonika_signal", i64::from(bars));
        if bars <= BARS_MAX {
            d.percent(attr::GSM_SIGNAL_LEVEL, f64::from(bars) * 20.0);
        }
    }
    let operator = if has(7) { Some(r.u32()?) } else { None };
    if let Some((lac, cell_id)) = cell {
        d.set(attr::LAC, i64::from(lac));
        d.set(attr::CELL_ID, i64::from(cell_id));
    }
    if let Some(operator) = operator {
        d.set(attr::OPERATOR, i64::from(operator));
        if let (Some((lac, cell_id)), Some((mcc, mnc))) = (cell, super::mcc_mnc(operator.into())) {
            d.cell(Cell { mcc, mnc, lac: lac.into(), cell_id: cell_id.into(), rssi_dbm: None });
        }
    }
    Ok(())
}

fn element(d: &mut Draft, id: u8, raw: u32) {
    let number = i64::from(raw);
    d.set(model::AttributeId::avl_io(id.into()), number);
    match id {
        1 => d.percent(attr::BATTERY_LEVEL, f64::from(raw)),
        2 => d.own("usb", raw != 0),
        5 => d.set(attr::RUN_TIME_S, number),
        20 => d.scaled(attr::HDOP, raw, 10.0),
        21 => d.scaled(attr::VDOP, raw, 10.0),
        22 => d.scaled(attr::PDOP, raw, 10.0),
        67 => d.scaled(attr::BATTERY_VOLTAGE, raw, 1_000.0),
        221 => d.own("button", number),
        222 if raw == 1 => d.event(SOS),
        240 => d.set(attr::IS_MOVING, raw != 0),
        244 => d.own("roaming", raw != 0),
        _ => {}
    }
}
