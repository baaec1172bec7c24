//! What every method needs to know of a call.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use model::Timestamp;
use web::{BodyError, Call};

use crate::params::{self, Params};

/// The scheme under which the hash stands in the `Authorization` header.
const SCHEME: &str = "NVX";
/// The header that asks for ISO 8601 dates.
const ISO_HEADER: &str = "nvx-iso-datetime";
/// The length of a session hash.
const HASH_BYTES: usize = 32;

/// A call, read.
#[derive(Debug)]
pub struct Request<'c> {
    /// When it came.
    pub now: Timestamp,
    /// What it brought along.
    pub params: Params<'c>,
    headers: &'c HeaderMap,
}

/// The call cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// Its body is larger than this server takes.
    TooLarge,
    /// Its body is not whole, or not of the form that it should have.
    Format,
}

/// The hash is missing, or of a form that no hash has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadHash;

impl<'c> Request<'c> {
    /// Of a call that came now.
    ///
    /// # Errors
    /// When its body cannot be read.
    pub fn read(call: &'c Call, now: Timestamp) -> Result<Self, Unreadable> {
        let body = match &call.body {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Err(Unreadable::TooLarge),
            Err(BodyError::Incomplete) => return Err(Unreadable::Format),
        };
        let params = Params::parse(body, body_kind(&call.headers), &call.query)?;
        Ok(Self { now, params, headers: &call.headers })
    }

    /// The session's hash, of the right form: from the header, else from the body, else from the query.
    ///
    /// # Errors
    /// When there is none.
    pub fn hash(&self) -> Result<String, BadHash> {
        if let Some(header) = scheme_header(self.headers) {
            let hash = header.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(' '));
            return hash.filter(|hash| is_hash(hash)).map(str::to_owned).ok_or(BadHash);
        }
        let text = self.params.get("hash").and_then(|value| params::text(value).ok());
        text.filter(|hash| is_hash(hash)).ok_or(BadHash)
    }

    /// Whether dates are to be written as ISO 8601 has them; a parameter goes before the header.
    pub fn wants_iso_dates(&mut self) -> bool {
        let in_header = self.headers.get(ISO_HEADER).is_some_and(|value| value == "true");
        self.params.optional("iso_datetime", params::boolean).unwrap_or(in_header)
    }
}

/// Whether a text has the form of a session hash.
pub fn is_hash(text: &str) -> bool {
    text.len() == HASH_BYTES && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the body is JSON; `None` when the headers do not say.
fn body_kind(headers: &HeaderMap) -> Option<bool> {
    if announces_json(headers) {
        return Some(true);
    }
    media_type(headers).filter(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")).map(|_| false)
}

/// Whether the call says that its body is JSON.
pub fn announces_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim())
}

/// Whether the call carries a hash's kind of `Authorization`.
pub fn has_hash_header(headers: &HeaderMap) -> bool {
    scheme_header(headers).is_some()
}

/// The `Authorization` header if it is of our scheme, well formed or not. Others belong to somebody on the way.
fn scheme_header(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok().filter(|value| value.starts_with(SCHEME))
}
