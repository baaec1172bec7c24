//! The driver's socket: what an app is told, what it sends, and what neither may lose.

use e2e::{Account, Phone, Server};
use serde_json::{Value, json};

/// A phone's tracker, whose driver can be written to.
fn tracker(account: &Account) -> i64 {
    let body = json!({"label": "Ben", "group_id": 0, "model": "mobile_unknown_xgps", "plugin_id": 35});
    account.call("tracker/register", body).ok()["value"]["id"].as_i64().expect("an id")
}

fn send(account: &Account, tracker: i64, text: &str) -> Value {
    account.call("tracker/chat/send", json!({"tracker_id": tracker, "message": text})).ok()["id"].clone()
}

/// Texts of the conversation, oldest first.
fn chat(account: &Account, tracker: i64) -> Vec<Value> {
    let listed = account.call("tracker/chat/list", json!({"tracker_id": tracker})).ok()["list"].clone();
    listed.as_array().cloned().expect("a list")
}

fn texts(account: &Account, tracker: i64) -> Vec<String> {
    chat(account, tracker).iter().map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_phone_is_paired_told_and_heard() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    let waiting = send(&account, tracker, "Please call the depot");
    let mut socket = phone.connect(&server);
    let welcome = socket.next("welcome");
    assert_eq!(welcome["tracker"], json!({"id": tracker, "label": "Ben"}));
    assert_eq!((&welcome["driver"], &welcome["shares_position"]), (&Value::Null, &json!(true)));
    assert_eq!((&welcome["texts"], &welcome["forms"], &welcome["services"]), (&json!([]), &json!([]), &json!([])));
    let message = socket.next("message");
    assert_eq!((&message["id"], &message["text"]), (&waiting, &json!("Please call the depot")));
    assert_eq!(message["from"], "Test User");
    socket.confirm("got", &waiting);
    // Told at once while it is there.
    let second = send(&account, tracker, "And hurry");
    assert_eq!(socket.next("message")["id"], second);
    socket.confirm("read", &second);
    socket.send_event("a-1", &json!({"type": "text", "text": "On my way"}));
    socket.ok("a-1");
    assert_eq!(texts(&account, tracker), ["Please call the depot", "And hurry", "On my way"]);
    socket.silent();
}
