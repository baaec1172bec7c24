//! `panel/office/command/…`: commands that wait for a device that is away.

use calls::answer::success;
use calls::json::Mistyped;
use calls::params::{self, Params};
use calls::write::{Object, array};
use calls::{Kind, Param, Request, bytes_of_hex, optional, required};
use dispatch::{Command, CommandId, CommandRow, CommandState};
use fleet::PanelSession;
use model::{MS_PER_SECOND, SourceId, TrackerId};

use crate::api::{Api, Caller, Done, tracker_id};
use crate::errors::{Condition, Refusal};
use crate::method::{Method, OF_TRACKER, TRACKER_ID};
use crate::render;

const COMMAND: Kind = Kind::Named("WaitingCommand");
const COMMAND_ID: Param = required("command_id", Kind::Int, "");

pub(crate) const METHODS: &[Method] = &[
    Method::panel(
        "panel/office/command/queue",
        "Has a command wait for a device, which gets it when it is there, unless its time is over by then.",
        |a, s, r| Box::pin(queue(a, s, r)),
    )
    .takes(&[
        TRACKER_ID,
        required("command", Kind::Text, "in the device's own language, or in hexadecimal digits"),
        optional("type", Kind::OneOf(&["text", "hex"]), "text unless given"),
        optional(
            "expires_after_s",
            Kind::Int,
            "seconds; as long as the server lets commands wait, which is also the most",
        ),
    ])
    .gives(&[required("id", Kind::Int, ""), required("expires", Kind::Named("UtcDateTime"), "")])
    .fails(&[Condition::NotFound, Condition::NotForClones, Condition::OverQuota]),
    Method::panel("panel/office/command/list", "Commands that wait for a device or its answer.", |a, s, r| {
        Box::pin(list(a, s, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[required("list", Kind::List(&COMMAND), "oldest first")])
    .fails(OF_TRACKER),
    Method::panel("panel/office/command/read", "How far a command has come.", |a, s, r| Box::pin(read(a, s, r)))
        .takes(&[TRACKER_ID, COMMAND_ID])
        .gives(&[required("value", COMMAND, "")])
        .fails(OF_TRACKER),
    Method::panel(
        "panel/office/command/delete",
        "Gives a command up. What was sent to the device stays sent.",
        |a, s, r| Box::pin(delete(a, s, r)),
    )
    .takes(&[TRACKER_ID, COMMAND_ID])
    .fails(OF_TRACKER),
];

async fn queue(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let (id, command) = (tracker_id(params), command(params));
    let expires_after_s = params.optional("expires_after_s", |value| match params::int(value)? {
        0 | i32::MIN..0 => Err(Mistyped("must be above 0")),
        seconds => Ok(i64::from(seconds)),
    });
    params.finish()?;
    let source = source(api, session, id)?;
    let longest_s = i64::from(api.dispatch.options().command_lifetime_s);
    let expires = now.plus_ms(expires_after_s.unwrap_or(longest_s).min(longest_s) * MS_PER_SECOND);
    let id = api.dispatch.queue_until(source, command, expires, now).await?;
    Ok(success(|o| {
        o.int("id", id.0);
        render::time(expires, o.member("expires"));
    })
    .into())
}

async fn list(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let id = tracker_id(&mut request.params);
    request.params.finish()?;
    let open = api.dispatch.open_commands(source(api, session, id)?).await?;
    Ok(success(|o| array(&open, o.member("list"), row)).into())
}

async fn read(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let found = find(api, session, &mut request.params).await?;
    Ok(success(|o| row(&found, o.member("value"))).into())
}

async fn delete(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Done, Refusal> {
    let found = find(api, session, &mut request.params).await?;
    // One of which nothing is to come stays what it came to.
    api.dispatch.advance_command(found.id, CommandState::Failed, request.now).await?;
    Ok(success(|_| {}).into())
}

/// The command that a call names, of the tracker that it names.
async fn find(api: &Api, session: PanelSession, params: &mut Params<'_>) -> Result<CommandRow, Refusal> {
    let tracker = tracker_id(params);
    let id = CommandId(params.required("command_id", params::natural).unwrap_or_default());
    params.finish()?;
    let source = source(api, session, tracker)?;
    let found = api.dispatch.command(id).await?.filter(|found| found.source == source);
    found.ok_or_else(|| Condition::NotFound.into())
}

fn source(api: &Api, session: PanelSession, tracker: TrackerId) -> Result<SourceId, Refusal> {
    Ok(api.tracker(&Caller::Panel(session), tracker)?.source.source)
}

/// The command of a call, in either form. What is wrong with it is noted.
fn command(params: &mut Params<'_>) -> Command {
    let is_hex = params.optional("type", |value| match params::text(value)?.as_str() {
        "text" => Ok(false),
        "hex" => Ok(true),
        _ => Err(Mistyped("must be one of text, hex")),
    });
    let text = params.required("command", params::text).unwrap_or_default();
    if is_hex != Some(true) {
        return Command::Text(text);
    }
    let bytes = bytes_of_hex(&text);
    if bytes.is_none() {
        params.error("command", "must be pairs of hexadecimal digits");
    }
    Command::Bytes(bytes.unwrap_or_default())
}

fn row(row: &CommandRow, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.int("id", row.id.0);
    match &row.command {
        Command::Text(text) => o.string("type", "text").string("command", text),
        Command::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            o.string("type", "hex").string("command", &hex)
        }
        Command::Output { number, on } => {
            o.string("type", "output").string("command", &format!("{number} {}", if *on { "on" } else { "off" }))
        }
    };
    o.string(
        "state",
        match row.state {
            CommandState::Queued => "queued",
            CommandState::Sent => "sent",
            CommandState::Confirmed => "confirmed",
            CommandState::Failed => "failed",
            CommandState::Expired => "expired",
        },
    );
    render::time(row.submitted, o.member("submitted"));
    render::time(row.expires, o.member("expires"));
    render::time(row.changed, o.member("changed"));
    o.close();
}
