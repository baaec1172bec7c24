//! Messages down to the device, and what it answers: confirmations and messages under the number of a command.

use encoding_rs::WINDOWS_1251;
use model::{Command, CommandReply, Order};

use crate::Limits;
use crate::bytes::{Reader, Truncated, cut};
use crate::levels;
use crate::session::OrderRefused;

/// The subrecord that carries commands both ways.
pub(super) const COMMAND_DATA: u8 = 51;
const CONFIRMATION: u8 = 1;
const MESSAGE_FROM_DEVICE: u8 = 3;
const MESSAGE_TO_DEVICE: u8 = 4;
/// What a subrecord's length can say, without what comes before the text.
const TEXT_BYTES_MAX: usize = 60_000;

/// The words of an order, as bytes.
pub(super) fn words(order: &Order, limits: &Limits) -> Result<Vec<u8>, OrderRefused> {
    let Order::Do(Command::Text(text)) = order else { return Err(OrderRefused::NoSuchCommand) };
    let (bytes, _, is_lossy) = WINDOWS_1251.encode(text);
    if text.is_empty() || is_lossy {
        return Err(OrderRefused::NoSuchCommand);
    }
    if bytes.len() > limits.command_bytes_max.min(TEXT_BYTES_MAX) {
        return Err(OrderRefused::TooLong);
    }
    Ok(bytes.into_owned())
}

/// The subrecord around words.
pub(super) fn message(command: u32, words: &[u8]) -> Vec<u8> {
    /// Kind and result, the command, its source, flags.
    const HEAD_BYTES: usize = 10;
    let mut part = vec![COMMAND_DATA];
    let bytes = u16::try_from(HEAD_BYTES + words.len()).unwrap_or(u16::MAX);
    part.extend_from_slice(&bytes.to_le_bytes());
    part.push(MESSAGE_TO_DEVICE << 4);
    part.extend_from_slice(&command.to_le_bytes());
    part.extend_from_slice(&[0; 5]);
    part.extend_from_slice(words);
    part
}

/// What a device says under a command's number.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Heard {
    pub(super) command: u32,
    pub(super) is_refusal: bool,
    /// It is a message, not only a confirmation.
    pub(super) is_message: bool,
    pub(super) reply: CommandReply,
}

/// Reads the subrecord; `None` if it is nothing that a device says.
pub(super) fn heard(data: &[u8], text_bytes_max: usize) -> Result<Option<Heard>, Truncated> {
    const HAS_CHARSET: u8 = 1;
    const HAS_CODE: u8 = 2;
    let mut r = Reader::new(data);
    let kind = r.u8()?;
    let command = r.u32_le()?;
    r.u32_le()?;
    let flags = r.u8()?;
    if flags & HAS_CHARSET != 0 {
        r.u8()?;
    }
    if flags & HAS_CODE != 0 {
        let bytes = r.u8()?;
        r.take(usize::from(bytes))?;
    }
    let (kind, result) = (kind >> 4, kind & 15);
    if !matches!(kind, CONFIRMATION | MESSAGE_FROM_DEVICE) {
        return Ok(None);
    }
    let (text, _, _) = WINDOWS_1251.decode(r.rest());
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let text = if text.is_empty() { result.to_string() } else { cut(text, text_bytes_max).to_owned() };
    let reply = CommandReply { lines: levels::lines(&text, &[]), text };
    Ok(Some(Heard { command, is_refusal: result != 0, is_message: kind == MESSAGE_FROM_DEVICE, reply }))
}
