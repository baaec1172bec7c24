//! `tracker/counter/…`: kilometres driven and hours with the ignition on.

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use fleet::{Right, Session};
use model::{Counter, CounterKind, SensorId};

use crate::encode::{self, DateText, DateWriter, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::reach::{source, sources, tracker_id, tracker_ids};
use crate::http::readings::COUNTER;
use crate::http::user::date;

const TYPE: Param = required("type", Kind::OneOf(&["odometer", "engine_hours"]), "");

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/get_counters", "The counters of a tracker that were ever set.", |a, s, r| {
        Box::pin(list(a, s, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[required("user_time", Kind::DateTime, ""), required("list", Kind::List(&COUNTER), "")])
    .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked]),
    Method::user("tracker/counter/read", "How a counter grows.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[TRACKER_ID, TYPE])
        .gives(&[required(
            "value",
            Kind::Object(&[required("id", Kind::Int, ""), TYPE, required("multiplier", Kind::Number, "")]),
            "",
        )])
        .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked, Condition::NotForClones]),
    Method::user("tracker/counter/update", "Says how a counter grows.", |a, s, r| Box::pin(update(a, s, r)))
        .right(Right::TrackerUpdate)
        .takes(&[
            TRACKER_ID,
            TYPE,
            required("multiplier", Kind::Number, "above 0, up to 1,000,000"),
            optional("sensor_id", Kind::Int, "the metering sensor that drives the odometer"),
        ])
        .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked, Condition::NotForClones]),
    Method::user("tracker/counter/value/get", "The value of a counter.", |a, s, r| Box::pin(get(a, s, r)))
        .takes(&[TRACKER_ID, TYPE])
        .gives(&[required("value", Kind::Number, "kilometres or hours")])
        .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked]),
    Method::user("tracker/counter/value/list", "The values of a counter of up to 500 trackers.", |a, s, r| {
        Box::pin(get_many(a, s, r))
    })
    .takes(&[required("trackers", Kind::List(&Kind::Int), ""), TYPE])
    .gives(&[required("value", Kind::Map(&Kind::Number), "by tracker; those without the counter are left out")])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
    Method::user("tracker/counter/value/set", "Sets a counter; the first time it comes into being.", |a, s, r| {
        Box::pin(set(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, TYPE, required("value", Kind::Number, "kilometres or hours, not negative")])
    .fails(&[
        Condition::EntityNotFound,
        Condition::DeviceBlocked,
        Condition::NotForClones,
        Condition::QueueFailed,
    ]),
];

/// The highest value that a counter is set to.
const VALUE_MAX: f64 = 1e9;

fn kind(value: Value<'_>) -> Result<CounterKind, Mistyped> {
    CounterKind::from_name(&params::text(value)?).ok_or(Mistyped("must be odometer or engine_hours"))
}

/// The parameters `type` and `tracker_id`, once everything else was read.
fn kind_and_tracker(params: &mut Params<'_>) -> Result<(CounterKind, crate::wire::WireId), Refusal> {
    let kind = params.required("type", kind);
    let id = tracker_id(params)?;
    Ok((kind.ok_or_else(|| params.invalid())?, id))
}

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let id = tracker_id(&mut request.params)?;
    let source = source(api, &session, id, Condition::EntityNotFound)?;
    let user_time = DateText::new(request.now, &*session.zone, dates);
    let counters = CounterKind::ALL.map(|kind| (kind, api.counter(source, kind)));
    Ok(success(|o| {
        date("user_time", user_time, o);
        let mut dates = DateWriter::new(&*session.zone, dates);
        let set = counters.into_iter().filter_map(|(kind, counter)| Some((kind, counter?)));
        encode::array(set, o.member("list"), |(kind, counter), out| {
            encode::render_counter(kind, &counter, &mut dates, out);
        });
    }))
}

/// Refuses clones: a counter belongs to the original.
fn original(api: &Api, session: &Session, id: crate::wire::WireId) -> Result<(), Refusal> {
    let tracker = id.tracker().and_then(|id| api.fleet.tracker(session, id));
    match tracker.is_some_and(|tracker| tracker.clone) {
        true => Err(Condition::NotForClones.into()),
        false => Ok(()),
    }
}

async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let (kind, id) = kind_and_tracker(&mut request.params)?;
    let source = source(api, &session, id, Condition::EntityNotFound)?;
    original(api, &session, id)?;
    let settings = api.fleet.source(source).ok_or(Condition::EntityNotFound)?.settings;
    // Counters have no ids of their own here; these are as good, and never change.
    let (number, multiplier) = match kind {
        CounterKind::Odometer => (0, settings.odometer_multiplier),
        CounterKind::EngineHours => (1, settings.engine_hours_multiplier),
    };
    Ok(success(|o| {
        let mut value = Object::open(o.member("value"));
        value.int("id", i64::from(id.0) * 2 + number).string("type", kind.name());
        encode::float(multiplier, value.member("multiplier"));
        value.close();
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let multiplier = params.required("multiplier", params::number);
    let sensor = params.optional("sensor_id", params::int);
    let (kind, id) = kind_and_tracker(params)?;
    let (Some(multiplier), Some(tracker)) = (multiplier, id.tracker()) else {
        return Err(Condition::EntityNotFound.into());
    };
    // What no sensor can be called is none of this tracker's.
    let sensor = sensor.map(|id| SensorId(u32::try_from(id).unwrap_or(0)));
    api.fleet.update_counter(&session, tracker, kind, multiplier, sensor).await?;
    Ok(success(|_| {}))
}

async fn get(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let (kind, id) = kind_and_tracker(&mut request.params)?;
    let source = source(api, &session, id, Condition::EntityNotFound)?;
    let Counter { value, .. } = api.counter(source, kind).ok_or(Condition::EntityNotFound)?;
    Ok(success(|o| encode::computed(value, o.member("value"))))
}

async fn get_many(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let kind = request.params.required("type", kind);
    let ids = tracker_ids(&mut request.params)?;
    let kind = kind.ok_or_else(|| request.params.invalid())?;
    let sources = sources(api, &session, ids)?;
    let mut name = itoa::Buffer::new();
    Ok(success(|o| {
        let mut values = Object::open(o.member("value"));
        for (id, source) in sources {
            if let Some(counter) = api.counter(source, kind) {
                encode::computed(counter.value, values.member(name.format(id.0)));
            }
        }
        values.close();
    }))
}

async fn set(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let value = params.required("value", params::number);
    if value.is_some_and(|value| !(0.0..=VALUE_MAX).contains(&value)) {
        params.error("value", "must be from 0 to 1000000000");
    }
    let (kind, id) = kind_and_tracker(params)?;
    let value = value.ok_or_else(|| params.invalid())?;
    let source = source(api, &session, id, Condition::EntityNotFound)?;
    original(api, &session, id)?;
    api.states.set_counter(source, kind, value, request.now).await.map_err(|_| Condition::QueueFailed)?;
    Ok(success(|_| {}))
}
