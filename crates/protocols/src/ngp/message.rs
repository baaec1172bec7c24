//! One message.

use std::borrow::Cow;

use model::{AttributeId, Attributes, DeviceId, EventId, Report, Timestamp, Value, attr};

use super::cells::{MOBILE_CELLS, WIFI_POINTS};
use super::fields::{Field, defined, fault};
use super::location::Location;
use crate::Limits;
use crate::draft::ATTRIBUTES_MAX;
use crate::json::{Item, compact, elements, item, members};
use crate::session::{FieldFault, Reject};

/// A message that was read and found right. Names of custom attributes are still texts: they are remembered only for
/// devices that are registered.
pub(crate) struct Message<'a> {
    device: Cow<'a, str>,
    time: Timestamp,
    event: Option<EventId>,
    location: Location,
    attributes: Vec<(Name<'a>, Value)>,
}

enum Name<'a> {
    Defined(AttributeId),
    Custom(Cow<'a, str>),
}

/// What has been read so far, in whatever order the members came.
#[derive(Default)]
struct Draft<'a> {
    device: Option<Cow<'a, str>>,
    time: Option<Timestamp>,
    event: Option<EventId>,
    version: Option<Cow<'a, str>>,
    location: Option<&'a str>,
    custom_attributes: Option<Item<'a>>,
    attributes: Vec<(Name<'a>, Value)>,
}

const FIRST: &str = "1.0";
const WITH_CUSTOM_ATTRIBUTES: &str = "1.1a";

impl<'a> Message<'a> {
    pub(super) fn read(body: &'a [u8], limits: &Limits) -> Result<Self, Reject> {
        let text = std::str::from_utf8(body).map_err(|_| Reject::NotJson)?;
        let mut draft = Draft::default();
        members(text, |name, raw| draft.take(name, raw, limits))?;
        draft.finish(limits)
    }

    pub(super) fn device(&self) -> &str {
        &self.device
    }

    pub(super) fn into_report(self) -> Report {
        let mut attributes = Attributes::with_capacity(self.attributes.len() + 4);
        let position = self.location.apply(&mut attributes);
        for (name, value) in self.attributes {
            let id = match name {
                Name::Defined(id) => Some(id),
                // A name that cannot be one, or one too many for this server, is passed over.
                Name::Custom(name) => AttributeId::intern(&name).ok(),
            };
            if let Some(id) = id {
                attributes.set(id, value);
            }
        }
        Report {
            time: Some(self.time),
            position,
            events: self.event.into_iter().collect(),
            archived: false,
            attributes,
        }
    }
}

impl<'a> Draft<'a> {
    fn take(&mut self, name: Cow<'a, str>, raw: &'a str, limits: &Limits) -> Result<(), Reject> {
        let item = item(raw)?;
        if item == Item::Null {
            return Ok(());
        }
        match name.as_ref() {
            "message_time" => self.time = Some(Field { name: "message_time", item }.time()?),
            "device_id" => self.device = Some(Field { name: "device_id", item }.text()?),
            "version" => self.version = Some(Field { name: "version", item }.text()?),
            "event_id" => {
                let number = Field { name: "event_id", item }.int(0, u32::MAX.into())?;
                self.event = Some(EventId(number as u32));
            }
            "location" => match item {
                Item::Object(raw) => self.location = Some(raw),
                _ => return Err(fault("location", FieldFault::WrongType)),
            },
            // What it means depends on the version, which may come later.
            "custom_attributes" => self.custom_attributes = Some(item),
            "mobile_cells" => {
                let json = MOBILE_CELLS.read(&item, limits)?;
                self.define(attr::MOBILE_CELLS, Value::Json(json.into()));
            }
            "wifi_points" => {
                let json = WIFI_POINTS.read(&item, limits)?;
                self.define(attr::WIFI_POINTS, Value::Json(json.into()));
            }
            _ => match defined(&name, &item) {
                Some(field) => {
                    let (id, value) = field?;
                    check_text(&value, "text attribute", limits)?;
                    self.define(id, value);
                }
                None => self.customise(name, item, limits)?,
            },
        }
        Ok(())
    }

    fn define(&mut self, id: AttributeId, value: Value) {
        self.attributes.push((Name::Defined(id), value));
    }

    fn customise(&mut self, name: Cow<'a, str>, item: Item<'a>, limits: &Limits) -> Result<(), Reject> {
        if self.attributes.len() >= ATTRIBUTES_MAX {
            return Err(fault("custom attribute", FieldFault::OutOfRange));
        }
        let value = custom(item, limits)?;
        self.attributes.push((Name::Custom(name), value));
        Ok(())
    }

    fn finish(mut self, limits: &Limits) -> Result<Message<'a>, Reject> {
        let missing = |name| fault(name, FieldFault::Missing);
        let device = self.device.take().ok_or(missing("device_id"))?;
        if DeviceId::new(&device).is_none() {
            return Err(fault("device_id", FieldFault::OutOfRange));
        }
        let time = self.time.ok_or(missing("message_time"))?;
        let version = self.version.take().unwrap_or(Cow::Borrowed(FIRST));
        let location = match self.location {
            // An unknown version is a later one.
            Some(raw) => Location::read(raw, version != FIRST && version != WITH_CUSTOM_ATTRIBUTES)?,
            None => Location::default(),
        };
        match self.custom_attributes.take() {
            Some(Item::Array(raw)) if version == WITH_CUSTOM_ATTRIBUTES => {
                elements(raw, |one| self.take_custom_attribute(one, limits))?;
            }
            Some(_) if version == WITH_CUSTOM_ATTRIBUTES => {
                return Err(fault("custom_attributes", FieldFault::WrongType));
            }
            Some(item) => self.customise(Cow::Borrowed("custom_attributes"), item, limits)?,
            None => {}
        }
        Ok(Message { device, time, event: self.event, location, attributes: self.attributes })
    }

    fn take_custom_attribute(&mut self, raw: &'a str, limits: &Limits) -> Result<(), Reject> {
        if !raw.starts_with('{') {
            return Err(fault("custom_attributes", FieldFault::WrongType));
        }
        let (mut name, mut value) = (None, None);
        members(raw, |member, raw| {
            match (member.as_ref(), item(raw)?) {
                (_, Item::Null) => {}
                ("type", item) => name = Some(Field { name: "custom_attributes.type", item }.text()?),
                ("value", item) => value = Some(item),
                _ => {}
            }
            Ok(())
        })?;
        match (name, value) {
            (Some(name), Some(value)) => self.customise(name, value, limits),
            _ => Err(fault("custom_attributes", FieldFault::Missing)),
        }
    }
}

/// The value of an attribute that the protocol does not define.
fn custom(item: Item<'_>, limits: &Limits) -> Result<Value, Reject> {
    let too_much = fault("custom attribute", FieldFault::OutOfRange);
    let value = match item {
        Item::Bool(b) => Value::Bool(b),
        Item::Int(n) => Value::Int(n),
        Item::Float(x) => Value::float(x).ok_or(too_much)?,
        Item::Text(text) => Value::Text(text.into()),
        Item::Array(raw) | Item::Object(raw) => {
            let json = compact(raw, limits.json_depth_max).filter(|j| j.len() <= limits.blob_bytes_max);
            Value::Json(json.ok_or(too_much)?.into())
        }
        // The caller has taken null for missing.
        Item::Null => return Err(too_much),
    };
    check_text(&value, "custom attribute", limits)?;
    Ok(value)
}

/// Long texts are accepted as base64 alone, and not without end either.
fn check_text(value: &Value, name: &'static str, limits: &Limits) -> Result<(), Reject> {
    let Value::Text(text) = value else { return Ok(()) };
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
    let fits = text.len() <= limits.text_bytes_max || (text.len() <= limits.blob_bytes_max && text.bytes().all(base64));
    if fits { Ok(()) } else { Err(fault(name, FieldFault::OutOfRange)) }
}
