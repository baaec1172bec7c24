//! Coban's GPS103 over TCP and UDP: lines of text that name their device, a login and heartbeats that are answered at
//! once, reports in local time, and commands of one letter.

mod clock;
mod command;
mod events;
mod frame;
mod other;
mod report;
#[cfg(test)]
mod tests;

use model::{CommandReply, DeviceId, Order, Report};

use self::command::Awaited;
use crate::bytes::decoded;
use crate::draft::Draft;
use crate::fields::Fields;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said, open};
use crate::session::OrderRefused;
use crate::{Family, Likeness, Limits, Presence, levels};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "gps103",
    default_listen: "127.0.0.1:5001",
    presence: Presence::Connection,
    open: |limits| open(Gps103::default(), limits),
    open_udp: Some(|limits| open(Gps103::default(), limits)),
    recognise,
};

/// A login, a report, or 15 digits that end as a heartbeat does.
fn recognise(bytes: &[u8]) -> Likeness {
    if bytes.is_empty() {
        return Likeness::Perhaps;
    }
    match frame::is_ours(bytes) {
        Some(true) => Likeness::Yes,
        Some(false) => Likeness::No,
        None => Likeness::Perhaps,
    }
}

/// The identifiers that are taken, in digits.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;
/// Before the identifier in a login, and behind it.
const LOGIN_MARK: &[u8] = b"##,";
const LOGIN: &str = "A";
/// What answers a request for levels: the door is input 1, and the ignition has a number of its own.
const LEVELS: [u16; 2] = [1, 239];

/// What is remembered of a connection.
#[derive(Default)]
struct Gps103 {
    /// The next report answers an order.
    is_asked: bool,
    /// Who spoke last.
    device: Option<DeviceId>,
}

impl Codec for Gps103 {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], _: &Limits) -> Front {
        frame::front(bytes)
    }

    fn claim(&mut self, frame: &[u8], _: &Limits) -> Claim {
        let digits = frame.strip_prefix(LOGIN_MARK).unwrap_or(frame);
        let digits = digits.strip_prefix(b"imei:").unwrap_or(digits);
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let is_whole = digits.get(count).is_none_or(|b| matches!(b, b',' | b';' | b'\r' | b'\n'));
        let id = std::str::from_utf8(&digits[..count]).ok().filter(|_| is_whole && ID_DIGITS.contains(&count));
        match (id, &self.device) {
            (Some(id), Some(known)) if known.as_str() == id => Claim::Device(known.clone()),
            (Some(id), _) => DeviceId::new(id).map_or(Claim::Bad, Claim::Device),
            (None, _) => Claim::Bad,
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        self.device = context.device.cloned();
        match frame.first() {
            Some(b'#') => {
                said.at_once.extend(b"LOAD");
                // A login that was cut off may have a report behind it.
                self.line(&frame[LOGIN_MARK.len()..], context, said);
            }
            Some(b'i') => self.line(frame, context, said),
            _ => said.at_once.extend(b"ON"),
        }
    }

    fn forget(&mut self) {
        *self = Self::default();
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let encoded = command::encode(order, context)?;
        self.is_asked = encoded.awaits == Some(Awaited::Report);
        Ok(encoded)
    }

    fn answers(&self, awaited: &Awaited, key: &Awaited) -> bool {
        awaited.is_answered_by(*key)
    }

    fn gave_up(&mut self, _: Awaited) {
        self.is_asked = false;
    }
}

impl Gps103 {
    fn line(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        let is_starred = frame.ends_with(b"*");
        let text = decoded(&frame[..frame.len() - 1]);
        let f = Fields::of(&text, ',');
        let word = f.get(1);
        let draft = match word {
            "" | LOGIN => None,
            "OBD" => other::obd(&f, context),
            _ if is_starred => Some(other::starred(&f, context)),
            _ => Some(report::read(&f, context, said)),
        };
        let report = draft.and_then(Draft::finish);
        if let Some(letter) = events::answered(word) {
            let reply = CommandReply { text: word.to_owned(), lines: Vec::new() };
            said.answer(Some(Awaited::Letter(letter)), reply);
        } else if let Some(report) = report.as_ref().filter(|_| self.is_asked && word != "OBD") {
            self.is_asked = false;
            said.answer(Some(Awaited::Report), located(&f, report));
        }
        if let Some(device) = context.device.filter(|_| word.eq_ignore_ascii_case("help me")) {
            // It stops calling for help when it hears this.
            said.when_stored = format!("**,imei:{device},E;").into_bytes();
        }
        said.reports.extend(report);
    }
}

/// A report as the answer to being asked for one.
fn located(f: &Fields<'_>, report: &Report) -> CommandReply {
    let mut lines = levels::of(report);
    lines.retain(|(number, _)| LEVELS.contains(number));
    CommandReply { text: f.piece(1, f.len()).to_owned(), lines }
}
