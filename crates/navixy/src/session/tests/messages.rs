//! The last messages of trackers.

use web::SocketSession;

use super::stage::{Client, FIRST, Stage, of};
use crate::session::SocketOptions;

const A: u32 = FIRST;
const B: u32 = FIRST + 1;
const C: u32 = FIRST + 2;

/// Subscribes, and takes the first packet.
async fn subscribe(client: &mut Client<'_>, hash: &str, ids: Option<&[u32]>, more: &str) -> Vec<String> {
    let mut said = client.requests("subscribe", hash, &of("iot_monitor", ids, more));
    assert!(said[0].starts_with("ok"), "{said:?}");
    if said.len() == 1 {
        said.extend(client.due_in_time().await);
    }
    said.split_off(1)
}

#[tokio::test]
async fn the_first_packet_has_what_was_before_and_the_next_what_is_new() {
    let stage = Stage::new(3).await;
    let hash = stage.hash().await;
    stage.report(A, 40).await;
    stage.report(A, 50).await;
    stage.report(B, 7).await;
    let mut client = stage.client();
    let first = subscribe(&mut client, &hash, Some(&[C, B, A]), r#","rate_limit":"3s""#).await;
    assert_eq!(first, ["messages 1[50,40] 2[7] 3[]"], "all in one, in the order of ids");
    stage.wait_ms(1000);
    stage.report(B, 8).await;
    stage.report(B, 9).await;
    assert_eq!(client.due(), [""; 0]);
    assert_eq!(client.session.next_deadline().map(|due| due.since_ms(stage.now())), Some(2000));
    stage.wait_ms(2000);
    assert_eq!(client.due(), ["messages 2[9,8,7]"]);
    stage.wait_ms(9000);
    assert_eq!(client.due(), [""; 0], "nothing new, no packet");
    stage.report(A, 60).await;
    assert_eq!(client.due(), ["messages 1[60,50,40]"]);
    // Named again, told again.
    let again = subscribe(&mut client, &hash, Some(&[B]), "").await;
    assert_eq!(again, ["messages 2[9,8,7]"]);
}

#[tokio::test]
async fn twelve_messages_are_kept_while_somebody_looks_and_read_anew_after() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    for speed in 1..=20 {
        stage.report(A, speed).await;
    }
    let newest: Vec<_> = (9..=20).rev().map(|speed| speed.to_string()).collect();
    let mut first = stage.client();
    let whole = [format!("messages 1[{}]", newest.join(","))];
    assert_eq!(subscribe(&mut first, &hash, None, "").await, whole);
    let mut second = stage.client();
    assert_eq!(subscribe(&mut second, &hash, None, "").await, whole, "what is known is due at once");
    drop(first);
    drop(second);
    let mut third = stage.client();
    assert_eq!(subscribe(&mut third, &hash, None, "").await, whole);
}

#[tokio::test]
async fn what_is_blocked_is_silent_and_whole_afterwards() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    stage.report(A, 5).await;
    let mut client = stage.client();
    assert_eq!(subscribe(&mut client, &hash, Some(&[A]), r#","rate_limit":"100ms""#).await, ["messages 1[5]"]);
    stage.wait_ms(100);
    stage.report(A, 6).await;
    stage.block(A, true).await;
    stage.report(A, 7).await;
    assert_eq!(client.due(), [""; 0], "no news of its life either");
    stage.block(A, false).await;
    assert_eq!(client.due(), ["messages 1[7,6,5]"]);
}

#[tokio::test]
async fn a_lost_tracker_is_told_by_the_other_subscriptions_only() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut alone = stage.client();
    subscribe(&mut alone, &hash, Some(&[A]), "").await;
    let mut both = stage.client();
    subscribe(&mut both, &hash, Some(&[A]), "").await;
    both.legacy("subscribe", &hash, &[A]);
    stage.corrupt(A).await;
    assert_eq!((alone.due(), both.due()), (vec![], vec!["corrupt 1".to_owned()]));
    let said = alone.requests("unsubscribe", &hash, &of("iot_monitor", Some(&[A]), ""));
    assert_eq!(said, [format!(r#"ok {{"iot_monitor":{{"success":true,"value":{{"{A}":"unknown"}}}}}}"#)]);
}

#[tokio::test]
async fn no_more_trackers_than_allowed() {
    let stage = Stage::with(4, SocketOptions { monitor_trackers_max: 2, ..SocketOptions::default() }).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    assert_eq!(client.requests("subscribe", &hash, &of("iot_monitor", None, "")), ["error 221"]);
    let three = of("iot_monitor", Some(&[A, B, C]), "");
    assert_eq!(client.requests("subscribe", &hash, &three), ["error 221"]);
    let said = client.requests("subscribe", &hash, &format!("{three},{}", of("state_batch", Some(&[A]), "")));
    assert!(said[0].contains(r#""iot_monitor":{"status":{"code":221"#), "{said:?}");
    assert_eq!(said[1..], ["batch 1@0"]);
    // Unknown ones do not count, and known ones count once.
    assert_eq!(subscribe(&mut client, &hash, Some(&[A, 7, 8, 9]), "").await, ["messages 1[]"]);
    assert_eq!(subscribe(&mut client, &hash, Some(&[A, B]), "").await, ["messages 1[] 2[]"]);
    assert_eq!(client.requests("subscribe", &hash, &of("iot_monitor", Some(&[C]), "")), ["error 221"]);
}

#[tokio::test]
async fn a_tracker_gained_later_is_shown_as_far_as_there_is_room() {
    let stage = Stage::with(1, SocketOptions { monitor_trackers_max: 2, ..SocketOptions::default() }).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    subscribe(&mut client, &hash, None, r#","rate_limit":"100ms""#).await;
    stage.register().await;
    stage.register().await;
    stage.wait_ms(100);
    assert_eq!(client.due_in_time().await, ["messages 2[]"]);
    stage.wait_ms(100);
    stage.report(C, 5).await;
    stage.report(B, 6).await;
    assert_eq!(client.due(), ["messages 2[6]"]);
}
