//! What every engine of the catalog has to do.

use std::path::Path;

use model::{SessionId, SourceId, Timestamp, TrackerId, UserId};

use super::{
    AccountRow, Catalog, CatalogError, Contents, EntityRow, SessionOwner, SessionPurpose, SessionRow, SourceRow,
    SqliteCatalog, TrackerRow, UserRow, Write,
};

/// Opens the engine under test on a folder, new or left by an earlier opening.
type Open = fn(&Path) -> Box<dyn Catalog>;

fn sqlite(dir: &Path) -> Box<dyn Catalog> {
    Box::new(SqliteCatalog::open(&dir.join("catalog.db")).expect("opened"))
}

macro_rules! contract {
    ($engine:ident: $($test:ident)*) => {
        mod $engine {
            $(#[test]
            fn $test() {
                super::$test(super::$engine);
            })*
        }
    };
}

contract! {
    sqlite:
    a_new_catalog_is_empty
    what_is_written_is_there_after_reopening
    a_row_takes_the_place_of_the_one_with_its_id
    a_refused_change_takes_the_whole_transaction_with_it
    conflicts_are_told_apart
    ended_and_forgotten_sessions
    a_renewed_session_lives_longer
    a_forgotten_session_leaves_its_number
    a_removed_entity_leaves_its_number
    bindings_come_and_go
}

fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_700_000_000 + s).expect("in range").plus_ms(7)
}

fn account() -> AccountRow {
    AccountRow { id: 1, login: "admin".into(), password_hash: "$argon2id$…".into(), created: at(0) }
}

fn user(id: u32) -> UserRow {
    UserRow {
        id: UserId(id),
        account: 1,
        master: None,
        security_group: None,
        login: format!("User{id}@Example.com"),
        login_key: format!("user{id}@example.com"),
        password_hash: "h".into(),
        earlier_passwords: "[\"g\"]".into(),
        activated: true,
        verified: false,
        removed: false,
        time_zone: "Europe/Berlin".into(),
        locale: "de_DE".into(),
        measurement_system: "metric".into(),
        settings: "{\"translit\":true}".into(),
        profile: "{\"first_name\":\"Änne\"}".into(),
        device_commands: true,
        comment: "two\nlines".into(),
        created: at(1),
    }
}

fn source(id: u32) -> SourceRow {
    SourceRow {
        id: SourceId(id),
        device: format!("unit-{id}"),
        model: "navixy_ngp".into(),
        blocked: true,
        connected: false,
        removed: false,
        settings: "{}".into(),
        device_settings: "{\"checksum\":\"warn\"}".into(),
        registered: at(2),
    }
}

fn subuser(id: u32, master: u32) -> UserRow {
    UserRow { master: Some(UserId(master)), security_group: Some(7), ..user(id) }
}

fn tracker(id: u32, user: u32, source: u32) -> TrackerRow {
    TrackerRow {
        id: TrackerId(id),
        user: UserId(user),
        source: SourceId(source),
        label: "Van 7".into(),
        group: 3,
        clone: true,
        hidden: true,
        removed: false,
        comment: String::new(),
        created: at(3),
    }
}

fn session(id: u64, owner: SessionOwner) -> SessionRow {
    SessionRow {
        id: SessionId(id),
        digest: [id as u8; 32],
        owner,
        purpose: SessionPurpose::Standard,
        created: at(4),
        expires: at(5),
        ended: None,
    }
}

fn api_key(id: u64) -> SessionRow {
    let purpose = SessionPurpose::ApiKey { title: "Büro".into(), seed: [7; 16] };
    SessionRow { purpose, expires: Timestamp::MAX, ..session(id, SessionOwner::User(UserId(2))) }
}

fn phone(id: u64) -> SessionRow {
    let purpose = SessionPurpose::DriverPhone { tracker: TrackerId(10), name: "Pixel".into() };
    SessionRow { purpose, expires: Timestamp::MAX, ..session(id, SessionOwner::User(UserId(2))) }
}

fn sessid(id: u64) -> SessionRow {
    SessionRow { purpose: SessionPurpose::Sessid, ..session(id, SessionOwner::User(UserId(4))) }
}

fn entity(id: u32, body: &str) -> EntityRow {
    EntityRow { kind: "tag".into(), id, body: body.into() }
}

fn everything() -> Vec<Write> {
    vec![
        Write::Account(account()),
        Write::User(user(1)),
        Write::User(user(2)),
        Write::User(subuser(4, 2)),
        Write::Source(source(50)),
        Write::Tracker(tracker(10, 2, 50)),
        Write::Bound { user: UserId(4), tracker: TrackerId(10) },
        Write::Session(session(1, SessionOwner::User(UserId(2)))),
        Write::Session(session(2, SessionOwner::Account(1))),
        Write::Session(api_key(3)),
        Write::Session(phone(4)),
        Write::Session(sessid(5)),
        Write::Entity(entity(3, "{}")),
    ]
}

fn contents() -> Contents {
    Contents {
        accounts: vec![account()],
        users: vec![user(1), user(2), subuser(4, 2)],
        sources: vec![source(50)],
        trackers: vec![tracker(10, 2, 50)],
        bindings: vec![(UserId(4), TrackerId(10))],
        sessions: vec![
            session(1, SessionOwner::User(UserId(2))),
            session(2, SessionOwner::Account(1)),
            api_key(3),
            phone(4),
            sessid(5),
        ],
        last_session: SessionId(5),
        entities: vec![entity(3, "{}")],
        last_entities: vec![("tag".into(), 3)],
    }
}

fn a_new_catalog_is_empty(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    assert_eq!(open(dir.path()).load(), Ok(Contents::default()));
}

fn what_is_written_is_there_after_reopening(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    assert_eq!(catalog.commit(&everything()), Ok(()));
    assert_eq!(catalog.load(), Ok(contents()));
    drop(catalog);
    assert_eq!(open(dir.path()).load(), Ok(contents()));
}

fn a_row_takes_the_place_of_the_one_with_its_id(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let new_account = AccountRow { login: "root".into(), password_hash: "other".into(), created: at(9), ..account() };
    let new_user = UserRow {
        login: "x".into(),
        login_key: "x".into(),
        password_hash: "i".into(),
        earlier_passwords: "[]".into(),
        activated: false,
        verified: true,
        removed: true,
        time_zone: "UTC".into(),
        locale: "en".into(),
        measurement_system: "us".into(),
        settings: "{}".into(),
        profile: "{}".into(),
        device_commands: false,
        comment: "c".into(),
        created: at(9),
        ..user(2)
    };
    let new_subuser = UserRow { master: Some(UserId(1)), security_group: None, ..user(4) };
    let new_source = SourceRow {
        device: "d".into(),
        model: "m".into(),
        blocked: false,
        connected: true,
        removed: true,
        settings: "[]".into(),
        device_settings: "{}".into(),
        registered: at(9),
        ..source(50)
    };
    let new_tracker = TrackerRow {
        user: UserId(1),
        label: "l".into(),
        group: 0,
        clone: false,
        hidden: false,
        removed: true,
        comment: "c".into(),
        created: at(9),
        ..tracker(10, 2, 50)
    };
    let new_session = SessionRow {
        digest: [9; 32],
        owner: SessionOwner::Account(1),
        purpose: SessionPurpose::PasswordChange,
        created: at(8),
        expires: at(9),
        ended: Some(at(10)),
        ..session(1, SessionOwner::Account(1))
    };
    let changes = [
        Write::Account(new_account.clone()),
        Write::User(new_user.clone()),
        Write::User(new_subuser.clone()),
        Write::Source(new_source.clone()),
        Write::Tracker(new_tracker.clone()),
        Write::Session(new_session.clone()),
        Write::Entity(entity(3, "[]")),
    ];
    assert_eq!(catalog.commit(&changes), Ok(()));
    let expected = Contents {
        accounts: vec![new_account],
        users: vec![user(1), new_user, new_subuser],
        sources: vec![new_source],
        trackers: vec![new_tracker],
        bindings: vec![(UserId(4), TrackerId(10))],
        sessions: vec![new_session, session(2, SessionOwner::Account(1)), api_key(3), phone(4), sessid(5)],
        last_session: SessionId(5),
        entities: vec![entity(3, "[]")],
        last_entities: vec![("tag".into(), 3)],
    };
    assert_eq!(catalog.load(), Ok(expected));
}

fn a_refused_change_takes_the_whole_transaction_with_it(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let refused = catalog.commit(&[
        Write::User(user(3)),
        Write::SessionEnded { session: SessionId(1), at: at(6) },
        Write::Tracker(tracker(11, 3, 51)),
    ]);
    assert!(matches!(refused, Err(CatalogError::Conflict(_))), "{refused:?}");
    assert_eq!(catalog.load(), Ok(contents()));
    // And it goes on working.
    assert_eq!(catalog.commit(&[Write::User(user(3))]), Ok(()));
}

fn conflicts_are_told_apart(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let mut check = |change: Write, is_taken: bool| {
        let result = catalog.commit(std::slice::from_ref(&change));
        assert_eq!(result.is_ok(), is_taken, "{change:?}: {result:?}");
        assert!(matches!(result, Ok(()) | Err(CatalogError::Conflict(_))), "{change:?}: {result:?}");
    };
    let same_login = UserRow { login_key: user(2).login_key, ..user(3) };
    let same_device = SourceRow { device: source(50).device, ..source(51) };
    check(Write::User(same_login.clone()), false);
    check(Write::Source(same_device.clone()), false);
    check(Write::User(UserRow { account: 2, ..user(3) }), false);
    check(Write::Tracker(tracker(11, 9, 50)), false);
    check(Write::Tracker(tracker(11, 2, 59)), false);
    check(Write::User(subuser(5, 9)), false);
    check(Write::Bound { user: UserId(9), tracker: TrackerId(10) }, false);
    check(Write::Bound { user: UserId(4), tracker: TrackerId(19) }, false);
    check(Write::Session(session(6, SessionOwner::User(UserId(9)))), false);
    check(Write::Session(SessionRow { digest: [1; 32], ..session(6, SessionOwner::Account(1)) }), false);
    let of_nothing = SessionPurpose::DriverPhone { tracker: TrackerId(19), name: "Pixel".into() };
    check(Write::Session(SessionRow { purpose: of_nothing, ..session(6, SessionOwner::User(UserId(2))) }), false);
    // Who is removed no longer stands in the way.
    check(Write::User(UserRow { removed: true, ..user(2) }), true);
    check(Write::User(same_login), true);
    check(Write::Source(SourceRow { removed: true, ..source(50) }), true);
    check(Write::Source(same_device), true);
}

fn ended_and_forgotten_sessions(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let changes = [Write::SessionEnded { session: SessionId(1), at: at(6) }, Write::SessionForgotten(SessionId(2))];
    assert_eq!(catalog.commit(&changes), Ok(()));
    let ended = SessionRow { ended: Some(at(6)), ..session(1, SessionOwner::User(UserId(2))) };
    assert_eq!(catalog.load().map(|c| c.sessions), Ok(vec![ended, api_key(3), phone(4), sessid(5)]));
}

fn a_renewed_session_lives_longer(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let renewed = Write::SessionRenewed { session: SessionId(1), expires: at(99) };
    assert_eq!(catalog.commit(&[renewed]), Ok(()));
    let expected = SessionRow { expires: at(99), ..session(1, SessionOwner::User(UserId(2))) };
    assert_eq!(catalog.load().map(|c| c.sessions.into_iter().next()), Ok(Some(expected)));
}

fn a_forgotten_session_leaves_its_number(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let forgotten = [1, 2, 3, 4, 5].map(|id| Write::SessionForgotten(SessionId(id)));
    catalog.commit(&forgotten).expect("written");
    drop(catalog);
    assert_eq!(open(dir.path()).load().map(|c| c.last_session), Ok(SessionId(5)));
}

fn a_removed_entity_leaves_its_number(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    catalog.commit(&[Write::EntityRemoved { kind: "tag".into(), id: 3 }]).expect("written");
    catalog.commit(&[Write::Entity(entity(2, "{}"))]).expect("written");
    drop(catalog);
    let contents = open(dir.path()).load().expect("readable");
    assert_eq!((contents.entities, contents.last_entities), (vec![entity(2, "{}")], vec![("tag".into(), 3)]));
}

fn bindings_come_and_go(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = open(dir.path());
    catalog.commit(&everything()).expect("written");
    let (four, five) = (UserId(4), UserId(5));
    let second = [
        Write::User(subuser(5, 2)),
        Write::Tracker(tracker(11, 2, 50)),
        Write::Bound { user: five, tracker: TrackerId(11) },
        Write::Bound { user: five, tracker: TrackerId(10) },
        Write::Bound { user: four, tracker: TrackerId(11) },
        // A second time is no error.
        Write::Bound { user: four, tracker: TrackerId(10) },
    ];
    catalog.commit(&second).expect("written");
    catalog.commit(&[Write::Unbound { user: five, tracker: TrackerId(10) }]).expect("written");
    let mut bindings = || catalog.load().map(|c| c.bindings);
    let (ten, eleven) = (TrackerId(10), TrackerId(11));
    assert_eq!(bindings(), Ok(vec![(four, ten), (four, eleven), (five, eleven)]));
    catalog.commit(&[Write::AllUnbound { user: four }]).expect("written");
    drop(catalog);
    assert_eq!(open(dir.path()).load().map(|c| c.bindings), Ok(vec![(five, eleven)]));
}

#[test]
fn the_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("folder");
    let mut catalog = sqlite(dir.path());
    catalog.commit(&everything()).expect("written");
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let mode = std::fs::metadata(dir.path().join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_file_that_is_no_catalog_is_refused() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("catalog.db");
    std::fs::write(&path, [7; 4096]).expect("written");
    assert!(matches!(SqliteCatalog::open(&path), Err(CatalogError::Open(_))));
    assert!(matches!(SqliteCatalog::open(&dir.path().join("no/such/folder")), Err(CatalogError::Open(_))));
}
