//! `panel/office/pairing/…`: the phones of drivers.

use calls::Request;
use calls::answer::success;
use calls::write::{Object, array};
use calls::{Kind, params, required};
use fleet::DriverPhone;
use model::SessionId;

use crate::api::{Api, Caller, Done, tracker_id};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, OF_TRACKER, TRACKER_ID};
use crate::render;

const PHONE: Kind = Kind::Named("DriverPhone");

pub(crate) const METHODS: &[Method] = &[
    Method::keepers(
        "panel/office/pairing/create",
        "Gives out a code by which one phone becomes that of a tracker's driver. An earlier code of the tracker is void.",
        |a, c, r| Box::pin(create(a, c, r)),
    )
    .takes(&[TRACKER_ID])
    .gives(&[
        required("code", Kind::Text, "8 digits, to be typed into the driver's app; shown here only"),
        required("expires", Kind::Named("UtcDateTime"), ""),
    ])
    .fails(&[
        Condition::NotPermitted,
        Condition::NotFound,
        Condition::NotForClones,
        Condition::DeviceBlocked,
        Condition::TooManyEntities,
    ]),
    Method::keepers("panel/office/pairing/list", "The phones of a tracker's drivers.", |a, c, r| {
        Box::pin(list(a, c, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[required("list", Kind::List(&PHONE), "the first that was paired first")])
    .fails(OF_TRACKER),
    Method::keepers(
        "panel/office/pairing/delete",
        "Removes a driver's phone: from now on it is told nothing and can send nothing.",
        |a, c, r| Box::pin(delete(a, c, r)),
    )
    .takes(&[required("phone_id", Kind::Int, "")])
    .fails(&[Condition::NotPermitted, Condition::NotFound]),
];

async fn create(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let code = api.fleet.create_pairing_code(caller.keeper(), id, request.now).await?;
    Ok(success(|o| {
        o.string("code", code.code.expose());
        render::time(code.expires, o.member("expires"));
    })
    .into())
}

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let phones = api.fleet.driver_phones(caller.keeper(), id)?;
    Ok(success(|o| array(&phones, o.member("list"), phone)).into())
}

fn phone(phone: &DriverPhone, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", phone.id.0).string("name", &phone.name);
    render::time(phone.paired, o.member("paired"));
    o.close();
}

async fn delete(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let phone = SessionId(request.params.required("phone_id", params::natural).unwrap_or_default());
    request.params.finish()?;
    api.fleet.unpair(caller.keeper(), phone).await?;
    Ok(success(|_| {}).into())
}
