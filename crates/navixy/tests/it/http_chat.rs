//! `tracker/chat/…`.

use dispatch::{MessageQuery, MessageStatus, NewDriverEvent};
use model::{DriverEventKind, MessageId, SourceId, Timestamp};
use serde_json::{Value, json};

use crate::world::World;

/// A user with a phone and a tracker that has no chat.
struct Stage {
    world: World,
    hash: String,
    phone: u64,
    source: SourceId,
    van: u64,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new().await;
        let hash = world.logged_in("ann@example.com").await;
        let (phone, source) = world.phone(&hash, "Ben").await;
        let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
        Self { world, hash, phone, source: SourceId(u32::try_from(source).expect("an id")), van }
    }

    async fn send(&self, text: &str) -> u64 {
        let body = json!({"hash": self.hash, "tracker_id": self.phone, "message": text});
        let answered = self.world.post("tracker/chat/send", body).await;
        answered.body["id"].as_u64().unwrap_or_else(|| panic!("{answered:?}"))
    }

    async fn receive(&self, text: &str) -> u64 {
        receive(&self.world, self.source, text).await
    }

    /// Calls with the hash and these parameters, successfully.
    async fn get(&self, method: &str, mut body: Value) -> Value {
        body["hash"] = json!(self.hash);
        let answered = self.world.post(method, body).await;
        assert_eq!(answered.code(), 0, "{method}: {answered:?}");
        answered.body
    }

    async fn check_code(&self, method: &str, mut body: Value, code: u64) {
        body["hash"] = json!(self.hash);
        self.world.check_code(method, body, code).await;
    }

    async fn check_invalid(&self, method: &str, mut body: Value, parameters: &[&str]) {
        body["hash"] = json!(self.hash);
        self.world.check_invalid(method, body, parameters).await;
    }

    async fn list(&self, mut body: Value) -> Vec<Value> {
        body["tracker_id"] = json!(self.phone);
        self.get("tracker/chat/list", body).await["list"].as_array().cloned().expect("a list")
    }

    async fn texts(&self, body: Value) -> Vec<String> {
        self.list(body).await.iter().map(|m| m["text"].as_str().expect("a text").to_owned()).collect()
    }
}

/// A text of the driver's, not the same twice; the number of the message that it is.
async fn receive(world: &World, source: SourceId, text: &str) -> u64 {
    let (now, kind) = (world.now(), DriverEventKind::Text { text: text.to_owned() });
    let event = NewDriverEvent { guid: format!("guid of {text}"), at: now, position: None, kind };
    let (event, is_new) = world.dispatch.record(source, event, now).await.expect("received");
    assert!(is_new, "{event:?}");
    let all = MessageQuery { source, from: Timestamp::MIN, to: Timestamp::MAX, limit: 1_024, ascending: true };
    let messages = world.dispatch.messages(all).await.expect("listed");
    messages.iter().find(|message| message.guid.as_ref() == Some(&event.guid)).expect("a message").id.0
}

#[tokio::test]
async fn a_conversation_is_listed_in_the_users_zone() {
    let stage = Stage::new().await;
    // 09:15:41 in UTC is 10:15:41 in Madrid.
    let first = stage.send("Where are you?\n\u{1F69A}").await;
    stage.world.wait_ms(60_250);
    let second = stage.receive("At the depot.").await;
    stage.world.wait_ms(1_000);
    let now = stage.world.now();
    stage.world.dispatch.advance(MessageId(first), MessageStatus::Delivered, now).await.expect("moved");
    let expected = json!([
        {"id": first, "submit_time": "2026-03-02 10:15:41", "update_time": "2026-03-02 10:16:42",
         "text": "Where are you?\n\u{1F69A}", "type": "OUTGOING", "status": "DELIVERED"},
        {"id": second, "submit_time": "2026-03-02 10:16:41", "update_time": null,
         "text": "At the depot.", "type": "INCOMING", "status": "DELIVERED"},
    ]);
    assert_eq!(json!(stage.list(json!({})).await), expected);
    let iso = stage.list(json!({"iso_datetime": true})).await;
    assert_eq!(iso[0]["update_time"], "2026-03-02T10:16:42+01:00");
}

#[tokio::test]
async fn a_message_is_pending_until_the_driver_has_it() {
    let stage = Stage::new().await;
    let id = stage.send("x").await;
    for (status, shown) in [
        (MessageStatus::Stored, "PENDING"),
        (MessageStatus::Pending, "PENDING"),
        (MessageStatus::Delivered, "DELIVERED"),
        (MessageStatus::Read, "DELIVERED"),
    ] {
        let now = stage.world.now();
        stage.world.dispatch.advance(MessageId(id), status, now).await.expect("moved");
        assert_eq!(stage.list(json!({})).await[0]["status"], shown, "{status:?}");
    }
    let failed = stage.send("y").await;
    let now = stage.world.now();
    stage.world.dispatch.advance(MessageId(failed), MessageStatus::Failed, now).await.expect("moved");
    assert_eq!(stage.list(json!({})).await[1]["status"], "PENDING", "never delivered");
}

#[tokio::test]
async fn lists_have_spans_limits_and_orders() {
    let stage = Stage::new().await;
    for text in ["a", "b", "c"] {
        stage.send(text).await;
        stage.world.wait_ms(1_000);
    }
    // Sent at 10:15:41, :42 and :43 in Madrid.
    let check = async |body: Value, expected: &[&str]| {
        assert_eq!(stage.texts(body.clone()).await, expected, "{body}");
    };
    check(json!({}), &["a", "b", "c"]).await;
    check(json!({"ascending": false}), &["c", "b", "a"]).await;
    check(json!({"ascending": false, "limit": 1}), &["c"]).await;
    check(json!({"limit": 2}), &["a", "b"]).await;
    check(json!({"from": "2026-03-02 10:15:42"}), &["b", "c"]).await;
    check(json!({"to": "2026-03-02 10:15:42"}), &["a", "b"]).await;
    check(json!({"to": "2026-03-02T09:15:42Z"}), &["a", "b"]).await;
    check(json!({"from": "2026-03-02T10:15:42+01:00", "to": "2026-03-02 10:15:42"}), &["b"]).await;
    check(json!({"from": "2026-03-02 10:15:43", "to": "2026-03-02 10:15:42"}), &[]).await;
    check(json!({"to": "2025-01-01 00:00:00"}), &[]).await;
    let invalid = async |body: Value, parameter: &str| {
        let mut body = body;
        body["tracker_id"] = json!(stage.phone);
        stage.check_invalid("tracker/chat/list", body, &[parameter]).await;
    };
    invalid(json!({"limit": 0}), "limit").await;
    invalid(json!({"limit": 1_025}), "limit").await;
    invalid(json!({"limit": -1}), "limit").await;
    invalid(json!({"from": "yesterday"}), "from").await;
    invalid(json!({"to": "2026-02-30 00:00:00"}), "to").await;
    stage.world.wait_ms(7 * 86_400_000 - 2_000);
    check(json!({}), &["b", "c"]).await;
}

#[tokio::test]
async fn what_cannot_be_sent() {
    let stage = Stage::new().await;
    let invalid = async |message: Value| {
        let body = json!({"tracker_id": stage.phone, "message": message});
        stage.check_invalid("tracker/chat/send", body, &["message"]).await;
    };
    invalid(json!(null)).await;
    invalid(json!("")).await;
    invalid(json!(" \n")).await;
    invalid(json!("x\u{7}")).await;
    invalid(json!("\u{E000}")).await;
    invalid(json!(["x"])).await;
    invalid(json!("é".repeat(20_001))).await;
    stage.send(&"é".repeat(20_000)).await;
    stage.check_invalid("tracker/chat/send", json!({}), &["tracker_id", "message"]).await;
    let send = |tracker: Value| json!({"tracker_id": tracker, "message": "x"});
    stage.check_code("tracker/chat/send", send(json!(stage.van)), 214).await;
    for unknown in [json!(1), json!(-1), json!(0), json!(stage.source.0)] {
        stage.check_code("tracker/chat/send", send(unknown.clone()), 201).await;
        stage.check_code("tracker/chat/list", json!({"tracker_id": unknown}), 201).await;
    }
    stage.check_code("tracker/chat/list", json!({"tracker_id": stage.van}), 214).await;
}

#[tokio::test]
async fn a_driver_who_gets_nothing_is_not_sent_without_end() {
    let stage = Stage::new().await;
    for _ in 0..1_000 {
        let now = stage.world.now();
        stage.world.dispatch.send(stage.source, model::UserId(1), "x".to_owned(), None, now).await.expect("sent");
    }
    let body = json!({"tracker_id": stage.phone, "message": "x"});
    stage.check_code("tracker/chat/send", body, 268).await;
    let body = json!({"trackers": [stage.phone], "message": "x"});
    assert_eq!(stage.get("tracker/chat/broadcast", body).await["not_sent_to"], json!([stage.phone]));
}

#[tokio::test]
async fn a_broadcast_says_whom_it_reached() {
    let stage = Stage::new().await;
    let (other, _) = stage.world.phone(&stage.hash, "Eve").await;
    let (blocked, _) = stage.world.phone(&stage.hash, "Dan").await;
    block(&stage.world, blocked).await;
    let trackers = json!([other, stage.van, blocked, stage.phone]);
    let sent = stage.get("tracker/chat/broadcast", json!({"trackers": trackers, "message": "all"})).await;
    assert_eq!(sent["sent_to"], json!([other, stage.phone]));
    assert_eq!(sent["not_sent_to"], json!([stage.van, blocked]));
    assert_eq!(stage.texts(json!({})).await, ["all"]);
    let none = stage.get("tracker/chat/broadcast", json!({"trackers": [], "message": "all"})).await;
    assert_eq!((&none["sent_to"], &none["not_sent_to"]), (&json!([]), &json!([])));
    let check = |trackers: Value, code| {
        stage.check_code("tracker/chat/broadcast", json!({"trackers": trackers, "message": "all"}), code)
    };
    check(json!([stage.phone, 1]), 217).await;
    check(json!((1..=301).collect::<Vec<_>>()), 221).await;
    stage.check_invalid("tracker/chat/broadcast", json!({"trackers": "x"}), &["trackers", "message"]).await;
    assert_eq!(stage.texts(json!({})).await, ["all"], "a refused one reached nobody");
}

#[tokio::test]
async fn unread_messages_are_counted_and_marked() {
    let stage = Stage::new().await;
    let (other, other_source) = stage.world.phone(&stage.hash, "Eve").await;
    let other_source = SourceId(u32::try_from(other_source).expect("an id"));
    let mut ids = Vec::new();
    for text in ["a", "b", "c"] {
        ids.push(stage.receive(text).await);
    }
    receive(&stage.world, other_source, "x").await;
    stage.send("ours is no unread one").await;
    let count = async || stage.get("tracker/chat/unread/count", json!({})).await["value"].clone();
    let counts = |phone: u64, other_count: u64| json!({stage.phone.to_string(): phone, other.to_string(): other_count});
    assert_eq!(count().await, counts(3, 1));
    stage.get("tracker/chat/mark_read", json!({"message_id": ids[0]})).await;
    assert_eq!(count().await, counts(2, 1));
    stage.check_code("tracker/chat/mark_read", json!({"message_ids": [ids[1], 99]}), 201).await;
    stage.check_code("tracker/chat/mark_read", json!({"message_id": -5}), 201).await;
    assert_eq!(count().await, counts(2, 1), "all or none");
    stage.get("tracker/chat/mark_read", json!({"message_ids": [ids[1], ids[0]]})).await;
    assert_eq!(count().await, counts(1, 1));
    stage.check_code("tracker/chat/mark_read_all", json!({"trackers": [stage.phone, 1]}), 201).await;
    let too_many: Vec<u32> = (1..=20_001).collect();
    stage.check_code("tracker/chat/mark_read_all", json!({"trackers": too_many}), 221).await;
    stage.get("tracker/chat/mark_read_all", json!({"trackers": [stage.phone]})).await;
    assert_eq!(count().await, json!({other.to_string(): 1}));
    stage.get("tracker/chat/mark_read_all", json!({})).await;
    assert_eq!(count().await, json!({}));
    let one_of_both = ["message_id"];
    stage.check_invalid("tracker/chat/mark_read", json!({}), &one_of_both).await;
    stage.check_invalid("tracker/chat/mark_read", json!({"message_id": 1, "message_ids": [2]}), &one_of_both).await;
    let many: Vec<u32> = (1..=1_025).collect();
    stage.check_invalid("tracker/chat/mark_read", json!({"message_ids": many}), &["message_ids"]).await;
}

#[tokio::test]
async fn last_updates_are_told_by_tracker() {
    let stage = Stage::new().await;
    let (silent, _) = stage.world.phone(&stage.hash, "Eve").await;
    let id = stage.send("x").await;
    let updated = async || {
        let trackers = json!({"trackers": [stage.phone, silent, stage.van]});
        stage.get("tracker/chat/updated/list", trackers).await["value"].clone()
    };
    assert_eq!(updated().await, json!({stage.phone.to_string(): "2026-03-02 10:15:41"}));
    stage.world.wait_ms(5_000);
    let now = stage.world.now();
    stage.world.dispatch.advance(MessageId(id), MessageStatus::Read, now).await.expect("moved");
    assert_eq!(updated().await, json!({stage.phone.to_string(): "2026-03-02 10:15:46"}));
    stage.check_code("tracker/chat/updated/list", json!({"trackers": [1]}), 217).await;
    let many: Vec<u32> = (1..=301).collect();
    stage.check_code("tracker/chat/updated/list", json!({"trackers": many}), 221).await;
    stage.check_invalid("tracker/chat/updated/list", json!({}), &["trackers"]).await;
}

#[tokio::test]
async fn nobody_reads_the_messages_of_others() {
    let stage = Stage::new().await;
    let id = stage.receive("secret").await;
    let eve = stage.world.logged_in("eve@example.com").await;
    let check = async |method: &str, mut body: Value, code: u64| {
        body["hash"] = json!(eve);
        stage.world.check_code(method, body, code).await;
    };
    check("tracker/chat/list", json!({"tracker_id": stage.phone}), 201).await;
    check("tracker/chat/send", json!({"tracker_id": stage.phone, "message": "x"}), 201).await;
    check("tracker/chat/broadcast", json!({"trackers": [stage.phone], "message": "x"}), 217).await;
    check("tracker/chat/updated/list", json!({"trackers": [stage.phone]}), 217).await;
    check("tracker/chat/mark_read", json!({"message_id": id}), 201).await;
    check("tracker/chat/mark_read_all", json!({"trackers": [stage.phone]}), 201).await;
    check("tracker/chat/mark_read_all", json!({}), 0).await;
    let counts = stage.world.post("tracker/chat/unread/count", json!({"hash": eve})).await;
    assert_eq!(counts.body["value"], json!({}));
    assert_eq!(stage.world.dispatch.summary(stage.source).unread_count, 1, "still unread");
}

#[tokio::test]
async fn a_blocked_tracker_shows_and_takes_nothing() {
    let stage = Stage::new().await;
    let id = stage.receive("x").await;
    block(&stage.world, stage.phone).await;
    stage.check_code("tracker/chat/list", json!({"tracker_id": stage.phone}), 208).await;
    stage.check_code("tracker/chat/send", json!({"tracker_id": stage.phone, "message": "x"}), 208).await;
    stage.check_code("tracker/chat/mark_read", json!({"message_id": id}), 201).await;
    assert_eq!(stage.get("tracker/chat/unread/count", json!({})).await["value"], json!({}));
    let trackers = json!({"trackers": [stage.phone]});
    assert_eq!(stage.get("tracker/chat/updated/list", trackers).await["value"], json!({}));
}

async fn block(world: &World, tracker: u64) {
    let admin = world.admin().await;
    let body = json!({"hash": admin, "tracker_id": tracker, "blocked": true});
    world.check_code("panel/tracker/source/update", body, 0).await;
}

#[tokio::test]
async fn a_sub_user_sees_the_chats_of_its_trackers() {
    let stage = Stage::new().await;
    let (other, _) = stage.world.phone(&stage.hash, "Eve").await;
    let id = stage.receive("x").await;
    let subuser = stage.world.subuser(&stage.hash, "sub@example.com", &[other], &[]).await;
    let check = async |method: &str, mut body: Value, code: u64| {
        body["hash"] = json!(subuser);
        stage.world.check_code(method, body, code).await;
    };
    check("tracker/chat/list", json!({"tracker_id": stage.phone}), 201).await;
    check("tracker/chat/send", json!({"tracker_id": stage.phone, "message": "x"}), 201).await;
    check("tracker/chat/broadcast", json!({"trackers": [stage.phone], "message": "x"}), 217).await;
    check("tracker/chat/updated/list", json!({"trackers": [stage.phone]}), 217).await;
    check("tracker/chat/mark_read", json!({"message_id": id}), 201).await;
    check("tracker/chat/mark_read_all", json!({}), 0).await;
    assert_eq!(stage.world.dispatch.summary(stage.source).unread_count, 1, "still unread");
    let counts = stage.world.post("tracker/chat/unread/count", json!({"hash": subuser})).await;
    assert_eq!(counts.body["value"], json!({}));
    check("tracker/chat/send", json!({"tracker_id": other, "message": "x"}), 0).await;
}

#[tokio::test]
async fn what_was_said_before_a_tracker_changed_hands_is_not_for_the_next_owner() {
    let stage = Stage::new().await;
    let (world, admin) = (&stage.world, stage.world.admin().await);
    stage.receive("My number is 12 34.").await;
    stage.send("Thanks!").await;
    let bob = world.user(&admin, "bob@example.com").await;
    let bobs = json!({"login": "bob@example.com", "password": crate::world::PASSWORD});
    let bobs = world.post("user/auth", bobs).await.text("hash");
    world.wait_ms(1_000);
    let moving = json!({"hash": admin, "tracker_id": stage.phone, "user_id": bob});
    let phone = world.post("panel/tracker/move", moving).await.body["id"].as_u64().expect("moved");
    let texts = async || {
        let asked = json!({"hash": bobs, "tracker_id": phone, "from": "2026-03-01 00:00:00"});
        let body = world.post("tracker/chat/list", asked).await.body;
        let list = body["list"].as_array().cloned().unwrap_or_else(|| panic!("{body}"));
        list.iter().map(|message| message["text"].clone()).collect::<Vec<_>>()
    };
    let unread = async || {
        let counts = world.post("tracker/chat/unread/count", json!({"hash": bobs})).await;
        counts.body["value"].as_object().map(serde_json::Map::len)
    };
    let updated = async || {
        let asked = json!({"hash": bobs, "trackers": [phone]});
        world.post("tracker/chat/updated/list", asked).await.body["value"].as_object().map(serde_json::Map::len)
    };
    assert_eq!((texts().await, unread().await, updated().await), (vec![], Some(0), Some(0)));
    world.wait_ms(1_000);
    stage.receive("Who is there?").await;
    assert_eq!((texts().await, unread().await, updated().await), (vec![json!("Who is there?")], Some(1), Some(1)));
}

#[tokio::test]
async fn the_driver_talks_with_the_owner_of_the_original_alone() {
    let stage = Stage::new().await;
    let (world, admin) = (&stage.world, stage.world.admin().await);
    let bobs = world.logged_in("bob@example.com").await;
    // The second user.
    let cloning = json!({"hash": admin, "tracker_id": stage.phone, "user_id": 10_002, "label": "Theirs"});
    let clone = world.post("panel/tracker/clone", cloning).await.body["id"].as_u64().expect("cloned");
    let (own, _) = world.phone(&bobs, "Kim").await;
    world.wait_ms(1_000);
    // Said after the clone was made.
    let id = stage.receive("secret").await;
    let check = async |method: &str, mut body: Value, code: u64| {
        body["hash"] = json!(bobs);
        world.check_code(&format!("tracker/chat/{method}"), body, code).await;
    };
    check("list", json!({"tracker_id": clone}), 219).await;
    check("send", json!({"tracker_id": clone, "message": "x"}), 219).await;
    check("mark_read", json!({"message_id": id}), 201).await;
    check("mark_read_all", json!({"trackers": [own, clone]}), 219).await;
    check("mark_read_all", json!({}), 0).await;
    assert_eq!(world.dispatch.summary(stage.source).unread_count, 1, "still unread");
    let get = async |method: &str, mut body: Value| {
        body["hash"] = json!(bobs);
        world.post(&format!("tracker/chat/{method}"), body).await.body
    };
    let sent = get("broadcast", json!({"trackers": [own, clone], "message": "all"})).await;
    assert_eq!((&sent["sent_to"], &sent["not_sent_to"]), (&json!([own]), &json!([clone])));
    assert_eq!(get("unread/count", json!({})).await["value"], json!({}));
    let updated = get("updated/list", json!({"trackers": [own, clone]})).await["value"].clone();
    assert_eq!(updated.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()), Some(vec![own.to_string()]));
    assert_eq!(stage.texts(json!({})).await, ["secret"], "the owner's conversation is its own");
}
