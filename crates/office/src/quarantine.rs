//! `panel/office/quarantine/…`: frames of devices that could not be read.

use calls::answer::success;
use calls::json::Mistyped;
use calls::params::{self, Params};
use calls::write::{Object, array};
use calls::{Kind, Param, Request, optional, required};
use fleet::{PanelSession, Zone};
use intake::{FrameId, FrameQuery, FrameRow, LISTED_BYTES_MAX};
use model::DeviceId;

use crate::api::{Api, Done};
use crate::errors::{Condition, Refusal};
use crate::method::Method;
use crate::render;

const FRAME: Kind = Kind::Named("QuarantinedFrame");
const OF_DEVICE: Param = optional("device_id", Kind::Text, "only frames of this device");
const OF_PROTOCOL: Param = optional("protocol", Kind::Text, "only frames of this protocol");
/// Most frames in one answer, and how many unless it is said.
const LISTED: (usize, usize) = (500, 50);

pub(crate) const METHODS: &[Method] = &[
    Method::panel(
        "panel/office/quarantine/list",
        "Frames of devices that could not be read, newest first.",
        |a, s, r| Box::pin(list(a, s, r)),
    )
    .takes(&[
        OF_DEVICE,
        OF_PROTOCOL,
        optional("since", Kind::DateTime, "only frames that came then or later; UTC, or with an offset"),
        optional("before_id", Kind::Int, "only older ones than this: the last of the page before"),
        optional("limit", Kind::Int, "1 to 500; 50 unless given"),
    ])
    .gives(&[
        required("list", Kind::List(&FRAME), "each with its first 64 bytes"),
        required("has_more", Kind::Bool, "whether there are older ones"),
    ]),
    Method::panel("panel/office/quarantine/read", "A frame that could not be read, whole.", |a, s, r| {
        Box::pin(read(a, s, r))
    })
    .takes(&[required("frame_id", Kind::Int, "")])
    .gives(&[required("value", FRAME, "")])
    .fails(&[Condition::NotFound]),
    Method::panel(
        "panel/office/quarantine/delete",
        "Removes frames from quarantine: all for which everything holds that is said.",
        |a, s, r| Box::pin(delete(a, s, r)),
    )
    .takes(&[
        optional("frame_id", Kind::Int, "only this one"),
        OF_DEVICE,
        OF_PROTOCOL,
        optional("all", Kind::Bool, "must be true where nothing else is said"),
    ])
    .gives(&[required("removed", Kind::Int, "how many there were")])
    .fails(&[Condition::NotFound]),
];

async fn list(api: &Api, _: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let query = FrameQuery {
        since: params.optional("since", |value| params::instant(value, &Zone::utc())),
        below: params.optional("before_id", params::natural).map(FrameId),
        ..query(params)
    };
    let limit = render::limit(params, LISTED);
    params.finish()?;
    let mut rows = api.intake.frames(query, limit + 1, LISTED_BYTES_MAX).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    Ok(success(|o| {
        array(&rows, o.member("list"), row);
        o.boolean("has_more", has_more);
    })
    .into())
}

async fn read(api: &Api, _: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let id = FrameId(params.required("frame_id", params::natural).unwrap_or_default());
    params.finish()?;
    let query = FrameQuery { id: Some(id), ..FrameQuery::default() };
    let found = api.intake.frames(query, 1, usize::MAX).await?;
    let found = found.first().ok_or(Condition::NotFound)?;
    Ok(success(|o| row(found, o.member("value"))).into())
}

async fn delete(api: &Api, _: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let params = &mut request.params;
    let id = params.optional("frame_id", params::natural).map(FrameId);
    let query = FrameQuery { id, ..query(params) };
    let all = params.optional("all", params::boolean).unwrap_or_default();
    if query == FrameQuery::default() && !all {
        params.error("all", "must be true where nothing else is said");
    }
    params.finish()?;
    let removed = api.intake.remove_frames(query).await?;
    if removed == 0 && id.is_some() {
        return Err(Condition::NotFound.into());
    }
    Ok(success(|o| {
        o.int("removed", removed);
    })
    .into())
}

/// What frames are narrowed down by in every method.
fn query(params: &mut Params<'_>) -> FrameQuery {
    let device = params.optional("device_id", |value| {
        DeviceId::new(&params::text(value)?).ok_or(Mistyped("must be what a device can be called"))
    });
    FrameQuery { device, protocol: params.optional("protocol", params::text), ..FrameQuery::default() }
}

fn row(row: &FrameRow, out: &mut Vec<u8>) {
    let frame = &row.frame;
    let mut o = Object::open(out);
    o.int("id", row.id.0);
    render::time(frame.at, o.member("received"));
    match &frame.device {
        Some(device) => o.string("device_id", device.as_str()),
        None => o.raw("device_id", "null"),
    };
    match frame.source {
        Some(source) => o.int("source_id", source.0),
        None => o.raw("source_id", "null"),
    };
    o.string("protocol", &frame.protocol).string("transport", &frame.transport).string("peer", &frame.peer);
    o.int("offset", frame.fault.offset).string("kind", &frame.fault.kind).string("reason", &frame.fault.reason);
    o.int("size_bytes", row.size_bytes);
    let hex: String = frame.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    o.string("frame", &hex);
    o.close();
}
