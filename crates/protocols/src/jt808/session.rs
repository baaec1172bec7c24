//! The conversation with one JT/T 808 device.

use model::{Order, Timestamp};

use super::answer::Verdict;
use super::command::{self, Awaited};
use super::frame::{self, Framer};
use super::header::{Message, Peer};
use super::message::{self, Incoming, REGISTER};
use super::parts::{PartRefused, Parts};
use super::{answer, line, reply};
use crate::Limits;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, FieldFault, OrderRefused, Reject};

/// What is remembered between messages.
pub(super) struct Jt808 {
    limits: Limits,
    framer: Framer,
    /// How the device that is known writes its headers.
    peer: Option<Peer>,
    parts: Parts,
    /// The device gave the code that was given to it. Looked at only where it must.
    is_authenticated: bool,
    /// The number of the last command.
    serial: u16,
}

impl Jt808 {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            framer: Framer::new(),
            peer: None,
            parts: Parts::default(),
            is_authenticated: false,
            serial: 0,
        }
    }

    /// Whether what the header says of its sender is to be believed.
    fn is_believed(&self, message: &Message<'_>) -> bool {
        message.is_sound()
            || (!message.is_doubtful() && self.peer.is_none_or(|known| known.phone == message.peer.phone))
    }

    fn read_line(&mut self, words: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        let text = super::text::decode(words, context.limits.text_bytes_max);
        match line::time(&text, context.now) {
            Some(time) => said.at_once.extend(time),
            None => said.answer(Some(Awaited::LINE), reply::of_text(&text)),
        }
    }

    fn read_message(&mut self, message: &Message<'_>, context: &Context<'_>, said: &mut Said<Awaited>) {
        if !self.is_believed(message) {
            let Message { found, computed, .. } = *message;
            let offset = message.body_at + message.body.len();
            said.bad(offset, Reject::Checksum { found: found.into(), computed: computed.into() });
            return;
        }
        let sum_at = message.body_at + message.body.len() + 1;
        let (found, computed) = (message.found.into(), message.computed.into());
        if !said.checksum(found, computed, sum_at, ChecksumPolicy::Warn, context.settings) || context.device.is_none() {
            return;
        }
        self.peer = Some(message.peer);
        if message.is_encrypted {
            said.bad(2, Reject::Field { name: "encryption", fault: FieldFault::OutOfRange });
            let verdict = Verdict::NotSupported;
            said.at_once.extend(answer::general(&message.peer, message.id, message.serial, verdict));
            return;
        }
        let strict = context.settings.strict_login == Some(true);
        if strict && !self.is_authenticated && !message::is_open_to_all(message.id) {
            said.bad(0, Reject::NotIdentified);
            said.close();
            return;
        }
        let whole = match message.part.filter(|part| part.total != 1) {
            None => None,
            Some(part) => {
                let key = (message.id, message.serial, part);
                match self.parts.take(key, message.body, context.limits, context.now) {
                    Ok(Some(whole)) => Some(whole),
                    Ok(None) => return,
                    Err(refused) => return part_refused(message, refused, context.limits, said),
                }
            }
        };
        let serials = [message.serial];
        let incoming = Incoming {
            peer: &message.peer,
            id: message.id,
            serials: whole.as_ref().map_or(&serials, |whole| &whole.serials),
            wants_answer: message.wants_answer,
            body: whole.as_ref().map_or(message.body, |whole| &whole.body),
            body_at: message.body_at + 1,
        };
        if message::read(&incoming, context, said) {
            self.is_authenticated = true;
        }
    }
}

/// A part that is not kept. The device is told, so that it goes on with what else it has; a picture in more parts than
/// are taken is no reason to end the connection, or it would never get beyond it.
fn part_refused(message: &Message<'_>, refused: PartRefused, limits: &Limits, said: &mut Said<Awaited>) {
    let out_of_range = Reject::Field { name: "part", fault: FieldFault::OutOfRange };
    let (reason, verdict) = match refused {
        PartRefused::NoSuchPart => (out_of_range, Verdict::Wrong),
        PartRefused::TooMany => (out_of_range, Verdict::NotSupported),
        PartRefused::TooLarge => (Reject::TooLarge { bytes_max: limits.jt808_parts_bytes_max }, Verdict::NotSupported),
    };
    said.fault(message.body_at, reason);
    said.at_once.extend(answer::general(&message.peer, message.id, message.serial, verdict));
}

impl Codec for Jt808 {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        self.framer.front(bytes, limits)
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        let names = match frame::line(frame) {
            // Lines of a device that is known are its own, whatever form of its name they have.
            Some(_) if self.peer.is_some() => return Claim::None,
            Some(words) => line::device(words),
            None => {
                let Some((dialect, sent)) = frame::content(frame) else { return Claim::Bad };
                let content = dialect.unescape(sent);
                match Message::read(dialect, &content) {
                    // The device that was accepted: nothing is to be looked up, nothing to be made.
                    Ok(message) if self.peer.is_some_and(|known| known.phone == message.peer.phone) => {
                        return if message.is_doubtful() { Claim::Anyone } else { Claim::None };
                    }
                    Ok(message) if self.is_believed(&message) => message.peer.phone.names(),
                    // It is read to be told what is wrong with it.
                    _ => return Claim::Anyone,
                }
            }
        };
        match names {
            None => Claim::Bad,
            Some((device, None)) => Claim::Device(device),
            Some((device, Some(other))) => Claim::Either(device, other),
        }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if let Some(words) = frame::line(frame) {
            return self.read_line(words, context, said);
        }
        let Some((dialect, sent)) = frame::content(frame) else { return said.bad(0, Reject::Truncated) };
        let content = dialect.unescape(sent);
        match Message::read(dialect, &content) {
            Ok(message) => self.read_message(&message, context, said),
            Err(_) => said.bad(content.len(), Reject::Truncated),
        }
    }

    fn refusal(&mut self, frame: &[u8]) -> Vec<u8> {
        let Some((dialect, sent)) = frame::content(frame) else { return Vec::new() };
        match Message::read(dialect, &dialect.unescape(sent)) {
            Ok(message) if message.id == REGISTER => answer::not_registered(&message.peer, message.serial),
            _ => Vec::new(),
        }
    }

    fn forget(&mut self) {
        self.peer = None;
        self.parts = Parts::default();
        self.is_authenticated = false;
    }

    fn has_begun(&self, held: &[u8]) -> bool {
        Framer::has_begun(held)
    }

    fn tick(&mut self, now: Timestamp) {
        self.parts.tick(now, &self.limits);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.parts.next_deadline(&self.limits)
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let peer = match self.peer {
            Some(peer) => peer,
            None => context.device.and_then(Peer::of).ok_or(OrderRefused::NoSuchCommand)?,
        };
        // No command has the number 0.
        let serial = self.serial.checked_add(1).unwrap_or(1);
        let encoded = command::encode(order, &peer, serial, context)?;
        self.serial = serial;
        Ok(encoded)
    }

    fn answers(&self, awaited: &Awaited, key: &Awaited) -> bool {
        awaited.is_answered_by(key)
    }
}
