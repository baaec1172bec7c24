//! The conversation with one GT06 device.

use model::{Command, CommandReply, DeviceId, Order, Timestamp};

use super::answer::{Answer, answer, plain};
use super::command::{self, Form};
use super::content::{Content, decode};
use super::draft::Context;
use super::frame::{Frame, Front, front};
use super::line::Line;
use super::position::identity;
use crate::Limits;
use crate::bytes::Reader;
use crate::noise::Noise;
use crate::orders::Orders;
use crate::replies::Replies;
use crate::session::{
    ChecksumPolicy, DeviceSettings, Identified, OrderId, OrderRefused, Output, Progress, Reject, Stored, Ticket,
};
use crate::stream::{Flow, Machine};

const LOGIN: u8 = 0x01;
const S_PER_MIN: i32 = 60;

enum Identity {
    Unknown,
    /// The host is asked; then this is sent, and the clock is ahead of UTC by so much as the login says.
    Asked {
        id: DeviceId,
        answer: Option<Vec<u8>>,
        utc_offset_s: Option<i32>,
    },
    Known {
        id: DeviceId,
        settings: DeviceSettings,
        context: Context,
    },
}

pub(super) struct Gt06 {
    limits: Limits,
    identity: Identity,
    /// What the last login said of the device's clock.
    utc_offset_s: Option<i32>,
    /// Answers not yet sent.
    replies: Replies<Vec<u8>>,
    noise: Noise,
    bad_frames_in_a_row: u32,
    frames: u64,
    /// The order under way, by the flag that its answer repeats.
    orders: Orders<u32>,
    last_flag: u32,
    serial: u16,
    now: Timestamp,
}

impl Gt06 {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            identity: Identity::Unknown,
            utc_offset_s: None,
            replies: Replies::new(),
            noise: Noise::new(limits.noise_bytes_max),
            bad_frames_in_a_row: 0,
            frames: 0,
            orders: Orders::new(limits.command_reply_ms_max),
            last_flag: 0,
            serial: 0,
            now: Timestamp::default(),
        }
    }

    fn on_noise(&mut self, seen: &[u8], out: &mut Vec<Output>) {
        if !matches!(self.identity, Identity::Known { .. }) {
            // Whoever does not begin with a login is no device of ours.
            out.push(Output::reject(seen, Reject::BadIdentity));
            self.replies.close(out);
        } else if self.noise.is_too_much(seen[0], out) {
            self.replies.close(out);
        }
    }

    /// Takes a whole frame; whether it is used up. It is not while the host is asked who it is from.
    fn on_frame(&mut self, bytes: &[u8], frame: &Frame<'_>, out: &mut Vec<Output>) -> bool {
        self.noise.end(out);
        let checksum = Reject::Checksum { found: frame.found.into(), computed: frame.computed.into() };
        let is_wrong = !frame.is_bare() && frame.found != frame.computed;
        if frame.kind == LOGIN {
            if is_wrong {
                out.push(Output::reject(bytes, checksum));
            }
            self.on_login(bytes, frame, out);
            return true;
        }
        if let Some(id) = self.other_identity(frame) {
            self.ask(id, None, self.utc_offset_s, out);
            return false;
        }
        let Identity::Known { settings, context, .. } = &self.identity else {
            out.push(Output::reject(bytes, Reject::NotIdentified));
            self.replies.close(out);
            return true;
        };
        if is_wrong {
            // Clones get it wrong so often that the rest is read all the same, unless somebody wants it strict.
            if settings.checksum == Some(ChecksumPolicy::Enforce) {
                self.bad_frame(bytes, checksum, out);
                return true;
            }
            out.push(Output::reject(bytes, checksum));
        }
        match decode(frame, context) {
            Ok(content) => self.on_content(frame, content, out),
            Err(_) => self.bad_frame(bytes, Reject::Truncated, out),
        }
        true
    }

    fn on_content(&mut self, frame: &Frame<'_>, content: Content, out: &mut Vec<Output>) {
        self.bad_frames_in_a_row = 0;
        self.noise.forgive();
        match (content, answer(frame, self.now)) {
            (Content::Reply { flag, text }, _) => {
                out.push(Output::Contact);
                self.on_reply(flag, text, out);
            }
            (Content::Report(None), answer) => {
                out.push(Output::Contact);
                if let Answer::Now(bytes) | Answer::Stored(bytes) = answer {
                    self.replies.ready(bytes, out);
                }
            }
            (Content::Report(Some(report)), answer) => {
                let later = match answer {
                    Answer::Nothing => Vec::new(),
                    Answer::Now(bytes) => {
                        self.replies.ready(bytes, out);
                        Vec::new()
                    }
                    Answer::Stored(bytes) => bytes,
                };
                let ticket = self.replies.wait(later);
                out.push(Output::Upload { ticket, reports: vec![report] });
            }
        }
    }

    fn on_reply(&mut self, flag: u32, text: String, out: &mut Vec<Output>) {
        let reply = CommandReply { lines: command::lines(&text), text };
        if self.orders.under_way() == Some(&flag) {
            self.orders.replied(reply, out);
        } else {
            out.push(Output::Unasked(reply));
        }
    }

    fn on_login(&mut self, bytes: &[u8], frame: &Frame<'_>, out: &mut Vec<Output>) {
        let Some(id) = identity(frame.content).and_then(|imei| DeviceId::new(&imei)) else {
            out.push(Output::reject(bytes, Reject::BadIdentity));
            self.replies.close(out);
            return;
        };
        self.ask(id, Some(plain(frame)), declared_offset_s(frame.content), out);
    }

    fn ask(&mut self, id: DeviceId, answer: Option<Vec<u8>>, utc_offset_s: Option<i32>, out: &mut Vec<Output>) {
        out.push(Output::Identify(id.clone()));
        self.identity = Identity::Asked { id, answer, utc_offset_s };
    }

    /// Who a frame of a kind that carries an identifier is from, if that is not who has logged in.
    fn other_identity(&self, frame: &Frame<'_>) -> Option<DeviceId> {
        let line = match &self.identity {
            Identity::Known { context, .. } => context.line,
            _ => None,
        };
        let raw = match (frame.kind, line) {
            _ if frame.is_long => return None,
            (0x61, _) | (0x12, Some(Line::Qh302r)) => frame.content,
            (0x22 | 0x25, Some(Line::Nt | Line::Vl100)) => frame.content.get(1..)?,
            _ => return None,
        };
        let named = identity(raw).and_then(|imei| DeviceId::new(&imei))?;
        match &self.identity {
            Identity::Known { id, .. } if *id == named => None,
            _ => Some(named),
        }
    }

    fn bad_frame(&mut self, frame: &[u8], reason: Reject, out: &mut Vec<Output>) {
        out.push(Output::reject(frame, reason));
        self.bad_frames_in_a_row += 1;
        if self.bad_frames_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.replies.close(out);
        }
    }

    /// A flag that no command on this connection had, and hardly one on the device's last connection.
    fn next_flag(&mut self, now: Timestamp) -> u32 {
        let clock = now.s() as u32;
        self.last_flag = self.last_flag.wrapping_add(1).max(clock);
        self.last_flag
    }
}

/// How far ahead of UTC the device says at login that its clock is, in seconds: hours and minutes as one decimal
/// number, a bit for west, and a language. `None` if it does not say, or nothing that can be.
fn declared_offset_s(content: &[u8]) -> Option<i32> {
    const IS_WEST: u16 = 8;
    const HOURS_MAX: i32 = 14;
    let mut r = Reader::new(content.get(10..)?);
    let word = r.u16().ok()?;
    let (hours, minutes) = (i32::from(word >> 4) / 100, i32::from(word >> 4) % 100);
    if hours > HOURS_MAX || minutes >= S_PER_MIN {
        return None;
    }
    let offset_s = (hours * 60 + minutes) * S_PER_MIN;
    Some(if word & IS_WEST != 0 { -offset_s } else { offset_s })
}

impl Machine for Gt06 {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        match front(bytes, &self.limits) {
            Front::More => 0,
            Front::Noise { seen } => {
                self.on_noise(&bytes[..seen], out);
                1
            }
            Front::Frame { bytes: n } => {
                let whole = &bytes[..n];
                let is_used = Frame::of(whole).is_none_or(|frame| self.on_frame(whole, &frame, out));
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
        let context = Context {
            utc_offset_s: settings.utc_offset_s.unwrap_or(0),
            line: Line::of(&settings),
            text_bytes_max: self.limits.text_bytes_max,
        };
        self.identity = Identity::Known { id: device, settings, context };
    }

    fn identified(&mut self, answer: Identified, out: &mut Vec<Output>) {
        let asked = std::mem::replace(&mut self.identity, Identity::Unknown);
        let Identity::Asked { id, answer: login_answer, utc_offset_s } = asked else {
            self.identity = asked;
            return;
        };
        match answer {
            Identified::Accepted(settings) => {
                let context = Context {
                    utc_offset_s: settings.utc_offset_s.or(utc_offset_s).unwrap_or(0),
                    line: Line::of(&settings),
                    text_bytes_max: self.limits.text_bytes_max,
                };
                self.utc_offset_s = utc_offset_s;
                self.identity = Identity::Known { id, settings, context };
                if let Some(bytes) = login_answer {
                    self.replies.ready(bytes, out);
                }
            }
            // The protocol has no word for it.
            Identified::Refused => self.replies.close(out),
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
        let Identity::Known { settings, .. } = &self.identity else { return Err(OrderRefused::NotIdentified) };
        let form = Form { line: Line::of(settings), is_plain: settings.command_language == Some(false) };
        self.orders.check_free()?;
        if let Order::Do(Command::Bytes(bytes)) = order {
            if bytes.len() > self.limits.command_bytes_max {
                return Err(OrderRefused::TooLong);
            }
            out.push(Output::Reply(bytes.clone()));
            out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply: false } });
            return Ok(());
        }
        let text = command::text(order, form)?;
        let flag = self.next_flag(now);
        self.orders.begin(now, id, flag)?;
        self.serial = self.serial.wrapping_add(1);
        out.push(Output::Reply(command::frame(text, form, flag, self.serial)));
        out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply: true } });
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.now = now;
        self.orders.tick(now, out);
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
