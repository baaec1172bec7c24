//! The requests of clients without a WebSocket, and how many of them there may be.

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use web::{Answer, Body, BodyError, Call};

use super::stage::{FIRST, Stage};
use crate::session::{Fallback, FallbackOptions, SocketOptions};

/// A client of its own id, which is known by nothing else.
const ID: &str = "6f1b8fd4-9d0c-4b1e-9a55-0c1d2e3f4a5b";

fn call(method: Method, query: &str, body: &str) -> Call {
    Call {
        method,
        path: "/event/subscription".to_owned(),
        query: query.to_owned(),
        headers: HeaderMap::new(),
        body: Ok(body.to_owned().into()),
        peer: std::net::IpAddr::from([127, 0, 0, 1]),
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(n, _)| n == name);
    found.map(|(_, value)| value.to_str().expect("text"))
}

fn is_held(answer: &Answer) -> bool {
    matches!(answer.body, Body::Stream(_))
}

fn poll(fallback: &Fallback, id: &str) -> Answer {
    let query = format!("X-Atmosphere-Transport=long-polling&X-atmo-protocol=true&X-Atmosphere-tracking-id={id}");
    fallback.answer(&call(Method::GET, &query, ""))
}

fn post(fallback: &Fallback, id: &str, body: &str) -> Answer {
    let query = format!("X-Atmosphere-Transport=polling&X-Atmosphere-tracking-id={id}");
    fallback.answer(&call(Method::POST, &query, body))
}

fn clients(fallback: &Fallback) -> i64 {
    fallback.metrics.clients.get()
}

#[tokio::test]
async fn each_request_has_its_answer() {
    let stage = Stage::new(0).await;
    let fallback = stage.fallback();
    let check = |method: Method, query: &str, body: &str, status: StatusCode, held: bool| {
        let answer = fallback.answer(&call(method, query, body));
        assert_eq!((answer.status, is_held(&answer)), (status, held), "{query}: {answer:?}");
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"), "{query}");
        assert_eq!(header(&answer, "cache-control"), Some("no-store"), "{query}");
        assert_eq!(header(&answer, "x-accel-buffering"), Some("no"), "{query}");
        let is_refused = !status.is_success();
        assert_eq!(answer.body.as_bytes().starts_with(br#"{"success":false,"status":{"code":"#), is_refused, "{query}");
    };
    let transport = |name: &str, id: &str| format!("X-Atmosphere-Transport={name}&X-Atmosphere-tracking-id={id}");
    for name in ["long-polling", "streaming", "sse", "polling"] {
        for id in ["0", ID] {
            check(Method::GET, &transport(name, id), "", StatusCode::OK, true);
        }
        check(Method::GET, &transport(name, "9b2c"), "", StatusCode::BAD_REQUEST, false);
        check(Method::POST, &transport(name, ID), "{}", StatusCode::OK, false);
        check(Method::POST, &transport(name, "9b2c"), "{}", StatusCode::BAD_REQUEST, false);
    }
    check(Method::POST, &transport("streaming", "0"), "", StatusCode::OK, true);
    check(Method::POST, &transport("polling", "0"), "", StatusCode::OK, false);
    for id in ["0", ID, "9b2c"] {
        check(Method::GET, &transport("close", id), "", StatusCode::OK, false);
        check(Method::POST, &transport("close", id), "", StatusCode::OK, false);
    }
    check(Method::OPTIONS, "", "", StatusCode::OK, false);
    for query in ["", "X-Atmosphere-Transport=websocket", "X-Atmosphere-Transport=carrier-pigeon"] {
        check(Method::GET, query, "", StatusCode::UPGRADE_REQUIRED, false);
        check(Method::POST, query, "{}", StatusCode::UPGRADE_REQUIRED, false);
    }
    check(Method::DELETE, &transport("long-polling", "0"), "", StatusCode::UPGRADE_REQUIRED, false);
}

#[tokio::test]
async fn parameters_count_as_headers_too() {
    let stage = Stage::new(0).await;
    let mut asked = call(Method::GET, "", "");
    asked.headers.insert("X-Atmosphere-Transport", HeaderValue::from_static("sse"));
    let answer = stage.fallback().answer(&asked);
    assert!(is_held(&answer), "{answer:?}");
    assert_eq!(header(&answer, "content-type"), Some("text/event-stream; charset=utf-8"));
}

#[tokio::test]
async fn what_cannot_be_a_message_is_answered() {
    let stage = Stage::with(
        0,
        SocketOptions {
            fallback: FallbackOptions { message_bytes_max: 10, ..FallbackOptions::default() },
            ..SocketOptions::default()
        },
    )
    .await;
    let fallback = stage.fallback();
    let check = |body: Result<&[u8], BodyError>, status: u16, said: &str| {
        let mut asked =
            call(Method::POST, &format!("X-Atmosphere-Transport=polling&X-Atmosphere-tracking-id={ID}"), "");
        asked.body = body.map(bytes::Bytes::copy_from_slice);
        let answer = fallback.answer(&asked);
        let found = String::from_utf8_lossy(answer.body.as_bytes()).into_owned();
        assert_eq!(answer.status.as_u16(), status, "{found}");
        assert_eq!(found.is_empty(), said.is_empty(), "{found}");
        assert!(found.contains(said), "{found}");
    };
    check(Ok(b"0123456789"), 200, r#""code":5"#);
    check(Ok(b"01234567890"), 200, r#""code":9"#);
    check(Ok(b"\xff\xfe"), 200, r#""code":5"#);
    check(Err(BodyError::TooLarge), 200, r#""code":9"#);
    check(Err(BodyError::Incomplete), 400, r#""code":5"#);
    for noise in ["", " \n", "X", "...ACK..."] {
        check(Ok(noise.as_bytes()), 200, "");
    }
}

#[tokio::test]
async fn a_sign_of_life_makes_nobody_known_and_keeps_who_is() {
    let stage = Stage::new(1).await;
    let fallback = stage.fallback();
    assert_eq!(post(&fallback, ID, "X").status, StatusCode::OK);
    assert_eq!(clients(&fallback), 0);
    drop(poll(&fallback, ID));
    for _ in 0..3 {
        stage.wait_ms(59_000);
        fallback.forget_absent();
        assert_eq!(clients(&fallback), 1);
        post(&fallback, ID, "X");
    }
    stage.wait_ms(60_000);
    fallback.forget_absent();
    assert_eq!(clients(&fallback), 1);
    stage.wait_ms(1);
    fallback.forget_absent();
    assert_eq!(clients(&fallback), 0);
}

#[tokio::test]
async fn who_listens_is_not_forgotten_and_who_closes_is() {
    let stage = Stage::new(1).await;
    let fallback = stage.fallback();
    let held = poll(&fallback, ID);
    stage.wait_ms(600_000);
    fallback.forget_absent();
    assert_eq!(clients(&fallback), 1);
    for _ in 0..3 {
        fallback.answer(&call(Method::GET, &format!("X-Atmosphere-Transport=close&X-Atmosphere-tracking-id={ID}"), ""));
        assert_eq!(clients(&fallback), 0);
    }
    drop(held);
}

#[tokio::test]
async fn there_is_room_for_so_many_clients() {
    let fallback = FallbackOptions { clients_max: 2, ..FallbackOptions::default() };
    let stage = Stage::with(0, SocketOptions { fallback, ..SocketOptions::default() }).await;
    let fallback = stage.fallback();
    let first = poll(&fallback, "0");
    assert_eq!(poll(&fallback, ID).status, StatusCode::OK);
    assert_eq!(poll(&fallback, "0").status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(post(&fallback, "0", "{}").status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(fallback.metrics.refused.get(), 2);
    assert_eq!(poll(&fallback, ID).status, StatusCode::OK, "who is known is served");
    // Nobody was looked after meanwhile: whoever comes makes room.
    stage.wait_ms(61_000);
    assert_eq!(poll(&fallback, "0").status, StatusCode::OK);
    assert_eq!(clients(&fallback), 2);
    drop(first);
}

#[tokio::test]
async fn a_client_without_an_id_is_told_one() {
    let stage = Stage::new(1).await;
    let fallback = stage.fallback();
    let hash = stage.hash().await;
    let message = format!(r#"{{"action":"subscribe","hash":"{hash}","events":["state"],"trackers":[{FIRST}]}}"#);
    let answer = post(&fallback, "0", &message);
    let said = String::from_utf8_lossy(answer.body.as_bytes()).into_owned();
    assert!(said.contains(r#""type":"response""#), "{said}");
    let id = header(&answer, "x-atmosphere-tracking-id").expect("an id").to_owned();
    let again = poll(&fallback, &id);
    assert_eq!(header(&again, "x-atmosphere-tracking-id"), Some(id.as_str()));
    assert_eq!(clients(&fallback), 1);
}
