//! What a satellite forwarded: elements of a mobile's message, one of which holds a packet's tags.

use model::Timestamp;

use super::record::{Content, read};
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::framed::Front;
use crate::session::Reject;

/// The element that names the device, as it begins.
pub(super) const HEADER: [u8; 3] = [MESSAGE, 0, 28];
/// What comes before the elements: a version, and their length, this time with the high byte first.
const HEAD_BYTES: usize = 3;
const MESSAGE: u8 = 1;
const PAYLOAD: u8 = 2;
const LOCATION: u8 = 3;
const IMEI_AT: usize = HEAD_BYTES + HEADER.len() + 4;
const IMEI_BYTES: usize = 15;

/// What stands at the front of a packet with the header of tags; `None` if it is no such message.
pub(super) fn front(bytes: &[u8]) -> Option<Front> {
    let first = bytes.get(HEAD_BYTES..).unwrap_or_default();
    let first = &first[..first.len().min(HEADER.len())];
    if !HEADER.starts_with(first) {
        return None;
    }
    if first.len() < HEADER.len() {
        return Some(Front::More);
    }
    let whole = HEAD_BYTES + usize::from(u16::from_be_bytes([bytes[1], bytes[2]]));
    Some(if whole < IMEI_AT + IMEI_BYTES {
        Front::Noise(1)
    } else if bytes.len() < whole {
        Front::More
    } else {
        Front::Frame(whole)
    })
}

/// Whether this frame is such a message.
pub(super) fn is_message(frame: &[u8]) -> bool {
    frame.get(HEAD_BYTES..).is_some_and(|rest| rest.starts_with(&HEADER))
}

pub(super) fn imei(frame: &[u8]) -> Option<&[u8]> {
    frame.get(IMEI_AT..IMEI_AT + IMEI_BYTES)
}

/// Where the satellite believes the device to be.
struct Location {
    latitude: f64,
    longitude: f64,
    radius_km: u32,
}

/// Reads the elements.
pub(super) fn elements(frame: &[u8], text_bytes_max: usize) -> Content {
    let mut r = Reader::new(frame.get(HEAD_BYTES..).unwrap_or_default());
    let mut content = Content::default();
    let mut message = None;
    let mut location = None;
    while r.remaining() > 0 {
        let at = frame.len() - r.remaining();
        let Ok((kind, element)) = element(&mut r) else {
            content.broken = Some((at, Reject::Truncated));
            break;
        };
        match kind {
            MESSAGE => message = sent(element).ok(),
            LOCATION => location = place(element).ok(),
            PAYLOAD => {
                content = read(element, text_bytes_max);
                // Counted from the beginning of the message.
                content.broken = content.broken.map(|(offset, reason)| (at + HEADER.len() + offset, reason));
            }
            _ => {}
        }
    }
    if content.drafts.is_empty() && location.is_some() {
        content.drafts.push(Draft::new(text_bytes_max));
    }
    if let Some(draft) = content.drafts.first_mut() {
        complete(draft, message, location);
    }
    content
}

fn element<'a>(r: &mut Reader<'a>) -> Result<(u8, &'a [u8]), Truncated> {
    let (kind, bytes) = (r.u8()?, r.u16()?);
    Ok((kind, r.take(usize::from(bytes))?))
}

/// How the session ended, and when it was.
fn sent(element: &[u8]) -> Result<(u8, u32), Truncated> {
    let mut r = Reader::new(element);
    r.take(4 + IMEI_BYTES)?;
    let status = r.u8()?;
    r.take(4)?;
    Ok((status, r.u32()?))
}

fn place(element: &[u8]) -> Result<Location, Truncated> {
    let mut r = Reader::new(element);
    let flags = r.u8()?;
    let mut degrees = |is_negative: bool| {
        let degrees = f64::from(r.u8()?) + f64::from(r.u16()?) / 60_000.0;
        Ok(if is_negative { -degrees } else { degrees })
    };
    let (latitude, longitude) = (degrees(flags & 2 != 0)?, degrees(flags & 1 != 0)?);
    Ok(Location { latitude, longitude, radius_km: r.u32()? })
}

/// Adds to the first report what the satellite knows. Its idea of the place counts only where the device has none.
fn complete(draft: &mut Draft, message: Option<(u8, u32)>, location: Option<Location>) {
    const M_PER_KM: u32 = 1_000;
    if let Some((status, time_s)) = message {
        draft.own("iridium_status", i64::from(status));
        if draft.time.is_none() && time_s > 0 {
            draft.time = Timestamp::from_s(i64::from(time_s));
        }
    }
    let Some(Location { latitude, longitude, radius_km }) = location else { return };
    if draft.has_place() {
        draft.own("iridium_latitude", model::Value::Float(latitude));
        draft.own("iridium_longitude", model::Value::Float(longitude));
        draft.own("iridium_radius_km", i64::from(radius_km));
    } else {
        draft.at(latitude, longitude);
        draft.located_by_network();
        draft.precision_m(radius_km.saturating_mul(M_PER_KM));
    }
}
