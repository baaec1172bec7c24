//! Commands to devices and texts to drivers, and what becomes of them.

use std::sync::Arc;

use dispatch::MessageStatus;
use model::{Command, CommandReply, Levels, MessageId, Order, Push};
use serde_json::{Value, json};
use trackit::errors::NotSent;

use crate::stage::{Stage, Strings};

const ANN: &str = "ann@example.com";

fn command(id: &str, uid: u32, cmd: &str, cr: bool) -> String {
    json!({"type": "api", "query": {"id": id, "uid": uid, "cmd": cmd, "CR": cr}}).to_string()
}

fn status(uid: u32, id: &str) -> Value {
    json!({"uid": uid, "params": {"type": "cmd-status", "id": id, "status": true}})
}

fn not_sent(uid: u32, id: &str, why: &str) -> Value {
    json!({"uid": uid, "params": {"type": "cmd-status", "id": id, "status": false, "error": why}})
}

fn write(strings: Strings) -> tokio::sync::oneshot::Sender<CommandReply> {
    strings.written.send(Ok(())).expect("somebody waits");
    strings.reply
}

#[tokio::test]
async fn levels_do_not_overtake_the_word_that_the_device_was_asked() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let strings = stage.devices.expect();
    let mut client = stage.authorized().await;
    assert_eq!(client.say(&command("a", van.0, "getio", false)), Vec::<Value>::new());
    let levels = Levels { at: stage.now(), lines: vec![(1, 0.0), (9, 12.5)] };
    stage.push(source, Push::Levels(Arc::new(levels)));
    stage.push(source, Push::Device { up: true });
    assert_eq!(client.due()[0]["params"]["type"], "connection", "nothing else waits");
    write(strings);
    let told = client.next(2).await;
    assert_eq!(told[0], status(van.0, "a"));
    let tmx = "2022-04-02T10:00:00.000Z";
    let lines = json!({
        "1": {"tio": 1, "tlv": 0, "hid": null, "tmx": tmx},
        "9": {"tio": 9, "tlv": 12.5, "hid": null, "tmx": tmx},
    });
    assert_eq!(told[1]["params"], json!({"type": "cmd-parsed", "sub-type": "getio", "cmd": lines}));
    assert_eq!(stage.devices.told(), [Order::ReadLevels]);
}

#[tokio::test]
async fn a_command_that_cannot_be_sent_says_why() {
    let stage = Stage::new().await;
    let bob = stage.user("bob@example.com").await;
    let theirs = stage.register("bob@example.com").await;
    assert_ne!(bob, stage.ann);
    let van = stage.trackers(ANN).await[0];
    let mut client = stage.authorized().await;
    for uid in [theirs.0, 9_999] {
        assert_eq!(client.say(&command("a", uid, "getio", false)), [not_sent(uid, "a", "unknown")]);
    }
    assert_eq!(client.say(&command("b", van.0, "getver", false)), [not_sent(van.0, "b", "not permitted")]);
    assert_eq!(client.say(&command("c", van.0, "getio", false)), [not_sent(van.0, "c", "offline")]);
    let strings = stage.devices.expect();
    client.send(&command("d", van.0, "getio", false));
    strings.written.send(Err(NotSent::NoSuchCommand)).expect("somebody waits");
    assert_eq!(client.next(1).await, [not_sent(van.0, "d", "no such command")]);
}

#[tokio::test]
async fn who_may_says_anything_and_gets_the_devices_words() {
    let stage = Stage::new().await;
    stage.fleet.set_device_commands(&stage.panel, stage.ann, true).await.expect("granted");
    let van = stage.trackers(ANN).await[0];
    let strings = stage.devices.expect();
    let mut client = stage.authorized().await;
    client.send(&command("a", van.0, "getver", true));
    let reply = write(strings);
    assert_eq!(client.next(1).await, [status(van.0, "a")]);
    reply.send(CommandReply { text: "Ver:03.28\r\n".into(), lines: vec![] }).expect("somebody waits");
    let params = json!({"type": "cmd-parsed", "sub-type": "text", "id": "a", "cmd": "Ver:03.28\r\n"});
    assert_eq!(client.next(1).await, [json!({"uid": van.0, "params": params})]);
    assert_eq!(stage.devices.told(), [Order::Do(Command::Text("getver\r".into()))]);
}

#[tokio::test]
async fn a_command_that_is_under_way_is_answered_again_and_not_sent_again() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let strings = stage.devices.expect();
    let mut client = stage.authorized().await;
    client.send(&command("a", van.0, "getio", false));
    client.say(&command("a", van.0, "getio", false));
    let reply = write(strings);
    assert_eq!(client.next(2).await, [status(van.0, "a"), status(van.0, "a")]);
    assert_eq!(client.say(&command("a", van.0, "getio", false)), [status(van.0, "a")]);
    assert_eq!(stage.devices.told().len(), 1);
    drop(reply);
}

#[tokio::test]
async fn a_device_is_sent_six_commands_a_minute() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let mut client = stage.authorized().await;
    let mut replies = Vec::new();
    for n in 0..6 {
        let strings = stage.devices.expect();
        client.send(&command(&n.to_string(), van.0, "getio", false));
        replies.push(write(strings));
        assert_eq!(client.next(1).await, [status(van.0, &n.to_string())]);
    }
    assert_eq!(client.say(&command("6", van.0, "getio", false)), [not_sent(van.0, "6", "rate limited")]);
}

#[tokio::test]
async fn a_client_is_read_no_further_while_as_much_is_under_way_as_may() {
    let options = trackit::TrackitOptions { actions_per_socket_max: 2, ..trackit::TrackitOptions::default() };
    let stage = Stage::with(options).await;
    let van = stage.trackers(ANN).await[0];
    let strings = [stage.devices.expect(), stage.devices.expect()];
    let mut client = stage.authorized().await;
    client.send(&command("a", van.0, "getio", false));
    assert!(client.takes_messages());
    client.send(&command("b", van.0, "getio", false));
    assert!(!client.takes_messages());
    let _replies = strings.map(write);
    client.next(2).await;
    assert!(client.takes_messages());
}

fn text(stage: &Stage, uid: u32, txt: &str, guid: &str) -> String {
    let content = json!({"type": "msg", "txt": txt, "user_id": stage.ann.0, "user_name": "John \"Doe\"", "guid": guid});
    json!({"type": "pnd-api", "query": {"uid": uid, "content": content}}).to_string()
}

fn steps(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["params"]["txs"].as_u64().expect("a status")).collect()
}

#[tokio::test]
async fn a_text_goes_forward_step_by_step() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let mut client = stage.authorized().await;
    client.send(&text(&stage, van.0, "this is my message", "g1"));
    let told = client.next(2).await;
    assert_eq!(steps(&told), [0, 1]);
    let content =
        json!({"txt": "this is my message", "user_id": stage.ann.0, "user_name": "John \"Doe\"", "guid": "g1"});
    assert_eq!(told[0]["params"]["content"], json!({"type": "msg", "content": content}));
    assert!(told[1]["params"].get("content").is_none());
    let id = told[0]["params"]["id"].as_str().expect("an id");
    assert!(id.len() == 32 && id.starts_with("62481ea0"), "{id}");
    let messages = stage.dispatch.undelivered(source, MessageId(0), 10).await.expect("read");
    for status in [MessageStatus::Delivered, MessageStatus::Delivered, MessageStatus::Read] {
        stage.dispatch.advance(messages[0].id, status, stage.now()).await.expect("noted");
    }
    let moved = client.next(2).await;
    assert_eq!((steps(&moved), moved[1]["params"]["id"].as_str()), (vec![4, 5], Some(id)));
    client.send(&text(&stage, van.0, "this is my message", "g1"));
    let again = client.next(1).await;
    assert_eq!((steps(&again), again[0]["params"]["id"].as_str()), (vec![5], Some(id)));
    assert_eq!(again[0]["params"]["content"]["content"]["guid"], "g1");
    client.send(&text(&stage, van.0, "this is another", "g1"));
    assert_ne!(client.next(2).await[0]["params"]["id"].as_str(), Some(id));
}

#[tokio::test]
async fn what_moves_a_message_on_does_not_overtake_the_answer_that_names_it() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let mut client = stage.authorized().await;
    // Whatever becomes of the text, the word that it has come further comes first.
    let moved = Push::Moved { message: MessageId(1), submitted: stage.now(), status: MessageStatus::Read };
    assert_eq!(client.hear(web::Message::Text(&text(&stage, van.0, "x", "g"))), Vec::<Value>::new());
    stage.push(source, moved);
    assert_eq!(steps(&client.next(3).await), [0, 1, 5]);
}

#[tokio::test]
async fn a_text_that_cannot_be_sent_is_refused_and_not_stored() {
    let stage = Stage::new().await;
    stage.user("bob@example.com").await;
    let theirs = stage.register("bob@example.com").await;
    let van = stage.trackers(ANN).await[0];
    let mut client = stage.authorized().await;
    let code = |answers: Vec<Value>| answers[0]["params"]["code"].as_str().expect("a code").to_owned();
    assert_eq!(code(client.say(&text(&stage, theirs.0, "x", "g"))), "not_found");
    assert_eq!(code(client.say(&text(&stage, van.0, " ", "g"))), "bad_request");
    let other = text(&stage, van.0, "x", "g").replace(&format!("\"user_id\":{}", stage.ann.0), "\"user_id\":1");
    assert_eq!(code(client.say(&other)), "forbidden");
    for (login, tracker) in [(ANN, van), ("bob@example.com", theirs)] {
        let source = stage.source(login, tracker).await;
        assert_eq!(stage.dispatch.undelivered(source, MessageId(0), 10).await.expect("read").len(), 0);
    }
}

#[tokio::test]
async fn a_command_is_in_line_before_the_next_message_is_looked_at() {
    let stage = Stage::new().await;
    stage.fleet.set_device_commands(&stage.panel, stage.ann, true).await.expect("granted");
    let van = stage.trackers(ANN).await[0];
    let mut client = stage.authorized().await;
    let _strings = [stage.devices.expect(), stage.devices.expect()];
    for (n, cmd) in ["setdigout 1", "setdigout 0"].into_iter().enumerate() {
        client.send(&command(cmd, van.0, cmd, false));
        assert_eq!(stage.devices.told().get(n), Some(&Order::Do(Command::Text(cmd.into()))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_reach_the_driver_in_the_order_in_which_they_were_sent() {
    let stage = Stage::new().await;
    let van = stage.trackers(ANN).await[0];
    let source = stage.source(ANN, van).await;
    let mut client = stage.authorized().await;
    let texts: Vec<String> = (0..60).map(|n| format!("text {n}")).collect();
    for txt in &texts {
        client.send(&text(&stage, van.0, txt, txt));
    }
    client.next(2 * texts.len()).await;
    let stored = stage.dispatch.undelivered(source, MessageId(0), 100).await.expect("read");
    assert_eq!(stored.iter().map(|message| &message.text).collect::<Vec<_>>(), texts.iter().collect::<Vec<_>>());
}
