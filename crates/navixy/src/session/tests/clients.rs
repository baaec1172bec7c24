//! Handshakes, heartbeats, lengths and patience.

use web::{CloseReason, Message, SocketSession};

use super::stage::{FIRST, Stage, of};
use crate::session::SocketOptions;

const A: u32 = FIRST;
const ATMOSPHERE: &str = "X-Atmosphere-tracking-id=0&X-atmo-protocol=true";

#[tokio::test]
async fn a_plain_client_is_greeted_by_nothing_and_gets_no_heartbeats() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client();
    assert_eq!(client.opened(), [""; 0]);
    client.legacy("subscribe", &hash, &[A]);
    assert_eq!(client.session.next_deadline(), None);
}

#[tokio::test]
async fn heartbeats_come_after_so_long_without_a_text() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client_with(ATMOSPHERE);
    let greeting = client.opened();
    assert!(greeting[0].ends_with("|30000|X|") && greeting.len() == 1, "{greeting:?}");
    client.legacy("subscribe", &hash, &[A]);
    stage.wait_ms(20_000);
    stage.report(A, 10).await;
    assert_eq!(client.due(), ["state 1@10"]);
    let due = client.session.next_deadline().expect("a heartbeat");
    assert_eq!(due.since_ms(stage.now()), 30_000, "from the last text on");
    stage.wait_ms(30_000);
    let (close, texts) = client.write(|session, now, out| session.tick(now, out));
    assert_eq!((close, texts), (None, vec!["X".to_owned()]));
    let due = client.session.next_deadline().expect("the next");
    assert_eq!(due.since_ms(stage.now()), 30_000);
}

#[tokio::test]
async fn every_text_carries_its_length_if_asked_for() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client_with(&format!("{ATMOSPHERE}&X-Atmosphere-TrackMessageSize=true"));
    let mut texts = client.opened();
    let requests = |event: &str| {
        format!(
            r#"{{"action":"subscribe","hash":"{hash}","requests":[{{"type":"{event}","target":{{"type":"all"}}}}]}}"#
        )
    };
    for message in [&requests("state"), &requests("state_batch"), "{}"] {
        texts.extend(client.answers(Message::Text(message)));
        texts.extend(client.due_texts());
    }
    stage.block(A, true).await;
    texts.extend(client.due_texts());
    stage.wait_ms(30_000);
    texts.extend(client.write(|session, now, out| session.tick(now, out)).1);
    assert_eq!(texts.len(), 8, "greeting, three answers, state, batch, block, heartbeat");
    for text in texts {
        let (length, rest) = text.split_once('|').expect("a length");
        assert_eq!(length.parse(), Ok(rest.encode_utf16().count()), "{text}");
    }
}

#[tokio::test]
async fn noise_is_passed_over() {
    let stage = Stage::new(0).await;
    let mut client = stage.client();
    for noise in ["", " \r\n", "X", " X ", "...ACK...", "4|...ACK..."] {
        assert_eq!(client.answers(Message::Text(noise)), [""; 0], "{noise:?}");
    }
}

#[tokio::test]
async fn who_never_subscribes_is_sent_away_politely() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut idle = stage.client();
    let mut busy = stage.client();
    // Of nothing that there is: no subscription.
    idle.legacy("subscribe", &hash, &[7]);
    busy.legacy("subscribe", &hash, &[A]);
    assert_eq!(idle.session.next_deadline().map(|due| due.since_ms(stage.now())), Some(300_000));
    stage.wait_ms(300_000);
    let (close, _) = idle.write(|session, now, out| session.tick(now, out));
    assert!(matches!(close, Some(CloseReason { code: 1000, .. })), "{close:?}");
    let (close, _) = busy.write(|session, now, out| session.tick(now, out));
    assert_eq!(close, None);
}

#[tokio::test]
async fn a_returning_client_is_told_what_it_missed_after_the_answer() {
    let stage = Stage::new(2).await;
    let hash = stage.hash().await;
    let mut client = stage.client_with(ATMOSPHERE);
    let id = client.opened()[0].split('|').next().expect("an id").to_owned();
    client.legacy("subscribe", &hash, &[A]);
    // It says nothing and is told nothing for long before it goes.
    stage.wait_ms(200_000);
    client.due();
    drop(client);
    stage.block(A, true).await;
    stage.block(FIRST + 1, true).await;
    stage.wait_ms(60_000);
    let mut back = stage.client_with(&format!("X-Atmosphere-tracking-id={id}&X-atmo-protocol=true"));
    assert_eq!(back.opened(), ["X"]);
    let said = back.legacy("subscribe", &hash, &[A]);
    assert_eq!(said, [r#"ok {"state":{"100001":"blocked"}}"#, "block 1"]);
}

/// A client that is away for a moment: it watched, and this happens meanwhile. What it says when it is back, in turn.
async fn after_an_absence(stage: &Stage, watched: &str, happens: impl AsyncFnOnce(), says: &[&str]) -> Vec<String> {
    let hash = stage.hash().await;
    let mut client = stage.client_with(ATMOSPHERE);
    let id = client.opened()[0].split('|').next().expect("an id").to_owned();
    client.requests("subscribe", &hash, watched);
    drop(client);
    happens().await;
    let mut back = stage.client_with(&format!("X-Atmosphere-tracking-id={id}&X-atmo-protocol=true"));
    back.opened();
    let said = says.iter().flat_map(|requests| back.requests("subscribe", &hash, requests));
    said.filter(|text| !text.starts_with("ok ")).collect()
}

#[tokio::test]
async fn what_was_missed_is_told_for_each_of_several_subscriptions() {
    let stage = Stage::new(3).await;
    let one = |n: u32| of("state", Some(&[A + n]), "");
    let watched = format!("{},{},{}", one(0), one(1), one(2));
    let happens = async || {
        for n in 0..3 {
            stage.block(A + n, true).await;
        }
        stage.corrupt(A + 2).await;
    };
    let said = after_an_absence(&stage, &watched, happens, &[&one(0), &one(1), &one(0)]).await;
    assert_eq!(said, ["block 1", "corrupt 3", "block 2"]);
}

#[tokio::test]
async fn who_only_looks_at_messages_is_not_told_what_it_missed() {
    let stage = Stage::new(2).await;
    let look = of("iot_monitor", Some(&[A]), "");
    let happens = async || {
        stage.block(A, true).await;
        stage.corrupt(A + 1).await;
    };
    assert_eq!(after_an_absence(&stage, &look, happens, &[&look]).await, [""; 0]);
}

#[tokio::test]
async fn who_comes_back_and_goes_again_before_it_subscribes_is_told_the_next_time() {
    let stage = Stage::new(1).await;
    let hash = stage.hash().await;
    let mut client = stage.client_with(ATMOSPHERE);
    let id = client.opened()[0].split('|').next().expect("an id").to_owned();
    client.legacy("subscribe", &hash, &[A]);
    drop(client);
    stage.block(A, true).await;
    let back = format!("X-Atmosphere-tracking-id={id}&X-atmo-protocol=true");
    drop(stage.client_with(&back));
    let said = stage.client_with(&back).legacy("subscribe", &hash, &[A]);
    assert_eq!(said[1..], ["block 1"]);
}

#[tokio::test]
async fn so_many_sessions_fit_on_a_connection() {
    let stage = Stage::with(1, SocketOptions { sessions_per_connection_max: 2, ..SocketOptions::default() }).await;
    let mut client = stage.client();
    for expected in ["ok", "ok", "er"] {
        let hash = stage.hash().await;
        let said = client.legacy("subscribe", &hash, &[A]);
        assert_eq!(said[0][..2], *expected);
    }
    assert_eq!(client.session.holds.len(), 2);
}
