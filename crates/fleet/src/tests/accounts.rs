//! API keys, renewal, new passwords and what a client wants kept.

use model::UserId;

use super::{PASSWORD, Stage, at, cheap};
use crate::{
    ApiKeyError, EndCause, Field, FleetEvent, FleetOptions, HashError, HourMode, Invalid, PasswordError, Problem,
    RenewError, RestoreError, Session, SessionKind, UiSettingError,
};

const NEW: &str = "Red-Kite*42xx";
const DAY_S: i64 = 86_400;

async fn ann(stage: &Stage) -> Session {
    stage.session(stage.user("ann@example.com").await, at(1)).await
}

fn ended(session: &Session, cause: EndCause) -> FleetEvent {
    FleetEvent::SessionEnded { session: session.id, cause }
}

#[tokio::test]
async fn a_key_opens_the_door_until_it_is_deleted() {
    let mut stage = Stage::new().await;
    let ann = ann(&stage).await;
    let key = stage.fleet.create_api_key(&ann, "Büro".into(), at(2)).await.expect("made");
    let by_key = stage.fleet.authorize(key.hash.as_str(), at(900 * DAY_S)).expect("live");
    assert_eq!((by_key.id, by_key.user, by_key.kind), (key.id, ann.user, SessionKind::ApiKey));
    let second = stage.fleet.create_api_key(&ann, "Lager".into(), at(3)).await.expect("made");
    assert_ne!(key.hash, second.hash);
    stage.reopen(at(100 * DAY_S)).await;
    assert_eq!(stage.fleet.api_keys(&ann), [key.clone(), second.clone()], "shown again after a restart");
    assert!(stage.fleet.authorize(key.hash.as_str(), at(100 * DAY_S)).is_ok());
    assert_eq!(stage.fleet.delete_api_key(&ann, key.hash.as_str()).await, Ok(()));
    assert_eq!(stage.events(), [ended(&by_key, EndCause::KeyDeleted)]);
    assert_eq!(stage.fleet.authorize(key.hash.as_str(), at(5)), Err(HashError::Unknown));
    assert_eq!(stage.fleet.delete_api_key(&ann, key.hash.as_str()).await, Err(ApiKeyError::NotFound));
    assert_eq!(stage.fleet.api_keys(&ann), [second]);
}

#[tokio::test]
async fn keys_are_limited_titled_and_their_accounts_own() {
    let stage = Stage::with(FleetOptions { api_keys_per_account_max: 1, ..cheap() }).await;
    let ann = ann(&stage).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(1)).await;
    let invalid = |problem| Err(ApiKeyError::Invalid(Invalid { field: Field::Title, problem }));
    let make = async |title: &str| stage.fleet.create_api_key(&ann, title.into(), at(2)).await;
    assert_eq!(make(" ").await, invalid(Problem::Blank));
    assert_eq!(make(&"x".repeat(256)).await, invalid(Problem::TooLong { chars_max: 255 }));
    let key = make(&"x".repeat(255)).await.expect("made");
    assert_eq!(make("another").await, Err(ApiKeyError::TooMany));
    assert_eq!(stage.fleet.delete_api_key(&bob, key.hash.as_str()).await, Err(ApiKeyError::NotFound));
    assert!(stage.fleet.create_api_key(&bob, "Bob's".into(), at(2)).await.is_ok());
    // A session is no key, even of the same user.
    let hash = stage.fleet.create_user_session(&stage.panel, ann.user, at(1)).await.expect("made");
    assert_eq!(stage.fleet.delete_api_key(&ann, hash.as_str()).await, Err(ApiKeyError::NotFound));
}

#[tokio::test]
async fn keys_do_not_count_as_sessions() {
    let stage = Stage::with(FleetOptions { live_sessions_per_user_max: 1, ..cheap() }).await;
    let ann = ann(&stage).await;
    stage.fleet.create_api_key(&ann, "a".into(), at(2)).await.expect("made");
    stage.fleet.begin_restore("ann@example.com", at(2)).await.expect("made");
    stage.fleet.logout(ann.id, at(3)).await.expect("ended");
    assert!(stage.fleet.login("ann@example.com", PASSWORD, at(4)).await.is_ok());
}

#[tokio::test]
async fn a_deactivated_user_has_its_keys_back_afterwards_and_a_removed_one_loses_them() {
    let stage = Stage::new().await;
    let ann = ann(&stage).await;
    let key = stage.fleet.create_api_key(&ann, "a".into(), at(2)).await.expect("made");
    let by_key = stage.fleet.authorize(key.hash.as_str(), at(2)).expect("live");
    let activate = async |on| stage.fleet.update_user(&stage.panel, ann.user, move |u| u.activated = on, at(3)).await;
    activate(false).await.expect("changed");
    let cause = EndCause::UserDeactivated;
    assert_eq!(stage.events(), [ended(&by_key, cause), ended(&ann, cause)]);
    assert_eq!(stage.fleet.authorize(key.hash.as_str(), at(3)), Err(HashError::Ended));
    activate(true).await.expect("changed");
    assert_eq!(stage.fleet.authorize(key.hash.as_str(), at(4)), Ok(by_key.clone()));
    stage.fleet.corrupt_user(&stage.panel, ann.user, "ann@example.com", true, at(5)).await.expect("removed");
    assert_eq!(stage.events(), [ended(&by_key, EndCause::UserRemoved)]);
    assert_eq!(stage.fleet.authorize(key.hash.as_str(), at(5)), Err(HashError::Unknown));
}

#[tokio::test]
async fn a_renewed_session_lives_as_long_again() {
    let mut stage = Stage::with(FleetOptions { user_lifetime_s: 100, ..cheap() }).await;
    let user = stage.user("ann@example.com").await;
    let hash = stage.fleet.create_user_session(&stage.panel, user, at(0)).await.expect("made");
    let ann = stage.fleet.authorize(hash.as_str(), at(0)).expect("live");
    stage.events();
    assert_eq!(stage.fleet.renew_session(&ann, at(90)).await, Ok(()));
    assert_eq!(stage.fleet.expire(at(100)).await, Ok(Some(at(190))));
    assert!(stage.fleet.authorize(hash.as_str(), at(189)).is_ok());
    stage.reopen(at(189)).await;
    assert!(stage.fleet.authorize(hash.as_str(), at(189)).is_ok());
    assert_eq!(stage.fleet.renew_session(&ann, at(190)).await, Err(RenewError::Ended), "over, before the timer ran");
    stage.fleet.expire(at(190)).await.expect("swept");
    assert_eq!(stage.events(), [ended(&ann, EndCause::Expired)]);
    assert_eq!(stage.fleet.renew_session(&ann, at(191)).await, Err(RenewError::Ended));
}

#[tokio::test]
async fn a_key_has_nothing_to_renew() {
    let stage = Stage::new().await;
    let ann = ann(&stage).await;
    let key = stage.fleet.create_api_key(&ann, "a".into(), at(2)).await.expect("made");
    let by_key = stage.fleet.authorize(key.hash.as_str(), at(2)).expect("live");
    assert_eq!(stage.fleet.renew_session(&by_key, at(3)).await, Err(RenewError::Ended));
    assert!(stage.fleet.authorize(key.hash.as_str(), at(900 * DAY_S)).is_ok());
}

#[tokio::test]
async fn a_new_password_is_judged_in_order_and_ends_all_sessions() {
    let stage = Stage::new().await;
    let ann = ann(&stage).await;
    let other = stage.session(ann.user, at(1)).await;
    let key = stage.fleet.create_api_key(&ann, "a".into(), at(1)).await.expect("made");
    stage.events();
    let set = async |old: &str, new: &str| stage.fleet.set_password(&ann, old, new, at(2)).await;
    let invalid = |problem| Err(PasswordError::Invalid(Invalid { field: Field::Password, problem }));
    assert_eq!(set("wrong", "wrong").await, Err(PasswordError::WrongPassword));
    assert_eq!(set(PASSWORD, PASSWORD).await, Err(PasswordError::Unchanged));
    assert_eq!(set(PASSWORD, "short").await, invalid(Problem::TooShort { chars_min: 12 }));
    assert_eq!(stage.events(), []);
    assert_eq!(set(PASSWORD, NEW).await, Ok(()));
    let cause = EndCause::PasswordChanged;
    assert_eq!(stage.events(), [ended(&ann, cause), ended(&other, cause)]);
    assert!(stage.fleet.authorize(key.hash.as_str(), at(3)).is_ok(), "keys stay");
    assert!(stage.fleet.login("ann@example.com", PASSWORD, at(3)).await.is_err());
    let again = stage.fleet.login("ann@example.com", NEW, at(3)).await.expect("logged in");
    let again = stage.fleet.authorize(again.as_str(), at(3)).expect("live");
    assert_eq!(stage.fleet.set_password(&again, NEW, PASSWORD, at(3)).await, invalid(Problem::Reused));
}

#[tokio::test]
async fn old_passwords_cannot_be_guessed_with_a_session() {
    let stage = Stage::with(FleetOptions { login_failures_max: 2, ..cheap() }).await;
    let ann = ann(&stage).await;
    let set = async |old: &str, s| stage.fleet.set_password(&ann, old, NEW, at(s)).await;
    assert_eq!(set("wrong", 1).await, Err(PasswordError::WrongPassword));
    assert_eq!(set("wrong", 1).await, Err(PasswordError::WrongPassword));
    assert_eq!(set(PASSWORD, 2).await, Err(PasswordError::TooManyFailures));
    assert!(stage.fleet.login("ann@example.com", PASSWORD, at(2)).await.is_ok(), "the login is another door");
    assert_eq!(set(PASSWORD, 2_000).await, Ok(()));
}

#[tokio::test]
async fn a_token_gives_a_new_password_once() {
    let mut stage = Stage::new().await;
    let ann = ann(&stage).await;
    let restore = stage.fleet.begin_restore("ANN@example.com", at(10)).await.expect("made");
    assert_eq!(restore.user.id, ann.user);
    let hash = restore.hash.as_str();
    assert_eq!(stage.fleet.authorize(hash, at(11)), Err(HashError::OnlyToken));
    assert_eq!(stage.fleet.authorize_panel(hash, at(11)), Err(HashError::WrongKind));
    stage.reopen(at(11)).await;
    let token = stage.fleet.authorize_password_change(hash, at(11)).expect("live");
    let weak = stage.fleet.restore_password(token, "weak", at(12)).await;
    assert!(matches!(weak, Err(PasswordError::Invalid(_))), "{weak:?}");
    assert_eq!(stage.fleet.restore_password(token, NEW, at(12)).await, Ok(()));
    let cause = EndCause::PasswordRestored;
    let told = [ended(&ann, cause), FleetEvent::SessionEnded { session: token.id, cause }];
    assert_eq!(stage.events(), told);
    assert!(stage.fleet.login("ann@example.com", NEW, at(13)).await.is_ok());
    assert_eq!(stage.fleet.authorize_password_change(hash, at(13)), Err(HashError::Ended));
    let again = stage.fleet.restore_password(token, "Sea-Kite*42xx", at(13)).await;
    assert_eq!(again, Err(PasswordError::SessionEnded));
}

#[tokio::test]
async fn only_tokens_open_the_door_to_a_new_password() {
    let stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let session = stage.fleet.create_user_session(&stage.panel, user, at(1)).await.expect("made");
    let panel = stage.fleet.panel_login("admin", super::ADMIN_PASSWORD, at(1)).await.expect("logged in");
    let token = stage.fleet.begin_restore("ann@example.com", at(1)).await.expect("made").hash;
    let check = |hash: &str, s: i64, expected: HashError| {
        assert_eq!(stage.fleet.authorize_password_change(hash, at(s)), Err(expected), "{hash}");
    };
    check("x", 2, HashError::Malformed);
    check("0123456789abcdef0123456789abcdef", 2, HashError::Unknown);
    check(session.as_str(), 2, HashError::NoToken);
    check(panel.as_str(), 2, HashError::WrongKind);
    check(token.as_str(), 1 + DAY_S, HashError::Ended);
}

#[tokio::test]
async fn one_token_at_a_time_and_not_too_often() {
    let stage = Stage::with(FleetOptions { password_mail_interval_s: 300, ..cheap() }).await;
    stage.user("ann@example.com").await;
    let begin = async |s| stage.fleet.begin_restore("ann@example.com", at(s)).await;
    let first = begin(0).await.expect("made");
    assert_eq!(begin(299).await, Err(RestoreError::TooSoon));
    let second = begin(300).await.expect("made");
    let opens = |hash: &crate::SessionHash| stage.fleet.authorize_password_change(hash.as_str(), at(301)).map(|_| ());
    assert_eq!((opens(&first.hash), opens(&second.hash)), (Err(HashError::Ended), Ok(())));
    // One that did not reach its user does not count.
    stage.fleet.cancel_restore(second.token).await.expect("taken back");
    assert_eq!(opens(&second.hash), Err(HashError::Unknown));
    assert!(begin(302).await.is_ok());
    assert_eq!(stage.fleet.begin_restore("eve@example.com", at(0)).await, Err(RestoreError::NotFound));
    stage.fleet.update_user(&stage.panel, UserId(10_001), |u| u.activated = false, at(303)).await.expect("changed");
    assert_eq!(begin(9_000).await, Err(RestoreError::NotFound));
}

#[tokio::test]
async fn texts_of_a_client_are_kept_by_key() {
    let mut stage = Stage::with(FleetOptions { ui_settings_per_user_max: 2, ..cheap() }).await;
    let ann = ann(&stage).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(1)).await;
    let set = async |key: &str, text: &str| stage.fleet.set_ui_setting(&ann, key.into(), text.into()).await;
    assert_eq!(stage.fleet.ui_setting(&ann, "map-layer_1"), Ok(None));
    assert_eq!(set("map-layer_1", "{\"a\":\n1}").await, Ok(()));
    assert_eq!(set("b", "").await, Ok(()));
    assert_eq!(set("c", "x").await, Err(UiSettingError::TooMany));
    assert_eq!(set("b", "new").await, Ok(()));
    let invalid = |field, problem| Invalid { field, problem };
    for key in ["", "a b", "ä", &"x".repeat(51)] {
        assert_eq!(set(key, "x").await, Err(UiSettingError::Invalid(invalid(Field::Key, Problem::Form))), "{key}");
        assert_eq!(stage.fleet.ui_setting(&ann, key), Err(invalid(Field::Key, Problem::Form)), "{key}");
    }
    let too_long = invalid(Field::Value, Problem::TooLong { chars_max: 8_192 });
    assert_eq!(set("b", &"ä".repeat(8_193)).await, Err(UiSettingError::Invalid(too_long)));
    stage.reopen(at(2)).await;
    let read = |session, key: &str| stage.fleet.ui_setting(session, key).expect("a key");
    assert_eq!(read(&ann, "map-layer_1").as_deref(), Some("{\"a\":\n1}"));
    assert_eq!((read(&ann, "b").as_deref(), read(&ann, "c"), read(&bob, "b")), (Some("new"), None, None));
    stage.fleet.corrupt_user(&stage.panel, ann.user, "ann@example.com", true, at(3)).await.expect("removed");
    assert_eq!(read(&ann, "b"), None);
    let late = stage.fleet.set_ui_setting(&ann, "b".into(), "x".into()).await;
    assert_eq!(late, Err(UiSettingError::SessionEnded));
}

#[tokio::test]
async fn preferences_of_the_client_survive_a_restart() {
    let mut stage = Stage::new().await;
    let ann = ann(&stage).await;
    let edit = |p: &mut crate::Preferences| {
        p.display.hour_mode = Some(HourMode::Twelve);
        p.display.balance_alert_emails = vec!["boss@example.com".into()];
    };
    stage.fleet.update_preferences(&ann, edit).await.expect("changed");
    stage.reopen(at(2)).await;
    let display = stage.fleet.user(ann.user).map(|u| u.preferences.display.clone()).expect("there");
    assert_eq!(display.hour_mode, Some(HourMode::Twelve));
    assert_eq!(display.balance_alert_emails, ["boss@example.com"]);
    let wrong = |p: &mut crate::Preferences| p.display.balance_alert_emails = vec!["nobody".into()];
    let invalid = Invalid { field: Field::BalanceAlertEmails, problem: Problem::Form };
    assert_eq!(stage.fleet.update_preferences(&ann, wrong).await, Err(crate::UserError::Invalid(invalid)));
}

#[tokio::test]
async fn a_token_sent_to_an_address_that_was_changed_opens_nothing() {
    let stage = Stage::new().await;
    let user = ann(&stage).await.user;
    let token = stage.fleet.begin_restore("ann@example.com", at(10)).await.expect("made").hash;
    let opens = || stage.fleet.authorize_password_change(token.as_str(), at(12)).map(|_| ());
    let update = async |edit: fn(&mut crate::UserEdit)| {
        stage.fleet.update_user(&stage.panel, user, edit, at(11)).await.expect("changed");
    };
    update(|u| u.login = "Ann@Example.com".into()).await;
    assert_eq!(opens(), Ok(()), "the same address in other letters");
    update(|u| u.login = "ann@example.org".into()).await;
    assert_eq!(opens(), Err(HashError::Ended));
}
