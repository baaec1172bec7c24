//! The conversation with one Meitrack device.

use model::{CommandReply, DeviceId, Order, Report, Timestamp};

use super::command::{Awaited, Sent, encode};
use super::frame::{Front, Message, around, front};
use super::line::Line;
use super::{list, sighting, tagged, text};
use crate::Limits;
use crate::noise::Noise;
use crate::orders::Orders;
use crate::replies::Replies;
use crate::session::{
    ChecksumPolicy, DeviceSettings, Identified, OrderId, OrderRefused, Output, Progress, Reject, Stored, Ticket,
};
use crate::stream::{Flow, Machine};

enum Identity {
    Unknown,
    /// The host is asked because of a message, which is then read again.
    Asked(DeviceId),
    Known(DeviceId, DeviceSettings),
}

pub(super) struct Meitrack {
    limits: Limits,
    identity: Identity,
    /// Answers not yet sent.
    replies: Replies<Vec<u8>>,
    noise: Noise,
    bad_frames_in_a_row: u32,
    frames: u64,
    orders: Orders<Awaited>,
    /// Counts commands in letters.
    flag: u8,
}

impl Meitrack {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            identity: Identity::Unknown,
            replies: Replies::new(),
            noise: Noise::new(limits.noise_bytes_max),
            bad_frames_in_a_row: 0,
            frames: 0,
            orders: Orders::new(limits.command_reply_ms_max),
            flag: b'A',
        }
    }

    fn on_noise(&mut self, seen: &[u8], out: &mut Vec<Output>) {
        if !matches!(self.identity, Identity::Known(..)) {
            // Whoever does not begin with a message is no device of ours.
            out.push(Output::reject(seen, Reject::BadIdentity));
            self.replies.close(out);
        } else if self.noise.is_too_much(seen[0], out) {
            self.replies.close(out);
        }
    }

    /// Takes a whole message; whether it is used up. It is not while the host is asked who it is from.
    fn on_message(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> bool {
        self.noise.end(out);
        let Some(message) = Message::of(bytes) else {
            self.bad_message(bytes, Reject::Truncated, out);
            return true;
        };
        let settings = match &self.identity {
            Identity::Known(id, settings) if id.as_str() == message.device => settings.clone(),
            _ => return self.ask(bytes, &message, out),
        };
        if message.found != Some(message.computed) {
            let found = message.found.map_or(u32::MAX, u32::from);
            let reason = Reject::Checksum { found, computed: message.computed.into() };
            if settings.checksum == Some(ChecksumPolicy::Enforce) {
                self.bad_message(bytes, reason, out);
                return true;
            }
            // Some get it wrong, and the rest is right.
            out.push(Output::reject(bytes, reason));
        }
        self.on_command(bytes, &message, &settings, out);
        true
    }

    /// Asks the host who this message is from; whether it is used up.
    fn ask(&mut self, bytes: &[u8], message: &Message<'_>, out: &mut Vec<Output>) -> bool {
        let digits = Some(message.device).filter(|device| device.bytes().all(|b| b.is_ascii_digit()));
        let Some(id) = digits.and_then(DeviceId::new) else {
            self.bad_message(bytes, Reject::BadIdentity, out);
            return true;
        };
        out.push(Output::Identify(id.clone()));
        self.identity = Identity::Asked(id);
        false
    }

    fn on_command(&mut self, bytes: &[u8], message: &Message<'_>, settings: &DeviceSettings, out: &mut Vec<Output>) {
        let max = self.limits.text_bytes_max;
        match message.command {
            "CCC" => {
                let (reports, is_complete) = list::read(message.payload);
                let answer = around(message.flag, message.device, &format!("CCC,{}", reports.len()));
                self.on_reports(bytes, reports, is_complete, answer, out);
            }
            "CCE" => {
                let (reports, is_complete) = tagged::read(message.payload, max);
                self.on_reports(bytes, reports, is_complete, Vec::new(), out);
            }
            "AAC" => {
                self.good_message();
                out.push(Output::Contact);
                self.replies.ready(around(b'z', message.device, "AAC,1"), out);
            }
            // Pieces of pictures and lists of them.
            "D00" | "D01" | "D03" => {
                self.good_message();
                out.push(Output::Contact);
            }
            name => {
                let report = text::read(message.payload, Line::of(settings), max);
                let lines = report.as_ref().map(sighting::levels).unwrap_or_default();
                match report {
                    Some(report) => self.on_reports(bytes, vec![report], true, Vec::new(), out),
                    None => {
                        self.good_message();
                        out.push(Output::Contact);
                    }
                }
                // Positions come unasked as well, under a name that no command has.
                if name != "AAA" {
                    self.on_reply(name, CommandReply { text: crate::bytes::text(message.payload, max), lines }, out);
                }
            }
        }
    }

    fn on_reports(
        &mut self,
        bytes: &[u8],
        reports: Vec<Report>,
        is_complete: bool,
        answer: Vec<u8>,
        out: &mut Vec<Output>,
    ) {
        if is_complete {
            self.good_message();
        }
        if reports.is_empty() {
            out.push(Output::Contact);
        } else {
            let ticket = self.replies.wait(answer);
            out.push(Output::Upload { ticket, reports });
        }
        if !is_complete {
            self.bad_message(bytes, Reject::Truncated, out);
        }
    }

    fn on_reply(&mut self, name: &str, reply: CommandReply, out: &mut Vec<Output>) {
        let is_awaited = self.orders.under_way().is_some_and(|awaited| {
            awaited.name.eq_ignore_ascii_case(name) && (!awaited.levels || !reply.lines.is_empty())
        });
        if is_awaited {
            self.orders.replied(reply, out);
        } else {
            out.push(Output::Unasked(reply));
        }
    }

    fn good_message(&mut self) {
        self.bad_frames_in_a_row = 0;
        self.noise.forgive();
    }

    fn bad_message(&mut self, message: &[u8], reason: Reject, out: &mut Vec<Output>) {
        out.push(Output::reject(message, reason));
        self.bad_frames_in_a_row += 1;
        if self.bad_frames_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.replies.close(out);
        }
    }
}

impl Machine for Meitrack {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        match front(bytes, &self.limits) {
            Front::More => 0,
            Front::Noise { seen } => {
                self.on_noise(&bytes[..seen], out);
                1
            }
            Front::Message { bytes: n } if self.on_message(&bytes[..n], out) => {
                self.frames += 1;
                n
            }
            Front::Message { .. } => 0,
        }
    }

    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        self.identity = Identity::Known(device, settings);
    }

    fn identified(&mut self, answer: Identified, out: &mut Vec<Output>) {
        let Identity::Asked(id) = &self.identity else { return };
        match answer {
            Identified::Accepted(settings) => self.identity = Identity::Known(id.clone(), settings),
            // The protocol has no word for it.
            Identified::Refused => {
                self.identity = Identity::Unknown;
                self.replies.close(out);
            }
        }
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        let word = |answer: Vec<u8>| match outcome {
            Stored::Ok => answer,
            // Silence makes the device send it again.
            Stored::Failed => Vec::new(),
        };
        self.replies.settle(ticket, word, out);
    }

    fn order(&mut self, now: Timestamp, id: OrderId, order: &Order, out: &mut Vec<Output>) -> Result<(), OrderRefused> {
        let Identity::Known(device, _) = &self.identity else { return Err(OrderRefused::NotIdentified) };
        self.orders.check_free()?;
        let (bytes, awaits_reply) = match encode(order, &self.limits)? {
            Sent::Bytes(bytes) => (bytes.to_vec(), false),
            Sent::Content(content, awaited) => {
                self.orders.begin(now, id, awaited)?;
                let flag = self.flag;
                self.flag = if flag == b'z' { b'A' } else { flag + 1 };
                (around(flag, device.as_str(), &content), true)
            }
        };
        out.push(Output::Reply(bytes));
        out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply } });
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.orders.tick(now, out);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.orders.next_deadline()
    }

    fn flow(&self) -> Flow {
        if self.replies.is_closing() {
            Flow::Closed
        } else if matches!(self.identity, Identity::Asked(_)) || self.replies.len() >= self.limits.uploads_in_flight_max
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
