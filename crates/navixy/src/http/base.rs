//! `base/…`: what belongs to no resource.

use calls::Request;
use fleet::Session;

use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::Method;

pub(super) const METHODS: &[Method] =
    &[Method::user("base/nothing", "Says that the server answers and the hash is good.", |a, s, r| {
        Box::pin(nothing(a, s, r))
    })];

async fn nothing(_: &Api, _: Session, _: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    Ok(success(|_| {}))
}
