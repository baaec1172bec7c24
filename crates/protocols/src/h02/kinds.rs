//! Lines without a position: cells, and how the device is.
//!
//! Names of the family's own: `h02_timing_advance`, `h02_cells` (what is told of cells beyond what is understood),
//! `h02_turns`, `h02_battery` (no percentage, or no voltage), `h02_reboot`, `h02_date`.

use model::attr;

use super::position::{degrees, sign};
use super::status::Status;
use crate::draft::{Cell, Draft};
use crate::fields::{Fields, moment_of, pairs};
use crate::framed::Said;
use crate::session::{DeviceSettings, FieldFault, Reject, SpeedUnit};

/// Hundreds of cells in one line are not to be believed.
const CELLS_MAX: usize = 64;
/// The strongest signal on the scale of modems.
const CSQ_MAX: u8 = 31;
/// Millivolts that a cell of lithium can have.
const BATTERY_MV: std::ops::RangeInclusive<u32> = 2_500..=5_000;

fn at_time(f: &Fields<'_>, time: usize, date: usize, settings: &DeviceSettings, d: &mut Draft) {
    let both = pairs(f.get(time)).zip(pairs(f.get(date)));
    let offset_s = settings.utc_offset_s.unwrap_or(0);
    d.time = both.and_then(|(time, (day, month, year))| moment_of((year, month, day), time, offset_s));
}

fn status(f: &Fields<'_>, at: usize, d: &mut Draft) -> Option<Status> {
    let status = Status::of(f.get(at))?;
    status.tell(d);
    Some(status)
}

/// Cells around: time, country, network, timing, how many, three fields of each, date, status.
pub(super) fn neighbours<A>(
    f: &Fields<'_>,
    settings: &DeviceSettings,
    d: &mut Draft,
    said: &mut Said<A>,
) -> Option<Status> {
    let network = f.whole(4).zip(f.whole(5));
    d.own_text("h02_timing_advance", f.get(6).as_bytes());
    let Some(count) = f.whole::<usize>(7).filter(|n| *n <= CELLS_MAX) else {
        said.fault(1 + f.at(7), Reject::Field { name: "cells", fault: FieldFault::OutOfRange });
        return None;
    };
    let cells: Vec<[&str; 3]> = (0..count).map(|n| [0, 1, 2].map(|part| f.get(8 + n * 3 + part))).collect();
    towers(network, &cells, d);
    let date = 8 + count * 3;
    at_time(f, 3, date, settings, d);
    status(f, date + 1, d)
}

/// Area, cell and level of each. Some tell levels as modems do; if one is beyond that scale, none is taken for it.
fn towers(network: Option<(u16, u16)>, cells: &[[&str; 3]], d: &mut Draft) {
    let Some((mcc, mnc)) = network else { return };
    let is_csq = cells.iter().all(|[.., level]| level.parse::<u8>().is_ok_and(|csq| csq <= CSQ_MAX));
    for [lac, cell_id, level] in cells {
        if let (Ok(lac), Ok(cell_id)) = (lac.parse(), cell_id.parse()) {
            let rssi_dbm = level.parse::<i16>().ok().filter(|_| is_csq).map(|csq| 2 * csq - 113);
            d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm });
        }
    }
    if !is_csq {
        let levels: Vec<&str> = cells.iter().map(|[.., level]| *level).collect();
        d.own_text("h02_cells", levels.join(",").as_bytes());
    }
}

/// Time, signal, satellites, battery, steps, turns, date, status.
pub(super) fn link(f: &Fields<'_>, settings: &DeviceSettings, d: &mut Draft) -> Option<Status> {
    if let Some(csq) = f.whole(4) {
        d.csq(csq);
    }
    if let Some(satellites) = f.whole(5) {
        d.satellites(satellites);
    }
    battery_level(f, 6, d);
    if let Some(steps) = f.whole::<u32>(7) {
        d.set(attr::STEPS, i64::from(steps));
    }
    d.own_text("h02_turns", f.get(8).as_bytes());
    at_time(f, 3, 9, settings, d);
    status(f, 10, d)
}

fn battery_level(f: &Fields<'_>, at: usize, d: &mut Draft) {
    match f.number(at) {
        Some(percent) if (0.0..=100.0).contains(&percent) => d.percent(attr::BATTERY_LEVEL, percent),
        _ => d.own_text("h02_battery", f.get(at).as_bytes()),
    }
}

/// Time, network, how many cells, four fields of each, battery, restarts, `X`, date, status.
pub(super) fn cells<A>(f: &Fields<'_>, settings: &DeviceSettings, d: &mut Draft, said: &mut Said<A>) -> Option<Status> {
    let Some(count) = f.whole::<usize>(5).filter(|n| *n <= CELLS_MAX) else {
        said.fault(1 + f.at(5), Reject::Field { name: "cells", fault: FieldFault::OutOfRange });
        return None;
    };
    let network = f.get(4).split_at_checked(3).and_then(|(mcc, mnc)| mcc.parse().ok().zip(mnc.parse().ok()));
    for nth in 0..count {
        let at = 6 + nth * 4;
        if let (Some((mcc, mnc)), Some(lac), Some(cell_id)) = (network, f.whole(at), f.whole(at + 1)) {
            d.cell(Cell { mcc, mnc, lac, cell_id, rssi_dbm: None });
        }
    }
    let after = 6 + count * 4;
    d.own_text("h02_cells", f.piece(6, after).as_bytes());
    match u32::from_str_radix(f.get(after), 16) {
        Ok(mv) if BATTERY_MV.contains(&mv) => d.scaled(attr::BATTERY_VOLTAGE, mv, 1_000.0),
        _ => d.own_text("h02_battery", f.get(after).as_bytes()),
    }
    d.own_text("h02_reboot", f.get(after + 1).as_bytes());
    at_time(f, 3, after + 3, settings, d);
    status(f, after + 4, d)
}

/// A position with a date and no time, or the cells around: `lac,cell,level` with a `Y` between them.
pub(super) fn brief(f: &Fields<'_>, settings: &DeviceSettings, d: &mut Draft) {
    let validity = f.get(3);
    if validity == "V" {
        let network = f.whole(4).zip(f.whole(5));
        let towers_told: Vec<[&str; 3]> = f
            .piece(6, f.len())
            .split('Y')
            .take(CELLS_MAX)
            .map(|cell| {
                let cell = Fields::of(cell, ',');
                [0, 1, 2].map(|part| cell.get(part))
            })
            .collect();
        towers(network, &towers_told, d);
        return;
    }
    d.valid(validity == "A");
    if validity == "B" {
        d.located_by_network();
    }
    let latitude = sign(f.get(5), 'N', 'S').zip(degrees(f.get(4)));
    let longitude = sign(f.get(7), 'E', 'W').zip(degrees(f.get(6)));
    if let Some(((north, latitude), (east, longitude))) = latitude.zip(longitude) {
        d.at(north * latitude, east * longitude);
    }
    if let Some(speed) = f.number(8) {
        d.speed_kmh(speed * settings.speed_unit.unwrap_or(SpeedUnit::Knots).kmh());
    }
    if let Some(course) = f.number(9) {
        d.heading_deg(course);
    }
    d.own_text("h02_date", f.get(10).as_bytes());
}

/// A sign of life that may tell the battery.
pub(super) fn heartbeat(f: &Fields<'_>, d: &mut Draft) {
    battery_level(f, 3, d);
}
