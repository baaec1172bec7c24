//! `state_batch`: many states in one message, no more often than asked.

use std::time::{Duration, Instant};

use e2e::{Account, Report, Server, Socket, ngp, ngp_body, same_zone_now};
use serde_json::{Value, json};

use crate::shapes::{compact_state, full_state};

const DEVICES: [&str; 3] = ["yard-unit-0001", "yard-unit-0002", "yard-unit-0003"];

fn report(server: &Server, device: &str, speed_kmh: u16) {
    assert_eq!(ngp(server.device("ngp"), &ngp_body(device, &Report::at_speed(speed_kmh), &Value::Null)), 200);
}

fn subscribe(socket: &mut Socket, hash: &str, target: Value, rate_limit: &str, format: &str) -> Value {
    let request = json!({"type": "state_batch", "target": target, "rate_limit": rate_limit, "format": format});
    socket.send(&json!({"action": "subscribe", "hash": hash, "requests": [request]}));
    let response = socket.response("subscribe");
    assert_eq!(response["events"], json!(["state_batch"]));
    assert_eq!(response["data"]["state_batch"]["success"], true, "{response}");
    response["data"]["state_batch"]["value"].clone()
}

fn sources(batch: &Value) -> Vec<i64> {
    let items = batch["data"].as_array().unwrap_or_else(|| panic!("a batch's data is an array: {batch}"));
    items.iter().map(|item| item["source_id"].as_i64().expect("a state")).collect()
}

/// Conforms to navixy 002, "State batch event": the states of all watched trackers come in one message right after the subscription
/// Conforms to navixy 002, "State batch event": data is an array of full states when no format is given
#[test]
fn the_first_batch_comes_at_once_and_holds_every_tracker() {
    let server = Server::start();
    let account = Account::new(&server);
    let trackers = DEVICES.map(|device| account.ngp(device));
    DEVICES.iter().for_each(|device| report(&server, device, 40));
    let mut socket = Socket::open(&server);
    // An hour between batches: what comes now is not waited for.
    let request = json!({"type": "state_batch", "target": {"type": "all"}, "rate_limit": "1h"});
    socket.send(&json!({"action": "subscribe", "hash": account.hash, "requests": [request]}));
    let map = socket.response("subscribe")["data"]["state_batch"]["value"].clone();
    assert_eq!(map.as_object().map(serde_json::Map::len), Some(3), "{map}");
    let batch = socket.event("state_batch");
    assert_eq!(sources(&batch), trackers.each_ref().map(|t| t.source_id));
    for state in batch["data"].as_array().expect("an array") {
        full_state(state, "UTC");
    }
    socket.silent(&account.hash);
}

/// Conforms to navixy 002, "State batch event": only trackers whose state changed are in a later batch
/// Conforms to navixy 002, "State batch event": two batches are never closer than the rate limit
#[test]
fn changes_of_one_period_come_in_one_batch() {
    let server = Server::start();
    let account = Account::new(&server);
    let trackers = DEVICES.map(|device| account.ngp(device));
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"type": "all"}), "1500ms", "full");
    assert_eq!(sources(&socket.event("state_batch")).len(), 3);
    let first = Instant::now();
    for speed_kmh in [10, 20, 30] {
        report(&server, DEVICES[2], speed_kmh);
        report(&server, DEVICES[0], speed_kmh);
    }
    let batch = socket.event("state_batch");
    let waited = first.elapsed();
    // The moment of the first batch was taken after it arrived: a little less than the limit can be seen here.
    assert!(waited >= Duration::from_millis(1_300), "the second batch came after {waited:?}");
    assert_eq!(sources(&batch), [trackers[2].source_id, trackers[0].source_id], "in the order of first change");
    for state in batch["data"].as_array().expect("an array") {
        assert_eq!(state["gps"]["speed"], 30, "the newest state of each");
    }
    socket.silent(&account.hash);
}

/// Conforms to navixy 002, "State batch event": data is an array of compact states when the format asks for it
/// Conforms to navixy 002, "Compact source state": a compact state has these fields and no others
#[test]
fn a_batch_can_be_compact() {
    let server = Server::start();
    let account = Account::new(&server);
    account.ngp(DEVICES[0]);
    report(&server, DEVICES[0], 55);
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"type": "all"}), "100ms", "compact");
    let batch = socket.event("state_batch");
    let state = &batch["data"][0];
    compact_state(state, "UTC");
    assert_eq!((&state["gps"]["speed"], &state["movement_status"]), (&json!(55), &json!("moving")));
    report(&server, DEVICES[0], 56);
    compact_state(&socket.event("state_batch")["data"][0], "UTC");
}

/// Conforms to navixy 002, "State batch event": user_time is the present time in the user's zone
/// Conforms to navixy 002, "WebSocket Events": a batch says that it is an event, which event, and has data
/// Conforms to navixy 002, "State batch event": names its type and event, and has user_time and data
#[test]
fn a_batch_says_what_time_it_is_for_the_user() {
    let server = Server::start();
    let account = Account::named(&server, "kathmandu@example.test", "Asia/Kathmandu");
    account.ngp(DEVICES[0]);
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"type": "all"}), "1s", "full");
    let batch = socket.message();
    assert_eq!((&batch["type"], &batch["event"]), (&json!("event"), &json!("state_batch")));
    assert!(same_zone_now(batch["user_time"].as_str().expect("text"), "Asia/Kathmandu"), "{batch}");
    let mut members: Vec<&String> = batch.as_object().expect("an object").keys().collect();
    members.sort();
    assert_eq!(members, ["data", "event", "type", "user_time"]);
}

/// Conforms to navixy 002, "State batch event": items name the source, which is not the tracker
#[test]
fn items_name_sources_and_requests_trackers() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = account.ngp(DEVICES[0]);
    assert_ne!(tracker.id, tracker.source_id);
    let mut socket = Socket::open(&server);
    let by_source = json!({"type": "selected", "tracker_ids": [tracker.source_id]});
    let map = subscribe(&mut socket, &account.hash, by_source, "1s", "full");
    assert_eq!(map, json!({tracker.source_id.to_string(): "unknown"}));
    let by_tracker = json!({"type": "selected", "tracker_ids": [tracker.id]});
    let map = subscribe(&mut socket, &account.hash, by_tracker, "1s", "full");
    assert_eq!(map, json!({tracker.id.to_string(): "normal"}));
    assert_eq!(sources(&socket.event("state_batch")), [tracker.source_id]);
}

/// Conforms to navixy 002, "State batch event": nothing of a blocked tracker is in a batch
/// Conforms to navixy 002, "Lifecycle event": comes to those who subscribed to state_batch only
#[test]
fn a_blocked_tracker_is_in_no_batch_until_it_is_unblocked() {
    let server = Server::start();
    let account = Account::new(&server);
    let (van, other) = (account.ngp(DEVICES[0]), account.ngp(DEVICES[1]));
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"type": "all"}), "100ms", "full");
    assert_eq!(sources(&socket.event("state_batch")), [van.source_id, other.source_id]);
    account.block(&van, true);
    socket.lifecycle(van.source_id, "block");
    report(&server, DEVICES[0], 61);
    report(&server, DEVICES[1], 62);
    assert_eq!(sources(&socket.event("state_batch")), [other.source_id]);
    account.block(&van, false);
    socket.lifecycle(van.source_id, "unblock");
    let batch = socket.event("state_batch");
    assert_eq!((sources(&batch), &batch["data"][0]["gps"]["speed"]), (vec![van.source_id], &json!(61)));
}

/// Conforms to navixy 002, "State batch event": one tracker may be watched by state and state_batch at a time
#[test]
fn states_and_batches_of_one_tracker_go_side_by_side() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp(DEVICES[0]);
    let mut socket = Socket::open(&server);
    let target = json!({"type": "selected", "tracker_ids": [van.id]});
    let requests = json!([{"type": "state", "trackers": [van.id]},
        {"type": "state_batch", "target": target, "rate_limit": "100ms"}]);
    socket.send(&json!({"action": "subscribe", "hash": account.hash, "requests": requests}));
    assert_eq!(socket.response("subscribe")["events"], json!(["state", "state_batch"]));
    let mut events = [socket.message(), socket.message()].map(|m| m["event"].as_str().expect("an event").to_owned());
    events.sort();
    assert_eq!(events, ["state", "state_batch"]);
    report(&server, DEVICES[0], 70);
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let message = socket.message();
        let state = if message["event"] == "state" { &message["data"] } else { &message["data"][0] };
        assert_eq!(state["gps"]["speed"], 70);
        seen.push(message["event"].as_str().expect("an event").to_owned());
    }
    seen.sort();
    assert_eq!(seen, ["state", "state_batch"]);
}
