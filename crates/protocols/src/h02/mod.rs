//! H02 over TCP and UDP: lines of text and binary frames on the same connection, each naming its device; the server
//! tells the time in its answers, and commands are answered by their name.

mod binary;
mod command;
mod frame;
mod kinds;
mod position;
mod status;
#[cfg(test)]
mod tests;

use model::{CommandReply, DeviceId, Order, attr};

use self::command::{clock, date_and_clock};
use self::frame::{Framer, is_bcd, is_moment, may_be_line};
use self::status::Status;
use crate::bytes::decoded;
use crate::draft::Draft;
use crate::fields::Fields;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said, open};
use crate::session::{DeviceSettings, OrderRefused, Reject};
use crate::{Family, Likeness, Limits, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "h02",
    default_listen: "127.0.0.1:5013",
    presence: Presence::Connection,
    open: |limits| open(H02::default(), limits),
    open_udp: Some(|limits| open(H02::default(), limits)),
    recognise,
};

/// A star, two letters and a comma; or `$` and digits, two in a byte, among them a time and a date.
fn recognise(bytes: &[u8]) -> Likeness {
    let is_right = match bytes.first() {
        Some(b'*') => may_be_line(bytes),
        Some(b'$') => bytes[1..].iter().take(11).all(|b| is_bcd(*b)),
        Some(_) => false,
        None => true,
    };
    let bytes_min = if bytes.first() == Some(&b'*') { 4 } else { 15 };
    match (is_right, bytes.len() < bytes_min) {
        (false, _) => Likeness::No,
        (true, true) => Likeness::Perhaps,
        (true, false) if bytes[0] == b'*' || is_moment(&bytes[6..12]) || is_moment(&bytes[9..15]) => Likeness::Yes,
        (true, false) => Likeness::No,
    }
}

/// What stands before the identifier of a line.
const HEAD_BYTES: usize = 4;
/// The identifiers that are taken, in digits.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;
/// The ignition has this number in every family.
const IGNITION_LINE: u16 = 239;

/// What is remembered of a connection.
#[derive(Default)]
struct H02 {
    framer: Framer,
    device: Option<DeviceId>,
    /// The newest.
    status: Option<Status>,
}

impl Codec for H02 {
    type Awaited = String;

    fn front(&mut self, bytes: &[u8], _: &Limits) -> Front {
        self.framer.front(bytes)
    }

    fn claim(&mut self, frame: &[u8], _: &Limits) -> Claim {
        if frame.first() == Some(&b'X') {
            return Claim::Anyone;
        }
        if let Some(known) = self.device.as_ref().filter(|known| names(frame, known.as_str())) {
            return Claim::Device(known.clone());
        }
        let id = match frame.first() {
            Some(b'$') => binary::identity(frame),
            _ => frame
                .split(|b| *b == b',')
                .nth(1)
                .map(|id| decoded(id.strip_suffix(b"#").unwrap_or(id)).trim().to_owned()),
        };
        let Some(id) = id.filter(|id| ID_DIGITS.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())) else {
            return Claim::Bad;
        };
        // Ten digits in binary frames are the end of the fifteen that the same device writes in text.
        match &self.device {
            Some(known) if frame.starts_with(b"$") && known.as_str().ends_with(&id) => Claim::Device(known.clone()),
            _ => DeviceId::new(&id).map_or(Claim::Bad, Claim::Device),
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<String>) {
        self.device = context.device.cloned();
        match frame.first() {
            Some(b'X') => {}
            Some(b'$') => {
                self.framer.used(frame.len());
                if let Some((report, status)) = binary::read(frame, context, said) {
                    self.status = Some(status);
                    said.reports.push(report);
                }
                self.acknowledge("", context, said);
            }
            _ => self.line(frame, context, said),
        }
    }

    fn forget(&mut self) {
        (self.device, self.status) = (None, None);
    }

    fn accepted(&mut self, settings: &DeviceSettings) {
        self.framer.set(settings.frame_bytes);
    }

    /// No command asks for levels; the newest status tells them.
    fn known(&self, order: &Order) -> Option<CommandReply> {
        let status = self.status.filter(|_| *order == Order::ReadLevels)?;
        let word = |is: bool, yes: &'static str, no: &'static str| if is { yes } else { no };
        let ignition = word(status.ignition(), "on", "off");
        let power = word(status.is_power_cut(), "cut", "connected");
        let lines = vec![(IGNITION_LINE, f64::from(u8::from(status.ignition())))];
        Some(CommandReply { text: format!("ignition {ignition}, power {power}, status {:08X}", status.0), lines })
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<String>, OrderRefused> {
        command::encode(order, context)
    }

    fn answers(&self, awaited: &String, key: &String) -> bool {
        awaited.eq_ignore_ascii_case(key)
    }
}

/// Whether a line names this device.
fn names(line: &[u8], device: &str) -> bool {
    let rest = line.get(HEAD_BYTES..).and_then(|rest| rest.strip_prefix(device.as_bytes()));
    line.starts_with(b"*") && rest.is_some_and(|rest| matches!(rest.first(), Some(b',' | b'#')))
}

impl H02 {
    fn line(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<String>) {
        let inside = frame.get(1..frame.len() - 1).unwrap_or_default();
        let text = decoded(inside);
        let f = Fields::of(&text, ',');
        let kind = f.get(2);
        let settings = context.settings;
        let mut d = Draft::new(context.limits.text_bytes_max);
        let status = match kind {
            "" => return said.bad(frame.len(), Reject::Truncated),
            "NBR" => kinds::neighbours(&f, settings, &mut d, said),
            "LINK" => kinds::link(&f, settings, &mut d),
            "V3" => kinds::cells(&f, settings, &mut d, said),
            "VP1" => {
                kinds::brief(&f, settings, &mut d);
                None
            }
            "V0" | "HTBT" => {
                kinds::heartbeat(&f, &mut d);
                let head = &text[..f.at(3).saturating_sub(usize::from(f.len() > 3))];
                said.at_once = format!("*{head}#").into_bytes();
                None
            }
            "SMS" => {
                reply(&f, f.len(), None, &mut d, said);
                None
            }
            "V4" => {
                let time = position::time_in_answer(&f, 4);
                reply(&f, time.unwrap_or(f.len()), Some(f.get(3).to_owned()), &mut d, said);
                time.and_then(|time| position::read(&f, time, settings, &mut d, said))
            }
            _ if kind.starts_with('V') => position::read(&f, 3, settings, &mut d, said),
            // What else devices say is of no use to a server.
            _ => None,
        };
        self.status = status.or(self.status);
        said.reports.extend(d.finish());
        self.acknowledge(kind, context, said);
    }

    /// What a frame of this kind is answered with once it is stored.
    fn acknowledge(&self, kind: &str, context: &Context<'_>, said: &mut Said<String>) {
        let Some(device) = context.device else { return };
        let now = context.now;
        said.when_stored = match kind {
            "V1" | "NBR" => format!("*HQ,{device},V4,{kind},{}#", date_and_clock(now)).into_bytes(),
            "V0" | "HTBT" | "V4" | "SMS" => return,
            _ if context.settings.acknowledge_all == Some(true) => {
                format!("*HQ,{device},R12,{}#", clock(now)).into_bytes()
            }
            _ => return,
        };
    }
}

/// What stands from the fourth field to before another is the answer to a command.
fn reply(f: &Fields<'_>, end: usize, key: Option<String>, d: &mut Draft, said: &mut Said<String>) {
    let text = f.piece(3, end).trim();
    d.text(attr::COMMAND_REPLY, text.as_bytes());
    said.answer(key, CommandReply { text: text.to_owned(), lines: Vec::new() });
}
