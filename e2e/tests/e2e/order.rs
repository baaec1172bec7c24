//! What order a connection may rely on, while reports keep coming in.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use e2e::{Account, Report, Server, Socket, Tracker};
use serde_json::{Value, json};

const IMEI: &str = "350000000000014";

/// Runs `test` while a unit reports without pause, each report a little further north.
fn while_driving<T>(address: SocketAddr, test: impl FnOnce() -> T) -> T {
    /// Stops the unit even when the test fails.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut tracker = Tracker::online(address, IMEI);
            let start_ms = e2e::now_ms() - 600_000;
            for index in 0..600_000_i32 {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let report = Report {
                    time_ms: start_ms + i64::from(index),
                    latitude: 10.0 + f64::from(index) / 1e6,
                    ..Report::default()
                };
                let stored = tracker
                    .try_upload(e2e::teltonika::Codec::EightExtended, &[e2e::teltonika::record(&report, Vec::new())]);
                if stored.is_err() {
                    // Removed in the middle of the drive: the server has closed.
                    break;
                }
            }
        });
        let _stop = Stop(&stop);
        test()
    })
}

fn latitude(state: &Value) -> f64 {
    state["data"]["gps"]["location"]["lat"].as_f64().expect("degrees")
}

#[test]
fn responses_come_in_the_order_of_the_messages() {
    let server = Server::start();
    let account = Account::new(&server);
    let mut socket = Socket::open(&server);
    for id in 0..40 {
        socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "events": ["state"], "trackers": [id]}));
    }
    for id in 0..40 {
        assert_eq!(socket.response("unsubscribe")["data"], json!([id]));
    }
}

#[test]
fn the_first_states_follow_the_order_of_the_request() {
    let server = Server::start();
    let account = Account::new(&server);
    let trackers: Vec<_> = (0..6).map(|index| account.ngp(&format!("yard-unit-000{index}"))).collect();
    let mut socket = Socket::open(&server);
    let order = [4, 0, 5, 2, 1, 3];
    let ids: Vec<i64> = order.iter().map(|index| trackers[*index].id).collect();
    socket.subscribe(&account.hash, &ids);
    for index in order {
        socket.state_of(trackers[index].source_id);
    }
    socket.silent(&account.hash);
}

/// Conforms to navixy 003, "The 'state' event subscription": states of a tracker never go back in time
#[test]
fn a_response_comes_before_its_states_and_states_never_go_back_in_time() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    while_driving(server.device("teltonika"), || {
        let mut socket = Socket::open(&server);
        let subscribe = json!({"action": "subscribe", "hash": account.hash, "events": ["state"], "trackers": [van.id]});
        socket.send(&subscribe);
        socket.response("subscribe");
        let mut newest = latitude(&socket.event("state"));
        for _ in 0..20 {
            socket.send(&subscribe);
            let (before, _) = socket.until("the response", |message| message["type"] == "response");
            let after = socket.event("state");
            for state in before.iter().chain([&after]) {
                assert_eq!(state["event"], "state", "{state}");
                let this = latitude(state);
                assert!(this >= newest, "from {newest} back to {this}");
                newest = this;
            }
        }
        // Unsubscribed, nothing of it follows the response.
        socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "events": ["state"], "trackers": [van.id]}));
        socket.until("the response", |message| message["action"] == "subscription/unsubscribe");
        socket.silent(&account.hash);
    });
}

#[test]
fn corrupt_is_the_last_message_about_a_source() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    while_driving(server.device("teltonika"), || {
        let mut socket = Socket::open(&server);
        socket.subscribe(&account.hash, &[van.id]);
        for _ in 0..20 {
            socket.state_of(van.source_id);
        }
        account.panel("tracker/corrupt", json!({"tracker_id": van.id})).ok();
        let (before, corrupt) = socket.until("the removal", |message| message["event"] == "lifecycle");
        assert!(before.iter().all(|message| message["event"] == "state"), "{before:?}");
        assert_eq!(corrupt["data"], json!({"source_id": van.source_id, "lifecycle_event": "corrupt"}));
        socket.silent(&account.hash);
    });
}

#[test]
fn logout_is_the_last_message_of_its_session() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let session = account.new_session();
    while_driving(server.device("teltonika"), || {
        let mut socket = Socket::open(&server);
        socket.subscribe(&session, &[van.id]);
        for _ in 0..20 {
            socket.state_of(van.source_id);
        }
        account.api.call("user/logout", &session, Value::Null).ok();
        socket.until("the logout", |message| message["event"] == "logout");
        socket.silent(&account.hash);
    });
}

/// Conforms to navixy 000, "State event": a state has the fields of the sample, in its order
/// Conforms to navixy 001, "State event": a state has the fields of the sample, in its order
/// Conforms to navixy 002, "State event": a state has the fields of the sample, in its order
#[test]
fn fields_of_a_state_are_written_in_the_documents_order() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    let elements = vec![e2e::teltonika::Element::u8(239, 1), e2e::teltonika::Element::u8(113, 88)];
    tracker.upload(&[e2e::teltonika::record(&Report::default(), elements)]);
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    let text = socket.text();
    let fields = [
        "type",
        "event",
        "user_time",
        "data",
        "source_id",
        "gps",
        "updated",
        "signal_level",
        "location",
        "lat",
        "lng",
        "heading",
        "speed",
        "alt",
        "connection_status",
        "movement_status",
        "movement_status_update",
        "ignition",
        "ignition_update",
        "gsm",
        "last_update",
        "battery_level",
        "battery_update",
        "inputs",
        "inputs_update",
        "outputs",
        "outputs_update",
        "actual_track_update",
    ];
    let mut from = 0;
    for field in fields {
        let name = format!("\"{field}\":");
        let place = text[from..].find(&name).unwrap_or_else(|| panic!("{field} is missing or too early: {text}"));
        from += place + name.len();
    }
}
