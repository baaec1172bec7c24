use super::{PASSWORD, Stage, at, cheap};
use crate::{Bound, EndCause, FleetEvent, FleetOptions, HashError, RenewError, SessidError, Session, SessionKind};

const DAY_S: i64 = 86_400;
const SESSID: &str = "tjMzwqGgzNdDEyyswn3vZxFbWG";

async fn bind(stage: &Stage, session: &Session, s: i64) -> Result<Bound, SessidError> {
    stage.fleet.bind_sessid(session, Some(SESSID), at(s)).await
}

fn authorized(stage: &Stage, session: &Session, s: i64) -> Result<Session, HashError> {
    stage.fleet.authorize_sessid(session.user, SESSID, at(s))
}

async fn two_users() -> (Stage, Session, Session) {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(0)).await;
    stage.events();
    (stage, ann, bob)
}

#[tokio::test]
async fn a_sessid_is_its_users_for_a_day() {
    let (mut stage, ann, bob) = two_users().await;
    let bound = bind(&stage, &ann, 1).await.expect("bound");
    assert_eq!((bound.sessid.expose(), bound.expires), (SESSID, at(1 + DAY_S)));
    assert!(!format!("{bound:?}").contains(SESSID), "it is not for logs");
    let session = authorized(&stage, &ann, 2).expect("bound");
    assert_eq!((session.id, session.user, session.kind), (bound.session, ann.user, SessionKind::Sessid));
    assert_eq!(authorized(&stage, &bob, 2), Err(HashError::Unknown));
    stage.reopen(at(3)).await;
    assert!(authorized(&stage, &ann, DAY_S).is_ok());
    assert_eq!(authorized(&stage, &ann, 1 + DAY_S), Err(HashError::Ended));
    // Nobody but the server hears of the end, by the session's number.
    stage.events();
    stage.fleet.expire(at(1 + DAY_S)).await.expect("swept");
    let told = FleetEvent::SessionEnded { session: bound.session, cause: EndCause::Expired };
    assert!(stage.events().contains(&told));
}

#[tokio::test]
async fn binding_again_and_living_sockets_renew_it() {
    let (stage, ann, _) = two_users().await;
    let bound = bind(&stage, &ann, 1).await.expect("bound");
    let again = bind(&stage, &ann, 1_000).await.expect("bound");
    assert_eq!(again, Bound { expires: at(1_000 + DAY_S), ..bound.clone() });
    assert!(authorized(&stage, &ann, 999 + DAY_S).is_ok());
    stage.fleet.renew_sessid(bound.session, at(2_000)).await.expect("renewed");
    assert!(authorized(&stage, &ann, 1_999 + DAY_S).is_ok());
    let late = stage.fleet.renew_sessid(bound.session, at(2_000 + DAY_S)).await;
    assert_eq!(late, Err(RenewError::Ended));
    assert_eq!(stage.fleet.renew_sessid(ann.id, at(2)).await, Err(RenewError::Ended), "it is no SESSID");
    let session = authorized(&stage, &ann, 3).expect("bound");
    assert_eq!(stage.fleet.renew_session(&session, at(3)).await, Err(RenewError::Ended), "nor the reverse");
}

#[tokio::test]
async fn one_is_made_for_who_brings_none() {
    let (stage, ann, _) = two_users().await;
    let a = stage.fleet.bind_sessid(&ann, None, at(1)).await.expect("bound");
    let b = stage.fleet.bind_sessid(&ann, None, at(1)).await.expect("bound");
    assert_ne!((a.sessid.expose(), a.session), (b.sessid.expose(), b.session));
    let session = stage.fleet.authorize_sessid(ann.user, a.sessid.expose(), at(2)).expect("bound");
    assert_eq!(session.id, a.session);
    for form in ["", "short", "tjMzwqGgzNdDEyyswn3vZxFbW!", "tjMzwqGgzNdDEyyswn3vZxFbWGG"] {
        let refused = stage.fleet.bind_sessid(&ann, Some(form), at(1)).await;
        assert_eq!(refused, Err(SessidError::Malformed), "{form}");
        assert_eq!(stage.fleet.authorize_sessid(ann.user, form, at(1)), Err(HashError::Malformed), "{form}");
    }
}

#[tokio::test]
async fn what_is_anothers_is_taken_until_its_time_is_over() {
    let (stage, ann, bob) = two_users().await;
    let anns = bind(&stage, &ann, 1).await.expect("bound");
    assert_eq!(bind(&stage, &bob, 2).await, Err(SessidError::Taken));
    // Ended early, it is still hers.
    stage.fleet.change_password(&stage.panel, ann.user, "Red-Kite*42xx", at(3)).await.expect("changed");
    assert_eq!(authorized(&stage, &ann, 3), Err(HashError::Ended));
    assert_eq!(bind(&stage, &bob, 3).await, Err(SessidError::Taken));
    let ann = stage.session(ann.user, at(4)).await;
    let again = bind(&stage, &ann, 4).await.expect("bound");
    assert_ne!(again.session, anns.session, "what has ended does not come back");
    stage.events();
    // Its time is over, and nobody has swept yet: whoever is there first gets it, and her sockets hear of it.
    let bobs = bind(&stage, &bob, 4 + DAY_S).await.expect("bound");
    let told = FleetEvent::SessionEnded { session: again.session, cause: EndCause::Expired };
    assert_eq!(stage.events(), [told]);
    assert_eq!(authorized(&stage, &ann, 5 + DAY_S), Err(HashError::Unknown));
    assert_eq!(authorized(&stage, &bob, 5 + DAY_S).map(|s| s.id), Ok(bobs.session));
}

#[tokio::test]
async fn a_sessid_opens_no_other_door_and_no_hash_opens_its() {
    let (stage, ann, _) = two_users().await;
    let hash = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    assert_eq!(stage.fleet.authorize_sessid(ann.user, hash.as_str(), at(1)), Err(HashError::Malformed));
    // Not even where it is cut to the other's form.
    let cut = &hash.as_str()[..26];
    assert_eq!(stage.fleet.authorize_sessid(ann.user, cut, at(1)), Err(HashError::Unknown));
    stage.fleet.bind_sessid(&ann, Some(cut), at(1)).await.expect("bound");
    assert!(stage.fleet.authorize_sessid(ann.user, cut, at(1)).is_ok());
    for text in [cut, SESSID] {
        assert_eq!(stage.fleet.authorize(text, at(1)), Err(HashError::Malformed));
        assert_eq!(stage.fleet.authorize_panel(text, at(1)), Err(HashError::Malformed));
        assert_eq!(stage.fleet.authorize_password_change(text, at(1)), Err(HashError::Malformed));
    }
}

#[tokio::test]
async fn it_ends_with_the_users_other_sessions() {
    for n in 0..4 {
        let (stage, ann, bob) = two_users().await;
        let sub = stage.subuser(&ann, "sub@example.com").await;
        let anns = bind(&stage, &ann, 1).await.expect("bound").session;
        let subs = stage.fleet.bind_sessid(&sub, None, at(1)).await.expect("bound");
        let bobs = stage.fleet.bind_sessid(&bob, None, at(1)).await.expect("bound");
        stage.events();
        let (fleet, panel) = (&stage.fleet, &stage.panel);
        let (cause, subs_too) = match n {
            0 => {
                fleet.change_password(panel, ann.user, "Red-Kite*42xx", at(2)).await.expect("changed");
                (EndCause::PasswordChanged, false)
            }
            1 => {
                fleet.update_user(panel, ann.user, |u| u.activated = false, at(2)).await.expect("changed");
                (EndCause::UserDeactivated, true)
            }
            2 => {
                fleet.corrupt_user(panel, ann.user, "ann@example.com", true, at(2)).await.expect("removed");
                (EndCause::UserRemoved, true)
            }
            _ => {
                fleet.set_password(&ann, PASSWORD, "Red-Kite*42xx", at(2)).await.expect("changed");
                (EndCause::PasswordChanged, false)
            }
        };
        let events = stage.events();
        let is_told = |session| events.contains(&FleetEvent::SessionEnded { session, cause });
        assert_eq!((is_told(anns), is_told(subs.session), is_told(bobs.session)), (true, subs_too, false), "{n}");
        assert_eq!(authorized(&stage, &ann, 2), Err(HashError::Ended), "{n}");
        let sub_now = fleet.authorize_sessid(sub.user, subs.sessid.expose(), at(2));
        assert_eq!(sub_now.is_err(), subs_too, "{n}");
        assert!(fleet.authorize_sessid(bob.user, bobs.sessid.expose(), at(2)).is_ok(), "{n}");
    }
}

#[tokio::test]
async fn who_proved_itself_with_an_old_password_binds_nothing() {
    let (stage, ann, _) = two_users().await;
    let basic = stage.fleet.verify("ann@example.com", PASSWORD, at(1)).await.expect("right");
    bind(&stage, &basic, 1).await.expect("bound");
    stage.fleet.change_password(&stage.panel, ann.user, "Red-Kite*42xx", at(2)).await.expect("changed");
    for old in [&basic, &ann] {
        assert_eq!(bind(&stage, old, 2).await, Err(SessidError::SessionEnded));
    }
    let basic = stage.fleet.verify("ann@example.com", "Red-Kite*42xx", at(2)).await.expect("right");
    bind(&stage, &basic, 2).await.expect("bound");
    stage.fleet.update_user(&stage.panel, ann.user, |u| u.activated = false, at(3)).await.expect("changed");
    assert_eq!(bind(&stage, &basic, 3).await, Err(SessidError::SessionEnded));
}

#[tokio::test]
async fn a_user_has_so_many() {
    let stage = Stage::with(FleetOptions { sessids_per_user_max: 2, live_sessions_per_user_max: 3, ..cheap() }).await;
    let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
    bind(&stage, &ann, 1).await.expect("bound");
    stage.fleet.bind_sessid(&ann, None, at(2)).await.expect("bound");
    assert_eq!(stage.fleet.bind_sessid(&ann, None, at(3)).await, Err(SessidError::TooMany));
    bind(&stage, &ann, 3).await.expect("what is bound may be bound again");
    // Sessions and SESSIDs do not count against each other.
    stage.fleet.login("ann@example.com", PASSWORD, at(3)).await.expect("logged in");
    // One whose time is over does not count, even before the timer has run.
    stage.fleet.bind_sessid(&ann, None, at(2 + DAY_S)).await.expect("bound");
}
