//! Where the device is: a run of fields in the middle of a sentence, which is found by its shape.

use model::{Timestamp, attr};

use super::cells;
use super::line::Line;
use super::sentence::{is_digits, is_hex, number, time};
use crate::draft::{Cell, Draft};

/// A place and its network, as one run of fields tells them.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Block {
    /// 0: the place is the last that was known.
    quality: Option<f64>,
    speed_kmh: Option<f64>,
    heading_deg: Option<f64>,
    altitude_m: Option<f64>,
    /// Longitude and latitude, in degrees.
    place: Option<(f64, f64)>,
    pub(super) time: Option<Timestamp>,
    wifi: Vec<([u8; 6], Option<i16>)>,
    cell: Option<Cell>,
    mileage_km: Option<f64>,
    satellites: Option<u8>,
    csq: Option<u32>,
    /// Why it was sent, where the device says so.
    trigger: Option<f64>,
}

/// How a block is written.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) line: Line,
    pub(super) utc_offset_s: i32,
    /// A mask of further fields is expected at the end.
    pub(super) masked: bool,
}

/// Fields before the coordinates: quality, speed, course, altitude.
const BEFORE_PLACE: usize = 4;
/// Fields to the time, with it.
const TO_TIME: usize = 7;
/// The bits of the mask that are known: satellites, trigger.
const MASK_MAX: u8 = 3;

/// Whether a block begins at `at`. One without a place has three empty fields instead.
pub(super) fn is_at(fields: &[&str], at: usize, empty_too: bool) -> bool {
    let Some(block) = fields.get(at..at + TO_TIME) else { return false };
    let [longitude, latitude, time] = [block[4], block[5], block[6]];
    // The time is looked at first: few fields are so long, and numbers take longer to read.
    let is_time = is_digits(time, 14) || (empty_too && time.is_empty());
    if !is_time {
        return false;
    }
    // Coordinates beside a time are nothing else: whatever stands before them, one odd field costs only itself.
    if is_digits(time, 14) && is_coordinate(longitude) && is_coordinate(latitude) {
        return true;
    }
    let is_number = |field: &&str| field.is_empty() || number(field).is_some();
    let is_empty = empty_too && longitude.is_empty() && latitude.is_empty();
    is_empty && block[..BEFORE_PLACE].iter().all(is_number) && network_follows(fields, at + TO_TIME)
}

/// Whether country, network, area and cell come next, or nothing in their stead.
fn network_follows(fields: &[&str], at: usize) -> bool {
    let Some(four) = fields.get(at..at + 4) else { return false };
    four.iter().all(|field| field.is_empty()) || cells::is_network(four)
}

fn is_coordinate(field: &str) -> bool {
    number(field).is_some() && field.split_once('.').is_some_and(|(_, decimals)| (3..=8).contains(&decimals.len()))
}

/// Where the first block with a place begins. Without one, the first without a place: at `usual` if that is one.
pub(super) fn find(fields: &[&str], usual: usize) -> Option<usize> {
    let placed = (1..fields.len()).find(|at| is_at(fields, *at, false));
    placed.or_else(|| std::iter::once(usual).chain(1..fields.len()).find(|at| is_at(fields, *at, true)))
}

/// Reads the block at `at`, which [`is_at`] holds of, and says where the fields after it begin.
pub(super) fn read(fields: &[&str], at: usize, form: Form) -> (Block, usize) {
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let mut block = Block {
        quality: number(field(at)),
        speed_kmh: number(field(at + 1)),
        heading_deg: number(field(at + 2)),
        altitude_m: number(field(at + 3)),
        place: number(field(at + 4)).zip(number(field(at + 5))),
        time: time(field(at + 6), form.utc_offset_s),
        ..Block::default()
    };
    let mut next = stations(fields, at + TO_TIME, &mut block);
    if network_follows(fields, next) || block.place.is_some() && cells::is_network_at_all(fields, next) {
        block.cell = cells::cell(&fields[next..next + 4]);
        next += 4;
    }
    next = last(fields, next, form, &mut block);
    (block, next)
}

/// Wi-Fi stations, which some put before the network: a count, and five fields for each.
fn stations(fields: &[&str], at: usize, block: &mut Block) -> usize {
    let Some(count) = fields.get(at).filter(|f| f.len() <= 2).and_then(|f| f.parse::<usize>().ok()) else {
        return at;
    };
    let mut next = at + 1;
    for _ in 0..count {
        let Some(station) = fields.get(next..next + 2).and_then(|f| station(f[0], f[1])) else { break };
        block.wifi.push(station);
        next += 5;
    }
    next.min(fields.len())
}

/// An address as twelve hexadecimal digits, and decibels below a milliwatt without their sign.
pub(super) fn station(mac: &str, below_dbm: &str) -> Option<([u8; 6], Option<i16>)> {
    if !is_hex(mac, 12) {
        return None;
    }
    let mut bytes = [0; 6];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(mac.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some((bytes, below_dbm.parse::<i16>().ok().and_then(|dbm| dbm.checked_abs()).map(|dbm| -dbm)))
}

/// The field after the network: nothing, a mileage, or a mask of what follows.
fn last(fields: &[&str], at: usize, form: Form, block: &mut Block) -> usize {
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    // Two fields on the signal stand before the mask.
    let is_signal_first = form.masked && form.line.is_gl5xx();
    let at = if is_signal_first { at + 2 } else { at };
    block.csq = if is_signal_first { field(at - 2).parse().ok() } else { None };
    if field(at).contains('.') {
        let next_is_hours = super::sentence::hours(field(at + 1)).is_some();
        // Some have no field here: this is the first of the tail.
        if next_is_hours || is_at(fields, at, false) {
            return at;
        }
        block.mileage_km = number(field(at));
        return at + 1;
    }
    if is_at(fields, at, false) {
        return at;
    }
    let mask = field(at).parse::<u8>().ok().filter(|mask| form.masked || *mask <= MASK_MAX);
    let mask = mask.filter(|_| !form.line.is("GL320M")).unwrap_or(0);
    let is_mask = field(at).is_empty() || mask != 0 || field(at).bytes().all(|b| b == b'0') || form.masked;
    let mut next = if is_mask { at + 1 } else { at };
    if mask & 1 != 0 {
        block.satellites = field(next).parse().ok();
        next += 1;
    }
    if mask & 2 != 0 {
        block.trigger = number(field(next));
        next += 1;
    }
    next.min(fields.len())
}

impl Block {
    /// Puts it into a report. Without coordinates, only the network is told.
    pub(super) fn put(&self, d: &mut Draft) {
        for (mac, rssi_dbm) in &self.wifi {
            d.wifi(mac, *rssi_dbm);
        }
        if let Some(cell) = self.cell {
            d.cell(cell);
        }
        if let Some(csq) = self.csq {
            d.csq(csq);
        }
        super::state::float(d, attr::HARDWARE_MILEAGE, self.mileage_km);
        super::state::own_number(d, "queclink_trigger", self.trigger);
        let Some((longitude, latitude)) = self.place else { return };
        d.time = self.time;
        d.at(latitude, longitude);
        match self.quality {
            Some(0.0) => d.last_known(),
            Some(hdop) => d.float(attr::HDOP, hdop),
            None => {}
        }
        if let Some(speed_kmh) = self.speed_kmh {
            d.speed_kmh(speed_kmh);
        }
        if let Some(heading_deg) = self.heading_deg {
            d.heading_deg(heading_deg);
        }
        if let Some(altitude_m) = self.altitude_m {
            d.altitude_m(altitude_m);
        }
        if let Some(satellites) = self.satellites {
            d.satellites(satellites);
        }
    }
}
