//! `tracker/settings/…`: the name of a tracker, and what its states depend on.

use calls::Request;
use calls::params;
use fleet::{Right, Session, SettingsEdit, SettingsError};

use crate::encode::Object;
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::reach::tracker_id;
use crate::http::security_group::number;
use crate::http::sensor::tracker;
use crate::http::tracker::unblocked;

const LABEL: Param = required("label", Kind::Text, "1 to 60 characters without < and >");
const GROUP: Param = required("group_id", Kind::Int, "0: none");
const MIN_IDLE: Param = required("min_idle_duration_minutes", Kind::Int, "1 to 1440");
const IDLE_SPEED: Param = required("idle_speed_threshold", Kind::Int, "km/h, 0 to 200; 0: never parked");
const IGNITION_AWARE: Param = required("ignition_aware", Kind::Bool, "moves only with its ignition on");
const MOTION_AWARE: Param = required("motion_sensor_aware", Kind::Bool, "moves only when its motion sensor says so");
const RADIUS: Param = required("max_radius", Kind::Int, "metres, 0 to 10000");
const TIMEOUT: Param =
    optional("offline_timeout_minutes", Kind::Int, "1 to 4320000; without it the server's own setting counts");
const READ_ERRORS: &[Condition] = &[Condition::EntityNotFound, Condition::DeviceBlocked];
const UPDATE_ERRORS: &[Condition] = &[Condition::EntityNotFound, Condition::DeviceBlocked, Condition::NotForClones];

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/settings/read", "The name and group of a tracker.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("settings", Kind::Object(&[LABEL, GROUP]), "")])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/settings/update", "Renames a tracker and puts it into a group.", |a, s, r| {
        Box::pin(update(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, LABEL, GROUP])
    .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::EntityNotFound]),
    Method::user("tracker/settings/trip_detection/read", "When a vehicle counts as moving and parked.", |a, s, r| {
        Box::pin(read_trips(a, s, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[MIN_IDLE, IDLE_SPEED, IGNITION_AWARE, MOTION_AWARE])
    .fails(READ_ERRORS),
    Method::user("tracker/settings/trip_detection/update", "Sets when a vehicle counts as moving.", |a, s, r| {
        Box::pin(update_trips(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, MIN_IDLE, IDLE_SPEED, IGNITION_AWARE, MOTION_AWARE])
    .fails(UPDATE_ERRORS),
    Method::user("tracker/settings/lbs/read", "How uncertain a network position may be.", |a, s, r| {
        Box::pin(read_radius(a, s, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[RADIUS])
    .fails(READ_ERRORS),
    Method::user("tracker/settings/lbs/update", "Sets how uncertain a network position may be.", |a, s, r| {
        Box::pin(update_radius(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, RADIUS])
    .fails(UPDATE_ERRORS),
    Method::user("tracker/settings/connection/read", "After which silence a device is offline.", |a, s, r| {
        Box::pin(read_timeout(a, s, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[TIMEOUT])
    .fails(READ_ERRORS),
    Method::user("tracker/settings/connection/update", "Sets after which silence a device is offline.", |a, s, r| {
        Box::pin(update_timeout(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, TIMEOUT])
    .fails(UPDATE_ERRORS),
];

async fn read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = unblocked(api, &session, Some(id.0), Condition::NotFound)?;
    Ok(success(|o| {
        let mut settings = Object::open(o.member("settings"));
        settings.string("label", &tracker.label).int("group_id", tracker.group);
        settings.close();
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let label = params.required("label", params::text);
    let group = params.required("group_id", params::int);
    params.finish()?;
    let (Some(id), Some(label), Some(group)) = (id, label, group) else { return Err(params.invalid().into()) };
    let renamed = api.fleet.rename_tracker(&session, tracker(id), label, number(group)).await;
    renamed.map_err(|error| match error {
        // This method is one of the older ones.
        SettingsError::NotFound => Condition::NotFound.into(),
        other => Refusal::from(other),
    })?;
    Ok(success(|_| {}))
}

async fn read_trips(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = unblocked(api, &session, Some(id.0), Condition::EntityNotFound)?;
    let settings = &tracker.source.settings;
    Ok(success(|o| {
        o.int("min_idle_duration_minutes", settings.min_idle_s / 60);
        o.int("idle_speed_threshold", settings.idle_speed_threshold_kmh);
        o.boolean("ignition_aware", settings.ignition_aware);
        o.boolean("motion_sensor_aware", settings.motion_sensor_aware);
    }))
}

async fn update_trips(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let min_idle = params.required("min_idle_duration_minutes", params::int);
    let speed = params.required("idle_speed_threshold", params::int);
    let ignition_aware = params.required("ignition_aware", params::boolean);
    let motion_sensor_aware = params.required("motion_sensor_aware", params::boolean);
    params.finish()?;
    let (Some(min_idle), Some(speed), Some(ignition_aware), Some(motion_sensor_aware)) =
        (min_idle, speed, ignition_aware, motion_sensor_aware)
    else {
        return Err(params.invalid().into());
    };
    let edit = SettingsEdit::TripDetection {
        min_idle_minutes: number(min_idle),
        idle_speed_threshold_kmh: u16::try_from(speed).unwrap_or(u16::MAX),
        ignition_aware,
        motion_sensor_aware,
    };
    change(api, &session, id, edit).await
}

async fn read_radius(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = unblocked(api, &session, Some(id.0), Condition::EntityNotFound)?;
    Ok(success(|o| {
        o.int("max_radius", tracker.source.settings.network_radius_max_m);
    }))
}

async fn update_radius(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let radius = params.required("max_radius", params::int);
    params.finish()?;
    let Some(radius) = radius else { return Err(params.invalid().into()) };
    change(api, &session, id, SettingsEdit::NetworkRadius { max_m: number(radius) }).await
}

async fn read_timeout(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = tracker_id(&mut request.params)?;
    let tracker = unblocked(api, &session, Some(id.0), Condition::EntityNotFound)?;
    Ok(success(|o| {
        if let Some(offline_s) = tracker.source.settings.offline_s {
            o.int("offline_timeout_minutes", offline_s.div_ceil(60));
        }
    }))
}

async fn update_timeout(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let minutes = params.optional("offline_timeout_minutes", params::int);
    params.finish()?;
    change(api, &session, id, SettingsEdit::OfflineTimeout { minutes: minutes.map(number) }).await
}

async fn change(api: &Api, session: &Session, id: Option<i32>, edit: SettingsEdit) -> Result<Vec<u8>, Refusal> {
    api.fleet.change_settings(session, tracker(id.unwrap_or_default()), edit).await?;
    Ok(success(|_| {}))
}
