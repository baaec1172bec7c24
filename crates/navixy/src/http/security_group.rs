//! `subuser/security_group/…`: rights that a user gives to several sub-users at a time.

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use fleet::{Right, Rights, SecurityGroup, Session};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, optional, required};

/// How many sub-users one call may move.
const SUBUSERS_MAX: usize = 1_000;
/// How many rights one call may name: more than there are, as old clients name some that are no more.
const RIGHTS_MAX: usize = 100;

const PRIVILEGES: Kind = Kind::Object(&[required("rights", Kind::List(&Kind::Text), "names of rights; not admin")]);
const LABEL: Param = required("label", Kind::Text, "1 to 60 characters");
const GROUP: Kind = Kind::Object(&[optional("id", Kind::Int, ""), LABEL, required("privileges", PRIVILEGES, "")]);

pub(super) const METHODS: &[Method] = &[
    Method::user("subuser/security_group/list", "The security groups.", |a, s, r| Box::pin(list(a, s, r)))
        .right(Right::Admin)
        .gives(&[required("list", Kind::List(&GROUP), "")]),
    Method::user("subuser/security_group/create", "Makes a security group.", |a, s, r| Box::pin(create(a, s, r)))
        .right(Right::Admin)
        .takes(&[required("group", GROUP, "without an id")])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[Condition::TooManyEntities]),
    Method::user(
        "subuser/security_group/update",
        "Changes a security group, and at once what its members may do.",
        |a, s, r| Box::pin(update(a, s, r)),
    )
    .right(Right::Admin)
    .takes(&[required("group", GROUP, "with its id")])
    .fails(&[Condition::NotFound]),
    Method::user(
        "subuser/security_group/delete",
        "Removes a security group; its members have no rights then.",
        |a, s, r| Box::pin(delete(a, s, r)),
    )
    .right(Right::Admin)
    .takes(&[
        optional("security_group_id", Kind::Int, "required under one of the two names"),
        optional("id", Kind::Int, "the same"),
    ])
    .fails(&[Condition::NotFound]),
    Method::user("subuser/security_group/assign", "Puts sub-users into a security group, or into none.", |a, s, r| {
        Box::pin(assign(a, s, r))
    })
    .right(Right::Admin)
    .takes(&[optional("group_id", Kind::Int, "missing: none"), required("subuser_ids", Kind::List(&Kind::Int), "")])
    .fails(&[Condition::NotFound]),
];

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    let groups = api.fleet.security_groups(&session);
    Ok(success(|o| encode::array(&groups, o.member("list"), |group, out| render(group, out))))
}

async fn create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let group = params.object("group.", label_and_rights);
    params.finish()?;
    let Some((Some(label), Some(rights))) = group else { return Err(params.invalid().into()) };
    let id = api.fleet.create_security_group(&session, label, rights).await?;
    Ok(success(|o| {
        o.int("id", id);
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let group = params.object("group.", |group| (group.required("id", params::int), label_and_rights(group)));
    params.finish()?;
    let Some((Some(id), (Some(label), Some(rights)))) = group else { return Err(params.invalid().into()) };
    api.fleet.update_security_group(&session, number(id), label, rights).await?;
    Ok(success(|_| {}))
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let name = if params.get("security_group_id").is_none() && params.get("id").is_some() {
        "id"
    } else {
        "security_group_id"
    };
    let id = params.required(name, params::int);
    params.finish()?;
    let Some(id) = id else { return Err(params.invalid().into()) };
    api.fleet.delete_security_group(&session, number(id)).await?;
    Ok(success(|_| {}))
}

async fn assign(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let group = params.optional("group_id", params::int);
    let subusers = params.required("subuser_ids", |value| params::ints(value, SUBUSERS_MAX));
    params.finish()?;
    let subusers = subusers.unwrap_or_default();
    if subusers.len() > SUBUSERS_MAX {
        params.error("subuser_ids", "has too many elements");
        return Err(params.invalid().into());
    }
    let subusers = subusers.into_iter().map(|id| model::UserId(u32::try_from(id).unwrap_or(0))).collect();
    api.fleet.assign_security_group(&session, group.map(number), subusers).await?;
    Ok(success(|_| {}))
}

fn label_and_rights(group: &mut Params<'_>) -> (Option<String>, Option<Rights>) {
    let label = group.required("label", params::text);
    let rights = group.object("group.privileges.", |privileges| {
        // Who sees only a part of the past is not offered, and must not be taken for granted.
        if privileges.get("store_period").is_some() {
            privileges.error("store_period", "is not offered");
        }
        privileges.required("rights", rights)
    });
    (label, rights.flatten())
}

/// Names of rights that can be given.
fn rights(value: Value<'_>) -> Result<Rights, Mistyped> {
    let right = |name: String| match Right::from_name(&name) {
        None => Err(Mistyped("has an unknown right")),
        Some(Right::Admin) => Err(Mistyped("has a right that cannot be given")),
        Some(right) => Ok(right),
    };
    params::texts(value, RIGHTS_MAX)?.into_iter().map(right).collect()
}

/// An id; a number that none can have is nobody's.
pub(super) fn number(id: i32) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}

fn render(group: &SecurityGroup, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", group.id).string("label", &group.label);
    privileges(group.rights, o.member("privileges"));
    o.close();
}

/// What somebody may do.
pub(super) fn privileges(rights: Rights, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    encode::array(rights.iter(), o.member("rights"), |right, out| encode::string(right.name(), out));
    o.close();
}
