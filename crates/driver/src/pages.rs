//! Serving the files of the app.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY};
use http::header::{HeaderName, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use web::{Answer, Body, Call, CallFuture, Handler};

use crate::assets::{self, Asset};

/// Only what this server sends is run, styled, shown or spoken to. Photos are drawn before they are sent, which needs no
/// address.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The paths below which the files are.
const BASE: &str = "/driver";

/// Answers with the files of the app: the page at `/driver`, everything else below.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pages;

impl Handler for Pages {
    fn call(&self, call: Call) -> CallFuture<'_> {
        Box::pin(std::future::ready(answer(&call)))
    }
}

fn answer(call: &Call) -> Answer {
    let name = call.path.strip_prefix(BASE).map(|rest| rest.trim_matches('/'));
    let name = name.map(|name| if name.is_empty() { assets::PAGE } else { name });
    let Some((asset, bytes)) = name.and_then(assets::find) else {
        return Answer::text(StatusCode::NOT_FOUND, "not found\n");
    };
    if call.method != Method::GET && call.method != Method::HEAD {
        let mut answer = Answer::text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
        answer.headers.push((ALLOW, HeaderValue::from_static("GET, HEAD")));
        return answer;
    }
    file(asset, bytes, &call.headers)
}

fn file(asset: &Asset, bytes: &'static [u8], asked: &HeaderMap) -> Answer {
    let tag = format!("\"{}\"", assets::version());
    let is_known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut headers: Vec<(HeaderName, HeaderValue)> = [
        (CONTENT_TYPE, asset.media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // The app keeps the files itself and asks for them when there is a new version.
        (CACHE_CONTROL, "no-cache"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .into();
    headers.extend(HeaderValue::from_str(&tag).ok().map(|tag| (ETAG, tag)));
    if asset.name == assets::WORKER {
        // It lies below what it looks after.
        let scope = HeaderName::from_static("service-worker-allowed");
        headers.push((scope, HeaderValue::from_static(BASE)));
    }
    match is_known {
        true => Answer { status: StatusCode::NOT_MODIFIED, headers, body: Body::default() },
        false => Answer { status: StatusCode::OK, headers, body: Body::Whole(Bytes::from_static(bytes)) },
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn ask(method: Method, path: &str, known: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(IF_NONE_MATCH, known.parse().expect("a header"));
        }
        let (path, query) = (path.to_owned(), String::new());
        answer(&Call { method, path, query, headers, body: Ok(Bytes::new()), peer: IpAddr::from([127, 0, 0, 1]) })
    }

    fn header<'a>(answer: &'a Answer, name: &HeaderName) -> Option<&'a str> {
        let found = answer.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.to_str().expect("plain"))
    }

    #[test]
    fn every_file_comes_with_its_media_type_and_under_the_policy() {
        for (path, media_type) in [
            ("/driver", "text/html; charset=utf-8"),
            ("/driver/", "text/html; charset=utf-8"),
            ("/driver/index.html", "text/html; charset=utf-8"),
            ("/driver/app.js", "text/javascript; charset=utf-8"),
            ("/driver/app.css", "text/css; charset=utf-8"),
            ("/driver/words-en.json", "application/json"),
            ("/driver/manifest.webmanifest", "application/manifest+json"),
            ("/driver/icon.svg", "image/svg+xml"),
            ("/driver/icon-192.png", "image/png"),
        ] {
            let answer = ask(Method::GET, path, None);
            assert_eq!((answer.status, header(&answer, &CONTENT_TYPE)), (StatusCode::OK, Some(media_type)), "{path}");
            assert!(!answer.body.as_bytes().is_empty(), "{path}");
            assert_eq!(header(&answer, &CONTENT_SECURITY_POLICY), Some(POLICY), "{path}");
            assert_eq!(header(&answer, &X_CONTENT_TYPE_OPTIONS), Some("nosniff"), "{path}");
        }
    }

    #[test]
    fn the_service_worker_may_look_after_the_page() {
        let scope = HeaderName::from_static("service-worker-allowed");
        assert_eq!(header(&ask(Method::GET, "/driver/sw.js", None), &scope), Some("/driver"));
        assert_eq!(header(&ask(Method::GET, "/driver/app.js", None), &scope), None);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let tag = header(&ask(Method::GET, "/driver", None), &ETAG).expect("a tag").to_owned();
        let again = ask(Method::GET, "/driver", Some(&tag));
        assert_eq!((again.status, again.body.as_bytes()), (StatusCode::NOT_MODIFIED, &b""[..]));
        assert_eq!(ask(Method::GET, "/driver", Some("\"older\"")).status, StatusCode::OK);
    }

    #[test]
    fn anything_else_is_refused() {
        for path in ["/driver/no.js", "/driver/../Cargo.toml", "/driver/app.js/x", "/drivers", "/"] {
            assert_eq!(ask(Method::GET, path, None).status, StatusCode::NOT_FOUND, "{path}");
        }
        let posted = ask(Method::POST, "/driver", None);
        assert_eq!((posted.status, header(&posted, &ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, Some("GET, HEAD")));
    }
}
