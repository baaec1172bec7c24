//! What devices say, message by message, and what they are answered.
//!
//! Names of the family's own: `jt808_message` and `jt808_body` (a message that is not known), `jt808_event`,
//! `jt808_question_serial`, `jt808_question_answer`, `jt808_info_type`, `jt808_info_wanted`, `jt808_heartbeat_status`,
//! `media_id`, `media_type`, `media_format`, `media_event`, `media_channel`, `jt808_acceleration_x`, `_y` and `_z`.

use model::{Report, attr};

use super::answer::{self, Verdict};
use super::command::Awaited;
use super::header::{Peer, SHORT_LOCATION, SHORT_LOCATION_BLIND};
use super::location::{FIXED_BYTES, Location, draft, time};
use super::status::VENDOR_BASE;
use super::{jointech, login, reply, transparent};
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::framed::{Context, Said};
use crate::session::{FieldFault, Reject};

/// A registration.
pub(super) const REGISTER: u16 = 0x0100;
/// Messages from here on are the server's, but for a few that some devices have made theirs.
const SERVERS: u16 = 0x8000;
const PHOTO: u16 = 0x8888;

/// A message whose parts are all there.
pub(super) struct Incoming<'a> {
    pub(super) peer: &'a Peer,
    pub(super) id: u16,
    /// The serial number of each of its parts.
    pub(super) serials: &'a [u16],
    /// The header asks for an answer, where the kind leaves it to the header.
    pub(super) wants_answer: bool,
    pub(super) body: &'a [u8],
    /// Where in the frame the body begins.
    pub(super) body_at: usize,
}

impl Incoming<'_> {
    /// The serial number by which it is answered.
    pub(super) fn serial(&self) -> u16 {
        self.serials.last().copied().unwrap_or_default()
    }

    /// The general answer, for each of its parts.
    fn general(&self, verdict: Verdict) -> Vec<u8> {
        self.serials.iter().flat_map(|serial| answer::general(self.peer, self.id, *serial, verdict)).collect()
    }
}

/// Whether a device that must authenticate itself may say this before it has.
pub(super) fn is_open_to_all(id: u16) -> bool {
    matches!(id, 0x0001 | 0x0002 | 0x0003 | REGISTER | 0x0102 | 0x0109)
}

/// Reads a message. Whether the device has authenticated itself by it.
pub(super) fn read(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> bool {
    match message.id {
        REGISTER => {
            let code = login::code(context.settings);
            said.at_once.extend(answer::registered(message.peer, message.serial(), code));
        }
        0x0102 => {
            let code = login::code(context.settings).as_bytes();
            let is_right = context.settings.strict_login != Some(true) || login::given_code(message) == Ok(code);
            let verdict = if is_right { Verdict::Done } else { Verdict::Failed };
            said.at_once.extend(message.general(verdict));
            if !is_right {
                said.bad(message.body_at, Reject::Field { name: "code", fault: FieldFault::OutOfRange });
                said.close();
                return false;
            }
            return true;
        }
        0x0002 | 0x0506 => {
            said.at_once.extend(message.general(Verdict::Done));
            said.reports.extend(heartbeat(message.body, context));
        }
        0x0003 => said.at_once.extend(message.general(Verdict::Done)),
        0x0109 => said.at_once.extend(answer::time(message.peer, message.serial(), context.now)),
        0x0001 | 0x0104 | 0x0310 | 0x0701 | 0x1300 | 0x6006 => answers(message, context, said),
        _ => with_reports(message, context, said),
    }
    false
}

/// Messages that answer a command. One of them is answered itself.
fn answers(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) {
    if message.id == 0x6006 {
        said.when_stored.extend(message.general(Verdict::Done));
    }
    if reply::read(message, context, said).is_err() {
        said.bad(message.body_at + message.body.len(), Reject::Truncated);
    }
}

/// Messages that are answered when what they say is stored.
fn with_reports(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) {
    let read = match message.id {
        0x0107 => login::attributes(message, context, said),
        0x0200 => location(message, context, said),
        0x0201 | 0x0500 => reply::position(message, context, said),
        0x0210 => small_batch(message, context, said),
        0x0704 => batch(message, context, said),
        0x0301..=0x0303 => notice(message, context, said),
        0x0702 => login::driver(message, context, said),
        0x0801 => media(message, context, said),
        0x0900 => transparent::read(message, context, said),
        0x2070 => acceleration(message, context, said),
        SHORT_LOCATION | SHORT_LOCATION_BLIND => jointech::read(message, context, said),
        0x0800 if message.body.len() == MEDIA_HEAD_BYTES => media_event(message, context, said),
        0x0800 | 0x1007 | PHOTO => {
            said.reports.extend(unknown(message, context));
            Ok(())
        }
        id => {
            let fault = Reject::Field { name: "message_id", fault: FieldFault::OutOfRange };
            said.fault(0, fault);
            said.reports.extend(unknown(message, context));
            if id < SERVERS {
                said.when_stored.extend(message.general(Verdict::NotSupported));
                said.when_failed.extend(message.general(Verdict::Failed));
            }
            return;
        }
    };
    if read.is_err() {
        said.bad(message.body_at + message.body.len(), Reject::Truncated);
        if !matches!(message.id, SHORT_LOCATION | SHORT_LOCATION_BLIND) {
            said.at_once.extend(message.general(Verdict::Wrong));
        }
        return;
    }
    match message.id {
        // Nothing is said to these.
        0x0201 | 0x0500 | 0x2070 => {}
        SHORT_LOCATION | SHORT_LOCATION_BLIND => {
            if message.wants_answer {
                said.when_stored.extend(answer::short(message.peer, message.id));
            }
        }
        // Answered by an answer of its own.
        0x0801 => said.when_failed.extend(message.general(Verdict::Failed)),
        _ => {
            said.when_stored.extend(message.general(Verdict::Done));
            said.when_failed.extend(message.general(Verdict::Failed));
        }
    }
}

/// A message as it is, under its number.
fn unknown(message: &Incoming<'_>, context: &Context<'_>) -> Option<Report> {
    let mut draft = draft(context);
    if message.body.is_empty() {
        return None;
    }
    draft.own("jt808_message", format!("{:04x}", message.id).as_str());
    draft.own_hex("jt808_body", message.body);
    draft.finish()
}

fn heartbeat(body: &[u8], context: &Context<'_>) -> Option<Report> {
    let mut draft = draft(context);
    match body {
        [] => return None,
        [battery, csq, status] => {
            draft.percent(attr::BATTERY_LEVEL, (*battery).into());
            draft.csq((*csq).into());
            draft.own("jt808_heartbeat_status", i64::from(*status));
        }
        other => draft.own_hex("jt808_heartbeat", other),
    }
    draft.finish()
}

/// A location's report. An item that leaves the body is told, and what came before it is used.
pub(super) fn report(
    body: &[u8],
    at: usize,
    context: &Context<'_>,
    said: &mut Said<Awaited>,
) -> Result<Option<Report>, Truncated> {
    let location = Location::read(body, context)?;
    if let Some(torn_at) = location.torn_at {
        said.fault(at + torn_at, Reject::Field { name: "item", fault: FieldFault::OutOfRange });
    }
    Ok(location.finish())
}

fn location(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let report = report(message.body, message.body_at, context, said)?;
    said.reports.extend(report);
    Ok(())
}

/// Adds a record of a batch. One that cannot be read is told, and the others are used.
fn record(body: &[u8], at: usize, archived: bool, context: &Context<'_>, said: &mut Said<Awaited>) {
    match Location::read(body, context) {
        Ok(mut location) => {
            if let Some(torn_at) = location.torn_at {
                said.fault(at + torn_at, Reject::Field { name: "item", fault: FieldFault::OutOfRange });
            }
            location.draft.archived(archived);
            said.reports.extend(location.finish());
        }
        Err(Truncated) => said.fault(at, Reject::Truncated),
    }
}

/// Whether another report finds room; if not, that is told.
pub(super) fn has_room(at: usize, context: &Context<'_>, said: &mut Said<Awaited>) -> bool {
    let reports_max = context.limits.reports_per_upload_max;
    let has_room = said.reports.len() < reports_max;
    if !has_room {
        said.fault(at, Reject::TooManyReports { reports_max });
    }
    has_room
}

/// Locations one after the other, each with its length in `length_bytes`. What is torn is told, and ends it.
fn records(
    r: &mut Reader<'_>,
    (end_at, length_bytes): (usize, usize),
    archived: bool,
    context: &Context<'_>,
    said: &mut Said<Awaited>,
) {
    while r.remaining() > 0 {
        let at = end_at - r.remaining();
        let length = match length_bytes {
            1 => r.u8().map(usize::from),
            _ => r.u16().map(usize::from),
        };
        let Ok(body) = length.and_then(|length| r.take(length)) else {
            return said.fault(at, Reject::Truncated);
        };
        if !has_room(at, context, said) {
            return;
        }
        record(body, at + length_bytes, archived, context, said);
    }
}

/// Whether something came of a batch, or there was nothing in it.
fn is_used(body_bytes: usize, said: &Said<Awaited>) -> Result<(), Truncated> {
    if said.reports.is_empty() && body_bytes > 0 { Err(Truncated) } else { Ok(()) }
}

fn batch(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut r = Reader::new(message.body);
    let (_count, kind) = (r.u16()?, r.u8()?);
    let (end_at, bytes) = (message.body_at + message.body.len(), r.remaining());
    records(&mut r, (end_at, 2), kind == 1, context, said);
    is_used(bytes, said)
}

fn small_batch(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    const BATTERY_ONLY_BYTES: usize = 7;
    let mut r = Reader::new(message.body);
    if r.remaining() == BATTERY_ONLY_BYTES {
        let mut draft = draft(context);
        draft.percent(attr::BATTERY_LEVEL, r.u8()?.into());
        draft.time = time(r.take(6)?, context);
        said.reports.extend(draft.finish());
        return Ok(());
    }
    records(&mut r, (message.body_at + message.body.len(), 1), false, context, said);
    is_used(message.body.len(), said)
}

/// Events, answers to questions, and subscriptions to news.
fn notice(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut r = Reader::new(message.body);
    let mut draft = draft(context);
    match message.id {
        0x0301 => {
            let code = r.u8()?;
            draft.event(VENDOR_BASE + u32::from(code));
            draft.set(attr::EVENT_CODE, i64::from(code));
        }
        0x0302 => {
            draft.own("jt808_question_serial", i64::from(r.u16()?));
            draft.own("jt808_question_answer", i64::from(r.u8()?));
        }
        _ => {
            draft.own("jt808_info_type", i64::from(r.u8()?));
            draft.own("jt808_info_wanted", r.u8()? != 0);
        }
    }
    said.reports.extend(draft.finish());
    Ok(())
}

/// What is told of a picture, sound or film before it is sent, in bytes.
const MEDIA_HEAD_BYTES: usize = 8;

/// Takes its number, type, format, event and channel.
fn media_head(r: &mut Reader<'_>, draft: &mut Draft) -> Result<u32, Truncated> {
    let item = r.u32()?;
    draft.own("media_id", i64::from(item));
    for name in ["media_type", "media_format", "media_event", "media_channel"] {
        draft.own(name, i64::from(r.u8()?));
    }
    Ok(item)
}

fn media_event(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut draft = draft(context);
    media_head(&mut Reader::new(message.body), &mut draft)?;
    said.reports.extend(draft.finish());
    Ok(())
}

/// A picture, sound or film: what it is and where it was taken. The item itself is not kept.
fn media(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let (head, rest) = message.body.split_at_checked(MEDIA_HEAD_BYTES).ok_or(Truncated)?;
    let mut r = Reader::new(rest);
    let mut location = Location::read(r.take(FIXED_BYTES)?, context)?;
    let item = media_head(&mut Reader::new(head), &mut location.draft)?;
    location.draft.own("media_bytes", r.remaining() as i64);
    said.reports.extend(location.finish());
    said.when_stored.extend(answer::media(message.peer, message.serial(), item));
    Ok(())
}

/// Accelerations, each with its time. Their unit is not known.
fn acceleration(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    const SIGN: u16 = 0x8000;
    const NAMES: [&str; 3] = ["jt808_acceleration_x", "jt808_acceleration_y", "jt808_acceleration_z"];
    let mut r = Reader::new(message.body);
    while r.remaining() > 0 && has_room(message.body_at, context, said) {
        let mut draft = draft(context);
        draft.time = time(r.take(6)?, context);
        for name in NAMES {
            let raw = r.u16()?;
            let size = i64::from(raw & !SIGN);
            draft.own(name, if raw & SIGN == 0 { size } else { -size });
        }
        said.reports.extend(draft.finish());
    }
    Ok(())
}
