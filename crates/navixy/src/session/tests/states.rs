//! Subscribing to states in both forms, and getting them.

use serde_json::Value;

use super::stage::{FIRST, Stage, of};

const A: u32 = FIRST;
const B: u32 = FIRST + 1;

#[tokio::test]
async fn the_first_form_answers_with_a_bare_map_and_then_the_states_in_request_order() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    stage.report(A, 10).await;
    assert_eq!(
        client.legacy("subscribe", &hash, &[B, A, B, 7]),
        [r#"ok {"state":{"100001":"normal","100002":"normal","7":"unknown"}}"#, "state 2@0", "state 1@10"]
    );
    stage.report(B, 20).await;
    stage.report(B, 20).await;
    stage.report(A, 30).await;
    assert_eq!(client.due(), ["state 2@20", "state 2@20", "state 1@30"], "each report, even within a second");
    assert_eq!(client.legacy("unsubscribe", &hash, &[B, 9]), ["ok [100002,9]"]);
    stage.report(B, 40).await;
    stage.report(A, 50).await;
    assert_eq!(client.due(), ["state 1@50"]);
}

#[tokio::test]
async fn the_second_form_answers_with_value_and_success() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    assert_eq!(
        client.requests("subscribe", &hash, &of("state", Some(&[B, 7]), "")),
        [r#"ok {"state":{"success":true,"value":{"100002":"normal","7":"unknown"}}}"#, "state 2@0"]
    );
    assert_eq!(
        client.requests("unsubscribe", &hash, &of("state", Some(&[B, A]), "")),
        [r#"ok {"state":{"success":true,"value":{"100001":"normal","100002":"normal"}}}"#]
    );
    stage.report(B, 40).await;
    assert_eq!(client.due(), [""; 0]);
}

#[tokio::test]
async fn requests_of_one_type_are_one_and_both_forms_mean_the_same() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let both =
        [of("state", Some(&[B]), ""), of("state_batch", Some(&[A]), ""), of("state", Some(&[A, B]), "")].join(",");
    let said = client.requests("subscribe", &hash, &both);
    assert_eq!(said[1..], ["state 2@0", "state 1@0", "batch 1@0"]);
    let data: Value = serde_json::from_str(&said[0]["ok ".len()..]).expect("JSON");
    assert_eq!(data["state"]["value"].as_object().map(|map| map.len()), Some(2));
    assert_eq!(data["state_batch"]["value"].as_object().map(|map| map.len()), Some(1));
    // Ends what the second form began.
    client.legacy("unsubscribe", &hash, &[A, B]);
    stage.report(A, 5).await;
    stage.wait_ms(1000);
    assert_eq!(client.due(), ["batch 1@5"]);
}

#[tokio::test]
async fn who_subscribes_again_gets_the_present_states_of_what_is_named() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.legacy("subscribe", &hash, &[A, B]);
    assert_eq!(client.legacy("subscribe", &hash, &[B])[1..], ["state 2@0"]);
    stage.report(A, 5).await;
    assert_eq!(client.due(), ["state 1@5"], "once, not twice");
}

#[tokio::test]
async fn the_last_format_holds_for_the_whole_subscription() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let members = |texts: Vec<String>| {
        let message: Value = serde_json::from_str(texts.last().expect("a state")).expect("JSON");
        message["data"].as_object().expect("an object").len()
    };
    client.requests("subscribe", &hash, &of("state", Some(&[A]), ""));
    stage.report(A, 5).await;
    let full = members(client.due_texts());
    client.requests("subscribe", &hash, &of("state", Some(&[A]), r#","format":"compact""#));
    stage.report(A, 6).await;
    assert!(members(client.due_texts()) < full);
}

#[tokio::test]
async fn what_others_own_is_unknown() {
    let stage = Stage::new(1).await;
    let other = stage.user("bob@example.com").await;
    let hash = stage.hash_of(other).await;
    let mut client = stage.client();
    assert_eq!(client.legacy("subscribe", &hash, &[A]), [r#"ok {"state":{"100001":"unknown"}}"#]);
    stage.report(A, 5).await;
    assert_eq!(client.due(), [""; 0]);
}

#[tokio::test]
async fn all_means_what_comes_later_too_but_not_what_was_excluded() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let said = client.requests("subscribe", &hash, &of("state", None, ""));
    assert_eq!(
        said,
        [r#"ok {"state":{"success":true,"value":{"100001":"normal","100002":"normal"}}}"#, "state 1@0", "state 2@0"]
    );
    let third = stage.register().await.0;
    assert_eq!(client.due(), ["state 3@0"]);
    client.requests("unsubscribe", &hash, &of("state", Some(&[A, third]), ""));
    // Hidden and shown again, it is new to the user, but an exception still.
    stage.hide(third, true).await;
    stage.hide(third, false).await;
    stage.hide(B, true).await;
    stage.hide(B, false).await;
    assert_eq!(client.due(), ["corrupt 2", "state 2@0"]);
    for tracker in [A, B, third] {
        stage.report(tracker, 5).await;
    }
    assert_eq!(client.due(), ["state 2@5"]);
    // Named, it is none any more.
    assert_eq!(client.requests("subscribe", &hash, &of("state", Some(&[A]), ""))[1..], ["state 1@5"]);

    let said = client.requests("unsubscribe", &hash, &of("state", None, ""));
    assert_eq!(said, [r#"ok {"state":{"success":true,"value":{"100001":"normal","100002":"normal"}}}"#]);
    stage.register().await;
    stage.report(A, 6).await;
    assert_eq!(client.due(), [""; 0]);
}

#[tokio::test]
async fn exceptions_are_no_more_than_the_trackers_that_there_are() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.requests("subscribe", &hash, &of("state", None, ""));
    let any: Vec<u32> = (1..1000).chain([A]).collect();
    client.requests("unsubscribe", &hash, &of("state", Some(&any), ""));
    let excluded: Vec<_> = client.session.holds[0].subscriptions[0].excluded.iter().map(|id| id.0).collect();
    assert_eq!(excluded, [A]);
}

#[tokio::test]
async fn times_are_in_the_users_zone_and_the_form_asked_for() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let user_time = |texts: Vec<String>| {
        let message: Value = serde_json::from_str(texts.last().expect("a state")).expect("JSON");
        message["user_time"].as_str().expect("text").to_owned()
    };
    client.legacy("subscribe", &hash, &[A]);
    stage.report(A, 5).await;
    assert_eq!(user_time(client.due_texts()), "2026-03-02 10:15:41");
    // A message that is refused changes nothing.
    let many = of("state", Some(&(1..=20_001).collect::<Vec<_>>()), "");
    let refused =
        client.say(&format!(r#"{{"action":"subscribe","hash":"{hash}","iso_datetime":true,"requests":[{many}]}}"#));
    assert_eq!(refused, ["error 221"]);
    stage.report(A, 6).await;
    assert_eq!(user_time(client.due_texts()), "2026-03-02 10:15:41");
    client.say(&format!(
        r#"{{"action":"subscribe","hash":"{hash}","iso_datetime":true,"events":["state"],"trackers":[{A}]}}"#
    ));
    stage.wait_ms(1000);
    stage.report(A, 7).await;
    assert_eq!(user_time(client.due_texts()), "2026-03-02T10:15:42+01:00");
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_and_every_alarm() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.legacy("subscribe", &hash, &[A]);
    // One more than may wait.
    for n in 0..=1024 {
        if n == 3 {
            stage.alarm(A, 203).await;
        }
        stage.report(A, 10 + n % 100).await;
    }
    let said = client.due();
    assert_eq!(said, ["state 1@203", &format!("state 1@{}", 10 + 1024 % 100)]);
}
