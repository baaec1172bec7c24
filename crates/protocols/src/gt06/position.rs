//! Kinds around a position: plain ones, alarms, and those with a card or key.

use model::{AttributeId, attr};

use super::block::CellForm;
use super::draft::Draft;
use crate::bytes::{Reader, Truncated, hex};

/// Bytes of a counted cell block, its length included, that hold one cell of the 4G form.
const LTE_BLOCK_BYTES: [u8; 2] = [16, 17];
/// Cell types from which on numbers are wide.
const LTE_CELL_TYPE: u8 = 3;
/// Under this kind modules that are not decoded are kept: the heartbeat that is all modules.
const MODULE: u8 = 0x36;

/// How wide cells are in this kind.
pub(super) fn form(kind: u8) -> CellForm {
    match kind {
        0x11 => CellForm { is_mnc_wide: true, ..CellForm::CELL_32 },
        0x25 | 0x61 => CellForm::CELL_32,
        0xA0 | 0xA2 | 0xA5 => CellForm::LTE,
        _ => CellForm::PLAIN,
    }
}

/// Position and cell, and what may follow them.
pub(super) fn plain(d: &mut Draft<'_>, r: &mut Reader<'_>, kind: u8) -> Result<(), Truncated> {
    d.gps(r)?;
    if d.lbs(r, form(kind)).is_ok() {
        tail(d, r);
    }
    Ok(())
}

/// A position, and something else.
pub(super) fn bare(d: &mut Draft<'_>, r: &mut Reader<'_>, kind: u8) -> Result<(), Truncated> {
    d.gps(r)?;
    match kind {
        // The phone that asks for an address.
        0x1A => d.own_text("phone", r.take_rest()),
        _ => d.raw(kind, None, r.take_rest()),
    }
    Ok(())
}

/// Ignition, mode and whether it comes from memory; mileage; or all of these: told apart by how much is left.
pub(super) fn tail(d: &mut Draft<'_>, r: &mut Reader<'_>) {
    let left = r.remaining();
    if left == 3 || left == 7 {
        // As much is there.
        let _ = cause(d, r);
    }
    if left == 4 || left == 7 {
        odometer(d, r);
    }
}

fn cause(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let [ignition, reason, again] = [r.u8()?, r.u8()?, r.u8()?];
    d.set(attr::IGNITION, ignition != 0);
    d.set(attr::GENERATION_TYPE, i64::from(reason));
    d.archived(again == 1);
    Ok(())
}

/// Metres, if they are there.
pub(super) fn odometer(d: &mut Draft<'_>, r: &mut Reader<'_>) {
    if let Ok(m) = r.u32() {
        d.scaled(attr::HARDWARE_MILEAGE, m, 1_000.0);
    }
}

/// A position with its cause; later units add mileage and modules.
pub(super) fn caused(d: &mut Draft<'_>, r: &mut Reader<'_>, kind: u8) -> Result<(), Truncated> {
    d.gps(r)?;
    if d.lbs(r, form(kind)).and_then(|()| cause(d, r)).is_err() {
        return Ok(());
    }
    if kind != 0x37 {
        odometer(d, r);
        return Ok(());
    }
    if !is_modules(r.rest()) {
        odometer(d, r);
    }
    modules(d, r);
    Ok(())
}

/// Whether these bytes are a list of modules and nothing else.
fn is_modules(bytes: &[u8]) -> bool {
    let mut r = Reader::new(bytes);
    while r.remaining() > 0 {
        if module(&mut r).is_err() {
            return false;
        }
    }
    !bytes.is_empty()
}

fn module<'a>(r: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Truncated> {
    let id = r.u16()?;
    let length = usize::from(r.u8()?);
    Ok((id, r.take(length)?))
}

/// Modules: a number, a length and a value each. One whose length leaves the frame ends the list.
pub(super) fn modules(d: &mut Draft<'_>, r: &mut Reader<'_>) {
    while let Ok((id, value)) = module(r) {
        match (id, value) {
            (0x18, [a, b]) => d.scaled(attr::BATTERY_VOLTAGE, u16::from_be_bytes([*a, *b]), 100.0),
            (0x27, [a, b]) => d.scaled(attr::BOARD_VOLTAGE, u16::from_be_bytes([*a, *b]), 100.0),
            (0x2E, [a, b, c, e]) => d.scaled(attr::HARDWARE_MILEAGE, u32::from_be_bytes([*a, *b, *c, *e]), 1_000.0),
            (0x32, [status, ..]) => d.set(attr::BOOT_STATUS, i64::from(*status)),
            (0x3B, [a, b]) => d.precision_m(u32::from(u16::from_be_bytes([*a, *b]))),
            (0x6A, [percent]) => d.battery_percent(u16::from(*percent)),
            (id, value) => d.raw(MODULE, Some(id), value),
        }
    }
}

/// An alarm: position, counted cells, status; the number of a fence or a mode after it.
pub(super) fn alarm(d: &mut Draft<'_>, r: &mut Reader<'_>, kind: u8) -> Result<(), Truncated> {
    d.gps(r)?;
    let is_lte = kind >= 0xA0 && r.rest().first().is_some_and(|length| LTE_BLOCK_BYTES.contains(length));
    d.lbs_counted(r, if is_lte { CellForm::LTE } else { CellForm::PLAIN })?;
    d.status(r, matches!(kind, 0x27 | 0xA4))?;
    match kind {
        0x27 | 0xA3 | 0xA4 => {
            if let Ok(fence) = r.u8() {
                d.set(attr::GEOFENCE_NUMBER, i64::from(fence));
            }
        }
        _ => tail(d, r),
    }
    Ok(())
}

/// An alarm of 4G units: the type of the cell says how wide it is.
pub(super) fn alarm_4g(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    typed_cell(d, r)?;
    d.status(r, true)?;
    modules(d, r);
    Ok(())
}

/// A position of 4G units.
pub(super) fn position_4g(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    let Ok([mode, again]) = r.u8().and_then(|mode| Ok([mode, r.u8()?])) else { return Ok(()) };
    d.set(attr::GENERATION_TYPE, i64::from(mode));
    d.archived(again == 1);
    // A position without its cell is still one.
    let _ = typed_cell(d, r);
    Ok(())
}

fn typed_cell(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let is_lte = r.u8()? >= LTE_CELL_TYPE;
    let mut cell = (if is_lte { CellForm::LTE } else { CellForm::PLAIN }).cell(r)?;
    let strength = if is_lte { r.u16()? } else { u16::from(r.u8()?) };
    cell.rssi_dbm = i16::try_from(strength).ok().filter(|dbm| *dbm != 0).map(|dbm| -dbm);
    d.cell(cell);
    Ok(())
}

/// A card that was read: eight bytes, and whether it is a known one.
pub(super) fn card(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    d.hex(attr::HARDWARE_KEY, r.take(8)?);
    d.own("card_state", i64::from(r.u8()?));
    Ok(())
}

/// A key that was read. The frame begins with an identifier, which was looked at before.
pub(super) fn key(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    r.take(8)?;
    d.gps(r)?;
    d.lbs(r, form(0x61))?;
    d.hex(attr::HARDWARE_KEY, r.take(6)?);
    Ok(())
}

/// A light 4G line: much at once.
pub(super) fn lw4g(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::LTE)?;
    d.set(attr::NETWORK_TYPE, i64::from(r.u8()?));
    let information = r.u8()?;
    d.information(information);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    d.battery(r.u8()?);
    d.gsm(r.u8()?);
    d.alarm_and_language(r, false)?;
    odometer(d, r);
    d.set(attr::RUN_TIME_S, i64::from(r.u32()?));
    d.hex(attr::HARDWARE_KEY, r.take(8)?);
    d.set(attr::INPUT_STATUS, i64::from(r.u16()?));
    Ok(())
}

/// A unit that tells alarm bits, ports and analogue inputs around its position.
pub(super) fn x1(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let alarms = r.u32()?;
    if alarms != 0 {
        d.set(attr::ALARM, i64::from(alarms));
    }
    d.gps(r)?;
    d.own("gt06_34_info", i64::from(r.u16()?));
    odometer(d, r);
    let mut cell = CellForm::CELL_32.cell(r)?;
    cell.rssi_dbm = None;
    d.cell(cell);
    let driver = r.u32()?;
    if driver != 0 {
        d.text(attr::HARDWARE_KEY, driver.to_string().as_bytes());
    }
    d.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    let ports = r.u32()?;
    d.set(attr::INPUT_STATUS, i64::from(r.u8()?));
    d.set(attr::OUTPUT_STATUS, i64::from(r.u8()?));
    for number in 1..=(ports >> 20 & 0x0F) {
        d.nth("analog_", number, f64::from(r.u16()?) / 100.0);
    }
    Ok(())
}

/// Whether content that might be a list of cells is one of these instead: a date and a position stand behind four
/// bytes of alarms.
pub(super) fn is_x1(content: &[u8]) -> bool {
    const POSITION_LENGTH: u8 = 12;
    matches!(content, [_, _, _, _, _, month, day, _, _, _, length, ..]
        if (1..=12).contains(month) && (1..=31).contains(day) && length >> 4 == POSITION_LENGTH)
}

/// The identifier at the front of kinds that carry one: decimal digits, two a byte.
pub(super) fn identity(raw: &[u8]) -> Option<String> {
    let digits = hex(raw.get(..8)?);
    let imei = digits.strip_prefix('0').unwrap_or(&digits);
    imei.bytes().all(|b| b.is_ascii_digit()).then(|| imei.to_owned())
}

/// Sets a value of which zero means that there is none.
pub(super) fn set_if_some(d: &mut Draft<'_>, id: AttributeId, raw: u32) {
    if raw != 0 {
        d.set(id, i64::from(raw));
    }
}
