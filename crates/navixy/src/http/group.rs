//! `tracker/group/…`: how a user sorts its trackers.

use calls::Request;
use calls::params;
use fleet::{Right, Session};
use model::TrackerId;

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, required};
use crate::wire::WireId;

/// How many trackers one call may move.
const ASSIGNED_MAX: usize = 20_000;

const GROUP_ID: Param = required("id", Kind::Int, "");
const TITLE: Param = required("title", Kind::Text, "1 to 60 characters");
const COLOR: Param = required("color", Kind::Text, "six hexadecimal digits");
const GROUP: Kind = Kind::Object(&[GROUP_ID, TITLE, COLOR]);

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/group/list", "The groups of trackers.", |a, s, r| Box::pin(list(a, s, r)))
        .gives(&[required("list", Kind::List(&GROUP), "")]),
    Method::user("tracker/group/create", "Makes a group.", |a, s, r| Box::pin(create(a, s, r)))
        .right(Right::Admin)
        .takes(&[TITLE, COLOR])
        .gives(&[required("id", Kind::Int, "")]),
    Method::user("tracker/group/update", "Renames or recolours a group.", |a, s, r| Box::pin(update(a, s, r)))
        .right(Right::Admin)
        .takes(&[GROUP_ID, TITLE, COLOR])
        .fails(&[Condition::NotFound]),
    Method::user("tracker/group/delete", "Removes a group; its trackers are in none then.", |a, s, r| {
        Box::pin(delete(a, s, r))
    })
    .right(Right::Admin)
    .takes(&[GROUP_ID])
    .fails(&[Condition::NotFound]),
    Method::user("tracker/group/assign", "Puts trackers into a group, or with 0 into none.", |a, s, r| {
        Box::pin(assign(a, s, r))
    })
    .right(Right::Admin)
    .takes(&[GROUP_ID, required("trackers", Kind::List(&Kind::Int), "")])
    .fails(&[Condition::NotFound, Condition::ListHasNonexistent]),
];

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    let groups = api.fleet.groups(&session);
    Ok(success(|o| {
        encode::array(&groups, o.member("list"), |group, out| {
            let mut o = Object::open(out);
            o.int("id", group.id).string("title", &group.title).string("color", &group.color);
            o.close();
        });
    }))
}

async fn create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let title = params.required("title", params::text);
    let color = params.required("color", params::text);
    params.finish()?;
    let (Some(title), Some(color)) = (title, color) else { return Err(params.invalid().into()) };
    let id = api.fleet.create_group(&session, title, color).await?;
    Ok(success(|o| {
        o.int("id", id);
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("id", params::int);
    let title = params.required("title", params::text);
    let color = params.required("color", params::text);
    params.finish()?;
    let (Some(id), Some(title), Some(color)) = (id, title, color) else { return Err(params.invalid().into()) };
    api.fleet.update_group(&session, number(id), title, color).await?;
    Ok(success(|_| {}))
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = request.params.required("id", params::int);
    request.params.finish()?;
    let Some(id) = id else { return Err(request.params.invalid().into()) };
    api.fleet.delete_group(&session, number(id)).await?;
    Ok(success(|_| {}))
}

async fn assign(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("id", params::int);
    let trackers = params.required("trackers", |value| params::ints(value, ASSIGNED_MAX));
    params.finish()?;
    let (Some(id), Some(trackers)) = (id, trackers) else { return Err(params.invalid().into()) };
    if trackers.len() > ASSIGNED_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    // What no tracker can be called is none of the account's.
    let trackers = trackers.into_iter().map(|id| WireId(id).tracker().unwrap_or(TrackerId(0))).collect();
    api.fleet.assign_group(&session, number(id), trackers).await?;
    Ok(success(|_| {}))
}

/// An id; a number that none can have is nobody's.
fn number(id: i32) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}
