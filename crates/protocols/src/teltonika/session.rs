//! The conversation with one Teltonika device over TCP.

use model::{CommandReply, DeviceId, Order};

use super::camera::Camera;
use super::command::{self, Awaited};
use super::elements::Reading;
use super::frame::{Belief, HEADER_BYTES, LOGIN_HEADER_BYTES, begins_within, data_and_checksum, front};
use super::record::{Layout, Packet, decode};
use super::{old, serial};
use crate::checksum::ARC;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, OrderRefused, Reject};
use crate::{DeviceSettings, Limits};

const LOGIN_ACCEPTED: u8 = 1;
const LOGIN_REFUSED: u8 = 0;
/// Says that nothing of a packet was stored.
const NONE_STORED: [u8; 4] = 0u32.to_be_bytes();

/// What a frame's data is, by its first byte.
pub(super) enum Kind {
    Records(Layout),
    OldRecords,
    Text,
    Unknown,
}

impl Kind {
    pub(super) fn of(codec: u8) -> Self {
        match codec {
            0x07 => Self::OldRecords,
            0x08 => Self::Records(Layout::CODEC_8),
            0x8E => Self::Records(Layout::CODEC_8_EXTENDED),
            0x10 => Self::Records(Layout::CODEC_16),
            0x0C..=0x0F => Self::Text,
            _ => Self::Unknown,
        }
    }
}

/// The records of a packet; `None` if it is of a codec that has none.
pub(super) fn records(data: &[u8], settings: &DeviceSettings, limits: &Limits) -> Option<Packet> {
    match Kind::of(*data.first()?) {
        Kind::Records(layout) => Some(decode(data, layout, &Reading::of(settings, limits))),
        Kind::OldRecords => Some(old::decode(data, limits.text_bytes_max)),
        Kind::Text | Kind::Unknown => None,
    }
}

#[derive(Default)]
pub(super) struct Teltonika {
    /// What came last was noise.
    is_in_noise: bool,
    /// What the bytes of the frame that is being read give, worked out when it was asked whom it is from.
    computed: u32,
    /// Length and checksum of a packet that could not all be read.
    broken: Option<(usize, u32)>,
    /// An order to tell levels was given up; its answer may still come.
    owes_levels: bool,
    camera: Camera,
}

fn is_login(frame: &[u8]) -> bool {
    !frame.starts_with(&[0, 0])
}

impl Codec for Teltonika {
    type Awaited = Awaited;

    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front {
        let belief = if self.is_in_noise { Belief::Doubtful } else { Belief::Expected };
        let found = front(bytes, belief, limits);
        self.is_in_noise |= matches!(found, Front::Noise(_));
        found
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        self.is_in_noise = false;
        if is_login(frame) {
            let id = frame.get(LOGIN_HEADER_BYTES..).and_then(|id| std::str::from_utf8(id).ok());
            return id.and_then(DeviceId::new).map_or(Claim::Bad, Claim::Device);
        }
        let Some((data, found)) = data_and_checksum(frame) else { return Claim::Bad };
        self.computed = u32::from(ARC.checksum(data));
        // Noise may look like data; that is no reason to hang up on whoever has not logged in yet.
        if self.computed == found { Claim::None } else { Claim::Anyone }
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Awaited>) {
        if is_login(frame) {
            said.at_once.push(LOGIN_ACCEPTED);
            said.login();
            return;
        }
        let Some((data, found)) = data_and_checksum(frame) else { return };
        let at = frame.len() - size_of::<u32>();
        let is_good = said.checksum(found, self.computed, at, ChecksumPolicy::Enforce, context.settings);
        let (true, Some(device)) = (is_good, context.device) else {
            self.is_in_noise = true;
            if let Some(next) = begins_within(frame, context.limits) {
                said.resume_at(next);
                self.is_in_noise = false;
            }
            if context.device.is_some() {
                said.at_once.extend(NONE_STORED);
            }
            return;
        };
        if let Some(packet) = records(data, context.settings, context.limits) {
            self.on_packet(packet, (data.len(), found), said);
        } else if matches!(Kind::of(data[0]), Kind::Text) {
            self.on_text(data, device, context, said);
        } else {
            said.bad(HEADER_BYTES, Reject::UnknownKind(data[0]));
            said.at_once.extend(NONE_STORED);
        }
    }

    fn refusal(&mut self, frame: &[u8]) -> Vec<u8> {
        if is_login(frame) { vec![LOGIN_REFUSED] } else { Vec::new() }
    }

    fn forget(&mut self) {
        *self = Self::default();
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<Awaited>, OrderRefused> {
        let (bytes, awaited) = command::encode(order, context.limits)?;
        Ok(Encoded { bytes, awaits: Some(awaited) })
    }

    fn answers(&self, awaited: &Awaited, came: &Awaited) -> bool {
        awaited.is_answered_by(*came)
    }

    fn gave_up(&mut self, awaited: Awaited) {
        self.owes_levels |= awaited == Awaited::Levels;
    }
}

impl Teltonika {
    fn on_packet(&mut self, packet: Packet, mark: (usize, u32), said: &mut Said<Awaited>) {
        let mut stored = packet.reports.len() as u32;
        if let Some(at) = packet.broken_at {
            // A count other than the announced one makes the device send the packet again. When the same bytes come
            // again, sending them once more would not help: it may forget them.
            if self.broken.replace(mark) == Some(mark) {
                stored = packet.announced.into();
            }
            match packet.reports.is_empty() {
                true => said.bad(HEADER_BYTES + at, Reject::Truncated),
                false => said.fault(HEADER_BYTES + at, Reject::Truncated),
            }
        }
        said.reports = packet.reports;
        said.when_stored.extend(stored.to_be_bytes());
        said.when_failed.extend(NONE_STORED);
    }

    /// Devices expect no answer to what they say in these codecs.
    fn on_text(&mut self, data: &[u8], device: &DeviceId, context: &Context<'_>, said: &mut Said<Awaited>) {
        let limits = context.limits;
        let Ok(all) = command::decode(data, device, context.settings, limits) else {
            said.bad(HEADER_BYTES, Reject::Truncated);
            return;
        };
        for one in all {
            match one {
                command::Said::Reply(reply) => self.on_words(reply, true, said),
                command::Said::Text(reply) => self.on_words(reply, false, said),
                command::Said::Refused => said.refuse(None, String::new()),
                command::Said::OfAnother => said.fault(HEADER_BYTES, Reject::BadIdentity),
                command::Said::Serial(at, data) => said.reports.extend(serial::report(at, data, limits.text_bytes_max)),
                command::Said::Camera(content) => {
                    let outcome = self.camera.hear(content, limits);
                    said.at_once.extend(outcome.question.into_iter().flatten());
                    said.reports.extend(outcome.report);
                    outcome.fault.into_iter().for_each(|reason| said.fault(HEADER_BYTES, reason));
                }
            }
        }
    }

    fn on_words(&mut self, reply: CommandReply, is_reply: bool, said: &mut Said<Awaited>) {
        let tells_levels = !reply.lines.is_empty();
        let came = Awaited::Came { is_reply, tells_levels, are_owed: self.owes_levels };
        // Answers come in the order of commands: the first levels settle what is owed.
        self.owes_levels &= !tells_levels;
        said.answer(Some(came), reply);
    }
}
