//! TK103, the protocol of parentheses, over TCP and UDP: frames that name their device, in two dialects; logins that
//! are answered, positions that are not.
//!
//! Names of the family's own: `tk103_imei`, `tk103_before` (what stands before the date), `tk103_other` (commands that
//! are not known, with their content); see also the files beside this one.

mod command;
mod events;
mod flags;
mod frame;
mod other;
mod pack;
mod position;
mod scan;
#[cfg(test)]
mod tests;

use model::{CommandReply, DeviceId, Order, attr};

use self::command::Awaited;
use self::frame::Parts;
use crate::bytes::decoded;
use crate::draft::Draft;
use crate::fields::Fields;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said, open};
use crate::session::{FieldFault, OrderRefused, Reject};
use crate::{Family, Likeness, Limits, Presence, levels};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "tk103",
    default_listen: "127.0.0.1:5002",
    presence: Presence::Connection,
    open: |limits| open(Tk103::default(), limits),
    open_udp: Some(|limits| open(Tk103::default(), limits)),
    recognise,
};

/// A parenthesis and digits. Locks of another family begin alike; they are told by the command behind twelve digits.
fn recognise(bytes: &[u8]) -> Likeness {
    const LOCK_DIGITS: usize = 12;
    const LOCK: &[u8] = b",1,001,";
    let rest = match bytes {
        [] => return Likeness::Perhaps,
        [b'(', rest @ ..] => rest,
        _ => return Likeness::No,
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let after = &rest[digits..];
    match after.first() {
        _ if digits > *ID_DIGITS.end() => Likeness::No,
        None => Likeness::Perhaps,
        Some(_) if digits < *ID_DIGITS.start() => Likeness::No,
        Some(b',') if digits == LOCK_DIGITS && after.starts_with(LOCK) => Likeness::No,
        Some(b',') if digits == LOCK_DIGITS && LOCK.starts_with(after) => Likeness::Perhaps,
        Some(b',' | b'A'..=b'Z') => Likeness::Yes,
        Some(_) => Likeness::No,
    }
}

/// The identifiers that are taken, in digits.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;
const IMEI_DIGITS: usize = 15;
const VIN_BYTES: usize = 17;

/// What is remembered of a connection.
#[derive(Default)]
struct Tk103 {
    /// The device speaks the dialect with commas.
    has_commas: bool,
    /// What an order waits for.
    awaited: Option<Awaited>,
    /// Who spoke last.
    device: Option<DeviceId>,
}

impl Codec for Tk103 {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], _: &Limits) -> Front {
        frame::front(bytes)
    }

    fn claim(&mut self, frame: &[u8], _: &Limits) -> Claim {
        let text = decoded(frame);
        let id = Parts::of(&text).map(|parts| parts.id.trim()).filter(|id| ID_DIGITS.contains(&id.len()));
        // Blanks may pad it, and not part it.
        match (id.filter(|id| scan::is_digits(id)), &self.device) {
            (Some(id), Some(known)) if known.as_str() == id => Claim::Device(known.clone()),
            (Some(id), _) => DeviceId::new(id).map_or(Claim::Bad, Claim::Device),
            (None, _) => Claim::Bad,
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        let text = decoded(frame);
        let Some(parts) = Parts::of(&text) else { return said.bad(frame.len(), Reject::Truncated) };
        self.has_commas = parts.has_commas;
        self.device = context.device.cloned();
        let mut d = Draft::new(context.limits.text_bytes_max);
        let reply = contents(&parts, context, &mut d, said);
        let is_located = d.has_place();
        let report = d.finish();
        let answer = match (reply, self.awaited) {
            (Some(Reply::Text(words)), _) => Some((Awaited::Words, words, Vec::new())),
            (Some(Reply::Other), Some(Awaited::Words)) => {
                let words = text[1 + parts.id.len()..text.len() - 1].trim_start_matches(',');
                Some((Awaited::Words, words.to_owned(), Vec::new()))
            }
            (_, Some(Awaited::Report)) if is_located => {
                let lines = report.as_ref().map(levels::of).unwrap_or_default();
                Some((Awaited::Report, format!("{}{}", parts.command, parts.content), lines))
            }
            _ => None,
        };
        if let Some((key, text, lines)) = answer {
            self.awaited = self.awaited.filter(|awaited| *awaited != key);
            said.answer(Some(key), CommandReply { text, lines });
        }
        said.reports.extend(report);
        match parts.command {
            "BP00" => said.at_once = format!("({}AP01HSO)", parts.id).into_bytes(),
            "BP05" => said.when_stored = format!("({}AP05)", parts.id).into_bytes(),
            _ => {}
        }
    }

    fn forget(&mut self) {
        *self = Self::default();
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let encoded = command::encode(order, self.has_commas, context)?;
        self.awaited = encoded.awaits;
        Ok(encoded)
    }

    fn answers(&self, awaited: &Awaited, key: &Awaited) -> bool {
        awaited == key
    }

    fn gave_up(&mut self, _: Awaited) {
        self.awaited = None;
    }
}

/// What a frame is beside its report.
enum Reply {
    /// Words that the device says.
    Text(String),
    /// A kind that devices do not send on their own.
    Other,
}

/// Reads what stands behind the command.
fn contents(parts: &Parts<'_>, context: &Context<'_>, d: &mut Draft, said: &mut Said<Awaited>) -> Option<Reply> {
    let Parts { command, content, has_commas, at, .. } = *parts;
    let settings = context.settings;
    if let Some(date) = position::find(content) {
        before(command, &content[..date], d);
        if let Err(odd) = position::read(&content[date..], has_commas, settings, d) {
            said.fault(at + date + odd, Reject::Field { name: "position", fault: FieldFault::OutOfRange });
        }
        return None;
    }
    let f = Fields::of(content, ',');
    match command {
        "" => said.bad(at, Reject::Truncated),
        "BP00" => {}
        "BZ00" => other::cell(&f, d),
        "BV00" if content.len() == VIN_BYTES => d.text(attr::VIN, content.as_bytes()),
        "BS50" => match pack::bytes(content).map(|raw| pack::read(d, &raw)) {
            Some(Ok(())) => {}
            Some(Err(_)) => said.fault(at + content.len(), Reject::Truncated),
            None => d.own_text("tk103_other", format!("{command}{content}").as_bytes()),
        },
        "ZC20" => other::battery(&f, settings, d),
        _ if content.contains('$') => {
            events::tell(d, command, None);
            return other::text(content, settings, d).map(|text| Reply::Text(text.to_owned()));
        }
        _ if has_commas && other::is_surroundings(&f) => {
            events::tell(d, command, None);
            other::surroundings(&f, settings, d);
        }
        _ if content.contains('{') => {
            events::tell(d, command, None);
            let (mileage, rest) = other::braces(content, d);
            if let Some(m) = mileage {
                d.scaled(attr::HARDWARE_MILEAGE, m, 1_000.0);
            }
            d.own_text("tk103_rest", rest.trim_matches(',').as_bytes());
        }
        _ => {
            before(command, content, d);
            return Some(Reply::Other);
        }
    }
    None
}

/// What stands between the command and the date, or all of it where there is none: an alarm's number, an IMEI, or
/// nothing that is known.
fn before(command: &str, content: &str, d: &mut Draft) {
    let content = content.trim_matches(',');
    let alarm = content.strip_prefix("ALARM,").unwrap_or(content).split(',').next().unwrap_or_default();
    match command {
        "BO01" | "BQ81" => events::tell(d, command, alarm.trim().parse().ok()),
        _ => events::tell(d, command, None),
    }
    match command {
        "BO01" | "BQ81" if alarm.trim().parse::<u32>().is_ok() => {}
        "BP05" if content.len() == IMEI_DIGITS && scan::is_digits(content) => {
            d.own_text("tk103_imei", content.as_bytes())
        }
        _ if content.is_empty() => {}
        "BR00" | "BR01" | "BR02" | "BP02" | "BP05" => d.own_text("tk103_before", content.as_bytes()),
        _ => d.own_text("tk103_other", format!("{command}{content}").as_bytes()),
    }
}
