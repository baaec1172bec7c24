//! The last messages of trackers, over a socket.

use std::time::{Duration, Instant};

use e2e::{Account, Report, Server, Socket, ngp, ngp_body};
use serde_json::{Value, json};

use crate::events::members;

/// Posts a message at a second after noon, with more members.
fn say(server: &Server, device: &str, speed_kmh: u16, s: i64, more: &Value) {
    let report = Report { time_ms: e2e::now_ms() - 60_000 + s * 1_000, ..Report::at_speed(speed_kmh) };
    assert_eq!(ngp(server.device("ngp"), &ngp_body(device, &report, more)), 200);
}

fn subscribe(socket: &mut Socket, account: &Account, target: &Value) -> Value {
    subscribe_at(socket, account, target, "100ms")
}

fn subscribe_at(socket: &mut Socket, account: &Account, target: &Value, rate_limit: &str) -> Value {
    socket.send(&json!({"action": "subscribe", "hash": account.hash,
        "requests": [{"type": "iot_monitor", "target": target, "rate_limit": rate_limit}]}));
    socket.response("subscribe")["data"]["iot_monitor"].clone()
}

fn speeds(queue: &Value) -> Vec<Option<i64>> {
    queue.as_array().expect("a queue").iter().map(|entry| entry["value"].as_i64()).collect()
}

/// Conforms to navixy 002, "Data Stream Analyzer event": comes right after the subscription
/// Conforms to navixy 002, "Data Stream Analyzer event": comes when the last values were updated
/// Conforms to navixy 002, "Data Stream Analyzer event": one queue without gaps, and one that has null where a message lacked the attribute
/// Conforms to navixy 002, "Data Stream Analyzer event": whole numbers are numbers, fractions are text
/// Conforms to navixy 002, "Data Stream Analyzer event": the values of the 12 latest messages come, the newest first
#[test]
fn the_last_messages_come_at_once_and_then_with_each_new_one() {
    let mut server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    for s in 0..14_u16 {
        say(&server, &van.device_id, s, s.into(), &Value::Null);
    }
    // What was before a restart is shown like anything else.
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    let account = Account { api: server.api(), ..account };
    let mut socket = Socket::open(&server);
    let target = json!({"type": "selected", "tracker_ids": [van.id, 7]});
    let answer = subscribe(&mut socket, &account, &target);
    assert_eq!(answer, json!({"success": true, "value": {van.id.to_string(): "normal", "7": "unknown"}}));
    let first = socket.event("iot_monitor");
    let item = &first["data"]["iot_last_values"][0];
    assert_eq!(item["tracker_id"], van.id);
    assert!(first.get("user_time").is_none());
    let newest: Vec<_> = (2..14).rev().map(Some).collect();
    assert_eq!(speeds(&item["nonnull_fields"]["speed"]), newest);
    assert_eq!(speeds(&item["all_fields"]["speed"]), newest);
    assert!(item["nonnull_fields"]["latitude"][0]["value"].is_string(), "fractions are text: {item}");
    assert!(item["nonnull_fields"]["speed"][0]["msg_time"].as_str().is_some_and(|time| time.ends_with('Z')));

    say(&server, &van.device_id, 50, 20, &json!({"fuel_level_1": 262.9945, "hardware_key": "A0"}));
    let next = socket.event("iot_monitor");
    let item = &next["data"]["iot_last_values"][0];
    assert_eq!(item["nonnull_fields"]["lls_level_1"].as_array().map(Vec::len), Some(1));
    assert_eq!(item["nonnull_fields"]["lls_level_1"][0]["value"], "262.9945");
    let gaps = item["all_fields"]["hardware_key"].as_array().expect("a queue");
    assert_eq!(gaps.len(), 12);
    assert!(gaps[0]["value"] == "A0" && gaps[1..].iter().all(|entry| entry["value"].is_null()));
    // A late message has its place by its own time.
    say(&server, &van.device_id, 33, 19, &Value::Null);
    let late = socket.event("iot_monitor");
    assert_eq!(
        speeds(&late["data"]["iot_last_values"][0]["nonnull_fields"]["speed"])[..3],
        [Some(50), Some(33), Some(13)]
    );
}

/// Conforms to navixy 002, "Data Stream Analyzer event": only of trackers that are not blocked
/// Conforms to navixy 002, "Lifecycle event": does not come for the latest messages alone
#[test]
fn a_blocked_tracker_says_nothing_not_even_that_it_is_blocked() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    say(&server, &van.device_id, 5, 0, &Value::Null);
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account, &json!({"type": "all"}));
    socket.event("iot_monitor");
    account.block(&van, true);
    say(&server, &van.device_id, 6, 1, &Value::Null);
    socket.silent(&account.hash);
    account.block(&van, false);
    let whole = socket.event("iot_monitor");
    assert_eq!(speeds(&whole["data"]["iot_last_values"][0]["nonnull_fields"]["speed"]), [Some(6), Some(5)]);
}

/// Conforms to navixy 002, "Data Stream Analyzer event": names its type and event, and has data alone beside them
/// Conforms to navixy 002, "Data Stream Analyzer event": data names the tracker, and has the attributes of its latest messages
/// Conforms to navixy 002, "Data Stream Analyzer event": each value has the time of its message and the time at which the server took it
/// Conforms to navixy 002, "Data Stream Analyzer event": where a message lacks an attribute, the queue with gaps has null with that message's times
#[test]
fn each_value_has_the_times_of_its_message() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let start_s = e2e::now_ms().div_euclid(1_000) - 3_600;
    let say_at = |after_s: i64, more: &Value| {
        let report = Report { time_ms: (start_s + after_s) * 1_000, ..Report::at_speed(43) };
        assert_eq!(ngp(server.device("ngp"), &ngp_body(&van.device_id, &report, more)), 200);
    };
    say_at(0, &json!({"fuel_level_1": 262.9945}));
    say_at(30, &Value::Null);
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account, &json!({"type": "all"}));
    let packet = socket.message();
    assert_eq!(members(&packet), ["data", "event", "type"]);
    assert_eq!((&packet["type"], &packet["event"]), (&json!("event"), &json!("iot_monitor")));
    let item = &packet["data"]["iot_last_values"][0];
    assert_eq!(item["tracker_id"], van.id);
    assert_ne!(van.id, van.source_id);

    let instant = |entry: &Value, name: &str| {
        let text = entry[name].as_str().unwrap_or_else(|| panic!("{name}: {entry}"));
        text.parse::<jiff::Timestamp>().expect("a time in UTC").as_second()
    };
    let full = item["nonnull_fields"]["lls_level_1"].as_array().expect("a queue");
    let gaps = item["all_fields"]["lls_level_1"].as_array().expect("a queue");
    assert_eq!((full.len(), gaps.len()), (1, 2));
    assert_eq!((&full[0]["value"], &gaps[0]["value"]), (&json!("262.9945"), &Value::Null));
    assert_eq!(gaps[1], full[0], "{item}");
    assert_eq!((instant(&gaps[0], "msg_time"), instant(&gaps[1], "msg_time")), (start_s + 30, start_s));
    for entry in gaps {
        let late_s = e2e::now_ms().div_euclid(1_000) - instant(entry, "srv_time");
        assert!((0..60).contains(&late_s), "taken by the server now, not {late_s} s ago");
    }
    for (name, value) in [("speed", json!(43)), ("satellites", json!(9)), ("heading", json!(132))] {
        assert_eq!(item["all_fields"][name][1]["value"], value, "{name}");
    }
}

/// Conforms to navixy 002, "Data Stream Analyzer event": two packets are never closer than the rate limit
#[test]
fn messages_of_one_period_come_in_one_packet() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let quiet = account.ngp("yard-unit-0008");
    let mut socket = Socket::open(&server);
    let target = json!({"type": "selected", "tracker_ids": [van.id, quiet.id]});
    subscribe_at(&mut socket, &account, &target, "2s");
    assert_eq!(socket.event("iot_monitor")["data"]["iot_last_values"].as_array().map(Vec::len), Some(2));
    let first = Instant::now();
    for s in 0..3_u16 {
        say(&server, &van.device_id, 10 + s, s.into(), &Value::Null);
    }
    let packet = socket.event("iot_monitor");
    let waited = first.elapsed();
    // The moment of the first packet was taken after it arrived: a little less than the limit can be seen here.
    assert!(waited >= Duration::from_millis(1_800), "the second packet came after {waited:?}");
    let items = packet["data"]["iot_last_values"].as_array().expect("items");
    assert_eq!((items.len(), &items[0]["tracker_id"]), (1, &json!(van.id)), "only who has said something");
    assert_eq!(speeds(&items[0]["all_fields"]["speed"]), [Some(12), Some(11), Some(10)]);
    socket.silent(&account.hash);
}

#[test]
fn eleven_trackers_are_one_too_many() {
    let server = Server::start();
    let account = Account::new(&server);
    let units: Vec<_> = (0..11).map(|n| account.ngp(&format!("yard-unit-{n:04}")).id).collect();
    let mut socket = Socket::open(&server);
    socket.send(&json!({"action": "subscribe", "hash": account.hash,
        "requests": [{"type": "iot_monitor", "target": {"type": "all"}}]}));
    let refused = socket.message();
    assert_eq!((&refused["type"], &refused["status"]["code"]), (&json!("error"), &json!(221)), "{refused}");
    let answer = subscribe(&mut socket, &account, &json!({"type": "selected", "tracker_ids": units[..10]}));
    assert_eq!(answer["success"], true);
    let packet = socket.event("iot_monitor");
    assert_eq!(packet["data"]["iot_last_values"].as_array().map(Vec::len), Some(10), "all in one packet");
}
