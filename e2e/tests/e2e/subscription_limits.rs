//! Messages that ask for too much, or for nonsense, of every kind of subscription.

use e2e::{Account, Server, ServerOptions, Socket, eventually};
use serde_json::{Value, json};

struct Bench {
    server: Server,
    account: Account,
    socket: Socket,
}

fn bench() -> Bench {
    bench_with(ServerOptions::default())
}

fn bench_with(options: ServerOptions) -> Bench {
    let server = Server::with(options.set("ODOGRAPH_LIMITS_MESSAGES_PER_SECOND_MAX", "100000"));
    let account = Account::new(&server);
    let socket = Socket::open(&server);
    Bench { server, account, socket }
}

impl Bench {
    fn say(&mut self, action: &str, requests: &Value) {
        self.socket.send(&json!({"action": action, "hash": self.account.hash, "requests": requests}));
    }

    /// The next message refuses the whole request, and the connection goes on.
    #[track_caller]
    fn refused(&mut self, case: &str, code: i64, action: &str) -> Value {
        let error = self.socket.message();
        assert_eq!((&error["type"], &error["status"]["code"]), (&json!("error"), &json!(code)), "{case}: {error}");
        assert_eq!(error["action"], format!("subscription/{action}"), "{case}");
        self.socket.silent(&self.account.hash);
        error["data"].clone()
    }

    /// As many trackers as that.
    fn trackers(&self, count: usize) -> Vec<i64> {
        (0..count).map(|n| self.account.ngp(&format!("yard-unit-{n:04}")).id).collect()
    }
}

/// Requests that are wrong in one place, and the place.
fn nonsense(van: i64) -> Vec<(Value, &'static str)> {
    let all = json!({"type": "all"});
    let of_batches = ["state_batch", "readings_batch", "iot_monitor"];
    let mut cases = Vec::new();
    for event in of_batches {
        let limits = json!([
            "",
            "5",
            5,
            1.5,
            "often",
            "s",
            "-1s",
            "1.5s",
            " 1s",
            "1s ",
            "1d",
            "1 s",
            "PT",
            "P1Y",
            "\u{663}s",
            true,
            [],
            {}
        ]);
        for limit in limits.as_array().into_iter().flatten() {
            cases.push((json!({"type": event, "target": all, "rate_limit": limit}), "requests[0].rate_limit"));
        }
        for (target, named) in [
            (json!(null), "requests[0].target"),
            (json!([van]), "requests[0].target"),
            (json!("all"), "requests[0].target"),
            (json!({}), "requests[0].target.type"),
            (json!({"type": "some"}), "requests[0].target.type"),
            (json!({"type": ["all"]}), "requests[0].target.type"),
            (json!({"type": "selected"}), "requests[0].target.tracker_ids"),
            (json!({"type": "selected", "tracker_ids": null}), "requests[0].target.tracker_ids"),
            (json!({"type": "selected", "tracker_ids": [van, null]}), "requests[0].target.tracker_ids"),
            (json!({"type": "selected", "tracker_ids": [[van]]}), "requests[0].target.tracker_ids"),
            (json!({"type": "selected", "tracker_ids": {"0": van}}), "requests[0].target.tracker_ids"),
        ] {
            cases.push((json!({"type": event, "target": target}), named));
        }
    }
    for format in [json!("short"), json!(""), json!(1), json!({}), json!(["full"])] {
        cases.push((json!({"type": "state_batch", "target": all, "format": format}), "requests[0].format"));
    }
    for kind in [json!("ignition"), json!("weather"), json!(""), json!(7)] {
        cases.push((json!({"type": "readings_batch", "target": all, "sensor_type": kind}), "requests[0].sensor_type"));
    }
    let wrong = json!({"type": "readings_batch", "target": all, "include_components": "sometimes"});
    cases.push((wrong, "requests[0].include_components"));
    cases
}

#[test]
fn options_that_make_no_sense_are_named_and_take_no_effect() {
    let mut bench = bench();
    let van = bench.account.ngp("yard-unit-0007");
    let all = json!({"type": "all"});
    for (request, named) in nonsense(van.id) {
        for action in ["subscribe", "unsubscribe"] {
            let requests = json!([request, {"type": "state", "target": all}]);
            bench.say(action, &requests);
            let data = bench.refused(&request.to_string(), 7, action);
            assert_eq!(data["requests"], requests, "given back");
            let errors = data["errors"].as_array().unwrap_or_else(|| panic!("{request}: errors in {data}"));
            assert!(errors.iter().any(|error| error["parameter"] == named), "{request}: {named} in {data}");
        }
    }
    // Nothing of any of them is watched.
    bench.account.block(&van, true);
    bench.socket.silent(&bench.account.hash);
}

#[test]
fn limits_far_from_sense_are_brought_into_range() {
    let mut bench = bench();
    let van = bench.account.ngp("yard-unit-0007");
    for limit in ["0ms", "0s", "1ms", "99999999999999999999999h", "PT0S", "P365D", "PT5S", "1m"] {
        bench.say("subscribe", &json!([{"type": "state_batch", "target": {"type": "all"}, "rate_limit": limit}]));
        let response = bench.socket.response("subscribe");
        let map = json!({"value": {van.id.to_string(): "normal"}, "success": true});
        assert_eq!(response["data"]["state_batch"], map, "{limit}");
        bench.socket.event("state_batch");
    }
}

#[test]
fn a_hundred_thousand_ids_are_too_many_in_any_form() {
    let mut bench = bench();
    let ids: Vec<i64> = (1..=100_000).collect();
    for event in ["state", "state_batch", "readings_batch", "iot_monitor"] {
        let target = json!({"type": "selected", "tracker_ids": ids});
        for action in ["subscribe", "unsubscribe"] {
            bench.say(action, &json!([{"type": event, "target": target}]));
            bench.refused(event, 221, action);
        }
    }
    for action in ["subscribe", "unsubscribe"] {
        let hash = bench.account.hash.clone();
        bench.socket.send(&json!({"action": action, "hash": hash, "events": ["state"], "trackers": ids}));
        bench.refused("first edition", 221, action);
    }
    // One of them many times is one.
    let van = bench.account.ngp("yard-unit-0007");
    let map = bench.socket.subscribe(&bench.account.hash, &vec![van.id; 100_000]);
    assert_eq!(map, json!({van.id.to_string(): "normal"}));
    bench.socket.state_of(van.source_id);
    bench.socket.silent(&bench.account.hash);
}

#[test]
fn twenty_thousand_unknown_ids_are_answered_each() {
    let mut bench = bench();
    let ids: Vec<i64> = (1..=20_000).map(|n| 900_000_000 + n).collect();
    let map = bench.socket.subscribe(&bench.account.hash, &ids);
    let map = map.as_object().expect("a map");
    assert_eq!(map.len(), ids.len());
    assert!(map.values().all(|status| *status == "unknown"));
    bench.socket.silent(&bench.account.hash);
}

#[test]
fn ids_that_no_tracker_can_have_are_unknown() {
    let mut bench = bench();
    let ids = [0, -1, i32::MAX.into(), i32::MIN.into()];
    let map = bench.socket.subscribe(&bench.account.hash, &ids);
    let expected: serde_json::Map<String, Value> = ids.iter().map(|id| (id.to_string(), json!("unknown"))).collect();
    assert_eq!(map, Value::from(expected));
    for no_id in [json!(i64::from(i32::MAX) + 1), json!(i64::MIN), json!(1e300), json!("7x"), json!("")] {
        let hash = bench.account.hash.clone();
        bench.socket.send(&json!({"action": "subscribe", "hash": hash, "events": ["state"], "trackers": [no_id]}));
        bench.refused(&no_id.to_string(), 7, "subscribe");
    }
}

#[test]
fn what_fails_of_several_requests_fails_alone() {
    let mut bench = bench();
    let ids = bench.trackers(11);
    let too_many = json!({"type": "iot_monitor", "target": {"type": "all"}});
    bench.say("subscribe", &json!([too_many, {"type": "state", "trackers": [ids[0]]}]));
    let response = bench.socket.response("subscribe");
    assert_eq!(response["events"], json!(["state"]));
    let refused = json!({"success": false, "status": {"code": 221, "description": "Device limit exceeded"}});
    assert_eq!(response["data"]["iot_monitor"], refused);
    assert_eq!(response["data"]["state"], json!({"value": {ids[0].to_string(): "normal"}, "success": true}));
    bench.socket.event("state");
    bench.socket.silent(&bench.account.hash);
    bench.say("subscribe", &json!([too_many]));
    bench.refused("alone", 221, "subscribe");
    // Ten in two requests are not too many, and then one more is.
    for ten in [&ids[..4], &ids[4..10]] {
        let target = json!({"type": "selected", "tracker_ids": ten});
        bench.say("subscribe", &json!([{"type": "iot_monitor", "target": target}]));
        assert_eq!(bench.socket.response("subscribe")["events"], json!(["iot_monitor"]));
        bench.socket.event("iot_monitor");
    }
    let target = json!({"type": "selected", "tracker_ids": [ids[10]]});
    bench.say("subscribe", &json!([{"type": "iot_monitor", "target": target}]));
    bench.refused("an eleventh", 221, "subscribe");
}

#[test]
fn nesting_inside_of_a_message_is_refused_and_harms_nobody() {
    let mut bench = bench();
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let hash = bench.account.hash.clone();
    for levels in [2, 200, 100_000] {
        for text in [
            format!(r#"{{"action":"subscribe","hash":"{hash}","events":["state"],"trackers":{}}}"#, deep(levels)),
            format!(r#"{{"action":"subscribe","hash":"{hash}","requests":{}}}"#, deep(levels)),
            format!(r#"{{"action":{},"hash":"{hash}"}}"#, deep(levels)),
            format!(r#"{{"action":"subscribe","hash":{},"events":["state"],"trackers":[]}}"#, deep(levels)),
        ] {
            bench.socket.send_text(&text);
            let error = bench.socket.message();
            assert_eq!(error["type"], "error", "{levels}: {error}");
            let code = error["status"]["code"].as_i64().expect("a code");
            assert!([3, 5, 7].contains(&code), "{levels}: {error}");
            bench.socket.silent(&hash);
        }
    }
}

#[test]
fn a_session_that_expires_is_refused_afterwards() {
    let mut bench = bench_with(ServerOptions::default().set("ODOGRAPH_SESSIONS_USER_LIFETIME_S", "2"));
    let parameters = json!({"events": ["state"], "trackers": [5101]});
    let mut message = parameters.clone();
    message["action"] = json!("subscribe");
    message["hash"] = json!(bench.account.hash);
    let error = eventually("the session's end", || {
        bench.socket.send(&message);
        // Nothing is watched, so that no logout comes.
        Some(bench.socket.message()).filter(|message| message["type"] == "error")
    });
    let status = json!({"code": 4, "description": "User or API key not found or session ended"});
    assert_eq!((&error["status"], &error["data"]), (&status, &parameters));
    let hash = bench.account.new_session();
    bench.socket.silent(&hash);
}

#[test]
fn a_deleted_key_is_as_one_never_issued() {
    let mut bench = bench();
    let van = bench.account.ngp("yard-unit-0007");
    let key = bench.account.call("api/key/create", json!({"title": "robot"})).ok()["value"]["hash"].clone();
    let key = key.as_str().expect("a hash").to_owned();
    assert_eq!(bench.socket.subscribe(&key, &[van.id]), json!({van.id.to_string(): "normal"}));
    bench.socket.state_of(van.source_id);
    bench.account.call("api/key/delete", json!({"key": key})).ok();
    bench.socket.logout();
    bench.socket.send(&json!({"action": "subscribe", "hash": key, "requests": [{"type": "state", "trackers": [1]}]}));
    bench.refused("a deleted key", 3, "subscribe");
}

#[test]
fn a_flood_of_subscriptions_takes_no_more_than_one() {
    let mut bench = bench();
    let ids = bench.trackers(20);
    let events = ["state", "state_batch", "readings_batch"];
    let flood = |bench: &mut Bench, rounds: usize| {
        for round in 0..rounds {
            let target = match round % 2 {
                0 => json!({"type": "all"}),
                _ => json!({"type": "selected", "tracker_ids": ids}),
            };
            let request = json!({"type": events[round % 3], "target": target, "rate_limit": "100ms"});
            // A hundred times the same thing in one message, too.
            bench.say("subscribe", &json!(vec![request; 100]));
            bench.socket.until("the response", |message| message["type"] == "response");
        }
    };
    flood(&mut bench, 30);
    let before = bench.server.resident_bytes();
    flood(&mut bench, 600);
    let grown = bench.server.resident_bytes().saturating_sub(before);
    assert!(grown <= 16 << 20, "600 subscriptions more have cost {} KiB", grown >> 10);
    // One lifecycle event still, among the states that are due.
    let van = json!({"tracker_id": ids[0], "blocked": true});
    bench.account.panel("tracker/source/update", van).ok();
    bench.socket.until("the block", |message| message["event"] == "lifecycle");
    let hash = bench.account.hash.clone();
    bench.socket.send(&json!({"action": "unsubscribe", "hash": hash, "events": ["state"], "trackers": []}));
    let (before, _) = bench.socket.until("the answer", |message| message["type"] == "response");
    assert!(before.iter().all(|message| message["event"] != "lifecycle"), "only one: {before:?}");
}

#[test]
fn a_connection_carries_only_so_many_sessions() {
    let mut bench = bench();
    let van = bench.account.ngp("yard-unit-0007");
    let max = 16;
    for _ in 0..max {
        let session = bench.account.new_session();
        bench.socket.subscribe(&session, &[van.id]);
        bench.socket.state_of(van.source_id);
    }
    let session = bench.account.new_session();
    bench.socket.send(&json!({"action": "subscribe", "hash": session, "events": ["state"], "trackers": [van.id]}));
    let error = bench.socket.message();
    assert_eq!((&error["type"], &error["status"]["code"]), (&json!("error"), &json!(104)), "{error}");
    // It is not too many for another connection.
    let mut other = Socket::open(&bench.server);
    assert_eq!(other.subscribe(&session, &[van.id]), json!({van.id.to_string(): "normal"}));
}
