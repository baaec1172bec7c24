//! `panel/office/unknown_device/…`: devices that knocked and are not registered.

use calls::answer::success;
use calls::params::{self, Params};
use calls::write::{Object, array};
use calls::{Kind, Param, Request, optional, required};
use fleet::{PanelSession, model_of_protocol};
use intake::UnknownDevice;
use model::DeviceId;

use crate::api::{Api, Done, user_id};
use crate::errors::{Condition, Refusal};
use crate::method::Method;
use crate::render;

const DEVICE: Kind = Kind::Named("UnknownDevice");
const DEVICE_ID: Param = required("device_id", Kind::Text, "as it is listed");
/// Most devices in one answer, and how many unless it is said.
const LISTED: (usize, usize) = (1_000, 100);

pub(crate) const METHODS: &[Method] = &[
    Method::panel(
        "panel/office/unknown_device/list",
        "Devices that knocked and are not registered, who was heard last first.",
        |a, s, r| Box::pin(list(a, s, r)),
    )
    .takes(&[
        optional("offset", Kind::Int, "how many are passed over; none unless given"),
        optional("limit", Kind::Int, "1 to 1,000; 100 unless given"),
    ])
    .gives(&[
        required("list", Kind::List(&DEVICE), "kept in memory: a restart begins with none"),
        required("count", Kind::Int, "how many there are in all"),
    ]),
    Method::panel(
        "panel/office/unknown_device/register",
        "Registers a device that is listed as a tracker of a user. It is let in when it connects again.",
        |a, s, r| Box::pin(register(a, s, r)),
    )
    .takes(&[
        DEVICE_ID,
        required("user_id", Kind::Int, "a user of the account, no sub-user"),
        optional("label", Kind::Text, "the device's id unless given"),
        optional("model", Kind::Text, "the code of a model; that of the protocol it speaks unless given"),
    ])
    .gives(&[required("tracker_id", Kind::Int, ""), required("source_id", Kind::Int, "")])
    .fails(&[Condition::NotFound, Condition::AlreadyExists, Condition::TooManyEntities]),
    Method::panel(
        "panel/office/unknown_device/forget",
        "Takes a device off the list, until it knocks again.",
        |a, s, r| Box::pin(forget(a, s, r)),
    )
    .takes(&[DEVICE_ID])
    .fails(&[Condition::NotFound]),
];

async fn list(api: &Api, _: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (offset, limit) = (render::offset(params), render::limit(params, LISTED));
    params.finish()?;
    let all = api.intake.unknown_devices();
    let shown = all.iter().skip(offset).take(limit);
    Ok(success(|o| {
        array(shown, o.member("list"), row);
        o.int("count", all.len());
    })
    .into())
}

async fn register(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let device = device_id(params);
    let user = params.required("user_id", user_id).unwrap_or_default();
    let label = params.optional("label", params::text);
    let model = params.optional("model", params::text);
    params.finish()?;
    let known = device.and_then(|id| api.intake.unknown_device(&id)).ok_or(Condition::NotFound)?;
    let usual = || model_of_protocol(known.protocol).map_or_else(String::new, |model| model.code.to_owned());
    let model = model.unwrap_or_else(usual);
    let tracker = api.fleet.register_for(&session, user, &model, known.id.as_str(), label, now).await?;
    api.intake.forget_unknown(&known.id);
    Ok(success(|o| {
        o.int("tracker_id", tracker.id.0).int("source_id", tracker.source.source.0);
    })
    .into())
}

async fn forget(api: &Api, _: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let device = device_id(&mut request.params);
    request.params.finish()?;
    match device.is_some_and(|id| api.intake.forget_unknown(&id)) {
        true => Ok(success(|_| {}).into()),
        false => Err(Condition::NotFound.into()),
    }
}

/// The device that a call names; `None` for a text that no device can have.
fn device_id(params: &mut Params<'_>) -> Option<DeviceId> {
    params.required("device_id", |value| Ok(DeviceId::new(&params::text(value)?))).flatten()
}

fn row(device: &UnknownDevice, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("device_id", device.id.as_str()).string("protocol", device.protocol);
    match model_of_protocol(device.protocol) {
        Some(model) => o.string("model", model.code),
        None => o.raw("model", "null"),
    };
    o.string("address", &device.peer.ip().to_canonical().to_string()).int("port", device.peer.port());
    render::time(device.first, o.member("first_heard"));
    render::time(device.last, o.member("last_heard"));
    o.int("knocks", device.knocks);
    o.close();
}
