//! `tracker/chat/…`: messages between a user and the drivers. A driver belongs to the original: who has a clone neither
//! writes to it nor reads what it writes.

use std::collections::HashSet;
use std::sync::Arc;

use calls::Request;
use calls::params::{self, Params};
use dispatch::{Message, MessageQuery, MessageStatus, Sender, Summary};
use fleet::{Session, Tracker};
use model::{MS_PER_DAY, MessageId, SourceId, TrackerId};

use crate::encode::{self, DateWriter, LocalTime, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::tracker::commandable;
use crate::wire::WireId;

/// How far back a list goes that is not told.
const LISTED_DAYS: i64 = 7;
/// How many messages one call may mark.
const MARKED_MAX: usize = 1_024;
/// How many trackers one call may mark all messages of.
const TRACKERS_MAX: usize = 20_000;

const IDS: Kind = Kind::List(&Kind::Int);
const TEXT: Param = required("message", Kind::Text, "1 to 20,000 characters");
const MESSAGE: Kind = Kind::Object(&[
    required("id", Kind::Int, ""),
    required("submit_time", Kind::DateTime, ""),
    required("update_time", Kind::OrNull(&Kind::DateTime), "when the driver's application had it"),
    required("text", Kind::Text, ""),
    required("type", Kind::OneOf(&["INCOMING", "OUTGOING"]), "incoming: from the driver"),
    required("status", Kind::OneOf(&["PENDING", "DELIVERED"]), ""),
]);

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/chat/list", "Messages from and to the driver of a tracker.", |a, s, r| {
        Box::pin(list(a, s, r))
    })
    .takes(&[
        TRACKER_ID,
        optional("from", Kind::DateTime, "seven days ago unless given"),
        optional("to", Kind::DateTime, "now unless given"),
        optional("limit", Kind::Int, "1 to 1,024, which is also what counts when it is missing"),
        optional("ascending", Kind::Bool, "oldest first, which is also what counts when it is missing"),
    ])
    .gives(&[required("list", Kind::List(&MESSAGE), "")])
    .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::NotForClones, Condition::NotSupported]),
    Method::user("tracker/chat/send", "Sends a message to the driver of a tracker.", |a, s, r| Box::pin(send(a, s, r)))
        .takes(&[TRACKER_ID, TEXT])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[
            Condition::NotFound,
            Condition::DeviceBlocked,
            Condition::NotForClones,
            Condition::NotSupported,
            Condition::OverQuota,
        ]),
    Method::user("tracker/chat/broadcast", "Sends a message to the drivers of several trackers.", |a, s, r| {
        Box::pin(broadcast(a, s, r))
    })
    .takes(&[required("trackers", IDS, "at most 300"), TEXT])
    .gives(&[
        required("sent_to", IDS, ""),
        required("not_sent_to", IDS, "blocked, clones, of a model without chat, or with too many messages waiting"),
    ])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
    Method::user("tracker/chat/mark_read", "Marks messages as read.", |a, s, r| Box::pin(mark_read(a, s, r)))
        .takes(&[
            optional("message_id", Kind::Int, "this or the list must be given"),
            optional("message_ids", IDS, "at most 1,024"),
        ])
        .fails(&[Condition::NotFound]),
    Method::user(
        "tracker/chat/mark_read_all",
        "Marks all messages of some trackers, or of all, as read.",
        |a, s, r| Box::pin(mark_read_all(a, s, r)),
    )
    .takes(&[optional("trackers", IDS, "all unless given")])
    .fails(&[Condition::NotFound, Condition::TooManyDevices, Condition::NotForClones]),
    Method::user("tracker/chat/updated/list", "When the last message of each tracker came or moved on.", |a, s, r| {
        Box::pin(updated_list(a, s, r))
    })
    .takes(&[required("trackers", IDS, "at most 300")])
    .gives(&[required(
        "value",
        Kind::Map(&Kind::DateTime),
        "by tracker; clones and those without messages are left out",
    )])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
    Method::user("tracker/chat/unread/count", "How many unread messages each tracker has.", |a, s, r| {
        Box::pin(unread_count(a, s, r))
    })
    .gives(&[required(
        "value",
        Kind::Map(&Kind::Int),
        "by tracker; clones and those without unread messages are left out",
    )]),
];

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let (dates, now) = (asked_dates(request), request.now);
    let params = &mut request.params;
    let zone = &*session.zone;
    let limit_max = api.dispatch.options().messages_per_answer_max;
    let id = params.required("tracker_id", params::int);
    let from = params.optional("from", |value| params::instant(value, zone));
    let to = params.optional("to", |value| params::instant(value, zone));
    let limit = params.optional("limit", params::int).map(|n| usize::try_from(n).unwrap_or(0));
    if limit.is_some_and(|n| !(1..=limit_max).contains(&n)) {
        params.error("limit", format!("must be between 1 and {limit_max}"));
    }
    let ascending = params.flag("ascending", true);
    let tracker = with_chat(api, &session, params, id)?;
    let query = MessageQuery {
        source: tracker.source.source,
        // What was said before the tracker was this user's is not for it.
        from: from.unwrap_or_else(|| now.plus_ms(-LISTED_DAYS * MS_PER_DAY)).max(tracker.created),
        // Clients know whole seconds: the last one is meant to its end.
        to: to.unwrap_or(now).plus_ms(999),
        limit: limit.unwrap_or(limit_max),
        ascending,
    };
    let messages = api.dispatch.messages(query).await?;
    let mut dates = DateWriter::new(zone, dates);
    Ok(success(|o| {
        encode::array(&messages, o.member("list"), |message, out| render(message, &mut dates, out));
    }))
}

async fn send(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let text = message_text(api, params);
    let source = with_chat(api, &session, params, id)?.source.source;
    let sent = api.dispatch.send(source, session.user, text.unwrap_or_default(), None, now).await?;
    Ok(success(|o| {
        o.int("id", sent.id.0);
    }))
}

async fn broadcast(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let now = request.now;
    let trackers_max = api.options.chat_trackers_max;
    let ids = request.params.required("trackers", |value| params::ints(value, trackers_max));
    let text = message_text(api, &mut request.params);
    request.params.finish()?;
    let trackers = all_of(api, &session, ids.unwrap_or_default(), trackers_max)?;
    let can_chat = |t: &&Arc<Tracker>| !t.source.blocked && !t.clone && t.source.model.has_chat;
    let sources = trackers.iter().filter(can_chat).map(|tracker| tracker.source.source).collect();
    let sent = api.dispatch.broadcast(sources, session.user, text.unwrap_or_default(), now).await?;
    let reached: HashSet<SourceId> = sent.into_iter().filter_map(|(source, id)| id.map(|_| source)).collect();
    let (sent_to, not_sent_to): (Vec<_>, Vec<_>) = trackers.iter().partition(|t| reached.contains(&t.source.source));
    Ok(success(|o| {
        for (name, trackers) in [("sent_to", sent_to), ("not_sent_to", not_sent_to)] {
            encode::array(trackers, o.member(name), |tracker, out| encode::int(tracker.id.0, out));
        }
    }))
}

async fn mark_read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let one = params.optional("message_id", params::int);
    let many = params.optional("message_ids", |value| params::ints(value, MARKED_MAX));
    if params.get("message_id").is_some() == params.get("message_ids").is_some() {
        params.error("message_id", "must be given, or message_ids, and not both");
    }
    if many.as_ref().is_some_and(|ids| ids.len() > MARKED_MAX) {
        params.error("message_ids", "must have at most 1024 elements");
    }
    params.finish()?;
    let ids = many.unwrap_or_default().into_iter().chain(one);
    // A number that no message can have is found as little as one that none has.
    let ids: Vec<MessageId> = ids.map(|id| MessageId(u64::try_from(id).unwrap_or(0))).collect();
    let visible: HashSet<SourceId> = visible(api, &session).map(|tracker| tracker.source.source).collect();
    let sources = api.dispatch.sources_of(ids.clone()).await?;
    if sources.into_iter().any(|source| source.is_none_or(|source| !visible.contains(&source))) {
        return Err(Condition::NotFound.into());
    }
    api.dispatch.mark_read(ids).await?;
    Ok(success(|_| {}))
}

async fn mark_read_all(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let ids = request.params.optional("trackers", |value| params::ints(value, TRACKERS_MAX));
    request.params.finish()?;
    let mut sources: Vec<SourceId> = match ids {
        None => visible(api, &session).map(|tracker| tracker.source.source).collect(),
        Some(ids) if ids.len() > TRACKERS_MAX => return Err(Condition::TooManyDevices.into()),
        Some(ids) => {
            let find = |id| WireId(id).tracker().and_then(|id| api.fleet.tracker(&session, id));
            let found: Vec<_> = ids.into_iter().map(find).collect::<Option<_>>().ok_or(Condition::NotFound)?;
            if found.iter().any(|tracker| tracker.clone) {
                return Err(Condition::NotForClones.into());
            }
            found.iter().map(|tracker| tracker.source.source).collect()
        }
    };
    sources.retain(|source| api.dispatch.summary(*source).unread_count > 0);
    if !sources.is_empty() {
        api.dispatch.mark_all_read(sources).await?;
    }
    Ok(success(|_| {}))
}

async fn updated_list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let trackers_max = api.options.chat_trackers_max;
    let ids = request.params.required("trackers", |value| params::ints(value, trackers_max));
    request.params.finish()?;
    let trackers = all_of(api, &session, ids.unwrap_or_default(), trackers_max)?;
    let mut dates = DateWriter::new(&*session.zone, dates);
    let updated = trackers
        .iter()
        .filter(|tracker| !tracker.source.blocked && !tracker.clone)
        .filter_map(|tracker| Some((tracker.id, summary(api, tracker)?.updated?)));
    Ok(success(|o| map(updated, o.member("value"), |at, out| dates.write(at, out))))
}

async fn unread_count(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    let counts = visible(api, &session).filter_map(|t| Some((t.id, summary(api, &t)?.unread_count)));
    Ok(success(|o| map(counts.filter(|(_, count)| *count > 0), o.member("value"), encode::int)))
}

/// The tracker of a call if its driver is this user's to talk with, once everything else was read.
fn with_chat(api: &Api, session: &Session, params: &mut Params<'_>, id: Option<i32>) -> Result<Arc<Tracker>, Refusal> {
    params.finish()?;
    let tracker = commandable(api, session, id, Condition::NotFound)?;
    if tracker.source.model.has_chat { Ok(tracker) } else { Err(Condition::NotSupported.into()) }
}

/// The trackers of a list, all of which must be there.
fn all_of(api: &Api, session: &Session, ids: Vec<i32>, count_max: usize) -> Result<Vec<Arc<Tracker>>, Condition> {
    if ids.len() > count_max {
        return Err(Condition::TooManyDevices);
    }
    let find = |id| WireId(id).tracker().and_then(|id| api.fleet.tracker(session, id));
    ids.into_iter().map(find).collect::<Option<_>>().ok_or(Condition::ListHasNonexistent)
}

/// The trackers whose drivers are the session's to talk with and that are not blocked.
fn visible(api: &Api, session: &Session) -> impl Iterator<Item = Arc<Tracker>> {
    api.fleet.trackers(session).into_iter().filter(|tracker| !tracker.source.blocked && !tracker.clone)
}

/// What is known of a tracker's messages, unless all of them are from before it was its user's.
fn summary(api: &Api, tracker: &Tracker) -> Option<Summary> {
    let summary = api.dispatch.summary(tracker.source.source);
    summary.updated.is_some_and(|at| at >= tracker.created).then_some(summary)
}

/// What is to be said: line breaks and any characters that can be shown.
fn message_text(api: &Api, params: &mut Params<'_>) -> Option<String> {
    let text = params.required("message", params::text)?;
    let chars_max = api.dispatch.options().message_chars_max;
    let is_odd = |c: char| {
        let is_private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
        is_private || c.is_control() && !c.is_whitespace()
    };
    if text.trim().is_empty() || text.chars().count() > chars_max {
        params.error("message", format!("must have 1-{chars_max} characters, and not blanks only"));
    } else if text.chars().any(is_odd) {
        params.error("message", "must not contain control characters");
    }
    Some(text)
}

/// An object with trackers as names.
fn map<T>(values: impl Iterator<Item = (TrackerId, T)>, out: &mut Vec<u8>, mut write: impl FnMut(T, &mut Vec<u8>)) {
    let (mut o, mut name) = (Object::open(out), itoa::Buffer::new());
    for (id, value) in values {
        write(value, o.member(name.format(id.0)));
    }
    o.close();
}

fn render<Z: LocalTime + ?Sized>(message: &Message, dates: &mut DateWriter<'_, Z>, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", message.id.0);
    dates.write(message.submitted, o.member("submit_time"));
    dates.write_or_null(message.delivered, o.member("update_time"));
    o.string("text", &message.text);
    o.string(
        "type",
        match message.sender {
            Sender::Driver => "INCOMING",
            Sender::Office(_) => "OUTGOING",
        },
    );
    o.string(
        "status",
        match message.status {
            MessageStatus::Delivered | MessageStatus::Read => "DELIVERED",
            // A message that was given up was not delivered, and there is no third word.
            MessageStatus::Accepted | MessageStatus::Stored | MessageStatus::Pending | MessageStatus::Failed => {
                "PENDING"
            }
        },
    );
    o.close();
}
