//! Events: what a record shows to have happened, and what a driver sent.

use model::{DriverEvent, DriverEventKind, Happened, HappenedKind, Timestamp, TrackerId};

use super::ids;
use super::json::{self, Members as _, Object};
use super::record::{self, Line, Mobile, degrees, number_on_wire, place_of, time};
use crate::wire::{cas, eid};

/// Who this server says that it is, in every event.
const SOURCE: &str = "tlk-server";

/// What the socket calls what happened.
pub(super) const fn sub_type(kind: HappenedKind) -> &'static str {
    match kind {
        HappenedKind::Input { .. } | HappenedKind::Output { .. } => "io",
        _ => "event",
    }
}

const fn event_type(kind: HappenedKind) -> u32 {
    match kind {
        HappenedKind::Input { .. } | HappenedKind::Output { .. } => eid::IO,
        HappenedKind::OnBattery => eid::ON_BATTERY,
        HappenedKind::Powered => eid::POWERED,
        HappenedKind::Moving => eid::MOVING,
        HappenedKind::MovingWithoutDriver => eid::MOVING_WITHOUT_DRIVER,
    }
}

/// The input or output that it is about.
pub(super) fn line(kind: HappenedKind) -> Option<Line> {
    match kind {
        HappenedKind::Input { number, on } => Some((number_on_wire(number, false), on)),
        HappenedKind::Output { number, on } => Some((number_on_wire(number, true), on)),
        _ => None,
    }
}

/// What an event says of when and where.
struct Scene<'a> {
    uid: TrackerId,
    at: Timestamp,
    received: Timestamp,
    place: Option<(f64, f64)>,
    is_valid: bool,
    name: Option<&'a str>,
}

impl Scene<'_> {
    fn write(&self, o: &mut Object<'_>) {
        time("tmx", self.at, o);
        time("rmx", self.received, o);
        let (latitude, longitude) = self.place.unwrap_or_default();
        degrees("lat", latitude, o);
        degrees("lng", longitude, o);
        o.int("sts", u8::from(self.is_valid)).string_or_null("frc", self.name).string("src", SOURCE);
    }
}

/// Where something happened, in degrees: by its record, or else where the mobile was `last`.
pub fn place_of_happened(happened: &Happened, last: Option<(f64, f64)>) -> Option<(f64, f64)> {
    place_of(&happened.record).or(last)
}

/// Writes the event of what happened, without its record. `name` is what its place is called.
pub fn happened(happened: &Happened, uid: TrackerId, last: Option<(f64, f64)>, name: Option<&str>, out: &mut Vec<u8>) {
    let record = &happened.record;
    let scene = Scene {
        uid,
        at: record.at,
        received: record.received,
        place: place_of_happened(happened, last),
        is_valid: record.report.position.as_ref().is_some_and(|p| p.valid),
        name,
    };
    json::object(out, |o| {
        o.string("_id", &ids::happened_id(happened)).string("hid", &ids::record_id(record));
        o.int("mid", scene.uid.0).int("eid", event_type(happened.kind));
        scene.write(o);
    });
}

/// Writes the record of what happened, which names the input or output that it is about.
pub(super) fn record_of(happened: &Happened, mobile: Mobile, last: Option<(f64, f64)>, out: &mut Vec<u8>) {
    record::write(&happened.record, mobile, last, true, line(happened.kind), out);
}

/// Writes what a driver sent. `last` is where the mobile is known to be, in degrees; `offset_s` the viewer's time zone,
/// in which alone the time of a service is written.
pub fn from_driver(event: &DriverEvent, mobile: Mobile, last: Option<(f64, f64)>, offset_s: i32, out: &mut Vec<u8>) {
    let place = event.position.or(last);
    let scene =
        Scene { uid: mobile.uid, at: event.at, received: event.received, place, is_valid: place.is_some(), name: None };
    let frame = |out: &mut Vec<u8>, number: u32, more: &dyn Fn(&mut Object<'_>)| {
        json::object(out, |o| {
            o.raw("hid", "null").int("mid", scene.uid.0);
            scene.write(o);
            o.int("eid", number);
            more(o);
        });
    };
    match &event.kind {
        DriverEventKind::Text { text } => frame(out, eid::TEXT, &|o| {
            o.string("txt", text);
        }),
        DriverEventKind::Predefined { number, text } => frame(out, eid::PREDEFINED, &|o| {
            o.int("pmi", *number).string("txt", text);
        }),
        DriverEventKind::Form { name, fields } => frame(out, eid::FORM, &|o| {
            o.object("frm", |o| {
                o.string("fnm", name).object("fld", |o| {
                    for (label, value) in fields {
                        o.string(label, value);
                    }
                });
            });
        }),
        DriverEventKind::Service { service, delivered, note } => {
            let service = Service { event, id: service, delivered: *delivered, note };
            service.write(mobile, place, offset_s, out);
        }
    }
}

/// A service that was visited, in the shape of a record.
struct Service<'a> {
    event: &'a DriverEvent,
    id: &'a str,
    delivered: bool,
    note: &'a str,
}

impl Service<'_> {
    fn write(&self, mobile: Mobile, place: Option<(f64, f64)>, offset_s: i32, out: &mut Vec<u8>) {
        let (latitude, longitude) = place.unwrap_or_default();
        json::object(out, |o| {
            time("tmx", self.event.at, o);
            o.int("vid", mobile.vid).int("dmx", 0);
            o.object("loc", |o| {
                degrees("lat", latitude, o);
                degrees("lng", longitude, o);
            });
            o.int("gsp", 0).int("hdg", 0).int("gkm", -1).int("cas", cas::SERVICE);
            o.object("exd", |o| {
                o.string("type", "service-generic").object("evt", |o| {
                    o.string("id", self.id).boolean("delivered", self.delivered);
                    o.string("tmx", &local(self.event.at, offset_s)).string("msg", self.note());
                });
            });
            o.string("_id", &ids::driver_event_id(self.event));
        });
    }

    /// What the driver says, or else in a word what was done.
    fn note(&self) -> &str {
        match (self.note, self.delivered) {
            ("", true) => "Delivered",
            ("", false) => "Visited",
            (note, _) => note,
        }
    }
}

/// A time as a clock of the viewer shows it, in tenths of a second and without a word on the zone.
fn local(at: Timestamp, offset_s: i32) -> String {
    let c = at.civil(offset_s);
    let tenths = c.millisecond / 100;
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{tenths}", c.year, c.month, c.day, c.hour, c.minute, c.second)
}
