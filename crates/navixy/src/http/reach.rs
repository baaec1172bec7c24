//! Which source a call reaches through the trackers that it names.

use std::sync::Arc;

use calls::params::{self, Params};
use fleet::{Access, Session, Tracker};
use model::{SourceId, TrackerId};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::Refusal;
use crate::wire::WireId;

/// How many trackers one call may name, where nothing else is said.
pub(super) const TRACKERS_MAX: usize = 500;

/// Reads the parameter `tracker_id` and, once everything else was read, all that is wrong.
pub(super) fn tracker_id(params: &mut Params<'_>) -> Result<WireId, Refusal> {
    let id = params.required("tracker_id", params::int);
    params.finish()?;
    id.map(WireId).ok_or_else(|| params.invalid().into())
}

/// Reads the parameter `trackers` and, once everything else was read, all that is wrong.
pub(super) fn tracker_ids(params: &mut Params<'_>) -> Result<Vec<WireId>, Refusal> {
    let ids = params.required("trackers", |value| params::ints(value, TRACKERS_MAX));
    params.finish()?;
    let ids = ids.unwrap_or_default();
    if ids.len() > TRACKERS_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    Ok(ids.into_iter().map(WireId).collect())
}

/// What a session may see of a tracker.
pub(super) fn access(api: &Api, session: &Session, id: WireId) -> Access {
    id.tracker().map_or(Access::Unknown, |id: TrackerId| api.fleet.access(session, id))
}

/// The source of a tracker; `unknown` where there is none, which methods call by different names.
pub(super) fn source(api: &Api, session: &Session, id: WireId, unknown: Condition) -> Result<SourceId, Refusal> {
    match access(api, session, id) {
        Access::Normal(source) => Ok(source),
        Access::Blocked(_) => Err(Condition::DeviceBlocked.into()),
        Access::Unknown | Access::Disallowed => Err(unknown.into()),
    }
}

/// The sources of trackers that must all exist. Blocked ones are left out: nothing is shown of them.
pub(super) fn sources(api: &Api, session: &Session, ids: Vec<WireId>) -> Result<Vec<(WireId, SourceId)>, Refusal> {
    let mut sources = Vec::with_capacity(ids.len());
    for id in ids {
        match access(api, session, id) {
            Access::Normal(source) => sources.push((id, source)),
            Access::Blocked(_) => {}
            Access::Unknown | Access::Disallowed => return Err(Condition::ListHasNonexistent.into()),
        }
    }
    Ok(sources)
}

/// The trackers of the parameter `trackers`, which must all exist, once everything else was read. Blocked ones too.
pub(super) fn trackers(api: &Api, session: &Session, params: &mut Params<'_>) -> Result<Vec<Arc<Tracker>>, Refusal> {
    let find = |id: WireId| id.tracker().and_then(|id| api.fleet.tracker(session, id));
    let found: Option<Vec<_>> = tracker_ids(params)?.into_iter().map(find).collect();
    found.ok_or_else(|| Condition::ListHasNonexistent.into())
}
