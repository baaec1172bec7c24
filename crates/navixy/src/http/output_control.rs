//! `tracker/output/set`, `set_all`: switching the outputs of a device.

use calls::Request;
use calls::params;
use dispatch::Command;
use fleet::{Right, Session};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, TRACKER_ID, required};
use crate::http::raw_command::order;
use crate::http::tracker::commandable;

/// How many outputs a call may name: more than any model has.
const OUTPUTS_MAX: usize = 255;

const ERRORS: &[Condition] = &[
    Condition::EntityNotFound,
    Condition::DeviceBlocked,
    Condition::Offline,
    Condition::NotSupported,
    Condition::NotForClones,
    Condition::Busy,
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
    let enable = params.required("enable", params::boolean);
    if output.is_some_and(|n| n < 1) {
        params.error("output", "must be at least 1");
    }
    params.finish()?;
    let tracker = commandable(api, &session, id, Condition::EntityNotFound)?;
    let model = tracker.source.model;
    let number = output.and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= model.outputs_count);
    let (Some(number), Some(on)) = (number, enable) else { return Err(Condition::NotSupported.into()) };
    order(api, (tracker.source.source, model), Command::Output { number, on }).await?;
    Ok(success(|_| {}))
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
    let outputs = outputs.unwrap_or_default();
    if outputs.len() != usize::from(model.outputs_count) {
        params.error("outputs", format!("must have {} elements", model.outputs_count));
        return Err(params.invalid().into());
    }
    // One after the other: devices take one command at a time, and the first that fails says why.
    for (number, on) in (1..).zip(outputs) {
        order(api, (tracker.source.source, model), Command::Output { number, on }).await?;
    }
    Ok(success(|_| {}))
}
