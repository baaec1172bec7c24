//! Serving documents.

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use web::Answer;

/// The media type of JSON documents.
pub const JSON: &str = "application/json; charset=utf-8";

/// A document of this media type. Tools in a browser may read it from anywhere; a page itself loads nothing but its
/// style.
pub fn document(kind: &'static str, body: Bytes) -> Answer {
    let mut answer = Answer::text(StatusCode::OK, "");
    answer.headers = vec![
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        ),
    ];
    answer.body = body.into();
    answer
}
