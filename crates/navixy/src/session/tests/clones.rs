//! Several views of one source, and trackers that change hands.

use model::{TrackerId, UserId};

use super::stage::{FIRST, Stage, of};

const A: u32 = FIRST;
const B: u32 = FIRST + 1;

/// A second user, with a session.
async fn bob(stage: &Stage) -> (UserId, String) {
    let user = stage.user("bob@example.com").await;
    (user, stage.hash_of(user).await)
}

impl Stage {
    async fn clone_for(&self, tracker: u32, user: UserId) -> u32 {
        let made = self.fleet.clone_tracker(&self.panel, TrackerId(tracker), user, "Theirs".into(), self.now());
        made.await.expect("cloned").0
    }

    async fn move_to(&self, tracker: u32, user: UserId) -> u32 {
        self.fleet.move_tracker(&self.panel, TrackerId(tracker), user, self.now()).await.expect("moved").0
    }
}

#[tokio::test]
async fn the_owner_of_a_clone_sees_the_source_and_hears_of_its_blocking() {
    let stage = Stage::new(1).await;
    let (bob, hash) = bob(&stage).await;
    let clone = stage.clone_for(A, bob).await;
    let mut client = stage.client();
    assert_eq!(
        client.legacy("subscribe", &hash, &[A, clone]),
        [&*format!(r#"ok {{"state":{{"{A}":"unknown","{clone}":"normal"}}}}"#), "state 1@0"]
    );
    client.requests("subscribe", &hash, &of("state_batch", None, r#","rate_limit":"1s""#));
    stage.wait_ms(1_000);
    stage.report(A, 10).await;
    assert_eq!(client.due(), ["state 1@10", "batch 1@10"]);
    stage.block(A, true).await;
    stage.report(A, 20).await;
    assert_eq!(client.due(), ["block 1"]);
    stage.wait_ms(1_000);
    stage.block(clone, false).await;
    assert_eq!(client.due(), ["unblock 1", "state 1@20", "batch 1@20"]);
}

#[tokio::test]
async fn two_views_on_one_connection_hear_of_a_blocking_once() {
    let stage = Stage::new(1).await;
    let (bob, theirs) = bob(&stage).await;
    let own = stage.hash().await;
    let clone = stage.clone_for(A, bob).await;
    let mut client = stage.client();
    client.legacy("subscribe", &own, &[A]);
    client.legacy("subscribe", &theirs, &[clone]);
    stage.report(A, 10).await;
    assert_eq!(client.due(), ["state 1@10", "state 1@10"]);
    stage.block(A, true).await;
    stage.block(A, false).await;
    assert_eq!(client.due(), ["block 1", "unblock 1", "state 1@10", "state 1@10"]);
}

#[tokio::test]
async fn a_clone_comes_to_those_who_watch_all_and_goes_alone() {
    let stage = Stage::new(1).await;
    let (bob, theirs) = bob(&stage).await;
    let own = stage.hash().await;
    let (mut ann, mut all) = (stage.client(), stage.client());
    ann.legacy("subscribe", &own, &[A]);
    all.requests("subscribe", &theirs, &of("state", None, ""));
    stage.report(A, 10).await;
    assert_eq!((ann.due(), all.due()), (vec!["state 1@10".to_owned()], vec![]));
    let clone = stage.clone_for(A, bob).await;
    assert_eq!((ann.due(), all.due()), (vec![], vec!["state 1@10".to_owned()]));
    stage.fleet.delete_clone(&stage.panel, TrackerId(clone)).await.expect("removed");
    stage.report(A, 20).await;
    assert_eq!((ann.due(), all.due()), (vec!["state 1@20".to_owned()], vec!["corrupt 1".to_owned()]));
    let said = all.legacy("subscribe", &theirs, &[clone]);
    assert_eq!(said, [format!(r#"ok {{"state":{{"{clone}":"unknown"}}}}"#)]);
}

#[tokio::test]
async fn a_moved_tracker_is_lost_to_its_old_owner_and_comes_to_the_new_one() {
    let stage = Stage::new(2).await;
    let (bob, theirs) = bob(&stage).await;
    let own = stage.hash().await;
    let clone = stage.clone_for(B, bob).await;
    let (mut ann, mut all) = (stage.client(), stage.client());
    ann.requests("subscribe", &own, &of("state", None, ""));
    ann.requests("subscribe", &own, &of("state_batch", None, r#","rate_limit":"1s""#));
    all.requests("subscribe", &theirs, &of("state_batch", None, r#","rate_limit":"1s""#));
    stage.wait_ms(1_000);
    stage.report(A, 10).await;
    let moved = stage.move_to(A, bob).await;
    stage.report(A, 20).await;
    assert_eq!(ann.due(), ["corrupt 1"], "what waited is void");
    assert_eq!(all.due(), ["batch 1@20"]);
    // The clone is no matter of the move, and the old id means nothing any more.
    stage.report(B, 30).await;
    stage.wait_ms(1_000);
    assert_eq!((ann.due(), all.due()), (vec!["state 2@30".into(), "batch 2@30".into()], vec!["batch 2@30".to_owned()]));
    let said = ann.legacy("subscribe", &own, &[A, moved, clone]);
    assert_eq!(said, [format!(r#"ok {{"state":{{"{A}":"unknown","{clone}":"unknown","{moved}":"unknown"}}}}"#)]);
}

#[tokio::test]
async fn the_end_of_an_original_is_told_to_every_owner() {
    let stage = Stage::new(2).await;
    let (bob, theirs) = bob(&stage).await;
    let own = stage.hash().await;
    let clone = stage.clone_for(A, bob).await;
    let (mut ann, mut all) = (stage.client(), stage.client());
    ann.legacy("subscribe", &own, &[A, B]);
    all.legacy("subscribe", &theirs, &[clone]);
    stage.corrupt(A).await;
    assert_eq!((ann.due(), all.due()), (vec!["corrupt 1".to_owned()], vec!["corrupt 1".to_owned()]));
}

#[tokio::test]
async fn the_end_of_an_original_is_told_once_to_who_watches_two_views() {
    let stage = Stage::new(1).await;
    let (bob, theirs) = bob(&stage).await;
    let own = stage.hash().await;
    let clone = stage.clone_for(A, bob).await;
    let mut client = stage.client();
    client.legacy("subscribe", &own, &[A]);
    client.legacy("subscribe", &theirs, &[clone]);
    stage.corrupt(A).await;
    assert_eq!(client.due(), ["corrupt 1"]);
}

/// Locking out the owner of a clone ends that owner's sessions and nothing else.
#[tokio::test]
async fn the_lockout_of_a_clones_owner_does_not_touch_the_original() {
    let stage = Stage::new(1).await;
    let (bob, theirs) = bob(&stage).await;
    let own = stage.hash().await;
    let clone = stage.clone_for(A, bob).await;
    let (mut ann, mut other) = (stage.client(), stage.client());
    ann.legacy("subscribe", &own, &[A]);
    other.legacy("subscribe", &theirs, &[clone]);
    let lock = stage.fleet.update_user(&stage.panel, bob, |user| user.activated = false, stage.now());
    lock.await.expect("changed");
    stage.report(A, 10).await;
    assert_eq!(other.due(), [r#"logout "session closed""#]);
    assert_eq!(ann.due(), ["state 1@10"]);
}

#[tokio::test]
async fn last_messages_of_an_earlier_owner_are_not_shown_to_the_next() {
    let stage = Stage::new(1).await;
    stage.report(A, 40).await;
    stage.wait_ms(1_000);
    let bob = stage.user("bob@example.com").await;
    let hash = stage.hash_of(bob).await;
    let moved = stage.move_to(A, bob).await;
    stage.report(A, 50).await;
    let mut client = stage.client();
    let mut said = client.requests("subscribe", &hash, &of("iot_monitor", Some(&[moved]), ""));
    if said.len() == 1 {
        said.extend(client.due_in_time().await);
    }
    let number = moved - FIRST + 1;
    assert_eq!(said[1..], [format!("messages {number}[50]")]);
}
