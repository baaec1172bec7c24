use model::UserId;

use super::{ADMIN_PASSWORD, PASSWORD, Stage, at, cheap, new_user};
use crate::{
    EndCause, FleetEvent, FleetOptions, HashCost, HashError, LoginError, NewUser, SessionError, SessionHash, Zone,
};

const DAY_S: i64 = 86_400;

#[tokio::test]
async fn a_login_gives_a_session_of_the_user() {
    let stage = Stage::new().await;
    let user = stage.user("Ann@Example.com").await;
    let hash = stage.fleet.login("ann@EXAMPLE.com", PASSWORD, at(1)).await.expect("logged in");
    let session = stage.fleet.authorize(hash.as_str(), at(1)).expect("live");
    assert_eq!((session.user, session.zone.name()), (user, "Europe/Berlin"));
    let other = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    assert_ne!(hash, other);
    assert_ne!(stage.fleet.authorize(other.as_str(), at(1)).expect("live").id, session.id);
}

#[tokio::test]
async fn logins_are_refused_for_their_reasons() {
    let stage = Stage::new().await;
    stage.user("ann@example.com").await;
    let asleep = NewUser { activated: false, ..new_user("bob@example.com") };
    stage.fleet.create_user(&stage.panel, asleep, at(0)).await.expect("created");
    let check = async |login: &str, password: &str, expected: LoginError| {
        assert_eq!(stage.fleet.login(login, password, at(1)).await, Err(expected), "{login} {password}");
    };
    check("ann@example.com", "Blue-Kite*42y", LoginError::WrongLoginOrPassword).await;
    check("ann@example.com", "", LoginError::WrongLoginOrPassword).await;
    check("eve@example.com", PASSWORD, LoginError::WrongLoginOrPassword).await;
    check("admin", ADMIN_PASSWORD, LoginError::WrongLoginOrPassword).await;
    check("bob@example.com", PASSWORD, LoginError::NotActivated).await;
    check("bob@example.com", "Blue-Kite*42y", LoginError::WrongLoginOrPassword).await;
    let panel = stage.fleet.panel_login("ann@example.com", PASSWORD, at(1)).await;
    assert_eq!(panel, Err(LoginError::WrongLoginOrPassword));
}

#[tokio::test]
async fn hashes_are_refused_for_their_reasons() {
    let stage = Stage::new().await;
    stage.user("ann@example.com").await;
    let user = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    let panel = stage.fleet.panel_login("admin", ADMIN_PASSWORD, at(1)).await.expect("logged in");
    let check = |hash: &str, as_user: Option<HashError>, as_panel: Option<HashError>| {
        assert_eq!(stage.fleet.authorize(hash, at(2)).err(), as_user, "{hash}");
        assert_eq!(stage.fleet.authorize_panel(hash, at(2)).err(), as_panel, "{hash}");
    };
    check("", Some(HashError::Malformed), Some(HashError::Malformed));
    let upper = user.as_str().to_uppercase() + "A";
    check(
        &upper[..32].replace(|c: char| c.is_ascii_digit(), "A"),
        Some(HashError::Malformed),
        Some(HashError::Malformed),
    );
    check("0123456789abcdef0123456789abcdef", Some(HashError::Unknown), Some(HashError::Unknown));
    check(user.as_str(), None, Some(HashError::WrongKind));
    check(panel.as_str(), Some(HashError::WrongKind), None);
}

#[tokio::test]
async fn nothing_of_a_hash_or_password_is_on_the_disk() {
    let stage = Stage::new().await;
    stage.user("ann@example.com").await;
    let hash = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    for file in std::fs::read_dir(stage.dir.path()).expect("folder") {
        let bytes = std::fs::read(file.expect("file").path()).expect("readable");
        for secret in [hash.as_str(), PASSWORD, ADMIN_PASSWORD] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_logout_ends_one_session_once() {
    let mut stage = Stage::new().await;
    stage.user("ann@example.com").await;
    let hash = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    let other = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    let session = stage.fleet.authorize(hash.as_str(), at(1)).expect("live").id;
    stage.events();
    stage.fleet.logout(session, at(2)).await.expect("ended");
    stage.fleet.logout(session, at(3)).await.expect("nothing to do");
    assert_eq!(stage.events(), [FleetEvent::SessionEnded { session, cause: EndCause::Logout }]);
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(3)), Err(HashError::Ended));
    stage.reopen(at(4)).await;
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(4)), Err(HashError::Ended));
    assert!(stage.fleet.authorize(other.as_str(), at(4)).is_ok());
}

#[tokio::test]
async fn sessions_end_when_their_time_is_over_and_are_forgotten_later() {
    let mut stage = Stage::new().await;
    stage.user("ann@example.com").await;
    let hash = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    let session = stage.fleet.authorize(hash.as_str(), at(1)).expect("live").id;
    let due = 1 + 30 * DAY_S;
    // The panel's session of the stage is the next, then the user's.
    assert_eq!(stage.fleet.expire(at(1)).await, Ok(Some(at(DAY_S))));
    assert_eq!(stage.fleet.expire(at(DAY_S)).await, Ok(Some(at(due))));
    stage.events();
    assert!(stage.fleet.authorize(hash.as_str(), at(due - 1)).is_ok());
    // The door is closed at that very time, whether or not the timer has run.
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(due)), Err(HashError::Ended));
    assert_eq!(stage.events(), []);
    assert_eq!(stage.fleet.expire(at(due)).await, Ok(None));
    assert_eq!(stage.events(), [FleetEvent::SessionEnded { session, cause: EndCause::Expired }]);
    stage.reopen(at(due + 89 * DAY_S)).await;
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(due + 89 * DAY_S)), Err(HashError::Ended));
    stage.reopen(at(due + 91 * DAY_S)).await;
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(due + 91 * DAY_S)), Err(HashError::Unknown));
}

#[tokio::test]
async fn ended_sessions_are_remembered_up_to_a_number() {
    let stage = Stage::with(FleetOptions { ended_sessions_max: 2, ..cheap() }).await;
    let user = stage.user("ann@example.com").await;
    let mut hashes = Vec::new();
    for s in 1..=3 {
        let hash = stage.fleet.create_user_session(&stage.panel, user, at(s)).await.expect("created");
        let session = stage.fleet.authorize(hash.as_str(), at(s)).expect("live").id;
        stage.fleet.logout(session, at(s)).await.expect("ended");
        hashes.push(hash);
    }
    stage.fleet.expire(at(4)).await.expect("swept");
    let found: Vec<_> = hashes.iter().map(|h| stage.fleet.authorize(h.as_str(), at(4)).err()).collect();
    assert_eq!(found, [Some(HashError::Unknown), Some(HashError::Ended), Some(HashError::Ended)]);
}

#[tokio::test]
async fn live_sessions_of_a_user_are_limited() {
    let stage = Stage::with(FleetOptions { live_sessions_per_user_max: 2, user_lifetime_s: 100, ..cheap() }).await;
    let user = stage.user("ann@example.com").await;
    let login = async |s: i64| stage.fleet.login("ann@example.com", PASSWORD, at(s)).await;
    let first = login(0).await.expect("logged in");
    login(50).await.expect("logged in");
    assert_eq!(login(60).await, Err(LoginError::TooManySessions));
    let by_panel = stage.fleet.create_user_session(&stage.panel, user, at(60)).await;
    assert_eq!(by_panel, Err(SessionError::TooManySessions));
    let session = stage.fleet.authorize(first.as_str(), at(60)).expect("live").id;
    stage.fleet.logout(session, at(60)).await.expect("ended");
    login(60).await.expect("room again");
    // One whose time is over does not count, even before the timer has run.
    login(150).await.expect("room again");
}

#[tokio::test]
async fn only_failures_lock_a_login_name() {
    let options = FleetOptions { login_failures_max: 3, login_window_s: 900, ..cheap() };
    let stage = Stage::with(options).await;
    stage.user("ann@example.com").await;
    let login = async |login: &str, password: &str, s: i64| stage.fleet.login(login, password, at(s)).await.err();
    for s in 0..20 {
        assert_eq!(login("ann@example.com", PASSWORD, s).await, None);
    }
    for (s, name) in [(20, "ann@example.com"), (21, "Ann@example.com"), (22, "ANN@example.com")] {
        assert_eq!(login(name, "wrong", s).await, Some(LoginError::WrongLoginOrPassword));
    }
    assert_eq!(login("ann@example.com", PASSWORD, 23).await, Some(LoginError::TooManyFailures));
    assert_eq!(login("ann@example.com", PASSWORD, 921).await, Some(LoginError::TooManyFailures));
    assert_eq!(login("ann@example.com", PASSWORD, 922).await, None);
    // Names that do not exist are locked in the same way, so that the lock tells nobody who exists.
    for s in 0..3 {
        assert_eq!(login("eve@example.com", "wrong", s).await, Some(LoginError::WrongLoginOrPassword));
    }
    assert_eq!(login("eve@example.com", "wrong", 3).await, Some(LoginError::TooManyFailures));
}

#[tokio::test]
async fn the_panel_is_locked_apart_from_users() {
    let stage = Stage::with(FleetOptions { login_failures_max: 1, ..cheap() }).await;
    assert_eq!(stage.fleet.login("admin", "wrong", at(1)).await, Err(LoginError::WrongLoginOrPassword));
    assert!(stage.fleet.panel_login("admin", ADMIN_PASSWORD, at(1)).await.is_ok());
    assert_eq!(stage.fleet.panel_login("admin", "wrong", at(1)).await, Err(LoginError::WrongLoginOrPassword));
    assert_eq!(stage.fleet.panel_login("admin", ADMIN_PASSWORD, at(2)).await, Err(LoginError::TooManyFailures));
}

#[tokio::test]
async fn an_account_is_locked_under_all_its_names() {
    let stage = Stage::with(FleetOptions { login_failures_max: 3, ..cheap() }).await;
    let login = async |name: &str, password: &str| stage.fleet.panel_login(name, password, at(1)).await.err();
    for name in ["1", "01", "+0001"] {
        assert_eq!(login(name, "wrong").await, Some(LoginError::WrongLoginOrPassword), "{name}");
    }
    for name in ["1", "001", "Admin"] {
        assert_eq!(login(name, ADMIN_PASSWORD).await, Some(LoginError::TooManyFailures), "{name}");
    }
    assert_eq!(login("2", "wrong").await, Some(LoginError::WrongLoginOrPassword), "another account");
}

#[tokio::test]
async fn guesses_side_by_side_learn_no_more_than_one_after_another() {
    let options = FleetOptions { login_failures_max: 2, hash_workers: 1, hash_queue_max: 64, ..cheap() };
    let stage = Stage::with(options).await;
    stage.user("ann@example.com").await;
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..20 {
        let fleet = std::sync::Arc::clone(&stage.fleet);
        guesses.spawn(async move { fleet.login("ann@example.com", &format!("guess {n}"), at(1)).await.err() });
    }
    let answers = guesses.join_all().await;
    let count = |error: LoginError| answers.iter().filter(|answer| answer.as_ref() == Some(&error)).count();
    assert_eq!((count(LoginError::WrongLoginOrPassword), count(LoginError::TooManyFailures)), (2, 18));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_logins_than_can_be_checked_are_refused() {
    // Hashes that take long enough to pile up.
    let cost = HashCost { memory_kib: 8 * 1024, passes: 4, lanes: 1 };
    let options = FleetOptions { hash_cost: cost, hash_workers: 1, hash_queue_max: 1, ..cheap() };
    let stage = Stage::with(options).await;
    stage.user("ann@example.com").await;
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let fleet = std::sync::Arc::clone(&stage.fleet);
        logins.spawn(async move { fleet.login("ann@example.com", PASSWORD, at(1)).await.map(drop) });
    }
    let answers = logins.join_all().await;
    assert!(answers.contains(&Err(LoginError::Busy)) && answers.contains(&Ok(())), "{answers:?}");
    assert!(answers.iter().all(|a| matches!(a, Ok(()) | Err(LoginError::Busy))), "{answers:?}");
    // Being turned away is no failure, and the places are free again.
    assert!(stage.fleet.login("ann@example.com", PASSWORD, at(2)).await.is_ok());
}

#[tokio::test]
async fn the_panel_gets_sessions_for_its_users_only() {
    let stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let hash = stage.fleet.create_user_session(&stage.panel, user, at(1)).await.expect("created");
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(1)).map(|s| s.user), Ok(user));
    let nobody = stage.fleet.create_user_session(&stage.panel, UserId(user.0 + 1), at(1)).await;
    assert_eq!(nobody, Err(SessionError::NotFound));
    stage.fleet.update_user(&stage.panel, user, |u| u.activated = false, at(2)).await.expect("changed");
    let asleep = stage.fleet.create_user_session(&stage.panel, user, at(2)).await;
    assert_eq!(asleep, Err(SessionError::NotActivated));
}

#[tokio::test]
async fn a_new_zone_counts_at_once() {
    let mut stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let session = stage.session(user, at(1)).await;
    let tokyo = Zone::parse("Asia/Tokyo").expect("known");
    stage.fleet.update_preferences(&session, |p| p.zone = tokyo).await.expect("changed");
    assert_eq!(stage.events(), [FleetEvent::ZoneChanged { user }]);
    assert_eq!(stage.fleet.zone(user).name(), "Asia/Tokyo");
    stage.fleet.update_preferences(&session, |p| p.locale = "de".into()).await.expect("changed");
    assert_eq!(stage.events(), []);
    stage.reopen(at(2)).await;
    assert_eq!(stage.fleet.zone(user).name(), "Asia/Tokyo");
    assert_eq!(stage.fleet.user(user).map(|u| u.preferences.locale.clone()), Some("de".into()));
    assert_eq!(stage.fleet.zone(UserId(9)).name(), "UTC");
}

#[test]
fn a_session_hash_is_not_for_logs() {
    let hash = SessionHash::generate().expect("random");
    assert!(!format!("{:?}", Ok::<_, LoginError>(hash.clone())).contains(hash.as_str()));
}
