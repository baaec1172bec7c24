//! Lists that dashboards ask for at their start and that are empty here: an account without employees, rules, zones
//! and tasks has none to list. Nothing else of these resources is offered, and the document says so.

use calls::Request;
use fleet::Session;

use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, required};

pub(super) const METHODS: &[Method] = &[
    stub("driver/journal/list", "The trips of drivers: none."),
    stub("employee/list", "The employees: none."),
    stub("tariff/list", "The tariffs: none."),
    stub("task/list", "The tasks: none."),
    stub("tracker/rule/list", "The rules: none."),
    stub("zone/list", "The zones: none."),
];

const ANSWER: &[Param] = &[required("list", Kind::List(&Kind::Any), "always empty")];

const fn stub(path: &'static str, about: &'static str) -> Method {
    Method::user(path, about, |a, s, r| Box::pin(nothing(a, s, r))).gives(ANSWER).not_offered()
}

async fn nothing(_: &Api, _: Session, _: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    Ok(success(|o| {
        o.raw("list", "[]");
    }))
}
