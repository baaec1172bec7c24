//! A record: what a device uploaded, as this dialect shows it.

use model::{AttributeId, EventId, Record, Report, TrackerId, Value, attr};

use super::ids;
use super::json::{self, Members as _, Object};
use crate::wire::{OUTPUTS_FROM, cas};

/// A tracker as a user of this dialect sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mobile {
    /// Its own id.
    pub uid: TrackerId,
    /// The vehicle's, or its own where there is none.
    pub vid: u32,
}

/// An input or output of a record that is told of, by its number on the wire, and whether it is on.
pub(super) type Line = (u16, bool);

/// Writes a record. `last` is where the mobile was before, in degrees: shown when the record has no place of its own.
pub fn record(record: &Record, mobile: Mobile, last: Option<(f64, f64)>, with_id: bool, out: &mut Vec<u8>) {
    write(record, mobile, last, with_id, None, out);
}

pub(super) fn write(
    record: &Record,
    mobile: Mobile,
    last: Option<(f64, f64)>,
    with_id: bool,
    line: Option<Line>,
    out: &mut Vec<u8>,
) {
    let report = &record.report;
    let position = report.position.as_ref();
    let (latitude, longitude) = place_of(record).or(last).unwrap_or_default();
    json::object(out, |o| {
        if with_id {
            o.string("_id", &ids::record_id(record));
        }
        time("tmx", record.at, o);
        o.int("vid", mobile.vid).int("dmx", class(report));
        o.object("loc", |o| {
            degrees("lon", longitude, o);
            degrees("lat", latitude, o);
        });
        let speed_kmh = position.and_then(|p| p.speed_kmh).unwrap_or(0.0);
        o.int("gsp", half_up(f64::from(speed_kmh)));
        o.int("hdg", position.and_then(|p| p.heading_deg).unwrap_or(0));
        o.int("gkm", odometer_km(record));
        o.int("cas", if line.is_some() { cas::IO } else { cause(report) });
        o.object("exd", |o| extended(report, line, o));
    });
}

/// Where a record says that the mobile is, in degrees.
pub fn place_of(record: &Record) -> Option<(f64, f64)> {
    record.report.position.as_ref().map(|p| (p.latitude, p.longitude))
}

/// A time in UTC with milliseconds.
pub(super) fn time(name: &str, at: model::Timestamp, o: &mut Object<'_>) {
    o.string(name, &at.to_string());
}

/// Degrees to seven places, about a centimetre: what devices send in tens of millionths must not grow digits.
pub(crate) fn degrees(name: &str, degrees: f64, o: &mut Object<'_>) {
    o.number(name, (degrees * 1e7).round() / 1e7);
}

fn half_up(x: f64) -> i64 {
    (x + 0.5).floor() as i64
}

fn number(report: &Report, id: AttributeId) -> Option<f64> {
    report.attributes.get(id).and_then(Value::as_f64)
}

fn first(report: &Report, ids: &[AttributeId]) -> Option<f64> {
    ids.iter().find_map(|id| number(report, *id))
}

/// What class of record the device calls it: its own event code, else the event, else its priority.
fn class(report: &Report) -> i64 {
    let attribute = |id| report.attributes.get(id).and_then(Value::as_i64);
    let event = || report.event().map(|event| i64::from(event.0));
    attribute(attr::EVENT_CODE).or_else(event).or_else(|| attribute(attr::PRIORITY)).unwrap_or(0)
}

/// Whole kilometres that the device, or else its source, has counted; −1 when nobody did.
fn odometer_km(record: &Record) -> i64 {
    let own = first(&record.report, &[attr::HARDWARE_MILEAGE, attr::CAN_MILEAGE, attr::OBD_MILEAGE]);
    own.or(record.odometer_km).filter(|km| (0.0..1e12).contains(km)).map_or(-1, |km| km.floor() as i64)
}

/// Why the device made the record.
fn cause(report: &Report) -> u32 {
    if report.attributes.get(attr::COMMAND_REPLY).is_some() {
        return cas::COMMAND_REPLY;
    }
    match report.event() {
        None | Some(EventId(401..=403)) => cas::PERIODIC,
        Some(EventId(404)) => cas::DISTANCE,
        Some(EventId(405)) => cas::COURSE,
        Some(EventId(3 | 15)) => cas::POWER_UP,
        Some(EventId(501..=508 | 551..=558)) => cas::IO,
        Some(_) => cas::EVENT,
    }
}

fn extended(report: &Report, line: Option<Line>, o: &mut Object<'_>) {
    let position = report.position.as_ref();
    let attribute = || report.attributes.get(attr::SATELLITES).and_then(Value::as_i64);
    if let Some(satellites) = position.and_then(|p| p.satellites).map(i64::from).or_else(attribute) {
        o.int("sat", satellites);
    }
    if let Some(altitude_m) = position.and_then(|p| p.altitude_m) {
        o.int("alt", half_up(f64::from(altitude_m)));
    }
    if let Some(on_battery) = is_on_battery(report) {
        o.int("bpp", u8::from(on_battery));
    }
    let eco = Eco::of(report);
    if eco != Eco::default() {
        o.object("eco", |o| eco.write(o));
    }
    let (inputs, outputs) = (bits(report, attr::INPUT_STATUS), bits(report, attr::OUTPUT_STATUS));
    if inputs | outputs != 0 {
        o.object("io", |o| {
            lines_on(inputs, 0, o);
            lines_on(outputs, OUTPUTS_FROM, o);
        });
    }
    if let Some((number, is_on)) = line {
        o.object("tlm", |o| {
            o.int("tio", number).int("tlv", u8::from(is_on));
        });
    }
}

/// The first eight lines of a mask.
fn bits(report: &Report, id: AttributeId) -> u8 {
    report.attributes.get(id).and_then(Value::as_i64).unwrap_or(0) as u8
}

fn lines_on(mask: u8, from: u16, o: &mut Object<'_>) {
    for bit in (0..8).filter(|bit| mask >> bit & 1 == 1) {
        o.int(itoa::Buffer::new().format(from + bit + 1), 1);
    }
}

/// The number of an input or output on the wire.
pub(crate) fn number_on_wire(line: u8, is_output: bool) -> u16 {
    u16::from(line) + if is_output { OUTPUTS_FROM } else { 0 }
}

/// Teltonika's element that says whether the device is cut off from the vehicle's power.
const UNPLUG: AttributeId = AttributeId::avl_io(252);

fn is_on_battery(report: &Report) -> Option<bool> {
    match report.event() {
        Some(EventId(2)) => Some(true),
        Some(EventId(4)) => Some(false),
        _ => match report.attributes.get(UNPLUG).and_then(Value::as_i64) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
    }
}

/// What a vehicle's own network tells.
#[derive(Clone, PartialEq, Default)]
struct Eco<'a> {
    ambient_c: Option<f64>,
    rpm: Option<f64>,
    engine_h: Option<f64>,
    fuel_percent: Option<f64>,
    card: Option<&'a str>,
}

/// Where the data come from: the vehicle's own network.
const ECO_DATA_TYPE: u32 = 1;

impl<'a> Eco<'a> {
    fn of(report: &'a Report) -> Self {
        let fuel = AttributeId::nth("can_fuel_", 1).and_then(|id| number(report, id));
        Self {
            ambient_c: number(report, attr::OBD_AMBIENT_AIR_T),
            rpm: first(report, &[attr::CAN_RPM, attr::OBD_RPM]),
            engine_h: first(report, &[attr::CAN_ENGINE_HOURS, attr::CAN_ENGINE_HOURS_COUNTED]),
            fuel_percent: fuel.or_else(|| number(report, attr::OBD_FUEL)),
            card: card(report),
        }
    }

    fn write(&self, o: &mut Object<'_>) {
        o.int("edt", ECO_DATA_TYPE);
        let whole = [("aat", self.ambient_c), ("rpm", self.rpm), ("ehr", self.engine_h), ("flv", self.fuel_percent)];
        for (name, value) in whole {
            if let Some(value) = value {
                o.int(name, half_up(value));
            }
        }
        if let Some(card) = self.card {
            o.string("dcl", card);
        }
    }
}

/// The number of a driver card: what identifies the driver, if it has the form of such a number.
fn card(report: &Report) -> Option<&str> {
    match report.attributes.get(attr::HARDWARE_KEY)? {
        Value::Text(key) if key.len() == 16 && key.bytes().all(|b| b.is_ascii_alphanumeric()) => Some(key),
        _ => None,
    }
}
