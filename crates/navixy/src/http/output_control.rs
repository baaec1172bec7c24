//! `tracker/output/set`, `set_all`: switching the outputs of a device.

use calls::Request;
use calls::params;
use fleet::{Right, Session};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::Refusal;
use crate::http::method::{Kind, Method, TRACKER_ID, required};
use crate::http::raw_command::unreachable;
use crate::http::tracker::commandable;

/// How many outputs a call may name: more than any model has.
const OUTPUTS_MAX: usize = 255;

const ERRORS: &[Condition] = &[
    Condition::EntityNotFound,
    Condition::DeviceBlocked,
    Condition::Offline,
    Condition::NotSupported,
    Condition::NotForClones,
];

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/output/set", "Switches an output of a device.", |a, s, r| Box::pin(set(a, s, r)))
        .right(Right::TrackerSetOutput)
        .takes(&[
            TRACKER_ID,
            required("output", Kind::Int, "its number, from 1"),
            required("enable", Kind::Bool, "whether it is to be on"),
        ])
        .fails(ERRORS),
    Method::user("tracker/output/set_all", "Switches all outputs of a device.", |a, s, r| Box::pin(set_all(a, s, r)))
        .right(Right::TrackerSetOutput)
        .takes(&[TRACKER_ID, required("outputs", Kind::List(&Kind::Bool), "one for each output of the model")])
        .fails(ERRORS),
];

async fn set(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let output = params.required("output", params::int);
    params.required("enable", params::boolean);
    if output.is_some_and(|n| n < 1) {
        params.error("output", "must be at least 1");
    }
    params.finish()?;
    let tracker = commandable(api, &session, id, Condition::EntityNotFound)?;
    if output.is_some_and(|n| n > i32::from(tracker.source.model.outputs_count)) {
        return Err(Condition::NotSupported.into());
    }
    Err(unreachable(api, tracker.source.source).into())
}

async fn set_all(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let outputs = params.required("outputs", |value| params::booleans(value, OUTPUTS_MAX));
    params.finish()?;
    let tracker = commandable(api, &session, id, Condition::EntityNotFound)?;
    let model = tracker.source.model;
    if model.outputs_count == 0 {
        return Err(Condition::NotSupported.into());
    }
    if outputs.is_some_and(|outputs| outputs.len() != usize::from(model.outputs_count)) {
        params.error("outputs", format!("must have {} elements", model.outputs_count));
        return Err(params.invalid().into());
    }
    Err(unreachable(api, tracker.source.source).into())
}
