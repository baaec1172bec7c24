use model::UserId;

use super::{Stage, at, cheap};
use crate::{
    FORM_CHARS_MAX, FORM_CHOICES_MAX, FORM_FIELDS_MAX, Field, FleetEvent, FleetOptions, FormEdit, FormField,
    FormFieldKind, Invalid, Keeper, OfficeError, Problem, Session,
};

fn field(label: &str, kind: FormFieldKind) -> FormField {
    FormField { label: label.into(), kind, required: true }
}

fn choice(choices: &[&str]) -> FormFieldKind {
    FormFieldKind::Choice(choices.iter().map(|choice| (*choice).to_owned()).collect())
}

/// With a field of each kind.
fn delivery() -> FormEdit {
    let fields = vec![
        field("Client", FormFieldKind::Text),
        field("Parcels", FormFieldKind::Number),
        FormField { required: false, ..field("State", choice(&["whole", "damaged"])) },
        field("Photo", FormFieldKind::Photo),
        field("Signature", FormFieldKind::Signature),
    ];
    FormEdit { name: "Delivery".into(), fields }
}

async fn stage(options: FleetOptions) -> (Stage, Session, Session) {
    let stage = Stage::with(options).await;
    let ann = stage.session(stage.user("ann@example.com").await, at(0)).await;
    let bob = stage.session(stage.user("bob@example.com").await, at(0)).await;
    stage.events();
    (stage, ann, bob)
}

#[tokio::test]
async fn forms_are_made_changed_and_removed() {
    let (mut stage, ann, bob) = stage(cheap()).await;
    let keeper = Keeper::Master(&ann);
    assert_eq!(stage.fleet.create_form(keeper, ann.user, delivery()).await, Ok(1));
    assert_eq!(stage.fleet.create_form(Keeper::Master(&bob), bob.user, delivery()).await, Ok(2));
    assert_eq!(stage.fleet.create_form(keeper, ann.user, delivery()).await, Ok(3), "names may be alike");
    let told = [ann.user, bob.user, ann.user].map(|user| FleetEvent::OfficeChanged { user });
    assert_eq!(stage.events(), told);
    let pickup = FormEdit { name: "Pick-up".into(), fields: vec![field("Where", FormFieldKind::Text)] };
    stage.fleet.update_form(keeper, 3, pickup.clone()).await.expect("changed");
    stage.fleet.delete_form(Keeper::Master(&bob), 2).await.expect("removed");
    assert_eq!(stage.events(), [ann.user, bob.user].map(|user| FleetEvent::OfficeChanged { user }));
    for s in [2, 3] {
        let forms = stage.fleet.forms(ann.user);
        let found: Vec<_> = forms.iter().map(|f| (f.id, f.owner(), f.name.as_str(), f.fields.clone())).collect();
        let first = (1, ann.user, "Delivery", delivery().fields);
        assert_eq!(found, [first, (3, ann.user, "Pick-up", pickup.fields.clone())]);
        assert_eq!(stage.fleet.forms(bob.user), []);
        stage.reopen(at(s)).await;
    }
    let panel = stage.panel;
    stage.fleet.corrupt_user(&panel, ann.user, "ann@example.com", true, at(4)).await.expect("removed");
    stage.reopen(at(5)).await;
    assert_eq!(stage.fleet.forms(ann.user), []);
}

#[tokio::test]
async fn forms_are_refused_for_their_reasons() {
    let (stage, ann, _) = stage(FleetOptions { forms_per_user_max: 1, ..cheap() }).await;
    let keeper = Keeper::Master(&ann);
    stage.fleet.create_form(keeper, ann.user, delivery()).await.expect("made");
    stage.events();
    let check = async |change: fn(&mut FormEdit), field: Field, problem: Problem| {
        let mut edit = delivery();
        change(&mut edit);
        let expected = OfficeError::Invalid(Invalid { field, problem });
        assert_eq!(stage.fleet.create_form(keeper, ann.user, edit.clone()).await, Err(expected.clone()));
        assert_eq!(stage.fleet.update_form(keeper, 1, edit).await, Err(expected));
    };
    fn offer(form: &mut FormEdit, choices: &[&str]) {
        form.fields[2].kind = choice(choices);
    }
    check(|f| f.name = String::new(), Field::Name, Problem::Blank).await;
    check(|f| f.name = "x".repeat(61), Field::Name, Problem::TooLong { chars_max: 60 }).await;
    check(|f| f.fields.clear(), Field::Fields, Problem::TooFew { count_min: 1 }).await;
    let many = Problem::TooMany { count_max: FORM_FIELDS_MAX };
    check(|f| f.fields = vec![f.fields[0].clone(); FORM_FIELDS_MAX + 1], Field::Fields, many).await;
    check(|f| f.fields[4].label = "Client".into(), Field::Label, Problem::Repeated).await;
    check(|f| f.fields[1].label = " ".into(), Field::Label, Problem::Blank).await;
    check(|f| f.fields[1].label = "a\nb".into(), Field::Label, Problem::Character).await;
    check(|f| offer(f, &[]), Field::Choices, Problem::TooFew { count_min: 1 }).await;
    check(|f| offer(f, &["a", "b", "a"]), Field::Choices, Problem::Repeated).await;
    check(|f| offer(f, &["a", ""]), Field::Choices, Problem::Blank).await;
    let many = Problem::TooMany { count_max: FORM_CHOICES_MAX };
    check(|f| offer(f, &["a"; FORM_CHOICES_MAX + 1]), Field::Choices, many).await;
    assert_eq!(stage.fleet.create_form(keeper, ann.user, delivery()).await, Err(OfficeError::TooMany));
    assert_eq!(stage.fleet.update_form(keeper, 9, delivery()).await, Err(OfficeError::NotFound));
    assert_eq!(stage.fleet.delete_form(keeper, 9).await, Err(OfficeError::NotFound));
    assert_eq!(stage.events(), []);
}

/// Every phone is sent all forms.
#[tokio::test]
async fn a_form_is_only_so_large() {
    let (stage, ann, _) = stage(cheap()).await;
    let keeper = Keeper::Master(&ann);
    stage.fleet.create_form(keeper, ann.user, delivery()).await.expect("made");
    let label = |n: usize| format!("{n:é>60}");
    let form = |fields: Vec<FormField>| FormEdit { name: "x".repeat(60), fields };
    let plain = (0..FORM_FIELDS_MAX).map(|n| field(&label(n), FormFieldKind::Text)).collect();
    stage.fleet.update_form(keeper, 1, form(plain)).await.expect("changed");
    // Three lists of 100 choices and a label take 18,180 characters, 30 labels more the rest of 20,000 but 20.
    let choices = FormFieldKind::Choice((0..FORM_CHOICES_MAX).map(label).collect());
    let mut fields: Vec<_> = (0..3).map(|n| field(&label(n), choices.clone())).collect();
    fields.extend((3..33).map(|n| field(&label(n), FormFieldKind::Text)));
    fields.push(field(&"x".repeat(20), FormFieldKind::Text));
    stage.fleet.update_form(keeper, 1, form(fields.clone())).await.expect("changed");
    fields.push(field("y", FormFieldKind::Text));
    let problem = Problem::TooLong { chars_max: FORM_CHARS_MAX };
    let refused = OfficeError::Invalid(Invalid { field: Field::Fields, problem });
    assert_eq!(stage.fleet.update_form(keeper, 1, form(fields)).await, Err(refused));
}

#[tokio::test]
async fn forms_are_kept_by_who_has_the_say() {
    let (stage, ann, bob) = stage(cheap()).await;
    let fleet = &stage.fleet;
    let panel = Keeper::Panel(&stage.panel);
    let form = fleet.create_form(panel, ann.user, delivery()).await.expect("made");
    let sub = stage.subuser(&ann, "sub@example.com").await;
    let check = async |keeper: Keeper<'_>, user: UserId, id: u32, expected: OfficeError| {
        assert_eq!(fleet.list_forms(keeper, user), Err(expected.clone()));
        assert_eq!(fleet.create_form(keeper, user, delivery()).await, Err(expected.clone()));
        assert_eq!(fleet.update_form(keeper, id, delivery()).await, Err(expected.clone()));
        assert_eq!(fleet.delete_form(keeper, id).await, Err(expected));
    };
    check(Keeper::Master(&bob), ann.user, form, OfficeError::NotFound).await;
    check(Keeper::Master(&sub), ann.user, form, OfficeError::NotPermitted).await;
    check(Keeper::Master(&sub), ann.user, 9, OfficeError::NotPermitted).await;
    check(panel, sub.user, 9, OfficeError::NotFound).await;
    let listed = fleet.list_forms(Keeper::Master(&ann), ann.user).expect("listed");
    assert_eq!((listed.len(), listed), (1, fleet.forms(ann.user)));
    fleet.update_user(&stage.panel, ann.user, |u| u.activated = false, at(3)).await.expect("changed");
    check(Keeper::Master(&ann), ann.user, form, OfficeError::NotPermitted).await;
}
