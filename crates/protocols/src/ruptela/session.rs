//! The conversation with one Ruptela device. Every packet names it, so the same holds for datagrams.

use model::{CommandReply, DeviceId, Order};

use super::command::{self, Awaited};
use super::frame::{Packet, around, begins_within, front, front_after_noise};
use super::record::{Layout, decode};
use super::text::{fault_codes, kept};
use crate::Limits;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, FieldFault, OrderRefused, Reject};

const YES: u8 = 1;
const NO: u8 = 0;
/// Where the command stands in a packet.
const COMMAND_AT: usize = 10;
/// Where what a command carries begins.
const PAYLOAD_AT: usize = COMMAND_AT + 1;

/// What a device says, by its command byte.
mod says {
    pub(super) const RECORDS: u8 = 1;
    pub(super) const CONFIGURATION: u8 = 2;
    pub(super) const VERSION: u8 = 3;
    pub(super) const FIRMWARE: u8 = 4;
    pub(super) const TEXT: u8 = 7;
    pub(super) const FAULT_CODES: u8 = 9;
    pub(super) const IDENTIFICATION: u8 = 15;
    pub(super) const HEARTBEAT: u8 = 16;
    pub(super) const OUTPUT_SET: u8 = 17;
    pub(super) const DYNAMIC_IDENTIFICATION: u8 = 18;
    pub(super) const FILES: u8 = 37;
    pub(super) const EXTENDED_RECORDS: u8 = 68;
}

/// The answer to a packet with this command; nothing where devices expect none.
fn answer(command: u8, word: u8) -> Vec<u8> {
    let answer = match command {
        says::RECORDS | says::EXTENDED_RECORDS => 100,
        says::FAULT_CODES | says::IDENTIFICATION | says::HEARTBEAT | says::DYNAMIC_IDENTIFICATION => command + 100,
        _ => return Vec::new(),
    };
    around(answer, &[word])
}

/// Numbers have lost their leading zeros.
fn device(imei: u64) -> Option<DeviceId> {
    DeviceId::new(&format!("{imei:015}"))
}

#[derive(Default)]
pub(super) struct Ruptela {
    /// The number of the device that spoke last, and its name.
    last: Option<(u64, DeviceId)>,
    /// The last bytes began no packet.
    is_noisy: bool,
    /// Length and checksum of a packet that could not all be read.
    broken: Option<(usize, u16)>,
    /// An order to tell levels was given up; its answer may still come.
    owes_levels: bool,
}

impl Codec for Ruptela {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        let front = match self.is_noisy {
            true => front_after_noise(bytes, self.last.as_ref().map(|(imei, _)| *imei), limits),
            false => front(bytes, limits),
        };
        self.is_noisy = match front {
            Front::Noise(_) => true,
            Front::Frame(_) => false,
            Front::More | Front::Skip(_) | Front::Alive(_) => self.is_noisy,
        };
        front
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        let Some(packet) = Packet::of(frame) else { return Claim::Bad };
        if packet.found != packet.computed {
            // The number of the device may be what is wrong.
            return Claim::Anyone;
        }
        if let Some((_, id)) = self.last.as_ref().filter(|(imei, _)| *imei == packet.imei) {
            return Claim::Device(id.clone());
        }
        let Some(id) = device(packet.imei) else { return Claim::Bad };
        self.last = Some((packet.imei, id.clone()));
        Claim::Device(id)
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        let Some(packet) = Packet::of(frame) else { return };
        let is_its_own = context.device.is_some() && context.device == device(packet.imei).as_ref();
        let (found, computed, at) = (u32::from(packet.found), u32::from(packet.computed), frame.len() - 2);
        if packet.found != packet.computed && !is_its_own {
            said.bad(at, Reject::Checksum { found, computed });
        } else if said.checksum(found, computed, at, ChecksumPolicy::Enforce, context.settings) {
            self.on_command(&packet, context.limits, said);
            return;
        }
        let next = begins_within(frame, self.last.as_ref().map(|(imei, _)| *imei), context.limits);
        next.into_iter().for_each(|next| said.resume_at(next));
    }

    fn refusal(&mut self, frame: &[u8]) -> Vec<u8> {
        frame.get(COMMAND_AT).map(|command| answer(*command, NO)).unwrap_or_default()
    }

    fn forget(&mut self) {
        self.broken = None;
        self.owes_levels = false;
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let (bytes, awaits) = command::encode(order, context.settings.password.as_deref(), context.limits)?;
        Ok(Encoded { bytes, awaits })
    }

    fn answers(&self, awaited: &Awaited, came: &Awaited) -> bool {
        awaited.is_answered_by(*came)
    }

    fn gave_up(&mut self, awaited: Awaited) {
        self.owes_levels |= awaited == Awaited::Levels;
    }
}

impl Ruptela {
    fn on_command(&mut self, packet: &Packet<'_>, limits: &Limits, said: &mut Said<Awaited>) {
        match packet.command {
            command @ (says::RECORDS | says::EXTENDED_RECORDS) => {
                let layout = Layout { is_extended: command == says::EXTENDED_RECORDS };
                let batch = decode(packet.payload, layout, limits);
                said.reports = batch.reports;
                self.on_reports(packet, batch.broken_at, said);
                if let Some(at) = batch.left_at {
                    said.fault(PAYLOAD_AT + at, Reject::Field { name: "record_count", fault: FieldFault::OutOfRange });
                }
            }
            says::FAULT_CODES => {
                let (reports, broken_at) = fault_codes(packet.payload);
                said.reports = reports;
                self.on_reports(packet, broken_at, said);
            }
            says::CONFIGURATION | says::VERSION | says::FIRMWARE | says::TEXT => {
                self.on_words(command::words(packet.payload, limits), said);
            }
            says::OUTPUT_SET => on_result(packet.payload.first().copied(), said),
            command @ (says::IDENTIFICATION | says::HEARTBEAT | says::DYNAMIC_IDENTIFICATION) => {
                // The connection begins with it: the device waits for the answer before it sends its records.
                said.at_once = answer(command, YES);
                let name = match command {
                    says::IDENTIFICATION => "ruptela_identification",
                    says::HEARTBEAT => "ruptela_heartbeat",
                    _ => "ruptela_dynamic_identification",
                };
                said.reports.extend(kept(name, packet.payload, limits.text_bytes_max));
            }
            says::FILES => said.reports.extend(kept("ruptela_file", packet.payload, limits.text_bytes_max)),
            unknown => said.bad(COMMAND_AT, Reject::UnknownKind(unknown)),
        }
    }

    /// Answers the reports of a packet once they are stored.
    fn on_reports(&mut self, packet: &Packet<'_>, broken_at: Option<usize>, said: &mut Said<Awaited>) {
        let mut word = YES;
        if let Some(at) = broken_at {
            // The device keeps what it is told no to, and sends it again. When the same bytes come again, that would
            // not help: it may forget them.
            let mark = (packet.payload.len(), packet.computed);
            if self.broken.replace(mark) != Some(mark) {
                word = NO;
            }
            match said.reports.is_empty() {
                true => said.bad(PAYLOAD_AT + at, Reject::Truncated),
                false => said.fault(PAYLOAD_AT + at, Reject::Truncated),
            }
        }
        said.when_stored = answer(packet.command, word);
        said.when_failed = answer(packet.command, NO);
    }

    fn on_words(&mut self, reply: CommandReply, said: &mut Said<Awaited>) {
        let tells_levels = !reply.lines.is_empty();
        let came = Awaited::CameWords { tells_levels, are_owed: self.owes_levels };
        // Answers come in the order of commands: the first levels settle what is owed.
        self.owes_levels &= !tells_levels;
        said.answer(Some(came), reply);
    }
}

fn on_result(code: Option<u8>, said: &mut Said<Awaited>) {
    let text = code.map(|code| code.to_string()).unwrap_or_default();
    match code {
        Some(0) => said.answer(Some(Awaited::CameResult), CommandReply { text, lines: Vec::new() }),
        _ => said.refuse(Some(Awaited::CameResult), text),
    }
}
