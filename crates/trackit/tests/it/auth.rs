//! Who gets in, and who is shown the door.

use model::{Timestamp, UserId};
use serde_json::{Value, json};
use trackit::TrackitOptions;
use web::Message;

use crate::stage::{SESSID, Stage, auth};

fn refused() -> Value {
    json!({"params": {"type": "auth", "success": false}})
}

fn code(message: &Value) -> &str {
    message["params"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_wrong_pair_is_refused_and_closed() {
    let stage = Stage::new().await;
    stage.bind("ann@example.com", SESSID).await;
    let bob = stage.user("bob@example.com").await;
    for wrong in [
        auth(bob, SESSID),
        auth(UserId(9_999), SESSID),
        auth(stage.ann, "tjMzwqGgzNdDEyyswn3vZxFbWg"),
        auth(stage.ann, "short"),
        r#"{"type":"auth"}"#.to_owned(),
        json!({"type": "auth", "query": {"user_id": stage.ann.0.to_string(), "SESSID": SESSID}}).to_string(),
        json!({"type": "auth", "query": {"user_id": -1, "SESSID": SESSID}}).to_string(),
    ] {
        let mut client = stage.client();
        assert_eq!(client.hear(Message::Text(&wrong)), [refused()], "{wrong}");
        assert_eq!(client.close_code(), Some(4401), "{wrong}");
    }
}

#[tokio::test]
async fn nothing_else_is_heard_before() {
    let stage = Stage::new().await;
    stage.bind("ann@example.com", SESSID).await;
    let mut client = stage.client();
    let command = json!({"type": "api", "query": {"id": "a", "uid": 1, "cmd": "getio", "CR": false}}).to_string();
    for message in [Message::Text(&command), Message::Text("{"), Message::Binary(b"x")] {
        let answers = client.hear(message);
        assert_eq!(answers.iter().map(code).collect::<Vec<_>>(), ["unauthorized"], "{message:?}");
    }
    assert_eq!(client.due(), Vec::<Value>::new(), "the socket stays open");
    assert_eq!(client.say(&auth(stage.ann, SESSID))[0]["params"]["success"], true);
}

#[tokio::test]
async fn who_says_nothing_for_ten_seconds_is_shown_the_door() {
    let stage = Stage::new().await;
    stage.bind("ann@example.com", SESSID).await;
    let (mut silent, mut known) = (stage.client(), stage.client());
    known.say(&auth(stage.ann, SESSID));
    let in_10_s: Option<Timestamp> = Some(stage.now().plus_ms(10_000));
    assert_eq!(silent.next_deadline(), in_10_s);
    stage.wait_ms(9_999);
    assert_eq!(silent.tick(), None);
    stage.wait_ms(1);
    assert_eq!((silent.tick(), known.tick()), (Some(4408), None));
}

#[tokio::test]
async fn refused_attempts_count_by_login_and_successes_do_not() {
    let options = TrackitOptions { refused_per_login_per_minute_max: 3, ..TrackitOptions::default() };
    let stage = Stage::with(options).await;
    stage.bind("ann@example.com", SESSID).await;
    let attempt = |sessid: &str| {
        let mut client = stage.client();
        client.say(&auth(stage.ann, sessid))[0]["params"]["success"] == true
    };
    for _ in 0..10 {
        assert!(attempt(SESSID));
    }
    for _ in 0..3 {
        assert!(!attempt("AAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }
    assert!(!attempt(SESSID), "nobody is heard under this login now");
    stage.wait_ms(60_000);
    assert!(attempt(SESSID));
}

#[tokio::test]
async fn bad_messages_are_named_and_too_many_end_it() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    let check = |answers: &[Value], message: &str| {
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0], json!({"params": {"type": "error", "code": "bad_request", "message": message}}));
    };
    check(&client.say("{"), "not JSON");
    check(&client.say("[]"), "must be an object");
    check(&client.say(r#"{"type":"fly"}"#), "type: is not a known type");
    check(&client.say(r#"{"type":"api","query":{"id":"a","uid":"1"}}"#), "query.uid: must be an integer");
    check(&client.hear(Message::Binary(b"x")), "binary messages are not understood");
    for _ in 5..19 {
        check(&client.say("x"), "not JSON");
    }
    assert_eq!(client.close_code(), None);
    stage.wait_ms(60_000);
    for _ in 0..19 {
        check(&client.say("x"), "not JSON");
    }
    assert_eq!(client.close_code(), None, "those of the minute before do not count");
    check(&client.hear(Message::Text("x")), "not JSON");
    assert_eq!(client.close_code(), Some(1008));
}

#[tokio::test]
async fn more_than_64_kib_ends_it() {
    let stage = Stage::new().await;
    for message in [Message::TooBig, Message::Text(&"x".repeat(65_537))] {
        let mut client = stage.authorized().await;
        let answers = client.hear(message);
        assert_eq!(answers[0]["params"]["message"], "a message may have at most 65536 bytes");
        assert_eq!(client.close_code(), Some(1009));
    }
}

#[tokio::test]
async fn the_end_of_the_session_is_told_and_ends_the_socket() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    stage.fleet.change_password(&stage.panel, stage.ann, "Another-Kite*42x", stage.now()).await.expect("changed");
    let (due, close) = client.gather();
    assert_eq!(due, [json!({"params": {"type": "logout"}})]);
    assert_eq!(close.map(|close| close.code), Some(4401));
    let mut again = stage.client();
    assert_eq!(again.say(&auth(stage.ann, SESSID)), [refused()]);
}

#[tokio::test]
async fn a_client_that_says_auth_over_and_over_has_one_renewal_under_way() {
    let stage = Stage::new().await;
    let mut client = stage.authorized().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..50 {
        assert_eq!(client.hear(Message::Text(&auth(stage.ann, SESSID)))[0]["params"]["success"], true);
    }
    assert!(tasks() <= before + 1, "{} of {before}", tasks());
}
