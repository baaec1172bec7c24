//! What most kinds are put together from: date, position, cell tower and status.

use model::{Timestamp, attr};

use super::alarm;
use super::draft::{Cell, Draft};
use crate::bytes::{Reader, Truncated};
use crate::draft::moment;
use crate::own_names::OwnName;

/// Whether the receiver is switched on.
static GPS_ON: OwnName = OwnName::new("gps_on");
/// Coordinates are told in this many parts of a degree.
const PARTS_PER_DEGREE: f64 = 1_800_000.0;
/// Length byte of a cell block without further cells.
const NO_CELLS: u8 = 0;
/// What some units put after it: room for cells, all of it zero but for the first bytes.
const EMPTY_CELLS_BYTES: usize = 45;
const EMPTY_CELLS_ZERO_FROM: usize = 9;
/// The most that a battery in steps can say; from here on it is percent.
const BATTERY_STEPS: u8 = 6;

/// How wide the numbers of a cell tower are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CellForm {
    /// The network code always has two bytes. Otherwise the top bit of the country code says so.
    pub(super) is_mnc_wide: bool,
    /// The area code has four bytes, not two.
    pub(super) is_lac_wide: bool,
    /// Bytes of the cell's number: 3, 4 or 8.
    pub(super) cell_bytes: u8,
}

impl CellForm {
    pub(super) const PLAIN: Self = Self { is_mnc_wide: false, is_lac_wide: false, cell_bytes: 3 };
    pub(super) const CELL_32: Self = Self { cell_bytes: 4, ..Self::PLAIN };
    pub(super) const LTE: Self = Self { is_lac_wide: true, cell_bytes: 8, ..Self::PLAIN };

    /// Country and network.
    pub(super) fn network(self, r: &mut Reader<'_>) -> Result<(u16, u16), Truncated> {
        const IS_WIDE: u16 = 0x8000;
        let mcc = r.u16()?;
        let mnc = if self.is_mnc_wide || mcc & IS_WIDE != 0 { r.u16()? } else { u16::from(r.u8()?) };
        Ok((mcc & !IS_WIDE, mnc))
    }

    /// Area and cell.
    pub(super) fn tower(self, r: &mut Reader<'_>) -> Result<(u32, u64), Truncated> {
        let lac = if self.is_lac_wide { r.u32()? } else { u32::from(r.u16()?) };
        let cell_id = match self.cell_bytes {
            8 => r.u64()?,
            4 => u64::from(r.u32()?),
            _ => u64::from(r.u24()?),
        };
        Ok((lac, cell_id))
    }

    pub(super) fn cell(self, r: &mut Reader<'_>) -> Result<Cell, Truncated> {
        let (mcc, mnc) = self.network(r)?;
        let (lac, cell_id) = self.tower(r)?;
        Ok(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None })
    }
}

/// A date of a clock that is `utc_offset_s` ahead; `None` where it was never set.
fn date(raw: &[u8], utc_offset_s: i32) -> Option<Timestamp> {
    let [year, month, day, hour, minute, second] = *<&[u8; 6]>::try_from(raw).ok()?;
    // The clock begins at 1970, and two digits end with 79.
    if year == 70 || year > 79 {
        return None;
    }
    moment((u16::from(year), month, day), (hour, minute, second), utc_offset_s)
}

/// Turns a byte of two decimal digits into its number; `None` for other digits.
pub(super) fn bcd(byte: u8) -> Option<u8> {
    let (tens, ones) = (byte >> 4, byte & 15);
    (tens < 10 && ones < 10).then_some(tens * 10 + ones)
}

/// What the sixteen bits beside a position say.
#[derive(Clone, Copy)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        r.u16().map(Self)
    }

    fn bit(self, at: u8) -> bool {
        self.0 >> at & 1 == 1
    }

    pub(super) fn heading_deg(self) -> u16 {
        self.0 & 0x3FF
    }

    fn ignition(self) -> Option<bool> {
        self.bit(14).then(|| self.bit(15))
    }
}

/// A place as devices tell it.
pub(super) struct Place {
    pub(super) latitude: u32,
    pub(super) longitude: u32,
    /// `None` where the kind does not count them.
    pub(super) satellites: Option<u8>,
    /// `None` where the kind does not tell it.
    pub(super) speed_kmh: Option<f64>,
    pub(super) flags: Flags,
}

impl Draft<'_> {
    pub(super) fn date(&mut self, r: &mut Reader<'_>) -> Result<(), Truncated> {
        self.time = date(r.take(6)?, self.context.utc_offset_s);
        Ok(())
    }

    /// A date in two decimal digits a byte.
    pub(super) fn date_bcd(&mut self, r: &mut Reader<'_>) -> Result<(), Truncated> {
        let raw = r.take(6)?;
        let digits: Option<Vec<u8>> = raw.iter().map(|b| bcd(*b)).collect();
        self.time = digits.and_then(|digits| date(&digits, self.context.utc_offset_s));
        Ok(())
    }

    pub(super) fn unix(&mut self, s: u32) {
        self.time = (s != 0).then(|| Timestamp::from_s(i64::from(s))).flatten();
    }

    pub(super) fn place_at(&mut self, place: &Place) {
        if let Some(on) = place.flags.ignition() {
            self.set(attr::IGNITION, on);
        }
        let flags = place.flags;
        let degrees = |parts: u32, is_negative: bool| {
            let degrees = f64::from(parts) / PARTS_PER_DEGREE;
            if is_negative { -degrees } else { degrees }
        };
        self.at(degrees(place.latitude, !flags.bit(10)), degrees(place.longitude, flags.bit(11)));
        self.valid(flags.bit(12));
        if let Some(satellites) = place.satellites {
            self.satellites(satellites);
        }
        // Speed and course say nothing without a fix.
        if flags.bit(12) && place.satellites != Some(0) {
            if let Some(speed_kmh) = place.speed_kmh {
                self.speed_kmh(speed_kmh);
            }
            self.heading_deg(f64::from(flags.heading_deg()));
        }
    }

    /// A position with its date.
    pub(super) fn gps(&mut self, r: &mut Reader<'_>) -> Result<(), Truncated> {
        self.date(r)?;
        self.gps_undated(r)
    }

    pub(super) fn gps_undated(&mut self, r: &mut Reader<'_>) -> Result<(), Truncated> {
        // The high half is the length of what follows, which is always the same.
        let satellites = r.u8()? & 0x0F;
        self.gps_rest(r, satellites)
    }

    pub(super) fn gps_rest(&mut self, r: &mut Reader<'_>, satellites: u8) -> Result<(), Truncated> {
        let (latitude, longitude) = (r.u32()?, r.u32()?);
        let speed_kmh = Some(f64::from(r.u8()?));
        let flags = Flags::read(r)?;
        self.place_at(&Place { latitude, longitude, satellites: Some(satellites), speed_kmh, flags });
        Ok(())
    }

    pub(super) fn lbs(&mut self, r: &mut Reader<'_>, form: CellForm) -> Result<(), Truncated> {
        let cell = form.cell(r)?;
        self.cell(cell);
        Ok(())
    }

    /// A cell block with its length in front; more cells may follow the first.
    pub(super) fn lbs_counted(&mut self, r: &mut Reader<'_>, form: CellForm) -> Result<(), Truncated> {
        let length = r.u8()?;
        if length == NO_CELLS {
            let empty = r.rest().get(EMPTY_CELLS_ZERO_FROM..EMPTY_CELLS_BYTES);
            if empty.is_some_and(|bytes| bytes.iter().all(|b| *b == 0)) {
                r.take(EMPTY_CELLS_BYTES)?;
            }
            return Ok(());
        }
        let mut block = Reader::new(r.take(usize::from(length) - 1)?);
        // What is left in the block are further cells; one too short to hold the first has none.
        if let Ok(cell) = form.cell(&mut block) {
            self.cell(cell)
        }
        Ok(())
    }

    /// Terminal information: what the unit says of itself in eight bits.
    pub(super) fn information(&mut self, byte: u8) {
        let bit = |at: u8| byte >> at & 1 == 1;
        self.line(attr::OUTPUT_STATUS, 1, bit(7));
        self.set(attr::CHARGING_STATUS, bit(2));
        self.set(attr::IGNITION, bit(1));
        self.set(attr::ARMED, bit(0));
        self.own_named(&GPS_ON, bit(6));
        let alarm = byte >> 3 & 7;
        if alarm != 0 && alarm::of_information(alarm).is_none() {
            self.own("alarm_bits", i64::from(alarm));
        }
    }

    /// A battery level in steps, or in percent.
    pub(super) fn battery(&mut self, byte: u8) {
        let percent = match byte {
            0..=BATTERY_STEPS => u16::from(byte) * 100 / u16::from(BATTERY_STEPS),
            _ => u16::from(byte),
        };
        self.battery_percent(percent);
    }

    /// A battery level in percent, unless it is none.
    pub(super) fn battery_percent(&mut self, percent: u16) {
        self.percent(attr::BATTERY_LEVEL, f64::from(percent));
    }

    /// The strength of the mobile network in steps.
    pub(super) fn gsm(&mut self, byte: u8) {
        if byte <= 4 {
            self.set(attr::GSM_SIGNAL_LEVEL, i64::from(byte) * 25);
        }
    }

    /// Terminal information, battery, network, alarm and language; `is_extended` if the alarm goes on in the language
    /// byte.
    pub(super) fn status(&mut self, r: &mut Reader<'_>, is_extended: bool) -> Result<(), Truncated> {
        let information = r.u8()?;
        self.information(information);
        self.battery(r.u8()?);
        self.gsm(r.u8()?);
        self.alarm_and_language(r, is_extended)?;
        self.happened(alarm::of_information(information >> 3 & 7));
        Ok(())
    }

    pub(super) fn alarm_and_language(&mut self, r: &mut Reader<'_>, is_extended: bool) -> Result<(), Truncated> {
        let low = u16::from(r.u8()?);
        // Some leave the language away.
        let language = r.u8().unwrap_or(0);
        let high = if is_extended { u16::from(language >> 4) << 8 } else { 0 };
        self.alarm(high | low);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_no_clock_shows_are_absent() {
        let check = |raw: [u8; 6], offset_s: i32, wanted: Option<&str>| {
            assert_eq!(date(&raw, offset_s).map(|t| t.to_string()).as_deref(), wanted, "{raw:?}");
        };
        check([26, 3, 14, 9, 26, 53], 0, Some("2026-03-14T09:26:53.000Z"));
        check([26, 1, 1, 7, 59, 59], 28_800, Some("2025-12-31T23:59:59.000Z"));
        check([79, 12, 31, 0, 0, 0], 0, Some("2079-12-31T00:00:00.000Z"));
        check([80, 1, 1, 0, 0, 0], 0, None);
        check([70, 1, 1, 0, 0, 0], 0, None);
        check([0; 6], 0, None);
        check([26, 3, 14, 28, 0, 0], 0, None);
        check([26, 13, 1, 0, 0, 0], 0, None);
    }
}
