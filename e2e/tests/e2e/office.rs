//! The office's own calls over the built program: every answer is held against their document.

use e2e::{Account, Phone, Reply, Server, ServerOptions};
use serde_json::{Map, Value, json};

/// A call of the office with this hash.
fn call(account: &Account, hash: &str, method: &str, parameters: Value) -> Reply {
    let mut body = match parameters {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        other => panic!("parameters are an object, not {other}"),
    };
    body.insert("hash".to_owned(), json!(hash));
    account.api.post(&format!("/panel/office/{method}"), &Value::Object(body))
}

/// As the user, who may.
#[track_caller]
fn done(account: &Account, method: &str, parameters: Value) -> Value {
    call(account, &account.hash, method, parameters).ok()
}

/// A sub-user of the account, to whom this tracker is bound: its hash.
fn subuser(account: &Account, tracker: i64) -> String {
    let user = json!({"login": "helper@example.test", "first_name": "Bo", "last_name": "Ek"});
    let made = account.call("subuser/register", json!({"user": user, "password": "secret"})).ok();
    account.call("subuser/tracker/bind", json!({"subuser_id": made["id"], "trackers": [tracker]})).ok();
    let hash = account.api.login("helper@example.test", "secret").ok();
    hash["hash"].as_str().expect("a hash").to_owned()
}

/// What each list says, with the administrator's hash.
fn lists(account: &Account, tracker: i64) -> Vec<Value> {
    let of_user = ["vehicle/list", "driver/list", "text/list", "form/list"];
    let of_tracker = ["service/list", "pairing/list", "command/list"];
    let list = |method: &str, body: Value| call(account, &account.admin, method, body).ok()["list"].clone();
    let users = of_user.iter().map(|method| list(method, json!({"user_id": account.id})));
    users.chain(of_tracker.iter().map(|method| list(method, json!({"tracker_id": tracker})))).collect()
}

#[test]
fn what_the_office_keeps_outlives_the_server() {
    let mut server = Server::start();
    let mut account = Account::new(&server);
    let van = account.ngp("yard-unit-0007").id;
    let vehicle = json!({"plate": "12-AB-34", "brand": "Mercedes-Benz", "model": "Sprinter"});
    done(&account, "vehicle/update", json!({"tracker_id": van, "vehicle": vehicle}));
    let driver = json!({"name": "Cy", "card": "0000001993887010", "tracker_id": van});
    done(&account, "driver/create", json!({"driver": driver}));
    done(&account, "text/create", json!({"number": 1, "text": "TRAFFIC"}));
    let fields = json!([
        {"label": "Client", "type": "text", "required": true},
        {"label": "State", "type": "choice", "choices": ["whole", "broken"]},
        {"label": "Signed", "type": "signature"},
    ]);
    done(&account, "form/create", json!({"form": {"name": "Delivery", "fields": fields}}));
    let service = json!({"title": "Bread", "position": {"lat": 38.7, "lng": -9.25}, "due": "2026-12-24 18:00:00"});
    done(&account, "service/create", json!({"tracker_id": van, "service": service}));
    let command = json!({"tracker_id": van, "command": "getinfo", "expires_after_s": 3_600});
    call(&account, &account.admin, "command/queue", command).ok();
    let code = done(&account, "pairing/create", json!({"tracker_id": van}));
    assert_eq!(code["code"].as_str().map(str::len), Some(8));

    let before = lists(&account, van);
    let counts: Vec<usize> = before.iter().map(|list| list.as_array().expect("a list").len()).collect();
    assert_eq!(counts, [1, 1, 1, 1, 1, 0, 1]);
    assert_eq!((&before[0][0]["plate"], &before[1][0]["tracker_id"]), (&json!("12-AB-34"), &json!(van)));
    server.kill();
    server.start_again();
    account.api = server.api();
    assert_eq!(lists(&account, van), before);
    let span = json!({"tracker_id": van, "from": "2026-01-01 00:00:00", "to": "2100-01-01 00:00:00"});
    assert_eq!(done(&account, "driver_event/list", span)["list"], json!([]));
}

#[test]
fn only_who_keeps_an_account_sees_what_is_kept() {
    let server = Server::start();
    let account = Account::new(&server);
    let other = Account::named(&server, "other@example.test", "UTC");
    let van = account.ngp("yard-unit-0007").id;
    let helper = subuser(&account, van);
    done(&account, "service/create", json!({"tracker_id": van, "service": {"title": "Bread"}}));
    let key = account.call("api/key/create", json!({"title": "Office"})).ok();
    let key = key["value"]["hash"].as_str().expect("a key").to_owned();
    let of_van = json!({"tracker_id": van});
    let check = |hash: &str, expected: (i64, u16)| {
        assert_eq!(call(&account, hash, "service/list", of_van.clone()).error(), expected, "{hash}");
    };
    check("", (3, 400));
    check("00000000000000000000000000000000", (3, 400));
    check(&helper, (13, 403));
    check(&other.hash, (201, 400));
    for hash in [&account.hash, &account.admin, &key] {
        assert_eq!(call(&account, hash, "service/list", of_van.clone()).ok()["list"][0]["title"], "Bread");
    }
    let set = json!({"user_id": account.id, "enabled": true});
    assert_eq!(call(&account, &account.hash, "device_commands/set", set.clone()).error(), (3, 400));
    call(&account, &account.admin, "device_commands/set", set).ok();
    let read = call(&account, &account.admin, "device_commands/read", json!({"user_id": account.id})).ok();
    assert_eq!(read["enabled"], true);
}

#[test]
fn hostile_texts_come_back_as_they_were_or_not_at_all() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007").id;
    let texts =
        ["<script>alert(1)</script>", "\"}\u{2028}{\"", "'; DROP TABLE users; --", "\u{1F69A} \u{202e}", "\u{0}x"];
    for text in texts {
        let service = json!({"title": text, "note": text});
        let made = done(&account, "service/create", json!({"tracker_id": van, "service": service}))["value"].clone();
        assert_eq!((&made["title"], &made["note"]), (&json!(text), &json!(text)));
    }
    let listed = done(&account, "service/list", json!({"tracker_id": van}))["list"].clone();
    let titles: Vec<&str> = listed.as_array().expect("a list").iter().filter_map(|one| one["title"].as_str()).collect();
    assert_eq!(titles, texts);
    // One line is one line.
    for text in ["two\nlines", "\u{0}", ""] {
        let reply = call(&account, &account.hash, "text/create", json!({"text": text}));
        assert_eq!((reply.error(), &reply.body["errors"][0]["parameter"]), ((7, 400), &json!("text")), "{text:?}");
    }
}

#[test]
fn limits_and_rates_are_the_operators() {
    let options = ServerOptions::default()
        .set("ODOGRAPH_DRIVER_SERVICES_PER_TRACKER_MAX", "1")
        .set("ODOGRAPH_LIMITS_PANEL_REQUESTS_PER_SECOND_MAX", "3");
    let server = Server::with(options);
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007").id;
    let service = json!({"tracker_id": van, "service": {"title": "Bread"}});
    done(&account, "service/create", service.clone());
    assert_eq!(call(&account, &account.hash, "service/create", service).error(), (267, 400));
    let list = || call(&account, &account.admin, "text/list", json!({"user_id": account.id})).status;
    let statuses: Vec<u16> = (0..30).map(|_| list()).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
}

#[test]
fn the_documents_say_what_is_served() {
    let server = Server::start();
    let api = server.api();
    let document = api.get("/docs/office.json").body;
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 30, "{}", paths.len());
    let page = api.get("/docs").text;
    for path in paths.keys() {
        assert!(page.contains(&format!("id=\"{}\"", path.trim_start_matches('/'))), "{path} is not on the page");
        // Without a hash every one of them says so, and so is there.
        assert_eq!(api.post(path, &json!({})).error(), (3, 400), "{path}");
        assert_eq!(api.get(&format!("{path}/")).error(), (3, 400), "{path}/");
    }
    assert!(page.contains("/docs/office.json"));
    assert_eq!(api.post("/panel/office/text/fly", &json!({"hash": "x"})).error(), (112, 400));
}

#[test]
fn a_phones_picture_is_the_offices_to_see_until_and_after_the_phone_goes() {
    // Told from other pictures by how it begins, and text, so that the client of these tests can read it.
    const WEBP: &[u8] = b"RIFF\x10\x00\x00\x00WEBP and so on";
    let server = Server::start();
    let account = Account::new(&server);
    let other = Account::named(&server, "other@example.test", "UTC");
    let (van, cab) = (account.ngp("yard-unit-0007").id, other.ngp("yard-unit-0008").id);
    let phone = Phone::pair(&account, van);
    let form = json!({"name": "Damage", "fields": [{"label": "Photo", "type": "photo", "required": true}]});
    let form = done(&account, "form/create", json!({"form": form}))["id"].clone();
    let photo = phone.upload(&account, "f-1", WEBP).body["file"].clone();
    let mut socket = phone.welcomed(&server);
    let values = json!([{"label": "Photo", "value": photo}]);
    socket.send_event("g-1", &json!({"type": "form", "form": form, "name": "Damage", "values": values}));
    socket.ok("g-1");
    let span = json!({"tracker_id": van, "from": "2020-01-01 00:00:00", "to": "2100-01-01 00:00:00"});
    let event = done(&account, "driver_event/list", span)["list"][0].clone();
    assert_eq!((&event["type"], &event["guid"]), (&json!("form"), &json!("g-1")));
    let value = event["fields"][0]["value"].as_str().expect("a value");
    let file = value.rsplit('/').next().expect("a number").to_owned();
    let picture = |hash: &str, tracker: i64| {
        account.api.get(&format!("/panel/office/file/read?hash={hash}&tracker_id={tracker}&file_id={file}"))
    };
    let check_seen = || {
        for hash in [&account.hash, &account.admin] {
            let reply = picture(hash, van);
            assert_eq!((reply.status, reply.text.as_bytes()), (200, WEBP));
            assert_eq!(reply.header("content-type"), Some("image/webp"));
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        }
    };
    check_seen();
    assert_eq!(picture(&other.hash, van).error(), (201, 400));
    assert_eq!(picture(&other.hash, cab).error(), (201, 400), "by a tracker of one's own");

    let id = done(&account, "pairing/list", json!({"tracker_id": van}))["list"][0]["id"].clone();
    assert_eq!(call(&account, &other.hash, "pairing/delete", json!({"phone_id": id})).error(), (201, 400));
    done(&account, "pairing/delete", json!({"phone_id": id}));
    socket.bye("unpaired", 4401);
    assert_eq!(phone.upload(&account, "f-2", WEBP).status, 401);
    check_seen();
}
