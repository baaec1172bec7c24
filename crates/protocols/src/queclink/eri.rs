//! Positions with what is attached to the device: a mask says which sensors follow.
//!
//! Own names: `queclink_report_type`, `queclink_external_battery`, `queclink_mode`, `queclink_uart_type`,
//! `one_wire_id_n`, `fuel_sensor_type_n`, `fuel_percent_n` (where a sensor tells litres as well), `rf433_serial_n`,
//! `queclink_can` (what a vehicle's bus says in this sentence, undecoded), `queclink_rest`; those of sensors over
//! Bluetooth are listed with them.

use model::attr;

use super::accessory;
use super::block::{self, Form};
use super::position::{analogue, blocks, drafts, moving, percent};
use super::sentence::{Sentence, hex_number, hours, number, power};
use super::state::{self, float, is_status, nth};
use crate::draft::Draft;

const USUAL_START: usize = 5;
const CELSIUS_PER_STEP: f64 = 0.0625;
/// Numbered attributes go so far.
const NUMBER_MAX: u32 = 127;

/// The bits of the mask.
const DIGITAL_FUEL: u64 = 1;
const ONE_WIRE: u64 = 1 << 1;
const CAN: u64 = 1 << 2;
const FUEL_PERCENT: u64 = 1 << 3;
const FUEL_VOLUME: u64 = 1 << 4;
const RF433: u64 = 1 << 7;
const BLUETOOTH: u64 = 1 << 8;

/// Fields, one after the other; empty ones after the last.
pub(super) struct Fields<'f, 'a> {
    all: &'f [&'a str],
    at: usize,
}

impl<'f, 'a> Fields<'f, 'a> {
    pub(super) fn new(all: &'f [&'a str]) -> Self {
        Self { all, at: 0 }
    }

    pub(super) fn next(&mut self) -> &'a str {
        let field = self.peek(0);
        self.at = (self.at + 1).min(self.all.len());
        field
    }

    pub(super) fn peek(&self, ahead: usize) -> &'a str {
        self.all.get(self.at + ahead).copied().unwrap_or_default()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.all.len());
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.all.len()
    }

    pub(super) fn rest(&self) -> &'f [&'a str] {
        self.all.get(self.at..).unwrap_or_default()
    }

    /// A count of what follows, in decimal. More than have names are not counted.
    fn count(&mut self) -> u32 {
        self.next().parse().unwrap_or(0).min(NUMBER_MAX)
    }
}

/// ERI.
pub(super) fn read(s: &Sentence<'_>, form: Form, mut d: Draft, other: impl FnMut() -> Draft) -> Vec<Draft> {
    let fields = s.fields();
    let mask = hex_number(s.at(1)).unwrap_or(0);
    float(&mut d, attr::BOARD_VOLTAGE, power(s.at(2)));
    d.own_text("queclink_report_type", s.at(3).as_bytes());
    let Some(start) = block::find(fields, USUAL_START) else {
        super::cells::read(&mut d, fields, false);
        state::rest(&mut d, fields.get(USUAL_START..).unwrap_or_default());
        return vec![d];
    };
    let count = s.at(4).parse().unwrap_or(1);
    let (blocks, next) = blocks(fields, start, count, form);
    let (mut drafts, newest) = drafts(&blocks, d, other);
    if let Some(d) = drafts.get_mut(newest) {
        let mut f = Fields::new(&fields[next..]);
        tail(d, s, &mut f, mask);
        attached(d, s, &mut f, mask);
        state::rest(d, f.rest());
    }
    drafts
}

/// What the device says of itself.
fn tail(d: &mut Draft, s: &Sentence<'_>, f: &mut Fields<'_, '_>, mask: u64) {
    let line = s.line;
    if line.is_gl5xx() {
        percent(d, f.next());
        d.own_text("queclink_mode", f.next().as_bytes());
        moving(d, f.next());
        return;
    }
    float(d, attr::HARDWARE_MILEAGE, number(f.next()));
    if line.is("GL320M") {
        percent(d, f.next());
        if mask & RF433 != 0 {
            d.own_text("queclink_external_battery", f.next().as_bytes());
        }
        return;
    }
    float(d, attr::ENGINE_HOURS, hours(f.next()));
    if line.is("GV200") {
        (1..=3).for_each(|n| analogue(d, n, f.next()));
        lines(d, f.next(), f.next());
    } else {
        // The charge stands before the state; how many fields stand before it depends on the line.
        let inputs = (1..=4).find(|n| is_status(f.peek(n + 1))).unwrap_or(2);
        for n in 1..=inputs {
            let field = f.next();
            if n <= 2 || n == 3 && line.has_third_analogue() {
                analogue(d, n as u32, field);
            }
        }
        percent(d, f.next());
        state::status(d, f.next());
    }
    d.own_text("queclink_uart_type", f.next().as_bytes());
}

/// Inputs and outputs in hexadecimal.
fn lines(d: &mut Draft, inputs: &str, outputs: &str) {
    for (id, field) in [(attr::INPUT_STATUS, inputs), (attr::OUTPUT_STATUS, outputs)] {
        if let Some(mask) = hex_number(field).and_then(|mask| i64::try_from(mask).ok()) {
            d.set(id, mask);
        }
    }
}

/// What is attached, by the mask.
fn attached(d: &mut Draft, s: &Sentence<'_>, f: &mut Fields<'_, '_>, mask: u64) {
    let is_gv350m = s.line.is("GV350M");
    if mask & DIGITAL_FUEL != 0 && !is_gv350m {
        nth(d, "lls_level_raw_", 1, hex_number(f.next()).map(|raw| raw as f64));
    }
    if mask & ONE_WIRE != 0 {
        one_wire(d, f);
    }
    if mask & CAN != 0 {
        d.own_text("queclink_can", f.rest().join(",").as_bytes());
        *f = Fields::new(&[]);
        return;
    }
    let fuel = if is_gv350m { DIGITAL_FUEL | FUEL_PERCENT | FUEL_VOLUME } else { FUEL_PERCENT | FUEL_VOLUME };
    if mask & fuel != 0 {
        fuel_sensors(d, f, mask, is_gv350m);
    }
    if mask & RF433 != 0 && !s.line.is("GL320M") {
        rf433(d, f);
    }
    if mask & BLUETOOTH != 0 {
        for n in 1..=f.count() {
            if f.is_done() {
                break;
            }
            accessory::sensor(d, f, n, s.line.is_gv600m());
        }
    }
}

fn one_wire(d: &mut Draft, f: &mut Fields<'_, '_>) {
    for n in 1..=f.count() {
        if f.is_done() {
            break;
        }
        d.own_text(&format!("one_wire_id_{n}"), f.next().as_bytes());
        // The type of the sensor.
        f.next();
        let raw = u16::from_str_radix(f.next(), 16).ok();
        nth(d, "temperature_", n, raw.map(|raw| f64::from(raw as i16) * CELSIUS_PER_STEP));
    }
}

fn fuel_sensors(d: &mut Draft, f: &mut Fields<'_, '_>, mask: u64, is_gv350m: bool) {
    for n in 1..=f.count() {
        if f.is_done() {
            break;
        }
        d.own_text(&format!("fuel_sensor_type_{n}"), f.next().as_bytes());
        if is_gv350m {
            // The port that it is at.
            f.next();
            if mask & DIGITAL_FUEL != 0 {
                nth(d, "lls_level_raw_", n, hex_number(f.next()).map(|raw| raw as f64));
            }
        }
        let percent = if mask & FUEL_PERCENT != 0 { number(f.next()) } else { None };
        let litres = if mask & FUEL_VOLUME != 0 { number(f.next()) } else { None };
        nth(d, "fuel_level_", n, litres.or(percent));
        state::own_number(d, &format!("fuel_percent_{n}"), percent.filter(|_| litres.is_some()));
    }
}

/// Sensors over radio: a thermometer, or one that measures humidity as well.
fn rf433(d: &mut Draft, f: &mut Fields<'_, '_>) {
    for n in 1..=f.count() {
        if f.is_done() {
            break;
        }
        d.own_text(&format!("rf433_serial_{n}"), f.next().as_bytes());
        let kind = f.next();
        nth(d, "temperature_", n, number(f.next()));
        if kind == "2" {
            nth(d, "humidity_", n, number(f.next()));
        }
    }
}
