//! The conversation with one Teltonika device.

use model::{DeviceId, Order, Timestamp};

use super::command::{self, Awaited, Said};
use super::frame::{Front, data_and_checksums, front};
use super::record::{Codec, decode};
use crate::Limits;
use crate::noise::Noise;
use crate::orders::Orders;
use crate::replies::Replies;
use crate::session::{DeviceSettings, Identified, OrderId, OrderRefused, Output, Progress, Reject, Stored, Ticket};
use crate::stream::{Flow, Machine};

const LOGIN_ACCEPTED: u8 = 1;
const LOGIN_REFUSED: u8 = 0;

enum Identity {
    Unknown,
    Asked(DeviceId),
    Known(DeviceId, DeviceSettings),
}

pub(super) struct Teltonika {
    limits: Limits,
    identity: Identity,
    /// Answers not yet sent; an upload's is the number of its records.
    replies: Replies<u32>,
    orders: Orders<Awaited>,
    /// An order to tell levels was given up; its answer may still come.
    owes_levels: bool,
    noise: Noise,
    bad_frames_in_a_row: u32,
    frames: u64,
}

impl Teltonika {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            identity: Identity::Unknown,
            replies: Replies::new(),
            orders: Orders::new(limits.command_reply_ms_max),
            owes_levels: false,
            noise: Noise::new(limits.noise_bytes_max),
            bad_frames_in_a_row: 0,
            frames: 0,
        }
    }

    fn is_known(&self) -> bool {
        matches!(self.identity, Identity::Known(..))
    }

    fn on_noise(&mut self, seen: &[u8], out: &mut Vec<Output>) {
        if !self.is_known() {
            // Whoever does not begin with a login is no device of ours.
            self.refuse(seen, Reject::BadIdentity, out);
            return;
        }
        if self.noise.is_too_much(seen[0], out) {
            self.replies.close(out);
        }
    }

    fn on_login(&mut self, frame: &[u8], out: &mut Vec<Output>) {
        self.noise.end(out);
        match frame.get(2..).and_then(|id| std::str::from_utf8(id).ok()).and_then(DeviceId::new) {
            Some(id) => {
                if !matches!(&self.identity, Identity::Known(known, _) if *known == id) {
                    // Another device does not answer what this one was told.
                    self.orders.end(Progress::TimedOut, out);
                    self.owes_levels = false;
                }
                self.identity = Identity::Asked(id.clone());
                out.push(Output::Identify(id));
            }
            None => self.refuse(frame, Reject::BadIdentity, out),
        }
    }

    fn refuse(&mut self, frame: &[u8], reason: Reject, out: &mut Vec<Output>) {
        out.push(Output::reject(frame, reason));
        self.replies.ready(vec![LOGIN_REFUSED], out);
        self.replies.close(out);
    }

    fn on_data(&mut self, frame: &[u8], out: &mut Vec<Output>) {
        self.noise.end(out);
        let Identity::Known(device, settings) = &self.identity else {
            out.push(Output::reject(frame, Reject::NotIdentified));
            self.replies.close(out);
            return;
        };
        let Some((data, found, computed)) = data_and_checksums(frame) else { return };
        if found != computed {
            self.bad_frame(frame, Reject::Checksum { found, computed }, out);
            return;
        }
        match Codec::of(data[0]) {
            Codec::Unknown => self.bad_frame(frame, Reject::UnknownKind(data[0]), out),
            // An answer to a command, or data passed through from a serial line. Devices expect no reply to it.
            Codec::Text => match command::decode(data, device, settings, &self.limits) {
                Ok(said) => {
                    self.good_frame();
                    out.push(Output::Contact);
                    said.into_iter().for_each(|one| self.on_said(one, out));
                }
                Err(_) => {
                    out.push(Output::reject(frame, Reject::Truncated));
                    self.count_bad_frame(out);
                }
            },
            Codec::Records(layout) => {
                let packet = decode(data, layout, settings, &self.limits);
                let count = packet.reports.len() as u32;
                if packet.is_complete {
                    self.good_frame();
                } else {
                    out.push(Output::reject(frame, Reject::Truncated));
                }
                if count > 0 {
                    // A count other than the announced one makes the device send the packet again.
                    let ticket = self.replies.wait(count);
                    out.push(Output::Upload { ticket, reports: packet.reports });
                } else {
                    out.push(Output::Contact);
                    self.replies.ready(0u32.to_be_bytes().to_vec(), out);
                }
                if !packet.is_complete {
                    self.count_bad_frame(out);
                }
            }
        }
    }

    fn on_said(&mut self, said: Said, out: &mut Vec<Output>) {
        let (reply, is_reply) = match said {
            Said::Reply(reply) => (reply, true),
            Said::Text(reply) => (reply, false),
            Said::Refused => {
                self.orders.end(Progress::Refused(String::new()), out);
                return;
            }
        };
        let tells_levels = !reply.lines.is_empty();
        let is_awaited = match self.orders.under_way() {
            None => false,
            Some(Awaited::Levels) => tells_levels,
            Some(Awaited::Words) => is_reply && !(tells_levels && self.owes_levels),
            Some(Awaited::Anything) => is_reply,
        };
        // Answers come in the order of commands: the first levels settle what is owed.
        self.owes_levels &= !tells_levels;
        if is_awaited {
            self.orders.replied(reply, out);
        } else {
            out.push(Output::Unasked(reply));
        }
    }

    fn good_frame(&mut self) {
        self.bad_frames_in_a_row = 0;
        self.noise.forgive();
    }

    fn bad_frame(&mut self, frame: &[u8], reason: Reject, out: &mut Vec<Output>) {
        out.push(Output::reject(frame, reason));
        self.replies.ready(0u32.to_be_bytes().to_vec(), out);
        self.count_bad_frame(out);
    }

    fn count_bad_frame(&mut self, out: &mut Vec<Output>) {
        self.bad_frames_in_a_row += 1;
        if self.bad_frames_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.replies.close(out);
        }
    }
}

impl Machine for Teltonika {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        match front(bytes, &self.limits) {
            Front::More => 0,
            // Within noise this is one more odd byte, not a sign of life.
            Front::KeepAlive if !self.noise.is_under_way() => {
                if self.is_known() {
                    out.push(Output::Contact);
                }
                1
            }
            Front::KeepAlive => {
                self.on_noise(&bytes[..1], out);
                1
            }
            Front::Noise { seen } => {
                self.on_noise(&bytes[..seen], out);
                1
            }
            Front::Login { bytes: n } => {
                self.frames += 1;
                self.on_login(&bytes[..n], out);
                n
            }
            Front::Data { bytes: n } => {
                self.frames += 1;
                self.on_data(&bytes[..n], out);
                n
            }
        }
    }

    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        self.identity = Identity::Known(device, settings);
    }

    fn identified(&mut self, answer: Identified, out: &mut Vec<Output>) {
        let device = match &self.identity {
            Identity::Asked(device) => device.clone(),
            _ => return,
        };
        match answer {
            Identified::Accepted(settings) => {
                self.identity = Identity::Known(device, settings);
                self.replies.ready(vec![LOGIN_ACCEPTED], out);
            }
            Identified::Refused => {
                self.identity = Identity::Unknown;
                self.replies.ready(vec![LOGIN_REFUSED], out);
                self.replies.close(out);
            }
        }
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        let word = |count: u32| match outcome {
            Stored::Ok => count.to_be_bytes().to_vec(),
            Stored::Failed => 0u32.to_be_bytes().to_vec(),
        };
        self.replies.settle(ticket, word, out);
    }

    fn order(&mut self, now: Timestamp, id: OrderId, order: &Order, out: &mut Vec<Output>) -> Result<(), OrderRefused> {
        if !self.is_known() {
            return Err(OrderRefused::NotIdentified);
        }
        let (bytes, awaited) = command::encode(order, &self.limits)?;
        self.orders.begin(now, id, awaited)?;
        // Devices take commands between their packets, whatever they wait for.
        out.push(Output::Reply(bytes));
        out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply: true } });
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
