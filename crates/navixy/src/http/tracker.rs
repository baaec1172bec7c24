//! `tracker/…`: the user's trackers and their states.

use std::sync::Arc;

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Value};
use fleet::{Access, NewTracker, Right, Session, Tracker};
use model::SourceId;

use crate::encode::{self, DateText, LocalTime, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, TRACKER_ID, optional, required};
use crate::http::reach::{access, tracker_id};
use crate::http::user::date;
use crate::wire::{Dates, Format, WireId};

const STATE: Kind = Kind::Named("SourceState");
pub(super) const TRACKER: Kind = Kind::Named("Tracker");
const IDS: Kind = Kind::List(&Kind::Int);

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/list", "All trackers of the user, or those whose label contains a text.", |a, s, r| {
        Box::pin(list(a, s, r))
    })
    .takes(&[optional("labels", Kind::List(&Kind::Text), "texts to look for, whatever their case")])
    .gives(&[required("list", Kind::List(&TRACKER), "")]),
    Method::user("tracker/read", "One tracker, blocked or not.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("value", TRACKER, "")])
        .fails(&[Condition::NotFound]),
    Method::user("tracker/register", "Registers a device as a new tracker.", |a, s, r| Box::pin(register(a, s, r)))
        .right(Right::TrackerRegister)
        .takes(&[
            required("label", Kind::Text, "1 to 60 characters without < and >"),
            required("model", Kind::Text, "code of the device's model"),
            required("plugin_id", Kind::Int, "44: free of charge; 35: the phone application"),
            optional("group_id", Kind::Int, "0: none"),
            optional("device_id", Kind::Text, "for models whose ids the server does not make"),
        ])
        .gives(&[required("value", TRACKER, "")])
        .fails(&[
            Condition::EntityNotFound,
            Condition::UnknownModel,
            Condition::TooManyDevices,
            Condition::PluginNotFound,
            Condition::DeviceIdInUse,
            Condition::WrongActivationCode,
        ]),
    Method::user("tracker/corrupt", "Removes a tracker whose device never made contact.", |a, s, r| {
        Box::pin(corrupt(a, s, r))
    })
    .right(Right::TrackerRegister)
    .takes(&[TRACKER_ID])
    .fails(&[
        Condition::NotFound,
        Condition::DeviceBlocked,
        Condition::NotForClones,
        Condition::AlreadyConnected,
        Condition::AlreadyRemoved,
    ]),
    Method::user("tracker/get_state", "The state of one tracker.", |a, s, r| Box::pin(get_state(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("user_time", Kind::DateTime, ""), required("state", STATE, "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/get_states", "The states of up to 2,000 trackers.", |a, s, r| Box::pin(get_states(a, s, r)))
        .takes(&[
            required("trackers", IDS, ""),
            optional("list_blocked", Kind::Bool, "list blocked trackers instead of refusing the call"),
            optional("allow_not_exist", Kind::Bool, "list unknown trackers instead of refusing the call"),
        ])
        .gives(&[
            required("user_time", Kind::DateTime, ""),
            required("states", Kind::Map(&STATE), "by tracker"),
            optional("blocked", IDS, ""),
            optional("not_exist", IDS, ""),
        ])
        .fails(&[
            Condition::NotFound,
            Condition::DeviceBlocked,
            Condition::ListHasNonexistent,
            Condition::TooManyDevices,
        ]),
];

/// How many trackers one call may ask the states of.
const STATES_MAX: usize = 2_000;
/// How many texts may filter a list.
const LABELS_MAX: usize = 1_024;
/// The longest text that filters a list, in characters.
const LABEL_CHARS_MAX: usize = 60;

/// All trackers of the user, or those whose label contains one of some texts.
async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let labels = request.params.optional("labels", labels);
    request.params.finish()?;
    let is_wanted = |tracker: &Arc<Tracker>| match &labels {
        Some(labels) => {
            let label = tracker.label.to_lowercase();
            labels.iter().any(|wanted| label.contains(wanted))
        }
        None => true,
    };
    let trackers = api.fleet.trackers(&session);
    Ok(success(|o| {
        encode::array(trackers.iter().filter(|t| is_wanted(t)), o.member("list"), |tracker, out| {
            render(api, tracker, &*session.zone, out);
        });
    }))
}

/// Texts to look for, in lower case.
fn labels(value: Value<'_>) -> Result<Vec<String>, Mistyped> {
    const BAD_LABELS: Mistyped = Mistyped("must have 1-1024 different texts of 1-60 characters");
    let labels = params::texts(value, LABELS_MAX)?;
    let mut sorted: Vec<&String> = labels.iter().collect();
    sorted.sort_unstable();
    let fits = |label: &String| !label.is_empty() && label.chars().count() <= LABEL_CHARS_MAX;
    let is_bad = labels.is_empty() || !labels.iter().all(fits);
    if is_bad || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(BAD_LABELS);
    }
    Ok(labels.into_iter().map(|label| label.to_lowercase()).collect())
}

/// One tracker, blocked or not.
async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = id.tracker().and_then(|id| api.fleet.tracker(&session, id)).ok_or(Condition::NotFound)?;
    Ok(success(|o| render(api, &tracker, &*session.zone, o.member("value"))))
}

/// Registers a device as a new tracker.
async fn register(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let label = params.required("label", params::text);
    let model = params.required("model", params::text);
    let plugin = params.required("plugin_id", params::int);
    let group = params.optional("group_id", params::int).unwrap_or(0);
    let device_id = params.optional("device_id", params::text);
    params.finish()?;
    let (Some(label), Some(model), Some(plugin)) = (label, model, plugin) else { return Err(params.invalid().into()) };
    // What is negative is no group and no plugin, as are numbers that nothing has.
    let number = |n: i32| u32::try_from(n).unwrap_or(u32::MAX);
    let new = NewTracker { label, group: number(group), model, plugin: number(plugin), device_id };
    let tracker = api.fleet.register_tracker(&session, new, request.now).await?;
    Ok(success(|o| render(api, &tracker, &*session.zone, o.member("value"))))
}

/// Removes a tracker whose device never made contact.
async fn corrupt(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?.tracker().ok_or(Condition::NotFound)?;
    api.states.settle().await;
    api.fleet.corrupt_tracker(&session, id).await?;
    Ok(success(|_| {}))
}

/// The state of one tracker.
async fn get_state(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let id = tracker_id(&mut request.params)?;
    let source = match access(api, &session, id) {
        Access::Normal(source) => source,
        Access::Blocked(_) => return Err(Condition::DeviceBlocked.into()),
        Access::Unknown | Access::Disallowed => return Err(Condition::NotFound.into()),
    };
    let user_time = DateText::new(request.now, &*session.zone, dates);
    let mut is_known = true;
    let body = success(|o| {
        date("user_time", user_time, o);
        is_known = render_state(api, source, &session, dates, o.member("state"));
    });
    if is_known { Ok(body) } else { Err(Condition::Unexpected.into()) }
}

/// The states of many trackers.
async fn get_states(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let params = &mut request.params;
    let ids = params.required("trackers", |value| params::ints(value, STATES_MAX));
    let list_blocked = params.flag("list_blocked", false);
    let allow_not_exist = params.flag("allow_not_exist", false);
    params.finish()?;
    let ids = ids.unwrap_or_default();
    if ids.len() > STATES_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    let (mut normal, mut blocked, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let mut was_removed = false;
    for id in ids.into_iter().map(WireId) {
        match access(api, &session, id) {
            Access::Normal(source) => normal.push((id, source)),
            Access::Blocked(_) => blocked.push(id),
            Access::Unknown | Access::Disallowed => {
                was_removed |= id.tracker().is_some_and(|id| api.fleet.owned_tracker(&session, id).is_some());
                missing.push(id);
            }
        }
    }
    if !missing.is_empty() && !allow_not_exist {
        return Err(if was_removed { Condition::NotFound } else { Condition::ListHasNonexistent }.into());
    }
    if !blocked.is_empty() && !list_blocked {
        return Err(Condition::DeviceBlocked.into());
    }
    let user_time = DateText::new(request.now, &*session.zone, dates);
    let mut all_known = true;
    let body = success(|o| {
        date("user_time", user_time, o);
        let mut states = Object::open(o.member("states"));
        let mut name = itoa::Buffer::new();
        for (id, source) in normal {
            all_known &= render_state(api, source, &session, dates, states.member(name.format(id.0)));
        }
        states.close();
        let ids = |ids: Vec<WireId>, out: &mut Vec<u8>| encode::array(ids, out, |id, out| encode::int(id.0, out));
        if list_blocked {
            ids(blocked, o.member("blocked"));
        }
        if allow_not_exist {
            ids(missing, o.member("not_exist"));
        }
    });
    if all_known { Ok(body) } else { Err(Condition::Unexpected.into()) }
}

/// A tracker that the session sees and that is not blocked; `missing` is what it is called if there is none.
pub(super) fn unblocked(
    api: &Api,
    session: &Session,
    id: Option<i32>,
    missing: Condition,
) -> Result<Arc<Tracker>, Condition> {
    let id = id.and_then(|id| WireId(id).tracker());
    let tracker = id.and_then(|id| api.fleet.tracker(session, id)).ok_or(missing)?;
    if tracker.source.blocked { Err(Condition::DeviceBlocked) } else { Ok(tracker) }
}

/// The tracker of a call that tells its device or driver something: a clone only watches, and its owner tells nothing.
pub(super) fn commandable(
    api: &Api,
    session: &Session,
    id: Option<i32>,
    missing: Condition,
) -> Result<Arc<Tracker>, Condition> {
    let tracker = unblocked(api, session, id, missing)?;
    if tracker.clone { Err(Condition::NotForClones) } else { Ok(tracker) }
}

/// Writes a state; false when the source has none, which would be a fault of this server.
fn render_state(api: &Api, source: SourceId, session: &Session, dates: Dates, out: &mut Vec<u8>) -> bool {
    let mut is_known = false;
    api.states.read(source, &mut |state| {
        is_known = true;
        encode::render_state(state, Format::Full, &*session.zone, dates, out);
    });
    is_known
}

/// Writes a tracker with the tags that are on it.
pub(super) fn render(api: &Api, tracker: &Tracker, zone: &impl LocalTime, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", tracker.id.0).string("label", &tracker.label).boolean("clone", tracker.clone);
    o.int("group_id", tracker.group);
    let mut source = Object::open(o.member("source"));
    source.int("id", tracker.source.source.0).string("device_id", tracker.source.device.as_str());
    source.string("model", tracker.source.model.code).boolean("blocked", tracker.source.blocked);
    source.int("tariff_id", 0).raw("status_listing_id", "null");
    let created = DateText::new(tracker.source.registered, zone, Dates::Plain);
    let out = source.member("creation_date");
    out.push(b'"');
    out.extend_from_slice(created.day());
    out.push(b'"');
    source.raw("tariff_end_date", "null").raw("phone", "null");
    source.close();
    encode::array(api.fleet.tags_on(tracker.id), o.member("tag_bindings"), |binding, out| {
        let mut o = Object::open(out);
        o.int("tag_id", binding.tag).int("ordinal", binding.ordinal);
        o.close();
    });
    o.close();
}
