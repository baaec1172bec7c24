//! `history/…`: what happened to trackers. Worked out of their reports each time, so nobody marks anything as read.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use calls::Request;
use calls::params::{self, Params};
use engine::{Journal, JournalError};
use fleet::{Access, Session, Tracker, Zone};
use live::{Happening, HappeningKind, Replay, happenings};
use model::{MS_PER_DAY, Timestamp, TrackerId};

use crate::encode::{self, DateText, Object, event_message, event_name, event_types, float, is_emergency};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, optional, required};
use crate::http::past::{Course, Meter};
use crate::http::span::{FROM, Span, TO, date_time};
use crate::http::stats::{WARM_UP_MS, watched};
use crate::http::track::track_id;
use crate::http::user::date;
use crate::wire::{Dates, WireId};

const EVENTS: Param = optional("events", Kind::List(&Kind::Text), "only events of these types");
const LIMIT: Param = optional("limit", Kind::Int, "1 to 1000, which is the default");
const ASCENDING: Param = optional("ascending", Kind::Bool, "oldest first; true unless given");
const EMERGENCY: Param = optional("only_emergency", Kind::Bool, "");
const UNREAD: Param = optional("only_unread", Kind::Bool, "");
const LABEL: Param = optional("add_tracker_label", Kind::Bool, "true unless given");

const LIST: &[Param] = &[
    required("list", Kind::List(&Kind::Named("HistoryEntry")), ""),
    required("limit_exceeded", Kind::Bool, "there are more, or not everything was read"),
    required("total", Kind::Int, ""),
    required("total_unread", Kind::Int, ""),
];

pub(super) const METHODS: &[Method] = &[
    Method::user("history/tracker/list", "What happened to some trackers.", |a, s, r| Box::pin(of_trackers(a, s, r)))
        .takes(&[
            required("trackers", Kind::List(&Kind::Int), ""),
            FROM,
            TO,
            EVENTS,
            LIMIT,
            ASCENDING,
            EMERGENCY,
            UNREAD,
            LABEL,
        ])
        .gives(LIST)
        .fails(&[
            Condition::DeviceBlocked,
            Condition::SpanTooBig,
            Condition::LimitTooBig,
            Condition::ListHasNonexistent,
            Condition::TooManyDevices,
        ]),
    Method::user("history/user/list", "What happened to all trackers.", |a, s, r| Box::pin(of_user(a, s, r)))
        .takes(&[FROM, TO, EVENTS, LIMIT, ASCENDING, EMERGENCY, UNREAD, LABEL])
        .gives(LIST)
        .fails(&[Condition::SpanTooBig, Condition::LimitTooBig]),
    Method::user("history/unread/count", "How many things happened.", |a, s, r| Box::pin(count_unread(a, s, r)))
        .takes(&[optional("from", Kind::DateTime, "90 days ago unless given"), optional("type", Kind::Text, "")])
        .gives(&[required("count", Kind::Int, "at least so many, when not everything was read")]),
    Method::user("history/type/list", "The types of events.", |a, s, r| Box::pin(types(a, s, r)))
        .takes(&[
            optional("locale", Kind::Text, "the texts are English"),
            optional("only_tracker_events", Kind::Bool, "there are no others"),
        ])
        .gives(&[required("list", Kind::List(&EVENT_TYPE), "")]),
];

const EVENT_TYPE: Kind = Kind::Object(&[required("type", Kind::Text, ""), required("description", Kind::Text, "")]);

/// Entries of a list.
const ENTRIES_MAX: usize = 1_000;
/// Types that a call may ask for.
const TYPES_MAX: usize = 1_024;
/// Trackers that a call may ask for.
const TRACKERS_MAX: usize = 20_000;

/// Which events are wanted.
#[derive(Debug, Default)]
struct Filter {
    names: Option<HashSet<String>>,
    only_emergency: bool,
}

impl Filter {
    fn wants(&self, kind: HappeningKind) -> bool {
        let is_named = self.names.as_ref().is_none_or(|names| names.contains(event_name(kind)));
        is_named && (!self.only_emergency || is_emergency(kind))
    }
}

/// How a list is wanted.
struct Wanted {
    filter: Filter,
    limit: usize,
    ascending: bool,
    labels: bool,
    dates: Dates,
}

fn wanted(request: &mut Request<'_>) -> Result<Wanted, Refusal> {
    let dates = asked_dates(request);
    let params = &mut request.params;
    let names = params.optional("events", |value| params::texts(value, TYPES_MAX));
    let limit = limit(params)?;
    let ascending = params.flag("ascending", true);
    let only_emergency = params.flag("only_emergency", false);
    // Everything is unread.
    params.flag("only_unread", false);
    let labels = params.flag("add_tracker_label", true);
    let filter = Filter { names: names.map(|names| names.into_iter().collect()), only_emergency };
    Ok(Wanted { filter, limit, ascending, labels, dates })
}

fn limit(params: &mut Params<'_>) -> Result<usize, Refusal> {
    match params.optional("limit", params::int) {
        None => Ok(ENTRIES_MAX),
        Some(limit) => match usize::try_from(limit) {
            Ok(limit) if limit > ENTRIES_MAX => {
                // What else is wrong goes first.
                params.finish()?;
                Err(Condition::LimitTooBig.into())
            }
            Ok(limit) if limit > 0 => Ok(limit),
            _ => {
                params.error("limit", "must be 1 to 1000");
                Err(params.invalid().into())
            }
        },
    }
}

async fn of_trackers(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let ids = request.params.required("trackers", |value| params::ints(value, TRACKERS_MAX));
    let span = Span::read(&mut request.params, &session.zone);
    let wanted = wanted(request)?;
    request.params.finish()?;
    let (Some(ids), Some(span)) = (ids, span) else { return Err(request.params.invalid().into()) };
    if ids.len() > TRACKERS_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    let ids: Vec<_> = ids.into_iter().map(WireId).collect();
    let span = span.limit(api.options.history_days_max)?;
    let trackers = watched(api, &session, &ids, Condition::ListHasNonexistent)?;
    list(api, &session, &trackers, span, wanted).await
}

async fn of_user(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let span = Span::read(&mut request.params, &session.zone);
    let wanted = wanted(request)?;
    request.params.finish()?;
    let Some(span) = span else { return Err(request.params.invalid().into()) };
    let span = span.limit(api.options.history_days_max)?;
    list(api, &session, &visible(api, &session), span, wanted).await
}

/// The trackers of the session whose past may be shown.
fn visible(api: &Api, session: &Session) -> Vec<Arc<Tracker>> {
    let mut trackers = api.fleet.trackers(session);
    trackers.retain(|t| matches!(api.fleet.access(session, t.id), Access::Normal(_)));
    trackers
}

async fn list(
    api: &Api,
    session: &Session,
    trackers: &[Arc<Tracker>],
    span: Span,
    wanted: Wanted,
) -> Result<Vec<u8>, Refusal> {
    let Wanted { filter, limit, ascending, labels, dates } = wanted;
    let mut page = Page { entries: BTreeMap::new(), limit, ascending, total: 0 };
    let courses = courses(api, trackers, span);
    let now_or_end = span.to.min((api.options.clock)());
    let mut meter = Meter::new(api.options.past_reports_max);
    let read = move |journal: &dyn Journal| {
        gather(journal, &courses, now_or_end, &filter, &mut meter, &mut |id, entry| page.add(id, entry))?;
        Ok((page, meter.is_exceeded))
    };
    let (page, is_cut) = api.read_past(read).await?;
    let label = |id: TrackerId| {
        let found = trackers.binary_search_by_key(&id, |t| t.id).ok().and_then(|at| trackers.get(at));
        // Trackers that a call names come in any order.
        found.or_else(|| trackers.iter().find(|t| t.id == id)).filter(|_| labels).map(|t| t.label.as_str())
    };
    let is_exceeded = is_cut || page.total > page.limit as u64;
    Ok(success(|o| {
        let write = |((_, _, id), found): (&(Timestamp, i64, TrackerId), &Entry), out: &mut Vec<u8>| {
            entry(*id, found, label(*id), &session.zone, dates, out);
        };
        if ascending {
            encode::array(&page.entries, o.member("list"), write);
        } else {
            encode::array(page.entries.iter().rev(), o.member("list"), write);
        }
        o.boolean("limit_exceeded", is_exceeded).int("total", page.total).int("total_unread", page.total);
    }))
}

fn courses(api: &Api, trackers: &[Arc<Tracker>], span: Span) -> Vec<(TrackerId, Course)> {
    trackers.iter().map(|t| (t.id, api.course(t, span))).collect()
}

/// Something that happened, with where that was.
#[derive(Clone, Copy)]
struct Entry {
    happening: Happening,
    /// The trip under way.
    track: i64,
    place: Option<(f64, f64, Option<u32>)>,
}

/// The first entries in time, or the last, and how many there are.
struct Page {
    entries: BTreeMap<(Timestamp, i64, TrackerId), Entry>,
    limit: usize,
    ascending: bool,
    total: u64,
}

impl Page {
    fn add(&mut self, id: TrackerId, entry: Entry) {
        self.total += 1;
        self.entries.insert((entry.happening.at, entry.happening.id(), id), entry);
        if self.entries.len() > self.limit {
            if self.ascending {
                self.entries.pop_last()
            } else {
                self.entries.pop_first()
            };
        }
    }
}

/// Everything that is wanted of these courses, one after the other.
fn gather(
    journal: &dyn Journal,
    courses: &[(TrackerId, Course)],
    now_or_end: Timestamp,
    filter: &Filter,
    meter: &mut Meter,
    add: &mut impl FnMut(TrackerId, Entry),
) -> Result<(), JournalError> {
    for (id, course) in courses {
        let mut track = 0;
        let mut tell = |replay: &Replay, happening: Happening| {
            if happening.kind == HappeningKind::TrackStart {
                track = track_id(happening.at);
            }
            // A trip's end may lie before the report that shows it, and before the span.
            if happening.at >= course.from && filter.wants(happening.kind) {
                let gps = replay.state().gps;
                add(*id, Entry { happening, track, place: gps.map(|g| (g.latitude, g.longitude, g.precision_m)) });
            }
            if happening.kind == HappeningKind::TrackEnd {
                track = 0;
            }
        };
        let mut replay = course.replay(journal, WARM_UP_MS, meter, |replay, step| {
            happenings(step).into_iter().for_each(|happening| tell(replay, happening));
            ControlFlow::Continue(())
        })?;
        if meter.is_exceeded {
            break;
        }
        if let Some(end) = replay.settle(now_or_end) {
            tell(&replay, Happening::track_end(end));
        }
    }
    Ok(())
}

fn entry(id: TrackerId, entry: &Entry, label: Option<&str>, zone: &Zone, dates: Dates, out: &mut Vec<u8>) {
    let Entry { happening, track, place } = entry;
    let mut o = Object::open(out);
    o.int("id", happening.id()).string("type", "tracker").boolean("is_read", false);
    o.string("message", &event_message(happening.kind));
    date("time", DateText::new(happening.at, zone, dates), &mut o);
    o.string("event", event_name(happening.kind)).int("tracker_id", id.0).int("track_id", *track);
    let (latitude, longitude, precision_m) = place.unwrap_or_default();
    let mut location = Object::open(o.member("location"));
    float(latitude, location.member("lat"));
    float(longitude, location.member("lng"));
    if let Some(precision_m) = precision_m {
        location.int("precision", precision_m);
    }
    location.close();
    o.string("address", "");
    let mut extra = Object::open(o.member("extra"));
    if let Some(label) = label {
        extra.string("tracker_label", label);
    }
    extra.boolean("emergency", is_emergency(happening.kind));
    extra.close();
    o.close();
}

async fn count_unread(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let days_ms = i64::from(api.options.history_days_max) * MS_PER_DAY;
    let params = &mut request.params;
    let from = params.optional("from", |value| date_time(value, &session.zone));
    let kind = params.optional("type", params::text);
    params.finish()?;
    // Entries of other kinds than trackers there are none.
    if kind.is_some_and(|kind| kind != "tracker") {
        return Ok(success(|o| {
            o.int("count", 0);
        }));
    }
    // Further back nothing is listed either.
    let earliest = request.now.plus_ms(-days_ms);
    let span = Span { from: from.unwrap_or(earliest).max(earliest), to: request.now };
    let courses = courses(api, &visible(api, &session), span);
    let mut meter = Meter::new(api.options.past_reports_max);
    let read = move |journal: &dyn Journal| {
        let mut count = 0_u64;
        gather(journal, &courses, span.to, &Filter::default(), &mut meter, &mut |_, _| count += 1)?;
        Ok(count)
    };
    let count = api.read_past(read).await?;
    Ok(success(|o| {
        o.int("count", count);
    }))
}

async fn types(_: &Api, _: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.optional("locale", params::text);
    request.params.flag("only_tracker_events", true);
    request.params.finish()?;
    Ok(success(|o| {
        encode::array(event_types(), o.member("list"), |(name, text), out| {
            let mut o = Object::open(out);
            o.string("type", name).string("description", text);
            o.close();
        });
    }))
}
