//! `tracker/sensor/…`: what the attributes of a device mean.

mod data;
mod form;
mod inputs;

use calls::Request;
use calls::params;
use fleet::{Right, Session, Tracker};
use model::{Sensor, SensorId, TrackerId};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::reach::{TRACKERS_MAX, tracker_id, trackers};
use crate::http::security_group::number;
use crate::http::span::{FROM, TO};
use crate::http::tracker::unblocked;
use crate::wire::WireId;

const SENSOR: Kind = Kind::Named("Sensor");
const SENSOR_ID: Param = required("sensor_id", Kind::Int, "");
const DATA: Kind = Kind::Object(&[
    required("value", Kind::Any, "a number; of a virtual sensor a text"),
    required("get_time", Kind::DateTime, ""),
]);
const TRACKERS: Param = required("trackers", Kind::List(&Kind::Int), "at most 500");
const CHANGE_ERRORS: &[Condition] = &[
    Condition::NotFound,
    Condition::DeviceBlocked,
    Condition::NotForClones,
    Condition::InputInUse,
    Condition::TooManySensors,
    Condition::TooManyEntities,
];

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/sensor/list", "The sensors of a tracker.", |a, s, r| Box::pin(list(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("list", Kind::List(&SENSOR), "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/sensor/batch_list", "The sensors of up to 500 trackers.", |a, s, r| {
        Box::pin(batch_list(a, s, r))
    })
    .takes(&[TRACKERS])
    .gives(&[required("result", Kind::Map(&Kind::List(&SENSOR)), "by tracker")])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
    Method::user("tracker/sensor/create", "Makes a sensor.", |a, s, r| Box::pin(create(a, s, r)))
        .right(Right::TrackerUpdate)
        .takes(&[TRACKER_ID, required("sensor", SENSOR, "without an id")])
        .gives(&[required("id", Kind::Int, "")])
        .fails(CHANGE_ERRORS),
    Method::user("tracker/sensor/update", "Changes a sensor, but not its calibration.", |a, s, r| {
        Box::pin(update(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, required("sensor", SENSOR, "")])
    .fails(CHANGE_ERRORS),
    Method::user("tracker/sensor/delete", "Removes a sensor.", |a, s, r| Box::pin(delete(a, s, r)))
        .right(Right::TrackerUpdate)
        .takes(&[TRACKER_ID, SENSOR_ID])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::NotForClones]),
    Method::user(
        "tracker/sensor/batch_copy",
        "Gives trackers the sensors of another of their model, in place of theirs.",
        |a, s, r| Box::pin(batch_copy(a, s, r)),
    )
    .right(Right::TrackerUpdate)
    .takes(&[required("base_tracker_id", Kind::Int, "whose sensors are copied"), TRACKERS])
    .fails(&[
        Condition::NotFound,
        Condition::DeviceBlocked,
        Condition::NotForClones,
        Condition::TooManyDevices,
        Condition::OtherModel,
        Condition::TooManyEntities,
    ]),
    Method::user("tracker/sensor/data/read", "What a sensor said.", |a, s, r| Box::pin(data::read(a, s, r)))
        .takes(&[
            TRACKER_ID,
            required("sensor_id", Kind::Int, "a metering or virtual sensor"),
            FROM,
            TO,
            optional("raw_data", Kind::Bool, "values as the device sent them; of a composite the sum all the same"),
        ])
        .gives(&[
            required("limit_exceeded", Kind::Bool, "not everything was read, or told"),
            required("list", Kind::List(&DATA), "by the sensor's present settings"),
        ])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::SpanTooBig, Condition::SensorUnsupported]),
    Method::user("tracker/sensor/input_name/list", "The inputs that sensors may have.", |a, s, r| {
        Box::pin(inputs::list(a, s, r))
    })
    .gives(&[required(
        "list",
        Kind::List(&Kind::Object(&[
            required("input_name", Kind::Text, ""),
            required("description", Kind::Text, ""),
            optional("value_type", Kind::Text, "of state fields"),
        ])),
        "",
    )]),
];

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = unblocked(api, &session, Some(id.0), Condition::NotFound)?;
    Ok(success(|o| encode::array(&*tracker.source.sensors, o.member("list"), form::render)))
}

async fn batch_list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let trackers = trackers(api, &session, &mut request.params)?;
    Ok(success(|o| {
        let mut result = Object::open(o.member("result"));
        let mut name = itoa::Buffer::new();
        for tracker in trackers {
            encode::array(&*tracker.source.sensors, result.member(name.format(tracker.id.0)), form::render);
        }
        result.close();
    }))
}

async fn create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let sensor = params.object("sensor.", form::read).flatten();
    params.finish()?;
    let (Some(id), Some(sensor)) = (id, sensor) else { return Err(params.invalid().into()) };
    let id = api.fleet.create_sensor(&session, tracker(id), sensor).await?;
    Ok(success(|o| {
        o.int("id", id.0);
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let sensor = params.object("sensor.", |sensor| {
        let id = sensor.required("id", params::int);
        (id, form::read(sensor))
    });
    params.finish()?;
    let (Some(id), Some((Some(sensor_id), Some(mut sensor)))) = (id, sensor) else {
        return Err(params.invalid().into());
    };
    sensor.id = SensorId(number(sensor_id));
    api.fleet.update_sensor(&session, tracker(id), sensor).await?;
    Ok(success(|_| {}))
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let sensor = params.required("sensor_id", params::int);
    params.finish()?;
    let (Some(id), Some(sensor)) = (id, sensor) else { return Err(params.invalid().into()) };
    api.fleet.delete_sensor(&session, tracker(id), SensorId(number(sensor))).await?;
    Ok(success(|_| {}))
}

async fn batch_copy(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let base = params.required("base_tracker_id", params::int);
    let targets = params.required("trackers", |value| params::ints(value, TRACKERS_MAX));
    params.finish()?;
    let (Some(base), Some(targets)) = (base, targets) else { return Err(params.invalid().into()) };
    if targets.len() > TRACKERS_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    let targets = targets.into_iter().map(tracker).collect();
    api.fleet.copy_sensors(&session, tracker(base), targets).await?;
    Ok(success(|_| {}))
}

/// A tracker by its number; one that none can have is nobody's.
pub(super) fn tracker(id: i32) -> TrackerId {
    WireId(id).tracker().unwrap_or(TrackerId(0))
}

/// A sensor of a tracker, by its number.
pub(super) fn sensor_of(tracker: &Tracker, id: i32) -> Result<&Sensor, Condition> {
    let id = SensorId(number(id));
    tracker.source.sensors.iter().find(|sensor| sensor.id == id).ok_or(Condition::NotFound)
}
