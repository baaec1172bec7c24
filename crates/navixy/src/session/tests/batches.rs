//! States in batches.

use serde_json::{Value, json};
use web::{Gathered, Message, SocketSession};

use super::stage::{FIRST, Stage, of};
use crate::encode::BatchItemShape;
use crate::session::SocketOptions;

const A: u32 = FIRST;
const B: u32 = FIRST + 1;
const C: u32 = FIRST + 2;

#[tokio::test]
async fn the_first_batch_is_sent_at_once_and_the_next_when_its_time_has_come() {
    let stage = Stage::new(3).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let said = client.requests("subscribe", &hash, &of("state_batch", Some(&[C, A, B]), r#","rate_limit":"3s""#));
    assert_eq!(said[1..], ["batch 1@0 2@0 3@0"], "in the order of ids");
    stage.wait_ms(1000);
    stage.report(C, 10).await;
    stage.report(A, 20).await;
    stage.report(C, 30).await;
    assert_eq!(client.due(), [""; 0]);
    let due = client.session.next_deadline().expect("a batch waits");
    assert_eq!(due.since_ms(stage.now()), 2000);
    stage.wait_ms(1999);
    assert_eq!(client.due(), [""; 0]);
    stage.wait_ms(1);
    assert_eq!(client.due(), ["batch 3@30 1@20"], "in the order of first change, each as it is now");
    assert_eq!(client.session.batch, None);
    // Longer ago than the limit: at once.
    stage.wait_ms(10_000);
    assert_eq!(client.due(), [""; 0], "never an empty batch");
    stage.report(B, 40).await;
    assert_eq!(client.due(), ["batch 2@40"]);
}

#[tokio::test]
async fn the_last_limit_holds_and_the_time_starts_anew() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.requests("subscribe", &hash, &of("state_batch", Some(&[A]), r#","rate_limit":"1h""#));
    stage.report(A, 10).await;
    assert_eq!(client.due(), [""; 0]);
    let said = client.requests("subscribe", &hash, &of("state_batch", Some(&[B]), r#","rate_limit":"100ms""#));
    assert_eq!(said[1..], ["batch 1@10 2@0"]);
    stage.report(A, 11).await;
    stage.wait_ms(100);
    assert_eq!(client.due(), ["batch 1@11"]);
}

#[tokio::test]
async fn a_batch_that_has_nothing_to_say_holds_nothing_up() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.requests("subscribe", &hash, &of("state_batch", None, r#","rate_limit":"10s""#));
    stage.wait_ms(1000);
    stage.report(A, 10).await;
    stage.block(A, true).await;
    stage.wait_ms(9000);
    assert_eq!(client.due(), ["block 1"]);
    stage.report(B, 20).await;
    assert_eq!(client.due(), ["batch 2@20"]);
}

#[tokio::test]
async fn a_batch_over_the_limit_of_items_is_followed_by_the_rest() {
    let stage = Stage::with(3, SocketOptions { batch_items_max: 2, ..SocketOptions::default() }).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    let said = client.requests("subscribe", &hash, &of("state_batch", None, r#","rate_limit":"5s""#));
    assert_eq!(said[1..], ["batch 1@0 2@0", "batch 3@0"]);
    stage.report(A, 1).await;
    assert_eq!(client.due(), [""; 0]);
}

#[tokio::test]
async fn an_unblocked_source_is_in_no_batch_before_the_news() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    client.requests("subscribe", &hash, &of("state_batch", None, r#","rate_limit":"5s""#));
    stage.block(A, true).await;
    assert_eq!(client.due(), ["block 1"]);
    stage.wait_ms(5000);
    stage.block(A, false).await;
    // As if the news had come after the look at the queue.
    let (gathered, texts) = client.write(|session, now, out| session.gather_batches(now, out, 1 << 20));
    assert_eq!((gathered, texts.len()), (Gathered::More, 0));
    assert_eq!(client.due(), ["unblock 1", "batch 1@0"]);
}

#[tokio::test]
async fn items_have_the_shape_that_the_operator_chose() {
    let items = async |shape: BatchItemShape| {
        let stage = Stage::with(1, SocketOptions { batch_item_shape: shape, ..SocketOptions::default() }).await;
        let hash = stage.hash().await;
        let mut client = stage.client();
        let request = of("state_batch", None, "");
        let subscribe = format!(r#"{{"action":"subscribe","hash":"{hash}","requests":[{request}]}}"#);
        client.answers(Message::Text(&subscribe));
        let texts = client.due_texts();
        let batch: Value = serde_json::from_str(&texts[0]).expect("JSON");
        batch["data"][0].clone()
    };
    let flat = items(BatchItemShape::Flat).await;
    assert_eq!((flat["source_id"].as_u64(), &flat["state"]), (Some(1_000_000_001), &Value::Null));
    let wrapped = items(BatchItemShape::Wrapped).await;
    let expected = json!({"type": "source_state_event", "tracker_id": A, "source_id": 1_000_000_001, "state": flat});
    assert_eq!(wrapped, expected);
    let both = items(BatchItemShape::Both).await;
    let mut expected = flat.clone();
    expected["type"] = json!("source_state_event");
    expected["tracker_id"] = json!(A);
    expected["state"] = flat;
    assert_eq!(both, expected);
}
