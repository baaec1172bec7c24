//! `tracker/get_inputs`: digital inputs, and what is connected there.

use calls::Request;
use engine::View;
use fleet::Session;
use live::sensors::discrete;
use model::{DiscreteType, Sensor, SensorKind};

use crate::encode::{self, DateText, DateWriter, LocalTime, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::call::asked_dates;
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::reach::{source, sources, tracker_id, tracker_ids};
use crate::http::user::date;
use crate::wire::Dates;

const CONNECTED: Kind = Kind::Object(&[
    required("type", Kind::Text, "what it is, as far as these methods know it; else custom"),
    required("name", Kind::Text, ""),
    required("status", Kind::Bool, ""),
    required("input_number", Kind::Int, "1 is the first"),
]);
const LINES: Param = required("inputs", Kind::List(&Kind::Bool), "as many as the model has");
const STATES: Param = required("states", Kind::List(&CONNECTED), "discrete sensors");
const UPDATE_TIME: Param = optional("update_time", Kind::DateTime, "missing before the first report");

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/get_inputs", "The digital inputs of a tracker.", |a, s, r| Box::pin(get(a, s, r)))
        .takes(&[TRACKER_ID])
        .gives(&[required("user_time", Kind::DateTime, ""), LINES, STATES, UPDATE_TIME])
        .fails(&[Condition::NotFound, Condition::DeviceBlocked]),
    Method::user("tracker/batch_get_inputs", "The digital inputs of up to 500 trackers.", |a, s, r| {
        Box::pin(batch_get(a, s, r))
    })
    .takes(&[required("trackers", Kind::List(&Kind::Int), "")])
    .gives(&[
        required("user_time", Kind::DateTime, ""),
        required(
            "data",
            Kind::Map(&Kind::Object(&[LINES, STATES, UPDATE_TIME])),
            "by tracker; blocked ones are left out",
        ),
    ])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
];

async fn get(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let id = tracker_id(&mut request.params)?;
    let source = source(api, &session, id, Condition::NotFound)?;
    let user_time = DateText::new(request.now, &*session.zone, dates);
    let mut is_known = false;
    let body = success(|o| {
        date("user_time", user_time, o);
        is_known = api.view(source, |view| inputs(view, &*session.zone, dates, o));
    });
    if is_known { Ok(body) } else { Err(Condition::Unexpected.into()) }
}

async fn batch_get(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let dates = asked_dates(request);
    let ids = tracker_ids(&mut request.params)?;
    let sources = sources(api, &session, ids)?;
    let user_time = DateText::new(request.now, &*session.zone, dates);
    let mut name = itoa::Buffer::new();
    Ok(success(|o| {
        date("user_time", user_time, o);
        let mut data = Object::open(o.member("data"));
        for (id, source) in sources {
            let mut one = Object::open(data.member(name.format(id.0)));
            api.view(source, |view| inputs(view, &*session.zone, dates, &mut one));
            one.close();
        }
        data.close();
    }))
}

fn inputs(view: View<'_>, zone: &impl LocalTime, dates: Dates, o: &mut Object<'_>) {
    let state = view.state;
    encode::bits(state.inputs, state.inputs_count, o.member("inputs"));
    let connected = view.sensors.iter().filter_map(|sensor| match &sensor.kind {
        SensorKind::Discrete(discrete) => Some((sensor, discrete)),
        _ => None,
    });
    encode::array(connected, o.member("states"), |(Sensor { name, .. }, sensor), out| {
        let mut o = Object::open(out);
        o.string("type", kind_name(sensor.sensor_type)).string("name", name);
        o.boolean("status", discrete(sensor, state).is_some_and(|(on, _)| on));
        o.int("input_number", sensor.input_number);
        o.close();
    });
    if let Some((_, updated)) = state.inputs {
        DateWriter::new(zone, dates).write(updated, o.member("update_time"));
    }
}

/// These methods know fewer types than sensors have.
const fn kind_name(sensor_type: DiscreteType) -> &'static str {
    match sensor_type {
        DiscreteType::Ignition
        | DiscreteType::SosButton
        | DiscreteType::Engine
        | DiscreteType::CarAlarm
        | DiscreteType::Door => sensor_type.name(),
        DiscreteType::Power | DiscreteType::Charge | DiscreteType::Detach | DiscreteType::Custom => "custom",
    }
}
