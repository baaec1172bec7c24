//! What the server says to an app: the shapes of its JSON.

use model::Timestamp;
use serde::{Serialize, Serializer};

/// A message of the server.
#[derive(Clone, PartialEq, Serialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Say<'a> {
    Welcome {
        #[serde(flatten)]
        greeting: &'a Greeting,
        #[serde(serialize_with = "iso")]
        time: Timestamp,
        limits: Limits,
    },
    Message {
        id: u64,
        text: &'a str,
        #[serde(serialize_with = "iso")]
        time: Timestamp,
        from: Option<&'a str>,
    },
    Texts {
        texts: &'a [Text],
    },
    Forms {
        forms: &'a [Form],
    },
    Services {
        services: &'a [Service],
    },
    Ok {
        #[serde(flatten)]
        name: &'a Name,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'static str>,
    },
    Refused {
        guid: &'a str,
        #[serde(flatten)]
        refusal: &'a Refusal,
    },
    Error {
        #[serde(flatten)]
        name: Option<&'a Name>,
        code: &'static str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_s: Option<u32>,
    },
    Pong {
        #[serde(serialize_with = "iso")]
        time: Timestamp,
    },
    Bye {
        reason: &'static str,
    },
}

/// What an answer is about.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Name {
    /// Something that the app sent, by its guid.
    Guid(String),
    /// A message of the office, by its id.
    Id(u64),
}

/// Why something is refused for good.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
}

/// What an app is told of the tracker when it has said hello.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub(crate) struct Greeting {
    pub(crate) tracker: Tracker,
    pub(crate) driver: Option<String>,
    pub(crate) texts: Vec<Text>,
    pub(crate) forms: Vec<Form>,
    pub(crate) services: Vec<Service>,
    pub(crate) shares_position: bool,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
pub(crate) struct Tracker {
    pub(crate) id: u32,
    pub(crate) label: String,
}

#[derive(Clone, Copy, PartialEq, Serialize, Debug)]
#[expect(clippy::struct_field_names, reason = "the names are those of the wire")]
pub(crate) struct Limits {
    pub(crate) message_bytes_max: usize,
    pub(crate) text_chars_max: usize,
    pub(crate) note_chars_max: usize,
    pub(crate) value_chars_max: usize,
    pub(crate) points_max: usize,
    pub(crate) file_bytes_max: usize,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
pub(crate) struct Text {
    pub(crate) number: u32,
    pub(crate) text: String,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
pub(crate) struct Form {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
pub(crate) struct Field {
    pub(crate) label: String,
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<Vec<String>>,
    pub(crate) required: bool,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) address: String,
    pub(crate) note: String,
    pub(crate) lat: Option<f64>,
    pub(crate) lng: Option<f64>,
    #[serde(serialize_with = "iso_or_null")]
    pub(crate) due: Option<Timestamp>,
    pub(crate) state: &'static str,
}

/// A message of the office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OfficeMessage {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) time: Timestamp,
    pub(crate) from: Option<String>,
}

impl Say<'_> {
    /// As it goes over the wire. Numbers here are finite and names are texts, so that nothing can fail; if it did, an
    /// app passes over an object without a type.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), file: None }
    }
}

fn iso<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

#[expect(clippy::ref_option, reason = "the form that serde asks for")]
fn iso_or_null<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
