//! Signs of life: what a unit says of itself between positions.

use model::attr;

use super::alarm;
use super::draft::Draft;
use super::position::modules;
use crate::bytes::{Reader, Truncated};

/// The plain heartbeat. Some say nothing in it.
pub(super) fn plain(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    if r.remaining() == 0 {
        return Ok(());
    }
    let information = r.u8()?;
    d.information(information);
    d.battery(r.u8()?);
    d.gsm(r.u8()?);
    // Some end here.
    let _ = d.alarm_and_language(r, false);
    d.happened(alarm::of_information(information >> 3 & 7));
    Ok(())
}

/// The heartbeat of asset trackers, which may end anywhere.
pub(super) fn asset(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    d.happened(alarm::of_information(information >> 3 & 7));
    if let Ok(volts) = r.u16() {
        d.scaled(attr::BATTERY_VOLTAGE, volts, 100.0);
    }
    if let Ok(steps) = r.u8() {
        d.gsm(steps);
    }
    Ok(())
}

/// The heartbeat of 4G units: status and modules.
pub(super) fn with_modules(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.status(r, false)?;
    modules(d, r);
    Ok(())
}
