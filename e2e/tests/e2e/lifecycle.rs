//! Blocking, unblocking and removing, as a subscriber sees them.

use e2e::{Account, Report, Server, Socket, ngp, ngp_body};
use serde_json::{Value, json};

/// Conforms to navixy 000, "State event": nothing comes while the tracker is blocked
/// Conforms to navixy 001, "State event": nothing comes while the tracker is blocked
/// Conforms to navixy 002, "State event": nothing comes while the tracker is blocked
/// Conforms to navixy 000, "State event": comes right after the unblocking
/// Conforms to navixy 001, "State event": comes right after the unblocking
/// Conforms to navixy 002, "State event": comes right after the unblocking
/// Conforms to navixy 000, "Lifecycle event": block: the tracker was blocked
/// Conforms to navixy 001, "Lifecycle event": block: the tracker was blocked
/// Conforms to navixy 002, "Lifecycle event": block: the tracker was blocked
/// Conforms to navixy 000, "Lifecycle event": unblock: the tracker was unblocked
/// Conforms to navixy 001, "Lifecycle event": unblock: the tracker was unblocked
/// Conforms to navixy 002, "Lifecycle event": unblock: the tracker was unblocked
/// Conforms to navixy 000, "Lifecycle event": data names the source and what happened
/// Conforms to navixy 001, "Lifecycle event": data names the source and what happened
/// Conforms to navixy 002, "Lifecycle event": data names the source and what happened
/// Conforms to navixy 003, "Automatic subscriptions": a subscription to states brings lifecycle events
#[test]
fn a_blocked_tracker_is_silent_until_it_is_unblocked() {
    let server = Server::start();
    let account = Account::new(&server);
    let (van, other) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id, other.id]);
    socket.state_of(van.source_id);
    socket.state_of(other.source_id);

    account.block(&van, true);
    socket.lifecycle(van.source_id, "block");
    let reply = account.call("tracker/get_state", json!({"tracker_id": van.id}));
    assert_eq!(reply.error(), (208, 403));
    let address = server.device("ngp");
    assert_eq!(ngp(address, &ngp_body("yard-unit-0007", &Report::at_speed(61), &Value::Null)), 200);
    ngp(address, &ngp_body("yard-unit-0008", &Report::at_speed(62), &Value::Null));
    assert_eq!(socket.state_of(other.source_id)["gps"]["speed"], 62, "nothing of the blocked one before it");

    account.block(&van, false);
    socket.lifecycle(van.source_id, "unblock");
    assert_eq!(socket.state_of(van.source_id)["gps"]["speed"], 61, "what it sent meanwhile is its state now");
    socket.silent(&account.hash);
}

#[test]
fn blocking_twice_is_one_event() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    socket.state_of(van.source_id);
    // A second subscription of the same tracker by another session of the same user.
    let second = account.new_session();
    socket.subscribe(&second, &[van.id]);
    socket.state_of(van.source_id);

    account.block(&van, true);
    account.block(&van, true);
    socket.lifecycle(van.source_id, "block");
    socket.silent(&account.hash);
}

/// Conforms to navixy 003, "Subscribe Action: Response": a blocked tracker is told as blocked, and no state of it comes
/// Conforms to navixy 003, "Subscribe Action: Response": lifecycle events of a blocked tracker come, and its state after the unblocking
#[test]
fn subscribing_to_a_blocked_tracker_waits_for_the_unblocking() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    account.block(&van, true);
    let mut socket = Socket::open(&server);
    assert_eq!(socket.subscribe(&account.hash, &[van.id]), json!({van.id.to_string(): "blocked"}));
    socket.silent(&account.hash);
    account.block(&van, false);
    socket.lifecycle(van.source_id, "unblock");
    socket.state_of(van.source_id);
}

/// Conforms to navixy 000, "Lifecycle event": corrupt: the tracker was removed
/// Conforms to navixy 001, "Lifecycle event": corrupt: the tracker was removed
/// Conforms to navixy 002, "Lifecycle event": corrupt: the tracker was removed
#[test]
fn a_removed_tracker_says_corrupt_and_nothing_more() {
    let server = Server::start();
    let account = Account::new(&server);
    let (van, other) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id, other.id]);
    socket.state_of(van.source_id);
    socket.state_of(other.source_id);

    account.panel("tracker/corrupt", json!({"tracker_id": van.id})).ok();
    socket.lifecycle(van.source_id, "corrupt");
    let address = server.device("ngp");
    assert_eq!(
        ngp(address, &ngp_body("yard-unit-0007", &Report::default(), &Value::Null)),
        403,
        "no longer registered"
    );
    ngp(address, &ngp_body("yard-unit-0008", &Report::default(), &Value::Null));
    socket.state_of(other.source_id);
    assert_eq!(socket.subscribe(&account.hash, &[van.id]), json!({van.id.to_string(): "unknown"}));
}

#[test]
fn a_tracker_hidden_in_the_panel_comes_back_to_those_who_watch_all() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.send(&json!({"action": "subscribe", "hash": account.hash,
        "requests": [{"type": "state", "target": {"type": "all"}}]}));
    socket.response("subscribe");
    socket.state_of(van.source_id);

    account.panel("tracker/settings/update", json!({"tracker_id": van.id, "deleted": true})).ok();
    socket.lifecycle(van.source_id, "corrupt");
    assert_eq!(account.call("tracker/list", Value::Null).ok()["list"], json!([]));
    account.panel("tracker/settings/update", json!({"tracker_id": van.id, "deleted": false})).ok();
    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::at_speed(33), &Value::Null));
    socket.until("the restored tracker's report", |message| message["data"]["gps"]["speed"] == 33);
}

/// Conforms to navixy 002, "Lifecycle event": comes only to who is subscribed to the tracker
/// Conforms to navixy 000, "Lifecycle event": comes only to who is subscribed to the tracker
/// Conforms to navixy 001, "Lifecycle event": comes only to who is subscribed to the tracker
#[test]
fn unsubscribed_trackers_send_no_lifecycle() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    socket.state_of(van.source_id);
    socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "events": ["state"], "trackers": [van.id]}));
    socket.response("unsubscribe");
    account.block(&van, true);
    socket.silent(&account.hash);
}

#[test]
fn no_state_lies_between_block_and_unblock_however_fast_they_follow() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika("350000000000014");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    socket.state_of(van.source_id);

    let address = server.device("teltonika");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut tracker = e2e::Tracker::online(address, "350000000000014");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                tracker.report(&Report::default());
            }
        });
        for _ in 0..20 {
            account.block(&van, true);
            account.block(&van, false);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let mut blocked = false;
    let mut unblocked = 0;
    while unblocked < 20 {
        let message = socket.message();
        match (message["event"].as_str(), message["data"]["lifecycle_event"].as_str()) {
            (Some("lifecycle"), Some("block")) => blocked = true,
            (Some("lifecycle"), Some("unblock")) => {
                assert!(blocked, "an unblock follows its block");
                blocked = false;
                unblocked += 1;
            }
            (Some("state"), None) => assert!(!blocked, "a state of a blocked tracker: {message}"),
            _ => panic!("unexpected: {message}"),
        }
    }
    socket.until("the state after the last unblocking", |message| message["event"] == "state");
}
