//! What every event message has in common.

use e2e::{Account, Server, Socket};
use serde_json::{Value, json};

fn members(message: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = message.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Conforms to navixy 000, "WebSocket Events": every event message has its type, the event's name, and data
/// Conforms to navixy 001, "WebSocket Events": every event message has its type, the event's name, and data
/// Conforms to navixy 002, "WebSocket Events": every event message has its type, the event's name, and data
/// Conforms to navixy 000, "State event": has user_time beside type, event and data
/// Conforms to navixy 001, "State event": has user_time beside type, event and data
/// Conforms to navixy 002, "State event": has user_time beside type, event and data
#[test]
fn every_event_message_has_a_type_an_event_and_data() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    let state = socket.event("state");
    assert_eq!(members(&state), ["data", "event", "type", "user_time"]);
    assert!(state["data"].is_object(), "{state}");
    account.block(&van, true);
    let lifecycle = socket.event("lifecycle");
    assert_eq!(members(&lifecycle), ["data", "event", "type"]);
    assert_eq!(members(&lifecycle["data"]), ["lifecycle_event", "source_id"]);
    account.call("user/logout", Value::Null).ok();
    let logout = socket.event("logout");
    assert_eq!(members(&logout), ["data", "event", "type"]);
    assert!(logout["data"].is_string(), "{logout}");
}

/// Conforms to navixy 000, "State event": names the source, which is not the tracker
/// Conforms to navixy 001, "State event": names the source, which is not the tracker
/// Conforms to navixy 002, "State event": names the source, which is not the tracker
#[test]
fn states_name_sources_and_requests_trackers() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    let map = socket.subscribe(&account.hash, &[van.source_id]);
    assert_eq!(map, json!({van.source_id.to_string(): "unknown"}), "a source's number is no tracker's");
    socket.subscribe(&account.hash, &[van.id]);
    assert_eq!(socket.event("state")["data"]["source_id"], van.source_id);
    let list = account.call("tracker/list", Value::Null).ok();
    assert_eq!((&list["list"][0]["id"], &list["list"][0]["source"]["id"]), (&json!(van.id), &json!(van.source_id)));
}
