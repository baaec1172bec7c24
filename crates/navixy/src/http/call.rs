//! What every method needs to know of a call.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use model::Timestamp;
use web::{BodyError, Call};

use crate::errors::Condition;
use crate::http::params::{self, Params};
use crate::wire::Dates;

/// The scheme under which the hash stands in the `Authorization` header.
const SCHEME: &str = "NVX";
/// The header that asks for ISO 8601 dates.
const ISO_HEADER: &str = "nvx-iso-datetime";

/// A call, read.
#[derive(Debug)]
pub(super) struct Request<'c> {
    pub(super) now: Timestamp,
    pub(super) params: Params<'c>,
    headers: &'c HeaderMap,
}

impl<'c> Request<'c> {
    pub(super) fn read(call: &'c Call, now: Timestamp) -> Result<Self, Condition> {
        let body = match &call.body {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Err(Condition::TooLarge),
            Err(BodyError::Incomplete) => return Err(Condition::WrongFormat),
        };
        let params = Params::parse(body, body_kind(&call.headers), &call.query)?;
        Ok(Self { now, params, headers: &call.headers })
    }

    /// The session's hash, of the right form: from the header, else from the body, else from the query.
    pub(super) fn hash(&self) -> Result<String, Condition> {
        if let Some(header) = scheme_header(self.headers) {
            let hash = header.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(' '));
            return hash.filter(|hash| crate::decode::is_hash(hash)).map(str::to_owned).ok_or(Condition::WrongHash);
        }
        let text = self.params.get("hash").and_then(|value| params::text(value).ok());
        text.filter(|hash| crate::decode::is_hash(hash)).ok_or(Condition::WrongHash)
    }

    /// How dates are to be written; a parameter goes before the header.
    pub(super) fn dates(&mut self) -> Dates {
        let in_header = self.headers.get(ISO_HEADER).is_some_and(|value| value == "true");
        let iso = self.params.optional("iso_datetime", params::boolean).unwrap_or(in_header);
        if iso { Dates::Iso } else { Dates::Plain }
    }
}

/// Whether the body is JSON; `None` when the headers do not say.
fn body_kind(headers: &HeaderMap) -> Option<bool> {
    if announces_json(headers) {
        return Some(true);
    }
    media_type(headers).filter(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")).map(|_| false)
}

/// Whether the call says that its body is JSON.
pub(super) fn announces_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim())
}

/// Whether the call carries this dialect's kind of `Authorization`.
pub(super) fn has_hash_header(headers: &HeaderMap) -> bool {
    scheme_header(headers).is_some()
}

/// The `Authorization` header if it is of our scheme, well formed or not. Others belong to somebody on the way.
fn scheme_header(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok().filter(|value| value.starts_with(SCHEME))
}
