//! `api/key/…`: what programs call with in place of a session.

use calls::Request;
use calls::field_error;
use calls::params;
use fleet::{ApiKey, ApiKeyError, Right, Session};

use crate::encode::{self, DateText, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::failure::failed;
use crate::http::method::{Kind, Method, Param, required};
use crate::http::user::date;
use crate::wire::Dates;

const KEY: Kind = Kind::Object(&[
    required("hash", Kind::Hash, "the key"),
    required("create_date", Kind::DateTime, ""),
    required("title", Kind::Text, ""),
]);
const LIST: &[Param] = &[required("list", Kind::List(&KEY), "the oldest first")];

pub(super) const METHODS: &[Method] = &[
    Method::standard("api/key/create", "Makes an API key.", |a, s, r| Box::pin(create(a, s, r)))
        .right(Right::Admin)
        .takes(&[required("title", Kind::Text, "1 to 255 printable characters")])
        .gives(&[required("value", KEY, "")])
        .fails(&[Condition::OverQuota]),
    Method::standard("api/key/list", "The API keys of the account.", |a, s, r| Box::pin(list(a, s, r)))
        .right(Right::Admin)
        .gives(LIST),
    Method::standard("api/key/delete", "Deletes an API key.", |a, s, r| Box::pin(delete(a, s, r, "key")))
        .right(Right::Admin)
        .takes(&[required("key", Kind::Hash, "")])
        .fails(&[Condition::NotFound]),
    // Older names of the same.
    Method::standard("user/api_key/list", "As `api/key/list`.", |a, s, r| Box::pin(list(a, s, r)))
        .right(Right::Admin)
        .gives(LIST),
    Method::standard("user/api_key/delete", "As `api/key/delete`.", |a, s, r| Box::pin(delete(a, s, r, "api_key")))
        .right(Right::Admin)
        .takes(&[required("api_key", Kind::Hash, "")])
        .fails(&[Condition::NotFound]),
];

impl From<ApiKeyError> for Refusal {
    fn from(error: ApiKeyError) -> Self {
        let condition = match error {
            ApiKeyError::Invalid(invalid) => return Self::invalid(vec![field_error("", invalid)]),
            ApiKeyError::NotFound => Condition::NotFound,
            ApiKeyError::TooMany => Condition::OverQuota,
            ApiKeyError::SessionEnded => Condition::SessionEnded,
            ApiKeyError::Failed(failure) => failed(&failure),
        };
        condition.into()
    }
}

async fn create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let title = request.params.required("title", params::text);
    request.params.finish()?;
    let Some(title) = title else { return Err(request.params.invalid().into()) };
    let key = api.fleet.create_api_key(&session, title, request.now).await?;
    Ok(success(|o| render(&key, &session, dates, o.member("value"))))
}

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    request.params.finish()?;
    let keys = api.fleet.api_keys(&session);
    Ok(success(|o| encode::array(&keys, o.member("list"), |key, out| render(key, &session, dates, out))))
}

async fn delete(
    api: &Api,
    session: Session,
    request: &mut Request<'_>,
    parameter: &'static str,
) -> Result<Vec<u8>, Refusal> {
    let key = request.params.required(parameter, params::text);
    request.params.finish()?;
    let Some(key) = key else { return Err(request.params.invalid().into()) };
    api.fleet.delete_api_key(&session, &key).await?;
    Ok(success(|_| {}))
}

fn render(key: &ApiKey, session: &Session, dates: Dates, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("hash", key.hash.as_str());
    date("create_date", DateText::new(key.created, &*session.zone, dates), &mut o);
    o.string("title", &key.title);
    o.close();
}
