//! Commands down to the device. Most are answered by their serial number.

use model::{Command, Order};

use super::digits::date_bytes;
use super::header::{BODY_BYTES_MAX, Peer};
use super::line;
use super::location::utc_offset_s;
use super::text;
use crate::framed::{Context, Encoded};
use crate::session::OrderRefused;

/// What kind of answer is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// The general one, that it was done.
    Done,
    /// Words; that it was done is answer enough.
    Words,
    /// Words, and only they.
    WordsOnly,
    /// A line of a lock.
    Line,
    Position,
    Parameters,
    Attributes,
    /// Any: it was not done.
    Any,
}

/// What is awaited of the device, or what it answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Awaited {
    /// The number of the command; `None` where the answer does not say it.
    pub(super) serial: Option<u16>,
    pub(super) what: What,
}

impl Awaited {
    pub(super) const WORDS: Self = Self { serial: None, what: What::Words };
    pub(super) const LINE: Self = Self { serial: None, what: What::Line };
    pub(super) const ATTRIBUTES: Self = Self { serial: None, what: What::Attributes };

    /// Whether `key` answers it.
    pub(super) fn is_answered_by(&self, key: &Self) -> bool {
        let is_same = key.serial.is_none() || key.serial == self.serial;
        let is_such = match (self.what, key.what) {
            (_, What::Any) | (What::Words, What::Done) | (What::WordsOnly, What::Words) => true,
            (awaited, told) => awaited == told,
        };
        is_same && is_such
    }
}

/// Models that Huabao makes, which have words of their own.
const HUABAO: &[&str] = &["HB", "Huabao"];
const W15L: &[&str] = &["W15L"];
const VL300: &[&str] = &["VL300"];
/// Models that take texts as transparent data.
const JIMI_JC: &[&str] = &["JC"];
/// Models that tell their levels in words.
const TEXT_DRIVEN: &[&str] = &["VL", "JC"];
const STATUS: &str = "STATUS#";

const SET_PARAMETERS: u16 = 0x8103;
const QUERY_PARAMETERS: u16 = 0x8104;
const CONTROL: u16 = 0x8105;
const QUERY_ATTRIBUTES: u16 = 0x8107;
const POSITION: u16 = 0x8201;
const TEXT: u16 = 0x8300;
const VEHICLE: u16 = 0x8500;
const TRANSPARENT: u16 = 0x8900;
const VENDOR_SET: u16 = 0x0310;
const VENDOR_OIL: u16 = 0xA006;

/// A text is urgent.
const URGENT: u8 = 1;
const RESET: u8 = 4;
const INTERVAL: u32 = 0x29;
const VENDOR_RESTART: u8 = 0x23;
const VENDOR_ARM: u8 = 0x24;
/// Who arms the alarm.
const VENDOR_USER: &[u8] = b"user";
/// Texts to modems that are transparent data.
const TEXT_KIND: u8 = 0xF0;

/// Outputs: the oil, and the locks of the doors.
const OIL_OUTPUT: u8 = 1;
const DOORS_OUTPUT: u8 = 2;

/// Puts an order into a message with this serial number.
pub(super) fn encode(
    order: &Order,
    peer: &Peer,
    serial: u16,
    context: &Context<'_>,
) -> Result<Encoded<Awaited>, OrderRefused> {
    let settings = context.settings;
    let (id, body, what) = match order {
        Order::Do(Command::Bytes(bytes)) if bytes.len() > context.limits.command_bytes_max => {
            return Err(OrderRefused::TooLong);
        }
        Order::Do(Command::Bytes(bytes)) => return Ok(Encoded { bytes: bytes.clone(), awaits: None }),
        Order::Do(Command::Text(words)) if line::is_one(words) => {
            let awaits = Some(Awaited { serial: Some(serial), what: What::Line });
            return Ok(Encoded { bytes: words.clone().into_bytes(), awaits });
        }
        Order::Do(Command::Text(words)) => of_text(words, What::Words, context)?,
        Order::Do(Command::Output { number: OIL_OUTPUT, on }) => oil(*on, context),
        Order::Engine { on } => oil(!on, context),
        Order::Do(Command::Output { number: DOORS_OUTPUT, on }) => (VEHICLE, vec![u8::from(*on)], What::Done),
        Order::Do(Command::Output { .. }) => return Err(OrderRefused::NoSuchCommand),
        Order::ReadLevels if settings.is_model(TEXT_DRIVEN) => of_text(STATUS, What::WordsOnly, context)?,
        Order::ReadLevels | Order::Locate => (POSITION, Vec::new(), What::Position),
        Order::Interval { every_s } => (SET_PARAMETERS, parameter(INTERVAL, *every_s), What::Done),
        Order::Restart if settings.is_model(HUABAO) => (VENDOR_SET, vec![1, VENDOR_RESTART, 1, 3], What::Done),
        Order::Restart => (CONTROL, vec![RESET], What::Done),
        Order::Arm { on } => {
            let length = 1 + VENDOR_USER.len() as u8;
            let body = [&[1, VENDOR_ARM, length, u8::from(*on)], VENDOR_USER].concat();
            (VENDOR_SET, body, What::Done)
        }
    };
    if body.len() > BODY_BYTES_MAX {
        return Err(OrderRefused::TooLong);
    }
    let bytes = peer.message(id, serial, &body);
    Ok(Encoded { bytes, awaits: Some(Awaited { serial: Some(serial), what }) })
}

type Sent = (u16, Vec<u8>, What);

/// The question that the words are the number of: the standard has messages for these.
fn question(words: &str) -> Option<Sent> {
    match words {
        "8104" => Some((QUERY_PARAMETERS, Vec::new(), What::Parameters)),
        "8107" => Some((QUERY_ATTRIBUTES, Vec::new(), What::Attributes)),
        _ => None,
    }
}

fn of_text(words: &str, what: What, context: &Context<'_>) -> Result<Sent, OrderRefused> {
    if let Some(question) = question(words) {
        return Ok(question);
    }
    let text = text::encode(words).ok_or(OrderRefused::NoSuchCommand)?;
    if text.is_empty() {
        return Err(OrderRefused::NoSuchCommand);
    }
    let (id, kind) = if context.settings.is_model(JIMI_JC) { (TRANSPARENT, TEXT_KIND) } else { (TEXT, URGENT) };
    Ok((id, [&[kind], &text[..]].concat(), what))
}

/// Cuts the oil, or restores it, in the words of the model.
fn oil(is_cut: bool, context: &Context<'_>) -> Sent {
    let settings = context.settings;
    let pick = |cut: &[u8], restore: &[u8]| if is_cut { cut.to_vec() } else { restore.to_vec() };
    if settings.is_model(HUABAO) {
        let now = date_bytes(context.now, utc_offset_s(context));
        return (VENDOR_OIL, [&[u8::from(is_cut)][..], &now].concat(), What::Done);
    }
    let body = if settings.is_model(W15L) {
        pick(&[0x64], &[0x65])
    } else if settings.is_model(VL300) {
        pick(b"#0;1", b"#0;0")
    } else {
        pick(&[0xF0], &[0xF1])
    };
    (CONTROL, body, What::Done)
}

/// One parameter that is a number.
fn parameter(id: u32, value: u32) -> Vec<u8> {
    [&[1][..], &id.to_be_bytes(), &[4], &value.to_be_bytes()].concat()
}
