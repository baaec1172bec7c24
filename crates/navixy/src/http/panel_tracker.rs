//! `panel/tracker/…`: the trackers of the administrator's users.

use fleet::{PanelTracker, TrackerEdit, TrackerOrder, TrackerQuery};
use model::{ConnectionStatus, TrackerId};

use crate::encode::{self, Object};
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::Request;
use crate::http::panel_user::{paging, user_id};
use crate::http::params::{self, Params, Value};
use crate::http::user::utc_date;
use crate::json::Mistyped;

/// The account's trackers, a page at a time.
pub(super) fn list(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let query = TrackerQuery {
        user: params.optional("user_id", user_id),
        filter: params.optional("filter", params::text).filter(|filter| !filter.is_empty()),
        order_by: params.optional("order_by", order).unwrap_or_default(),
        paging: paging(params),
    };
    params.finish()?;
    let page = api.fleet.list_trackers(&session, &query);
    Ok(success(|o| {
        encode::array(&page.items, o.member("list"), |tracker, out| render(api, tracker, out));
        o.int("count", page.count);
    }))
}

/// What trackers can be listed by. The published list of names is open, so that an unknown one is no error.
fn order(value: Value<'_>) -> Result<TrackerOrder, Mistyped> {
    Ok(match params::text(value)?.as_str() {
        "label" => TrackerOrder::Label,
        "device_id" => TrackerOrder::DeviceId,
        "model" | "model_name" => TrackerOrder::Model,
        "creation_date" => TrackerOrder::Created,
        "owner" | "owner_name" => TrackerOrder::Owner,
        _ => TrackerOrder::Id,
    })
}

/// One tracker.
pub(super) fn read(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let tracker = api.fleet.panel_tracker(&session, id)?;
    Ok(success(|o| render(api, &tracker, o.member("value"))))
}

/// Blocks or unblocks.
pub(super) async fn source_update(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let id = tracker_id(params);
    let blocked = params.required("blocked", params::boolean);
    params.finish()?;
    let Some(blocked) = blocked else { return Err(params.invalid()) };
    api.fleet.set_source_blocked(&session, id, blocked).await?;
    Ok(success(|_| {}))
}

/// Renames, hides or shows again, and remarks.
pub(super) async fn settings_update(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let params = &mut request.params;
    let id = tracker_id(params);
    let edit = TrackerEdit {
        label: params.optional("label", params::text),
        hidden: params.optional("deleted", params::boolean),
        comment: params.optional("comment", params::text),
    };
    params.finish()?;
    api.fleet.update_tracker(&session, id, edit).await?;
    Ok(success(|_| {}))
}

/// Removes for good.
pub(super) async fn corrupt(api: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let session = api.panel_session(request)?;
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    api.fleet.panel_corrupt_tracker(&session, id).await?;
    Ok(success(|_| {}))
}

/// The tracker that a call is about; a number that no tracker can have is answered as unknown.
fn tracker_id(params: &mut Params<'_>) -> TrackerId {
    let id = params.required("tracker_id", params::int);
    TrackerId(id.and_then(|id| u32::try_from(id).ok()).unwrap_or(0))
}

fn render(api: &Api, found: &PanelTracker, out: &mut Vec<u8>) {
    let PanelTracker { tracker, owner } = found;
    let (mut last_contact, mut connection) = (None, ConnectionStatus::default());
    api.states.read(tracker.source.source, &mut |state| {
        (last_contact, connection) = (state.last_contact, state.connection);
    });
    let mut o = Object::open(out);
    o.int("id", tracker.id.0).string("label", &tracker.label).int("group_id", tracker.group);
    o.int("user_id", owner.id.0).int("dealer_id", owner.account.0).string("owner_name", &owner.title());
    o.string("model_name", tracker.source.model.name);
    o.boolean("clone", tracker.clone).boolean("deleted", tracker.hidden);
    utc_date("creation_date", tracker.created, &mut o);
    match last_contact {
        Some(at) => utc_date("last_connection", at, &mut o),
        None => {
            o.raw("last_connection", "null");
        }
    }
    if !tracker.comment.is_empty() {
        o.string("comment", &tracker.comment);
    }
    let source = &tracker.source;
    let mut s = Object::open(o.member("source"));
    s.int("id", source.source.0).string("device_id", source.device.as_str()).string("model", source.model.code);
    s.boolean("blocked", source.blocked).raw("phone", "null").int("tariff_id", 0).raw("tariff_end_date", "null");
    s.string("connection_status", encode::connection_name(connection));
    utc_date("creation_date", source.registered, &mut s);
    s.close();
    o.close();
}
