//! Commands down to the device, and what it says besides records: codecs 12 to 15.

use model::{Command, CommandReply, DeviceId, Order, Timestamp};

use super::frame;
use super::line::Line;
use crate::bytes::{Reader, Truncated, hex, text};
use crate::levels::lines;
use crate::session::OrderRefused;
use crate::{DeviceSettings, Limits};

const CODEC_12: u8 = 0x0C;
const CODEC_13: u8 = 0x0D;
const CODEC_14: u8 = 0x0E;
const CODEC_15: u8 = 0x0F;
const COMMAND: u8 = 0x05;
const REPLY: u8 = 0x06;
const REFUSAL: u8 = 0x11;
const CAMERA: u8 = 0x0D;
const GETIO: &str = "getio";
/// Devices have no more digital outputs than this.
const OUTPUTS_MAX: u8 = 4;
/// Codec 14 names the device in binary-coded decimal digits, one of them a leading zero.
const IMEI_BYTES: usize = 8;
/// The second analogue input of the line that numbers it differently.
const FM6_NAMES: &[(&str, u16)] = &[("AIN2", 10)];

/// What is awaited of the device, or what came. Its answers do not say what they answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// Levels: an answer that tells none is to something else.
    Levels,
    /// Words of any kind.
    Words,
    /// Words that may well be levels.
    Anything,
    /// Not awaited: it came.
    Came {
        /// It looks like an answer, not like text that came through the serial line.
        is_reply: bool,
        /// It tells of levels.
        tells_levels: bool,
        /// Levels were asked for before, and given up.
        are_owed: bool,
    },
}

impl Awaited {
    /// Whether what came can be what this awaits.
    pub(super) fn is_answered_by(self, came: Self) -> bool {
        let Self::Came { is_reply, tells_levels, are_owed } = came else { return false };
        match self {
            Self::Levels => tells_levels,
            Self::Words => is_reply && !(tells_levels && are_owed),
            Self::Anything => is_reply,
            Self::Came { .. } => false,
        }
    }
}

/// Something that the device said besides records.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Said<'a> {
    /// What answers to commands look like.
    Reply(CommandReply),
    /// Text that may as well have come through its serial line.
    Text(CommandReply),
    /// What came through its serial line, and when, if it says so.
    Serial(Option<Timestamp>, &'a [u8]),
    /// What its camera has.
    Camera(&'a [u8]),
    /// It refused a command, because it was for another device.
    Refused,
    /// Words or data in the name of another device.
    OfAnother,
}

/// The frame of an order, and what it makes one wait for.
pub(super) fn encode(order: &Order, limits: &Limits) -> Result<(Vec<u8>, Awaited), OrderRefused> {
    let output;
    let (content, awaited) = match order {
        Order::ReadLevels => (GETIO.as_bytes(), Awaited::Levels),
        Order::Do(Command::Text(text)) => {
            let asks_levels = text.trim_start().get(..GETIO.len()).is_some_and(|word| word.eq_ignore_ascii_case(GETIO));
            (text.as_bytes(), if asks_levels { Awaited::Anything } else { Awaited::Words })
        }
        Order::Do(Command::Bytes(bytes)) => (bytes.as_slice(), Awaited::Anything),
        Order::Do(Command::Output { number: number @ 1..=OUTPUTS_MAX, on }) => {
            output = set_output(*number, *on);
            (output.as_bytes(), Awaited::Words)
        }
        // Common wirings cut the engine while the first output is on.
        Order::Engine { on } => {
            output = set_output(1, !on);
            (output.as_bytes(), Awaited::Words)
        }
        Order::Locate => (b"getgps".as_slice(), Awaited::Words),
        Order::Restart => (b"cpureset".as_slice(), Awaited::Words),
        _ => return Err(OrderRefused::NoSuchCommand),
    };
    if content.is_empty() {
        return Err(OrderRefused::NoSuchCommand);
    }
    if content.len() > limits.command_bytes_max {
        return Err(OrderRefused::TooLong);
    }
    Ok((codec_12(COMMAND, content), awaited))
}

/// One character for each output up to the one that is meant; `?` leaves an output as it is.
fn set_output(number: u8, on: bool) -> String {
    let left_alone = "?".repeat(usize::from(number - 1));
    format!("setdigout {left_alone}{}", u8::from(on))
}

/// A frame of codec 12.
fn codec_12(kind: u8, content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u32).to_be_bytes();
    frame::around(&[&[CODEC_12, 1, kind][..], &size, content, &[1]].concat())
}

/// What the camera is asked.
pub(super) fn to_camera(question: &[u8]) -> Vec<u8> {
    codec_12(CAMERA, question)
}

/// Reads what data without records says. What is announced and does not come is an error; so is a size that leaves no
/// room for what the codec puts before the content.
pub(super) fn decode<'a>(
    data: &'a [u8],
    device: &DeviceId,
    settings: &DeviceSettings,
    limits: &Limits,
) -> Result<Vec<Said<'a>>, Truncated> {
    let mut r = Reader::new(data);
    let (codec, count) = (r.u8()?, r.u8()?);
    let mut said = Vec::new();
    for _ in 0..count {
        let kind = r.u8()?;
        let size = usize::try_from(r.u32()?).map_err(|_| Truncated)?;
        let content = r.take(size)?;
        match (codec, kind) {
            (CODEC_12, REPLY) => said.push(Said::Reply(words(content, settings, limits))),
            (CODEC_12, CAMERA) => said.push(Said::Camera(content)),
            (CODEC_12 | CODEC_13 | CODEC_14, COMMAND) => {}
            (CODEC_12, _) => said.push(Said::Serial(None, content)),
            (CODEC_13, _) => {
                let (at, text) = dated(content)?;
                said.push(Said::Text(words(text, settings, limits)));
                said.push(Said::Serial(at, text));
            }
            (CODEC_14, REPLY) => {
                // An answer of another device is no answer to what this one was told.
                let (is_its_own, text) = named(content, device)?;
                said.push(if is_its_own { Said::Reply(words(text, settings, limits)) } else { Said::OfAnother });
            }
            (CODEC_14, REFUSAL) => said.push(Said::Refused),
            (CODEC_15, _) => {
                let (at, rest) = dated(content)?;
                let (is_its_own, data) = named(rest, device)?;
                said.push(if is_its_own { Said::Serial(at, data) } else { Said::OfAnother });
            }
            _ => {}
        }
    }
    Ok(said)
}

/// The time before what is dated with it; 0 is none.
fn dated(content: &[u8]) -> Result<(Option<Timestamp>, &[u8]), Truncated> {
    let mut r = Reader::new(content);
    let s = r.u32()?;
    Ok(((s != 0).then(|| Timestamp::from_s(s.into())).flatten(), r.rest()))
}

/// Whether the number before it is the device's, and what comes after.
fn named<'a>(content: &'a [u8], device: &DeviceId) -> Result<(bool, &'a [u8]), Truncated> {
    let mut r = Reader::new(content);
    let is_its_own = hex(r.take(IMEI_BYTES)?).strip_prefix('0') == Some(device.as_str());
    Ok((is_its_own, r.rest()))
}

/// A text as people can read it: bytes that are none become hexadecimal digits.
fn words(content: &[u8], settings: &DeviceSettings, limits: &Limits) -> CommandReply {
    let readable = text(content, limits.text_bytes_max);
    let is_text =
        std::str::from_utf8(content).is_ok() && !readable.contains(|c: char| c.is_control() && !c.is_whitespace());
    if !is_text {
        let shown = &content[..content.len().min(limits.text_bytes_max / 2)];
        return CommandReply { text: hex(shown), lines: Vec::new() };
    }
    let names = if Line::of(settings) == Some(Line::Fm6) { FM6_NAMES } else { &[] };
    let lines = lines(&readable, names);
    CommandReply { text: readable, lines }
}
