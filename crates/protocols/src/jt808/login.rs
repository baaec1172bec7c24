//! How devices introduce themselves: authentication and attributes; and how drivers do.
//!
//! Names of the family's own: `maker`, `terminal_id`, `jt808_terminal_type`, `hardware`, `jt808_gnss_modules`, `jt808_network_modules`, `driver_state`,
//! `driver_time`, `driver_result`, `driver_name`, `driver_agency`, `driver_card_until`.

use model::{DeviceSettings, attr};

use super::command::Awaited;
use super::digits::decimal;
use super::location::{draft, time};
use super::message::Incoming;
use super::reply;
use crate::bytes::{Reader, Truncated};
use crate::draft::Draft;
use crate::framed::{Context, Said};

/// What a registered device is given to authenticate itself by, unless a password is set for it. It throws the code
/// away and registers again, or keeps it for years: so it is the same for all, and only a password is a secret.
const CODE: &str = "A1B2C3D4";

/// The code that is given at registration.
pub(super) fn code(settings: &DeviceSettings) -> &str {
    settings.password.as_deref().unwrap_or(CODE)
}

/// The code in an authentication; from the edition of 2019 on, the IMEI and the firmware's version follow it.
pub(super) fn given_code<'a>(message: &Incoming<'a>) -> Result<&'a [u8], Truncated> {
    if message.peer.version.is_none() {
        return Ok(message.body);
    }
    let mut r = Reader::new(message.body);
    let length = r.u8()?;
    r.take(length.into())
}

/// The attributes of the terminal: a report, and the answer to the question for them.
pub(super) fn attributes(
    message: &Incoming<'_>,
    context: &Context<'_>,
    said: &mut Said<Awaited>,
) -> Result<(), Truncated> {
    const ICCID_BYTES: usize = 10;
    let (model_bytes, id_bytes) = if message.peer.version.is_some() { (30, 30) } else { (20, 7) };
    let mut r = Reader::new(message.body);
    let mut draft = draft(context);
    draft.own("jt808_terminal_type", i64::from(r.u16()?));
    draft.own_words("maker", r.take(5)?);
    draft.words(attr::DEVICE_MODEL, r.take(model_bytes)?);
    draft.own_words("terminal_id", r.take(id_bytes)?);
    iccid(r.take(ICCID_BYTES)?, &mut draft);
    // Older units end here.
    let _ = versions(&mut r, &mut draft);
    let report = draft.finish();
    said.answer(Some(Awaited::ATTRIBUTES), reply::of_attributes(report.as_ref()));
    said.reports.extend(report);
    Ok(())
}

/// The number of the SIM card, two digits a byte; `F` fills.
pub(super) fn iccid(raw: &[u8], draft: &mut Draft) {
    let digits = decimal(raw).unwrap_or_else(|| crate::bytes::hex(raw));
    let digits = digits.trim_end_matches('F');
    if digits.bytes().any(|b| b != b'0') {
        draft.set(attr::ICCID, digits);
    }
}

fn versions(r: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Truncated> {
    let length = r.u8()?;
    draft.own_words("hardware", r.take(length.into())?);
    let length = r.u8()?;
    draft.words(attr::FIRMWARE, r.take(length.into())?);
    draft.own("jt808_gnss_modules", i64::from(r.u8()?));
    draft.own("jt808_network_modules", i64::from(r.u8()?));
    Ok(())
}

/// A driver put a card in or took it out.
pub(super) fn driver(message: &Incoming<'_>, context: &Context<'_>, said: &mut Said<Awaited>) -> Result<(), Truncated> {
    const CARD_BYTES: usize = 20;
    let mut r = Reader::new(message.body);
    let mut draft = draft(context);
    draft.own("driver_state", i64::from(r.u8()?));
    draft.time = time(r.take(6)?, context);
    // A card that was taken out says no more, nor does one that could not be read.
    let _ = card(&mut r, CARD_BYTES, &mut draft);
    said.reports.extend(draft.finish());
    Ok(())
}

fn card(r: &mut Reader<'_>, card_bytes: usize, draft: &mut Draft) -> Result<(), Truncated> {
    draft.own("driver_result", i64::from(r.u8()?));
    let length = r.u8()?;
    draft.own_words("driver_name", r.take(length.into())?);
    draft.words(attr::HARDWARE_KEY, r.take(card_bytes)?);
    let length = r.u8()?;
    draft.own_words("driver_agency", r.take(length.into())?);
    if let Some(until) = decimal(r.take(4)?).filter(|date| date.bytes().any(|b| b != b'0')) {
        draft.own("driver_card_until", until.as_str());
    }
    Ok(())
}
