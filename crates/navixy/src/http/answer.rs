//! The envelope of every answer.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    HeaderName,
};
use http::{HeaderValue, StatusCode};
use model::TrackerId;
use web::{Answer, Body};

use crate::encode::{self, Object};
use crate::errors::{Condition, FieldError};

/// How long a browser may remember that it may call, in seconds.
const PREFLIGHT_AGE_S: &str = "86400";

/// Why a call is not answered as asked.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) condition: Condition,
    /// The wrong parameters, where that is what is wrong.
    pub(super) fields: Vec<FieldError>,
    /// Further members of the answer: names, and values as JSON.
    pub(super) members: Vec<(&'static str, String)>,
}

impl Refusal {
    /// Wrong parameters.
    pub(super) const fn invalid(fields: Vec<FieldError>) -> Self {
        Self { condition: Condition::InvalidParameters, fields, members: Vec::new() }
    }

    /// With one more member in the answer, whose value is JSON.
    pub(super) fn with(mut self, name: &'static str, json: String) -> Self {
        self.members.push((name, json));
        self
    }

    /// Because of these trackers, which the answer lists.
    pub(super) fn because_of(condition: Condition, trackers: &[TrackerId]) -> Self {
        let ids: Vec<String> = trackers.iter().map(ToString::to_string).collect();
        Self::from(condition).with("list", format!("[{}]", ids.join(",")))
    }
}

impl Refusal {
    /// The same of parameters that stand in an object: `prefix` is its name with a dot.
    pub(super) fn within(mut self, prefix: &str) -> Self {
        self.fields.iter_mut().for_each(|field| field.parameter.insert_str(0, prefix));
        self
    }
}

impl From<Condition> for Refusal {
    fn from(condition: Condition) -> Self {
        Self { condition, fields: Vec::new(), members: Vec::new() }
    }
}

/// The body of a successful answer; `write` adds the method's own members.
pub(super) fn success(write: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut object = Object::open(&mut out);
    object.boolean("success", true);
    write(&mut object);
    object.close();
    out
}

/// What the client is sent.
pub(super) fn answer(result: Result<Vec<u8>, Refusal>) -> Answer {
    let mut answer = match result {
        Ok(body) => Answer::json(StatusCode::OK, body),
        Err(refusal) => Answer::json(refusal.condition.status(), refused(&refusal)),
    };
    answer.headers.push((ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")));
    answer
}

fn refused(refusal: &Refusal) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let mut object = Object::open(&mut out);
    object.boolean("success", false);
    encode::status(refusal.condition, object.member("status"));
    if !refusal.fields.is_empty() {
        encode::field_errors(&refusal.fields, object.member("errors"));
    }
    for (name, json) in &refusal.members {
        object.raw(name, json);
    }
    object.close();
    out
}

/// The answer to a browser that asks whether it may call.
pub(super) fn preflight() -> Answer {
    let allow = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    Answer {
        status: StatusCode::NO_CONTENT,
        headers: vec![
            allow(ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            allow(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
            allow(ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Authorization, NVX-ISO-DateTime"),
            allow(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S),
        ],
        body: Body::default(),
    }
}
