//! `panel/office/vehicle/…`: what carries the trackers.

use calls::answer::success;
use calls::params::{self, Params};
use calls::write::{Object, array};
use calls::{Kind, Request, optional, required};
use fleet::{Vehicle, VehicleEdit};

use crate::api::{Api, Caller, Done, tracker_id};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, USER_ID};

const VEHICLE: Kind = Kind::Named("Vehicle");
const TRACKER_ID: calls::Param = required("tracker_id", Kind::Int, "an original or a clone");

pub(crate) const METHODS: &[Method] = &[
    Method::keepers("panel/office/vehicle/list", "The vehicles of a user's trackers, one for each.", |a, c, r| {
        Box::pin(list(a, c, r))
    })
    .takes(&[USER_ID])
    .gives(&[required("list", Kind::List(&VEHICLE), "in the order of trackers")])
    .fails(&[Condition::NotPermitted, Condition::NotFound]),
    Method::keepers(
        "panel/office/vehicle/update",
        "Says what the vehicle of a tracker is, as a whole. A tracker from before there were vehicles gets one.",
        |a, c, r| Box::pin(update(a, c, r)),
    )
    .takes(&[
        TRACKER_ID,
        required(
            "vehicle",
            Kind::Object(&[
                optional("plate", Kind::Text, ""),
                optional("brand", Kind::Text, ""),
                optional("model", Kind::Text, ""),
            ]),
            "texts of at most 60 characters; empty unless given",
        ),
    ])
    .gives(&[required("id", Kind::Int, "the vehicle's, which no tracker has")])
    .fails(&[Condition::NotPermitted, Condition::NotFound, Condition::TooManyEntities]),
    Method::keepers("panel/office/vehicle/delete", "Removes the vehicle of a tracker, which goes on.", |a, c, r| {
        Box::pin(delete(a, c, r))
    })
    .takes(&[TRACKER_ID])
    .fails(&[Condition::NotPermitted, Condition::NotFound]),
];

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let user = caller.user(&mut request.params);
    request.params.finish()?;
    let vehicles = api.fleet.vehicles(caller.keeper(), user)?;
    Ok(success(|o| array(&vehicles, o.member("list"), |vehicle, out| render(vehicle, out))).into())
}

async fn update(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let id = tracker_id(params);
    let text = |vehicle: &mut Params<'_>, name| vehicle.optional(name, params::text).unwrap_or_default();
    let edit = params.object("vehicle.", |vehicle| VehicleEdit {
        plate: text(vehicle, "plate"),
        brand: text(vehicle, "brand"),
        model: text(vehicle, "model"),
    });
    params.finish()?;
    let vehicle = api.fleet.set_vehicle(caller.keeper(), id, edit.unwrap_or_default()).await;
    let vehicle = vehicle.map_err(|error| Refusal::from(error).within("vehicle."))?;
    Ok(success(|o| {
        o.int("id", vehicle);
    })
    .into())
}

async fn delete(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    api.fleet.delete_vehicle(caller.keeper(), id).await?;
    Ok(success(|_| {}).into())
}

fn render(vehicle: &Vehicle, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", vehicle.id).int("tracker_id", vehicle.tracker().0);
    o.string("plate", &vehicle.plate).string("brand", &vehicle.brand).string("model", &vehicle.model);
    o.close();
}
