//! `tracker/sensor/calibration_data/…`: from raw to real values.

use calls::Request;
use calls::params;
use fleet::{Right, Session};
use model::{CalibrationPoint, SensorId, SensorKind};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, TRACKER_ID, required};
use crate::http::security_group::number;
use crate::http::sensor::{sensor_of, tracker};
use crate::http::tracker::unblocked;

/// More points than any option may allow are not read.
const POINTS_MAX: usize = 100_000;

const SENSOR_ID: Param = required("sensor_id", Kind::Int, "a sensor that measures a number");
const POINTS: Kind = Kind::List(&Kind::Object(&[
    required("in", Kind::Number, "what the device says"),
    required("out", Kind::Number, "what it means"),
]));
const PATH_UPDATE: &str = "tracker/sensor/calibration_data/update";

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/sensor/calibration_data/read", "The calibration table of a sensor.", |a, s, r| {
        Box::pin(read(a, s, r))
    })
    .takes(&[TRACKER_ID, SENSOR_ID])
    .gives(&[required("value", POINTS, "")])
    .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::SensorUnsupported]),
    Method::user(PATH_UPDATE, "Replaces the calibration table of a sensor; none clears it.", |a, s, r| {
        Box::pin(update(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, SENSOR_ID, required("data", POINTS, "two points or more, or none")])
    .fails(&[
        Condition::NotFound,
        Condition::DeviceBlocked,
        Condition::NotForClones,
        Condition::SensorUnsupported,
    ]),
];

async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let sensor = params.required("sensor_id", params::int);
    params.finish()?;
    let sensor = sensor.ok_or_else(|| params.invalid())?;
    let tracker = unblocked(api, &session, id, Condition::NotFound)?;
    let SensorKind::Metering(metering) = &sensor_of(&tracker, sensor)?.kind else {
        return Err(Condition::SensorUnsupported.into());
    };
    Ok(success(|o| {
        encode::array(&metering.calibration, o.member("value"), |point, out| {
            let mut o = Object::open(out);
            encode::float(point.raw, o.member("in"));
            encode::float(point.real, o.member("out"));
            o.close();
        });
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let sensor = params.required("sensor_id", params::int);
    if params.get("data").is_none() {
        params.error("data", params::REQUIRED);
    }
    let points = params.objects("data", POINTS_MAX, |point| {
        let (raw, real) = (point.required("in", params::number), point.required("out", params::number));
        Some(CalibrationPoint { raw: raw?, real: real? })
    });
    params.finish()?;
    let (Some(id), Some(sensor), Some(points)) = (id, sensor, points) else { return Err(params.invalid().into()) };
    api.fleet.set_calibration(&session, tracker(id), SensorId(number(sensor)), points).await?;
    Ok(success(|_| {}))
}
