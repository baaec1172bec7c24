//! What every event message has in common.

use e2e::{Account, Server, Socket};
use serde_json::{Value, json};

/// The names of an object's members, sorted.
pub(crate) fn members(message: &Value) -> Vec<&str> {
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
/// Conforms to navixy 000, "Lifecycle event": has its type, the event's name, and data alone beside them
/// Conforms to navixy 001, "Lifecycle event": has its type, the event's name, and data alone beside them
/// Conforms to navixy 002, "Lifecycle event": has its type, the event's name, and data alone beside them
/// Conforms to navixy 000, "Logout event": has its type, the event's name, and a text as data
/// Conforms to navixy 001, "Logout event": has its type, the event's name, and a text as data
/// Conforms to navixy 002, "Logout event": has its type, the event's name, and a text as data
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

/// Conforms to navixy 002, "WebSocket Events": the event's name is one of those listed, and of the Data Stream Analyzer
/// Conforms to navixy 003, "Automatic subscriptions": any subscription brings logout events
/// Conforms to navixy 002, "Logout event": comes to a subscriber of any kind of event
/// Conforms to navixy 002, "Lifecycle event": comes once, whatever the number of subscriptions to the tracker
#[test]
fn a_subscription_to_everything_hears_every_kind_of_event() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let target = json!({"type": "selected", "tracker_ids": [van.id]});
    let kinds = ["state", "state_batch", "readings_batch", "iot_monitor"];
    for alone in kinds {
        let session = account.new_session();
        let mut socket = Socket::open(&server);
        let requests = json!([{"type": alone, "target": target}]);
        socket.send(&json!({"action": "subscribe", "hash": session, "requests": requests}));
        assert_eq!(socket.response("subscribe")["events"], json!([alone]));
        socket.event(alone);
        account.api.call("user/logout", &session, Value::Null).ok();
        socket.logout();
    }
    let mut socket = Socket::open(&server);
    let requests: Vec<Value> = kinds.iter().map(|kind| json!({"type": kind, "target": target})).collect();
    socket.send(&json!({"action": "subscribe", "hash": account.hash, "requests": requests}));
    assert_eq!(socket.response("subscribe")["events"], json!(kinds));
    let mut seen = kinds.map(|_| socket.message()["event"].as_str().expect("an event").to_owned());
    seen.sort();
    assert_eq!(seen, ["iot_monitor", "readings_batch", "state", "state_batch"]);
    account.block(&van, true);
    // One, whatever the number of subscriptions.
    socket.lifecycle(van.source_id, "block");
    account.call("user/logout", Value::Null).ok();
    socket.logout();
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
