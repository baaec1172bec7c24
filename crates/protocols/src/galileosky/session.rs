//! The conversation with one Galileosky device.

use model::{Command, DeviceId, Order};

use super::frame::{CONTENT_AT, MAIN, Packet, front};
use super::record::{Content, read};
use super::{command, iridium, tags};
use crate::Limits;
use crate::framed::{Claim, Codec, Context, Encoded, Front, Said};
use crate::session::{ChecksumPolicy, OrderRefused, Reject};

pub(super) struct Galileosky {
    /// The number that the device goes by, beside its IMEI; commands repeat it.
    device_number: u16,
    last_command: u32,
    /// How much of what is at the front was there when it was looked at before.
    seen: usize,
}

impl Galileosky {
    pub(super) fn new() -> Self {
        Self { device_number: 0, last_command: 0, seen: 0 }
    }

    /// Takes what tags say; `at` is where in the frame they begin.
    fn on_content(&mut self, content: Content, at: usize, context: &Context<'_>, said: &mut Said<u32>) {
        if let Some(number) = content.device_number {
            self.device_number = number;
        }
        for (number, words) in &content.replies {
            said.answer(*number, command::reply(words, context.limits.text_bytes_max));
        }
        if let Some((offset, reason)) = &content.broken {
            // The rest of the packet is lost, and would be as often as it is sent again.
            said.fault(at + offset, reason.clone());
        }
        said.reports = content.reports();
    }
}

/// The device that a frame names.
fn device(frame: &[u8]) -> Claim {
    let imei = if iridium::is_message(frame) {
        iridium::imei(frame)
    } else {
        match Packet::of(frame) {
            // What is damaged names nobody.
            Some(packet) if packet.found != packet.computed => return Claim::Anyone,
            Some(packet) if packet.header == MAIN => tags::imei(packet.content),
            _ => None,
        }
    };
    let Some(imei) = imei else { return Claim::None };
    let digits = std::str::from_utf8(imei).ok().map(|imei| imei.trim_matches(['\0', ' ']));
    let id = digits.filter(|imei| imei.bytes().all(|b| b.is_ascii_digit())).and_then(DeviceId::new);
    id.map_or(Claim::Bad, Claim::Device)
}

impl Codec for Galileosky {
    type Awaited = u32;

    fn front(&mut self, bytes: &[u8], _limits: &Limits) -> Front {
        let front = front(bytes, self.seen);
        self.seen = if front == Front::More { bytes.len() } else { 0 };
        front
    }

    fn claim(&mut self, frame: &[u8], _limits: &Limits) -> Claim {
        device(frame)
    }

    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<u32>) {
        let max = context.limits.text_bytes_max;
        if iridium::is_message(frame) {
            // It came through a gateway that waits for no answer.
            return self.on_content(iridium::elements(frame, max), 0, context, said);
        }
        let Some(packet) = Packet::of(frame) else { return said.bad(0, Reject::Truncated) };
        let (found, computed) = (u32::from(packet.found), u32::from(packet.computed));
        let checksum_at = frame.len() - 2;
        if !said.checksum(found, computed, checksum_at, ChecksumPolicy::Enforce, context.settings) {
            return;
        }
        said.when_stored = packet.answer();
        if packet.header == MAIN {
            self.on_content(read(packet.content, max), CONTENT_AT, context, said);
        } else {
            // Not read, and acknowledged all the same: the device would send it for ever.
            said.fault(0, Reject::UnknownKind(packet.header));
        }
    }

    fn forget(&mut self) {
        self.device_number = 0;
    }

    fn encode(&mut self, order: &Order, context: &Context<'_>) -> Result<Encoded<u32>, OrderRefused> {
        if let Order::Do(Command::Bytes(bytes)) = order {
            let fits = bytes.len() <= context.limits.command_bytes_max;
            return fits.then(|| Encoded { bytes: bytes.clone(), awaits: None }).ok_or(OrderRefused::TooLong);
        }
        let device = context.device.ok_or(OrderRefused::NotIdentified)?;
        let words = command::words(order)?;
        self.last_command = self.last_command.wrapping_add(1);
        let number = self.last_command;
        let bytes = command::packet(device, self.device_number, number, &words);
        Ok(Encoded { bytes, awaits: Some(number) })
    }

    fn answers(&self, awaited: &u32, key: &u32) -> bool {
        awaited == key
    }
}
