//! Binary frames whose head is three letters. Positions and events are decoded; of the other kinds only whom they are
//! from is known, and they are kept as they are.
//!
//! Own names: `queclink_state`, `queclink_index`, `queclink_event_data` (in hexadecimal), `queclink_phone`,
//! `queclink_rest` (bytes after the last position), `queclink_inf`, `queclink_crd`, `queclink_lgn` (whole contents).

use model::{Timestamp, attr};

use super::state;
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::{Cell, Draft, moment};

/// Identifiers are numbers of 15 digits; those with many leading zeros are none.
const ID_MIN: u64 = 10_000_000_000_000;
const ID_MAX: u64 = 999_999_999_999_999;

/// Where the identifier stands: after head, length, type of device, and versions of protocol and firmware.
fn id_at(head: &[u8]) -> Option<usize> {
    match head {
        b"+RSP" | b"+BSP" | b"+EVT" | b"+BVT" => Some(16),
        b"+INF" | b"+BNF" => Some(14),
        b"+CRD" | b"+BRD" | b"+LGN" => Some(13),
        b"+ACK" => Some(12),
        b"+HBD" => Some(11),
        _ => None,
    }
}

/// The identifier in a frame.
pub(super) fn identity(frame: &[u8]) -> Option<String> {
    let at = id_at(frame.get(..4)?)?;
    let number = Reader::new(frame.get(at..)?).u64().ok()?;
    (ID_MIN..=ID_MAX).contains(&number).then(|| format!("{number:015}"))
}

/// Whether a frame has positions.
pub(super) fn is_positions(frame: &[u8]) -> bool {
    [b"+RSP", b"+BSP", b"+EVT", b"+BVT"].iter().any(|head| frame.starts_with(*head))
}

/// Whether a frame comes from the device's memory.
pub(super) fn is_archived(frame: &[u8]) -> bool {
    frame.get(1) == Some(&b'B')
}

/// Keeps a frame as it is.
pub(super) fn keep(frame: &[u8], d: &mut Draft) {
    let name = match frame.get(1..4) {
        Some(b"INF" | b"BNF") => "queclink_inf",
        Some(b"CRD" | b"BRD") => "queclink_crd",
        Some(b"LGN") => "queclink_lgn",
        _ => return,
    };
    d.own_hex(name, frame.get(4..).unwrap_or_default());
}

/// A report that tells no more than where the device was near.
const NEAR_A_CELL: u8 = 3;
const GEOFENCE: u8 = 8;
const COMPRESSED: u8 = 100;

/// What reading a frame may look at.
pub(super) struct Form {
    pub(super) utc_offset_s: i32,
    pub(super) reports_max: usize,
}

/// Why a frame could not be read to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    Truncated,
    TooMany,
}

impl From<Truncated> for Cut {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

/// Reads positions. Those before an error are in `drafts`; the last one has what the device says of itself.
pub(super) fn read(frame: &[u8], form: &Form, empty: &dyn Fn() -> Draft, drafts: &mut Vec<Draft>) -> Result<(), Cut> {
    let is_event = frame.get(2) == Some(&b'V');
    let kind = frame.get(4).copied().unwrap_or(0);
    let content = frame.get(24..).unwrap_or_default();
    let mut r = Reader::new(content);
    let whole = head(&mut r, kind, is_event, &mut empty()).map_err(Cut::from).and_then(|()| match kind {
        COMPRESSED if !is_event => compressed(&mut r, form, empty, drafts),
        _ => plain(&mut r, form, empty, drafts),
    });
    // What the device says of itself goes with its newest position, which is only known now.
    let mut newest = drafts.pop().unwrap_or_else(empty);
    newest.set(attr::EVENT_CODE, i64::from(kind));
    let _ = head(&mut Reader::new(content), kind, is_event, &mut newest);
    if whole.is_ok() {
        newest.own_hex("queclink_rest", r.rest());
    }
    drafts.push(newest);
    whole
}

/// What stands before the positions.
fn head(r: &mut Reader<'_>, kind: u8, is_event: bool, d: &mut Draft) -> Result<(), Truncated> {
    device(r, kind, d)?;
    if is_event { event(r, kind, d) } else { phone(r, kind, d) }
}

/// Battery, power, movement and satellites.
fn device(r: &mut Reader<'_>, kind: u8, d: &mut Draft) -> Result<(), Truncated> {
    d.percent(attr::BATTERY_LEVEL, r.u8()?.into());
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 1_000.0);
    if kind == GEOFENCE {
        d.own_hex("queclink_event_data", r.take(2)?);
    }
    match r.u8()? {
        code @ (0x11 | 0x12 | 0x16 | 0x1A | 0x21 | 0x22 | 0x41 | 0x42) => state::state(d, code.into()),
        code => d.own("queclink_state", format!("{code:02X}").as_str()),
    }
    d.satellites(r.u8()?);
    if kind != COMPRESSED {
        d.own("queclink_index", i64::from(r.u8()?));
    }
    Ok(())
}

/// What an event brings, by its type.
fn event(r: &mut Reader<'_>, kind: u8, d: &mut Draft) -> Result<(), Truncated> {
    let (bytes, event) = match kind {
        6 => (2, 1),
        15 => (3, 10_015),
        17 => (4, 301),
        21 => (5, 609),
        23 => (1, 242),
        26 => (12, 10_026),
        31 => (2, 116),
        33 => (1, 117),
        34 => (3, 10_034),
        35 => (1, 10_035),
        45 => (7, 605),
        46 => (7, 604),
        _ => (0, 10_000 + u32::from(kind)),
    };
    let data = r.take(bytes)?;
    d.own_hex("queclink_event_data", data);
    d.event(event);
    match (kind, data) {
        (6, [high, low]) => d.scaled(attr::BATTERY_VOLTAGE, u16::from_be_bytes([*high, *low]), 1_000.0),
        (45 | 46, _) => d.set(attr::IGNITION, kind == 45),
        _ => {}
    }
    Ok(())
}

/// The number that called: digits until one that is none.
fn phone(r: &mut Reader<'_>, kind: u8, d: &mut Draft) -> Result<(), Truncated> {
    if kind != NEAR_A_CELL {
        return Ok(());
    }
    r.u8()?;
    let mut digits = String::new();
    loop {
        let byte = r.take(1)?;
        digits.push_str(&hex(byte));
        if byte[0] >> 4 == 15 || byte[0] & 15 == 15 {
            break;
        }
    }
    d.own_text("queclink_phone", digits.trim_end_matches('F').as_bytes());
    Ok(())
}

/// Positions as they are.
fn plain(r: &mut Reader<'_>, form: &Form, empty: &dyn Fn() -> Draft, drafts: &mut Vec<Draft>) -> Result<(), Cut> {
    for _ in 0..r.u8()? {
        let mut d = empty();
        position(r, form.utc_offset_s, &mut d)?;
        drafts.push(d);
    }
    Ok(())
}

fn position(r: &mut Reader<'_>, utc_offset_s: i32, d: &mut Draft) -> Result<(), Truncated> {
    let hdop = r.u8()?;
    d.valid(hdop != 0);
    if hdop != 0 {
        d.float(attr::HDOP, hdop.into());
    }
    let whole_kmh = f64::from(r.u16()?);
    d.speed_kmh(whole_kmh + f64::from(r.u8()?) / 10.0);
    d.heading_deg(r.u16()?.into());
    d.altitude_m(r.i16()?.into());
    let longitude = f64::from(r.i32()?) / 1e6;
    d.at(f64::from(r.i32()?) / 1e6, longitude);
    let date = (r.u16()?, r.u8()?, r.u8()?);
    let clock = (r.u8()?, r.u8()?, r.u8()?);
    d.time = Some(date).filter(|date| date.0 >= 1_980).and_then(|date| moment(date, clock, utc_offset_s));
    let (mcc, mnc) = (r.u16()?, r.u16()?);
    let (lac, cell_id) = (r.u16()?.into(), r.u16()?.into());
    d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
    r.u8()?;
    Ok(())
}

/// The last position of a compressed list, in the units of the wire.
#[derive(Clone, Copy, Default)]
struct Point {
    speed: i64,
    heading: i64,
    longitude: i64,
    latitude: i64,
    time_s: Option<i64>,
}

/// Positions as differences to the one before, a second apart.
fn compressed(r: &mut Reader<'_>, form: &Form, empty: &dyn Fn() -> Draft, drafts: &mut Vec<Draft>) -> Result<(), Cut> {
    let mut point = Point::default();
    for _ in 0..r.u16()? {
        point.time_s = point.time_s.map(|s| s + 1);
        if !next_point(r, &mut point)? {
            continue;
        }
        if drafts.len() >= form.reports_max {
            return Err(Cut::TooMany);
        }
        let mut d = empty();
        let local = point.time_s.and_then(Timestamp::from_s);
        d.time = local.map(|time| time.plus_ms(-i64::from(form.utc_offset_s) * 1_000));
        d.at(point.latitude as f64 / 1e6, point.longitude as f64 / 1e6);
        d.speed_kmh(point.speed.max(0) as f64 / 10.0);
        d.heading_deg(point.heading.rem_euclid(360) as f64);
        drafts.push(d);
    }
    Ok(())
}

/// Takes the next point; whether it is one.
fn next_point(r: &mut Reader<'_>, point: &mut Point) -> Result<bool, Truncated> {
    match r.rest().first().ok_or(Truncated)? >> 6 {
        1 => {
            let bits = r.u24()?;
            point.speed = i64::from(bits >> 9 & 0xFFF);
            point.heading = i64::from(bits & 0x1FF);
            point.longitude = r.i32()?.into();
            point.latitude = r.i32()?.into();
            if point.time_s.is_none() {
                point.time_s = Some(r.u32()?.into());
            }
            Ok(true)
        }
        2 => {
            let bits = u64::from(r.u8()?) << 32 | u64::from(r.u32()?);
            point.speed += signed(bits >> 30, 7);
            point.heading += signed(bits >> 23, 7);
            point.longitude += signed(bits >> 11, 12);
            point.latitude += signed(bits, 11);
            Ok(true)
        }
        _ => {
            r.u8()?;
            Ok(false)
        }
    }
}

/// The lowest bits of a number, in two's complement.
fn signed(bits: u64, width: u32) -> i64 {
    let shift = 64 - width;
    (bits << shift) as i64 >> shift
}
