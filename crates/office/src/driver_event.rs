//! `panel/office/driver_event/…` and `panel/office/file/…`: what drivers sent.

use calls::answer::success;
use calls::params;
use calls::write::{self, Object, array};
use calls::{Kind, Request, optional, required};
use dispatch::FileId;
use fleet::Zone;
use model::{DriverEvent, DriverEventKind, Timestamp};

use crate::api::{Api, Caller, Done, tracker_id};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, OF_TRACKER, TRACKER_ID};
use crate::render;

const EVENT: Kind = Kind::Named("DriverEvent");

pub(crate) const METHODS: &[Method] = &[
    Method::keepers(
        "panel/office/driver_event/list",
        "What a tracker's driver sent: texts, forms, services that were visited or delivered.",
        |a, c, r| Box::pin(list(a, c, r)),
    )
    .takes(&[
        TRACKER_ID,
        required("from", Kind::DateTime, "by the phone's clock; UTC, or with an offset"),
        required("to", Kind::DateTime, "included"),
        optional("limit", Kind::Int, "1 to 1,024, which is also what counts when it is missing"),
    ])
    .gives(&[required(
        "list",
        Kind::List(&EVENT),
        "oldest first. Long texts make it shorter than the limit: ask again from the time of the last one, until \
         nothing comes but what is known",
    )])
    .fails(OF_TRACKER),
    Method::keepers(
        "panel/office/file/read",
        "A photo or signature of a form, as the picture itself: JPEG, PNG or WebP.",
        |a, c, r| Box::pin(file(a, c, r)),
    )
    .takes(&[TRACKER_ID, required("file_id", Kind::Int, "the number at the end of the field's value")])
    .gives_picture()
    .fails(OF_TRACKER),
];

async fn list(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let id = tracker_id(params);
    let utc = Zone::utc();
    let from = params.required("from", |value| params::instant(value, &utc));
    let to = params.required("to", |value| params::instant(value, &utc));
    let most = api.dispatch.options().messages_per_answer_max;
    let limit = params.optional("limit", |value| {
        let limit = usize::try_from(params::int(value)?).unwrap_or(0);
        (1..=most).contains(&limit).then_some(limit).ok_or(calls::json::Mistyped("is out of range"))
    });
    if from > to {
        params.error("to", "must not be before from");
    }
    params.finish()?;
    let tracker = api.tracker(&caller, id)?;
    let span: Option<(Timestamp, Timestamp)> = from.zip(to);
    let (from, to) = span.ok_or(Condition::InvalidParameters)?;
    let events = api.dispatch.driver_events(tracker.source.source, from, to, limit.unwrap_or(most)).await?;
    Ok(success(|o| array(&events, o.member("list"), event)).into())
}

async fn file(api: &Api, caller: Caller, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let id = tracker_id(params);
    let file = FileId(params.required("file_id", params::natural).unwrap_or_default());
    params.finish()?;
    let source = api.tracker(&caller, id)?.source.source;
    // The picture is fetched only for whom it is.
    if api.dispatch.file_source(file).await? != Some(source) {
        return Err(Condition::NotFound.into());
    }
    let found = api.dispatch.file(file).await?.ok_or(Condition::NotFound)?;
    Ok(Done::Picture(found))
}

fn event(event: &DriverEvent, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", event.id).string("guid", &event.guid);
    render::time(event.at, o.member("time"));
    render::time(event.received, o.member("received"));
    render::position_or_null(event.position, o.member("position"));
    match &event.kind {
        DriverEventKind::Text { text } => o.string("type", "text").string("text", text),
        DriverEventKind::Predefined { number, text } => {
            o.string("type", "predefined").int("number", *number).string("text", text)
        }
        DriverEventKind::Form { name, fields } => {
            o.string("type", "form").string("name", name);
            array(fields, o.member("fields"), |(label, value), out| {
                let mut field = Object::open(out);
                field.string("label", label).string("value", value);
                field.close();
            });
            &mut o
        }
        DriverEventKind::Service { service, delivered, note } => {
            o.string("type", "service").string("service_id", service);
            write::boolean(*delivered, o.member("delivered"));
            o.string("note", note)
        }
    };
    o.close();
}
