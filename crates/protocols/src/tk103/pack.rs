//! The battery pack of an electric vehicle, as its own controller tells it, in hexadecimal digits.
//!
//! Names of the family's own: `tk103_overheated`, `tk103_charge_protection`, `tk103_discharge_protection`,
//! `tk103_pack_fault`, `tk103_power_temperature`, `tk103_balance_temperature` (both °C), `tk103_pack_discharged` (raw).

use model::attr;

use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;

const CELLS: u8 = 24;
const PROBES: u8 = 7;
const ZERO_CELSIUS: f64 = 40.0;

/// The bytes that hexadecimal digits stand for; `None` if they are none.
pub(super) fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let is_right = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_right { (0..digits.len()).step_by(2).map(pair).collect() } else { None }
}

pub(super) fn read(d: &mut Draft, raw: &[u8]) -> Result<(), Truncated> {
    let r = &mut Reader::new(raw);
    r.take(3)?;
    let cells = r.u8()?;
    for n in 1..=CELLS {
        let mv = r.u16_le()?;
        if n <= cells {
            d.nth("battery_cell_", n.into(), f64::from(mv) / 1_000.0);
        }
    }
    d.set(attr::CHARGING_STATUS, r.u8()? == 0);
    // Tenths of amperes, as milliamperes.
    d.set(attr::BATTERY_CURRENT, i64::from(r.u16_le()?) * 100);
    d.scaled(attr::BATTERY_VOLTAGE, r.u16_le()?, 100.0);
    d.percent(attr::BATTERY_LEVEL, r.u8()?.into());
    for name in ["tk103_overheated", "tk103_charge_protection", "tk103_discharge_protection"] {
        d.own(name, r.u8()? != 0);
    }
    r.take(2)?;
    d.set(attr::BATTERY_CYCLES, i64::from(r.u16_le()?));
    d.own("tk103_pack_fault", i64::from(r.u8()?));
    r.take(6)?;
    let probes = r.u8()?;
    for name in ["tk103_power_temperature", "tk103_balance_temperature"] {
        d.own(name, i64::from(r.u8()?) - ZERO_CELSIUS as i64);
    }
    for n in 1..=PROBES {
        let raw = r.u8()?;
        if n <= probes {
            d.nth("temperature_", n.into(), f64::from(raw) - ZERO_CELSIUS);
        }
    }
    // Hundredths of ampere hours, as milliampere hours.
    d.set(attr::BATTERY_CAPACITY, i64::from(r.u16_le()?) * 10);
    d.own("tk103_pack_discharged", i64::from(r.u32_le()?));
    Ok(())
}
