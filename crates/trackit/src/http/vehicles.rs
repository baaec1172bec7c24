//! `vehiclesForUser`: every mobile that the caller sees, as it is now.

use calls::write::Object;
use fleet::{Access, Session, Tracker};
use model::{AttributeId, SourceValues, Value, attr};
use web::Answer;

use super::{Api, answer};
use crate::encode::json::{self, Members as _};
use crate::encode::{degrees, number_on_wire};
use crate::wire::cas;

/// Numbered sensors that are shown: 1 to this.
const NUMBERED: u32 = 16;

impl Api {
    pub(super) fn vehicles_for_user(&self, session: &Session) -> Answer {
        let trackers = self.shared.fleet.trackers(session);
        answer::data(|out| {
            json::array(&trackers, out, |tracker, out| {
                json::object(out, |o| self.vehicle(session, tracker, o));
            });
        })
    }

    fn vehicle(&self, session: &Session, tracker: &Tracker, o: &mut Object<'_>) {
        let vehicle = self.shared.fleet.vehicle_of(tracker.id);
        let vehicle = vehicle.as_ref();
        o.int("mid", tracker.id.0).object("info", |o| {
            // One that nobody has described yet goes by the name of its tracker.
            let plate = vehicle.map_or("", |vehicle| vehicle.plate.as_str());
            o.string("plate", if plate.is_empty() { &tracker.label } else { plate });
            o.string("brand", vehicle.map_or("", |vehicle| vehicle.brand.as_str()));
            o.string("model", vehicle.map_or("", |vehicle| vehicle.model.as_str()));
        });
        o.object("data", |o| self.data(session, tracker, o));
    }

    /// What is known of it now; of a blocked one nothing.
    fn data(&self, session: &Session, tracker: &Tracker, o: &mut Object<'_>) {
        let is_shown = matches!(self.shared.fleet.access(session, tracker.id), Access::Normal(_));
        let source = self.shared.engine.source(tracker.source.source).filter(|_| is_shown);
        let Some(source) = source else {
            o.raw("pos", "null").raw("drs", "{}").raw("tmp", "{}").raw("tlm", "{}");
            return;
        };
        source.read(|view| {
            match view.state.gps {
                None => {
                    o.raw("pos", "null");
                }
                Some(gps) => {
                    o.object("pos", |o| {
                        o.string("tmx", &gps.updated.to_string());
                        o.object("loc", |o| {
                            degrees("lat", gps.latitude, o);
                            degrees("lon", gps.longitude, o);
                        });
                        o.int("gsp", gps.speed_kmh).int("hdg", gps.heading_deg);
                        o.int("gkm", odometer_km(view.values)).int("cas", cas::PERIODIC);
                    });
                }
            }
            o.object("drs", |o| drive(view.values, o));
            o.object("tmp", |o| temperatures(view.values, o));
            o.object("tlm", |o| {
                lines(view.state.inputs.map(|(mask, _)| mask), view.state.inputs_count, false, o);
                lines(view.state.outputs.map(|(mask, _)| mask), view.state.outputs_count, true, o);
            });
        });
    }
}

fn value(values: &SourceValues, ids: &[AttributeId]) -> Option<f64> {
    ids.iter().find_map(|id| values.get(*id).and_then(|last| last.value.as_f64()))
}

/// Whole kilometres that the device, or else the source, has counted; −1 when nobody did.
fn odometer_km(values: &SourceValues) -> i64 {
    let own = value(values, &[attr::HARDWARE_MILEAGE, attr::CAN_MILEAGE, attr::OBD_MILEAGE]);
    let km = own.or(values.odometer.map(|counter| counter.value));
    km.filter(|km| (0.0..1e12).contains(km)).map_or(-1, |km| km.floor() as i64)
}

/// What the vehicle's own network tells.
fn drive(values: &SourceValues, o: &mut Object<'_>) {
    let fuel = AttributeId::nth("can_fuel_", 1).unwrap_or(attr::OBD_FUEL);
    let numbers = [
        ("flv", value(values, &[fuel, attr::OBD_FUEL])),
        ("rpm", value(values, &[attr::CAN_RPM, attr::OBD_RPM])),
        ("ckm", value(values, &[attr::CAN_MILEAGE, attr::OBD_MILEAGE])),
        ("ehr", value(values, &[attr::CAN_ENGINE_HOURS, attr::CAN_ENGINE_HOURS_COUNTED])),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            o.int(name, (number + 0.5).floor() as i64);
        }
    }
    if let Some(Value::Text(key)) = values.get(attr::HARDWARE_KEY).map(|last| &last.value) {
        o.string("dc1", key);
    }
}

/// Temperatures in °C, by the number of the sensor.
fn temperatures(values: &SourceValues, o: &mut Object<'_>) {
    for number in 1..=NUMBERED {
        if let Some(celsius) = AttributeId::nth("temperature_", number).and_then(|id| value(values, &[id])) {
            o.number(&number.to_string(), celsius);
        }
    }
}

/// Inputs, or outputs, by their numbers on the wire: 1 for those that are on, 0 for others.
fn lines(mask: Option<u32>, count: u8, are_outputs: bool, o: &mut Object<'_>) {
    let Some(mask) = mask else { return };
    for line in 1..=count.min(8) {
        let number = number_on_wire(line, are_outputs);
        o.int(&number.to_string(), mask >> (line - 1) & 1);
    }
}
