//! `track/…`: trips and points of the past.

use std::ops::ControlFlow;

use calls::Request;
use calls::params::{self, Params};
use engine::{Journal, JournalError};
use fleet::{Session, Zone};
use live::{Thinner, TrackPoint, Trip, Trips, happenings};
use model::Timestamp;

use crate::encode::{self, DateText, Object, float};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::past::{Course, Meter};
use crate::http::span::{FROM, Span, TO};
use crate::http::stats::{kilometres, watched};
use crate::http::user::date;
use crate::wire::Dates;

const LIMIT_EXCEEDED: Param = required("limit_exceeded", Kind::Bool, "not everything was read, or told");
const GSM_LBS: Param = optional("include_gsm_lbs", Kind::Bool, "points from the network too; true unless given");
const POINT_LIMIT: Param = optional("point_limit", Kind::Int, "2 to 3000");

pub(super) const METHODS: &[Method] = &[
    Method::user("track/list", "Trips of a tracker.", |a, s, r| Box::pin(list(a, s, r)))
        .takes(&[
            TRACKER_ID,
            FROM,
            TO,
            optional("filter", Kind::Bool, "without trips of one point or under 100 m; true unless given"),
            optional("split", Kind::Bool, "each trip by itself; true unless given"),
            GSM_LBS,
            optional("with_points", Kind::Bool, "the shape of each trip too"),
            POINT_LIMIT,
            optional("count_events", Kind::Bool, "how many events each trip had"),
        ])
        .gives(&[LIMIT_EXCEEDED, required("list", Kind::List(&Kind::Named("Track")), "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::SpanTooBig]),
    Method::user("track/read", "Points of a tracker, or of one of its trips.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[
            TRACKER_ID,
            FROM,
            TO,
            optional("track_id", Kind::Int, "a trip of the same span"),
            GSM_LBS,
            optional("simplify", Kind::Bool, "only points that bear the shape; true unless given"),
            POINT_LIMIT,
            optional("filter", Kind::Bool, "without trips of one point or under 100 m"),
        ])
        .gives(&[LIMIT_EXCEEDED, required("list", Kind::List(&Kind::Named("TrackPoint")), "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::SpanTooBig]),
];

/// Points of a trip's shape, unless the call says how many.
const POINTS_MAX: usize = 3_000;
/// A trip that is shorter is no trip to who filters.
const SHORT_M: f64 = 100.0;

/// What both methods take.
struct Asked {
    course: Course,
    meter: Meter,
    include_network: bool,
    point_limit: usize,
    points_max: usize,
    dates: Dates,
}

fn asked(api: &Api, session: &Session, request: &mut Request<'_>) -> Result<Asked, Refusal> {
    let dates = asked_dates(request);
    let params = &mut request.params;
    let span = Span::read(params, &session.zone);
    let include_network = params.flag("include_gsm_lbs", true);
    let point_limit = point_limit(params);
    let id = super::reach::tracker_id(params)?;
    let Some(span) = span else { return Err(params.invalid().into()) };
    let trackers = watched(api, session, &[id], Condition::NotFound)?;
    let span = span.limit(api.options.track_days_max)?;
    let course = trackers.first().map(|tracker| api.course(tracker, span)).ok_or(Condition::NotFound)?;
    Ok(Asked {
        course,
        meter: Meter::new(api.options.past_reports_max),
        include_network,
        point_limit: point_limit.unwrap_or(POINTS_MAX),
        points_max: api.options.past_points_max,
        dates,
    })
}

fn point_limit(params: &mut Params<'_>) -> Option<usize> {
    let limit = params.optional("point_limit", params::int)?;
    let limit = usize::try_from(limit).ok().filter(|limit| (2..=POINTS_MAX).contains(limit));
    if limit.is_none() {
        params.error("point_limit", "must be 2 to 3000");
    }
    limit
}

/// A trip with the number of events that it had.
struct Found {
    trip: Trip,
    events: usize,
}

impl Found {
    /// Its number, the same whenever it is asked for: no two trips of a source begin in one second.
    fn id(&self) -> i64 {
        track_id(self.trip.start)
    }

    fn is_short(&self) -> bool {
        self.trip.points < 2 || self.trip.length_m < SHORT_M
    }
}

/// The number of the trip that began then.
pub(super) fn track_id(start: Timestamp) -> i64 {
    (start.s() & i64::from(i32::MAX)).max(1)
}

/// How `track/list` wants its trips.
#[derive(Clone, Copy)]
struct Wanted {
    filter: bool,
    split: bool,
    with_points: bool,
    count_events: bool,
}

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let wanted = Wanted {
        filter: params.flag("filter", true),
        split: params.flag("split", true),
        with_points: params.flag("with_points", false),
        count_events: params.flag("count_events", false),
    };
    let asked = asked(api, &session, request)?;
    let (dates, zone) = (asked.dates, std::sync::Arc::clone(&session.zone));
    let (tracks, is_exceeded) = api.read_past(move |journal| tracks(asked, wanted, journal)).await?;
    Ok(success(|o| {
        o.boolean("limit_exceeded", is_exceeded);
        encode::array(&tracks, o.member("list"), |found, out| track(found, wanted, &zone, dates, out));
    }))
}

/// The trips of a span, and whether it was cut.
fn tracks(mut asked: Asked, wanted: Wanted, journal: &dyn Journal) -> Result<(Vec<Found>, bool), JournalError> {
    let shape_points_max = if wanted.with_points { asked.point_limit } else { 0 };
    let mut trips = Trips::new(asked.include_network, shape_points_max);
    let (mut all, mut kept, mut events) = (Vec::new(), 0, 0);
    let mut is_cut = false;
    let mut replay = asked.course.replay(journal, 0, &mut asked.meter, |_, step| {
        if wanted.count_events && step.in_trip {
            events += happenings(step).len();
        }
        if let Some(trip) = trips.push(step) {
            let found = Found { trip, events: std::mem::take(&mut events) };
            if !(wanted.filter && found.is_short()) {
                // A trip without its shape takes memory too.
                kept += found.trip.shape.len().max(1);
                is_cut |= kept > asked.points_max;
                all.push(found);
            }
        }
        if is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let end = replay.settle(asked.course.to).map(|end| end.at);
    if let Some(trip) = trips.finish(end) {
        let found = Found { trip, events };
        if !(wanted.filter && found.is_short()) {
            all.push(found);
        }
    }
    if !wanted.split {
        let merged = all.into_iter().reduce(|mut merged, next| {
            merged.trip.append(next.trip);
            merged.events += next.events;
            merged
        });
        all = merged.into_iter().collect();
    }
    Ok((all, is_cut || asked.meter.is_exceeded))
}

fn track(found: &Found, wanted: Wanted, zone: &Zone, dates: Dates, out: &mut Vec<u8>) {
    let Found { trip, events } = found;
    let is_single = wanted.split && trip.points == 1;
    let mut o = Object::open(out);
    if wanted.split {
        o.int("id", found.id());
    }
    date("start_date", DateText::new(trip.start, zone, dates), &mut o);
    o.string("start_address", "");
    if is_single {
        o.int("avg_speed", trip.first.speed_kmh);
        if let Some(precision_m) = trip.first.precision_m {
            o.int("precision", precision_m);
        }
    } else {
        date("end_date", DateText::new(trip.end, zone, dates), &mut o);
        o.string("end_address", "");
        float(kilometres(trip.length_m), o.member("length"));
        o.int("points", trip.points).int("max_speed", trip.max_speed_kmh);
        o.int("avg_speed", trip.average_speed_kmh());
    }
    if wanted.count_events {
        o.int("event_count", *events);
    }
    o.string(
        "type",
        if is_single {
            "single_report"
        } else if wanted.split {
            "regular"
        } else {
            "merged"
        },
    );
    if wanted.with_points {
        encode::array(&trip.shape, o.member("points_list"), |p, out| point(p, trip.first.driven_m, zone, dates, out));
    }
    if !is_single {
        let mut bounds = Object::open(o.member("bounds"));
        place(trip.bounds.north, trip.bounds.west, bounds.member("nw"));
        place(trip.bounds.south, trip.bounds.east, bounds.member("se"));
        bounds.close();
    }
    o.close();
}

fn place(latitude: f64, longitude: f64, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    float(latitude, o.member("lat"));
    float(longitude, o.member("lng"));
    o.close();
}

/// A point; its mileage counts from `from_m`.
fn point(point: &TrackPoint, from_m: f64, zone: &Zone, dates: Dates, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    float(point.latitude, o.member("lat"));
    float(point.longitude, o.member("lng"));
    o.int("alt", point.altitude_m).int("satellites", point.satellites.unwrap_or(0));
    float(kilometres(point.driven_m - from_m), o.member("mileage"));
    date("get_time", DateText::new(point.at, zone, dates), &mut o);
    o.string("address", "").int("heading", point.heading_deg).int("speed", point.speed_kmh);
    if let Some(precision_m) = point.precision_m {
        o.int("precision", precision_m);
    }
    for (name, holds) in [("gsm_lbs", point.from_network), ("parking", !point.in_trip), ("buffered", point.archived)] {
        if holds {
            o.boolean(name, true);
        }
    }
    o.close();
}

async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let track = params.optional("track_id", params::int).map(i64::from);
    let simplify = params.flag("simplify", true);
    let is_limited = params.get("point_limit").is_some();
    let asked = asked(api, &session, request)?;
    let (dates, zone) = (asked.dates, std::sync::Arc::clone(&session.zone));
    let is_thinned = simplify || is_limited;
    let (points, is_exceeded) = api.read_past(move |journal| points(asked, track, is_thinned, journal)).await?;
    let from_m = points.first().map_or(0.0, |p| p.driven_m);
    Ok(success(|o| {
        o.boolean("limit_exceeded", is_exceeded);
        encode::array(&points, o.member("list"), |p, out| point(p, from_m, &zone, dates, out));
    }))
}

/// The points of a span, or of one of its trips, and whether it was cut.
fn points(
    mut asked: Asked,
    track: Option<i64>,
    is_thinned: bool,
    journal: &dyn Journal,
) -> Result<(Vec<TrackPoint>, bool), JournalError> {
    let mut thinner = Thinner::new(asked.point_limit);
    let (mut all, mut is_cut) = (Vec::new(), false);
    // The trip that is under way, by its first point.
    let mut under_way = None;
    asked.course.replay(journal, 0, &mut asked.meter, |_, step| {
        if step.starts || !step.in_trip {
            under_way = None;
        }
        let Some(point) = step.point.filter(|p| asked.include_network || !p.from_network) else {
            return ControlFlow::Continue(());
        };
        if step.in_trip {
            under_way = under_way.or(Some(track_id(point.at)));
        }
        if track.is_some() && under_way != track {
            return ControlFlow::Continue(());
        }
        if is_thinned {
            thinner.push(point);
        } else if all.len() < asked.points_max {
            all.push(point);
        } else {
            is_cut = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if is_thinned {
        all = thinner.finish();
    }
    Ok((all, is_cut || asked.meter.is_exceeded))
}
