//! How calls of the HTTP API are made: forms, hashes, envelopes.

use e2e::{Account, Server, ServerOptions};
use serde_json::{Value, json};

const NEVER_ISSUED: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn json_form_and_query_mean_the_same() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let (api, hash, id) = (&account.api, &account.hash, van.id);
    let json = account.call("tracker/read", json!({"tracker_id": id})).ok();
    let calls = [
        api.post("/v2/tracker/read/", &json!({"hash": hash, "tracker_id": id.to_string()})),
        api.post_form("/v2/tracker/read", &format!("hash={hash}&tracker_id={id}")),
        api.get(&format!("/v2/tracker/read?hash={hash}&tracker_id={id}")),
        api.get(&format!("/tracker/read/?hash={hash}&tracker_id={id}")),
        api.get(&format!("/api-v2/tracker/read?hash={hash}&tracker_id={id}")),
        // The hash in the query of a form's POST, and the body winning over the query.
        api.post_form(&format!("/v2/tracker/read?hash={hash}"), &format!("tracker_id={id}")),
        api.post_form(&format!("/v2/tracker/read?hash={hash}&tracker_id=5"), &format!("tracker_id={id}")),
        // No content type: a brace says JSON, all else is a form.
        api.request(
            "POST",
            "/v2/tracker/read",
            &[],
            format!(" {{\"hash\":\"{hash}\",\"tracker_id\":{id}}}").as_bytes(),
        ),
        api.request("POST", "/v2/tracker/read", &[], format!("hash={hash}&tracker_id={id}").as_bytes()),
    ];
    for (index, reply) in calls.into_iter().enumerate() {
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "call {index}");
        assert_eq!(reply.ok(), json, "call {index}");
    }
    let states = api.get(&format!("/v2/tracker/get_states?hash={hash}&trackers=%5B{id}%5D")).ok();
    assert!(states["states"][id.to_string()].is_object(), "arrays are JSON text in a query: {states}");
    let states = api.post_form("/v2/tracker/get_states", &format!("hash={hash}&trackers=[{id}]")).ok();
    assert!(states["states"][id.to_string()].is_object(), "and in a form: {states}");
}

#[test]
fn the_header_comes_before_body_and_query() {
    let server = Server::start();
    let account = Account::new(&server);
    let hash = &account.hash;
    let call = |value: &str, body: &str| {
        let headers = [("Authorization", value), ("Content-Type", "application/json")];
        account.api.request("POST", "/v2/tracker/list", &headers, body.as_bytes())
    };
    call(&format!("NVX {hash}"), "{}").ok();
    call(&format!("NVX {hash}"), &json!({"hash": NEVER_ISSUED}).to_string()).ok();
    for malformed in [format!("NVX{hash}"), format!("NVX  {hash}"), format!("NVX {NEVER_ISSUED}")] {
        assert_eq!(call(&malformed, &json!({"hash": hash}).to_string()).error(), (3, 400), "{malformed}");
    }
    let body = json!({"hash": hash});
    account.api.post(&format!("/v2/tracker/list?hash={NEVER_ISSUED}"), &body).ok();
}

#[test]
fn errors_carry_code_description_and_status() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let (api, hash) = (&account.api, &account.hash);
    let check = |what: &str, reply: e2e::Reply, expected: (i64, u16)| {
        assert_eq!(reply.error(), expected, "{what}: {}", reply.text);
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "{what}");
    };
    check("unknown resource", api.call("weather/read", hash, Value::Null), (111, 400));
    check("unknown action", api.call("tracker/fly", hash, Value::Null), (112, 400));
    check("other method", api.request("PUT", "/v2/tracker/list", &[], b""), (112, 400));
    let json_type = [("Content-Type", "application/json")];
    check("broken JSON", api.request("POST", "/v2/tracker/list", &json_type, b"{"), (5, 400));
    check("not an object", api.request("POST", "/v2/tracker/list", &json_type, b"[1]"), (5, 400));
    check("no hash", api.post("/v2/tracker/list", &json!({})), (3, 400));
    for odd in [json!(5), json!("short"), json!(NEVER_ISSUED), json!(hash.to_uppercase() + "0"), json!(account.admin)] {
        check(&odd.to_string(), api.post("/v2/tracker/list", &json!({"hash": odd})), (3, 400));
    }
    check("a user's hash in the panel", api.call("panel/user/list", hash, Value::Null), (3, 400));
    check("no id", account.call("tracker/read", Value::Null), (7, 400));
    check("an odd id", account.call("tracker/read", json!({"tracker_id": 1.5})), (7, 400));
    check("unknown tracker", account.call("tracker/read", json!({"tracker_id": 5})), (201, 400));
    check("a source is no tracker", account.call("tracker/read", json!({"tracker_id": van.source_id})), (201, 400));
    // The hash is looked at before the parameters.
    check("order", api.post("/v2/tracker/read", &json!({"hash": NEVER_ISSUED})), (3, 400));

    let reply = account.call("tracker/get_state", json!({"tracker_id": "x"}));
    assert_eq!(reply.body["status"]["description"], "Invalid parameters");
    assert_eq!(reply.body["errors"][0]["parameter"], "tracker_id", "{}", reply.text);
    assert!(reply.body["errors"][0]["error"].is_string(), "{}", reply.text);
    let wrong = api.post("/v2/tracker/list", &json!({"hash": NEVER_ISSUED}));
    assert_eq!(wrong.body["status"]["description"], "Wrong hash", "clients look for the word");
}

#[test]
fn browsers_may_call_from_anywhere() {
    let server = Server::start();
    let headers = [
        ("Origin", "https://app.example.test"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    let reply = server.api().request("OPTIONS", "/v2/tracker/list", &headers, b"");
    assert!((200..300).contains(&reply.status), "{}", reply.status);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let allowed = reply.header("access-control-allow-headers").expect("allowed headers").to_ascii_lowercase();
    for header in ["content-type", "authorization", "nvx-iso-datetime"] {
        assert!(allowed.contains(header), "{allowed}");
    }
    let error = server.api().post("/v2/tracker/list", &json!({}));
    assert_eq!(error.header("access-control-allow-origin"), Some("*"), "errors as well");
}

#[test]
fn iso_dates_by_header_query_and_body() {
    let server = Server::start();
    let account = Account::named(&server, "tokyo@example.test", "Asia/Tokyo");
    let van = account.ngp("yard-unit-0007");
    let (api, hash, id) = (&account.api, &account.hash, van.id);
    let body = json!({"hash": hash, "tracker_id": id}).to_string();
    let headers = [("Content-Type", "application/json"), ("NVX-ISO-DateTime", "true")];
    let replies = [
        api.request("POST", "/v2/tracker/get_state", &headers, body.as_bytes()),
        api.get(&format!("/v2/tracker/get_state?hash={hash}&tracker_id={id}&iso_datetime=true")),
        account.call("tracker/get_state", json!({"tracker_id": id, "iso_datetime": true})),
        account.call("tracker/get_state", json!({"tracker_id": id, "iso_datetime": "true"})),
    ];
    for reply in replies {
        let reply = reply.ok();
        let time = reply["user_time"].as_str().expect("text");
        assert!(time.ends_with("+09:00") && e2e::same_zone_now(time, "Asia/Tokyo"), "{time}");
    }
    let plain = account.call("tracker/get_state", json!({"tracker_id": id})).ok();
    let time = plain["user_time"].as_str().expect("text");
    assert!(!time.contains('T') && e2e::same_zone_now(time, "Asia/Tokyo"), "{time}");
}

#[test]
fn a_user_who_asks_too_often_is_told_so() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_LIMITS_USER_REQUESTS_PER_SECOND_MAX", "5"));
    let account = Account::new(&server);
    let replies: Vec<_> = (0..40).map(|_| account.call("tracker/list", Value::Null)).collect();
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty(), "of 40 calls some are refused");
    assert!(refused.len() < 40, "and some answered");
    for reply in refused {
        assert_eq!(reply.error(), (15, 429));
    }
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let server = Server::start();
    let mut connection = e2e::HttpConnection::open(server.http());
    let head = b"POST /v2/tracker/list HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n\
        Content-Length: 17000000\r\n\r\n";
    connection.send(head).expect("sent");
    // The server may have answered and closed before it has all of it.
    let _ = connection.send(&vec![b' '; 17_000_000]);
    let answer = connection.answer();
    assert_eq!(answer.status, 412);
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(body["status"]["code"], 9, "{body}");
    // Just below 16 MiB is not too large.
    let account = Account::new(&server);
    account.call("tracker/list", json!({"note": "x".repeat((16 << 20) - 1000)})).ok();
}
