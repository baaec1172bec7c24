//! `tracker/stats/…` and the last point: figures that are worked out of the past.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use calls::Request;
use calls::params;
use fleet::{Access, Session, Tracker, Zone};
use live::TrackPoint;
use model::{MS_PER_DAY, MS_PER_SECOND, Timestamp, TrackerId};

use crate::encode::{DateText, Object, Utc, float};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, TRACKER_ID, optional, required};
use crate::http::past::{Course, Meter};
use crate::http::span::{FROM, Span, TO};
use crate::http::user::date;
use crate::wire::{Dates, WireId};

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/stats/mileage/read", "Kilometres driven, day by day.", |a, s, r| Box::pin(mileage(a, s, r)))
        .takes(&[required("trackers", Kind::List(&Kind::Int), "at most 128"), FROM, TO])
        .gives(&[
            required("result", Kind::Map(&Kind::Map(&MILEAGE)), "by tracker, then by day"),
            required("limit_exceeded", Kind::Bool, "not everything was read"),
        ])
        .fails(&[
            Condition::DeviceBlocked,
            Condition::SpanTooBig,
            Condition::ListHasNonexistent,
            Condition::TooManyDevices,
        ]),
    Method::user("tracker/get_last_gps_point", "The last satellite fix.", |a, s, r| Box::pin(last_point(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[optional("value", Kind::Named("GpsPoint"), "absent without a fix")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
];

const MILEAGE: Kind = Kind::Object(&[required("mileage", Kind::Number, "km")]);

/// How long before a span its first reports are looked at, so that those in it meet a known state: longer than a
/// vehicle usually stands before it counts as parked.
pub(super) const WARM_UP_MS: i64 = 3_600 * MS_PER_SECOND;

/// Reports that are looked through for the last satellite fix of a device that reports other positions.
const FIX_REPORTS_MAX: u64 = 10_000;

/// Trackers of the session, to look at their past; blocked ones are an error.
pub(super) fn watched(
    api: &Api,
    session: &Session,
    ids: &[WireId],
    missing: Condition,
) -> Result<Vec<Arc<Tracker>>, Condition> {
    let look_up = |id: &WireId| {
        let id: TrackerId = id.tracker().ok_or(missing)?;
        match api.fleet.access(session, id) {
            Access::Normal(_) => api.fleet.tracker(session, id).ok_or(missing),
            Access::Blocked(_) => Err(Condition::DeviceBlocked),
            Access::Unknown | Access::Disallowed => Err(missing),
        }
    };
    ids.iter().map(look_up).collect()
}

impl Api {
    /// A tracker's reports of a span of time, those of its present owner.
    pub(super) fn course(&self, tracker: &Tracker, span: Span) -> Course {
        Course {
            source: tracker.source.source,
            settings: Arc::clone(&tracker.source.settings),
            timing: self.past.timing(),
            since: tracker.created,
            from: span.from,
            to: span.to,
        }
    }
}

async fn mileage(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let trackers_max = api.options.mileage_trackers_max;
    let ids = params.required("trackers", |value| params::ints(value, trackers_max));
    let span = Span::read(params, &session.zone);
    params.finish()?;
    let (Some(ids), Some(span)) = (ids, span) else { return Err(params.invalid().into()) };
    let span = span.limit(api.options.history_days_max)?;
    if ids.len() > trackers_max {
        return Err(Condition::TooManyDevices.into());
    }
    let ids: Vec<_> = ids.into_iter().map(WireId).collect();
    let trackers = watched(api, &session, &ids, Condition::ListHasNonexistent)?;
    let courses: Vec<_> = trackers.iter().map(|t| (t.id, api.course(t, span))).collect();
    let (zone, mut meter) = (Arc::clone(&session.zone), Meter::new(api.options.past_reports_max));
    let read = move |journal: &dyn engine::Journal| {
        let mut driven = Vec::with_capacity(courses.len());
        for (id, course) in courses {
            let mut metres: BTreeMap<i64, f64> =
                (day(span.from, &zone)..=day(span.to, &zone)).map(|d| (d, 0.0)).collect();
            course.replay(journal, WARM_UP_MS, &mut meter, |_, step| {
                if step.driven_m > 0.0 {
                    *metres.entry(day(step.at, &zone)).or_default() += step.driven_m;
                }
                ControlFlow::Continue(())
            })?;
            driven.push((id, metres));
        }
        Ok((driven, meter.is_exceeded))
    };
    let (driven, is_exceeded) = api.read_past(read).await?;
    Ok(success(|o| {
        let mut result = Object::open(o.member("result"));
        for (id, metres) in driven {
            days(metres, result.member(&id.to_string()));
        }
        result.close();
        o.boolean("limit_exceeded", is_exceeded);
    }))
}

fn days(metres: BTreeMap<i64, f64>, out: &mut Vec<u8>) {
    let mut days = Object::open(out);
    for (day, metres) in metres {
        let date = DateText::new(Timestamp::from_ms_clamped(day.saturating_mul(MS_PER_DAY)), &Utc, Dates::Plain);
        let mut o = Object::open(days.member(&String::from_utf8_lossy(date.day())));
        float(kilometres(metres), o.member("mileage"));
        o.close();
    }
    days.close();
}

/// To ten metres, which is more than positions are good for.
pub(super) fn kilometres(metres: f64) -> f64 {
    (metres / 10.0).round() / 100.0
}

/// The day in the user's zone, counted from 1970.
fn day(at: Timestamp, zone: &Zone) -> i64 {
    at.plus_ms(i64::from(zone.offset_s(at)) * MS_PER_SECOND).ms().div_euclid(MS_PER_DAY)
}

async fn last_point(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let id = super::reach::tracker_id(&mut request.params)?;
    let trackers = watched(api, &session, &[id], Condition::NotFound)?;
    let tolerance_ms = i64::from(api.past.timing().future_tolerance_s) * MS_PER_SECOND;
    let span = Span { from: Timestamp::MIN, to: request.now.plus_ms(tolerance_ms) };
    let Some(course) = trackers.first().map(|tracker| api.course(tracker, span)) else {
        return Err(Condition::NotFound.into());
    };
    let mut meter = Meter::new(FIX_REPORTS_MAX.min(api.options.past_reports_max));
    let point = api.read_past(move |journal| course.last_fix(journal, &mut meter)).await?;
    Ok(success(|o| {
        if let Some(point) = point {
            last_point_value(&point, DateText::new(point.at, &*session.zone, dates), o.member("value"));
        }
    }))
}

fn last_point_value(point: &TrackPoint, at: DateText, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    date("get_time", at, &mut o);
    float(point.latitude, o.member("lat"));
    float(point.longitude, o.member("lng"));
    o.int("heading", point.heading_deg).int("speed", point.speed_kmh);
    o.int("satellites", point.satellites.unwrap_or(0));
    if let Some(precision_m) = point.precision_m {
        o.int("precision", precision_m);
    }
    o.close();
}
