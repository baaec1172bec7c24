//! Layouts that a kind has only on some units, known by the length of the frame or by the unit's line.

use model::attr;

use super::block::{CellForm, Flags};
use super::draft::Draft;
use super::frame::Frame;
use super::line::Line;
use super::position::odometer;
use super::{alarm, cells};
use crate::bytes::{Reader, Truncated};

/// Kilometres in a step of the mileage of one clone, in metres.
const S5_ODOMETER_M: f64 = 10.0;
const S_PER_MIN: i64 = 60;
/// What a position of the TRX16i counts as its length.
const TRX16I_POSITION_BYTES: usize = 0x35;

type Decode = fn(&mut Draft<'_>, &mut Reader<'_>) -> Result<(), Truncated>;

/// Whether a frame of the heartbeat of 4G units is a position instead.
pub(super) fn is_position(frame: &Frame<'_>) -> bool {
    !frame.is_long && frame.announced == TRX16I_POSITION_BYTES
}

/// How this frame is to be read instead of as its kind says.
pub(super) fn of(frame: &Frame<'_>, line: Option<Line>) -> Option<Decode> {
    if frame.is_long {
        return None;
    }
    by_line(frame, line).or_else(|| by_length(frame.kind, frame.announced))
}

fn by_line(frame: &Frame<'_>, line: Option<Line>) -> Option<Decode> {
    match (frame.kind, line?) {
        (0x22, Line::Nt | Line::Vl100) => Some(nt),
        (0x25, Line::Nt | Line::Vl100) => Some(nt_with_driver),
        (0x13, Line::R11) => Some(r11_heartbeat),
        (0x13, Line::Lw) => Some(lw_heartbeat),
        (0x13, Line::Seeworld) => Some(seeworld_heartbeat),
        (0x12, Line::Qh302r) => Some(qh302r),
        _ => None,
    }
}

fn by_length(kind: u8, length: usize) -> Option<Decode> {
    match (kind, length) {
        (0x12 | 0x16, 0x24) => Some(vxt01),
        (0x12, 0x21) => Some(benway),
        (0x12, 0x2B) => Some(s5),
        (0x12, 0x29) => Some(wetrust),
        (0x12, 0x71..) => Some(gt06e),
        (0x13, 0x13) => Some(obd6),
        (0x13, 0x15) => Some(a22_heartbeat),
        (0x24, 0x31) => Some(cells::wanway),
        (0x24, 0x2E) => Some(sr411),
        (0x34, 0x37) => Some(cells::sl4x),
        (0x31, 0x2A | 0x2E) => Some(sl4x_position),
        (0x32, 0x27 | 0x29) => Some(sl4x_alarm),
        (0x22, 0x2F) => Some(seeworld_position),
        (0x16, 0x26) => Some(seeworld_alarm),
        (0xA3, 0x0C | 0x18) => Some(seeworld_status),
        (0x36, TRX16I_POSITION_BYTES) => Some(trx16i_position),
        (0x16, 0x2D) => Some(trx16i_alarm),
        _ => None,
    }
}

fn vxt01(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    let information = r.u8()?;
    d.information(information);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    d.gsm(r.u8()?);
    // The alarm byte says nothing here, and its highest code in the information byte is too much speed.
    match information >> 3 & 7 {
        7 => d.happened(alarm::event(0x06, None)),
        bits => d.happened(alarm::of_information(bits)),
    }
    Ok(())
}

fn benway(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    let mask = r.u16()?;
    let bit = |at: u8| mask >> at & 1 == 1;
    d.set(attr::IGNITION, bit(15));
    d.line(attr::INPUT_STATUS, 2, bit(14));
    if bit(12) {
        let magnitude = f64::from(mask & 0x1FF);
        d.nth("temperature_", 1, if bit(9) { -magnitude } else { magnitude });
    } else {
        let raw = f64::from(mask & 0x3FF);
        d.nth("analog_", 1, if bit(13) { raw } else { raw / 10.0 });
    }
    Ok(())
}

fn s5(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    let information = r.u8()?;
    d.information(information);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    d.gsm(r.u8()?);
    d.alarm(u16::from(r.u8()?));
    d.happened(alarm::of_information(information >> 3 & 7));
    d.nth("fuel_level_", 1, f64::from(r.u16()?));
    let celsius = r.u8()?;
    let magnitude = f64::from(celsius & 0x7F);
    d.nth("temperature_", 1, if celsius & 0x80 != 0 { -magnitude } else { magnitude });
    d.scaled(attr::HARDWARE_MILEAGE, r.u32()?, 1_000.0 / S5_ODOMETER_M);
    Ok(())
}

/// The text of a card, with its length in front.
fn card_text(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let length = usize::from(r.u8()?);
    d.text(attr::HARDWARE_KEY, r.take(length)?);
    Ok(())
}

fn wetrust(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    odometer(d, r);
    card_text(d, r)?;
    d.alarm(u16::from(r.u8()?));
    d.own("card_state", i64::from(r.u8()?));
    d.set(attr::RUN_TIME_S, i64::from(r.u16()?));
    Ok(())
}

fn gt06e(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    odometer(d, r);
    card_text(d, r)
}

fn obd6(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    let signals = r.u16()?;
    d.set(attr::SATELLITES, i64::from((signals >> 10 & 0x1F) + (signals >> 5 & 0x1F)));
    d.csq(u32::from(signals & 0x1F));
    d.alarm_and_language(r, false)?;
    d.happened(alarm::of_information(information >> 3 & 7));
    d.battery_percent(u16::from(r.u8()?));
    let mode = r.u8()?;
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    r.take(3)?;
    if mode == 4 {
        d.nth("temperature_", 1, f64::from(r.i16()?) / 10.0);
    }
    Ok(())
}

fn sr411(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::PLAIN)?;
    d.set(attr::IGNITION, r.u8()? != 0);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    d.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0);
    Ok(())
}

const SL4X: CellForm = CellForm { is_mnc_wide: true, is_lac_wide: false, cell_bytes: 8 };

fn altitude(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.altitude_m(f64::from(r.i16()?));
    Ok(())
}

fn sl4x_position(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, SL4X)?;
    d.set(attr::IGNITION, r.u8()? != 0);
    d.set(attr::GENERATION_TYPE, i64::from(r.u8()?));
    d.archived(r.u8()? == 1);
    if r.remaining() > 2 {
        odometer(d, r);
    }
    altitude(d, r)
}

fn sl4x_alarm(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, SL4X)?;
    if r.remaining() > 2 {
        d.alarm_and_language(r, false)?;
    }
    altitude(d, r)
}

fn seeworld_position(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::CELL_32)?;
    d.set(attr::IGNITION, r.u8()? != 0);
    d.set(attr::GENERATION_TYPE, i64::from(r.u8()?));
    d.archived(r.u8()? == 1);
    odometer(d, r);
    r.u32()?;
    let celsius = r.u16()?;
    let magnitude = f64::from(celsius & 0x7FFF) / 100.0;
    d.nth("temperature_", 1, if celsius & 0x8000 != 0 { -magnitude } else { magnitude });
    d.nth("humidity_", 1, f64::from(r.u16()?) / 100.0);
    Ok(())
}

fn seeworld_alarm(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs_counted(r, CellForm::CELL_32)?;
    d.status(r, false)
}

fn seeworld_status(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    r.take(3)?;
    d.gsm(r.u8()?);
    d.set(attr::BOARD_VOLTAGE, f64_value(r.u8()?));
    if r.take(3).is_ok() {
        d.set(attr::STEPS, i64::from(r.u32()?));
        d.battery_percent(u16::from(r.u8()?));
        d.set(attr::CHARGING_STATUS, r.u8()? != 0);
        d.set(attr::IS_MOVING, r.u8()? != 0);
    }
    Ok(())
}

fn f64_value(whole: u8) -> model::Value {
    model::Value::Float(f64::from(whole))
}

fn trx16i_position(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    d.lbs(r, CellForm::CELL_32)?;
    d.set(attr::IGNITION, r.u8()? != 0);
    d.set(attr::GENERATION_TYPE, i64::from(r.u8()?));
    d.archived(r.u8()? == 1);
    odometer(d, r);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    d.scaled(attr::BATTERY_VOLTAGE, r.u8()?, 10.0);
    d.set(attr::RUN_TIME_S, i64::from(r.u24()?) * S_PER_MIN);
    d.hex(attr::HARDWARE_KEY, r.take(8)?);
    Ok(())
}

fn trx16i_alarm(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.gps(r)?;
    // No country's code begins with the length of a plain block.
    match r.rest().first() {
        Some(9) => d.lbs_counted(r, CellForm::PLAIN)?,
        _ => d.lbs(r, CellForm::CELL_32)?,
    }
    d.status(r, false)?;
    d.hex(attr::HARDWARE_KEY, r.take(8)?);
    Ok(())
}

fn nt(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    // The source of the report; the identifier was looked at before.
    r.take(1 + 8)?;
    d.gps(r)?;
    d.lbs_counted(r, CellForm::PLAIN)?;
    let information = r.u8()?;
    d.information(information);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 100.0);
    d.scaled(attr::BATTERY_VOLTAGE, r.u8()?, 10.0);
    d.gsm(r.u8()?);
    d.alarm_and_language(r, false)?;
    d.happened(alarm::of_information(information >> 3 & 7));
    d.set(attr::HARDWARE_MILEAGE, model::Value::Float(f64::from(r.u24()?)));
    d.set(attr::RUN_TIME_S, i64::from(r.u24()?) * S_PER_MIN);
    Ok(())
}

fn nt_with_driver(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    nt(d, r)?;
    let length = usize::from(r.u8()?);
    // The first byte is the kind of key.
    if let Some((_, key)) = r.take(length)?.split_first() {
        d.hex(attr::HARDWARE_KEY, key);
    }
    Ok(())
}

fn r11_heartbeat(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    d.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0);
    d.gsm(r.u8()?);
    d.alarm_and_language(r, false)?;
    d.happened(alarm::of_information(information >> 3 & 7));
    Ok(())
}

fn lw_heartbeat(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    d.battery(r.u8()?);
    d.gsm(r.u8()?);
    d.scaled(attr::BOARD_VOLTAGE, r.u16()? & 0x0FFF, 10.0);
    d.happened(alarm::of_information(information >> 3 & 7));
    Ok(())
}

fn seeworld_heartbeat(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    d.battery(r.u8()?);
    d.gsm(r.u8()?);
    d.set(attr::BOARD_VOLTAGE, f64_value(r.u8()?));
    d.happened(alarm::of_information(information >> 3 & 7));
    Ok(())
}

fn a22_heartbeat(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    r.take(5)?;
    d.battery_percent(u16::from(r.u8()?));
    r.take(8)?;
    let celsius = r.u16()?;
    // Here the top bit is set for what is above zero.
    let magnitude = f64::from(celsius & 0x7FFF) / 10.0;
    d.set(attr::TEMPERATURE_INTERNAL, model::Value::Float(if celsius & 0x8000 != 0 { magnitude } else { -magnitude }));
    Ok(())
}

fn qh302r(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    r.take(8)?;
    super::position::plain(d, r, 0x12)
}

/// The JC400: flags stand before a wide speed, and a voltage follows.
pub(super) fn jc400(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    // A mark and the version of the form.
    r.take(3)?;
    d.date(r)?;
    let satellites = r.u8()? & 0x0F;
    let (latitude, longitude) = (r.u32()?, r.u32()?);
    let flags = Flags::read(r)?;
    let speed_kmh = Some(f64::from(r.u16()?));
    d.place_at(&super::block::Place { latitude, longitude, satellites: Some(satellites), speed_kmh, flags });
    d.scaled(attr::BOARD_VOLTAGE, r.u16()?, 10.0);
    Ok(())
}
