//! The driver's socket: what an app is told, what it sends, and what neither may lose.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use e2e::{Account, HttpConnection, Phone, PhoneSocket, Server, ServerOptions, eventually};
use serde_json::{Value, json};

const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a photo";

/// A phone's tracker, whose driver can be written to.
pub(crate) fn tracker(account: &Account) -> i64 {
    let body = json!({"label": "Ben", "group_id": 0, "model": "mobile_unknown_xgps", "plugin_id": 35});
    account.call("tracker/register", body).ok()["value"]["id"].as_i64().expect("an id")
}

pub(crate) fn write(account: &Account, tracker: i64, text: &str) -> Value {
    account.call("tracker/chat/send", json!({"tracker_id": tracker, "message": text})).ok()["id"].clone()
}

/// The conversation, oldest first.
pub(crate) fn chat(account: &Account, tracker: i64) -> Vec<Value> {
    let listed = account.call("tracker/chat/list", json!({"tracker_id": tracker})).ok()["list"].clone();
    listed.as_array().cloned().expect("a list")
}

pub(crate) fn texts(account: &Account, tracker: i64) -> Vec<String> {
    chat(account, tracker).iter().map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
}

/// A call of the office with the user's own session.
#[track_caller]
fn office(account: &Account, method: &str, parameters: Value) -> Value {
    let mut body = parameters;
    body["hash"] = json!(account.hash);
    account.api.post(&format!("/panel/office/{method}"), &body).ok()
}

/// What the driver of a tracker sent.
fn events(account: &Account, tracker: i64) -> Vec<Value> {
    let span = json!({"tracker_id": tracker, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
    office(account, "driver_event/list", span)["list"].as_array().cloned().expect("a list")
}

pub(crate) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn a_phone_is_paired_told_and_heard() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    let waiting = write(&account, tracker, "Please call the depot");
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
    let second = write(&account, tracker, "And hurry");
    assert_eq!(socket.next("message")["id"], second);
    socket.confirm("read", &second);
    socket.send_event("a-1", &text("On my way"));
    socket.ok("a-1");
    assert_eq!(texts(&account, tracker), ["Please call the depot", "And hurry", "On my way"]);
    socket.silent();
}

#[test]
fn what_was_not_confirmed_is_told_again_and_nothing_else() {
    let mut server = Server::start();
    let mut account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    let ids: Vec<Value> = (0..12).map(|n| write(&account, tracker, &format!("text {n}"))).collect();
    let mut socket = phone.welcomed(&server);
    let told: Vec<Value> = ids.iter().map(|_| socket.next("message")["id"].clone()).collect();
    assert_eq!(told, ids, "oldest first");
    socket.silent();
    socket.confirm("got", &ids[0]);
    socket.confirm("read", &ids[2]);
    socket.confirm("read", &ids[2]);
    drop(socket);
    server.kill();
    server.start_again();
    account.api = server.api();
    let left: Vec<Value> = ids.iter().filter(|id| **id != ids[0] && **id != ids[2]).cloned().collect();
    let mut socket = phone.welcomed(&server);
    let told: Vec<Value> = left.iter().map(|_| socket.next("message")["id"].clone()).collect();
    assert_eq!(told, left);
    left.iter().for_each(|id| socket.confirm("got", id));
    socket.silent();
    let mut socket = phone.welcomed(&server);
    socket.silent();
    assert!(chat(&account, tracker).iter().all(|message| message["update_time"].is_string()), "all are delivered");
}

#[test]
fn the_same_guid_is_taken_in_once() {
    let mut server = Server::start();
    let mut account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    let mut socket = phone.welcomed(&server);
    for said in ["one", "one", "two"] {
        socket.send_event("g", &text(said));
        socket.ok("g");
    }
    // Not waited for: the line breaks.
    socket.send_event("h", &json!({"type": "predefined", "number": 7, "text": "TRAFFIC"}));
    drop(socket);
    server.kill();
    server.start_again();
    account.api = server.api();
    let mut socket = phone.welcomed(&server);
    for guid in ["g", "h", "h"] {
        socket.send_event(guid, &json!({"type": "predefined", "number": 7, "text": "TRAFFIC"}));
        socket.ok(guid);
    }
    assert_eq!(texts(&account, tracker), ["one", "TRAFFIC"]);
    let kinds: Vec<Value> = events(&account, tracker).iter().map(|event| event["guid"].clone()).collect();
    assert_eq!(kinds, ["g", "h"]);
}

#[test]
fn two_phones_of_a_tracker_are_told_the_same() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let (first, second) = (Phone::pair(&account, tracker), Phone::pair(&account, tracker));
    let (mut here, mut there) = (first.welcomed(&server), second.welcomed(&server));
    let id = write(&account, tracker, "to both");
    assert_eq!((&here.next("message")["id"], &there.next("message")["id"]), (&id, &id));
    here.confirm("got", &id);
    there.confirm("got", &id);
    drop(there);
    let late = write(&account, tracker, "to one");
    here.next("message");
    here.confirm("got", &late);
    let mut there = second.welcomed(&server);
    there.silent();
    // One phone has one socket.
    let mut newer = first.welcomed(&server);
    here.bye("replaced", 4409);
    let last = write(&account, tracker, "to the newer");
    assert_eq!(newer.next("message")["id"], last);
}

#[test]
fn two_in_the_office_write_at_once_and_each_message_is_told_once() {
    const EACH: usize = 60;
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let mut socket = Phone::pair(&account, tracker).welcomed(&server);
    let told = std::thread::scope(|scope| {
        for sender in ["ann", "bob"] {
            let account = Account { hash: account.new_session(), ..account.clone() };
            scope.spawn(move || (0..EACH).for_each(|n| drop(write(&account, tracker, &format!("{sender} {n}")))));
        }
        let mut told = Vec::new();
        while told.len() < 2 * EACH {
            let message = socket.try_message().expect("a message");
            if message["type"] == "message" {
                told.push(message["text"].as_str().expect("a text").to_owned());
                socket.send(&json!({"type": "got", "id": message["id"]}));
            }
        }
        told
    });
    // Those of one millisecond may be listed in either order.
    let sorted = |mut texts: Vec<String>| {
        texts.sort_unstable();
        texts
    };
    assert_eq!(sorted(told.clone()), sorted(texts(&account, tracker)));
    for sender in ["ann", "bob"] {
        let own: Vec<&String> = told.iter().filter(|text| text.starts_with(sender)).collect();
        assert_eq!(own, (0..EACH).map(|n| format!("{sender} {n}")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_phone_that_is_removed_is_shut_out_at_once() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let (removed, leaving, kept) =
        (Phone::pair(&account, tracker), Phone::pair(&account, tracker), Phone::pair(&account, tracker));
    let mut sockets = [&removed, &leaving, &kept].map(|phone| phone.welcomed(&server));
    let phones = office(&account, "pairing/list", json!({"tracker_id": tracker}))["list"].clone();
    assert_eq!((phones.as_array().map(Vec::len), &phones[0]["name"]), (Some(3), &json!("Test phone")));
    office(&account, "pairing/delete", json!({"phone_id": phones[0]["id"]}));
    sockets[0].bye("unpaired", 4401);
    sockets[1].send(&json!({"type": "unpair"}));
    sockets[1].bye("unpaired", 4401);
    for phone in [&removed, &leaving, &Phone { token: "nonsense".to_owned() }] {
        phone.connect(&server).bye("unpaired", 4401);
        assert_eq!(phone.upload(&account, "a", JPEG).status, 401);
    }
    sockets[2].silent();
    // With the tracker everything goes.
    account.panel("tracker/corrupt", json!({"tracker_id": tracker})).ok();
    sockets[2].bye("unpaired", 4401);
}

#[test]
fn lists_are_told_when_the_office_changes_them() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    let mut socket = phone.welcomed(&server);
    office(&account, "text/create", json!({"number": 7, "text": "TRAFFIC"}));
    assert_eq!(socket.next("texts")["texts"], json!([{"number": 7, "text": "TRAFFIC"}]));
    assert_eq!(socket.next("forms")["forms"], json!([]));
    let draft = json!({"title": "Depot", "address": "Quay 4", "position": {"lat": 41.5, "lng": 1.25}});
    let service = office(&account, "service/create", json!({"tracker_id": tracker, "service": draft}))["value"].clone();
    let told = socket.next("services")["services"].clone();
    let expected = json!([{
        "id": service["id"], "title": "Depot", "address": "Quay 4", "note": "", "lat": 41.5, "lng": 1.25, "due": null,
        "state": "open",
    }]);
    assert_eq!(told, expected);
    let report = |delivered: bool| json!({"type": "service", "service": service["id"], "delivered": delivered, "note": "at the gate"});
    for (guid, delivered, state) in [("a", false, "visited"), ("b", true, "delivered")] {
        socket.send_event(guid, &report(delivered));
        socket.ok(guid);
        assert_eq!(socket.next("services")["services"][0]["state"], state);
    }
    office(&account, "service/delete", json!({"tracker_id": tracker, "service_id": service["id"]}));
    assert_eq!(socket.next("services")["services"], json!([]));
    // The driver did not know, and nothing is lost.
    socket.send_event("c", &report(true));
    socket.ok("c");
    assert_eq!(events(&account, tracker).len(), 3);
}

#[test]
fn a_form_comes_with_its_pictures() {
    let server = Server::start();
    let account = Account::new(&server);
    let (ours, theirs) = (tracker(&account), tracker(&account));
    let (phone, other) = (Phone::pair(&account, ours), Phone::pair(&account, theirs));
    let fields = json!([
        {"label": "Client", "kind": "text", "type": "text", "required": true},
        {"label": "Photo", "kind": "photo", "type": "photo", "required": false},
    ]);
    let fields: Vec<Value> = fields
        .as_array()
        .into_iter()
        .flatten()
        .map(|field| json!({"label": field["label"], "type": field["type"], "required": field["required"]}))
        .collect();
    let form = office(&account, "form/create", json!({"form": {"name": "Delivery", "fields": fields}}))["id"].clone();
    let mut socket = phone.connect(&server);
    assert_eq!(socket.next("welcome")["forms"][0]["fields"][1]["kind"], "photo");
    let kept = phone.upload(&account, "f-1", JPEG);
    assert_eq!(kept.status, 200, "{}", kept.text);
    assert_eq!(phone.upload(&account, "f-1", b"\xFF\xD8\xFF another").body, kept.body, "the first stays");
    let foreign = other.upload(&account, "f-1", JPEG).body["file"].clone();
    let filled = |form: &Value, photo: &Value| {
        json!({"type": "form", "form": form, "name": "Delivery", "values": [
            {"label": "Client", "value": "North depot"}, {"label": "Photo", "value": photo}]})
    };
    for (guid, file) in [("a", foreign.clone()), ("b", json!("f0000000000000099"))] {
        socket.send_event(guid, &filled(&form, &file));
        let refused = socket.next("refused");
        assert_eq!(
            (&refused["guid"], &refused["code"], &refused["file"]),
            (&json!(guid), &json!("unknown_file"), &file)
        );
    }
    socket.send_event("c", &filled(&form, &kept.body["file"]));
    socket.ok("c");
    // The office removed it meanwhile: taken as the driver saw it, and what is a file of the driver's is one.
    office(&account, "form/delete", json!({"form_id": form}));
    socket.next("texts");
    socket.next("forms");
    socket.send_event("d", &filled(&form, &foreign));
    socket.ok("d");
    let events = events(&account, ours);
    assert_eq!(events.len(), 2, "{events:?}");
    let value = |event: &Value, n: usize| {
        event["fields"][n]["value"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{event}"))
    };
    assert_eq!(value(&events[0], 0), "North depot");
    let address = value(&events[0], 1);
    assert_eq!(Some(value(&events[1], 1).as_str()), foreign.as_str(), "another driver's is nothing");
    let number: i64 = address.strip_prefix("/ws/file/").and_then(|n| n.parse().ok()).expect("an address");
    let body = json!({"hash": account.hash, "tracker_id": ours, "file_id": number}).to_string();
    let mut http = HttpConnection::open(server.http());
    let picture = http.request("POST", "/panel/office/file/read", "application/json", body.as_bytes());
    assert_eq!((picture.status, &picture.body[..]), (200, JPEG));
    assert!(picture.head.contains("content-type: image/jpeg"), "{}", picture.head);
}

#[test]
fn a_form_whose_fields_were_changed_meanwhile_is_taken_as_the_driver_saw_it() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    // The driver saw a text and a photo; now they are a photo and a text.
    let fields = json!([{"label": "Damage", "type": "photo"}, {"label": "Picture", "type": "text"}]);
    let form = office(&account, "form/create", json!({"form": {"name": "Check", "fields": fields}}))["id"].clone();
    let file = phone.upload(&account, "f-1", JPEG).body["file"].clone();
    let mut socket = phone.welcomed(&server);
    let values = json!([{"label": "Damage", "value": "none"}, {"label": "Picture", "value": file}]);
    socket.send_event("a", &json!({"type": "form", "form": form, "name": "Check", "values": values}));
    socket.ok("a");
    let events = events(&account, tracker);
    assert_eq!(events[0]["fields"][0], json!({"label": "Damage", "value": "none"}));
    let picture = events[0]["fields"][1]["value"].as_str().expect("a value");
    assert!(picture.starts_with("/ws/file/"), "{picture}");
}

#[test]
fn a_moved_tracker_takes_nothing_of_its_old_owners_driver_along() {
    let server = Server::start();
    let account = Account::new(&server);
    let other = Account::named(&server, "second@example.test", "UTC");
    let old = tracker(&account);
    let phone = Phone::pair(&account, old);
    let file = phone.upload(&account, "f-1", JPEG).body["file"].clone();
    let mut socket = phone.welcomed(&server);
    let values = json!([{"label": "Photo", "value": file}]);
    socket.send_event("a", &json!({"type": "form", "form": 1, "name": "Delivery", "values": values}));
    socket.ok("a");
    drop(socket);
    let address = events(&account, old)[0]["fields"][0]["value"].as_str().expect("an address").to_owned();
    write(&account, old, "for the old driver");
    office(&account, "service/create", json!({"tracker_id": old, "service": {"title": "Old depot"}}));

    let body = json!({"tracker_id": old, "user_id": other.id});
    let new = account.panel("tracker/move", body).ok()["id"].as_i64().expect("an id");
    phone.connect(&server).bye("unpaired", 4401);
    // It is given up beside the move.
    eventually("the service is taken back", || {
        (office(&other, "service/list", json!({"tracker_id": new}))["list"] == json!([])).then_some(())
    });
    assert_eq!(events(&other, new), [] as [Value; 0]);
    let number: i64 = address.rsplit('/').next().and_then(|n| n.parse().ok()).expect("a number");
    let read = json!({"hash": other.hash, "tracker_id": new, "file_id": number});
    assert_eq!(other.api.post("/panel/office/file/read", &read).error(), (201, 400));
    let credentials = STANDARD.encode(format!("{}:{}", other.login, other.password));
    let authorization = format!("Basic {credentials}");
    assert_eq!(other.api.request("GET", &address, &[("Authorization", &authorization)], b"").status, 404);
    let theirs = Phone::pair(&other, new);
    let mut socket = theirs.connect(&server);
    assert_eq!(socket.next("welcome")["services"], json!([]));
    let id = write(&other, new, "for the new driver");
    assert_eq!(socket.next("message")["id"], id, "the old one's message is given up");
    socket.send_event("a2", &text("hello"));
    socket.ok("a2");
    assert_eq!(events(&other, new).len(), 1);
}

#[test]
fn files_that_are_none_are_refused() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_DRIVER_FILES_PER_TRACKER_MAX", "1"));
    let account = Account::new(&server);
    let phone = Phone::pair(&account, tracker(&account));
    let large = [JPEG, &vec![0; 1 << 20]].concat();
    for (guid, bytes, status, code) in [
        ("a", &b"<html>"[..], 415, "bad_media"),
        ("a", &[], 415, "bad_media"),
        ("a", &large, 413, "too_long"),
        ("", JPEG, 400, "bad_request"),
        ("a%20b", JPEG, 400, "bad_request"),
        ("a", JPEG, 200, ""),
        ("b", JPEG, 507, "full"),
        ("a", JPEG, 200, ""),
    ] {
        let reply = phone.upload(&account, guid, bytes);
        assert_eq!((reply.status, reply.body["error"].as_str().unwrap_or_default()), (status, code), "{guid:?}");
    }
    let without = account.api.request("POST", "/driver/file?id=a", &[], JPEG);
    assert_eq!((without.status, without.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(account.api.get("/driver/file?id=a").status, 405);
}

#[test]
fn a_phone_that_is_the_tracker_shares_its_position() {
    let server = Server::start();
    let account = Account::new(&server);
    let (ours, van) = (tracker(&account), account.ngp("yard-unit-0007"));
    let mut socket = Phone::pair(&account, ours).welcomed(&server);
    let now = e2e::now().to_string();
    let points = json!({"type": "positions", "guid": "p", "points": [
        {"time": now, "lat": 41.2166, "lng": 1.2061, "speed_kmh": 41, "heading_deg": 246, "battery_level": 77}]});
    for _ in 0..2 {
        socket.send(&points);
        socket.ok("p");
    }
    let state = account.call("tracker/get_state", json!({"tracker_id": ours})).ok()["state"].clone();
    assert_eq!(state["gps"]["location"], json!({"lat": 41.2166, "lng": 1.2061}), "{state}");
    assert_eq!((&state["gps"]["speed"], &state["battery_level"]), (&json!(41), &json!(77)), "{state}");
    let mut socket = Phone::pair(&account, van.id).connect(&server);
    assert_eq!(socket.next("welcome")["shares_position"], false);
    socket.send(&points);
    let refused = socket.next("refused");
    assert_eq!((&refused["guid"], &refused["code"]), (&json!("p"), &json!("not_shared")));
}

#[test]
fn hostile_input_costs_only_itself() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_DRIVER_HELLO_S", "1"));
    let account = Account::new(&server);
    let (ours, theirs) = (tracker(&account), tracker(&account));
    let (phone, other) = (Phone::pair(&account, ours), Phone::pair(&account, theirs));
    assert_eq!(PhoneSocket::open(&server).close_code(), 4408);
    let mut socket = PhoneSocket::open(&server);
    socket.send(&json!({"type": "ping"}));
    assert_eq!(socket.next("error")["code"], "unauthorized");
    let mut socket = phone.welcomed(&server);
    for nonsense in ["", "{", "[]", "{\"type\":\"\\u0000\"}", "{\"type\":\"text\",\"guid\":\"a b\"}"] {
        socket.socket().send_text(nonsense);
        assert_eq!(socket.next("error")["code"], "bad_request", "{nonsense}");
    }
    socket.socket().send_binary(b"{\"type\":\"ping\"}");
    assert_eq!(socket.next("error")["code"], "bad_request");
    socket.send_event("a", &text(&"x".repeat(4_001)));
    assert_eq!(socket.next("refused")["code"], "too_long");
    // Of no message, and of another driver's, which nothing is said of.
    let foreign = write(&account, theirs, "not yours");
    for id in [foreign.clone(), json!(99_999), json!(0)] {
        socket.confirm("read", &id);
    }
    assert_eq!(other.welcomed(&server).next("message")["id"], foreign, "it still waits for its own driver");
    for _ in 0..14 {
        socket.socket().send_text("nonsense");
        socket.next("error");
    }
    assert_eq!(socket.close_code(), 1008);
    for length in [70_000, 2 << 20] {
        let mut socket = phone.welcomed(&server);
        socket.send_event("b", &text(&"x".repeat(length)));
        assert_eq!(socket.close_code(), 1009, "{length}");
    }
    phone.welcomed(&server).silent();
    assert_eq!(events(&account, ours), [] as [Value; 0]);
}

#[test]
fn pairing_codes_cannot_be_guessed() {
    let server = Server::start();
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let code = Phone::code(&account, tracker);
    for body in [json!({}), json!({"code": 1, "phone": "a"}), json!({"code": code, "phone": " "}), json!(null)] {
        assert_eq!(account.api.post("/driver/pair", &body).status, 400, "{body}");
    }
    let mut statuses = Vec::new();
    for n in 0..100 {
        let wrong = format!("{:08}", (code.parse::<u64>().expect("digits") + 1 + n) % 100_000_000);
        let reply = Phone::try_pair(&account, &wrong);
        assert_eq!(reply.header("retry-after").is_some(), reply.status == 429);
        statuses.push((reply.status, reply.body["error"].as_str().expect("a code").to_owned()));
    }
    assert_eq!(statuses[..10], vec![(403, "wrong_code".to_owned()); 10]);
    assert_eq!(statuses[10..], vec![(429, "too_many".to_owned()); 90]);
    assert_eq!(Phone::try_pair(&account, &code).status, 429, "the right one is not looked at either");
    // Another phone, at another address, is not held up; and a code works once.
    let roomy = Server::with(ServerOptions::default().set("ODOGRAPH_DRIVER_PAIR_FAILURES_PER_MINUTE_MAX", "1000"));
    let account = Account::new(&roomy);
    let code = Phone::code(&account, self::tracker(&account));
    let statuses = [0, 1].map(|_| Phone::try_pair(&account, &code).status);
    assert_eq!(statuses, [200, 403]);
}

#[test]
fn a_message_that_waited_too_long_is_not_told() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_MESSAGES_LIFETIME_S", "1"));
    let account = Account::new(&server);
    let tracker = tracker(&account);
    let phone = Phone::pair(&account, tracker);
    write(&account, tracker, "too late");
    eventually("the message is given up", || {
        let mut socket = phone.welcomed(&server);
        socket.send(&json!({"type": "ping"}));
        let first = socket.try_message().expect("an answer");
        (first["type"] == "pong").then_some(())
    });
    assert_eq!(texts(&account, tracker), ["too late"]);
}

#[test]
fn the_pages_are_served_under_a_strict_policy() {
    let server = Server::start();
    let api = server.api();
    for (path, media_type) in
        [("/driver", "text/html; charset=utf-8"), ("/driver/sw.js", "text/javascript; charset=utf-8")]
    {
        let reply = api.get(path);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(media_type)), "{path}");
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!((reply.header("x-content-type-options"), reply.header("set-cookie")), (Some("nosniff"), None));
    }
    assert_eq!(api.get("/driver/nothing.js").status, 404);
}
