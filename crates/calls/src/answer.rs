//! The envelope of every answer.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    HeaderName,
};
use http::{HeaderValue, StatusCode};
use web::{Answer, Body};

use crate::params::FieldError;
use crate::write::{self, Object};

/// How long a browser may remember that it may call, in seconds.
const PREFLIGHT_AGE_S: &str = "86400";

/// What the wire says of an error.
pub trait ErrorWords {
    /// Its number.
    fn code(&self) -> u16;
    /// A few words.
    fn description(&self) -> &'static str;
    /// The HTTP status that goes with it.
    fn status(&self) -> StatusCode;
}

/// The body of a successful answer; `write` adds the method's own members.
pub fn success(write: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut object = Object::open(&mut out);
    object.boolean("success", true);
    write(&mut object);
    object.close();
    out
}

/// The answer with the body of [`success`].
pub fn done(body: Vec<u8>) -> Answer {
    open_to_browsers(Answer::json(StatusCode::OK, body))
}

/// The answer to a call that is not done: the wrong parameters where that is why, and further members, whose values
/// are JSON.
pub fn refused(error: &impl ErrorWords, fields: &[FieldError], members: &[(&'static str, String)]) -> Answer {
    let mut out = Vec::with_capacity(128);
    let mut object = Object::open(&mut out);
    object.boolean("success", false);
    status(error, object.member("status"));
    if !fields.is_empty() {
        write::field_errors(fields, object.member("errors"));
    }
    for (name, json) in members {
        object.raw(name, json);
    }
    object.close();
    open_to_browsers(Answer::json(error.status(), out))
}

/// Writes code and description of an error.
pub fn status(error: &impl ErrorWords, out: &mut Vec<u8>) {
    let mut status = Object::open(out);
    status.int("code", error.code()).string("description", error.description());
    status.close();
}

/// Pages of anywhere may call: what opens a method is the hash, which a browser does not add by itself.
fn open_to_browsers(mut answer: Answer) -> Answer {
    answer.headers.push((ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")));
    answer
}

/// The answer to a browser that asks whether it may call.
pub fn preflight() -> Answer {
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
