//! Bad input is answered, and costs only itself.

use serde_json::{Value, json};
use web::Message;

use super::stage::{FIRST, Stage, of};
use crate::session::SocketOptions;

const A: u32 = FIRST;

fn parsed(texts: &[String]) -> Value {
    let [text] = texts else { panic!("{texts:?}") };
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn each_fault_has_its_answer() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let ended = stage.hash().await;
    stage.logout(&ended).await;
    let panel = stage.fleet.panel_login("admin", "correct horse", stage.now()).await.expect("logged in");
    let never = "0123456789abcdef0123456789abcdef";
    let legacy =
        |hash: &str| format!(r#"{{"action":"subscribe","hash":"{hash}","events":["state"],"trackers":[{A}]}}"#);
    let requests = |requests: &str| format!(r#"{{"action":"subscribe","hash":"{hash}","requests":[{requests}]}}"#);
    let echo = json!({"events": ["state"], "trackers": [A]});
    let check = |message: &str, code: u64, action: &str, data: Option<Value>| {
        let mut client = stage.client();
        let answer = parsed(&client.answers(Message::Text(message)));
        assert_eq!(answer["type"], "error", "{message}");
        assert_eq!((&answer["status"]["code"], &answer["action"]), (&json!(code), &json!(action)), "{message}");
        match data {
            Some(data) => assert_eq!(answer["data"], data, "{message}"),
            None => assert!(answer["data"].is_object(), "{message}"),
        }
        // The connection can be used all the same.
        assert_eq!(client.legacy("subscribe", &hash, &[A]).len(), 2, "{message}");
    };
    check("{", 5, "null", Some(json!("malformed JSON")));
    check("[]", 5, "null", Some(json!("malformed JSON")));
    check("{}", 7, "null", Some(json!("action is required")));
    check(r#"{"action":"foo","a":1}"#, 112, "subscription/foo", Some(json!({"a": 1})));
    check(r#"{"action":"subscribe"}"#, 3, "subscription/subscribe", None);
    check(&legacy("short"), 3, "subscription/subscribe", Some(echo.clone()));
    check(&legacy(never), 3, "subscription/subscribe", Some(echo.clone()));
    check(&legacy(panel.as_str()), 3, "subscription/subscribe", Some(echo.clone()));
    check(&legacy(&ended), 4, "subscription/subscribe", Some(echo));
    check(&format!(r#"{{"action":"subscribe","hash":"{hash}"}}"#), 7, "subscription/subscribe", None);
    check(&requests(""), 7, "subscription/subscribe", None);
    check(&requests(&of("weather", None, "")), 7, "subscription/subscribe", None);
    check(&requests(&of("state", None, r#","format":"short""#)), 7, "subscription/subscribe", None);
    check(&requests(&of("state_batch", None, r#","rate_limit":"5""#)), 7, "subscription/subscribe", None);
}

#[tokio::test]
async fn what_is_no_text_is_answered() {
    let stage = Stage::new(0).await;
    let mut client = stage.client();
    let answer = parsed(&client.answers(Message::Binary(b"{}")));
    assert_eq!((&answer["status"]["code"], &answer["action"]), (&json!(5), &json!("null")));
    let answer = parsed(&client.answers(Message::TooBig));
    assert_eq!((&answer["status"]["code"], &answer["action"]), (&json!(9), &json!("null")));
}

#[tokio::test]
async fn too_many_messages_a_second_are_refused_whatever_they_are() {
    let stage = Stage::with(1, SocketOptions { messages_per_second_max: 3, ..SocketOptions::default() }).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let code = |texts: &[String]| parsed(texts)["status"]["code"].as_u64();
    for _ in 0..10 {
        assert_eq!(client.answers(Message::Text("X")), [""; 0], "heartbeats do not count");
    }
    for _ in 0..3 {
        assert_eq!(code(&client.answers(Message::Binary(b""))), Some(5));
    }
    assert_eq!(client.legacy("subscribe", &hash, &[A]), ["error 15"]);
    assert_eq!(code(&client.answers(Message::Binary(b""))), Some(15));
    stage.wait_ms(1000);
    assert_eq!(client.legacy("subscribe", &hash, &[A])[1..], ["state 1@0"]);
}

#[tokio::test]
async fn a_limit_refuses_its_type_and_leaves_the_others() {
    let stage = Stage::with(2, SocketOptions { state_trackers_max: 1, ..SocketOptions::default() }).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    assert_eq!(client.requests("subscribe", &hash, &of("state", None, "")), ["error 221"]);
    assert!(client.session.holds.is_empty(), "nothing took effect");
    let both = [of("state", None, ""), of("state_batch", None, "")].join(",");
    let said = client.requests("subscribe", &hash, &both);
    let data: Value = serde_json::from_str(&said[0]["ok ".len()..]).expect("JSON");
    assert_eq!(data["state"]["success"], false);
    assert_eq!(data["state"]["status"]["code"], 221);
    assert_eq!(data["state_batch"]["success"], true);
    assert_eq!(said[1..], ["batch 1@0 2@0"]);
    // What is watched already takes no more room.
    for _ in 0..2 {
        assert_eq!(client.legacy("subscribe", &hash, &[A])[1..], ["state 1@0"]);
    }
    assert_eq!(client.legacy("subscribe", &hash, &[A, A + 1]), ["error 221"]);
}
