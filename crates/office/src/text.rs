//! `panel/office/text/…`: texts that drivers choose from.

use calls::answer::success;
use calls::params;
use calls::write::{Object, array};
use calls::{Kind, Param, Request, optional, required};

use crate::api::{Api, Caller, Done, number};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, USER_ID};

const NUMBER: Param = required("number", Kind::Int, "");
const TEXT: Param = required("text", Kind::Text, "one line");
const ERRORS: &[Condition] = &[Condition::NotPermitted, Condition::NotFound];

pub(crate) const METHODS: &[Method] = &[
    Method::keepers("panel/office/text/list", "The texts that a user's drivers choose from.", |a, c, r| {
        Box::pin(list(a, c, r))
    })
    .takes(&[USER_ID])
    .gives(&[required("list", Kind::List(&Kind::Named("PredefinedText")), "in the order of numbers")])
    .fails(ERRORS),
    Method::keepers("panel/office/text/create", "Adds a text.", |a, c, r| Box::pin(create(a, c, r)))
        .takes(&[USER_ID, optional("number", Kind::Int, "the next one unless given"), TEXT])
        .gives(&[NUMBER])
        .fails(&[Condition::NotPermitted, Condition::NotFound, Condition::TooManyEntities]),
    Method::keepers("panel/office/text/update", "Says a text anew.", |a, c, r| Box::pin(update(a, c, r)))
        .takes(&[USER_ID, NUMBER, TEXT])
        .fails(ERRORS),
    Method::keepers("panel/office/text/delete", "Removes a text.", |a, c, r| Box::pin(delete(a, c, r)))
        .takes(&[USER_ID, NUMBER])
        .fails(ERRORS),
];

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let user = caller.user(&mut request.params);
    request.params.finish()?;
    let texts = api.fleet.list_predefined_texts(caller.keeper(), user)?;
    Ok(success(|o| {
        array(&texts, o.member("list"), |text, out| {
            let mut o = Object::open(out);
            o.int("number", text.number).string("text", &text.text);
            o.close();
        });
    })
    .into())
}

async fn create(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (user, wanted) = (caller.user(params), params.optional("number", number));
    let text = params.required("text", params::text).unwrap_or_default();
    params.finish()?;
    let number = api.fleet.create_predefined_text(caller.keeper(), user, wanted, text).await?;
    Ok(success(|o| {
        o.int("number", number);
    })
    .into())
}

async fn update(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (user, number) = (caller.user(params), params.required("number", number).unwrap_or_default());
    let text = params.required("text", params::text).unwrap_or_default();
    params.finish()?;
    api.fleet.update_predefined_text(caller.keeper(), user, number, text).await?;
    Ok(success(|_| {}).into())
}

async fn delete(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (user, number) = (caller.user(params), params.required("number", number).unwrap_or_default());
    params.finish()?;
    api.fleet.delete_predefined_text(caller.keeper(), user, number).await?;
    Ok(success(|_| {}).into())
}
