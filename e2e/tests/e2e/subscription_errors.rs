//! Every bad message gets its own error, and the connection goes on.

use e2e::{Account, Frame, Server, ServerOptions, Socket};
use serde_json::{Value, json};

const MALFORMED: &str = "Wrong request format";
const INVALID: &str = "Invalid parameters";
const NEVER_ISSUED: &str = "0123456789abcdef0123456789abcdef";

/// A server with a user, and one connection on which all cases run.
struct Bench {
    server: Server,
    account: Account,
    socket: Socket,
}

fn bench() -> Bench {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_LIMITS_MESSAGES_PER_SECOND_MAX", "100000"));
    let account = Account::new(&server);
    let socket = Socket::open(&server);
    Bench { server, account, socket }
}

impl Bench {
    /// The next message is this error; the connection still works afterwards.
    #[track_caller]
    fn expect(&mut self, case: &str, code: i64, description: &str, action: &str) -> Value {
        let error = self.socket.message();
        assert_eq!(error["type"], "error", "{case}: {error}");
        assert_eq!(error["status"], json!({"code": code, "description": description}), "{case}: {error}");
        assert_eq!(error["action"], action, "{case}: {error}");
        self.socket.silent(&self.account.hash);
        error["data"].clone()
    }
}

/// Conforms to navixy 003, "WebSocket Subscription": messages are JSON and nothing else
/// Conforms to navixy 003, "Error Response": what cannot be read at all is answered too
#[test]
fn what_is_not_a_message_is_a_format_error() {
    let mut bench = bench();
    for text in ["{", "subscribe", "[]", "[{\"action\":\"subscribe\"}]", "\"text\"", "7", "null", "true", "{\"a\":1}x"]
    {
        bench.socket.send_text(text);
        let data = bench.expect(text, 5, MALFORMED, "null");
        assert!(data.is_string(), "{text}: {data}");
    }
    bench.socket.send_text(&"[".repeat(100_000));
    assert!(bench.expect("deep nesting", 5, MALFORMED, "null").is_string());
    bench.socket.send_binary(b"{\"action\":\"subscribe\"}");
    assert!(bench.expect("binary", 5, MALFORMED, "null").is_string());
}

#[test]
fn a_message_over_one_mebibyte_is_told_so_and_the_connection_closed() {
    let mut bench = bench();
    bench.socket.send_text(&" ".repeat((1 << 20) + 1));
    let error = bench.socket.message();
    assert_eq!((&error["status"]["code"], &error["action"]), (&json!(9), &json!("null")), "{error}");
    assert!(error["data"].is_string(), "{error}");
    assert_eq!(bench.socket.close_code(), 1009);
    assert!(bench.server.api().is_healthy());
}

#[test]
fn a_message_just_under_the_limit_is_read() {
    let mut bench = bench();
    let mut text = json!({"action": "foo"}).to_string();
    text.push_str(&" ".repeat((1 << 20) - text.len()));
    bench.socket.send_text(&text);
    bench.expect("one mebibyte", 112, "Wrong method", "subscription/foo");
}

/// Conforms to navixy 003, "Subscribe Action: Request": the action is required and must be known
/// Conforms to navixy 003, "Error Response": the action is the request's, or the text null when there is none
#[test]
fn an_action_is_required_and_must_be_known() {
    let mut bench = bench();
    for message in [json!({}), json!({"action": 5}), json!({"action": null}), json!({"hash": NEVER_ISSUED})] {
        bench.socket.send(&message);
        let data = bench.expect(&message.to_string(), 7, INVALID, "null");
        assert_eq!(data, "action is required");
    }
    // An unknown action is judged before the hash.
    bench.socket.send(&json!({"action": "foo", "hash": "x", "events": ["state"], "trackers": [1]}));
    let data = bench.expect("foo", 112, "Wrong method", "subscription/foo");
    assert_eq!(data, json!({"events": ["state"], "trackers": [1]}), "the parameters without action and hash");
}

/// Conforms to navixy 003, "Subscribe Action: Request": the hash is required, 32 characters, and checked
/// Conforms to navixy 003, "Unsubscribe Action: Request": the hash is required and checked as when subscribing
/// Conforms to navixy 003, "Error Response": names its type, the action, code and description, and gives the parameters of the request back
#[test]
fn a_wrong_hash_is_named_in_the_words_of_the_requests_edition() {
    let mut bench = bench();
    let panel = bench.account.admin.clone();
    let upper = bench.account.hash.to_ascii_uppercase();
    let hashes = [
        Value::Null,
        json!(""),
        json!(5),
        json!(NEVER_ISSUED),
        json!("0123"),
        json!(format!("{NEVER_ISSUED}0")),
        json!(panel),
        json!(upper),
    ];
    for action in ["subscribe", "unsubscribe"] {
        for hash in &hashes {
            if *hash == json!(upper) && upper == bench.account.hash {
                continue;
            }
            let legacy = json!({"action": action, "hash": hash, "events": ["state"], "trackers": [5101]});
            bench.socket.send(&legacy);
            let data = bench.expect(&legacy.to_string(), 3, "Wrong user hash", &format!("subscription/{action}"));
            assert_eq!(data, json!({"events": ["state"], "trackers": [5101]}));

            let requests = json!([{"type": "state", "target": {"type": "all"}}]);
            let current = json!({"action": action, "hash": hash, "requests": requests});
            bench.socket.send(&current);
            let data = bench.expect(&current.to_string(), 3, "Wrong hash", &format!("subscription/{action}"));
            assert_eq!(data, json!({"requests": requests}));
        }
    }
    bench.socket.send(&json!({"action": "subscribe", "events": ["state"], "trackers": []}));
    bench.expect("no hash", 3, "Wrong user hash", "subscription/subscribe");
}

#[test]
fn a_session_that_has_ended_is_told_from_one_never_issued() {
    let mut bench = bench();
    let session = bench.account.new_session();
    bench.account.api.call("user/logout", &session, Value::Null).ok();
    bench.socket.send(&json!({"action": "subscribe", "hash": session, "events": ["state"], "trackers": [1]}));
    let description = "User or API key not found or session ended";
    let data = bench.expect("logged out", 4, description, "subscription/subscribe");
    assert_eq!(data, json!({"events": ["state"], "trackers": [1]}));
}

/// Conforms to navixy 003, "Subscribe Action: Request": lists have no nulls and no other types
/// Conforms to navixy 003, "Unsubscribe Action: Request": lists have no nulls and no other types
/// Conforms to navixy 003, "Subscribe Action: Request": events and trackers are required, and an event must be one of those listed
#[test]
fn ill_formed_parameters_are_invalid_and_take_no_effect() {
    let mut bench = bench();
    let van = bench.account.ngp("yard-unit-0007");
    let good = json!({"type": "state", "trackers": [van.id]});
    let cases = [
        json!({}),
        json!({"events": ["state"]}),
        json!({"trackers": [van.id]}),
        json!({"events": [], "trackers": [van.id]}),
        json!({"events": "state", "trackers": [van.id]}),
        json!({"events": ["weather"], "trackers": [van.id]}),
        json!({"events": ["state", "lifecycle"], "trackers": [van.id]}),
        json!({"events": ["state_batch"], "trackers": [van.id]}),
        json!({"events": [null], "trackers": [van.id]}),
        json!({"events": ["state"], "trackers": "all"}),
        json!({"events": ["state"], "trackers": [van.id, null]}),
        json!({"events": ["state"], "trackers": [van.id, 1.5]}),
        json!({"events": ["state"], "trackers": [van.id, {}]}),
        json!({"requests": []}),
        json!({"requests": {}}),
        json!({"requests": [null]}),
        json!({"requests": ["state"]}),
        json!({"requests": [good, {}]}),
        json!({"requests": [good, {"type": "weather", "target": {"type": "all"}}]}),
        json!({"requests": [good, {"type": "state", "target": {"type": "some"}}]}),
        json!({"requests": [good, {"type": "state", "target": {"type": "selected"}}]}),
        json!({"requests": [good, {"type": "state", "target": {"type": "selected", "tracker_ids": [null]}}]}),
        json!({"requests": [good, {"type": "state", "target": "all"}]}),
        json!({"requests": [good, {"type": "state"}]}),
        json!({"requests": [good, {"type": "state", "trackers": [van.id], "format": "short"}]}),
        // The current form decides when both are there.
        json!({"requests": [], "events": ["state"], "trackers": [van.id]}),
    ];
    for parameters in cases {
        let mut message = parameters.clone();
        message["action"] = json!("subscribe");
        message["hash"] = json!(bench.account.hash);
        bench.socket.send(&message);
        let data = bench.expect(&parameters.to_string(), 7, INVALID, "subscription/subscribe");
        let errors = data["errors"].as_array().unwrap_or_else(|| panic!("{parameters}: errors in {data}"));
        assert!(!errors.is_empty(), "{parameters}: {data}");
        for error in errors {
            assert!(error["parameter"].is_string() && error["error"].is_string(), "{parameters}: {data}");
        }
    }
    // Nothing was subscribed by any of them.
    bench.account.block(&van, true);
    bench.socket.silent(&bench.account.hash);
}

#[test]
fn numbers_in_text_and_unknown_members_are_accepted() {
    let mut bench = bench();
    let van = bench.account.ngp("yard-unit-0007");
    bench.socket.send(&json!({"action": "subscribe", "hash": bench.account.hash, "events": ["state"],
        "trackers": [van.id.to_string()], "locale": "en", "rate_limit": 5, "include_components": true}));
    let response = bench.socket.response("subscribe");
    assert_eq!(response["data"]["state"], json!({van.id.to_string(): "normal"}));
}

#[test]
fn more_than_twenty_thousand_selected_trackers_are_too_many() {
    let mut bench = bench();
    let ids: Vec<i64> = (1..=20_001).collect();
    let request = json!({"type": "state", "target": {"type": "selected", "tracker_ids": ids}});
    bench.socket.send(&json!({"action": "subscribe", "hash": bench.account.hash, "requests": [request]}));
    bench.expect("20001", 221, "Device limit exceeded", "subscription/subscribe");
}

#[test]
fn fifty_messages_a_second_are_enough() {
    let server = Server::start();
    let account = Account::new(&server);
    let mut socket = Socket::open(&server);
    for _ in 0..120 {
        socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "events": ["state"], "trackers": []}));
    }
    let mut answered = 0;
    let mut refused = 0;
    for _ in 0..120 {
        let message = socket.message();
        match message["type"].as_str() {
            Some("response") => answered += 1,
            Some("error") => {
                assert_eq!(message["status"]["code"], 15, "{message}");
                refused += 1;
            }
            _ => panic!("unexpected: {message}"),
        }
    }
    assert!(answered >= 50, "fifty of a second are answered, not {answered}");
    assert!(refused > 0, "of 120 at once some are refused");
}

#[test]
fn a_limit_of_state_trackers_holds_when_it_is_set() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_WS_STATE_MAX_TRACKERS", "1"));
    let account = Account::new(&server);
    let (first, second) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
    let mut socket = Socket::open(&server);
    let both = json!({"action": "subscribe", "hash": account.hash, "events": ["state"],
        "trackers": [first.id, second.id]});
    socket.send(&both);
    assert_eq!(socket.message()["status"]["code"], 221);
    socket.subscribe(&account.hash, &[first.id]);
    socket.state_of(first.source_id);
}

#[test]
fn a_broken_frame_closes_the_connection_with_a_protocol_error() {
    use std::io::Write as _;
    let mut bench = bench();
    // An unmasked text frame: clients must mask.
    bench.socket.raw().write_all(&[0x81, 0x01, b'{']).expect("sent");
    assert_eq!(bench.socket.close_code(), 1002);

    let mut socket = Socket::open(&bench.server);
    // Masked with zeros, so that the bytes are what they look like: text that is not UTF-8.
    socket.raw().write_all(&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28]).expect("sent");
    assert_eq!(socket.close_code(), 1007);

    let mut socket = Socket::open(&bench.server);
    socket.raw().write_all(&[0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]).expect("sent");
    // A length of exabytes: told that it is too large, where the server still says something.
    loop {
        match socket.frame() {
            Frame::Text(_) => {}
            Frame::Close(Some((code, _))) => break assert!(matches!(code, 1009 | 1002), "{code}"),
            other => panic!("expected a close with a code, got {other:?}"),
        }
    }
    assert!(bench.server.api().is_healthy());
}
