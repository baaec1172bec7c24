//! From credentials to a socket that is heard.

use e2e::{Account, ServerOptions, eventually};
use serde_json::{Value, json};

use super::stage::{Client, SESSID, Stage, auth, basic, bind};

/// Conforms to trackit 004, "This is the process to authenticate and use the socket:": a token is validated over HTTP, then the socket is opened and told of it
/// Conforms to trackit 004, "Authentication token": comes from the main API's interface websocketAuth
/// Conforms to trackit 004, "HTTP Request": a POST to /ws/websocketAuth
/// Conforms to trackit 004, "Request example:": credentials in the Authorization header, and a form with the SESSID
/// Conforms to trackit 004, "Authentication": the command auth is answered with success
#[test]
fn the_manuals_way_in() {
    let stage = Stage::new();
    let reply = auth(&stage.account.api, &stage.account.login, &stage.account.password, Some(SESSID));
    let data = json!({"user_id": stage.account.id, "SESSID": SESSID});
    assert_eq!((reply.status, reply.body), (200, json!({"error": false, "message": "", "data": data})));
    for path in ["/", "/socket"] {
        let mut client = Client(e2e::Socket::open_at(&stage.server, path));
        client.say(&json!({"type": "auth", "query": {"user_id": stage.account.id, "SESSID": SESSID}}));
        assert_eq!(client.text(), r#"{"params":{"type":"auth","success":true}}"#);
        client.silent();
    }
}

/// Conforms to trackit 004, "Parameters": the SESSID is a text of 26 characters, and no other is taken
/// Conforms to trackit 004, "Authentication token": without a valid one no socket is authenticated
#[test]
fn what_is_no_token_opens_nothing() {
    let stage = Stage::new();
    let (api, account) = (&stage.account.api, &stage.account);
    for wrong in ["short", "tjMzwqGgzNdDEyyswn3vZxFb-G", "tjMzwqGgzNdDEyyswn3vZxFbWGG"] {
        assert_eq!(auth(api, &account.login, &account.password, Some(wrong)).status, 400, "{wrong}");
    }
    assert_eq!(auth(api, &account.login, "wrong", Some(SESSID)).status, 401);
    assert_eq!(
        api.request("POST", "/ws/websocketAuth", &[], b"").header("www-authenticate").map(|h| &h[..5]),
        Some("Basic")
    );
    let authorization = basic(&account.login, &account.password);
    assert_eq!(api.request("GET", "/ws/websocketAuth", &[("Authorization", &authorization)], b"").status, 405);
    for query in [json!({"user_id": account.id, "SESSID": SESSID}), json!({"user_id": account.id}), Value::Null] {
        let mut client = Client::open(&stage.server);
        client.say(&json!({"type": "auth", "query": query}));
        assert_eq!(client.text(), r#"{"params":{"type":"auth","success":false}}"#);
        assert_eq!(client.close_code(), 4401);
    }
}

#[test]
fn a_token_belongs_to_whom_it_was_bound() {
    let stage = Stage::new();
    let other = Account::named(&stage.server, "other@example.test", "UTC");
    bind(&stage.account.api, &stage.account, Some(SESSID));
    let taken = auth(&other.api, &other.login, &other.password, Some(SESSID));
    assert_eq!(taken.status, 403);
    let made = bind(&other.api, &other, None);
    assert!(made.len() == 26 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{made}");
    let mut client = Client::open(&stage.server);
    client.say(&json!({"type": "auth", "query": {"user_id": stage.account.id, "SESSID": made}}));
    assert_eq!(client.next()["params"]["success"], false);
    let elsewhere = stage.account.api.call("user/get_info", SESSID, Value::Null);
    assert_eq!(elsewhere.body["success"], false, "it opens no door of another dialect");
}

#[test]
fn nothing_is_heard_before_auth_and_not_for_ever() {
    let stage = Stage::with(ServerOptions::default().set("ODOGRAPH_TRACKIT_AUTH_DEADLINE_S", "1"));
    let mut client = Client::open(&stage.server);
    client.say(&json!({"type": "api", "query": {"id": "a", "uid": stage.mobile.id, "cmd": "getio", "CR": false}}));
    assert_eq!(client.next()["params"]["code"], "unauthorized");
    assert_eq!(client.close_code(), 4408);
}

#[test]
fn bad_messages_are_named_and_have_an_end() {
    let stage = Stage::new();
    let mut client = stage.client();
    client.0.send_binary(b"x");
    assert_eq!(
        client.next(),
        json!({"params": {"type": "error", "code": "bad_request", "message": "binary messages are not understood"}})
    );
    for n in 1..20 {
        client.say(&json!({"type": "<script>", "n": n}));
        assert_eq!(client.next()["params"]["message"], "type: is not a known type", "nothing is repeated");
    }
    assert_eq!(client.close_code(), 1008);
    let mut client = stage.client();
    client.0.send_text(&"x".repeat(65_537));
    assert_eq!(client.next()["params"]["code"], "bad_request");
    assert_eq!(client.close_code(), 1009);
}

#[test]
fn a_new_password_ends_the_token_and_its_sockets() {
    let stage = Stage::new();
    let mut client = stage.client();
    stage
        .account
        .panel("user/change_password", json!({"user_id": stage.account.id, "password": "Another-Horse-2!"}))
        .ok();
    assert_eq!(client.text(), r#"{"params":{"type":"logout"}}"#);
    assert_eq!(client.close_code(), 4401);
    let mut again = Client::open(&stage.server);
    again.say(&json!({"type": "auth", "query": {"user_id": stage.account.id, "SESSID": SESSID}}));
    assert_eq!(again.next()["params"]["success"], false);
}

#[test]
fn the_root_without_an_upgrade_is_still_the_page() {
    let stage = Stage::new();
    assert_eq!(stage.account.api.get("/").status, 200);
    assert_eq!(stage.account.api.get("/ws/nothing").status, 404);
}

#[test]
fn a_token_outlives_a_restart_and_what_was_missed_is_told() {
    let mut stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    client.until("connection");
    let alarm = |event| super::feed::with_event(&e2e::Report::default(), event, 1);
    unit.upload(&[alarm(252)]);
    client.until("event");
    stage.server.kill();
    stage.server.start_again();
    let mut unit = stage.unit();
    unit.upload(&[super::feed::with_event(&e2e::Report::default(), 252, 0)]);
    let mut client = Client::open(&stage.server);
    client.say(&json!({"type": "auth", "query": {"user_id": stage.account.id, "SESSID": SESSID}}));
    assert_eq!(client.next()["params"]["success"], true);
    let told = eventually("the restored power", || {
        let event = client.until("event");
        (event["params"]["event"]["eid"] == 3802).then_some(event)
    });
    assert_eq!(told["params"]["record"]["exd"]["bpp"], 0);
}
