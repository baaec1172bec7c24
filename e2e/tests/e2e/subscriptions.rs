//! What several subscriptions of one connection come to, in both editions' words.

use e2e::{Account, RegisteredTracker, Report, Server, ServerOptions, Socket, ngp, ngp_body};
use serde_json::{Value, json};

/// A server, its user with three trackers, and a connection.
struct Bench {
    server: Server,
    account: Account,
    trackers: [RegisteredTracker; 3],
    socket: Socket,
}

fn bench() -> Bench {
    let server = Server::with(ServerOptions::default());
    let account = Account::new(&server);
    let trackers = ["yard-unit-0001", "yard-unit-0002", "yard-unit-0003"].map(|device| account.ngp(device));
    let socket = Socket::open(&server);
    Bench { server, account, trackers, socket }
}

fn selected(trackers: &[&RegisteredTracker]) -> Value {
    let ids: Vec<i64> = trackers.iter().map(|tracker| tracker.id).collect();
    json!({"type": "selected", "tracker_ids": ids})
}

fn all() -> Value {
    json!({"type": "all"})
}

fn normal(trackers: &[&RegisteredTracker]) -> Value {
    trackers.iter().map(|tracker| (tracker.id.to_string(), json!("normal"))).collect::<serde_json::Map<_, _>>().into()
}

impl Bench {
    /// Asks for something in the current words; gives the status map.
    #[track_caller]
    fn ask(&mut self, action: &str, request: Value) -> Value {
        let event = request["type"].clone();
        self.socket.send(&json!({"action": action, "hash": self.account.hash, "requests": [request]}));
        let response = self.socket.response(action);
        assert_eq!(response["events"], json!([event]));
        let answer = &response["data"][event.as_str().expect("a name")];
        assert_eq!(answer["success"], true, "{response}");
        answer["value"].clone()
    }

    fn report(&self, tracker: &RegisteredTracker, speed_kmh: u16) {
        let body = ngp_body(&tracker.device_id, &Report::at_speed(speed_kmh), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
    }

    /// All trackers report; these states come of it, and nothing else.
    #[track_caller]
    fn hears(&mut self, watched: &[&RegisteredTracker], speed_kmh: u16) {
        for tracker in &self.trackers {
            self.report(tracker, speed_kmh);
        }
        for tracker in watched {
            assert_eq!(self.socket.state_of(tracker.source_id)["gps"]["speed"], speed_kmh);
        }
        self.socket.silent(&self.account.hash);
    }

    /// The next message is a batch of these.
    #[track_caller]
    fn batch_of(&mut self, watched: &[&RegisteredTracker]) -> Value {
        let batch = self.socket.event("state_batch");
        let items = batch["data"].as_array().expect("an array");
        let sources: Vec<_> = items.iter().map(|item| item["source_id"].as_i64()).collect();
        let expected: Vec<_> = watched.iter().map(|tracker| Some(tracker.source_id)).collect();
        assert_eq!(sources, expected, "{batch}");
        batch
    }
}

#[test]
fn later_subscriptions_add_to_earlier_ones() {
    let mut bench = bench();
    let [a, b, c] = bench.trackers.clone();
    for tracker in [&a, &b] {
        assert_eq!(bench.ask("subscribe", json!({"type": "state", "trackers": [tracker.id]})), normal(&[tracker]));
        bench.socket.state_of(tracker.source_id);
    }
    bench.hears(&[&a, &b], 10);
    // The same in the other edition's words: it is one subscription.
    bench.socket.subscribe(&bench.account.hash, &[c.id]);
    bench.socket.state_of(c.source_id);
    bench.hears(&[&a, &b, &c], 11);
    assert_eq!(bench.ask("unsubscribe", json!({"type": "state", "trackers": [a.id, c.id]})), normal(&[&a, &c]));
    bench.hears(&[&b], 12);
}

#[test]
fn batches_add_up_too() {
    let mut bench = bench();
    let [a, b, c] = bench.trackers.clone();
    for tracker in [&b, &a] {
        let request = json!({"type": "state_batch", "target": selected(&[tracker]), "rate_limit": "100ms"});
        assert_eq!(bench.ask("subscribe", request), normal(&[tracker]));
        bench.batch_of(&[tracker]);
    }
    bench.report(&c, 30);
    bench.report(&b, 31);
    assert_eq!(bench.batch_of(&[&b])["data"][0]["gps"]["speed"], 31);
    bench.report(&a, 32);
    bench.batch_of(&[&a]);
}

#[test]
fn exceptions_from_all_hold_until_they_are_asked_for_again() {
    let mut bench = bench();
    let [a, b, c] = bench.trackers.clone();
    bench.ask("subscribe", json!({"type": "state", "target": all()}));
    for tracker in [&a, &b, &c] {
        bench.socket.state_of(tracker.source_id);
    }
    assert_eq!(bench.ask("unsubscribe", json!({"type": "state", "target": selected(&[&b])})), normal(&[&b]));
    bench.hears(&[&a, &c], 10);
    // One that is registered later still joins.
    let late = bench.account.ngp("yard-unit-0004");
    bench.report(&late, 11);
    let source = late.source_id;
    bench.socket.until("the new tracker's report", |message| {
        assert_eq!(message["data"]["source_id"], source, "{message}");
        message["data"]["gps"]["speed"] == 11
    });
    bench.ask("subscribe", json!({"type": "state", "target": selected(&[&b])}));
    bench.socket.state_of(b.source_id);
    bench.hears(&[&a, &b, &c], 12);
    let map = bench.ask("unsubscribe", json!({"type": "state", "target": all()}));
    assert_eq!(map, normal(&[&a, &b, &c, &late]), "those that were watched");
    bench.hears(&[], 13);
}

#[test]
fn all_of_one_type_is_not_all_of_another() {
    let mut bench = bench();
    let [a, b, c] = bench.trackers.clone();
    bench.ask("subscribe", json!({"type": "state_batch", "target": all(), "rate_limit": "1h"}));
    bench.batch_of(&[&a, &b, &c]);
    bench.ask("subscribe", json!({"type": "state", "trackers": [b.id]}));
    bench.socket.state_of(b.source_id);
    bench.hears(&[&b], 10);
    bench.ask("unsubscribe", json!({"type": "state", "target": all()}));
    bench.hears(&[], 11);
    // The other type goes on: its lifecycle events do, and its next packet comes with a new limit.
    bench.account.block(&c, true);
    bench.socket.lifecycle(c.source_id, "block");
    let request = json!({"type": "state_batch", "target": selected(&[&a]), "rate_limit": "100ms"});
    bench.ask("subscribe", request);
    bench.batch_of(&[&a, &b]);
}

#[test]
fn what_is_asked_for_again_comes_again_and_only_that() {
    let mut bench = bench();
    let [a, b, _] = bench.trackers.clone();
    bench.ask("subscribe", json!({"type": "state", "trackers": [a.id, b.id]}));
    bench.socket.state_of(a.source_id);
    bench.socket.state_of(b.source_id);
    bench.ask("subscribe", json!({"type": "state", "trackers": [b.id, b.id, b.id]}));
    bench.socket.state_of(b.source_id);
    bench.hears(&[&a, &b], 10);
}

#[test]
fn what_was_never_subscribed_can_be_taken_away_in_both_forms() {
    let mut bench = bench();
    let [a, ..] = bench.trackers.clone();
    let hash = bench.account.hash.clone();
    bench.socket.send(&json!({"action": "unsubscribe", "hash": hash, "events": ["state"], "trackers": [a.id, 7]}));
    assert_eq!(bench.socket.response("unsubscribe")["data"], json!([a.id, 7]), "the ids of the request");
    let target = json!({"type": "selected", "tracker_ids": [a.id, 7]});
    let map = bench.ask("unsubscribe", json!({"type": "state_batch", "target": target}));
    assert_eq!(map, json!({a.id.to_string(): "normal", "7": "unknown"}));
    assert_eq!(bench.ask("unsubscribe", json!({"type": "readings_batch", "target": all()})), json!({}));
}

#[test]
fn lifecycle_goes_with_the_last_subscription_of_the_tracker() {
    let mut bench = bench();
    let [a, ..] = bench.trackers.clone();
    for event in ["state", "state_batch", "readings_batch"] {
        bench.ask("subscribe", json!({"type": event, "target": selected(&[&a]), "rate_limit": "1h"}));
        bench.socket.event(event);
    }
    for (event, blocked) in [("state", true), ("state_batch", false)] {
        bench.ask("unsubscribe", json!({"type": event, "target": selected(&[&a])}));
        bench.account.block(&a, blocked);
        bench.socket.lifecycle(a.source_id, if blocked { "block" } else { "unblock" });
        // What an unblocking releases waits for the limit.
        bench.socket.silent(&bench.account.hash);
    }
    bench.ask("unsubscribe", json!({"type": "readings_batch", "target": selected(&[&a])}));
    bench.account.block(&a, true);
    bench.socket.silent(&bench.account.hash);
}

/// Conforms to navixy 002, "State event": a hundred trackers can be watched one by one
#[test]
fn a_hundred_trackers_send_their_states() {
    let mut bench = bench();
    let more: Vec<_> = (3..100).map(|n| bench.account.ngp(&format!("more-unit-{n:04}"))).collect();
    let trackers: Vec<&RegisteredTracker> = bench.trackers.iter().chain(&more).collect();
    let ids: Vec<i64> = trackers.iter().map(|tracker| tracker.id).collect();
    let map = bench.socket.subscribe_current(&bench.account.hash, &ids, "full");
    assert_eq!(map, normal(&trackers));
    for tracker in trackers {
        bench.socket.state_of(tracker.source_id);
    }
}
