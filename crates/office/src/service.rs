//! `panel/office/service/…`: what drivers are asked to visit or deliver.

use calls::answer::success;
use calls::params::{self, Params};
use calls::write::{Object, array};
use calls::{Kind, Param, Request, optional, required};
use dispatch::{Service, ServiceDraft, ServiceState};
use fleet::Zone;

use crate::api::{Api, Caller, Done, tracker_id};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, OF_TRACKER, TRACKER_ID};
use crate::render;

const SERVICE: Kind = Kind::Named("Service");
const DRAFT: Param = required(
    "service",
    Kind::Object(&[
        required("title", Kind::Text, ""),
        optional("address", Kind::Text, ""),
        optional("position", Kind::Named("Position"), ""),
        optional("note", Kind::Text, ""),
        optional("due", Kind::DateTime, "UTC, or with an offset"),
    ]),
    "texts of at most 4,000 characters",
);
const SERVICE_ID: Param = required("service_id", Kind::Text, "24 hexadecimal digits");
const OF_SERVICES: &[Condition] = &[
    Condition::NotPermitted,
    Condition::NotFound,
    Condition::NotForClones,
    Condition::DeviceBlocked,
    Condition::TooManyEntities,
];

pub(crate) const METHODS: &[Method] = &[
    Method::keepers("panel/office/service/list", "The services of a tracker's driver.", |a, c, r| {
        Box::pin(list(a, c, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[required("list", Kind::List(&SERVICE), "oldest first")])
    .fails(OF_TRACKER),
    Method::keepers("panel/office/service/create", "Gives a tracker's driver a service.", |a, c, r| {
        Box::pin(create(a, c, r))
    })
    .takes(&[TRACKER_ID, DRAFT])
    .gives(&[required("value", SERVICE, "")])
    .fails(OF_SERVICES),
    Method::keepers(
        "panel/office/service/update",
        "Says anew what a service is, as a whole. How far it has come stays.",
        |a, c, r| Box::pin(update(a, c, r)),
    )
    .takes(&[TRACKER_ID, SERVICE_ID, DRAFT])
    .gives(&[required("value", SERVICE, "")])
    .fails(OF_TRACKER),
    Method::keepers(
        "panel/office/service/delete",
        "Takes a service back. A driver who does not know yet may still report it.",
        |a, c, r| Box::pin(delete(a, c, r)),
    )
    .takes(&[TRACKER_ID, SERVICE_ID])
    .fails(OF_TRACKER),
];

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let tracker = api.tracker(&caller, id)?;
    let services = api.dispatch.services(tracker.source.source).await?;
    Ok(success(|o| array(&services, o.member("list"), service)).into())
}

async fn create(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let (id, draft) = (tracker_id(params), draft(params));
    params.finish()?;
    let tracker = api.tracker(&caller, id)?;
    let made = api.dispatch.create_service(tracker.source.source, draft, now).await?;
    Ok(success(|o| service(&made, o.member("value"))).into())
}

async fn update(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let (id, service_id, draft) = (tracker_id(params), params.required("service_id", params::text), draft(params));
    params.finish()?;
    let tracker = api.tracker(&caller, id)?;
    let edited = api.dispatch.edit_service(tracker.source.source, service_id.unwrap_or_default(), draft, now).await?;
    Ok(success(|o| service(&edited, o.member("value"))).into())
}

async fn delete(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let (id, service_id) = (tracker_id(params), params.required("service_id", params::text));
    params.finish()?;
    let tracker = api.tracker(&caller, id)?;
    api.dispatch.remove_service(tracker.source.source, service_id.unwrap_or_default(), now).await?;
    Ok(success(|_| {}).into())
}

/// What the office says of a service. What is wrong with it is noted.
fn draft(params: &mut Params<'_>) -> ServiceDraft {
    let read = |service: &mut Params<'_>| ServiceDraft {
        title: service.required("title", params::text).unwrap_or_default(),
        address: service.optional("address", params::text).unwrap_or_default(),
        position: service.optional_object("position", position).flatten(),
        note: service.optional("note", params::text).unwrap_or_default(),
        due: service.optional("due", |value| params::instant(value, &Zone::utc())),
    };
    params.object("service.", read).unwrap_or_default()
}

fn position(position: &mut Params<'_>) -> Option<(f64, f64)> {
    let lat = position.required("lat", params::number);
    let lng = position.required("lng", params::number);
    lat.zip(lng)
}

fn service(service: &Service, out: &mut Vec<u8>) {
    let draft = &service.draft;
    let mut o = Object::open(out);
    o.string("id", &service.id).string("title", &draft.title).string("address", &draft.address);
    render::position_or_null(draft.position, o.member("position"));
    o.string("note", &draft.note);
    render::time_or_null(draft.due, o.member("due"));
    o.string(
        "state",
        match service.state {
            ServiceState::Open => "open",
            ServiceState::Visited => "visited",
            ServiceState::Delivered => "delivered",
        },
    );
    render::time(service.changed, o.member("changed"));
    o.close();
}
