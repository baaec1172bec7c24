//! The conversation with one Wialon IPS device.

use memchr::memchr;
use model::{CommandReply, DeviceId, Order};

use super::command;
use super::data::{self, Flaw, SHORT};
use super::file::{Piece, announced};
use super::frame::{Head, Packet, Part, Sum, Version, answer, head, line_bytes_max, summed};
use crate::Limits;
use crate::bytes::text;
use crate::draft::Draft;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, FieldFault, OrderRefused, Reject};

/// Messages in one black box, as the protocol has it.
const MESSAGES_MAX: usize = 10_000;
/// Under this name the driver's words are kept.
const TEXT_MESSAGE: &str = "text_message";

pub(super) struct WialonIps {
    is_udp: bool,
    /// That of the login, or of what was said last.
    version: Option<Version>,
    piece: Option<Piece>,
    /// How much of the line at the front was looked through for its end.
    looked_through: usize,
}

impl WialonIps {
    pub(super) fn over_tcp() -> Self {
        Self { is_udp: false, version: None, piece: None, looked_through: 0 }
    }

    pub(super) fn over_udp() -> Self {
        Self { is_udp: true, ..Self::over_tcp() }
    }

    /// The line at the front of a stream.
    fn line(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        let (from, is_black_box) = match head(bytes) {
            Head::More => return Front::More,
            Head::No => return Front::Noise(1),
            Head::Line { bytes, is_black_box } => (bytes.max(self.looked_through), is_black_box),
        };
        let bytes_max = line_bytes_max(is_black_box, limits);
        let here = &bytes[..bytes.len().min(bytes_max)];
        let end = here.get(from..).and_then(|rest| memchr(b'\n', rest));
        self.looked_through = 0;
        match end {
            Some(end) => Front::Frame(from + end + 1),
            None if bytes.len() >= bytes_max => Front::Noise(bytes_max),
            None => {
                self.looked_through = here.len();
                Front::More
            }
        }
    }

    fn on_login(&mut self, packet: &Packet<'_>, context: &Context<'_>, said: &mut Said<()>) {
        let login = Login::of(packet);
        let word = if login.sum.is_some_and(|sum| !sum.is_right()) {
            if let Some(sum) = login.sum {
                said.bad(sum.at, mismatch(sum));
            }
            "10"
        } else if login.device.is_none() {
            said.bad(packet.message.at, Reject::BadIdentity);
            "0"
        } else if context.settings.password.as_deref().is_some_and(|password| login.password != Some(password)) {
            let fault = if login.password.is_some() { FieldFault::OutOfRange } else { FieldFault::Missing };
            said.bad(packet.message.at, Reject::Field { name: "password", fault });
            said.close();
            "01"
        } else {
            self.version = Some(login.version);
            "1"
        };
        said.at_once = answer("L", word);
    }

    /// Takes the checksum off a message; `None` if it is wrong and that is not forgiven.
    fn body<'a>(&self, packet: &Packet<'a>, context: &Context<'_>, said: &mut Said<()>) -> Option<Part<'a>> {
        let separator = if packet.kind == "B" { b'|' } else { b';' };
        let (body, sum) = summed(packet.message, separator);
        let version = packet.version.or(self.version).unwrap_or_else(|| guess(packet, body, sum));
        if version == Version::One {
            return Some(packet.message);
        }
        let (found, computed) = (sum.found.map_or(u32::MAX, u32::from), u32::from(sum.computed));
        said.checksum(found, computed, sum.at, ChecksumPolicy::Enforce, context.settings).then_some(body)
    }

    fn on_data(&self, kind: &str, body: Part<'_>, context: &Context<'_>, said: &mut Said<()>) {
        let data = data::read(body, kind == "D", false, context.limits.text_bytes_max);
        let word = data.flaws.first().map_or("1", |(flaw, _)| flaw.code());
        for (flaw, at) in &data.flaws {
            if *flaw == Flaw::Structure { said.bad(*at, flaw.reason()) } else { said.fault(*at, flaw.reason()) }
        }
        said.reports.extend(data.report);
        said.when_stored = answer(kind, word);
    }

    fn on_black_box(&self, body: Part<'_>, context: &Context<'_>, said: &mut Said<()>) {
        let mut count = 0;
        for message in body.split(b'|').filter(|message| !message.bytes.trim_ascii().is_empty()) {
            if count == MESSAGES_MAX {
                said.fault(message.at, Reject::TooManyReports { reports_max: MESSAGES_MAX });
                break;
            }
            count += 1;
            let is_extended = message.bytes.iter().filter(|b| **b == b';').count() >= SHORT;
            let data = data::read(message, is_extended, true, context.limits.text_bytes_max);
            data.flaws.iter().for_each(|(flaw, at)| said.fault(*at, flaw.reason()));
            said.reports.extend(data.report);
        }
        said.when_stored = answer("B", &count.to_string());
    }

    fn on_text(&self, body: Part<'_>, context: &Context<'_>, said: &mut Said<()>) {
        let max = context.limits.text_bytes_max;
        let mut draft = Draft::new(max);
        draft.own_text(TEXT_MESSAGE, body.bytes);
        said.reports.extend(draft.finish());
        said.answer(None, CommandReply { text: text(body.bytes, max), lines: Vec::new() });
        said.when_stored = answer("M", "1");
        said.when_failed = answer("M", "0");
    }

    fn on_file(&mut self, kind: &str, body: Part<'_>, context: &Context<'_>, said: &mut Said<()>) {
        match announced(kind, body, context.limits.text_bytes_max) {
            Some(piece) if piece.left == 0 => take(piece, said),
            Some(piece) => self.piece = Some(piece),
            None => {
                said.bad(body.at, Reject::Truncated);
                said.at_once = answer(kind, "0");
            }
        }
    }

    /// A checksum is wrong: the device hears it, each kind in its own words.
    fn on_mismatch(&mut self, packet: &Packet<'_>, context: &Context<'_>, said: &mut Said<()>) {
        said.at_once = match packet.kind {
            "SD" => answer("SD", "13"),
            "D" => answer("D", "16"),
            "B" => answer("B", ""),
            "M" => answer("M", "01"),
            kind @ ("I" | "T" | "IT") => {
                // The bytes that it announces come all the same.
                let (body, _) = summed(packet.message, b';');
                if let Some(piece) = announced(kind, body, context.limits.text_bytes_max) {
                    let no_more = Piece { left: piece.left, stored: piece.failed, failed: Vec::new(), report: None };
                    if no_more.left == 0 {
                        take(no_more, said)
                    } else {
                        self.piece = Some(no_more)
                    }
                    return;
                }
                answer(kind, "0")
            }
            _ => return,
        };
    }
}

/// The bytes of a piece are there.
fn take(piece: Piece, said: &mut Said<()>) {
    said.reports.extend(piece.report);
    said.when_stored = piece.stored;
    said.when_failed = piece.failed;
}

fn mismatch(sum: Sum) -> Reject {
    Reject::Checksum { found: sum.found.map_or(u32::MAX, u32::from), computed: sum.computed.into() }
}

/// The version of a message whose login was not heard.
fn guess(packet: &Packet<'_>, body: Part<'_>, sum: Sum) -> Version {
    let fields = || body.split(b';').count();
    let has_sum = sum.is_right()
        || sum.found.is_some()
            && match packet.kind {
                "SD" => fields() == SHORT,
                "D" => fields() == data::EXTENDED,
                "B" => true,
                _ => false,
            };
    if has_sum { Version::Two } else { Version::One }
}

/// The parts of a login.
struct Login<'a> {
    version: Version,
    device: Option<DeviceId>,
    password: Option<&'a str>,
    sum: Option<Sum>,
}

impl<'a> Login<'a> {
    fn of(packet: &Packet<'a>) -> Self {
        let is_two = packet.message.bytes.trim_ascii_start().starts_with(b"2.");
        let (version, body, sum) = if is_two {
            let (body, sum) = summed(packet.message, b';');
            (Version::Two, body, Some(sum))
        } else {
            (Version::One, packet.message, None)
        };
        let mut fields = body.split(b';').skip(usize::from(is_two));
        let device = fields.next().and_then(Part::text).and_then(DeviceId::new);
        Self { version, device, password: fields.next().and_then(Part::text), sum }
    }
}

impl Codec for WialonIps {
    type Awaited = ();

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        if let Some(piece) = &mut self.piece {
            // All but the last byte are passed over; with the last one the piece is there.
            let passed = bytes.len().min(piece.left.saturating_sub(1));
            piece.left -= passed;
            return if passed > 0 { Front::Skip(passed) } else { Front::Frame(1) };
        }
        let blanks = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | 0)).count();
        if blanks > 0 {
            Front::Skip(blanks)
        } else if self.is_udp {
            Front::Frame(memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1))
        } else {
            self.line(bytes, limits)
        }
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        if self.piece.is_some() {
            return Claim::None;
        }
        let Some(packet) = Packet::of(frame) else { return Claim::Bad };
        if let Some(device) = packet.device {
            return match std::str::from_utf8(device).ok().and_then(DeviceId::new) {
                Some(id) => Claim::Device(id),
                None => Claim::Bad,
            };
        }
        if packet.kind != "L" {
            return Claim::None;
        }
        let login = Login::of(&packet);
        match login.device {
            Some(id) if login.sum.is_none_or(Sum::is_right) => Claim::Device(id),
            // It is told so.
            _ => Claim::Anyone,
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<()>) {
        if let Some(piece) = self.piece.take() {
            return take(piece, said);
        }
        let Some(packet) = Packet::of(frame) else { return said.bad(0, Reject::Truncated) };
        let is_open = packet.device.is_none() || self.version.is_some() || context.settings.password.is_none();
        match packet.kind {
            "L" => return self.on_login(&packet, context, said),
            _ if !is_open => {
                // It names its device and has no place for the password.
                said.bad(0, Reject::NotAuthorised);
                said.close();
                return;
            }
            "P" => {
                said.at_once = answer("P", "");
                return;
            }
            kind if kind.starts_with('A') => return on_answer(&packet, context, said),
            "SD" | "D" | "B" | "M" | "I" | "T" | "IT" => {}
            kind => return said.fault(0, Reject::UnknownKind(kind.as_bytes()[0])),
        }
        let Some(body) = self.body(&packet, context, said) else {
            return self.on_mismatch(&packet, context, said);
        };
        match packet.kind {
            "B" => self.on_black_box(body, context, said),
            "M" => self.on_text(body, context, said),
            kind @ ("SD" | "D") => self.on_data(kind, body, context, said),
            kind => self.on_file(kind, body, context, said),
        }
    }

    fn refusal(&mut self, frame: &[u8]) -> Vec<u8> {
        match Packet::of(frame) {
            Some(packet) if packet.kind == "L" => answer("L", "0"),
            _ => Vec::new(),
        }
    }

    fn forget(&mut self) {
        self.version = None;
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<()>, OrderRefused> {
        let (bytes, is_answered) = command::encode(order, self.version, context.limits)?;
        Ok(Encoded { bytes, awaits: is_answered.then_some(()) })
    }
}

/// The device answers what it was sent.
fn on_answer(packet: &Packet<'_>, context: &Context<'_>, said: &mut Said<()>) {
    let words = text(packet.message.bytes, context.limits.text_bytes_max);
    match words.split(';').next() {
        Some("0" | "01") => said.refuse(None, words),
        _ => said.answer(None, CommandReply { text: words, lines: Vec::new() }),
    }
}
