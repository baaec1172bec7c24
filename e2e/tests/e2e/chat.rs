//! Messages to drivers and commands that wait, over the built program and across its death.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::{Account, HttpConnection, Random, Server, ServerOptions, eventually, poll};
use serde_json::{Value, json};

const SENDERS: usize = 3;
const ROUNDS: usize = 6;

/// Without limits that a test of many messages would meet.
fn roomy() -> ServerOptions {
    ServerOptions::default()
        .set("ODOGRAPH_LIMITS_USER_REQUESTS_PER_SECOND_MAX", "0")
        .set("ODOGRAPH_MESSAGES_UNDELIVERED_PER_DRIVER_MAX", "1000000")
        .set("ODOGRAPH_MESSAGES_PER_ANSWER_MAX", "1000000")
}

/// A phone's tracker.
fn phone(account: &Account) -> i64 {
    let body = json!({"label": "Ben", "group_id": 0, "model": "mobile_unknown_xgps", "plugin_id": 35});
    account.call("tracker/register", body).ok()["value"]["id"].as_i64().expect("an id")
}

fn list(account: &Account, phone: i64) -> Vec<Value> {
    account.call("tracker/chat/list", json!({"tracker_id": phone})).ok()["list"].as_array().cloned().expect("a list")
}

#[test]
fn messages_and_waiting_commands_outlive_the_server() {
    let mut server = Server::start();
    let mut account = Account::named(&server, "ann@example.test", "Asia/Kolkata");
    let phone = phone(&account);
    let van = account.ngp("yard-unit-0007").id;
    let send = json!({"tracker_id": phone, "message": "Where are you?\n\u{1F69A}"});
    let id = account.call("tracker/chat/send", send).ok()["id"].clone();
    for command in [json!({"command": "reboot"}), json!({"command": "00ff", "type": "hex"})] {
        let mut body = command;
        body["tracker_id"] = json!(van);
        account.call("tracker/raw_command/send", body).ok();
    }
    let before = list(&account, phone);
    assert_eq!((&before[0]["id"], &before[0]["update_time"]), (&id, &Value::Null));
    let updated = || json!({"trackers": [phone]});
    let last = account.call("tracker/chat/updated/list", updated()).ok()["value"].clone();
    assert_eq!(last[phone.to_string()], before[0]["submit_time"]);
    server.kill();
    server.start_again();
    account.api = server.api();
    assert_eq!(list(&account, phone), before);
    assert_eq!(account.call("tracker/chat/updated/list", updated()).ok()["value"], last);
    let count = || account.call("tracker/command/unconfirmed/count", json!({"tracker_id": van})).ok()["count"].clone();
    assert_eq!(count(), 2);
    account.call("tracker/command/unconfirmed/reset", json!({"tracker_id": van})).ok();
    assert_eq!(count(), 0);
}

#[test]
fn a_device_that_is_away_and_one_without_a_way_down_are_told_apart() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let set = || account.call("tracker/output/set", json!({"tracker_id": van.id, "output": 1, "enable": true})).error();
    let unreliable = json!({"tracker_id": van.id, "command": "x", "reliable": false});
    let at_once = || account.call("tracker/raw_command/send", unreliable.clone()).error();
    assert_eq!((set(), at_once()), ((213, 400), (213, 400)));
    let body = e2e::ngp_body(&van.device_id, &e2e::Report::default(), &json!({}));
    assert_eq!(e2e::ngp(server.device("ngp"), &body), 200);
    eventually("the device is there", || (set() == (214, 400)).then_some(()));
    assert_eq!(at_once(), (214, 400));
}

#[test]
fn a_command_that_waited_too_long_is_given_up() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_COMMANDS_LIFETIME_S", "2"));
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007").id;
    account.call("tracker/raw_command/send", json!({"tracker_id": van, "command": "x"})).ok();
    let count = || account.call("tracker/command/unconfirmed/count", json!({"tracker_id": van})).ok()["count"].clone();
    assert_eq!(count(), 1);
    eventually("nobody asked, and the command is gone", || (count() == 0).then_some(()));
}

#[test]
fn no_acknowledged_message_is_lost_or_doubled_by_kill_9() {
    let mut random = Random::from_environment("kill -9 between messages");
    let mut server = Server::with(roomy());
    let mut account = Account::new(&server);
    let phone = phone(&account);
    // Texts by the ids under which they were acknowledged.
    let mut acknowledged: HashMap<i64, String> = HashMap::new();
    for round in 0..ROUNDS {
        let count = AtomicUsize::new(0);
        let (count, hash, address) = (&count, &account.hash, server.http());
        std::thread::scope(|scope| {
            let start = |sender| scope.spawn(move || chatter(address, hash, phone, (round, sender), count));
            let senders: Vec<_> = (0..SENDERS).map(start).collect();
            let enough = 10 + usize::try_from(random.below(60)).expect("few");
            let moved = poll(e2e::DEADLINE, || (count.load(Ordering::Relaxed) >= enough).then_some(()));
            server.kill();
            assert!(moved.is_some(), "round {round}: only {} messages were taken", count.load(Ordering::Relaxed));
            for sender in senders {
                for (id, text) in sender.join().expect("a sender does not panic") {
                    assert_eq!(acknowledged.insert(id, text), None, "an id was given twice");
                }
            }
        });
        server.start_again();
        account.api = server.api();
    }
    let listed = list(&account, phone);
    let mut texts: HashMap<&str, i64> = HashMap::new();
    for message in &listed {
        let (id, text) = (message["id"].as_i64().expect("an id"), message["text"].as_str().expect("a text"));
        assert_eq!(texts.insert(text, id), None, "there twice: {text}");
    }
    for (id, text) in &acknowledged {
        assert_eq!(texts.get(text.as_str()), Some(id), "lost: {text}");
    }
    // Of each sender and round at most one was stored whose acknowledgement went down with the server.
    assert!(listed.len() <= acknowledged.len() + ROUNDS * SENDERS, "{} of {}", acknowledged.len(), listed.len());
    eprintln!("{} messages acknowledged, {} listed", acknowledged.len(), listed.len());
}

/// Sends one message after the other until the server is gone; what was acknowledged, with ids.
fn chatter(
    address: SocketAddr,
    hash: &str,
    phone: i64,
    (round, sender): (usize, usize),
    count: &AtomicUsize,
) -> Vec<(i64, String)> {
    let mut connection = HttpConnection::open(address);
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let text = format!("round {round}, sender {sender}, message {number}");
        let body = json!({"hash": hash, "tracker_id": phone, "message": text}).to_string();
        let request = format!(
            "POST /v2/tracker/chat/send HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if connection.send(request.as_bytes()).is_err() {
            break;
        }
        let Some(answer) = connection.try_answer() else { break };
        let reply: Value = serde_json::from_slice(&answer.body).expect("JSON");
        acknowledged.push((reply["id"].as_i64().unwrap_or_else(|| panic!("{reply}")), text));
        count.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}
