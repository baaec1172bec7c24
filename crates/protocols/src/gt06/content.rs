//! What a frame says, by its kind.

use model::{Report, attr};

use super::draft::{Context, Draft};
use super::frame::Frame;
use super::{asset, cells, dashcam, heartbeat, obd, position, serial, variant};
use crate::bytes::{Reader, Truncated, text};

/// The text of a SIM card's number among replies.
const ICCID_MARK: &str = "<ICCID:";
/// Texts of two bytes a character.
const UTF_16: u8 = 2;

/// What a frame says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Content {
    /// This, or only that the device is there; and whether the frame ended where it should.
    Report { report: Option<Report>, is_whole: bool },
    /// An answer to the command with this flag.
    Reply { flag: u32, text: String },
}

/// Reads a frame of a device that has logged in. What can be read before a fault is kept; an error means that it is
/// nothing.
pub(super) fn decode(frame: &Frame<'_>, context: &Context) -> Result<Content, Truncated> {
    let mut r = Reader::new(frame.content);
    match (frame.kind, frame.is_long) {
        (0x15, _) => return old_reply(&mut r, context),
        (0x21, _) => return reply(&mut r, context),
        _ => {}
    }
    let mut draft = Draft::new(context);
    let whole = match variant::of(frame, context.line) {
        Some(decode) => decode(&mut draft, &mut r),
        None => by_kind(&mut draft, &mut r, frame),
    };
    match whole {
        Err(Truncated) if draft.is_empty() => Err(Truncated),
        _ => {
            // What follows the parts that are known is kept.
            if whole.is_ok() {
                draft.raw(frame.kind, None, r.rest());
            }
            Ok(Content::Report { report: draft.finish(), is_whole: whole.is_ok() })
        }
    }
}

fn by_kind(d: &mut Draft<'_>, r: &mut Reader<'_>, frame: &Frame<'_>) -> Result<(), Truncated> {
    let kind = frame.kind;
    match (kind, frame.is_long) {
        // A login, a picture, its pieces, and what only servers say.
        (0x01 | 0x1F | 0x35 | 0x41 | 0x80..=0x82 | 0x8A, _) => {
            r.take_rest();
            Ok(())
        }
        (0x94, true) => serial::information(d, r),
        (0x94, false) => serial::voltage(d, r),
        (0x9B, _) => serial::passed_on(d, r),
        (0x95, _) => dashcam::alarm(d, r),
        (0x70, _) => asset::values(d, r),
        (0x40, _) => asset::battery_pack(d, r),
        (0xF1, _) => asset::states(d, r),
        (0xF2, _) => asset::peripherals(d, r),
        (0x8C, _) => obd::report(d, r),
        (0x32 | 0x33, true) => asset::parts(d, r, frame),
        (0x13, _) => heartbeat::plain(d, r),
        (0x23, _) => heartbeat::asset(d, r),
        (0x36, _) => heartbeat::with_modules(d, r),
        _ => positions_and_cells(d, r, frame),
    }
}

fn positions_and_cells(d: &mut Draft<'_>, r: &mut Reader<'_>, frame: &Frame<'_>) -> Result<(), Truncated> {
    const LW4G_BYTES: usize = 0x40;
    const CARD_BYTES: usize = 0x28;
    // Alarms with more than one cell are laid out in no way that is known.
    const MANY_CELLS_BYTES: usize = 0x17;
    match frame.kind {
        kind @ (0x11 | 0x12 | 0x25) => position::plain(d, r, kind),
        kind @ (0x10 | 0x1A | 0x1E | 0x2A) => position::bare(d, r, kind),
        kind @ (0x22 | 0x2D | 0x31 | 0x37 | 0xA0) => position::caused(d, r, kind),
        kind @ (0x16 | 0x26 | 0x27 | 0x32 | 0xA3 | 0xA4) => position::alarm(d, r, kind),
        0x38 => position::position_4g(d, r),
        0x39 => position::alarm_4g(d, r),
        0x61 => position::key(d, r),
        0xA2 if frame.announced == LW4G_BYTES => position::lw4g(d, r),
        0x17 if frame.announced == CARD_BYTES => position::card(d, r),
        0x17 | 0x69 => {
            r.take_rest();
            cells::counted_by_length(d, frame)
        }
        0x34 if position::is_x1(frame.content) => position::x1(d, r),
        kind @ (0x18 | 0x24 | 0x28 | 0x2C | 0x2E | 0x33 | 0x34 | 0xA1 | 0xA2) => cells::cells(d, r, kind),
        0xA9 => cells::alarm(d, r),
        0xF3 => cells::addresses(d, r),
        0x19 if frame.announced >= MANY_CELLS_BYTES => Ok(()),
        kind @ (0x19 | 0xA5 | 0xA7) => cells::cell_alarm(d, r, kind),
        _ => Ok(()),
    }
}

/// Length, flag, text and language.
fn old_reply(r: &mut Reader<'_>, context: &Context) -> Result<Content, Truncated> {
    const FLAG_BYTES: usize = 4;
    let length = usize::from(r.u8()?).saturating_sub(FLAG_BYTES);
    let flag = r.u32()?;
    // A length that does not fit gives way to the frame's.
    let raw = r.rest();
    Ok(said(flag, text(raw.get(..length).unwrap_or(raw), context.text_bytes_max), context))
}

/// Flag, encoding and text.
fn reply(r: &mut Reader<'_>, context: &Context) -> Result<Content, Truncated> {
    let flag = r.u32()?;
    let words = match r.u8()? {
        UTF_16 => {
            let units = r.rest().chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let decoded: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            text(decoded.as_bytes(), context.text_bytes_max)
        }
        _ => text(r.rest(), context.text_bytes_max),
    };
    Ok(said(flag, words, context))
}

/// Text of a device: an answer, unless it announces the number of its SIM card.
fn said(flag: u32, text: String, context: &Context) -> Content {
    let Some((_, rest)) = text.split_once(ICCID_MARK) else { return Content::Reply { flag, text } };
    let mut draft = Draft::new(context);
    draft.text(attr::ICCID, rest.split('>').next().unwrap_or_default().as_bytes());
    Content::Report { report: draft.finish(), is_whole: true }
}
