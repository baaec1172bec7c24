//! `panel/office/form/…`: what drivers fill in.

use calls::answer::success;
use calls::params::{self, Params};
use calls::write::{self, Object, array};
use calls::{Kind, Param, Request, required};
use fleet::{FORM_CHOICES_MAX, FORM_FIELDS_MAX, Field, FormEdit, FormField, FormFieldKind, FormTemplate, OfficeError};

use crate::api::{Api, Caller, Done, number};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, USER_ID};

const FORM: Kind = Kind::Named("FormTemplate");
const EDIT: Param = required(
    "form",
    Kind::Object(&[
        required("name", Kind::Text, "one line of at most 60 characters"),
        required("fields", Kind::List(&Kind::Named("FormField")), "1 to 50, each with a label of its own"),
    ]),
    "",
);
const FORM_ID: Param = required("form_id", Kind::Int, "");
const ERRORS: &[Condition] = &[Condition::NotPermitted, Condition::NotFound];
/// What may be answered in a field.
const TYPES: &str = "must be one of text, number, choice, photo, signature";

pub(crate) const METHODS: &[Method] = &[
    Method::keepers("panel/office/form/list", "The forms that a user's drivers fill in.", |a, c, r| {
        Box::pin(list(a, c, r))
    })
    .takes(&[USER_ID])
    .gives(&[required("list", Kind::List(&FORM), "")])
    .fails(ERRORS),
    Method::keepers("panel/office/form/create", "Makes a form.", |a, c, r| Box::pin(create(a, c, r)))
        .takes(&[USER_ID, EDIT])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[Condition::NotPermitted, Condition::NotFound, Condition::TooManyEntities]),
    Method::keepers(
        "panel/office/form/update",
        "Puts a form in the place of another. What drivers filled in before stays as they saw it.",
        |a, c, r| Box::pin(update(a, c, r)),
    )
    .takes(&[FORM_ID, EDIT])
    .fails(ERRORS),
    Method::keepers("panel/office/form/delete", "Removes a form.", |a, c, r| Box::pin(delete(a, c, r)))
        .takes(&[FORM_ID])
        .fails(ERRORS),
];

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let user = caller.user(&mut request.params);
    request.params.finish()?;
    let forms = api.fleet.list_forms(caller.keeper(), user)?;
    Ok(success(|o| array(&forms, o.member("list"), |form, out| render(form, out))).into())
}

async fn create(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (user, edit) = (caller.user(params), edit(params));
    params.finish()?;
    let id = api.fleet.create_form(caller.keeper(), user, edit).await.map_err(in_form)?;
    Ok(success(|o| {
        o.int("id", id);
    })
    .into())
}

async fn update(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (id, edit) = (params.required("form_id", number).unwrap_or_default(), edit(params));
    params.finish()?;
    api.fleet.update_form(caller.keeper(), id, edit).await.map_err(in_form)?;
    Ok(success(|_| {}).into())
}

async fn delete(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = request.params.required("form_id", number).unwrap_or_default();
    request.params.finish()?;
    api.fleet.delete_form(caller.keeper(), id).await?;
    Ok(success(|_| {}).into())
}

/// Where a field of a form stands in a call.
fn in_form(error: OfficeError) -> Refusal {
    let prefix = match &error {
        OfficeError::Invalid(invalid) if matches!(invalid.field, Field::Label | Field::Choices) => "form.fields.",
        _ => "form.",
    };
    Refusal::from(error).within(prefix)
}

/// What the office says of a form. What is wrong with it is noted.
fn edit(params: &mut Params<'_>) -> FormEdit {
    let read = |form: &mut Params<'_>| {
        let name = form.required("name", params::text).unwrap_or_default();
        if form.get("fields").is_none() {
            form.error("fields", params::REQUIRED);
        }
        let fields = form.objects("fields", FORM_FIELDS_MAX, field).unwrap_or_default();
        FormEdit { name, fields }
    };
    params.object("form.", read).unwrap_or(FormEdit { name: String::new(), fields: Vec::new() })
}

fn field(field: &mut Params<'_>) -> Option<FormField> {
    let label = field.required("label", params::text);
    let kind = field.required("type", params::text);
    let required = field.flag("required", false);
    let kind = match kind?.as_str() {
        "text" => FormFieldKind::Text,
        "number" => FormFieldKind::Number,
        "choice" => FormFieldKind::Choice(field.required("choices", |v| params::texts(v, FORM_CHOICES_MAX))?),
        "photo" => FormFieldKind::Photo,
        "signature" => FormFieldKind::Signature,
        _ => {
            field.error("type", TYPES);
            return None;
        }
    };
    Some(FormField { label: label?, kind, required })
}

fn render(form: &FormTemplate, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", form.id).string("name", &form.name);
    array(&form.fields, o.member("fields"), |field, out| {
        let mut o = Object::open(out);
        o.string("label", &field.label);
        let (kind, choices) = match &field.kind {
            FormFieldKind::Text => ("text", None),
            FormFieldKind::Number => ("number", None),
            FormFieldKind::Choice(choices) => ("choice", Some(choices)),
            FormFieldKind::Photo => ("photo", None),
            FormFieldKind::Signature => ("signature", None),
        };
        o.string("type", kind).boolean("required", field.required);
        if let Some(choices) = choices {
            array(choices, o.member("choices"), |choice, out| write::string(choice, out));
        }
        o.close();
    });
    o.close();
}
