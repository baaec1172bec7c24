//! `tracker/command/…`: commands that are kept ready.

use calls::Request;
use calls::params::{self, Params};
use dispatch::Command;
use fleet::{EntityError, Field, Invalid, Preset, Right, Session, Tracker};

use crate::encode::{self, Object};
use crate::errors::Condition;
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, TRACKER_ID, optional, required};
use crate::http::raw_command::deliver;
use crate::http::security_group::number;
use crate::http::sensor::tracker;
use crate::http::tracker::commandable;

/// How many trackers one call may ask about.
const TRACKERS_MAX: usize = 20_000;

const NEW_COMMAND: Kind = Kind::Object(&[
    required("name", Kind::Text, "1 to 60 characters"),
    required("type", Kind::OneOf(&["hardware"]), "commands that call an address are not offered"),
    required(
        "config",
        Kind::Object(&[
            required("command", Kind::Text, "in the device's own language"),
            optional("reliable", Kind::Bool, "whether it may wait for the device; true unless given"),
        ]),
        "",
    ),
]);
const COMMAND: Kind = Kind::Named("Command");
const COMMAND_ID: Param = required("command_id", Kind::Int, "");

pub(super) const METHODS: &[Method] = &[
    Method::user("tracker/command/create", "Keeps a command ready for a tracker.", |a, s, r| Box::pin(create(a, s, r)))
        .right(Right::TrackerUpdate)
        .takes(&[TRACKER_ID, required("command", NEW_COMMAND, "")])
        .gives(&[required("id", Kind::Int, "")])
        .fails(&[Condition::NotFound, Condition::NotSupported, Condition::TooManyEntities]),
    Method::user("tracker/command/update", "Changes a command that is kept ready.", |a, s, r| {
        Box::pin(update(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, required("command", COMMAND, "")])
    .fails(&[Condition::NotFound, Condition::NotSupported]),
    Method::user("tracker/command/execute", "Sends a command that is kept ready.", |a, s, r| {
        Box::pin(execute(a, s, r))
    })
    .right(Right::TrackerUpdate)
    .takes(&[TRACKER_ID, COMMAND_ID])
    .fails(&[
        Condition::NotFound,
        Condition::DeviceBlocked,
        Condition::Offline,
        Condition::NotSupported,
        Condition::NotForClones,
        Condition::OverQuota,
    ]),
    Method::user("tracker/command/delete", "Keeps a command ready no longer.", |a, s, r| Box::pin(delete(a, s, r)))
        .right(Right::TrackerUpdate)
        .takes(&[TRACKER_ID, COMMAND_ID])
        .fails(&[Condition::NotFound]),
    Method::user("tracker/batch_get_commands", "The commands that are kept ready.", |a, s, r| {
        Box::pin(batch_read(a, s, r))
    })
    .takes(&[optional("trackers", Kind::List(&Kind::Int), "all that the session sees, unless given")])
    .gives(&[required("result", Kind::Map(&Kind::List(&COMMAND)), "by tracker")])
    .fails(&[Condition::ListHasNonexistent, Condition::TooManyDevices]),
];

async fn create(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let command = params.object("command.", read);
    params.finish()?;
    let (Some(id), Some(command)) = (id, command) else { return Err(params.invalid().into()) };
    let preset = offered(command)?;
    let id = api.fleet.create_preset(&session, tracker(id), preset).await.map_err(in_command)?;
    Ok(success(|o| {
        o.int("id", id);
    }))
}

async fn update(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let command = params.object("command.", |command| (command.required("id", params::int), read(command)));
    params.finish()?;
    let (Some(id), Some((Some(command_id), command))) = (id, command) else { return Err(params.invalid().into()) };
    let preset = Preset { id: number(command_id), ..offered(command)? };
    api.fleet.update_preset(&session, tracker(id), preset).await.map_err(in_command)?;
    Ok(success(|_| {}))
}

/// What is asked for: a command for the device, or a call of some address.
enum Wanted {
    Hardware(Option<Preset>),
    Http,
}

fn read(command: &mut Params<'_>) -> Option<Wanted> {
    let name = command.required("name", params::text);
    let is_http = command.required("type", |value| {
        params::named(value, |kind| match kind {
            "hardware" => Some(false),
            "http" => Some(true),
            _ => None,
        })
    })?;
    if is_http {
        return Some(Wanted::Http);
    }
    if command.get("config").is_none() {
        command.error("config", params::REQUIRED);
    }
    let config = command
        .optional_object("config", |config| (config.required("command", params::text), config.flag("reliable", true)));
    let preset = || {
        let (text, reliable) = config?;
        Some(Preset { id: 0, name: name?, text: text?, reliable })
    };
    Some(Wanted::Hardware(preset()))
}

/// This server calls no address that a user chose: whoever may make commands could reach what only the server can.
fn offered(wanted: Option<Wanted>) -> Result<Preset, Condition> {
    match wanted {
        Some(Wanted::Hardware(Some(preset))) => Ok(preset),
        Some(Wanted::Http) => Err(Condition::NotSupported),
        // What is missing was noted, so that nothing comes here without it.
        Some(Wanted::Hardware(None)) | None => Err(Condition::Unexpected),
    }
}

/// What is wrong with a command is wrong within the object of that name.
fn in_command(error: EntityError) -> Refusal {
    let prefix = match &error {
        EntityError::Invalid(Invalid { field: Field::Command, .. }) => "command.config.",
        _ => "command.",
    };
    Refusal::from(error).within(prefix)
}

async fn execute(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let now = request.now;
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let command = params.required("command_id", params::int);
    params.finish()?;
    let tracker = commandable(api, &session, id, Condition::NotFound)?;
    let command = command.map(number);
    let presets = api.fleet.presets(tracker.id);
    let preset = presets.into_iter().find(|preset| Some(preset.id) == command).ok_or(Condition::NotFound)?;
    let source = (tracker.source.source, tracker.source.model);
    deliver(api, source, Command::Text(preset.text), preset.reliable, now).await?;
    Ok(success(|_| {}))
}

async fn delete(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let id = params.required("tracker_id", params::int);
    let command = params.required("command_id", params::int);
    params.finish()?;
    let (Some(id), Some(command)) = (id, command) else { return Err(params.invalid().into()) };
    api.fleet.delete_preset(&session, tracker(id), number(command)).await?;
    Ok(success(|_| {}))
}

async fn batch_read(api: &Api, session: Session, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    let params = &mut request.params;
    let ids = params.optional("trackers", |value| params::ints(value, TRACKERS_MAX)).unwrap_or_default();
    params.finish()?;
    if ids.len() > TRACKERS_MAX {
        return Err(Condition::TooManyDevices.into());
    }
    let trackers = if ids.is_empty() {
        api.fleet.trackers(&session)
    } else {
        let found: Option<Vec<_>> = ids.into_iter().map(|id| api.fleet.tracker(&session, tracker(id))).collect();
        found.ok_or(Condition::ListHasNonexistent)?
    };
    Ok(success(|o| {
        let mut result = Object::open(o.member("result"));
        let mut name = itoa::Buffer::new();
        for tracker in trackers {
            render(api, &tracker, result.member(name.format(tracker.id.0)));
        }
        result.close();
    }))
}

fn render(api: &Api, tracker: &Tracker, out: &mut Vec<u8>) {
    encode::array(api.fleet.presets(tracker.id), out, |preset, out| {
        let mut o = Object::open(out);
        o.int("id", preset.id).string("name", &preset.name).string("type", "hardware");
        let mut config = Object::open(o.member("config"));
        config.string("command", &preset.text).boolean("reliable", preset.reliable);
        config.close();
        o.close();
    });
}
