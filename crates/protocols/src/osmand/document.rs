//! The JSON form that phone apps send: one location or several.

use std::borrow::Cow;

use model::{AttributeId, DeviceId, Position, Report, Value, attr};

use super::precision_m;
use super::query::{alarm, time};
use crate::Limits;
use crate::bytes::cut;
use crate::json::{Item, elements, item, members};
use crate::session::{FieldFault, Reject, SpeedUnit};

/// One request's document, its locations still as text.
pub(super) struct Document<'a> {
    device: Cow<'a, str>,
    locations: Vec<&'a str>,
}

impl<'a> Document<'a> {
    pub(super) fn read(body: &'a [u8], limits: &Limits) -> Result<Self, Reject> {
        let text = std::str::from_utf8(body).map_err(|_| Reject::NotJson)?;
        let mut device = None;
        let mut locations = Vec::new();
        members(text, |name, raw| {
            match (name.as_ref(), item(raw)?) {
                ("device_id", Item::Text(id)) => device = Some(id),
                ("device_id", Item::Int(id)) => device = Some(Cow::Owned(id.to_string())),
                ("location", Item::Object(one)) => locations = vec![one],
                ("location", Item::Array(several)) => locations = list(several, limits)?,
                _ => {}
            }
            Ok(())
        })?;
        let fault = |fault| Reject::Field { name: "device_id", fault };
        let device = device.ok_or(fault(FieldFault::Missing))?;
        match DeviceId::new(&device) {
            Some(_) => Ok(Self { device, locations }),
            None => Err(fault(FieldFault::OutOfRange)),
        }
    }

    pub(super) fn device(&self) -> &str {
        &self.device
    }

    pub(super) fn into_reports(self, limits: &Limits) -> Vec<Report> {
        self.locations.into_iter().map(|raw| Draft::read(raw, limits)).collect()
    }
}

fn list<'a>(raw: &'a str, limits: &Limits) -> Result<Vec<&'a str>, Reject> {
    let mut locations = Vec::new();
    elements(raw, |one| {
        if locations.len() >= limits.reports_per_upload_max {
            return Err(Reject::TooManyReports { reports_max: limits.reports_per_upload_max });
        }
        if one.starts_with('{') {
            locations.push(one);
        }
        Ok(())
    })?;
    Ok(locations)
}

#[derive(Default)]
struct Draft {
    report: Report,
    latitude: Option<f64>,
    longitude: Option<f64>,
    altitude_m: Option<f64>,
    accuracy_m: Option<f64>,
    speed_ms: Option<f64>,
    heading_deg: Option<f64>,
    text_bytes_max: usize,
}

impl Draft {
    /// Reads one location. What has an unexpected type is passed over: a phone would send it again for ever.
    fn read(raw: &str, limits: &Limits) -> Report {
        let mut draft = Self { text_bytes_max: limits.text_bytes_max, ..Self::default() };
        // The document was found well formed before; a name with an odd escape ends this location early.
        let _ = members(raw, |name, value| draft.take(&name, lenient(value)));
        let accuracy = draft.accuracy_m.and_then(Value::float);
        draft.report.attributes.set_some(attr::ACCURACY, accuracy);
        draft.report.position = draft.position();
        draft.report
    }

    fn take(&mut self, name: &str, item: Item<'_>) -> Result<(), Reject> {
        match (name, item) {
            ("timestamp", Item::Text(text)) => self.report.time = time(&text),
            ("timestamp", Item::Int(n)) => self.report.time = time(&n.to_string()),
            ("coords", Item::Object(raw)) => self.coords(raw)?,
            ("battery", Item::Object(raw)) => self.battery(raw)?,
            ("activity", Item::Object(raw)) => self.activity(raw)?,
            ("extras", Item::Object(raw)) => members(raw, |name, value| self.extra(&name, lenient(value)))?,
            ("is_moving", Item::Bool(b)) => self.set(attr::IS_MOVING, Value::Bool(b)),
            ("mock", Item::Bool(b)) => self.set(attr::MOCK, Value::Bool(b)),
            ("odometer", number) => self.odometer(&number),
            ("event", text @ Item::Text(_)) => self.extra("event", text)?,
            ("alarm", Item::Text(name)) => {
                let name = cut(&name, self.text_bytes_max);
                alarm(&mut self.report.events, &mut self.report.attributes, name);
            }
            _ => {}
        }
        Ok(())
    }

    fn coords(&mut self, raw: &str) -> Result<(), Reject> {
        members(raw, |name, value| {
            let x = number(&lenient(value));
            match name.as_ref() {
                "latitude" => self.latitude = x,
                "longitude" => self.longitude = x,
                "altitude" => self.altitude_m = x,
                "accuracy" => self.accuracy_m = x.filter(|a| *a >= 0.0),
                // −1 is unknown, for both.
                "speed" => self.speed_ms = x,
                "heading" => self.heading_deg = x,
                _ => {}
            }
            Ok(())
        })
    }

    fn battery(&mut self, raw: &str) -> Result<(), Reject> {
        members(raw, |name, value| {
            match (name.as_ref(), lenient(value)) {
                ("level", level) => {
                    // Rounded down; the small amount makes up for fractions that have no exact double, such as 0.29.
                    let percent = number(&level).map(|x| (x * 100.0 + 1e-6).floor());
                    let usable = percent.filter(|p| (0.0..=100.0).contains(p));
                    self.report.attributes.set_some(attr::BATTERY_LEVEL, usable.map(|p| Value::Int(p as i64)));
                }
                ("is_charging", Item::Bool(b)) => self.set(attr::CHARGING_STATUS, Value::Bool(b)),
                _ => {}
            }
            Ok(())
        })
    }

    fn activity(&mut self, raw: &str) -> Result<(), Reject> {
        members(raw, |name, value| {
            if let ("type", Item::Text(kind)) = (name.as_ref(), lenient(value)) {
                self.set(attr::ACTIVITY, Value::from(cut(&kind, self.text_bytes_max)));
            }
            Ok(())
        })
    }

    /// Metres, kept under their own name, and as the mileage that sensors read.
    fn odometer(&mut self, item: &Item<'_>) {
        if let Some(metres) = number(item).filter(|m| *m >= 0.0) {
            let own = if let Item::Int(n) = item { Value::Int(*n) } else { Value::Float(metres) };
            self.set(attr::ODOMETER, own);
            self.set(attr::HARDWARE_MILEAGE, Value::Float(metres / 1000.0));
        }
    }

    fn extra(&mut self, name: &str, item: Item<'_>) -> Result<(), Reject> {
        let value = match item {
            Item::Bool(b) => Value::Bool(b),
            Item::Int(n) => Value::Int(n),
            Item::Float(x) if x.is_finite() => Value::Float(x),
            Item::Text(text) => Value::from(cut(&text, self.text_bytes_max)),
            _ => return Ok(()),
        };
        // A name that cannot be one is passed over.
        if let Ok(id) = AttributeId::intern(name) {
            self.set(id, value);
        }
        Ok(())
    }

    fn set(&mut self, id: AttributeId, value: Value) {
        self.report.attributes.set(id, value);
    }

    fn position(&self) -> Option<Position> {
        let (latitude, longitude) = (self.latitude?, self.longitude?);
        if latitude == 0.0 && longitude == 0.0 {
            return None;
        }
        let mut p = Position::new(latitude, longitude)?;
        if let Some(altitude_m) = self.altitude_m {
            p.set_altitude_m(altitude_m);
        }
        if let Some(speed_ms) = self.speed_ms {
            p.set_speed_kmh(speed_ms * SpeedUnit::MetresPerSecond.kmh());
        }
        if let Some(heading_deg) = self.heading_deg {
            p.set_heading_deg(heading_deg);
        }
        p.precision_m = self.accuracy_m.and_then(precision_m);
        Some(p)
    }
}

/// A value; one with an escape that means nothing counts as missing.
fn lenient(raw: &str) -> Item<'_> {
    item(raw).unwrap_or(Item::Null)
}

fn number(item: &Item<'_>) -> Option<f64> {
    match item {
        Item::Int(n) => Some(*n as f64),
        Item::Float(x) if x.is_finite() => Some(*x),
        _ => None,
    }
}
