use model::UserId;

use super::{Stage, at, cheap};
use crate::{Field, FleetEvent, FleetOptions, Invalid, Keeper, OfficeError, PREDEFINED_NUMBER_MAX, Problem, Session};

async fn stage(options: FleetOptions) -> (Stage, Session, Session) {
    let stage = Stage::with(options).await;
    let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(0)).await;
    stage.events();
    (stage, ann, bob)
}

async fn create(stage: &Stage, ann: &Session, number: Option<u32>, text: &str) -> Result<u32, OfficeError> {
    stage.fleet.create_predefined_text(Keeper::Master(ann), ann.user, number, text.into()).await
}

fn texts(stage: &Stage, user: UserId) -> Vec<(u32, String)> {
    stage.fleet.predefined_texts(user).into_iter().map(|text| (text.number, text.text)).collect()
}

fn numbered(list: &[(u32, &str)]) -> Vec<(u32, String)> {
    list.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}

#[tokio::test]
async fn texts_are_numbered_changed_and_removed() {
    let (mut stage, ann, bob) = stage(cheap()).await;
    assert_eq!(create(&stage, &ann, None, "TRAFFIC").await, Ok(1));
    assert_eq!(create(&stage, &ann, Some(7), "Arrived").await, Ok(7));
    assert_eq!(create(&stage, &ann, None, "Break").await, Ok(8));
    assert_eq!(create(&stage, &ann, Some(3), "Loading").await, Ok(3), "a number may be between others");
    assert_eq!(create(&stage, &bob, None, "Theirs").await, Ok(1));
    let changed = FleetEvent::OfficeChanged { user: ann.user };
    let of_bob = FleetEvent::OfficeChanged { user: bob.user };
    assert_eq!(stage.events(), [changed.clone(), changed.clone(), changed.clone(), changed.clone(), of_bob]);
    let keeper = Keeper::Master(&ann);
    stage.fleet.update_predefined_text(keeper, ann.user, 7, "I have arrived".into()).await.expect("changed");
    stage.fleet.delete_predefined_text(keeper, ann.user, 8).await.expect("removed");
    assert_eq!(stage.events(), [changed.clone(), changed]);
    assert_eq!(create(&stage, &ann, None, "Rest").await, Ok(9), "a number is not given again by itself");
    for s in [2, 3] {
        let expected = [(1, "TRAFFIC"), (3, "Loading"), (7, "I have arrived"), (9, "Rest")];
        assert_eq!(texts(&stage, ann.user), numbered(&expected));
        assert_eq!(texts(&stage, bob.user), numbered(&[(1, "Theirs")]));
        stage.reopen(at(s)).await;
    }
    let panel = stage.panel;
    stage.fleet.corrupt_user(&panel, ann.user, "ann@example.com", true, at(4)).await.expect("removed");
    stage.reopen(at(5)).await;
    assert_eq!((texts(&stage, ann.user).len(), texts(&stage, bob.user).len()), (0, 1));
}

#[tokio::test]
async fn texts_are_refused_for_their_reasons() {
    let (stage, ann, _) = stage(FleetOptions { predefined_texts_per_user_max: 2, ..cheap() }).await;
    let check = async |number: Option<u32>, text: &str, field: Field, problem: Problem| {
        let expected = OfficeError::Invalid(Invalid { field, problem });
        assert_eq!(create(&stage, &ann, number, text).await, Err(expected), "{number:?} {text}");
    };
    create(&stage, &ann, Some(5), "TRAFFIC").await.expect("made");
    check(None, " ", Field::Text, Problem::Blank).await;
    check(None, "a\nb", Field::Text, Problem::Character).await;
    check(None, &"x".repeat(501), Field::Text, Problem::TooLong { chars_max: 500 }).await;
    check(Some(5), "Again", Field::Number, Problem::Repeated).await;
    let out = Problem::OutOfRange { min: 1, max: 1_000_000_000 };
    check(Some(0), "Zero", Field::Number, out).await;
    check(Some(PREDEFINED_NUMBER_MAX + 1), "Beyond", Field::Number, out).await;
    create(&stage, &ann, Some(PREDEFINED_NUMBER_MAX), &"x".repeat(500)).await.expect("made");
    assert_eq!(create(&stage, &ann, None, "Third").await, Err(OfficeError::TooMany));
    stage.fleet.delete_predefined_text(Keeper::Master(&ann), ann.user, 5).await.expect("removed");
    assert_eq!(create(&stage, &ann, None, "After the last").await, Err(OfficeError::TooMany));
    create(&stage, &ann, Some(5), "Again").await.expect("made");
    let keeper = Keeper::Master(&ann);
    stage.events();
    let unknown = stage.fleet.update_predefined_text(keeper, ann.user, 6, "x".into()).await;
    assert_eq!(unknown, Err(OfficeError::NotFound));
    assert_eq!(stage.fleet.delete_predefined_text(keeper, ann.user, 6).await, Err(OfficeError::NotFound));
    assert_eq!(stage.events(), []);
}

#[tokio::test]
async fn texts_are_kept_by_who_has_the_say() {
    let (stage, ann, bob) = stage(cheap()).await;
    create(&stage, &ann, None, "TRAFFIC").await.expect("made");
    let sub = stage.subuser(&ann, "sub@example.com").await;
    let fleet = &stage.fleet;
    let check = async |keeper: Keeper<'_>, user: UserId, expected: OfficeError| {
        assert_eq!(fleet.list_predefined_texts(keeper, user), Err(expected.clone()));
        let made = fleet.create_predefined_text(keeper, user, None, "x".into()).await;
        assert_eq!(made, Err(expected.clone()));
        assert_eq!(fleet.update_predefined_text(keeper, user, 1, "x".into()).await, Err(expected.clone()));
        assert_eq!(fleet.delete_predefined_text(keeper, user, 1).await, Err(expected));
    };
    check(Keeper::Master(&bob), ann.user, OfficeError::NotFound).await;
    check(Keeper::Master(&sub), ann.user, OfficeError::NotPermitted).await;
    check(Keeper::Panel(&stage.panel), sub.user, OfficeError::NotFound).await;
    check(Keeper::Panel(&stage.panel), UserId(7), OfficeError::NotFound).await;
    let panel = Keeper::Panel(&stage.panel);
    fleet.update_predefined_text(panel, ann.user, 1, "Traffic".into()).await.expect("changed");
    let listed = fleet.list_predefined_texts(panel, ann.user).expect("listed");
    assert_eq!(listed, fleet.predefined_texts(ann.user));
    assert_eq!(texts(&stage, ann.user), numbered(&[(1, "Traffic")]));
}
