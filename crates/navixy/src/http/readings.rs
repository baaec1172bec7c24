//! `tracker/readings/…` and the older methods that show a part of the same.

use calls::Request;
use calls::json::Mistyped;
use calls::params::{self, Params, Value};
use engine::View;
use fleet::Session;
use model::{Metering, MeteringType};

use crate::encode::{DateText, DateWriter, Extent, Object, ReadingsForm, render_readings, render_sensor_values};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::reach::{source, sources, tracker_id, tracker_ids};
use crate::http::user::date;
use crate::wire::{Dates, SensorType};

const SENSOR_VALUE: Kind = Kind::Named("SensorValue");
/// A counter's value.
pub(super) const COUNTER: Kind = Kind::Named("CounterValue");
const GROUPS: &[Param] = &[
    required("inputs", Kind::List(&SENSOR_VALUE), "metering sensors that have a value"),
    optional("states", Kind::List(&Kind::Named("FieldValue")), "not with a sensor_type"),
    required("virtual_sensors", Kind::List(&Kind::Named("VirtualValue")), "those that have a value"),
    optional("counters", Kind::List(&COUNTER), "not with a sensor_type"),
];
const SENSOR_TYPE: Param = optional("sensor_type", Kind::Text, "only metering or virtual sensors of this type");
const COMPONENTS: Param =
    optional("include_components", Kind::Bool, "false leaves out sensors that are part of a composite");
const OLDER: &[Param] = &[
    required("user_time", Kind::DateTime, ""),
    required("inputs", Kind::List(&SENSOR_VALUE), ""),
    optional("update_time", Kind::DateTime, "of the newest of them"),
];

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/readings/list", "What the sensors, fields and counters of a tracker say.", |a, s, r| {
        Box::pin(list(a, s, r))
    })
    .takes(&[TRACKER_ID, SENSOR_TYPE, COMPONENTS])
    .gives(GROUPS)
    .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked]),
    Method::user("tracker/readings/batch_list", "The readings of up to 500 trackers.", |a, s, r| {
        Box::pin(batch_list(a, s, r))
    })
    .takes(&[required("trackers", Kind::List(&Kind::Int), ""), SENSOR_TYPE, COMPONENTS])
    .gives(&[required("result", Kind::Map(&Kind::Named("Readings")), "by tracker; blocked ones are left out")])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
    Method::user("tracker/get_readings", "Values of sensors that measure neither fuel nor the vehicle.", |a, s, r| {
        Box::pin(async move { older(a, s, r, |m| !is_fuel(m) && !is_of_vehicle(m)) })
    })
    .takes(&[TRACKER_ID])
    .gives(OLDER)
    .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/get_fuel", "Values of fuel sensors.", |a, s, r| {
        Box::pin(async move { older(a, s, r, is_fuel) })
    })
    .takes(&[TRACKER_ID])
    .gives(OLDER)
    .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/get_diagnostics", "Values of sensors on the vehicle's bus.", |a, s, r| {
        Box::pin(async move { older(a, s, r, is_of_vehicle) })
    })
    .takes(&[TRACKER_ID])
    .gives(OLDER)
    .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
];

fn is_fuel(sensor: &Metering) -> bool {
    sensor.sensor_type == MeteringType::Fuel
}

fn is_of_vehicle(sensor: &Metering) -> bool {
    ["can_", "obd_", "raw_can_"].iter().any(|prefix| sensor.input_name.starts_with(prefix))
}

fn sensor_type(value: Value<'_>) -> Result<SensorType, Mistyped> {
    SensorType::from_name(&params::text(value)?).ok_or(Mistyped("must be a type of metering or virtual sensors"))
}

/// What is wanted of the readings, as the parameters say.
fn form<'s>(api: &Api, session: &'s Session, dates: Dates, params: &mut Params<'_>) -> ReadingsForm<'s> {
    ReadingsForm {
        sensor_type: params.optional("sensor_type", sensor_type),
        include_components: params.flag("include_components", true),
        measurement_system: api.measurement_system(session),
        zone: &*session.zone,
        dates,
    }
}

fn groups(view: View<'_>, form: &ReadingsForm<'_>, out: &mut Vec<u8>) {
    render_readings(view.sensors, view.values, form, Extent::Whole, out);
}

async fn list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let form = form(api, &session, dates, &mut request.params);
    let id = tracker_id(&mut request.params)?;
    let source = source(api, &session, id, Condition::EntityNotFound)?;
    let mut members = Vec::new();
    let is_known = api.view(source, |view| groups(view, &form, &mut members));
    if !is_known {
        return Err(Condition::Unexpected.into());
    }
    Ok(success(|o| o.members(&members)))
}

async fn batch_list(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let form = form(api, &session, dates, &mut request.params);
    let ids = tracker_ids(&mut request.params)?;
    let sources = sources(api, &session, ids)?;
    let mut name = itoa::Buffer::new();
    Ok(success(|o| {
        let mut result = Object::open(o.member("result"));
        for (id, source) in sources {
            let out = result.member(name.format(id.0));
            out.push(b'{');
            api.view(source, |view| groups(view, &form, out));
            out.push(b'}');
        }
        result.close();
    }))
}

/// The values of those metering sensors that are meant.
fn older(
    api: &Api,
    session: Session,
    request: &mut Request<'_>,
    is_meant: fn(&Metering) -> bool,
) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let id = tracker_id(&mut request.params)?;
    let source = source(api, &session, id, Condition::NotFound)?;
    let system = api.measurement_system(&session);
    let user_time = DateText::new(request.now, &*session.zone, dates);
    let mut is_known = false;
    let body = success(|o| {
        date("user_time", user_time, o);
        let mut newest = None;
        let out = o.member("inputs");
        is_known = api.view(source, |view| {
            newest = render_sensor_values(view.sensors, view.values, system, is_meant, out);
        });
        if let Some(newest) = newest {
            DateWriter::new(&*session.zone, dates).write(newest, o.member("update_time"));
        }
    });
    if is_known { Ok(body) } else { Err(Condition::Unexpected.into()) }
}
