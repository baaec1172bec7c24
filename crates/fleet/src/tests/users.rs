use model::UserId;

use super::{PASSWORD, Stage, at, cheap, new_user};
use crate::{
    EndCause, Field, FleetEvent, FleetOptions, HashError, Invalid, LegalType, LoginError, NewUser, Paging, Problem,
    RegisterError, UserError, UserOrder, UserQuery,
};

fn invalid(field: Field, problem: Problem) -> UserError {
    UserError::Invalid(Invalid { field, problem })
}

#[tokio::test]
async fn a_user_is_created_as_asked_for() {
    let mut stage = Stage::new().await;
    let id = stage.user("Ann@Example.com").await;
    let asleep = NewUser { activated: false, time_zone: None, ..new_user("bob@example.com") };
    let second = stage.fleet.create_user(&stage.panel, asleep, at(5)).await.expect("created");
    assert_eq!(second.0, id.0 + 1);
    stage.reopen(at(6)).await;
    let (ann, bob) = (stage.fleet.user(id).expect("there"), stage.fleet.user(second).expect("there"));
    assert_eq!((ann.login.as_str(), ann.activated, ann.verified), ("Ann@Example.com", true, true));
    assert_eq!((ann.preferences.zone.name(), ann.preferences.locale.as_str()), ("Europe/Berlin", "en_US"));
    assert_eq!(ann.title(), "Ann Lee");
    assert_eq!((bob.activated, bob.verified, bob.created), (false, false, at(5)));
    assert_eq!(bob.preferences.zone.name(), "UTC");
    assert!(!format!("{ann:?}").contains("argon2"));
}

#[tokio::test]
async fn creating_is_refused_for_its_reasons() {
    let stage = Stage::with(FleetOptions { users_max: 1, ..cheap() }).await;
    let create = async |change: fn(&mut NewUser)| {
        let mut new = new_user("ann@example.com");
        change(&mut new);
        stage.fleet.create_user(&stage.panel, new, at(1)).await.err()
    };
    assert_eq!(create(|u| u.login = "ann".into()).await, Some(invalid(Field::Login, Problem::Form)));
    let short = Problem::TooShort { chars_min: 12 };
    assert_eq!(create(|u| u.password = "Short*1".into()).await, Some(invalid(Field::Password, short)));
    assert_eq!(create(|u| u.time_zone = Some("Moon".into())).await, Some(invalid(Field::TimeZone, Problem::Unknown)));
    assert_eq!(create(|u| u.locale = "english".into()).await, Some(invalid(Field::Locale, Problem::Form)));
    assert_eq!(create(|u| u.profile.phone = "+1".into()).await, Some(invalid(Field::Phone, Problem::Character)));
    let long = Problem::TooLong { chars_max: 255 };
    assert_eq!(create(|u| u.comment = "x".repeat(256)).await, Some(invalid(Field::Comment, long)));
    assert_eq!(create(|_| {}).await, None);
    assert_eq!(create(|u| u.login = "ANN@example.com".into()).await, Some(UserError::LoginInUse));
    assert_eq!(create(|u| u.login = "bob@example.com".into()).await, Some(UserError::TooManyUsers));
}

#[tokio::test]
async fn two_who_want_the_same_login_do_not_both_get_it() {
    let stage = Stage::new().await;
    let (a, b) = tokio::join!(
        stage.fleet.create_user(&stage.panel, new_user("ann@example.com"), at(1)),
        stage.fleet.create_user(&stage.panel, new_user("Ann@example.com"), at(1)),
    );
    assert!(
        matches!((&a, &b), (Ok(_), Err(UserError::LoginInUse)) | (Err(UserError::LoginInUse), Ok(_))),
        "{a:?} {b:?}"
    );
}

#[tokio::test]
async fn deactivating_ends_the_sessions_and_activating_revives_none() {
    let stage = Stage::new().await;
    let id = stage.user("ann@example.com").await;
    let hash = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    let session = stage.fleet.authorize(hash.as_str(), at(1)).expect("live");
    stage.events();
    let activate = async |activated: bool| {
        stage.fleet.update_user(&stage.panel, id, move |u| u.activated = activated, at(2)).await.expect("changed");
    };
    activate(true).await;
    assert_eq!(stage.events(), []);
    activate(false).await;
    let cause = EndCause::UserDeactivated;
    assert_eq!(stage.events(), [FleetEvent::SessionEnded { session: session.id, cause }]);
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(2)), Err(HashError::Ended));
    assert_eq!(stage.fleet.login("ann@example.com", PASSWORD, at(2)).await, Err(LoginError::NotActivated));
    // A request that was let in just before finds the user gone.
    let late = stage.fleet.register_tracker(&session, super::ngp("yard-unit-0007"), at(2)).await;
    assert_eq!(late, Err(RegisterError::SessionEnded));
    activate(true).await;
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(3)), Err(HashError::Ended));
    assert!(stage.fleet.login("ann@example.com", PASSWORD, at(3)).await.is_ok());
}

#[tokio::test]
async fn updating_keeps_what_it_does_not_name_and_judges_what_it_does() {
    let stage = Stage::new().await;
    let id = stage.user("ann@example.com").await;
    stage.user("bob@example.com").await;
    let check = async |edit: fn(&mut crate::UserEdit), expected: Result<(), UserError>| {
        assert_eq!(stage.fleet.update_user(&stage.panel, id, edit, at(1)).await, expected);
    };
    check(|u| u.profile.last_name = "Ray".into(), Ok(())).await;
    check(|u| u.login = "ANN@example.com".into(), Ok(())).await;
    check(|u| u.login = "Bob@example.com".into(), Err(UserError::LoginInUse)).await;
    check(|u| u.login = String::new(), Err(invalid(Field::Login, Problem::Blank))).await;
    let fixed = Err(invalid(Field::LegalType, Problem::Fixed));
    check(|u| u.profile.legal_type = LegalType::SoleTrader, fixed).await;
    let ann = stage.fleet.user(id).expect("there");
    assert_eq!((ann.title().as_str(), ann.login.as_str()), ("Ann Ray", "ANN@example.com"));
    check(|u| u.login = "carol@example.com".into(), Ok(())).await;
    assert!(stage.fleet.login("carol@example.com", PASSWORD, at(1)).await.is_ok());
    assert_eq!(stage.fleet.login("ann@example.com", PASSWORD, at(1)).await, Err(LoginError::WrongLoginOrPassword));
    let nobody = stage.fleet.update_user(&stage.panel, UserId(9), |_| {}, at(1)).await;
    assert_eq!(nobody, Err(UserError::NotFound));
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_and_must_be_new() {
    let mut stage = Stage::new().await;
    let id = stage.user("ann@example.com").await;
    let hash = stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    let change = async |password: &str| stage.fleet.change_password(&stage.panel, id, password, at(2)).await;
    assert_eq!(change("simple simple").await, Err(invalid(Field::Password, Problem::Simple)));
    assert_eq!(change(PASSWORD).await, Err(invalid(Field::Password, Problem::Reused)));
    assert!(stage.fleet.authorize(hash.as_str(), at(2)).is_ok());
    assert_eq!(change("Red-Kite*42xx").await, Ok(()));
    assert_eq!(stage.fleet.authorize(hash.as_str(), at(2)), Err(HashError::Ended));
    assert!(stage.fleet.login("ann@example.com", "Red-Kite*42xx", at(2)).await.is_ok());
    let old = stage.fleet.login("ann@example.com", PASSWORD, at(2)).await;
    assert_eq!(old, Err(LoginError::WrongLoginOrPassword));
    stage.reopen(at(3)).await;
    // Nine more, and the first may come back; with fewer it may not.
    for n in 0..9 {
        let change = async |password: &str| stage.fleet.change_password(&stage.panel, id, password, at(3)).await;
        assert_eq!(change(PASSWORD).await, Err(invalid(Field::Password, Problem::Reused)), "{n}");
        assert_eq!(change(&format!("Red-Kite*{n:04}")).await, Ok(()));
    }
    assert_eq!(stage.fleet.change_password(&stage.panel, id, PASSWORD, at(4)).await, Ok(()));
    let nobody = stage.fleet.change_password(&stage.panel, UserId(9), PASSWORD, at(4)).await;
    assert_eq!(nobody, Err(UserError::NotFound));
}

#[tokio::test]
async fn a_removed_user_takes_its_trackers_and_sessions_along() {
    let mut stage = Stage::new().await;
    let user = stage.user("ann@example.com").await;
    let session = stage.session(user, at(1)).await;
    let van = stage.register(&session, "yard-unit-0007").await;
    let before = stage.register(&session, "yard-unit-0008").await;
    stage.fleet.corrupt_tracker(&session, before.id).await.expect("removed");
    stage.events();
    let corrupt = async |id, login: &str| stage.fleet.corrupt_user(&stage.panel, id, login, true, at(2)).await;
    assert_eq!(corrupt(user, "bob@example.com").await, Err(UserError::NotFound));
    assert_eq!(corrupt(UserId(9), "ann@example.com").await, Err(UserError::NotFound));
    assert_eq!(corrupt(user, "Ann@example.com").await, Ok(()));
    let (tracker, source) = (van.id, van.source.source);
    let told = [
        FleetEvent::SourceRemoved(source),
        FleetEvent::TrackerRemoved { tracker, source, user },
        FleetEvent::SessionEnded { session: session.id, cause: EndCause::UserRemoved },
    ];
    assert_eq!(stage.events(), told);
    assert_eq!(corrupt(user, "ann@example.com").await, Err(UserError::AlreadyRemoved));
    assert_eq!((stage.fleet.user(user), stage.fleet.device("yard-unit-0007")), (None, None));
    assert_eq!(stage.fleet.list_users(&stage.panel, &UserQuery::default()).count, 0);
    let gone = stage.fleet.login("ann@example.com", PASSWORD, at(2)).await;
    assert_eq!(gone, Err(LoginError::WrongLoginOrPassword));
    // The login is free, the id is not given again.
    stage.reopen(at(3)).await;
    assert_eq!(stage.user("ann@example.com").await.0, user.0 + 1);
}

#[tokio::test]
async fn users_are_listed() {
    let stage = Stage::new().await;
    let create = async |login: &str, last: &str, city: &str, activated: bool| {
        let mut new = NewUser { activated, ..new_user(login) };
        new.profile.last_name = last.into();
        new.profile.post.city = city.into();
        stage.fleet.create_user(&stage.panel, new, at(1)).await.expect("created")
    };
    let a = create("c@example.com", "lee", "Turin", true).await;
    let b = create("B@example.com", "Ash", "Bern", false).await;
    let c = create("a@example.com", "Zorn", "Turin", true).await;
    let check = |query: UserQuery, expected: &[UserId], count: usize| {
        let page = stage.fleet.list_users(&stage.panel, &query);
        let found: Vec<_> = page.items.iter().map(|u| u.id).collect();
        assert_eq!((found.as_slice(), page.count), (expected, count), "{query:?}");
    };
    let all = UserQuery::default();
    check(all.clone(), &[a, b, c], 3);
    check(UserQuery { order_by: UserOrder::Login, ..all.clone() }, &[c, b, a], 3);
    check(UserQuery { order_by: UserOrder::LastName, ..all.clone() }, &[b, a, c], 3);
    check(UserQuery { order_by: UserOrder::PostCity, ..all.clone() }, &[b, a, c], 3);
    check(UserQuery { hide_inactive: true, ..all.clone() }, &[a, c], 2);
    check(UserQuery { filter: Some("LEE".into()), ..all.clone() }, &[a], 1);
    check(UserQuery { filter: Some(c.to_string()), ..all.clone() }, &[c], 1);
    let second = Paging { ascending: false, offset: 1, limit: Some(1) };
    check(UserQuery { paging: second, ..all }, &[b], 3);
}
