//! `panel/office/driver/…`: who drives.

use calls::answer::success;
use calls::params::{self, Params};
use calls::write::{Object, array};
use calls::{Kind, Param, Request, optional, required};
use fleet::{Driver, DriverEdit};
use model::TrackerId;

use crate::api::{Api, Caller, Done, number};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, USER_ID};

const DRIVER: Kind = Kind::Named("Driver");
const EDIT: Param = required(
    "driver",
    Kind::Object(&[
        required("name", Kind::Text, "at most 100 characters"),
        optional("card", Kind::Text, "the number of the driver's card; at most 60 characters"),
        optional("tracker_id", Kind::Int, "an original; who drove it before drives none from then on"),
    ]),
    "",
);
const DRIVER_ID: Param = required("driver_id", Kind::Int, "");
const ERRORS: &[Condition] = &[Condition::NotPermitted, Condition::NotFound, Condition::NotForClones];

pub(crate) const METHODS: &[Method] = &[
    Method::keepers("panel/office/driver/list", "A user's drivers.", |a, c, r| Box::pin(list(a, c, r)))
        .takes(&[USER_ID])
        .gives(&[required("list", Kind::List(&DRIVER), "")])
        .fails(&[Condition::NotPermitted, Condition::NotFound]),
    Method::keepers("panel/office/driver/create", "Lists a driver.", |a, c, r| Box::pin(create(a, c, r)))
        .takes(&[USER_ID, EDIT])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[Condition::NotPermitted, Condition::NotFound, Condition::NotForClones, Condition::TooManyEntities]),
    Method::keepers("panel/office/driver/update", "Says anew who a driver is, as a whole.", |a, c, r| {
        Box::pin(update(a, c, r))
    })
    .takes(&[DRIVER_ID, EDIT])
    .fails(ERRORS),
    Method::keepers("panel/office/driver/delete", "Takes a driver off the list.", |a, c, r| Box::pin(delete(a, c, r)))
        .takes(&[DRIVER_ID])
        .fails(&[Condition::NotPermitted, Condition::NotFound]),
];

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let user = caller.user(&mut request.params);
    request.params.finish()?;
    let drivers = api.fleet.list_drivers(caller.keeper(), user)?;
    Ok(success(|o| array(&drivers, o.member("list"), |driver, out| render(driver, out))).into())
}

async fn create(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (user, edit) = (caller.user(params), edit(params));
    params.finish()?;
    let made = api.fleet.create_driver(caller.keeper(), user, edit).await;
    let id = made.map_err(|error| Refusal::from(error).within("driver."))?;
    Ok(success(|o| {
        o.int("id", id);
    })
    .into())
}

async fn update(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let (id, edit) = (params.required("driver_id", number), edit(params));
    params.finish()?;
    let edited = api.fleet.update_driver(caller.keeper(), id.unwrap_or_default(), edit).await;
    edited.map_err(|error| Refusal::from(error).within("driver."))?;
    Ok(success(|_| {}).into())
}

async fn delete(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = request.params.required("driver_id", number);
    request.params.finish()?;
    api.fleet.delete_driver(caller.keeper(), id.unwrap_or_default()).await?;
    Ok(success(|_| {}).into())
}

/// What the office says of a driver. What is wrong with it is noted.
fn edit(params: &mut Params<'_>) -> DriverEdit {
    let read = |driver: &mut Params<'_>| DriverEdit {
        name: driver.required("name", params::text).unwrap_or_default(),
        card: driver.optional("card", params::text).unwrap_or_default(),
        tracker: driver.optional("tracker_id", number).map(TrackerId),
    };
    params.object("driver.", read).unwrap_or_default()
}

fn render(driver: &Driver, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", driver.id).string("name", &driver.name).string("card", &driver.card);
    match driver.tracker() {
        Some(tracker) => o.int("tracker_id", tracker.0),
        None => o.raw("tracker_id", "null"),
    };
    o.close();
}
