use super::{ADMIN_PASSWORD, Stage, at, cheap};
use crate::{AdminError, AdminSetup, EndCause, Fleet, FleetEvent, HashError, LoginError, Problem};

#[tokio::test]
async fn the_administrator_is_created_once() {
    let stage = Stage::new().await;
    let again = stage.fleet.ensure_admin(Some("another password"), at(1)).await;
    assert_eq!(again, Ok(AdminSetup::Existed));
    assert!(stage.fleet.panel_login("admin", ADMIN_PASSWORD, at(1)).await.is_ok());
    let with_new = stage.fleet.panel_login("admin", "another password", at(1)).await;
    assert_eq!(with_new, Err(LoginError::WrongLoginOrPassword));
}

#[tokio::test]
async fn a_random_password_is_given_out_and_works() {
    let dir = tempfile::tempdir().expect("folder");
    let fleet = Fleet::open(dir.path(), cheap(), at(0)).await.expect("opened");
    let Ok(AdminSetup::CreatedWithRandom(password)) = fleet.ensure_admin(None, at(0)).await else {
        panic!("no password");
    };
    assert_eq!(password.expose().len(), 32);
    assert!(!format!("{password:?}").contains(password.expose()));
    assert!(fleet.panel_login("admin", password.expose(), at(0)).await.is_ok());
    assert_eq!(fleet.ensure_admin(None, at(1)).await, Ok(AdminSetup::Existed));
}

#[tokio::test]
async fn before_there_is_an_administrator_nobody_gets_in() {
    let dir = tempfile::tempdir().expect("folder");
    let fleet = Fleet::open(dir.path(), cheap(), at(0)).await.expect("opened");
    for password in ["", "admin", ADMIN_PASSWORD] {
        assert_eq!(fleet.panel_login("admin", password, at(0)).await, Err(LoginError::WrongLoginOrPassword));
    }
}

#[tokio::test]
async fn a_new_password_ends_the_sessions() {
    let mut stage = Stage::new().await;
    let hash = stage.fleet.panel_login("admin", ADMIN_PASSWORD, at(1)).await.expect("logged in");
    let short = stage.fleet.set_admin_password("seven77", at(2)).await;
    assert_eq!(short, Err(AdminError::Password(Problem::TooShort { chars_min: 8 })));
    assert!(stage.fleet.authorize_panel(hash.as_str(), at(2)).is_ok());
    assert_eq!(stage.fleet.set_admin_password("battery staple", at(2)).await, Ok(()));
    assert_eq!(stage.fleet.authorize_panel(hash.as_str(), at(2)), Err(HashError::Ended));
    let ended = stage
        .events()
        .into_iter()
        .filter(|event| matches!(event, FleetEvent::SessionEnded { cause: EndCause::PasswordChanged, .. }));
    assert_eq!(ended.count(), 2);
    stage.reopen(at(3)).await;
    assert!(stage.fleet.panel_login("ADMIN", "battery staple", at(3)).await.is_ok());
    assert!(stage.fleet.panel_login("1", "battery staple", at(3)).await.is_ok());
    assert_eq!(stage.fleet.panel_login("admin", ADMIN_PASSWORD, at(3)).await, Err(LoginError::WrongLoginOrPassword));
}
