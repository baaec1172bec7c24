//! `panel/tracker/…`: the trackers of the administrator's users.

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use fleet::{Page, PanelSession, PanelTracker, TrackerEdit, TrackerOrder, TrackerQuery};
use model::{ConnectionStatus, TrackerId};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, optional, required};
use crate::http::panel_user::{UNKNOWN_VALUE, paging, user_id};
use crate::http::user::utc_date;

const TRACKER: Kind = Kind::Named("PanelTracker");
pub(super) const TRACKER_ID: Param = required("tracker_id", Kind::Int, "a tracker of one of the account's users");

pub(super) const METHODS: &[Method] = &[
    Method::panel("panel/tracker/list", "The account's trackers, a page at a time.", |a, s, r| Box::pin(list(a, s, r)))
        .takes(&[
            optional("user_id", Kind::Int, ""),
            optional("tariff_id", Kind::Int, ""),
            optional("clones_filter", Kind::OneOf(CLONES_FILTERS), ""),
            optional("filter", Kind::Text, ""),
            optional("order_by", Kind::Text, ""),
            optional("ascending", Kind::Bool, "true unless given"),
            optional("offset", Kind::Int, ""),
            optional("limit", Kind::Int, ""),
        ])
        .gives(&[required("list", Kind::List(&TRACKER), ""), required("count", Kind::Int, "of all pages")]),
    Method::panel("panel/tracker/read", "One tracker.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("value", TRACKER, "")])
        .fails(&[Condition::NotFound, Condition::AlreadyRemoved]),
    Method::panel("panel/tracker/source/update", "Blocks or unblocks a tracker.", |a, s, r| {
        Box::pin(source_update(a, s, r))
    })
    .takes(&[TRACKER_ID, required("blocked", Kind::Bool, "")])
    .fails(&[Condition::NotFound, Condition::AlreadyRemoved]),
    Method::panel("panel/tracker/settings/update", "Renames, hides or shows again, and remarks.", |a, s, r| {
        Box::pin(settings_update(a, s, r))
    })
    .takes(&[
        TRACKER_ID,
        optional("label", Kind::Text, ""),
        optional("deleted", Kind::Bool, "true hides the tracker, false shows it again"),
        optional("comment", Kind::Text, "at most 3,000 characters"),
    ])
    .fails(&[Condition::NotFound, Condition::AlreadyRemoved]),
    Method::panel("panel/tracker/corrupt", "Removes a tracker for good.", |a, s, r| Box::pin(corrupt(a, s, r)))
        .takes(&[TRACKER_ID, optional("corrupt_clones", Kind::Bool, "true unless given")])
        .fails(&[Condition::NotFound, Condition::NotForClones, Condition::AlreadyRemoved, Condition::HasClones]),
];

/// Which trackers a list has, by kind.
const CLONES_FILTERS: &[&str] = &["not_set", "exclude_clones", "only_include_clones"];
/// The tariff of all trackers.
const TARIFF_ID: i32 = 0;

/// The account's trackers, a page at a time.
async fn list(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let tariff = params.optional("tariff_id", params::int);
    let query = TrackerQuery {
        user: params.optional("user_id", user_id),
        clones: params.optional("clones_filter", clones_filter).flatten(),
        filter: params.optional("filter", params::text).filter(|filter| !filter.is_empty()),
        order_by: params.optional("order_by", order).unwrap_or_default(),
        paging: paging(params),
    };
    params.finish()?;
    let page = match tariff {
        Some(tariff) if tariff != TARIFF_ID => Page { items: Vec::new(), count: 0 },
        _ => api.fleet.list_trackers(&session, &query),
    };
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
        "user_id" => TrackerOrder::User,
        "comment" => TrackerOrder::Comment,
        _ => TrackerOrder::Id,
    })
}

fn clones_filter(value: Value<'_>) -> Result<Option<bool>, Mistyped> {
    match params::text(value)?.as_str() {
        "not_set" => Ok(None),
        "exclude_clones" => Ok(Some(false)),
        "only_include_clones" => Ok(Some(true)),
        _ => Err(UNKNOWN_VALUE),
    }
}

/// One tracker.
async fn read(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let tracker = api.fleet.panel_tracker(&session, id)?;
    Ok(success(|o| render(api, &tracker, o.member("value"))))
}

/// Blocks or unblocks.
async fn source_update(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = tracker_id(params);
    let blocked = params.required("blocked", params::boolean);
    params.finish()?;
    let Some(blocked) = blocked else { return Err(params.invalid().into()) };
    api.fleet.set_source_blocked(&session, id, blocked).await?;
    Ok(success(|_| {}))
}

/// Renames, hides or shows again, and remarks.
async fn settings_update(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
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
async fn corrupt(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params);
    let with_clones = request.params.flag("corrupt_clones", true);
    request.params.finish()?;
    api.fleet.panel_corrupt_tracker(&session, id, with_clones).await?;
    Ok(success(|_| {}))
}

/// The tracker that a call is about; a number that no tracker can have is answered as unknown.
pub(super) fn tracker_id(params: &mut Params<'_>) -> TrackerId {
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
    s.boolean("blocked", source.blocked)
        .raw("phone", "null")
        .int("tariff_id", TARIFF_ID)
        .raw("tariff_end_date", "null");
    s.string("connection_status", encode::connection_name(connection));
    utc_date("creation_date", source.registered, &mut s);
    s.close();
    o.close();
}
