//! What client messages mean, and how each bad one is answered.

use std::time::Duration;

use navixy::Condition;
use navixy::decode::{self, ECHO_BYTES_MAX, Raw, SELECTED_MAX, WireError};
use navixy::wire::{Action, ClientMessage, EventType, Form, Format, Request, SensorType, Target, WireId};
use serde_json::{Value, json};

const HASH: &str = "0c5de1f2a94b4be38a17c66f20d93b54";

fn subscribe(rest: &str) -> String {
    format!(r#"{{"action":"subscribe","hash":"{HASH}",{rest}}}"#)
}

fn read(text: &str) -> ClientMessage {
    decode::decode(text).unwrap_or_else(|e| panic!("{text}: {}", String::from_utf8_lossy(&e)))
}

fn ids(ids: &[i32]) -> Target {
    Target::Selected(ids.iter().map(|id| WireId(*id)).collect())
}

fn state_request(target: Target) -> Request {
    Request {
        event: EventType::State,
        target,
        format: Format::Full,
        rate_limit: Duration::from_secs(1),
        sensor_type: None,
        include_components: true,
    }
}

#[test]
fn the_first_editions_form() {
    let check = |rest: &str, target: Target| {
        let message = read(&subscribe(rest));
        assert_eq!(message.form, Form::Legacy { events: vec![EventType::State], trackers: target }, "{rest}");
    };
    check(r#""events":["state"],"trackers":[15564,15565]"#, ids(&[15564, 15565]));
    check(r#""events":["state","state"],"trackers":[3,1,3,"1",2]"#, ids(&[3, 1, 2]));
    check(r#""events":["state"],"trackers":[]"#, ids(&[]));
    check(r#""events":["state"],"trackers":[-1,0],"requests":null,"whatever":{"a":[1]}"#, ids(&[-1, 0]));
    let unsubscribe = format!(r#"{{"events":["state"],"trackers":[7],"action":"unsubscribe","hash":"{HASH}"}}"#);
    assert_eq!(read(&unsubscribe).action, Action::Unsubscribe);
    assert_eq!(read(&unsubscribe).hash, HASH);
}

#[test]
fn the_current_editions_form() {
    let check = |requests: &str, expected: Vec<Request>| {
        let text = subscribe(&format!(r#""requests":{requests},"events":["nonsense"]"#));
        assert_eq!(read(&text).form, Form::Requests(expected), "{requests}");
    };
    check(r#"[{"type":"state","trackers":[5,6]}]"#, vec![state_request(ids(&[5, 6]))]);
    check(r#"[{"type":"state","target":{"type":"all"},"format":"full"}]"#, vec![state_request(Target::All)]);
    check(
        r#"[{"type":"state","trackers":[5],"format":"compact","rate_limit":5,"sensor_type":"nonsense"}]"#,
        vec![Request { format: Format::Compact, ..state_request(ids(&[5])) }],
    );
    check(
        r#"[{"type":"state_batch","target":{"type":"all"},"rate_limit":"3s","format":"compact","include_components":9},
            {"type":"readings_batch","target":{"type":"selected","tracker_ids":[5,5]},"sensor_type":"temperature",
             "include_components":"false","format":"nonsense"},
            {"type":"iot_monitor","target":{"type":"selected","tracker_ids":[]},"rate_limit":"PT5S","flow_id":1}]"#,
        vec![
            Request {
                event: EventType::StateBatch,
                format: Format::Compact,
                rate_limit: Duration::from_secs(3),
                ..state_request(Target::All)
            },
            Request {
                event: EventType::ReadingsBatch,
                sensor_type: Some(SensorType::Metering(model::MeteringType::Temperature)),
                include_components: false,
                ..state_request(ids(&[5]))
            },
            Request { event: EventType::IotMonitor, rate_limit: Duration::from_secs(5), ..state_request(ids(&[])) },
        ],
    );
}

#[test]
fn the_form_of_dates_is_switched_leniently() {
    let check = |rest: &str, iso: Option<bool>| {
        let text = subscribe(&format!(r#""events":["state"],"trackers":[]{rest}"#));
        assert_eq!(read(&text).iso_datetime, iso, "{rest}");
    };
    check("", None);
    check(r#","iso_datetime":null"#, None);
    check(r#","iso_datetime":true"#, Some(true));
    check(r#","iso_datetime":"true""#, Some(true));
    check(r#","iso_datetime":false"#, Some(false));
}

/// The error answer as a value.
fn answer(text: &str) -> Value {
    let answer = decode::decode(text).expect_err(text);
    serde_json::from_slice(&answer).expect("JSON")
}

fn check_error(text: &str, code: u16, description: &str, action: &str, data: Value) {
    let expected = json!({
        "type": "error", "action": action, "status": {"code": code, "description": description}, "data": data,
    });
    assert_eq!(answer(text), expected, "{text}");
}

#[test]
fn unreadable_messages() {
    for text in ["", "{", "hello", "[1]", "5", "null", r#""X""#, "{}{}", &"[".repeat(100_000), r#"{"a":"\ud800"}"#] {
        check_error(text, 5, "Wrong request format", "null", json!("malformed JSON"));
    }
    for text in ["{}", r#"{"action":5}"#, r#"{"action":null,"hash":1}"#, r#"{"action":["subscribe"]}"#] {
        check_error(text, 7, "Invalid parameters", "null", json!("action is required"));
    }
    let text = r#"{"action":"foo","hash":"x","requests":[{"type":1}],"more":[1, 2]}"#;
    let data = json!({"requests": [{"type": 1}], "more": [1, 2]});
    check_error(text, 112, "Wrong method", "subscription/foo", data);
    let long = format!(r#"{{"action":"{}"}}"#, "é".repeat(1_000));
    check_error(&long, 112, "Wrong method", &format!("subscription/{}", "é".repeat(64)), json!({}));
}

#[test]
fn hashes_of_the_wrong_form() {
    let short = &HASH[1..];
    let upper = HASH.to_uppercase();
    for hash in ["null", "5", "[]", "\"\"", &format!("\"{short}\""), &format!("\"{upper}\""), &format!("\"{HASH}0\"")] {
        let legacy = format!(r#"{{"action":"subscribe","hash":{hash},"events":["state"],"trackers":[5101]}}"#);
        let data = json!({"events": ["state"], "trackers": [5101]});
        check_error(&legacy, 3, "Wrong user hash", "subscription/subscribe", data);
        let current = format!(r#"{{"action":"unsubscribe","hash":{hash},"requests":[]}}"#);
        check_error(&current, 3, "Wrong hash", "subscription/unsubscribe", json!({"requests": []}));
    }
    check_error(r#"{"action":"subscribe"}"#, 3, "Wrong hash", "subscription/subscribe", json!({}));
}

#[test]
fn sessions_refused_by_the_caller() {
    let check = |text: &str, condition: Condition, code: u16, description: &str, data: Value| {
        let raw = Raw::parse(text).expect(text);
        let mut out = Vec::new();
        raw.refuse(condition).render(&mut out);
        let found: Value = serde_json::from_slice(&out).expect("JSON");
        let status = json!({"code": code, "description": description});
        let expected = json!({"type": "error", "action": "subscription/subscribe", "status": status, "data": data});
        assert_eq!(found, expected, "{condition:?}");
    };
    let legacy = subscribe(r#""events":["state"],"trackers":[1]"#);
    let data = json!({"events": ["state"], "trackers": [1]});
    check(&legacy, Condition::WrongHash, 3, "Wrong user hash", data.clone());
    check(&legacy, Condition::SessionEnded, 4, "User or API key not found or session ended", data.clone());
    check(&legacy, Condition::WrongSessionKind, 276, "Action is forbidden for received session type", data);
    check(&legacy, Condition::Database, 1, "Database error", json!("Database error"));
    check(&legacy, Condition::Unexpected, 6, "Unexpected error", json!("Unexpected error"));
    check(&legacy, Condition::Unavailable, 14, "Database unavailable", json!("Database unavailable"));
    let current = subscribe(r#""requests":[1]"#);
    check(&current, Condition::WrongHash, 3, "Wrong hash", json!({"requests": [1]}));
    check(&current, Condition::TooManyDevices, 221, "Device limit exceeded", json!({"requests": [1]}));
}

#[test]
fn messages_that_were_not_read() {
    let check = |condition: Condition, code: u16| {
        let mut out = Vec::new();
        WireError::unread(condition, "because").render(&mut out);
        let found: Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(
            (&found["status"]["code"], &found["action"], &found["data"]),
            (&json!(code), &json!("null"), &json!("because"))
        );
    };
    check(Condition::WrongFormat, 5);
    check(Condition::TooLarge, 9);
    check(Condition::TooManyRequests, 15);
}

#[test]
fn wrong_parameters_are_named() {
    let check = |rest: &str, errors: &[(&str, &str)]| {
        let found = answer(&subscribe(rest));
        let expected: Vec<Value> = errors.iter().map(|(p, e)| json!({"parameter": p, "error": e})).collect();
        assert_eq!(found["status"], json!({"code": 7, "description": "Invalid parameters"}), "{rest}");
        assert_eq!(found["action"], "subscription/subscribe");
        assert_eq!(found["data"]["errors"], Value::Array(expected), "{rest}");
    };
    let required = "is required";
    let unknown = "has an unknown value";
    let ints = "must be an array of integers without nulls";
    check(r#""x":1"#, &[("events", required), ("trackers", required)]);
    check(r#""events":["state"]"#, &[("trackers", required)]);
    check(r#""trackers":[1]"#, &[("events", required)]);
    check(r#""events":[],"trackers":[1]"#, &[("events", "must not be empty")]);
    check(r#""events":["state_batch"],"trackers":[1]"#, &[("events", unknown)]);
    check(r#""events":["state",null],"trackers":[1]"#, &[("events", "must be a string")]);
    check(r#""events":"state","trackers":[1]"#, &[("events", "must be an array")]);
    for trackers in ["[1,null]", "[1.5]", "5", r#"{"a":1}"#, r#"["x"]"#, "[2147483648]"] {
        check(&format!(r#""events":["state"],"trackers":{trackers}"#), &[("trackers", ints)]);
    }
    check(r#""events":["state"],"trackers":[],"iso_datetime":"yes""#, &[("iso_datetime", "must be a boolean")]);
    check(r#""requests":[]"#, &[("requests", "must not be empty")]);
    check(r#""requests":{}"#, &[("requests", "must be an array")]);
    check(r#""requests":[5]"#, &[("requests[0]", "must be an object")]);
    check(r#""requests":[{}]"#, &[("requests[0].type", required)]);
    check(r#""requests":[{"type":"nonsense"}]"#, &[("requests[0].type", unknown)]);
    check(r#""requests":[{"type":5}]"#, &[("requests[0].type", "must be a string")]);
    check(r#""requests":[{"type":"state"}]"#, &[("requests[0].target", required)]);
    check(r#""requests":[{"type":"state","trackers":[null]}]"#, &[("requests[0].trackers", ints)]);
    check(r#""requests":[{"type":"state_batch","trackers":[1]}]"#, &[("requests[0].target", required)]);
    let batch = |rest: &str| format!(r#""requests":[{{"type":"state_batch",{rest}}}]"#);
    check(&batch(r#""target":[]"#), &[("requests[0].target", "must be an object")]);
    check(&batch(r#""target":{}"#), &[("requests[0].target.type", required)]);
    check(&batch(r#""target":{"type":"some"}"#), &[("requests[0].target.type", unknown)]);
    check(&batch(r#""target":{"type":"selected"}"#), &[("requests[0].target.tracker_ids", required)]);
    check(&batch(r#""target":{"type":"selected","tracker_ids":[null]}"#), &[("requests[0].target.tracker_ids", ints)]);
    let rate = "must be a number with a unit (ms, s, m, h) or an ISO 8601 duration";
    for limit in ["5", r#""5""#, r#""fast""#, "{}"] {
        let rest = format!(r#""target":{{"type":"all"}},"rate_limit":{limit}"#);
        check(&batch(&rest), &[("requests[0].rate_limit", rate)]);
    }
    check(
        r#""requests":[{"type":"state","trackers":[1],"format":"tiny"},
            {"type":"readings_batch","target":{"type":"all"},"sensor_type":"nose","include_components":"maybe"}]"#,
        &[
            ("requests[0].format", unknown),
            ("requests[1].sensor_type", unknown),
            ("requests[1].include_components", "must be a boolean"),
        ],
    );
}

#[test]
fn lists_of_errors_are_bounded() {
    let many = vec!["{}"; 5_000].join(",");
    let found = answer(&subscribe(&format!(r#""requests":[{many}]"#)));
    assert_eq!(found["data"]["errors"].as_array().map(Vec::len), Some(16));
    assert_eq!(found["data"]["errors"][15]["parameter"], "requests[15].type");
}

#[test]
fn targets_are_bounded_by_different_ids() {
    let check = |ids: &mut dyn Iterator<Item = usize>, fits: bool| {
        let list: Vec<String> = ids.map(|id| id.to_string()).collect();
        let text = subscribe(&format!(r#""events":["state"],"trackers":[{}]"#, list.join(",")));
        let Form::Legacy { trackers, .. } = read(&text).form else { panic!("legacy") };
        match trackers {
            Target::Selected(ids) => assert!(fits && ids.len() == SELECTED_MAX),
            Target::TooMany => assert!(!fits),
            Target::All => panic!("not asked for"),
        }
    };
    check(&mut (0..SELECTED_MAX), true);
    check(&mut (0..SELECTED_MAX).chain(0..SELECTED_MAX), true);
    check(&mut (0..=SELECTED_MAX), false);
}

#[test]
fn large_requests_are_not_repeated() {
    let list = vec!["100001"; ECHO_BYTES_MAX / 7].join(",");
    let rest = format!(r#""requests":[{list}],"x":"{}""#, "y".repeat(64));
    let text = subscribe(&rest);
    let raw = Raw::parse(&text).expect("an object");
    let mut out = Vec::new();
    raw.refuse(Condition::SessionEnded).render(&mut out);
    let found: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(found["data"], "the request is too large to be repeated");
    assert_eq!(answer(&text)["data"]["requests"], Value::Null);
    assert_eq!(answer(&text)["data"]["errors"][0]["parameter"], "requests[0]");
}
