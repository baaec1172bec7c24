//! The conversation with one Meitrack device.

use model::{CommandReply, DeviceId, Order};

use super::command::{Awaited, Sent, encode};
use super::frame::{self, Message, around};
use super::sighting::Reading;
use super::text::Odd;
use super::{list, tagged, text};
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, FieldFault, OrderRefused, Reject};
use crate::{Limits, bytes, levels};

/// The two digits of the checksum and the end of the line.
const CHECKSUM_FROM_END: usize = 4;

/// What is remembered from message to message.
pub(super) struct Meitrack {
    /// Counts commands in letters.
    flag: u8,
}

impl Default for Meitrack {
    fn default() -> Self {
        Self { flag: b'A' }
    }
}

impl Codec for Meitrack {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        match frame::front(bytes, limits) {
            frame::Front::More => Front::More,
            frame::Front::Message { bytes } => Front::Frame(bytes),
            frame::Front::Noise { .. } => Front::Noise(1),
        }
    }

    fn claim(&mut self, bytes: &[u8], _limits: &Limits) -> Claim {
        let named = Message::of(bytes).filter(|message| message.device.bytes().all(|b| b.is_ascii_digit()));
        named.and_then(|message| DeviceId::new(message.device)).map_or(Claim::Bad, Claim::Device)
    }

    fn read(&mut self, bytes: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        let Some(message) = Message::of(bytes) else { return said.bad(0, Reject::Truncated) };
        let (found, computed) = (message.found.map_or(u32::MAX, u32::from), message.computed.into());
        let at = bytes.len() - CHECKSUM_FROM_END;
        // Some get it wrong, and the rest is right.
        if !said.checksum(found, computed, at, ChecksumPolicy::Warn, context.settings) {
            return;
        }
        let reading = Reading::of(context.settings, context.limits.text_bytes_max);
        let is_whole = match message.command {
            "CCC" => {
                let (reports, count, is_whole) = list::read(message.payload, &reading);
                said.reports = reports;
                // Also for one that is broken: it would be no better the next time.
                said.when_stored = around(message.flag, message.device, &format!("CCC,{count}"));
                is_whole
            }
            "CCE" => {
                let (reports, is_whole) = tagged::read(message.payload, &reading);
                said.reports = reports;
                is_whole
            }
            "AAC" => {
                said.at_once = around(b'z', message.device, "AAC,1");
                true
            }
            // Pieces of pictures and lists of them.
            "D00" | "D01" => true,
            name => {
                // What follows the payload is the mark and what stands after it.
                let at = bytes.len() - (CHECKSUM_FROM_END + 1) - message.payload.len();
                answer(name, message.payload, at, &reading, said)
            }
        };
        match (is_whole, said.reports.is_empty()) {
            (true, _) => {}
            (false, true) => {
                // What came over whole comes again and again until it is acknowledged. It is kept as rejected.
                if found != computed {
                    said.when_stored = Vec::new();
                }
                said.bad(0, Reject::Truncated);
            }
            (false, false) => said.fault(bytes.len() - CHECKSUM_FROM_END, Reject::Truncated),
        }
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let Some(device) = context.device else { return Err(OrderRefused::NotIdentified) };
        match encode(order, context.limits)? {
            Sent::Bytes(bytes) => Ok(Encoded { bytes: bytes.to_vec(), awaits: None }),
            Sent::Content(content, awaited) => {
                let flag = self.flag;
                self.flag = if flag == b'z' { b'A' } else { flag + 1 };
                Ok(Encoded { bytes: around(flag, device.as_str(), &content), awaits: Some(awaited) })
            }
        }
    }

    fn answers(&self, awaited: &Awaited, key: &Awaited) -> bool {
        awaited.name.eq_ignore_ascii_case(&key.name) && (!awaited.levels || key.levels)
    }
}

/// A position, or a device's answer to a command, or both at once. The payload begins `at` bytes into the message.
/// Whether it is something.
fn answer(name: &str, payload: &[u8], at: usize, reading: &Reading, said: &mut Said<Awaited>) -> bool {
    /// Positions come unasked under a name that no command has.
    const POSITION: &str = "AAA";
    let (report, odd) = text::read(payload, reading, name == POSITION);
    for Odd { at: within, name } in odd {
        said.fault(at + within, Reject::Field { name, fault: FieldFault::WrongType });
    }
    if name == POSITION {
        let is_something = report.is_some();
        said.reports.extend(report);
        return is_something;
    }
    let lines = report.as_ref().map(levels::of).unwrap_or_default();
    let key = Some(Awaited { name: name.to_owned(), levels: !lines.is_empty() });
    let reply = CommandReply { text: bytes::text(payload, reading.text_bytes_max), lines };
    match report {
        Some(report) => {
            said.reports.push(report);
            said.answer_if_asked(key, reply);
        }
        None => said.answer(key, reply),
    }
    true
}
