//! `base/…`: what belongs to no resource.

use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::Request;

/// Says that the server answers and the hash is good.
pub(super) fn nothing(api: &Api, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    api.session(request)?;
    Ok(success(|_| {}))
}
