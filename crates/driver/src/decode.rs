//! What an app says: from JSON to what is meant.

use dispatch::NewDriverEvent;
use model::{DriverEventKind, MessageId, MessageStatus, Position, Report, Timestamp, Value as Attribute, attr};
use serde_json::{Map, Value};

use crate::options::DriverOptions;
use crate::wire::Refusal;

/// Most characters of the id that an app gives what it sends.
const GUID_CHARS_MAX: usize = 64;
/// Most characters of a token, which no token comes near to.
const TOKEN_CHARS_MAX: usize = 128;
/// Most characters of what an app calls itself.
const APP_CHARS_MAX: usize = 64;
/// Most characters of a predefined text.
const PREDEFINED_CHARS_MAX: usize = 1_000;
/// Most characters of a form's name, and of the label of a field.
const NAME_CHARS_MAX: usize = 200;
/// Most fields of a form.
const VALUES_MAX: usize = 100;
/// Most characters of a service's id.
const SERVICE_CHARS_MAX: usize = 64;
/// 2000-01-01T00:00:00Z: no phone's clock is right that is before it.
const FIRST_BELIEVED_MS: i64 = 946_684_800_000;

/// A message of an app.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Said {
    Hello {
        token: String,
    },
    /// Something that must not be lost.
    Event {
        event: NewDriverEvent,
        /// The office's number of the form, if it is one.
        form: Option<u32>,
    },
    Positions {
        guid: String,
        points: Vec<Report>,
    },
    /// A message of the office was stored, or read.
    Confirm {
        id: MessageId,
        status: MessageStatus,
    },
    Ping,
    Unpair,
}

/// Why a message of an app is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Bad {
    /// Nothing in it says what it is about.
    Unusable(String),
    /// It is about this, and can never be taken in.
    Refused { guid: String, refusal: Refusal },
}

/// Reads a message of an app that arrived `now`.
pub(crate) fn decode(text: &str, now: Timestamp, options: &DriverOptions) -> Result<Said, Bad> {
    let unusable = |refusal: Refusal| Bad::Unusable(refusal.message);
    let Ok(Value::Object(map)) = serde_json::from_str(text) else {
        return Err(Bad::Unusable("not a JSON object".to_owned()));
    };
    let members = Members(map);
    let kind = members.text("type", 1, 64).map_err(unusable)?;
    match kind.as_str() {
        "hello" => hello(&members).map_err(unusable),
        "ping" => Ok(Said::Ping),
        "unpair" => Ok(Said::Unpair),
        "got" => confirm(&members, MessageStatus::Delivered).map_err(unusable),
        "read" => confirm(&members, MessageStatus::Read).map_err(unusable),
        "text" | "predefined" | "form" | "service" | "positions" => {
            let guid = members.guid().map_err(unusable)?;
            let said = match kind.as_str() {
                "positions" => positions(&members, &guid, options),
                _ => event(&kind, &members, &guid, now, options),
            };
            said.map_err(|refusal| Bad::Refused { guid, refusal })
        }
        _ => Err(Bad::Unusable("unknown type".to_owned())),
    }
}

fn hello(members: &Members) -> Result<Said, Refusal> {
    if members.present("app").is_some() {
        members.text("app", 0, APP_CHARS_MAX)?;
    }
    Ok(Said::Hello { token: members.text("token", 1, TOKEN_CHARS_MAX)? })
}

fn confirm(members: &Members, status: MessageStatus) -> Result<Said, Refusal> {
    let id = members.present("id").and_then(Value::as_u64).ok_or_else(|| wrong("id", "must be a positive integer"))?;
    Ok(Said::Confirm { id: MessageId(id), status })
}

fn event(kind: &str, members: &Members, guid: &str, now: Timestamp, options: &DriverOptions) -> Result<Said, Refusal> {
    let at = members.time("time")?;
    let believed = at <= now && at.ms() >= FIRST_BELIEVED_MS;
    let position = match (members.number("lat", -90.0, 90.0)?, members.number("lng", -180.0, 180.0)?) {
        (Some(lat), Some(lng)) => Some((lat, lng)),
        (None, None) => None,
        _ => return Err(wrong("lat", "and lng must be given both, or neither")),
    };
    let mut form = None;
    let kind = match kind {
        "text" => DriverEventKind::Text { text: members.words("text", options.text_chars_max)? },
        "predefined" => DriverEventKind::Predefined {
            number: members.integer("number")?,
            text: members.words("text", PREDEFINED_CHARS_MAX)?,
        },
        "form" => {
            form = Some(members.integer("form")?);
            let name = members.words("name", NAME_CHARS_MAX)?;
            DriverEventKind::Form { name, fields: values(members, options)? }
        }
        _ => DriverEventKind::Service {
            service: members.text("service", 1, SERVICE_CHARS_MAX)?,
            delivered: members.flag("delivered")?,
            note: members.text("note", 0, options.note_chars_max)?,
        },
    };
    let at = if believed { at } else { now };
    Ok(Said::Event { event: NewDriverEvent { guid: guid.to_owned(), at, position, kind }, form })
}

/// Label and value of each field of a form.
fn values(members: &Members, options: &DriverOptions) -> Result<Vec<(String, String)>, Refusal> {
    let list = members.list("values", 0, VALUES_MAX)?;
    let mut fields: Vec<(String, String)> = Vec::with_capacity(list.len());
    for value in list {
        let Value::Object(map) = value else { return Err(wrong("values", "must be a list of objects")) };
        let member = Members(map.clone());
        let label = member.text("label", 1, NAME_CHARS_MAX)?;
        let value = member.text("value", 0, options.value_chars_max)?;
        if fields.iter().any(|(other, _)| *other == label) {
            return Err(wrong("values", "must not have a label twice"));
        }
        fields.push((label, value));
    }
    Ok(fields)
}

fn positions(members: &Members, guid: &str, options: &DriverOptions) -> Result<Said, Refusal> {
    let points = members.list("points", 1, options.points_max)?;
    let points = points.iter().map(point).collect::<Result<_, _>>()?;
    Ok(Said::Positions { guid: guid.to_owned(), points })
}

fn point(value: &Value) -> Result<Report, Refusal> {
    let Value::Object(map) = value else { return Err(wrong("points", "must be a list of objects")) };
    let members = Members(map.clone());
    let time = members.time("time")?;
    let (lat, lng) = (members.number("lat", -90.0, 90.0)?, members.number("lng", -180.0, 180.0)?);
    let position = lat.zip(lng).and_then(|(lat, lng)| Position::new(lat, lng));
    let mut position = position.ok_or_else(|| wrong("points", "must have lat and lng"))?;
    let accuracy = members.number("accuracy_m", 0.0, 1e7)?;
    position.precision_m = accuracy.map(|accuracy_m| accuracy_m.round() as u32);
    if let Some(speed_kmh) = members.number("speed_kmh", 0.0, 2_000.0)? {
        position.set_speed_kmh(speed_kmh);
    }
    if let Some(heading_deg) = members.number("heading_deg", 0.0, 360.0)? {
        position.set_heading_deg(heading_deg);
    }
    if let Some(altitude_m) = members.number("altitude_m", -1e5, 1e6)? {
        position.set_altitude_m(altitude_m);
    }
    let mut report = Report { position: Some(position), ..Report::default() };
    report.time = (time.ms() >= FIRST_BELIEVED_MS).then_some(time);
    let battery = members.number("battery_level", 0.0, 100.0)?;
    report.attributes.set_some(attr::BATTERY_LEVEL, battery.map(|level| Attribute::Int(level.round() as i64)));
    report.attributes.set_some(attr::ACCURACY, accuracy.and_then(Attribute::float));
    Ok(report)
}

/// The members of an object. One that is null counts as not there.
struct Members(Map<String, Value>);

impl Members {
    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str, chars_min: usize, chars_max: usize) -> Result<String, Refusal> {
        let text = self.present(name).and_then(Value::as_str).ok_or_else(|| wrong(name, "must be a text"))?;
        match text.chars().count() {
            n if n < chars_min => Err(wrong(name, "must not be empty")),
            n if n > chars_max => {
                Err(Refusal::new("too_long", format!("{name} must have at most {chars_max} characters")))
            }
            _ => Ok(text.to_owned()),
        }
    }

    /// A text that says something.
    fn words(&self, name: &'static str, chars_max: usize) -> Result<String, Refusal> {
        let text = self.text(name, 1, chars_max)?;
        if text.trim().is_empty() { Err(wrong(name, "must not be blank")) } else { Ok(text) }
    }

    fn guid(&self) -> Result<String, Refusal> {
        let guid = self.text("guid", 1, GUID_CHARS_MAX)?;
        let fits = is_guid(&guid);
        if fits { Ok(guid) } else { Err(wrong("guid", "must have 1-64 characters of 0-9 A-Z a-z - _")) }
    }

    fn integer(&self, name: &'static str) -> Result<u32, Refusal> {
        let number = self.present(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| wrong(name, "must be an integer from 0 to 4294967295"))
    }

    fn flag(&self, name: &'static str) -> Result<bool, Refusal> {
        self.present(name).and_then(Value::as_bool).ok_or_else(|| wrong(name, "must be true or false"))
    }

    fn number(&self, name: &'static str, min: f64, max: f64) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.present(name) else { return Ok(None) };
        let number = value.as_f64().filter(|number| (min..=max).contains(number));
        number.map(Some).ok_or_else(|| wrong(name, &format!("must be a number from {min} to {max}")))
    }

    fn time(&self, name: &'static str) -> Result<Timestamp, Refusal> {
        let text = self.present(name).and_then(Value::as_str);
        text.and_then(|text| Timestamp::parse_iso(text).ok()).ok_or_else(|| wrong(name, "must be an ISO 8601 time"))
    }

    fn list(&self, name: &'static str, count_min: usize, count_max: usize) -> Result<&[Value], Refusal> {
        let list = self.present(name).and_then(Value::as_array).ok_or_else(|| wrong(name, "must be a list"))?;
        match list.len() {
            n if n < count_min => Err(wrong(name, "must not be empty")),
            n if n > count_max => {
                Err(Refusal::new("too_long", format!("{name} must have at most {count_max} elements")))
            }
            _ => Ok(list),
        }
    }
}

/// Whether this can be the id of something that an app sends.
pub(crate) fn is_guid(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !text.is_empty() && text.len() <= GUID_CHARS_MAX && text.bytes().all(is_plain)
}

fn wrong(name: &str, how: &str) -> Refusal {
    Refusal::new("bad_request", format!("{name} {how}"))
}
