//! What the fleet decides, as connections hear of it.

use fleet::TrackerEdit;
use live::LaneKind;

use crate::stage::{Stage, now, report, said};

#[tokio::test]
async fn block_and_unblock_reach_a_connection_once_however_often_it_watches() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _first) = stage.watch(&stage.session, tracker, &source);
    let (_, other) = stage.session_of_user().await;
    stage.engine.attach(other.id, other.user, &connection);
    let lane = connection.open_lane(other.id, LaneKind::Stream).expect("a lane");
    let (_second, blocked) = connection.watch(lane, tracker, &source);
    assert!(!blocked);
    stage.store(&source, vec![report(1)]).await;
    assert_eq!(said(&connection), ["s1", "s1"]);

    stage.store(&source, vec![report(2)]).await;
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    stage.store(&source, vec![report(3)]).await;
    assert_eq!(said(&connection), ["block"], "what waited is void");
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("still blocked");
    assert_eq!(said(&connection), [""; 0]);

    stage.fleet.set_source_blocked(&stage.panel, tracker, false).await.expect("unblocked");
    assert_eq!(said(&connection), ["unblock", "s3", "s3"]);
}

#[tokio::test]
async fn a_watch_of_a_blocked_source_is_silent_until_it_is_unblocked() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    let (connection, watch) = stage.watch(&stage.session, tracker, &source);
    watch.mark();
    stage.store(&source, vec![report(1)]).await;
    assert_eq!(said(&connection), [""; 0]);
    stage.fleet.set_source_blocked(&stage.panel, tracker, false).await.expect("unblocked");
    assert_eq!(said(&connection), ["unblock", "s1"]);
}

#[tokio::test]
async fn nothing_follows_the_loss_of_a_tracker() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, watch) = stage.watch(&stage.session, tracker, &source);
    assert!(!watch.is_over());
    let hide = |hidden| TrackerEdit { hidden: Some(hidden), ..TrackerEdit::default() };
    stage.fleet.update_tracker(&stage.panel, tracker, hide(true)).await.expect("hidden");
    assert!(watch.is_over());
    // All of this before the session looks.
    stage.fleet.update_tracker(&stage.panel, tracker, hide(false)).await.expect("shown");
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    stage.fleet.set_source_blocked(&stage.panel, tracker, false).await.expect("unblocked");
    stage.store(&source, vec![report(1)]).await;
    assert_eq!(said(&connection), ["corrupt".to_owned(), format!("added {tracker}")]);
}

#[tokio::test]
async fn the_removal_of_a_tracker_is_told_once() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    let (bystander, _other) = stage.watch(&stage.session, tracker, &stage.register("2").await.1);
    assert_eq!(said(&connection).len(), 1, "the second tracker is news to this user's connections");
    stage.fleet.panel_corrupt_tracker(&stage.panel, tracker, true).await.expect("removed");
    assert_eq!(said(&connection), ["corrupt"]);
    // It watched another source, though by the same tracker's name.
    assert_eq!(said(&bystander), [""; 0]);
}

#[tokio::test]
async fn the_end_of_a_session_is_the_last_that_is_heard_of_it() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (_, session) = stage.session_of_user().await;
    let (connection, _watch) = stage.watch(&session, tracker, &source);
    let (other, _kept) = stage.watch(&stage.session, tracker, &source);
    stage.fleet.logout(session.id, now()).await.expect("ended");
    stage.fleet.logout(session.id, now()).await.expect("ended already");
    stage.store(&source, vec![report(1)]).await;
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    assert_eq!(said(&connection), ["logout"]);
    assert_eq!(said(&other), ["block"], "another session goes on");
}

#[tokio::test]
async fn a_connection_that_let_go_of_a_session_hears_nothing_of_its_end() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, _watch) = stage.watch(&stage.session, tracker, &source);
    stage.engine.detach(stage.session.id, &connection);
    stage.fleet.logout(stage.session.id, now()).await.expect("ended");
    assert_eq!(said(&connection), [""; 0]);
}

#[tokio::test]
async fn every_view_of_a_source_hears_of_it_and_loses_itself_alone() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let bob = stage.user("bob@example.com").await;
    let clone = stage.fleet.clone_tracker(&stage.panel, tracker, bob.user, "Theirs".into(), now()).await;
    let clone = clone.expect("cloned");
    let (own, _first) = stage.watch(&stage.session, tracker, &source);
    let (theirs, second) = stage.watch(&bob, clone, &source);
    // One connection that watches both views.
    let lane = own.open_lane(bob.id, LaneKind::Stream).expect("a lane");
    let (_third, _) = own.watch(lane, clone, &source);
    stage.fleet.set_source_blocked(&stage.panel, tracker, true).await.expect("blocked");
    stage.fleet.set_source_blocked(&stage.panel, clone, false).await.expect("unblocked");
    assert_eq!(said(&own), ["block", "unblock", "s-1", "s-1"]);
    assert_eq!(said(&theirs), ["block", "unblock", "s-1"]);

    stage.fleet.delete_clone(&stage.panel, clone).await.expect("removed");
    stage.store(&source, vec![report(1)]).await;
    assert_eq!(said(&theirs), ["corrupt"]);
    assert!(second.is_over());
    assert_eq!(said(&own), ["corrupt", "s1"], "the other view goes on");
}

#[tokio::test]
async fn a_moved_tracker_is_lost_to_the_old_owner_and_news_to_the_new_one() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let bob = stage.user("bob@example.com").await;
    let (old, watch) = stage.watch(&stage.session, tracker, &source);
    let new = stage.engine.connect();
    stage.engine.attach(bob.id, bob.user, &new);
    let moved = stage.fleet.move_tracker(&stage.panel, tracker, bob.user, now()).await.expect("moved");
    stage.store(&source, vec![report(1)]).await;
    assert_eq!(said(&old), ["corrupt"]);
    assert!(watch.is_over());
    assert_eq!(said(&new), [format!("added {moved}")]);
    assert!(stage.engine.is_current(&source), "the source is the same");
}

#[tokio::test]
async fn a_source_that_nobody_sees_any_more_is_not_shown_as_it_was_then() {
    let stage = Stage::new().await;
    let (tracker, source) = stage.register("1").await;
    let (connection, watch) = stage.watch(&stage.session, tracker, &source);
    stage.store(&source, vec![report(1)]).await;
    let hide = |hidden| TrackerEdit { hidden: Some(hidden), ..TrackerEdit::default() };
    stage.fleet.update_tracker(&stage.panel, tracker, hide(true)).await.expect("hidden");
    // The session has not looked yet, and holds on to its watch.
    stage.store(&source, vec![report(2)]).await;
    assert_eq!(stage.state(source.id()).newest, Some(crate::stage::at(2)));
    stage.fleet.update_tracker(&stage.panel, tracker, hide(false)).await.expect("shown");
    let (again, second) = stage.watch(&stage.session, tracker, &source);
    second.mark();
    assert_eq!(said(&again), ["s2"]);
    drop((connection, watch));
}
