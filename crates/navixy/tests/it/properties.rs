//! Whatever comes in, nothing panics, and what goes out is JSON with the members that clients read.

use navixy::Condition;
use navixy::decode::{self, Raw};
use proptest::prelude::*;
use serde_json::Value;

const HASH: &str = "0c5de1f2a94b4be38a17c66f20d93b54";

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["state", "all", "selected", "subscribe", "5s", HASH]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let name = prop::sample::select(vec![
            "action",
            "hash",
            "requests",
            "events",
            "trackers",
            "type",
            "target",
            "tracker_ids",
            "format",
            "rate_limit",
            "iso_datetime",
            "errors",
            "x\"y",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::from_iter(members.into_iter().map(|(n, v)| (n.to_owned(), v)))),
        ]
    })
}

fn check_error(answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).expect("an error answer is JSON");
    assert_eq!(answer["type"], "error");
    assert!(answer["action"].is_string());
    assert!(answer["status"]["code"].is_u64());
    assert!(answer["status"]["description"].is_string());
    assert!(answer["data"].is_string() || answer["data"].is_object());
    let errors = &answer["data"]["errors"];
    assert!(errors.is_null() || errors.as_array().is_some_and(|all| !all.is_empty()));
}

proptest! {
    #[test]
    fn any_text_is_a_message_or_a_proper_error(text in any::<String>()) {
        if let Err(answer) = decode::decode(&text) {
            check_error(&answer);
        }
    }

    #[test]
    fn any_json_is_a_message_or_a_proper_error(value in json()) {
        if let Err(answer) = decode::decode(&value.to_string()) {
            check_error(&answer);
        }
    }

    #[test]
    fn any_parameters_are_a_message_or_a_proper_error(requests in json(), events in json(), trackers in json()) {
        let message = serde_json::json!({
            "action": "subscribe", "hash": HASH, "requests": requests, "events": events, "trackers": trackers,
        });
        let text = message.to_string();
        if let Err(answer) = decode::decode(&text) {
            check_error(&answer);
        }
        let mut answer = Vec::new();
        Raw::parse(&text).expect("an object").refuse(Condition::SessionEnded).render(&mut answer);
        check_error(&answer);
        let echoed: Value = serde_json::from_slice(&answer).expect("JSON");
        prop_assert_eq!(&echoed["data"]["requests"], &requests);
    }

    #[test]
    fn any_change_of_a_byte_is_survived(at in 0usize..200, byte in any::<u8>()) {
        let good = format!(
            r#"{{"action":"subscribe","hash":"{HASH}","requests":[{{"type":"state_batch","target":{{"type":"selected",
            "tracker_ids":[1,2]}},"rate_limit":"PT5S","format":"compact"}}]}}"#
        );
        let mut bytes = good.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(text) = std::str::from_utf8(&bytes)
            && let Err(answer) = decode::decode(text)
        {
            check_error(&answer);
        }
    }
}
