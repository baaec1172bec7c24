//! What happens to trackers and sessions.

use super::stage::{FIRST, Stage, of};
use crate::errors::Condition;
use crate::wire::{Action, ClientMessage, EventType, Form, Target};

const A: u32 = FIRST;
const B: u32 = FIRST + 1;

#[tokio::test]
async fn a_block_is_told_once_and_nothing_comes_until_it_ends() {
    let stage = Stage::new(1).await;
    let (hash, other) = (stage.hash().await, stage.hash().await);
    let mut client = stage.client();
    client.legacy("subscribe", &hash, &[A]);
    client.requests("subscribe", &hash, &of("state_batch", Some(&[A]), r#","rate_limit":"1s""#));
    client.legacy("subscribe", &other, &[A]);
    stage.wait_ms(1000);
    stage.report(A, 10).await;
    stage.block(A, true).await;
    stage.report(A, 20).await;
    assert_eq!(client.due(), ["block 1"]);
    stage.block(A, false).await;
    assert_eq!(client.due(), ["unblock 1", "state 1@20", "state 1@20", "batch 1@20"]);
}

#[tokio::test]
async fn a_blocked_tracker_can_be_subscribed_to() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    stage.block(A, true).await;
    let mut client = stage.client();
    assert_eq!(client.legacy("subscribe", &hash, &[A]), [r#"ok {"state":{"100001":"blocked"}}"#]);
    stage.report(A, 10).await;
    assert_eq!(client.due(), [""; 0]);
    stage.block(A, false).await;
    assert_eq!(client.due(), ["unblock 1", "state 1@10"]);
}

#[tokio::test]
async fn news_end_with_the_last_subscription() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.legacy("subscribe", &hash, &[A, B]);
    client.legacy("unsubscribe", &hash, &[A]);
    stage.block(A, true).await;
    stage.block(B, true).await;
    assert_eq!(client.due(), ["block 2"]);
}

#[tokio::test]
async fn the_loss_of_a_tracker_is_the_last_that_is_heard_of_it() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.requests("subscribe", &hash, &of("state", None, ""));
    client.requests("subscribe", &hash, &of("state_batch", None, ""));
    stage.report(A, 10).await;
    stage.corrupt(A).await;
    assert_eq!(client.due(), ["corrupt 1"]);
    stage.wait_ms(1000);
    assert_eq!(client.due(), [""; 0]);
    assert_eq!(client.legacy("subscribe", &hash, &[A]), [r#"ok {"state":{"100001":"unknown"}}"#]);
}

#[tokio::test]
async fn a_tracker_that_was_hidden_and_shown_before_anybody_looked_lives() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut all = stage.client();
    all.requests("subscribe", &hash, &of("state", None, ""));
    let mut named = stage.client();
    named.legacy("subscribe", &hash, &[A, B]);
    stage.hide(A, true).await;
    stage.hide(A, false).await;
    stage.report(A, 10).await;
    assert_eq!(all.due(), ["corrupt 1", "state 1@10"]);
    // Subscribed to again, before the loss is told.
    let said = named.legacy("subscribe", &hash, &[A]);
    assert_eq!(said, [r#"ok {"state":{"100001":"normal"}}"#, "corrupt 1", "state 1@10"]);
    stage.report(A, 20).await;
    assert_eq!((all.due(), named.due()), (vec!["state 1@20".to_owned()], vec!["state 1@20".to_owned()]));
}

#[tokio::test]
async fn a_logout_ends_everything_of_its_session_and_the_socket_can_be_used_again() {
    let stage = Stage::new(2).await;
    let (hash, other) = (stage.hash().await, stage.hash().await);
    let mut client = stage.client();
    client.legacy("subscribe", &hash, &[A]);
    client.requests("subscribe", &hash, &of("state_batch", None, ""));
    client.legacy("subscribe", &other, &[B]);
    stage.wait_ms(1000);
    stage.report(A, 10).await;
    stage.logout(&hash).await;
    stage.block(A, true).await;
    stage.report(B, 20).await;
    assert_eq!(client.due(), [r#"logout "session closed""#, "state 2@20"]);
    assert_eq!(client.legacy("subscribe", &hash, &[A]), ["error 4"]);
    stage.block(A, false).await;
    let again = stage.hash().await;
    assert_eq!(client.legacy("subscribe", &again, &[A])[1..], ["state 1@10"]);
    stage.report(A, 30).await;
    assert_eq!(client.due(), ["state 1@30"]);
}

#[tokio::test]
async fn a_session_that_ends_while_it_subscribes_gets_nothing() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let session = stage.session(&hash);
    let mut client = stage.client();
    stage.logout(&hash).await;
    let message = ClientMessage {
        action: Action::Subscribe,
        hash: hash.clone(),
        iso_datetime: None,
        form: Form::Legacy {
            events: vec![EventType::State],
            trackers: Target::Selected(vec![model::TrackerId(A).into()]),
        },
    };
    let done = client.session.carry_out(stage.now(), session, &message, &mut Vec::new());
    assert_eq!(done, Err(Condition::SessionEnded));
    assert!(client.session.holds.is_empty());
    stage.report(A, 10).await;
    assert_eq!(client.due(), [""; 0]);
}
