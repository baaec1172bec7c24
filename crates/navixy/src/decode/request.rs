//! The parameters of a client message, in both forms.

use std::collections::HashSet;

use calls::json::{self, Members, NOT_ARRAY, NOT_OBJECT};

use crate::decode::{FIELD_ERRORS_MAX, RATE_LIMIT_DEFAULT, rate_limit};

use crate::errors::FieldError;
use crate::wire::{EventType, Form, Format, Request, SensorType, Target, WireId};

/// How many different trackers one target may name.
pub const SELECTED_MAX: usize = 20_000;

const REQUIRED: &str = "is required";
const EMPTY: &str = "must not be empty";
const UNKNOWN_VALUE: &str = "has an unknown value";
const BAD_RATE_LIMIT: &str = "must be a number with a unit (ms, s, m, h) or an ISO 8601 duration";

/// Reads what is wanted. `requests` decides the form when it is there; the other form's members are then ignored.
pub(super) fn form(members: &Members<'_>) -> Result<Form, Vec<FieldError>> {
    let mut errors = Errors::default();
    let form = match members.get("requests") {
        Some(raw) => requests(raw, &mut errors).map(Form::Requests),
        None => legacy(members, &mut errors),
    };
    match form {
        Some(form) if errors.0.is_empty() => Ok(form),
        _ => Err(errors.0),
    }
}

#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, parameter: impl Into<String>, error: &'static str) {
        if self.0.len() < FIELD_ERRORS_MAX {
            self.0.push(FieldError::new(parameter, error));
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= FIELD_ERRORS_MAX
    }

    /// The value, or `None` with the error noted.
    fn note<T>(&mut self, parameter: impl Into<String>, value: Result<T, &'static str>) -> Option<T> {
        value.map_err(|error| self.add(parameter, error)).ok()
    }
}

fn legacy(members: &Members<'_>, errors: &mut Errors) -> Option<Form> {
    let events = errors.note("events", members.get("events").ok_or(REQUIRED).and_then(legacy_events));
    let trackers = errors.note("trackers", members.get("trackers").ok_or(REQUIRED).and_then(selected));
    Some(Form::Legacy { events: events?, trackers: trackers? })
}

fn legacy_events(raw: &str) -> Result<Vec<EventType>, &'static str> {
    let mut events = Vec::new();
    json::elements(raw, NOT_ARRAY.0, |_, element| {
        let name = json::strict_text(element).map_err(|error| error.0)?;
        if name != EventType::State.name() {
            return Err(UNKNOWN_VALUE);
        }
        if events.is_empty() {
            events.push(EventType::State);
        }
        Ok(())
    })?;
    if events.is_empty() { Err(EMPTY) } else { Ok(events) }
}

fn requests(raw: &str, errors: &mut Errors) -> Option<Vec<Request>> {
    let mut requests = Vec::new();
    let walked = json::elements(raw, Some(NOT_ARRAY.0), |i, element| {
        requests.extend(request(&format!("requests[{i}]"), element, errors));
        // Enough is wrong: the rest of a hostile message is not read.
        if errors.is_full() { Err(None) } else { Ok(()) }
    });
    match walked {
        Ok(()) if requests.is_empty() && errors.0.is_empty() => errors.add("requests", EMPTY),
        Err(Some(error)) => errors.add("requests", error),
        Ok(()) | Err(None) => {}
    }
    Some(requests)
}

fn request(path: &str, raw: &str, errors: &mut Errors) -> Option<Request> {
    let at = |name: &str| format!("{path}.{name}");
    let Ok(members) = Members::of_checked(raw) else {
        errors.add(path, NOT_OBJECT.0);
        return None;
    };
    let event = members.get("type").ok_or(REQUIRED).and_then(|raw| named(raw, EventType::from_name));
    let event = errors.note(at("type"), event)?;
    let batched = event != EventType::State;
    let of_states = matches!(event, EventType::State | EventType::StateBatch);
    let of_readings = event == EventType::ReadingsBatch;

    let target = match members.get("trackers").filter(|_| !batched) {
        Some(raw) => errors.note(at("trackers"), selected(raw)),
        None => target(&at("target"), members.get("target"), errors),
    };
    // An option is read only where it means something; elsewhere it is one of the unknown members.
    let option = |name: &str, applies: bool| members.get(name).filter(|_| applies).map(|raw| (at(name), raw));
    let format = match option("format", of_states) {
        Some((path, raw)) => errors.note(path, named(raw, format_from_name)),
        None => Some(Format::default()),
    };
    let rate_limit = match option("rate_limit", batched) {
        Some((path, raw)) => {
            let text = json::strict_text(raw).ok();
            errors.note(path, text.and_then(|text| rate_limit::parse(&text)).ok_or(BAD_RATE_LIMIT))
        }
        None => Some(RATE_LIMIT_DEFAULT),
    };
    let sensor_type = match option("sensor_type", of_readings) {
        Some((path, raw)) => errors.note(path, named(raw, SensorType::from_name).map(Some)),
        None => Some(None),
    };
    let include_components = match option("include_components", of_readings) {
        Some((path, raw)) => errors.note(path, json::boolean(raw).map_err(|error| error.0)),
        None => Some(true),
    };
    Some(Request {
        event,
        target: target?,
        format: format?,
        rate_limit: rate_limit?,
        sensor_type: sensor_type?,
        include_components: include_components?,
    })
}

fn target(path: &str, raw: Option<&str>, errors: &mut Errors) -> Option<Target> {
    let members = errors.note(path, raw.ok_or(REQUIRED).and_then(|raw| Members::of_checked(raw).map_err(|e| e.0)))?;
    let kind = members.get("type").ok_or(REQUIRED).and_then(|raw| {
        named(raw, |name| match name {
            "all" => Some(true),
            "selected" => Some(false),
            _ => None,
        })
    });
    if errors.note(format!("{path}.type"), kind)? {
        return Some(Target::All);
    }
    let ids = members.get("tracker_ids").ok_or(REQUIRED).and_then(selected);
    errors.note(format!("{path}.tracker_ids"), ids)
}

/// Each id once. Ids beyond the limit are read, so that a bad one is found, but not kept.
fn selected(raw: &str) -> Result<Target, &'static str> {
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    let mut too_many = false;
    json::ints(raw, |id| {
        if seen.len() < SELECTED_MAX {
            if seen.insert(id) {
                ids.push(WireId(id));
            }
        } else {
            too_many |= !seen.contains(&id);
        }
    })
    .map_err(|error| error.0)?;
    Ok(if too_many { Target::TooMany } else { Target::Selected(ids) })
}

fn named<T>(raw: &str, from_name: impl FnOnce(&str) -> Option<T>) -> Result<T, &'static str> {
    let name = json::strict_text(raw).map_err(|error| error.0)?;
    from_name(&name).ok_or(UNKNOWN_VALUE)
}

fn format_from_name(name: &str) -> Option<Format> {
    match name {
        "full" => Some(Format::Full),
        "compact" => Some(Format::Compact),
        _ => None,
    }
}
