//! The conversation with one Ruptela device.

use model::{CommandReply, DeviceId, Order, Timestamp};

use super::command::{self, Awaited};
use super::frame::{Front, Packet, around, front};
use super::record::{Layout, decode};
use super::text::fault_codes;
use crate::Limits;
use crate::noise::Noise;
use crate::orders::Orders;
use crate::replies::Replies;
use crate::session::{
    ChecksumPolicy, DeviceSettings, Identified, OrderId, OrderRefused, Output, Progress, Reject, Stored, Ticket,
};
use crate::stream::{Flow, Machine};

const YES: u8 = 1;
const NO: u8 = 0;

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

enum Identity {
    Unknown,
    /// The host is asked because of a packet with this command, which is then read again.
    Asked {
        imei: u64,
        command: u8,
    },
    Known {
        imei: u64,
        settings: DeviceSettings,
    },
}

pub(super) struct Ruptela {
    limits: Limits,
    identity: Identity,
    /// Answers not yet sent; an upload's is the command that it came with.
    replies: Replies<Awaiting>,
    noise: Noise,
    bad_frames_in_a_row: u32,
    frames: u64,
    orders: Orders<Awaited>,
    /// An order to tell levels was given up; its answer may still come.
    owes_levels: bool,
}

/// What an upload is answered with once it is stored.
struct Awaiting {
    command: u8,
    /// Part of the packet could not be read, so the device is to keep it.
    is_broken: bool,
}

/// The answer to a packet with this command; `None` where devices expect none.
fn answer(command: u8, word: u8) -> Option<Vec<u8>> {
    let answer = match command {
        says::RECORDS | says::EXTENDED_RECORDS => 100,
        says::FAULT_CODES | says::IDENTIFICATION | says::HEARTBEAT | says::DYNAMIC_IDENTIFICATION => command + 100,
        _ => return None,
    };
    Some(around(answer, &[word]))
}

impl Ruptela {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            identity: Identity::Unknown,
            replies: Replies::new(),
            noise: Noise::new(limits.noise_bytes_max),
            bad_frames_in_a_row: 0,
            frames: 0,
            orders: Orders::new(limits.command_reply_ms_max),
            owes_levels: false,
        }
    }

    fn on_noise(&mut self, seen: &[u8], out: &mut Vec<Output>) {
        if !matches!(self.identity, Identity::Known { .. }) {
            // Whoever does not begin with a packet is no device of ours.
            out.push(Output::reject(seen, Reject::BadIdentity));
            self.replies.close(out);
        } else if self.noise.is_too_much(seen[0], out) {
            self.replies.close(out);
        }
    }

    /// Takes a whole packet; whether it is used up. It is not while the host is asked who it is from.
    fn on_packet(&mut self, bytes: &[u8], packet: &Packet<'_>, out: &mut Vec<Output>) -> bool {
        self.noise.end(out);
        if packet.found != packet.computed {
            let reason = Reject::Checksum { found: packet.found.into(), computed: packet.computed.into() };
            let is_forgiven = match &self.identity {
                // The number of the device may be what is wrong.
                Identity::Known { imei, settings } => {
                    *imei == packet.imei && settings.checksum == Some(ChecksumPolicy::Warn)
                }
                _ => false,
            };
            if !is_forgiven {
                self.bad_packet(bytes, reason, out);
                return true;
            }
            out.push(Output::reject(bytes, reason));
        }
        match &self.identity {
            Identity::Known { imei, .. } if *imei == packet.imei => {
                self.on_command(bytes, packet, out);
                true
            }
            _ => self.ask(bytes, packet, out),
        }
    }

    /// Asks the host who this packet is from; whether the packet is used up.
    fn ask(&mut self, bytes: &[u8], packet: &Packet<'_>, out: &mut Vec<Output>) -> bool {
        // Numbers have lost their leading zeros.
        let Some(id) = DeviceId::new(&format!("{:015}", packet.imei)) else {
            self.bad_packet(bytes, Reject::BadIdentity, out);
            return true;
        };
        out.push(Output::Identify(id));
        self.identity = Identity::Asked { imei: packet.imei, command: packet.command };
        false
    }

    fn on_command(&mut self, bytes: &[u8], packet: &Packet<'_>, out: &mut Vec<Output>) {
        match packet.command {
            command @ (says::RECORDS | says::EXTENDED_RECORDS) => {
                let layout = Layout { is_extended: command == says::EXTENDED_RECORDS };
                let batch = decode(packet.payload, layout, &self.limits);
                self.on_reports(bytes, command, batch.reports, batch.is_complete, out);
            }
            says::FAULT_CODES => match fault_codes(packet.payload) {
                Ok(reports) => self.on_reports(bytes, says::FAULT_CODES, reports, true, out),
                Err(_) => self.on_reports(bytes, says::FAULT_CODES, Vec::new(), false, out),
            },
            says::CONFIGURATION | says::VERSION | says::FIRMWARE | says::TEXT => {
                self.good_packet(out);
                self.on_words(command::words(packet.payload, &self.limits), out);
            }
            says::OUTPUT_SET => {
                self.good_packet(out);
                self.on_result(packet.payload.first().copied(), out);
            }
            command @ (says::IDENTIFICATION | says::HEARTBEAT | says::DYNAMIC_IDENTIFICATION) => {
                self.good_packet(out);
                if let Some(bytes) = answer(command, YES) {
                    self.replies.ready(bytes, out);
                }
            }
            says::FILES => self.good_packet(out),
            unknown => self.bad_packet(bytes, Reject::UnknownKind(unknown), out),
        }
    }

    fn on_reports(
        &mut self,
        bytes: &[u8],
        command: u8,
        reports: Vec<model::Report>,
        is_complete: bool,
        out: &mut Vec<Output>,
    ) {
        if is_complete {
            self.bad_frames_in_a_row = 0;
            self.noise.forgive();
        } else {
            out.push(Output::reject(bytes, Reject::Truncated));
        }
        if reports.is_empty() {
            out.push(Output::Contact);
            let word = if is_complete { YES } else { NO };
            if let Some(bytes) = answer(command, word) {
                self.replies.ready(bytes, out);
            }
        } else {
            let ticket = self.replies.wait(Awaiting { command, is_broken: !is_complete });
            out.push(Output::Upload { ticket, reports });
        }
        if !is_complete {
            self.count_bad_packet(out);
        }
    }

    fn on_words(&mut self, reply: CommandReply, out: &mut Vec<Output>) {
        let tells_levels = !reply.lines.is_empty();
        let is_awaited = match self.orders.under_way() {
            None | Some(Awaited::Result | Awaited::Nothing) => false,
            Some(Awaited::Levels) => tells_levels,
            Some(Awaited::Words) => !(tells_levels && self.owes_levels),
        };
        // Answers come in the order of commands: the first levels settle what is owed.
        self.owes_levels &= !tells_levels;
        if is_awaited {
            self.orders.replied(reply, out);
        } else {
            out.push(Output::Unasked(reply));
        }
    }

    fn on_result(&mut self, code: Option<u8>, out: &mut Vec<Output>) {
        let text = code.map(|code| code.to_string()).unwrap_or_default();
        if self.orders.under_way() != Some(&Awaited::Result) {
            out.push(Output::Unasked(CommandReply { text, lines: Vec::new() }));
        } else if code == Some(0) {
            self.orders.replied(CommandReply { text, lines: Vec::new() }, out);
        } else {
            self.orders.end(Progress::Refused(text), out);
        }
    }

    fn good_packet(&mut self, out: &mut Vec<Output>) {
        self.bad_frames_in_a_row = 0;
        self.noise.forgive();
        out.push(Output::Contact);
    }

    fn bad_packet(&mut self, packet: &[u8], reason: Reject, out: &mut Vec<Output>) {
        out.push(Output::reject(packet, reason));
        self.count_bad_packet(out);
    }

    fn count_bad_packet(&mut self, out: &mut Vec<Output>) {
        self.bad_frames_in_a_row += 1;
        if self.bad_frames_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.replies.close(out);
        }
    }
}

impl Machine for Ruptela {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        match front(bytes, &self.limits) {
            Front::More => 0,
            Front::Noise { seen } => {
                self.on_noise(&bytes[..seen], out);
                1
            }
            Front::Packet { bytes: n } => {
                let whole = &bytes[..n];
                let is_used = Packet::of(whole).is_none_or(|packet| self.on_packet(whole, &packet, out));
                if is_used {
                    self.frames += 1;
                    n
                } else {
                    0
                }
            }
        }
    }

    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        let imei = device.as_str().parse().unwrap_or_default();
        self.identity = Identity::Known { imei, settings };
    }

    fn identified(&mut self, given: Identified, out: &mut Vec<Output>) {
        let Identity::Asked { imei, command } = self.identity else { return };
        match given {
            Identified::Accepted(settings) => self.identity = Identity::Known { imei, settings },
            Identified::Refused => {
                self.identity = Identity::Unknown;
                if let Some(bytes) = answer(command, NO) {
                    self.replies.ready(bytes, out);
                }
                self.replies.close(out);
            }
        }
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        let word = |upload: Awaiting| {
            let word = if outcome == Stored::Ok && !upload.is_broken { YES } else { NO };
            answer(upload.command, word).unwrap_or_default()
        };
        self.replies.settle(ticket, word, out);
    }

    fn order(&mut self, now: Timestamp, id: OrderId, order: &Order, out: &mut Vec<Output>) -> Result<(), OrderRefused> {
        let Identity::Known { settings, .. } = &self.identity else { return Err(OrderRefused::NotIdentified) };
        self.orders.check_free()?;
        let (bytes, awaited) = command::encode(order, settings.password.as_deref(), &self.limits)?;
        let awaits_reply = awaited != Awaited::Nothing;
        if awaits_reply {
            self.orders.begin(now, id, awaited)?;
        }
        out.push(Output::Reply(bytes));
        out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply } });
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.orders.tick(now, out) == Some(Awaited::Levels) {
            self.owes_levels = true;
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.orders.next_deadline()
    }

    fn flow(&self) -> Flow {
        if self.replies.is_closing() {
            Flow::Closed
        } else if matches!(self.identity, Identity::Asked { .. })
            || self.replies.len() >= self.limits.uploads_in_flight_max
        {
            Flow::Waiting
        } else {
            Flow::Open
        }
    }

    fn abort(&mut self, held: &[u8], reason: Reject, out: &mut Vec<Output>) {
        self.noise.end(out);
        out.push(Output::reject(held, reason));
        self.replies.close(out);
    }

    fn is_mid_frame(&self) -> bool {
        false
    }

    fn frames(&self) -> u64 {
        self.frames
    }
}
