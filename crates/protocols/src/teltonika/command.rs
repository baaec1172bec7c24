//! Commands down to the device, and what it says in text: codecs 12, 13 and 14.

use model::{Command, CommandReply, DeviceId, Order};

use super::frame;
use super::line::Line;
use crate::bytes::{Reader, Truncated, hex, text};
use crate::levels::lines;
use crate::session::OrderRefused;
use crate::{DeviceSettings, Limits};

const CODEC_12: u8 = 0x0C;
const CODEC_13: u8 = 0x0D;
const CODEC_14: u8 = 0x0E;
const COMMAND: u8 = 0x05;
const REPLY: u8 = 0x06;
const REFUSAL: u8 = 0x11;
const GETIO: &str = "getio";
/// Devices have no more digital outputs than this.
const OUTPUTS_MAX: u8 = 4;
/// Codec 14 names the device in binary-coded decimal digits, one of them a leading zero.
const IMEI_BYTES: usize = 8;
/// Codec 13 says the time, in seconds.
const TIME_BYTES: usize = 4;
/// The second analogue input of the line that numbers it differently.
const FM6_NAMES: &[(&str, u16)] = &[("AIN2", 10)];

/// What is awaited of the device. Its answers do not say what they answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// Levels: an answer that tells none is to something else.
    Levels,
    /// Words of any kind.
    Words,
    /// Words that may well be levels.
    Anything,
}

/// Something that the device said in text.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Said {
    /// What answers to commands look like.
    Reply(CommandReply),
    /// Text that may as well have come through its serial line.
    Text(CommandReply),
    /// It refused a command, because it was for another device.
    Refused,
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
            // One character for each output up to the one that is meant; `?` leaves an output as it is.
            let left_alone = "?".repeat(usize::from(number - 1));
            output = format!("setdigout {left_alone}{}", u8::from(*on));
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
    let size = (content.len() as u32).to_be_bytes();
    let data = [&[CODEC_12, 1, COMMAND][..], &size, content, &[1]].concat();
    Ok((frame::around(&data), awaited))
}

/// Reads what the data of a text codec says. What is announced and does not come is an error; so is a size that leaves
/// no room for what the codec puts before the text.
pub(super) fn decode(
    data: &[u8],
    device: &DeviceId,
    settings: &DeviceSettings,
    limits: &Limits,
) -> Result<Vec<Said>, Truncated> {
    let mut r = Reader::new(data);
    let (codec, count) = (r.u8()?, r.u8()?);
    let mut said = Vec::new();
    for _ in 0..count {
        let kind = r.u8()?;
        let size = usize::try_from(r.u32()?).map_err(|_| Truncated)?;
        said.extend(one(codec, kind, r.take(size)?, device, settings, limits)?);
    }
    Ok(said)
}

fn one(
    codec: u8,
    kind: u8,
    content: &[u8],
    device: &DeviceId,
    settings: &DeviceSettings,
    limits: &Limits,
) -> Result<Option<Said>, Truncated> {
    let reply = |content: &[u8]| words(content, settings, limits);
    let mut r = Reader::new(content);
    Ok(match (codec, kind) {
        (CODEC_12, REPLY) => Some(Said::Reply(reply(content))),
        (CODEC_13, REPLY) => {
            r.take(TIME_BYTES)?;
            Some(Said::Text(reply(r.take(r.remaining())?)))
        }
        (CODEC_14, REPLY) => {
            let is_its_own = hex(r.take(IMEI_BYTES)?).strip_prefix('0') == Some(device.as_str());
            let reply = reply(r.take(r.remaining())?);
            // An answer of another device is no answer to what this one was told.
            is_its_own.then_some(Said::Reply(reply))
        }
        (CODEC_14, REFUSAL) => Some(Said::Refused),
        // From its serial line or its camera.
        _ => None,
    })
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
