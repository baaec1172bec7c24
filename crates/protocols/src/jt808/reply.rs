//! What devices answer to commands.

use model::{CommandReply, Report};

use super::command::{Awaited, What};
use super::message::{self, Incoming};
use super::{answer, text};
use crate::bytes::{Reader, Truncated, hex};
use crate::framed::{Context, Said};
use crate::levels;

/// What lines are called in texts, beyond what all families call them.
const LINES: &[(&str, u16)] = &[("ACC", 239), ("Relay", 179), ("Oil", 179)];

/// A reply in words, and the levels that they tell.
pub(super) fn of_text(text: &str) -> CommandReply {
    CommandReply { text: text.to_owned(), lines: levels::lines(text, LINES) }
}

/// A reply that is attributes: name and value of each.
pub(super) fn of_attributes(report: Option<&Report>) -> CommandReply {
    let pairs: Vec<String> = report
        .map(|report| &report.attributes)
        .into_iter()
        .flat_map(|attributes| attributes.iter())
        .map(|(id, value)| format!("{id}={}", words(value)))
        .collect();
    CommandReply { text: pairs.join(","), lines: Vec::new() }
}

fn words(value: &model::Value) -> String {
    match value {
        model::Value::Bool(on) => on.to_string(),
        model::Value::Int(number) => number.to_string(),
        model::Value::Float(number) => number.to_string(),
        model::Value::Text(text) | model::Value::Json(text) => text.to_string(),
    }
}

/// Reads a message that is an answer and nothing else.
pub(super) fn read(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let mut r = Reader::new(message.body);
    let bytes_max = context.limits.text_bytes_max;
    let (serial, what, words) = match message.id {
        0x0001 => return general(&mut r, said),
        0x0104 => {
            let serial = r.u16()?;
            (Some(serial), What::Parameters, parameters(&mut r, bytes_max)?)
        }
        0x1300 => {
            let serial = r.u16()?;
            (Some(serial), What::Words, utf_16(r.rest(), bytes_max))
        }
        0x6006 => {
            let _encoding = r.u8()?;
            (None, What::Words, text::decode(r.rest(), bytes_max))
        }
        _ => {
            let length = r.u32()? as usize;
            let words = r.rest();
            (None, What::Words, text::decode(&words[..length.min(words.len())], bytes_max))
        }
    };
    said.answer(Some(Awaited { serial, what }), of_text(&words));
    Ok(())
}

/// The terminal's general answer: which message, and what became of it.
fn general(r: &mut Reader<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    let (serial, id) = (Some(r.u16()?), r.u16()?);
    let result = r.u8()?;
    // Some devices answer answers. These carry the devices' own serial numbers, which are commands' only by chance.
    if answer::is_one(id) {
        return Ok(());
    }
    let words = match result {
        0 => {
            said.answer(Some(Awaited { serial, what: What::Done }), of_text("ok"));
            return Ok(());
        }
        1 => "failed".to_owned(),
        2 => "wrong message".to_owned(),
        3 => "not supported".to_owned(),
        other => format!("result {other}"),
    };
    said.refuse(Some(Awaited { serial, what: What::Any }), words);
    Ok(())
}

fn utf_16(raw: &[u8], bytes_max: usize) -> String {
    let units = raw.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text::decode(text.as_bytes(), bytes_max)
}

/// Parameters and their values, as `00000029=30,00000013=host`.
fn parameters(r: &mut Reader<'_>, bytes_max: usize) -> Result<String, Truncated> {
    let _count = r.u8()?;
    let mut words = String::new();
    while r.remaining() > 0 {
        let id = r.u32()?;
        let length = r.u8()?;
        let value = r.take(length.into())?;
        let comma = if words.is_empty() { "" } else { "," };
        words.push_str(&format!("{comma}{id:08X}={}", parameter(id, value, bytes_max)));
    }
    Ok(words)
}

/// Parameters that are texts whatever their length: hosts and their access points, phone numbers, the plate.
fn is_text(id: u32) -> bool {
    matches!(id, 0x10..=0x17 | 0x1A | 0x1D | 0x23..=0x26 | 0x40..=0x44 | 0x48 | 0x49 | 0x83)
}

fn parameter(id: u32, value: &[u8], bytes_max: usize) -> String {
    match value {
        text if is_text(id) => text::decode(text, bytes_max),
        [a] => a.to_string(),
        [a, b] => u16::from_be_bytes([*a, *b]).to_string(),
        [a, b, c, d] => u32::from_be_bytes([*a, *b, *c, *d]).to_string(),
        text if text::is_printable(text) => text::decode(text, bytes_max),
        other => hex(other),
    }
}

/// A position that was asked for, with the levels that its items tell.
pub(super) fn position(
    message: &Incoming<'_>,
    context: &Context<'_>,
    said: &mut Said<Awaited>,
) -> Result<(), Truncated> {
    let mut r = Reader::new(message.body);
    let serial = Some(r.u16()?);
    let Some(report) = message::report(r.rest(), message.body_at + 2, context, said)? else { return Ok(()) };
    let place = report.position.as_ref();
    let text = place.map_or_else(|| "no position".to_owned(), |p| format!("{:.6},{:.6}", p.latitude, p.longitude));
    let what = if message.id == 0x0201 { What::Position } else { What::Done };
    said.answer(Some(Awaited { serial, what }), CommandReply { text, lines: levels::of(&report) });
    said.reports.push(report);
    Ok(())
}
