//! Signs of life: what a unit says of itself between positions.

use model::attr;

use super::alarm;
use super::draft::Draft;
use super::position::modules;
use crate::bytes::{Reader, Truncated};

/// The plain heartbeat.
pub(super) fn plain(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    d.battery(r.u8()?);
    d.gsm(r.u8()?);
    // Some end here.
    let _ = d.alarm_and_language(r, false);
    d.event(alarm::of_information(information >> 3 & 7));
    Ok(())
}

/// The heartbeat of asset trackers, which may end anywhere.
pub(super) fn asset(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    let information = r.u8()?;
    d.information(information);
    d.event(alarm::of_information(information >> 3 & 7));
    d.scaled(attr::BATTERY_VOLTAGE, r.u16()?, 100.0);
    d.gsm(r.u8()?);
    Ok(())
}

/// The heartbeat of 4G units: status and modules.
pub(super) fn with_modules(d: &mut Draft<'_>, r: &mut Reader<'_>) -> Result<(), Truncated> {
    d.status(r, false)?;
    modules(d, r);
    Ok(())
}
