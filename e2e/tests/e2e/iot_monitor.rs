//! The last messages of trackers, over a socket.

use e2e::{Account, Report, Server, Socket, ngp, ngp_body};
use serde_json::{Value, json};

/// Posts a message at a second after noon, with more members.
fn say(server: &Server, device: &str, speed_kmh: u16, s: i64, more: &Value) {
    let report = Report { time_ms: e2e::now_ms() - 60_000 + s * 1_000, ..Report::at_speed(speed_kmh) };
    assert_eq!(ngp(server.device("ngp"), &ngp_body(device, &report, more)), 200);
}

fn subscribe(socket: &mut Socket, account: &Account, target: &Value) -> Value {
    socket.send(&json!({"action": "subscribe", "hash": account.hash,
        "requests": [{"type": "iot_monitor", "target": target, "rate_limit": "100ms"}]}));
    socket.response("subscribe")["data"]["iot_monitor"].clone()
}

fn speeds(queue: &Value) -> Vec<Option<i64>> {
    queue.as_array().expect("a queue").iter().map(|entry| entry["value"].as_i64()).collect()
}

/// Conforms to navixy 002, "Data Stream Analyzer event": comes right after the subscription
/// Conforms to navixy 002, "Data Stream Analyzer event": comes when the last values were updated
/// Conforms to navixy 002, "Data Stream Analyzer event": one queue without gaps, and one that has null where a message lacked the attribute
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
/// Conforms to navixy 002, "Lifecycle event": comes for trackers with states or readings
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
