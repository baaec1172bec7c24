//! Positions, one or more in a sentence, and what a vehicle or an asset tracker says of itself behind them.
//!
//! Own names: `queclink_report_type` (why the position was sent, in hexadecimal), `queclink_consumption` (as the
//! vehicle tells it), `queclink_mode` and `queclink_mode_switch` (how an asset tracker works), `queclink_rest`.

use model::attr;

use super::block::{self, Block, Form};
use super::sentence::{Sentence, hex_number, hours, number, power, volts};
use super::state::{self, float, is_status, nth};
use crate::draft::Draft;
use crate::own_names::OwnName;

static REPORT_TYPE: OwnName = OwnName::new("queclink_report_type");

/// Where blocks usually begin: after name, power, type and count.
const USUAL_START: usize = 4;
/// A tail of so many fields that begins with a mileage is a vehicle's, even if it tells no hours.
const VEHICLE_FIELDS_MIN: usize = 9;

/// The blocks of a sentence, and where the fields after them begin.
pub(super) fn blocks(fields: &[&str], start: usize, count: usize, form: Form) -> (Vec<Block>, usize) {
    let (first, mut next) = block::read(fields, start, form);
    let mut all = vec![first];
    while block::is_at(fields, next, false) || all.len() < count && block::is_at(fields, next, true) {
        let (block, after) = block::read(fields, next, form);
        all.push(block);
        next = after;
    }
    (all, next)
}

/// Which block is the newest.
pub(super) fn newest(blocks: &[Block]) -> usize {
    (0..blocks.len()).max_by_key(|at| blocks[*at].time).unwrap_or(0)
}

/// A draft for each block; `d` becomes that of the newest, whose place in the list is told.
pub(super) fn drafts(blocks: &[Block], d: Draft, mut other: impl FnMut() -> Draft) -> (Vec<Draft>, usize) {
    let newest = newest(blocks);
    let mut of_newest = Some(d);
    let mut all = Vec::with_capacity(blocks.len());
    for (at, block) in blocks.iter().enumerate() {
        let mut draft = of_newest.take_if(|_| at == newest).unwrap_or_else(&mut other);
        block.put(&mut draft);
        all.push(draft);
    }
    (all, newest)
}

/// FRI and its like.
pub(super) fn read(s: &Sentence<'_>, form: Form, mut d: Draft, other: impl FnMut() -> Draft) -> Vec<Draft> {
    let fields = s.fields();
    float(&mut d, attr::BOARD_VOLTAGE, power(s.at(1)));
    let kind = hex_number(s.at(2));
    d.own_named_text(&REPORT_TYPE, s.at(2).as_bytes());
    if let ("GEO", Some(kind)) = (s.kind, kind) {
        d.set(attr::GEOFENCE_NUMBER, (kind >> 4 & 15) as i64);
        d.event(if kind & 1 == 1 { 409 } else { 410 });
    }
    let Some(start) = block::find(fields, USUAL_START) else {
        super::cells::read(&mut d, fields, false);
        state::rest(&mut d, fields.get(USUAL_START..).unwrap_or_default());
        return vec![d];
    };
    if start > USUAL_START {
        // Asset trackers tell the charge here, vehicles something else.
        if !s.line.is_vehicle() {
            percent(&mut d, s.at(USUAL_START));
        }
        state::fields(&mut d, &fields[USUAL_START + 1..start]);
    }
    let count = s.at(3).parse().unwrap_or(1);
    let (blocks, next) = blocks(fields, start, count, form);
    let (mut drafts, newest) = drafts(&blocks, d, other);
    if let Some(d) = drafts.get_mut(newest) {
        tail(d, s, &fields[next..], kind.unwrap_or(0));
    }
    drafts
}

/// What stands behind the blocks, by its shape and, where that does not tell, by the line.
fn tail(d: &mut Draft, s: &Sentence<'_>, tail: &[&str], kind: u64) {
    let field = |at: usize| tail.get(at).copied().unwrap_or_default();
    let is_mileage = field(0).split_once('.').is_some_and(|(_, decimals)| decimals.len() == 1);
    let is_stated = !s.line.is_gl5xx() && (5..=6).any(|at| is_status(field(at)));
    let is_vehicle = is_mileage && tail.len() >= VEHICLE_FIELDS_MIN || s.line.is_vehicle() && tail.len() > 5;
    if hours(field(1)).is_some() || is_stated || is_vehicle {
        vehicle(d, tail);
    } else if s.line.tells_signal_last() {
        if let Ok(csq) = field(0).parse() {
            d.csq(csq);
        }
        percent(d, field(1));
        d.set(attr::IS_MOVING, kind & 1 != 0);
        d.set(attr::CHARGING_STATUS, kind & 2 != 0);
        state::rest(d, tail.get(2..).unwrap_or_default());
    } else if s.line.is_gl5xx() || tail.len() >= 5 && !s.line.is_older_asset() {
        d.own_text("queclink_mode", field(0).as_bytes());
        float(d, attr::BATTERY_VOLTAGE, volts(field(1)));
        percent(d, field(2));
        d.own_text("queclink_mode_switch", field(3).as_bytes());
        moving(d, field(4));
        float(d, attr::TEMPERATURE_INTERNAL, number(field(5)));
        state::rest(d, tail.get(6..).unwrap_or_default());
    } else {
        // A mileage may stand before the charge.
        let at = usize::from(tail.len() > 1 && (field(0).is_empty() || field(0).contains('.')));
        float(d, attr::HARDWARE_MILEAGE, number(field(0)).filter(|_| at == 1));
        percent(d, field(at));
        state::rest(d, tail.get(at + 1..).unwrap_or_default());
    }
}

fn vehicle(d: &mut Draft, tail: &[&str]) {
    let field = |at: usize| tail.get(at).copied().unwrap_or_default();
    float(d, attr::HARDWARE_MILEAGE, number(field(0)));
    float(d, attr::ENGINE_HOURS, hours(field(1)));
    analogue(d, 1, field(2));
    analogue(d, 2, field(3));
    // Some have a third input before the charge.
    let at = (5..=6).find(|at| is_status(field(*at))).unwrap_or(5);
    if at == 6 {
        analogue(d, 3, field(4));
    }
    percent(d, field(at - 1));
    state::status(d, field(at));
    float(d, attr::CAN_RPM, number(field(at + 1)));
    d.own_text("queclink_consumption", field(at + 2).as_bytes());
    nth(d, "can_fuel_", 1, number(field(at + 3)));
    state::rest(d, tail.get(at + 4..).unwrap_or_default());
}

/// An analogue input: millivolts, or a share of a full tank after an `F`.
pub(super) fn analogue(d: &mut Draft, nth: u32, field: &str) {
    match field.strip_prefix('F') {
        Some(percent) => state::nth(d, "fuel_level_", nth, number(percent)),
        None => state::nth(d, "analog_", nth, volts(field)),
    }
}

/// The charge of the device's own battery.
pub(super) fn percent(d: &mut Draft, field: &str) {
    if let Some(percent) = number(field) {
        d.percent(attr::BATTERY_LEVEL, percent);
    }
}

/// Whether it moves, as 1 and 0.
pub(super) fn moving(d: &mut Draft, field: &str) {
    match field {
        "1" => d.set(attr::IS_MOVING, true),
        "0" => d.set(attr::IS_MOVING, false),
        _ => {}
    }
}
