//! Contents without a position.
//!
//! Names of the family's own: `tk103_battery` (a level that is not known), `tk103_installed`.

use model::attr;

use crate::draft::{Cell, Draft};
use crate::fields::{Fields, moment_of, pairs};
use crate::session::DeviceSettings;

/// Hundreds of stations in one line are not to be believed.
const STATIONS_MAX: usize = 64;
/// Nothing is connected.
const NO_LEVEL: u32 = 255;
const NO_VOLTAGE: u32 = 65_535;

/// A date and a time, day first.
fn at_time(f: &Fields<'_>, date: usize, settings: &DeviceSettings, d: &mut Draft) {
    let both = pairs(f.get(date)).zip(pairs(f.get(date + 1)));
    let offset_s = settings.utc_offset_s.unwrap_or(0);
    d.time = both.and_then(|((day, month, year), time)| moment_of((year, month, day), time, offset_s));
}

/// Date, time, level, the battery in hundredths of volts, the power in tenths, and whether it is installed.
pub(super) fn battery(f: &Fields<'_>, settings: &DeviceSettings, d: &mut Draft) {
    at_time(f, 0, settings, d);
    match f.whole(2) {
        Some(6) => d.percent(attr::BATTERY_LEVEL, 100.0),
        Some(5) => d.percent(attr::BATTERY_LEVEL, 80.0),
        Some(4) => d.percent(attr::BATTERY_LEVEL, 50.0),
        Some(3) => d.percent(attr::BATTERY_LEVEL, 20.0),
        Some(2) => d.percent(attr::BATTERY_LEVEL, 10.0),
        Some(NO_LEVEL) => {}
        _ => d.own_text("tk103_battery", f.get(2).as_bytes()),
    }
    for (nth, id, steps) in [(3, attr::BATTERY_VOLTAGE, 100.0), (4, attr::BOARD_VOLTAGE, 10.0)] {
        if let Some(raw) = f.whole::<u32>(nth).filter(|raw| *raw != NO_VOLTAGE) {
            d.scaled(id, raw, steps);
        }
    }
    d.own_text("tk103_installed", f.get(5).as_bytes());
}

/// Whether it is a cell and stations: country, network, area, cell, and how many stations.
pub(super) fn is_surroundings(f: &Fields<'_>) -> bool {
    f.len() >= 7
        && (0..5).all(|nth| f.whole::<u64>(nth).is_some())
        && f.whole::<usize>(4).is_some_and(|n| n <= STATIONS_MAX)
}

/// A cell, stations as `mac*signal*channel`, date and time.
pub(super) fn surroundings(f: &Fields<'_>, settings: &DeviceSettings, d: &mut Draft) {
    if let (Some(mcc), Some(mnc), Some(lac), Some(cell_id)) = (f.whole(0), f.whole(1), f.whole(2), f.whole(3)) {
        d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
    }
    let mut date = 5;
    // The number of stations is sometimes told, and none of them.
    while f.get(date).contains('*') && date < 5 + STATIONS_MAX {
        station(f.get(date), d);
        date += 1;
    }
    if f.get(date).is_empty() {
        date += 1;
    }
    at_time(f, date, settings, d);
}

fn station(text: &str, d: &mut Draft) {
    let parts = Fields::of(text, '*');
    let bytes: Vec<u8> = parts.get(0).split(':').map_while(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    if let Ok(mac) = <[u8; 6]>::try_from(bytes) {
        d.wifi(&mac, parts.whole(1));
    }
}

/// Country and network in decimal, area and cell in hexadecimal.
pub(super) fn cell(f: &Fields<'_>, d: &mut Draft) {
    let hexadecimal = |nth: usize| u32::from_str_radix(f.get(nth), 16).ok();
    if let (Some(mcc), Some(mnc), Some(lac), Some(cell_id)) = (f.whole(0), f.whole(1), hexadecimal(2), hexadecimal(3)) {
        d.cell(Cell { mcc, mnc, lac, cell_id: cell_id.into(), rssi_dbm: None });
    }
}

/// Date, time, and a text between two `$`: the text.
pub(super) fn text<'a>(content: &'a str, settings: &DeviceSettings, d: &mut Draft) -> Option<&'a str> {
    let (head, rest) = content.split_once('$')?;
    let text = rest.rsplit_once('$').map_or(rest, |(text, _)| text);
    at_time(&Fields::of(head, ','), 0, settings, d);
    d.text(attr::COMMAND_REPLY, text.as_bytes());
    Some(text)
}

/// Takes cells that stand in braces, and a mileage in eight hexadecimal digits that follows them, in metres; what else
/// is there.
pub(super) fn braces<'a>(content: &'a str, d: &mut Draft) -> (Option<u32>, std::borrow::Cow<'a, str>) {
    const MILEAGE_DIGITS: usize = 8;
    let mut rest = content;
    let mut before = String::new();
    let mut has_any = false;
    while let Some((head, (inside, tail))) =
        rest.split_once('{').and_then(|(head, tail)| Some((head, tail.split_once('}')?)))
    {
        before.push_str(head);
        told_in_braces(inside, d);
        (has_any, rest) = (true, tail);
    }
    if !has_any {
        return (None, content.into());
    }
    let digits = rest.trim_start_matches(',');
    let mileage = digits.get(..MILEAGE_DIGITS).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    before.push_str(if mileage.is_some() { &digits[MILEAGE_DIGITS..] } else { rest });
    (mileage, before.into())
}

/// Country, network, area and cell, the last two in hexadecimal where they have letters.
fn told_in_braces(inside: &str, d: &mut Draft) {
    let f = Fields::of(inside, ',');
    let number = |nth: usize| f.whole(nth).or_else(|| u32::from_str_radix(f.get(nth), 16).ok());
    if let (Some(mcc), Some(mnc), Some(lac), Some(cell_id)) = (f.whole(0), f.whole(1), number(2), number(3)) {
        d.cell(Cell { mcc, mnc, lac, cell_id: cell_id.into(), rssi_dbm: None });
    }
}
