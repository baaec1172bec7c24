//! `tracker/raw_command/…`, `tracker/send_command`, `tracker/command/unconfirmed/…`: commands in a device's own
//! language, and those that wait.

use calls::json::Mistyped;
use calls::params::{self, Params};
use calls::{Request, bytes_of_hex};
use dispatch::Command;
use engine::OrderError;
use fleet::{Model, PanelSession, Right, Session};
use model::{ConnectionStatus, Order, SourceId, Timestamp};

use crate::errors::{Condition, FieldError};
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::tracker::{commandable, unblocked};

const COMMAND: Param = required("command", Kind::Text, "in the device's own language, or in hexadecimal digits");
const TYPE: Param = optional("type", Kind::OneOf(&["text", "hex"]), "text unless given");
const RELIABLE: Param = optional(
    "reliable",
    Kind::Bool,
    "true unless given: the command waits for the device, for a day at most; else it is sent now, and the answer \
         says that it was",
);

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/raw_command/send", "Sends a command to a device, or has it wait for it.", |a, s, r| {
        Box::pin(send(a, s, r))
    })
    .right(Right::TrackerConfigure)
    .or_right(Right::TrackerSetOutput)
    .takes(&[TRACKER_ID, COMMAND, TYPE, RELIABLE])
    .fails(&[
        Condition::NotFound,
        Condition::DeviceBlocked,
        Condition::Offline,
        Condition::NotSupported,
        Condition::NotForClones,
        Condition::OverQuota,
        Condition::Busy,
    ]),
    Method::user("tracker/send_command", "A special command; no model has any.", |a, s, r| {
        Box::pin(send_special(a, s, r))
    })
    .takes(&[TRACKER_ID, required("command", Kind::Object(&[required("name", Kind::Text, "")]), "")])
    .fails(&[Condition::NotFound, Condition::DeviceBlocked, Condition::NotSupported]),
    Method::user("tracker/command/unconfirmed/count", "How many commands wait for a device.", |a, s, r| {
        Box::pin(unconfirmed_count(a, s, r))
    })
    .takes(&[TRACKER_ID])
    .gives(&[required("count", Kind::Int, "")])
    .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked]),
    Method::user("tracker/command/unconfirmed/reset", "Gives up the commands that wait for a device.", |a, s, r| {
        Box::pin(unconfirmed_reset(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID])
    .fails(&[Condition::EntityNotFound, Condition::DeviceBlocked, Condition::NotForClones]),
    Method::panel(
        "panel/tracker/raw_command/send",
        "Sends a command to a device, or has it wait for it.",
        |a, s, r| Box::pin(panel_send(a, s, r)),
    )
    .takes(&[required("device_id", Kind::Text, ""), COMMAND, TYPE, RELIABLE])
    .fails(&[
        Condition::NotFound,
        Condition::Offline,
        Condition::NotSupported,
        Condition::OverQuota,
        Condition::Busy,
    ]),
];

async fn send(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let command = read_command(api, params);
    let reliable = params.flag("reliable", true);
    params.finish()?;
    let tracker = commandable(api, &session, id, Condition::NotFound)?;
    let Some(command) = command else { return Err(Condition::Unexpected.into()) };
    deliver(api, (tracker.source.source, tracker.source.model), command, reliable, now).await?;
    Ok(success(|_| {}))
}

async fn panel_send(api: &Api, session: PanelSession, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let device = params.required("device_id", params::text);
    let command = read_command(api, params);
    let reliable = params.flag("reliable", true);
    params.finish()?;
    let device = api.fleet.panel_device(&session, &device.unwrap_or_default())?;
    let Some(command) = command else { return Err(Condition::Unexpected.into()) };
    deliver(api, (device.source, device.model), command, reliable, now).await?;
    Ok(success(|_| {}))
}

async fn send_special(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    params.object("command.", |command| command.required("name", params::text));
    params.finish()?;
    unblocked(api, &session, id, Condition::NotFound)?;
    Err(Condition::NotSupported.into())
}

async fn unconfirmed_count(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let id = request.params.required("tracker_id", params::int);
    request.params.finish()?;
    let tracker = unblocked(api, &session, id, Condition::EntityNotFound)?;
    let count = api.dispatch.summary(tracker.source.source).open_commands_count;
    Ok(success(|o| {
        o.int("count", count);
    }))
}

async fn unconfirmed_reset(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let now = request.now;
    let id = request.params.required("tracker_id", params::int);
    request.params.finish()?;
    let tracker = commandable(api, &session, id, Condition::EntityNotFound)?;
    api.dispatch.withdraw_commands(tracker.source.source, now).await?;
    Ok(success(|_| {}))
}

/// Sends a command to a device now, or, if it may wait, takes it in until the device can get it.
pub(super) async fn deliver(
    api: &Api,
    (source, model): (SourceId, &Model),
    command: Command,
    reliable: bool,
    now: Timestamp,
) -> Result<(), Refusal> {
    if model.phone_app {
        return Err(Condition::NotSupported.into());
    }
    if !reliable {
        return order(api, (source, model), command).await;
    }
    api.dispatch.queue(source, command, now).await?;
    Ok(())
}

/// Sends a command to a device now; good when it was written to the device's connection.
pub(super) async fn order(api: &Api, (source, model): (SourceId, &Model), command: Command) -> Result<(), Refusal> {
    match api.states.order(source, Order::Do(command)).await {
        Ok(()) => Ok(()),
        Err(OrderError::Away) => Err(unreachable(api, source, model).into()),
        Err(OrderError::NoSuchCommand) => Err(Condition::NotSupported.into()),
        Err(OrderError::Busy) => Err(Condition::Busy.into()),
        Err(OrderError::TooLong) => Err(Refusal::invalid(vec![FieldError::new("command", "is too long")])),
    }
}

/// Why a device without a connection gets nothing: it is away, or its protocol has no way down.
fn unreachable(api: &Api, source: SourceId, model: &Model) -> Condition {
    let mut is_online = false;
    api.states.read(source, &mut |state| {
        is_online = matches!(state.connection, ConnectionStatus::Active | ConnectionStatus::Idle);
    });
    if is_online && !model.has_commands { Condition::NotSupported } else { Condition::Offline }
}

/// The command of a call, in either form. What is wrong with it is noted.
fn read_command(api: &Api, params: &mut Params<'_>) -> Option<Command> {
    let is_hex = params.optional("type", |value| match params::text(value)?.as_str() {
        "text" => Ok(false),
        "hex" => Ok(true),
        _ => Err(Mistyped("must be one of text, hex")),
    });
    let text = params.required("command", params::text)?;
    let command = match is_hex {
        Some(true) => bytes_of_hex(&text).map(Command::Bytes),
        _ => Some(Command::Text(text)),
    };
    let bytes_max = api.dispatch.options().command_bytes_max;
    match &command {
        None => params.error("command", "Non-hex string"),
        Some(command) if !(1..=bytes_max).contains(&command.bytes_len()) => {
            params.error("command", format!("must have 1-{bytes_max} bytes"));
        }
        Some(_) => {}
    }
    command
}
