//! From a message to what it asks for. An error names the member that is wrong and repeats nothing of it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::errors::{BadRequest, Problem};
use crate::wire::{Auth, COMMAND_ID_CHARS_MAX, Command, GUID_CHARS_MAX, Request, Sessid, TEXT_CHARS_MAX, Text};

/// Members that are not looked at are passed over.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    query: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct AuthQuery<'a> {
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "SESSID")]
    sessid: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CommandQuery<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    uid: Option<&'a RawValue>,
    #[serde(borrow)]
    cmd: Option<&'a RawValue>,
    #[serde(borrow, rename = "CR")]
    with_return: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct DriverQuery<'a> {
    #[serde(borrow)]
    uid: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    txt: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_name: Option<&'a RawValue>,
    #[serde(borrow)]
    guid: Option<&'a RawValue>,
}

/// Reads a message.
pub fn decode(text: &str) -> Result<Request, BadRequest> {
    let message: Message<'_> = object(text, "")?;
    match string(message.kind, "type")?.as_str() {
        // Whatever is wrong with it is answered as a wrong SESSID would be.
        "auth" => Ok(Request::Auth(auth(message.query).ok())),
        "api" => command(message.query).map(Request::Command),
        "pnd-api" => driver(message.query).map(Request::Text),
        _ => Err(bad("type", Problem::Unknown)),
    }
}

fn auth(query: Option<&RawValue>) -> Result<Auth, BadRequest> {
    let query: AuthQuery<'_> = member(query, "query")?;
    let sessid = string(query.sessid, "query.SESSID")?;
    let sessid = Sessid::new(&sessid).ok_or(bad("query.SESSID", Problem::Unknown))?;
    Ok(Auth { user_id: integer(query.user_id, "query.user_id")?, sessid })
}

fn command(query: Option<&RawValue>) -> Result<Command, BadRequest> {
    let query: CommandQuery<'_> = member(query, "query")?;
    let id = bounded(query.id, "query.id", COMMAND_ID_CHARS_MAX)?;
    let uid = integer(query.uid, "query.uid")?;
    let cmd = string(query.cmd, "query.cmd")?;
    if cmd.trim().is_empty() {
        return Err(bad("query.cmd", Problem::Blank));
    }
    let with_return = match query.with_return {
        None => false,
        Some(raw) => serde_json::from_str(raw.get()).map_err(|_| bad("query.CR", Problem::NotBoolean))?,
    };
    Ok(Command { id, uid, cmd, with_return })
}

fn driver(query: Option<&RawValue>) -> Result<Text, BadRequest> {
    let query: DriverQuery<'_> = member(query, "query")?;
    let uid = integer(query.uid, "query.uid")?;
    let content: Content<'_> = member(query.content, "query.content")?;
    if string(content.kind, "query.content.type")? != "msg" {
        return Err(bad("query.content.type", Problem::Unknown));
    }
    let txt = bounded(content.txt, "query.content.txt", TEXT_CHARS_MAX)?;
    if txt.trim().is_empty() {
        return Err(bad("query.content.txt", Problem::Blank));
    }
    Ok(Text {
        uid,
        txt,
        user_id: integer(content.user_id, "query.content.user_id")?,
        user_name: string(content.user_name, "query.content.user_name")?,
        guid: bounded(content.guid, "query.content.guid", GUID_CHARS_MAX)?,
    })
}

const fn bad(place: &'static str, problem: Problem) -> BadRequest {
    BadRequest { place, problem }
}

fn member<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>, place: &'static str) -> Result<T, BadRequest> {
    object(raw.ok_or(bad(place, Problem::Missing))?.get(), place)
}

/// An object of which each known member stands at most once. Lists, which the reader would take for one, are none.
fn object<'a, T: Deserialize<'a>>(text: &'a str, place: &'static str) -> Result<T, BadRequest> {
    if text.trim_ascii_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|_| bad(place, Problem::NotJson));
    }
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    Err(bad(place, if is_json { Problem::NotObject } else { Problem::NotJson }))
}

fn string(raw: Option<&RawValue>, place: &'static str) -> Result<String, BadRequest> {
    let raw = raw.ok_or(bad(place, Problem::Missing))?;
    serde_json::from_str(raw.get()).map_err(|_| bad(place, Problem::NotText))
}

/// A text of at least one character.
fn bounded(raw: Option<&RawValue>, place: &'static str, chars_max: usize) -> Result<String, BadRequest> {
    let text = string(raw, place)?;
    match text.chars().count() {
        0 => Err(bad(place, Problem::Blank)),
        chars if chars > chars_max => Err(bad(place, Problem::TooLong { chars_max })),
        _ => Ok(text),
    }
}

fn integer(raw: Option<&RawValue>, place: &'static str) -> Result<i64, BadRequest> {
    let raw = raw.ok_or(bad(place, Problem::Missing))?;
    serde_json::from_str(raw.get()).map_err(|_| bad(place, Problem::NotInteger))
}
