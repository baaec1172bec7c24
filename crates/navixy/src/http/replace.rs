//! `tracker/replace`: another device behind a source.

use calls::Request;
use calls::params;
use fleet::{NewDevice, Right, Session};

use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, TRACKER_ID, optional, required};
use crate::http::security_group::number;
use crate::http::sensor::tracker;
use crate::http::tracker::{TRACKER, render};

pub(super) const METHODS: &[Method] =
    &[Method::user("tracker/replace", "Puts another device in the place of a tracker's.", |a, s, r| {
        Box::pin(replace(a, s, r))
    })
    .right(Right::TrackerConfigure)
    .takes(&[
        TRACKER_ID,
        required("model", Kind::Text, "code of the new device's model"),
        required("plugin_id", Kind::Int, "44: free of charge; 35: the phone application"),
        optional("device_id", Kind::Text, "for models whose ids the server does not make"),
    ])
    .gives(&[required("value", TRACKER, "")])
    .fails(&[
        Condition::NotFound,
        Condition::DeviceBlocked,
        Condition::NotForClones,
        Condition::UnknownModel,
        Condition::PluginNotFound,
        Condition::DeviceIdInUse,
        Condition::WrongActivationCode,
        Condition::WrongStatus,
    ])];

async fn replace(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let model = params.required("model", params::text);
    let plugin = params.required("plugin_id", params::int);
    let device_id = params.optional("device_id", params::text);
    params.finish()?;
    let (Some(id), Some(model), Some(plugin)) = (id, model, plugin) else { return Err(params.invalid().into()) };
    // Whether the old device ever made contact is known from its states first.
    api.states.settle().await;
    let new = NewDevice { model, plugin: number(plugin), device_id };
    api.fleet.replace_device(&session, tracker(id), new).await?;
    let tracker = api.fleet.tracker(&session, tracker(id)).ok_or(Condition::NotFound)?;
    // What waits was meant for the device that is gone, and may be in a language that the new one takes for another.
    api.dispatch.withdraw_commands(tracker.source.source, request.now).await?;
    // The catalog does not tell that there was another device before; the states do.
    api.states.keep().await;
    Ok(success(|o| render(api, &tracker, &*session.zone, o.member("value"))))
}
