use model::{SessionId, TrackerId};

use super::{PASSWORD, Stage, at, cheap};
use crate::{
    DriverPhone, DriverSession, EndCause, Field, FleetEvent, FleetOptions, HashError, Invalid, Keeper, OfficeError,
    PAIRING_CODE_DIGITS, PairError, Problem, Secret, Session, Tracker, TrackerEdit,
};

const MINUTE_S: i64 = 60;

/// A master with a tracker.
struct Cast {
    stage: Stage,
    ann: Session,
    van: std::sync::Arc<Tracker>,
}

impl Cast {
    async fn new() -> Self {
        Self::with(cheap()).await
    }

    async fn with(options: FleetOptions) -> Self {
        let stage = Stage::with(options).await;
        let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
        let van = stage.register(&ann, "yard-unit-a").await;
        stage.events();
        Self { stage, ann, van }
    }

    async fn code(&self, s: i64) -> String {
        let code = self.stage.fleet.create_pairing_code(Keeper::Master(&self.ann), self.van.id, at(s)).await;
        code.expect("made").code.expose().to_owned()
    }

    async fn pair(&self, code: &str, s: i64) -> Result<(Secret, DriverSession), PairError> {
        self.stage.fleet.pair(code, "Pixel", at(s)).await
    }

    async fn paired(&self) -> (Secret, DriverSession) {
        self.pair(&self.code(1).await, 1).await.expect("paired")
    }

    fn phones(&self) -> Vec<DriverPhone> {
        self.stage.fleet.driver_phones(Keeper::Master(&self.ann), self.van.id).expect("listed")
    }
}

#[tokio::test]
async fn a_code_makes_a_phone_the_drivers_once() {
    let mut cast = Cast::new().await;
    let made = cast.stage.fleet.create_pairing_code(Keeper::Panel(&cast.stage.panel), cast.van.id, at(1)).await;
    let made = made.expect("made");
    let code = made.code.expose().to_owned();
    assert!(code.len() == PAIRING_CODE_DIGITS && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    assert_eq!(made.expires, at(1 + 15 * MINUTE_S));
    // A code outlives the server's restart.
    cast.stage.reopen(at(2)).await;
    let (token, session) = cast.pair(&code, 3).await.expect("paired");
    assert_eq!((session.tracker, session.source), (cast.van.id, cast.van.source.source));
    assert_eq!((session.user, session.phone_name.as_str()), (cast.ann.user, "Pixel"));
    assert!(!format!("{token:?} {made:?}").contains(token.expose()) && !format!("{made:?}").contains(&code));
    assert_eq!(cast.pair(&code, 3).await, Err(PairError::WrongCode), "it is used up");
    assert_eq!(cast.phones(), [DriverPhone { id: session.id, name: "Pixel".into(), paired: at(3) }]);
    // So does a token, for as long as it may take.
    let years_s = 9 * 366 * 86_400;
    cast.stage.reopen(at(years_s)).await;
    assert_eq!(cast.stage.fleet.authorize_driver(token.expose(), at(years_s)), Ok(session));
}

#[tokio::test]
async fn codes_are_refused_for_their_reasons() {
    let cast = Cast::new().await;
    let first = cast.code(1).await;
    let second = cast.code(2).await;
    assert_eq!(cast.pair(&first, 3).await, Err(PairError::WrongCode), "another took its place");
    assert_eq!(cast.pair(&second, 2 + 15 * MINUTE_S).await, Err(PairError::WrongCode), "its time is over");
    for text in ["", "1234567", "123456789", "abcdefgh", &format!(" {second}")] {
        assert_eq!(cast.pair(text, 3).await, Err(PairError::WrongCode), "{text}");
    }
    let named = async |name: &str, problem: Problem| {
        let refused = cast.stage.fleet.pair(&second, name, at(3)).await;
        assert_eq!(refused, Err(PairError::Invalid(Invalid { field: Field::Name, problem })), "{name}");
    };
    named(" ", Problem::Blank).await;
    named("a\nb", Problem::Character).await;
    named(&"x".repeat(61), Problem::TooLong { chars_max: 60 }).await;
    assert!(cast.pair(&second, 3).await.is_ok(), "a wrong name costs no code");
}

#[tokio::test]
async fn wrong_codes_lock_the_door_for_everybody_and_a_while() {
    let cast = Cast::with(FleetOptions { pairing_failures_max: 3, pairing_code_lifetime_s: 900, ..cheap() }).await;
    for s in 1..4 {
        let code = cast.code(s).await;
        assert!(cast.pair(&code, s).await.is_ok(), "a right one never counts");
        assert_eq!(cast.pair(&code, s).await, Err(PairError::WrongCode));
    }
    let code = cast.code(4).await;
    assert_eq!(cast.pair(&code, 4).await, Err(PairError::TooManyFailures));
    let code = cast.code(902).await;
    assert_eq!(cast.pair(&code, 902).await, Err(PairError::TooManyFailures));
    assert!(cast.pair(&code, 903).await.is_ok());
}

#[tokio::test]
async fn tokens_and_hashes_open_their_own_doors_only() {
    let cast = Cast::new().await;
    let (token, _) = cast.paired().await;
    let hash = cast.stage.fleet.login("ann@example.com", PASSWORD, at(1)).await.expect("logged in");
    assert_eq!(cast.stage.fleet.authorize(token.expose(), at(1)), Err(HashError::Unknown));
    assert_eq!(cast.stage.fleet.authorize_panel(token.expose(), at(1)), Err(HashError::Unknown));
    assert_eq!(cast.stage.fleet.authorize_driver(hash.as_str(), at(1)), Err(HashError::Unknown));
    for text in ["", "tjMzwqGgzNdDEyyswn3vZxFbWG", &token.expose().to_uppercase()[1..]] {
        assert_eq!(cast.stage.fleet.authorize_driver(text, at(1)), Err(HashError::Malformed), "{text}");
    }
}

#[tokio::test]
async fn only_who_has_the_say_over_a_tracker_keeps_its_phones() {
    let cast = Cast::new().await;
    let (fleet, van) = (&cast.stage.fleet, cast.van.id);
    let (_, phone) = cast.paired().await;
    let bob = cast.stage.session(cast.stage.user("bob@example.com").await, at(1)).await;
    let sub = cast.stage.subuser(&cast.ann, "sub@example.com").await;
    fleet.bind_trackers(&cast.ann, sub.user, vec![van]).await.expect("bound");
    let check = async |session: &Session, tracker: TrackerId, expected: OfficeError| {
        let keeper = Keeper::Master(session);
        assert_eq!(fleet.create_pairing_code(keeper, tracker, at(2)).await, Err(expected.clone()));
        assert_eq!(fleet.driver_phones(keeper, tracker), Err(expected.clone()));
        if tracker == van {
            assert_eq!(fleet.unpair(keeper, phone.id).await, Err(expected));
        }
    };
    check(&bob, van, OfficeError::NotFound).await;
    check(&sub, van, OfficeError::NotPermitted).await;
    check(&cast.ann, TrackerId(7), OfficeError::NotFound).await;
    let clone = fleet.clone_tracker(&cast.stage.panel, van, bob.user, "Theirs".into(), at(2)).await.expect("cloned");
    check(&bob, clone, OfficeError::Clone).await;
    assert_eq!(fleet.unpair(Keeper::Master(&cast.ann), SessionId(7_777)).await, Err(OfficeError::NotFound));
    assert_eq!(fleet.unpair(Keeper::Master(&cast.ann), cast.ann.id).await, Err(OfficeError::NotFound));
    fleet.set_source_blocked(&cast.stage.panel, van, true).await.expect("blocked");
    let blocked = fleet.create_pairing_code(Keeper::Master(&cast.ann), van, at(2)).await;
    assert_eq!(blocked, Err(OfficeError::Blocked));
    assert!(fleet.create_pairing_code(Keeper::Panel(&cast.stage.panel), van, at(2)).await.is_ok());
    assert_eq!(cast.phones().len(), 1, "and they are still there to be seen");
    fleet.update_user(&cast.stage.panel, cast.ann.user, |u| u.activated = false, at(3)).await.expect("changed");
    check(&cast.ann, van, OfficeError::NotPermitted).await;
}

#[tokio::test]
async fn a_phone_goes_when_it_is_removed_or_leaves() {
    let cast = Cast::new().await;
    let (fleet, ann) = (&cast.stage.fleet, Keeper::Master(&cast.ann));
    let ended = |session| [FleetEvent::SessionEnded { session, cause: EndCause::Unpaired }];
    let (first, second) = (cast.paired().await, cast.paired().await);
    assert_eq!(cast.stage.events(), []);
    assert_eq!(fleet.unpair(ann, first.1.id).await, Ok(()));
    assert_eq!(cast.stage.events(), ended(first.1.id));
    assert_eq!(fleet.authorize_driver(first.0.expose(), at(2)), Err(HashError::Unknown));
    assert_eq!(fleet.unpair(ann, first.1.id).await, Err(OfficeError::NotFound));
    assert!(fleet.authorize_driver(second.0.expose(), at(2)).is_ok());
    for _ in 0..2 {
        assert_eq!(fleet.leave(&second.1).await, Ok(()));
    }
    assert_eq!(cast.stage.events(), ended(second.1.id), "told once");
    assert_eq!(cast.phones(), []);
}

#[tokio::test]
async fn phones_go_with_their_tracker() {
    for n in 0..4 {
        let mut cast = Cast::new().await;
        let (token, phone) = cast.paired().await;
        let code = cast.code(1).await;
        let bob = cast.stage.user("bob@example.com").await;
        cast.stage.events();
        let (fleet, panel, van) = (&cast.stage.fleet, &cast.stage.panel, cast.van.id);
        match n {
            0 => fleet.corrupt_tracker(&cast.ann, van).await.expect("removed"),
            1 => fleet.panel_corrupt_tracker(panel, van, true).await.expect("removed"),
            2 => drop(fleet.move_tracker(panel, van, bob, at(2)).await.expect("moved")),
            _ => fleet.corrupt_user(panel, cast.ann.user, "ann@example.com", true, at(2)).await.expect("removed"),
        }
        let told = FleetEvent::SessionEnded { session: phone.id, cause: EndCause::TrackerRemoved };
        assert_eq!(cast.stage.events().iter().filter(|event| **event == told).count(), 1, "{n}");
        for s in [3, 4] {
            let refused = cast.stage.fleet.authorize_driver(token.expose(), at(s));
            assert_eq!(refused, Err(HashError::Unknown), "{n}");
            assert_eq!(cast.pair(&code, s).await, Err(PairError::WrongCode), "{n}");
            cast.stage.reopen(at(s)).await;
        }
    }
}

#[tokio::test]
async fn what_ends_the_owners_sessions_leaves_phones_alone() {
    let mut cast = Cast::new().await;
    let (token, phone) = cast.paired().await;
    let (fleet, panel, ann) = (&cast.stage.fleet, &cast.stage.panel, cast.ann.user);
    fleet.change_password(panel, ann, "Red-Kite*42xx", at(2)).await.expect("changed");
    fleet.update_user(panel, ann, |u| u.activated = false, at(2)).await.expect("changed");
    let hidden = TrackerEdit { hidden: Some(true), ..TrackerEdit::default() };
    fleet.update_tracker(panel, cast.van.id, hidden).await.expect("hidden");
    fleet.set_source_blocked(panel, cast.van.id, true).await.expect("blocked");
    fleet.expire(at(86_400 * 40)).await.expect("swept");
    let told = cast.stage.events();
    assert!(
        !told.iter().any(|event| matches!(event, FleetEvent::SessionEnded { session, .. } if *session == phone.id))
    );
    assert_eq!(fleet.authorize_driver(token.expose(), at(86_400 * 40)), Ok(phone.clone()));
    let shown = fleet.driver_phones(Keeper::Panel(panel), cast.van.id).expect("an administrator sees hidden ones");
    assert_eq!(shown.len(), 1);
    cast.stage.reopen(at(86_400 * 40)).await;
    assert_eq!(cast.stage.fleet.authorize_driver(token.expose(), at(86_400 * 40)), Ok(phone));
}

#[tokio::test]
async fn there_are_so_many_codes_and_phones() {
    let options = FleetOptions { pairing_codes_max: 2, driver_phones_per_tracker_max: 2, ..cheap() };
    let cast = Cast::with(options).await;
    let others =
        [cast.stage.register(&cast.ann, "yard-unit-b").await, cast.stage.register(&cast.ann, "yard-unit-c").await];
    let create =
        async |tracker, s| cast.stage.fleet.create_pairing_code(Keeper::Master(&cast.ann), tracker, at(s)).await;
    cast.code(1).await;
    create(others[0].id, 1).await.expect("made");
    assert_eq!(create(others[1].id, 1).await, Err(OfficeError::TooMany));
    // One's own is replaced, and what is over does not count.
    cast.code(2).await;
    create(others[1].id, 2 + 15 * MINUTE_S).await.expect("made");
    let over_s = 1_000_000;
    for s in 0..2 {
        cast.pair(&cast.code(over_s + s).await, over_s + s).await.expect("paired");
    }
    assert_eq!(create(cast.van.id, over_s + 3).await, Err(OfficeError::TooMany));
    let phone = cast.phones()[0].id;
    cast.stage.fleet.unpair(Keeper::Master(&cast.ann), phone).await.expect("removed");
    cast.code(over_s + 4).await;
}

#[tokio::test]
async fn a_code_or_token_is_nowhere_on_the_disk() {
    let cast = Cast::new().await;
    let (token, _) = cast.paired().await;
    let code = cast.code(2).await;
    for file in std::fs::read_dir(cast.stage.dir.path()).expect("folder") {
        let bytes = std::fs::read(file.expect("file").path()).expect("readable");
        for secret in [token.expose(), &code] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
    }
}
