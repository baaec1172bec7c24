//! Login and password with every request, and who may send commands of its own wording.

use model::UserId;

use super::{PASSWORD, Stage, at, cheap};
use crate::{FleetOptions, LoginError, Session, SessionKind, UserError};

const LOGIN: &str = "ann@example.com";
const OTHER_PASSWORD: &str = "Red-Kite*42xx";

async fn verify(stage: &Stage, password: &str, s: i64) -> Result<Session, LoginError> {
    stage.fleet.verify(LOGIN, password, at(s)).await
}

#[tokio::test]
async fn a_right_pair_is_a_session_for_the_request() {
    let stage = Stage::new().await;
    let user = stage.user(LOGIN).await;
    let session = stage.fleet.verify("ANN@example.com", PASSWORD, at(1)).await.expect("right");
    assert_eq!((session.user, session.owner, session.kind), (user, user, SessionKind::Basic));
    assert_eq!(session, verify(&stage, PASSWORD, 2).await.expect("right"), "remembered or not, it is the same");
    let own = stage.session(user, at(1)).await;
    assert_ne!(session.id, own.id);
    assert_eq!((session.rights, session.zone), (own.rights, own.zone));
    // No session was started: as many as the user may have can still be.
    assert_eq!(stage.fleet.shared.memory().sessions.get(session.id), None);
}

#[tokio::test]
async fn pairs_are_refused_as_logins_are() {
    let stage = Stage::new().await;
    let user = stage.user(LOGIN).await;
    assert_eq!(verify(&stage, "wrong", 1).await, Err(LoginError::WrongLoginOrPassword));
    let nobody = stage.fleet.verify("eve@example.com", PASSWORD, at(1)).await;
    assert_eq!(nobody, Err(LoginError::WrongLoginOrPassword));
    // Where the login ends and the password begins is told apart.
    assert!(verify(&stage, PASSWORD, 1).await.is_ok());
    let shifted = stage.fleet.verify("ann@example.co", &format!("m {PASSWORD}"), at(1)).await;
    assert_eq!(shifted, Err(LoginError::WrongLoginOrPassword));
    let activate = async |on: bool| stage.fleet.update_user(&stage.panel, user, move |u| u.activated = on, at(2)).await;
    activate(false).await.expect("changed");
    assert_eq!(verify(&stage, PASSWORD, 2).await, Err(LoginError::NotActivated));
    activate(true).await.expect("changed");
    assert!(verify(&stage, PASSWORD, 3).await.is_ok());
    stage.fleet.corrupt_user(&stage.panel, user, LOGIN, true, at(4)).await.expect("removed");
    assert_eq!(verify(&stage, PASSWORD, 4).await, Err(LoginError::WrongLoginOrPassword));
}

#[tokio::test]
async fn a_new_password_voids_what_is_remembered() {
    let stage = Stage::new().await;
    let user = stage.user(LOGIN).await;
    let old = verify(&stage, PASSWORD, 1).await.expect("right");
    stage.fleet.change_password(&stage.panel, user, OTHER_PASSWORD, at(2)).await.expect("changed");
    assert_eq!(verify(&stage, PASSWORD, 2).await, Err(LoginError::WrongLoginOrPassword));
    let new = verify(&stage, OTHER_PASSWORD, 2).await.expect("right");
    assert_ne!(new.id, old.id);
    // By a token from a mail.
    let restore = stage.fleet.begin_restore(LOGIN, at(3)).await.expect("made");
    let token = stage.fleet.authorize_password_change(restore.hash.as_str(), at(3)).expect("live");
    stage.fleet.restore_password(token, "Green-Kite*42", at(3)).await.expect("changed");
    assert_eq!(verify(&stage, OTHER_PASSWORD, 3).await, Err(LoginError::WrongLoginOrPassword));
    assert!(verify(&stage, "Green-Kite*42", 3).await.is_ok());
}

#[tokio::test]
async fn a_locked_name_is_refused_whatever_is_remembered() {
    let options = FleetOptions { login_failures_max: 2, login_window_s: 100, basic_cache_s: 1_000, ..cheap() };
    let stage = Stage::with(options).await;
    stage.user(LOGIN).await;
    for s in 0..10 {
        assert!(verify(&stage, PASSWORD, s).await.is_ok(), "successes never count");
    }
    for s in 10..12 {
        assert_eq!(verify(&stage, "wrong", s).await, Err(LoginError::WrongLoginOrPassword));
    }
    assert_eq!(verify(&stage, PASSWORD, 12).await, Err(LoginError::TooManyFailures));
    // One count for this door and the other.
    assert_eq!(stage.fleet.login(LOGIN, PASSWORD, at(12)).await, Err(LoginError::TooManyFailures));
    assert!(verify(&stage, PASSWORD, 111).await.is_ok());
}

#[tokio::test]
async fn a_remembered_pair_costs_no_password_hash() {
    let stage = Stage::with(FleetOptions { hash_workers: 1, hash_queue_max: 0, ..cheap() }).await;
    stage.user(LOGIN).await;
    verify(&stage, PASSWORD, 1).await.expect("right");
    // The only place for hashing is taken until the end of this test.
    let (release, wait) = std::sync::mpsc::sync_channel::<()>(1);
    let mut working = Box::pin(stage.fleet.hashers.run(move || wait.recv().is_ok()));
    std::future::poll_fn(|cx| std::task::Poll::Ready(working.as_mut().poll(cx).is_pending())).await;
    assert!(verify(&stage, PASSWORD, 300).await.is_ok());
    assert_eq!(verify(&stage, "wrong", 300).await, Err(LoginError::Busy));
    assert_eq!(verify(&stage, PASSWORD, 301).await, Err(LoginError::Busy), "its time is over");
    release.send(()).expect("received");
    assert_eq!(working.await, Ok(Some(true)));
    assert!(verify(&stage, PASSWORD, 301).await.is_ok());
}

#[tokio::test]
async fn commands_in_own_words_are_an_administrators_to_allow() {
    let mut stage = Stage::new().await;
    let ann = stage.session(stage.user(LOGIN).await, at(1)).await;
    let sub = stage.subuser(&ann, "sub@example.com").await;
    let may = |stage: &Stage| [&ann, &sub].map(|session| stage.fleet.may_order_freely(session));
    assert_eq!(may(&stage), [false, false]);
    let allow = async |stage: &Stage, user: UserId, on: bool| {
        stage.fleet.set_device_commands(&stage.panel, user, on).await.expect("set");
    };
    allow(&stage, sub.user, true).await;
    assert_eq!(may(&stage), [false, false], "its master may not");
    allow(&stage, ann.user, true).await;
    assert_eq!(may(&stage), [true, true]);
    stage.reopen(at(2)).await;
    assert_eq!(may(&stage), [true, true]);
    allow(&stage, sub.user, false).await;
    assert_eq!(may(&stage), [true, false]);
    assert_eq!(stage.fleet.set_device_commands(&stage.panel, UserId(7), true).await, Err(UserError::NotFound));
    stage.fleet.corrupt_user(&stage.panel, ann.user, LOGIN, true, at(3)).await.expect("removed");
    assert_eq!(stage.fleet.set_device_commands(&stage.panel, ann.user, true).await, Err(UserError::NotFound));
}
