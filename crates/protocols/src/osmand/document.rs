//! The JSON form that phone apps send: one location or several.

use std::borrow::Cow;

use model::{AttributeId, DeviceId, Report, Value, attr};

use super::query::{accuracy, alarm, finish, time};
use crate::Limits;
use crate::bytes::cut;
use crate::draft::Draft;
use crate::json::{Item, elements, item, members};
use crate::session::{FieldFault, Reject, SpeedUnit};

/// One request's document, its locations still as text.
pub(crate) struct Document<'a> {
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
        self.locations.into_iter().map(|raw| Location::read(raw, limits)).collect()
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

/// A location while its members are taken, in whatever order they come.
struct Location {
    draft: Draft,
    latitude: Option<f64>,
    longitude: Option<f64>,
    text_bytes_max: usize,
}

impl Location {
    /// Reads one location. What has an unexpected type is passed over: a phone would send it again for ever.
    fn read(raw: &str, limits: &Limits) -> Report {
        let text_bytes_max = limits.text_bytes_max;
        let mut location = Self { draft: Draft::new(text_bytes_max), latitude: None, longitude: None, text_bytes_max };
        // The document was found well formed before; a name with an odd escape ends this location early.
        let _ = members(raw, |name, value| location.take(&name, lenient(value)));
        if let (Some(latitude), Some(longitude)) = (location.latitude, location.longitude) {
            location.draft.at(latitude, longitude);
        }
        finish(location.draft)
    }

    fn take(&mut self, name: &str, item: Item<'_>) -> Result<(), Reject> {
        match (name, item) {
            ("timestamp", Item::Text(text)) => self.draft.time = time(&text),
            ("timestamp", Item::Int(n)) => self.draft.time = time(&n.to_string()),
            ("timestamp", Item::Float(n)) => self.draft.time = time(&n.to_string()),
            ("coords", Item::Object(raw)) => self.coords(raw)?,
            ("battery", Item::Object(raw)) => self.battery(raw)?,
            ("activity", Item::Object(raw)) => self.activity(raw)?,
            ("extras", Item::Object(raw)) => members(raw, |name, value| self.extra(&name, lenient(value)))?,
            ("is_moving", Item::Bool(b)) => self.set(attr::IS_MOVING, Value::Bool(b)),
            ("mock", Item::Bool(b)) => self.set(attr::MOCK, Value::Bool(b)),
            ("odometer", number) => self.odometer(&number),
            ("event", text @ Item::Text(_)) => self.extra("event", text)?,
            ("alarm", Item::Text(name)) => {
                alarm(&mut self.draft, cut(&name, self.text_bytes_max));
            }
            _ => {}
        }
        Ok(())
    }

    fn coords(&mut self, raw: &str) -> Result<(), Reject> {
        members(raw, |name, value| {
            let x = number(&lenient(value));
            match (name.as_ref(), x) {
                ("latitude", _) => self.latitude = x,
                ("longitude", _) => self.longitude = x,
                ("altitude", Some(metres)) => self.draft.altitude_m(metres),
                ("accuracy", Some(metres)) => accuracy(&mut self.draft, metres),
                // −1 is unknown, for both.
                ("speed", Some(ms)) if ms >= 0.0 => {
                    self.draft.speed_kmh(ms * SpeedUnit::MetresPerSecond.kmh());
                }
                ("heading", Some(degrees)) => self.draft.heading_deg(degrees),
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
                    self.draft.attributes().set_some(attr::BATTERY_LEVEL, usable.map(|p| Value::Int(p as i64)));
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
        self.draft.own(name, value);
        Ok(())
    }

    fn set(&mut self, id: AttributeId, value: Value) {
        self.draft.set(id, value);
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
