//! From the text of a client message to what it means, in the stages in which a message is judged.
//!
//! The order matters to clients that look at the error they get: form, action, hash, session, parameters. The hash
//! cannot be judged here, so reading stops between the stages: [`Raw::parse`], [`Raw::action`], [`Raw::hash`], then
//! the caller's own look at the session, then [`Raw::request`].

mod rate_limit;
mod request;

use calls::is_hash;
use calls::json::{self, Members};

use crate::encode;
use crate::errors::{Condition, FieldError};
use crate::wire::{Action, ClientMessage};

pub use rate_limit::{RATE_LIMIT_DEFAULT, RATE_LIMIT_MAX, RATE_LIMIT_MIN};
pub use request::SELECTED_MAX;

/// The largest request that an error answer repeats, in bytes; of a larger one it says only that it was too large.
pub const ECHO_BYTES_MAX: usize = 256 * 1024;
/// The longest unknown action that an error answer repeats, in characters.
const ACTION_CHARS_MAX: usize = 64;
/// How many wrong parameters an error answer lists.
pub(crate) const FIELD_ERRORS_MAX: usize = 16;

/// A client message that is a JSON object; nothing else about it is known.
#[derive(Debug)]
pub struct Raw<'a> {
    members: Members<'a>,
}

/// Why a message is not obeyed, with all that the error answer repeats.
#[derive(Debug)]
pub struct WireError<'r> {
    condition: Condition,
    action: ActionText<'r>,
    fields: Vec<FieldError>,
    echo: Echo<'r>,
}

#[derive(Debug)]
enum ActionText<'r> {
    Unreadable,
    Known(Action),
    Unknown(std::borrow::Cow<'r, str>),
}

#[derive(Debug)]
enum Echo<'r> {
    Text(&'static str),
    Request(&'r Raw<'r>),
}

impl WireError<'_> {
    /// A fault of a message that could not be read at all (`because` says why), or was not looked at.
    pub const fn unread(condition: Condition, because: &'static str) -> WireError<'static> {
        let (action, echo) = (ActionText::Unreadable, Echo::Text(because));
        WireError { condition, action, fields: Vec::new(), echo }
    }

    /// What is wrong.
    pub const fn condition(&self) -> Condition {
        self.condition
    }

    /// The wrong parameters, where that is what is wrong.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Writes the error message.
    pub fn render(&self, out: &mut Vec<u8>) {
        let action: &[&str] = match &self.action {
            ActionText::Unreadable => &["null"],
            ActionText::Known(action) => &[action.answer_name()],
            ActionText::Unknown(name) => &["subscription/", name],
        };
        encode::error_prefix(action, self.condition, out);
        match self.echo {
            Echo::Text(text) => encode::string(text, out),
            Echo::Request(raw) => raw.render_parameters(&self.fields, out),
        }
        out.push(b'}');
    }
}

impl<'a> Raw<'a> {
    /// Reads a message as a JSON object.
    pub fn parse(text: &'a str) -> Result<Self, WireError<'static>> {
        match Members::parse(text) {
            Ok(members) => Ok(Self { members }),
            Err(json::Malformed) => Err(WireError::unread(Condition::WrongFormat, "malformed JSON")),
        }
    }

    /// What the message wants done.
    pub fn action(&self) -> Result<Action, WireError<'_>> {
        let name = self.members.get("action").and_then(|raw| json::strict_text(raw).ok());
        match name.as_deref() {
            Some("subscribe") => Ok(Action::Subscribe),
            Some("unsubscribe") => Ok(Action::Unsubscribe),
            None => Err(WireError::unread(Condition::InvalidParameters, "action is required")),
            Some(name) => {
                let name: String = name.chars().take(ACTION_CHARS_MAX).collect();
                Err(WireError {
                    condition: Condition::UnknownAction,
                    action: ActionText::Unknown(name.into()),
                    fields: Vec::new(),
                    echo: Echo::Request(self),
                })
            }
        }
    }

    /// The session's hash, if it has the form of one.
    pub fn hash(&self) -> Result<&'a str, WireError<'_>> {
        let raw = self.members.get("hash").unwrap_or_default();
        match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
            Some(hash) if is_hash(hash) => Ok(hash),
            _ => Err(self.refuse(Condition::WrongHash)),
        }
    }

    /// Whether the message switches the form of dates.
    pub fn iso_datetime(&self) -> Result<Option<bool>, WireError<'_>> {
        match self.members.get("iso_datetime").map(json::boolean).transpose() {
            Ok(iso) => Ok(iso),
            Err(error) => Err(self.invalid(vec![FieldError::new("iso_datetime", error.0)])),
        }
    }

    /// All of the message, in the order in which it is to be judged. Only for messages whose hash was accepted.
    pub fn request(&self) -> Result<ClientMessage, WireError<'_>> {
        let action = self.action()?;
        let hash = self.hash()?.to_owned();
        let iso_datetime = self.iso_datetime()?;
        let form = request::form(&self.members).map_err(|fields| self.invalid(fields))?;
        Ok(ClientMessage { action, hash, iso_datetime, form })
    }

    /// The error answer to this message. A refused hash gets the words of the message's edition.
    pub fn refuse(&self, condition: Condition) -> WireError<'_> {
        let condition = match condition {
            Condition::WrongHash if self.is_legacy() => Condition::WrongUserHash,
            other => other,
        };
        let echo = match condition {
            Condition::Database | Condition::Unexpected | Condition::Unavailable => Echo::Text(condition.description()),
            _ => Echo::Request(self),
        };
        let action = self.action().map_or(ActionText::Unreadable, ActionText::Known);
        WireError { condition, action, fields: Vec::new(), echo }
    }

    fn invalid(&self, fields: Vec<FieldError>) -> WireError<'_> {
        WireError { fields, ..self.refuse(Condition::InvalidParameters) }
    }

    fn is_legacy(&self) -> bool {
        let has = |name: &str| self.members.get(name).is_some();
        !has("requests") && (has("events") || has("trackers"))
    }

    /// The request's own parameters, without what names the session, and what is wrong with them.
    fn render_parameters(&self, fields: &[FieldError], out: &mut Vec<u8>) {
        let shown = || self.members.iter().filter(|(name, _)| !matches!(*name, "action" | "hash" | "errors"));
        let bytes: usize = shown().map(|(name, raw)| name.len() + raw.len()).sum();
        let echoes = bytes <= ECHO_BYTES_MAX;
        if !echoes && fields.is_empty() {
            return encode::string("the request is too large to be repeated", out);
        }
        let mut object = encode::Object::open(out);
        if echoes {
            for (name, raw) in shown() {
                object.raw(name, raw);
            }
        }
        if !fields.is_empty() {
            encode::field_errors(fields, object.member("errors"));
        }
        object.close();
    }
}

/// Reads a whole message, as far as it can be judged without knowing the session; else gives the error answer.
pub fn decode(text: &str) -> Result<ClientMessage, Vec<u8>> {
    let render = |error: WireError<'_>| {
        let mut answer = Vec::new();
        error.render(&mut answer);
        answer
    };
    let raw = Raw::parse(text).map_err(render)?;
    raw.request().map_err(render)
}
