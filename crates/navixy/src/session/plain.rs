//! Plain requests to the socket's address: a client that closes tells so over HTTP, and others are told to upgrade.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderName, UPGRADE,
};
use http::{HeaderValue, Method, StatusCode};
use web::{Answer, Call, CallFuture, Handler};

use crate::errors::Condition;

/// Answers what comes to the socket's address without an upgrade.
pub struct PlainRequests;

impl Handler for PlainRequests {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(std::future::ready(answer(&call)))
    }
}

fn answer(call: &Call) -> Answer {
    let mut answer = if call.method == Method::OPTIONS || is_close(&call.query) {
        Answer::empty(StatusCode::OK)
    } else {
        let condition = Condition::WrongFormat;
        let body = format!(
            r#"{{"success":false,"status":{{"code":{},"description":"{}"}}}}"#,
            condition.code(),
            condition.description()
        );
        let mut refusal = Answer::json(StatusCode::UPGRADE_REQUIRED, Bytes::from(body));
        refusal.headers.push((UPGRADE, HeaderValue::from_static("websocket")));
        refusal
    };
    answer.headers.extend(cors());
    answer
}

/// A page that closes says so with a request, as its socket may be gone already. Nothing outlives a socket here.
fn is_close(query: &str) -> bool {
    let is = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        name.eq_ignore_ascii_case("x-atmosphere-transport") && value == "close"
    };
    form_urlencoded::parse(query.as_bytes()).any(is)
}

fn cors() -> [(HeaderName, HeaderValue); 3] {
    [
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Authorization, NVX-ISO-DateTime")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_is_answered_and_anything_else_told_to_upgrade() {
        let check = |method: Method, query: &str, status: StatusCode| {
            let call = Call {
                method,
                path: "/event/subscription".to_owned(),
                query: query.to_owned(),
                headers: http::HeaderMap::new(),
                body: Ok(Bytes::new()),
                peer: std::net::IpAddr::from([127, 0, 0, 1]),
            };
            let answer = answer(&call);
            assert_eq!(answer.status, status, "{query}");
            assert!(answer.headers.iter().any(|(name, value)| name == ACCESS_CONTROL_ALLOW_ORIGIN && value == "*"));
        };
        check(Method::GET, "X-Atmosphere-Transport=close&X-Atmosphere-tracking-id=9b", StatusCode::OK);
        check(Method::POST, "x-atmosphere-transport=close", StatusCode::OK);
        check(Method::OPTIONS, "", StatusCode::OK);
        check(Method::GET, "", StatusCode::UPGRADE_REQUIRED);
        check(Method::GET, "X-Atmosphere-Transport=long-polling", StatusCode::UPGRADE_REQUIRED);
    }
}
