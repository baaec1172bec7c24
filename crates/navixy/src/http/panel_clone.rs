//! `panel/tracker/…` and `tracker/delete`: clones, and trackers that change hands.

use calls::Request;
use calls::params::{self, Params};
use fleet::{Existing, PanelSession, Right, Session, UncloneError};
use model::TrackerId;

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{self, Kind, Method, Param, optional, required};
use crate::http::panel_tracker::{TRACKER_ID, tracker_id};
use crate::http::panel_user::{USER_ID, user_id};
use crate::wire::WireId;

/// How many trackers one call may clone.
const CLONED_MAX: usize = 1_000;
/// How many clones one call may remove.
const DELETED_MAX: usize = 500;

const IDS: Kind = Kind::List(&Kind::Int);
/// Why a clone was not removed while others were.
const NOT_DELETED: Kind = Kind::Object(&[required("id", Kind::Int, ""), required("error", Kind::Text, "")]);
const CLONE_ID: Param = required("tracker_id", Kind::Int, "a clone");

pub(super) const METHODS: &[Method] = &[
    Method::panel("panel/tracker/clone", "Gives another user a view of a tracker.", |a, s, r| Box::pin(clone(a, s, r)))
        .takes(&[TRACKER_ID, USER_ID, required("label", Kind::Text, "1 to 60 characters")])
        .gives(&[required("id", Kind::Int, "of the clone")])
        .fails(&[
            Condition::NotFound,
            Condition::NotForClones,
            Condition::WrongUserId,
            Condition::AlreadyExists,
            Condition::AlreadyRemoved,
        ]),
    Method::panel("panel/tracker/batch_clone", "Gives another user views of several trackers.", |a, s, r| {
        Box::pin(batch_clone(a, s, r))
    })
    .takes(&[
        required("tracker_ids", IDS, "1 to 1,000"),
        USER_ID,
        optional("ignore_existing", Kind::Bool, "passes over what the user has already; false unless given"),
    ])
    .gives(&[required("list", IDS, "of the clones"), required("ignored_trackers", IDS, "what was passed over")])
    .fails(&[
        Condition::ListHasNonexistent,
        Condition::NotForClones,
        Condition::WrongUserId,
        Condition::AlreadyExists,
        Condition::AlreadyRemoved,
    ]),
    Method::panel("panel/tracker/delete_clone", "Removes a clone for good.", |a, s, r| Box::pin(delete_clone(a, s, r)))
        .takes(&[CLONE_ID])
        .fails(&[Condition::NotFound, Condition::ForClonesOnly, Condition::AlreadyRemoved]),
    Method::panel("panel/tracker/batch_delete_clones", "Removes several clones for good.", |a, s, r| {
        Box::pin(batch_delete_clones(a, s, r))
    })
    .takes(&[
        optional("trackers", IDS, "1 to 500; required under one of the two names"),
        optional("tracker_ids", IDS, "the same"),
    ])
    .gives(&[
        required("deleted_count", Kind::Int, ""),
        required("not_deleted_count", Kind::Int, ""),
        optional("not_deleted_trackers", Kind::List(&NOT_DELETED), "if there are any"),
    ])
    .fails(&[Condition::NotFound]),
    Method::panel("panel/tracker/move", "Gives a tracker to another user, under a new id.", |a, s, r| {
        Box::pin(move_(a, s, r))
    })
    .takes(&[TRACKER_ID, USER_ID])
    .gives(&[required("id", Kind::Int, "of the tracker, from now on")])
    .fails(&[
        Condition::NotFound,
        Condition::NotForClones,
        Condition::WrongUserId,
        Condition::AlreadyExists,
        Condition::AlreadyRemoved,
    ]),
    Method::user("tracker/delete", "Removes a clone from the user's account.", |a, s, r| Box::pin(delete(a, s, r)))
        .right(Right::Admin)
        .takes(&[method::TRACKER_ID])
        .fails(&[Condition::NotFound, Condition::ForClonesOnly]),
];

async fn clone(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let original = tracker_id(params);
    let user = params.required("user_id", user_id);
    let label = params.required("label", params::text);
    params.finish()?;
    let (Some(user), Some(label)) = (user, label) else { return Err(params.invalid().into()) };
    let id = api.fleet.clone_tracker(&session, original, user, label, request.now).await?;
    Ok(success(|o| {
        o.int("id", id.0);
    }))
}

async fn batch_clone(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let originals = tracker_ids(params, "tracker_ids", CLONED_MAX);
    let user = params.required("user_id", user_id);
    let existing = if params.flag("ignore_existing", false) { Existing::Ignore } else { Existing::Refuse };
    params.finish()?;
    let (Some(originals), Some(user)) = (originals, user) else { return Err(params.invalid().into()) };
    let cloned = api.fleet.clone_trackers(&session, originals, user, existing, request.now).await;
    let cloned = cloned.map_err(|error| match error {
        fleet::CloneError::NotFound => Condition::ListHasNonexistent.into(),
        other => Refusal::from(other),
    })?;
    Ok(success(|o| {
        write_ids(&cloned.clones, o.member("list"));
        write_ids(&cloned.ignored, o.member("ignored_trackers"));
    }))
}

async fn delete_clone(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    api.fleet.delete_clone(&session, id).await?;
    Ok(success(|_| {}))
}

/// Removes what can be removed, and says what could not and why. If none of them was ever a tracker it is an error.
async fn batch_delete_clones(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let name = if params.get("trackers").is_none() && params.get("tracker_ids").is_some() {
        "tracker_ids"
    } else {
        "trackers"
    };
    let ids = tracker_ids(params, name, DELETED_MAX);
    params.finish()?;
    let Some(ids) = ids else { return Err(params.invalid().into()) };
    let outcomes = api.fleet.delete_clones(&session, ids).await?;
    if outcomes.iter().all(|(_, outcome)| *outcome == Err(UncloneError::NotFound)) {
        return Err(Condition::NotFound.into());
    }
    let kept: Vec<_> =
        outcomes.iter().filter_map(|(id, outcome)| Some((*id, outcome.as_ref().err().map(kept_because)?))).collect();
    Ok(success(|o| {
        o.int("deleted_count", outcomes.len() - kept.len()).int("not_deleted_count", kept.len());
        if !kept.is_empty() {
            encode::array(&kept, o.member("not_deleted_trackers"), |(id, error), out| {
                let mut o = Object::open(out);
                o.int("id", id.0).string("error", error);
                o.close();
            });
        }
    }))
}

/// The published texts.
fn kept_because(error: &UncloneError) -> &'static str {
    match error {
        UncloneError::NotFound => "Entity not found",
        UncloneError::Corrupted => "Already deleted",
        UncloneError::Original => "Not a clone",
        UncloneError::Failed(_) => "Database error",
    }
}

async fn move_(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = tracker_id(params);
    let user = params.required("user_id", user_id);
    params.finish()?;
    let Some(user) = user else { return Err(params.invalid().into()) };
    let id = api.fleet.move_tracker(&session, id, user, request.now).await?;
    Ok(success(|o| {
        o.int("id", id.0);
    }))
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    api.fleet.delete_own_clone(&session, id).await?;
    Ok(success(|_| {}))
}

/// A list of trackers that may neither be empty nor too long. A number that no tracker can have is nobody's.
fn tracker_ids(params: &mut Params<'_>, name: &str, count_max: usize) -> Option<Vec<TrackerId>> {
    let ids = params.required(name, |value| params::ints(value, count_max))?;
    if ids.is_empty() || ids.len() > count_max {
        params.error(name, format!("size must be between 1 and {count_max}"));
        return None;
    }
    Some(ids.into_iter().map(|id| WireId(id).tracker().unwrap_or(TrackerId(0))).collect())
}

fn write_ids(ids: &[TrackerId], out: &mut Vec<u8>) {
    encode::array(ids, out, |id, out| out.extend_from_slice(id.to_string().as_bytes()));
}
