//! The conversation that families on framed bytes have in common: who speaks, what is noise, what is answered when.
//!
//! A family brings a [`Codec`]: where frames end, whom they name, what they say, how commands are put. This machine
//! asks the host about identities, forgives noise and bad frames up to their limits, answers in the order of the
//! frames, and holds back what may be said only once reports are durable.

use std::mem;
use std::sync::LazyLock;

use model::{CommandReply, DeviceId, Order, Report, Timestamp};

use crate::Limits;
use crate::noise::Noise;
use crate::orders::Orders;
use crate::replies::Replies;
use crate::session::{
    ChecksumPolicy, DeviceSettings, Identified, OrderId, OrderRefused, Output, Progress, Reject, Session, Stored,
    Ticket,
};
use crate::stream::{Flow, Machine, Stream};

/// What is at the front of the bytes. It must not depend on how they were cut, but for [`Front::More`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Front {
    /// Not enough to tell. Never for more bytes than the family's longest frame has.
    More,
    /// A frame of so many bytes.
    Frame(usize),
    /// So many bytes that mean nothing and harm nothing: blanks and fillers between frames.
    Skip(usize),
    /// So many bytes by which a device only shows that it is there. After noise they are more of it.
    Alive(usize),
    /// So many bytes that begin no frame.
    Noise(usize),
}

/// Whom a frame names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Claim {
    /// This device. If it is not the one that spoke before, the host is asked about it.
    Device(DeviceId),
    /// A device that may be known by either of two names: the host is asked about the second when it refuses the first.
    Either(DeviceId, DeviceId),
    /// Nobody: it is from the device that spoke before. There must be one.
    None,
    /// Nobody, and it is read also when nobody spoke before.
    Anyone,
    /// Something that is no identifier.
    Bad,
}

/// What reading a frame may look at.
pub(crate) struct Context<'a> {
    /// Who is speaking; `None` only for frames that claim [`Claim::Anyone`].
    pub(crate) device: Option<&'a DeviceId>,
    /// Its settings.
    pub(crate) settings: &'a DeviceSettings,
    pub(crate) limits: &'a Limits,
    /// When the bytes came.
    pub(crate) now: Timestamp,
}

/// What a family does with frames.
pub(crate) trait Codec: Send {
    /// By what the answer to an order is known.
    type Awaited: Send;

    /// What is at the front of `bytes`, which are not empty.
    fn front(&mut self, bytes: &[u8], limits: &Limits) -> Front;

    /// Whom the frame names. Asked again for the same frame after the host has answered.
    fn claim(&mut self, frame: &[u8], limits: &Limits) -> Claim;

    /// Reads a frame of an accepted device. Whatever is wrong with it is told to `said`.
    fn read(&mut self, frame: &[u8], context: &Context<'_>, said: &mut Said<Self::Awaited>);

    /// What a device hears that is not registered, before the connection is closed.
    fn refusal(&mut self, _frame: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    /// Whether the connection goes on after the device of this frame was refused: it carries others as well.
    fn stays_after_refusal(&self, _frame: &[u8]) -> bool {
        false
    }

    /// What is remembered of the device that spoke before is forgotten: another speaks now.
    fn forget(&mut self) {}

    /// Whether `held`, which was not enough to tell, is a frame that has begun and must be whole in time. It is not
    /// where a byte may end one frame or begin the next.
    fn has_begun(&self, _held: &[u8]) -> bool {
        true
    }

    /// Lets go of what is over at `now`. Called before anything that is fed at that time.
    fn tick(&mut self, _now: Timestamp) {}

    /// When [`Self::tick`] next has something to do.
    fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// The device that speaks now has these settings. What they say of where frames end holds from here on.
    fn accepted(&mut self, _settings: &DeviceSettings) {}

    /// What answers an order without asking the device: it has said so already.
    fn known(&self, _order: &Order) -> Option<CommandReply> {
        None
    }

    /// Puts an order into the family's words.
    ///
    /// # Errors
    ///
    /// [`OrderRefused::NoSuchCommand`] and [`OrderRefused::TooLong`].
    fn encode(&mut self, _order: &Order, _context: &Context<'_>) -> Result<Encoded<Self::Awaited>, OrderRefused> {
        Err(OrderRefused::NoSuchCommand)
    }

    /// Whether `awaited` is what an answer that carries `key` belongs to.
    fn answers(&self, _awaited: &Self::Awaited, _key: &Self::Awaited) -> bool {
        true
    }

    /// An order was given up, or ended with its connection's device.
    fn gave_up(&mut self, _awaited: Self::Awaited) {}
}

/// An order in the family's words.
pub(crate) struct Encoded<A> {
    pub(crate) bytes: Vec<u8>,
    /// By what its answer will be known; `None` when there will be none.
    pub(crate) awaits: Option<A>,
}

/// What a frame said.
pub(crate) struct Said<A> {
    /// Its reports. Without any, it counts as a sign of life.
    pub(crate) reports: Vec<Report>,
    /// Sent at once, whatever becomes of the reports.
    pub(crate) at_once: Vec<u8>,
    /// Sent when the reports are durable; at once if there are none.
    pub(crate) when_stored: Vec<u8>,
    /// Sent when the reports could not be stored.
    pub(crate) when_failed: Vec<u8>,
    answers: Vec<(Option<A>, Answer)>,
    faults: Vec<Fault>,
    is_bad: bool,
    is_login: bool,
    closes: bool,
    /// How many bytes of the frame are used up, if not all.
    used_bytes: Option<usize>,
}

struct Fault {
    offset: usize,
    reason: Reject,
    forgiven: bool,
}

enum Answer {
    Yes(CommandReply),
    /// The same, and worth nothing to whoever did not ask.
    IfAsked(CommandReply),
    No(String),
}

impl<A> Said<A> {
    fn new() -> Self {
        Self {
            reports: Vec::new(),
            at_once: Vec::new(),
            when_stored: Vec::new(),
            when_failed: Vec::new(),
            answers: Vec::new(),
            faults: Vec::new(),
            is_bad: false,
            is_login: false,
            closes: false,
            used_bytes: None,
        }
    }

    /// The frame cannot be used: it is rejected, and after too many such in a row the connection ends.
    pub(crate) fn bad(&mut self, offset: usize, reason: Reject) {
        self.is_bad = true;
        self.fault(offset, reason);
    }

    /// What looked like one frame is not: another begins `offset` bytes into it, and reading goes on there.
    pub(crate) fn resume_at(&mut self, offset: usize) {
        self.used_bytes = Some(offset);
    }

    /// Something in the frame, `offset` bytes into it, could not be used; the rest was.
    pub(crate) fn fault(&mut self, offset: usize, reason: Reject) {
        self.faults.push(Fault { offset, reason, forgiven: false });
    }

    /// Judges a checksum; whether the frame is to be read. `usual` is the family's policy.
    pub(crate) fn checksum(
        &mut self,
        found: u32,
        computed: u32,
        offset: usize,
        usual: ChecksumPolicy,
        settings: &DeviceSettings,
    ) -> bool {
        if found == computed {
            return true;
        }
        let reason = Reject::Checksum { found, computed };
        match settings.checksum.unwrap_or(usual) {
            ChecksumPolicy::Enforce => {
                self.bad(offset, reason);
                false
            }
            ChecksumPolicy::Warn => {
                self.faults.push(Fault { offset, reason, forgiven: true });
                true
            }
        }
    }

    /// The device answers the order under way; with a key, only the one that it belongs to.
    pub(crate) fn answer(&mut self, key: Option<A>, reply: CommandReply) {
        self.answers.push((key, Answer::Yes(reply)));
    }

    /// The same where the answer is a report that is told anyway: it is nothing more to who did not ask for it.
    pub(crate) fn answer_if_asked(&mut self, key: Option<A>, reply: CommandReply) {
        self.answers.push((key, Answer::IfAsked(reply)));
    }

    /// The device refuses the order under way, in these words.
    pub(crate) fn refuse(&mut self, key: Option<A>, words: String) {
        self.answers.push((key, Answer::No(words)));
    }

    /// The frame says who the device is and nothing else: what it has to say comes next, and until then there is
    /// nothing to tell of it.
    pub(crate) fn login(&mut self) {
        self.is_login = true;
    }

    /// The connection is to end after what was said.
    pub(crate) fn close(&mut self) {
        self.closes = true;
    }
}

enum Identity {
    Unknown,
    /// The host is asked; the frame that made it necessary is read again afterwards.
    Asked(DeviceId),
    /// The host refused this one; the frame is being read again.
    Refused(DeviceId),
    Known(DeviceId, DeviceSettings),
}

/// What is sent when reports are stored, and when they are not.
struct Words {
    stored: Vec<u8>,
    failed: Vec<u8>,
}

/// The machine. See the head of this file.
pub(crate) struct Framed<C: Codec> {
    codec: C,
    limits: Limits,
    identity: Identity,
    replies: Replies<Words>,
    noise: Noise,
    bad_frames_in_a_row: u32,
    frames: u64,
    orders: Orders<C::Awaited>,
    now: Timestamp,
}

/// Opens a session of a family.
pub(crate) fn open<C: Codec + 'static>(codec: C, limits: &Limits) -> Box<dyn Session> {
    let machine = Framed {
        codec,
        limits: limits.clone(),
        identity: Identity::Unknown,
        replies: Replies::new(),
        noise: Noise::new(limits.noise_bytes_max),
        bad_frames_in_a_row: 0,
        frames: 0,
        orders: Orders::new(limits.command_reply_ms_max),
        now: Timestamp::default(),
    };
    Box::new(Stream::new(machine, limits))
}

/// The settings of frames that anyone may send.
static NO_SETTINGS: LazyLock<DeviceSettings> = LazyLock::new(DeviceSettings::default);

impl<C: Codec> Framed<C> {
    /// Takes noise; how many bytes of it.
    fn on_noise(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        if self.noise.is_too_much(bytes[0], out) {
            self.replies.close(out);
        }
        1
    }

    fn on_alive(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        if self.noise.is_under_way() {
            return self.on_noise(bytes, out);
        }
        if matches!(self.identity, Identity::Known(..)) {
            out.push(Output::Contact);
        }
        bytes.len()
    }

    /// Takes a frame; how many of its bytes are used up. None are while the host is asked who it is from.
    fn on_frame(&mut self, frame: &[u8], out: &mut Vec<Output>) -> usize {
        self.noise.end(out);
        match self.codec.claim(frame, &self.limits) {
            Claim::Device(id) => return self.on_named(id, None, frame, out),
            Claim::Either(id, other) => return self.on_named(id, Some(other), frame, out),
            Claim::None if !matches!(self.identity, Identity::Known(..)) => {
                out.push(Output::reject(frame, Reject::NotIdentified));
                self.replies.close(out);
            }
            Claim::None | Claim::Anyone => return self.on_readable(frame, out),
            Claim::Bad => self.on_bad(&[Fault { offset: 0, reason: Reject::BadIdentity, forgiven: false }], frame, out),
        }
        frame.len()
    }

    /// Takes a frame of a device that is named in it, perhaps in two ways; how many of its bytes are used up.
    fn on_named(&mut self, id: DeviceId, other: Option<DeviceId>, frame: &[u8], out: &mut Vec<Output>) -> usize {
        match (&self.identity, other) {
            (Identity::Known(known, _), other) if *known == id || Some(known) == other.as_ref() => {
                self.on_readable(frame, out)
            }
            (Identity::Refused(refused), Some(other)) if *refused == id => {
                self.ask(other, out);
                0
            }
            (Identity::Refused(refused), other) if *refused == id || Some(refused) == other.as_ref() => {
                self.identity = Identity::Unknown;
                let words = self.codec.refusal(frame);
                self.say(words, out);
                if !self.codec.stays_after_refusal(frame) {
                    self.replies.close(out);
                }
                frame.len()
            }
            _ => {
                self.ask(id, out);
                0
            }
        }
    }

    fn ask(&mut self, id: DeviceId, out: &mut Vec<Output>) {
        // Another device does not answer what the one before was told.
        if let Some(awaited) = self.orders.end(Progress::TimedOut, out) {
            self.codec.gave_up(awaited);
        }
        if matches!(self.identity, Identity::Known(..)) {
            self.codec.forget();
        }
        out.push(Output::Identify(id.clone()));
        self.identity = Identity::Asked(id);
    }

    /// Reads a frame; how many of its bytes are used up.
    fn on_readable(&mut self, frame: &[u8], out: &mut Vec<Output>) -> usize {
        let (device, settings) = match &self.identity {
            Identity::Known(id, settings) => (Some(id), settings),
            _ => (None, &*NO_SETTINGS),
        };
        let context = Context { device, settings, limits: &self.limits, now: self.now };
        let mut said = Said::new();
        self.codec.read(frame, &context, &mut said);
        let is_known = device.is_some();
        let used_bytes = said.used_bytes.unwrap_or(frame.len()).clamp(1, frame.len());
        let frame = &frame[..used_bytes];
        for (key, answer) in mem::take(&mut said.answers) {
            self.on_answer(key, answer, out);
        }
        self.say(mem::take(&mut said.at_once), out);
        reject(&said.faults, frame, out);
        if said.is_bad {
            self.bad_frames_in_a_row += 1;
        } else {
            self.bad_frames_in_a_row = 0;
            self.noise.forgive();
        }
        let words = Words { stored: mem::take(&mut said.when_stored), failed: mem::take(&mut said.when_failed) };
        if said.reports.is_empty() || !is_known {
            if is_known && !said.is_bad && !said.is_login {
                out.push(Output::Contact);
            }
            self.say(words.stored, out);
        } else {
            let ticket = self.replies.wait(words);
            out.push(Output::Upload { ticket, reports: said.reports });
        }
        // Only now: what the frame said before is answered before.
        if said.closes || self.bad_frames_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.replies.close(out);
        }
        used_bytes
    }

    fn on_answer(&mut self, key: Option<C::Awaited>, answer: Answer, out: &mut Vec<Output>) {
        let is_its = match (self.orders.under_way(), &key) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(awaited), Some(key)) => self.codec.answers(awaited, key),
        };
        match answer {
            Answer::Yes(reply) | Answer::IfAsked(reply) if is_its => self.orders.replied(reply, out),
            Answer::IfAsked(_) => {}
            Answer::Yes(reply) => out.push(Output::Unasked(reply)),
            Answer::No(words) if is_its => {
                self.orders.end(Progress::Refused(words), out);
            }
            Answer::No(text) => out.push(Output::Unasked(CommandReply { text, lines: Vec::new() })),
        }
    }

    fn on_bad(&mut self, faults: &[Fault], frame: &[u8], out: &mut Vec<Output>) {
        reject(faults, frame, out);
        self.bad_frames_in_a_row += 1;
        if self.bad_frames_in_a_row >= self.limits.bad_frames_in_a_row_max {
            self.replies.close(out);
        }
    }

    fn say(&mut self, words: Vec<u8>, out: &mut Vec<Output>) {
        if !words.is_empty() {
            self.replies.ready(words, out);
        }
    }
}

/// How many faults of one frame are told; more tell nothing new.
const FAULTS_TOLD_MAX: usize = 16;

fn reject(faults: &[Fault], frame: &[u8], out: &mut Vec<Output>) {
    for (nth, Fault { offset, reason, forgiven }) in faults.iter().take(FAULTS_TOLD_MAX).enumerate() {
        // The frame itself is handed on once.
        let frame = if nth == 0 { frame } else { &[] };
        out.push(match forgiven {
            true => Output::forgive(frame, *offset, reason.clone()),
            false => Output::reject_at(frame, *offset, reason.clone()),
        });
    }
}

impl<C: Codec> Machine for Framed<C> {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        match self.codec.front(bytes, &self.limits) {
            Front::More => 0,
            Front::Skip(n) => n.min(bytes.len()),
            Front::Noise(n) => {
                let mut used = 0;
                while used < n.min(bytes.len()) && !self.replies.is_closing() {
                    used += self.on_noise(&bytes[used..], out);
                }
                used
            }
            Front::Alive(n) => self.on_alive(&bytes[..n.min(bytes.len())], out),
            Front::Frame(n) => {
                let used = bytes.get(..n).map_or(0, |frame| self.on_frame(frame, out));
                self.frames += u64::from(used > 0);
                used
            }
        }
    }

    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        self.codec.accepted(&settings);
        self.identity = Identity::Known(device, settings);
    }

    fn identified(&mut self, answer: Identified, _out: &mut Vec<Output>) {
        let asked = mem::replace(&mut self.identity, Identity::Unknown);
        self.identity = match (asked, answer) {
            (Identity::Asked(id), Identified::Accepted(settings)) => {
                self.codec.accepted(&settings);
                Identity::Known(id, settings)
            }
            (Identity::Asked(id), Identified::Refused) => Identity::Refused(id),
            (other, _) => other,
        };
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        let word = |words: Words| match outcome {
            Stored::Ok => words.stored,
            Stored::Failed => words.failed,
        };
        self.replies.settle(ticket, word, out);
    }

    fn order(&mut self, now: Timestamp, id: OrderId, order: &Order, out: &mut Vec<Output>) -> Result<(), OrderRefused> {
        let Identity::Known(device, settings) = &self.identity else { return Err(OrderRefused::NotIdentified) };
        self.orders.check_free()?;
        if let Some(reply) = self.codec.known(order) {
            out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply: true } });
            out.push(Output::Ordered { id, what: Progress::Replied(reply) });
            return Ok(());
        }
        let context = Context { device: Some(device), settings, limits: &self.limits, now };
        let Encoded { bytes, awaits } = self.codec.encode(order, &context)?;
        let awaits_reply = awaits.is_some();
        if let Some(awaited) = awaits {
            self.orders.begin(now, id, awaited)?;
        }
        // Devices take commands between whatever else is said.
        out.push(Output::Reply(bytes));
        out.push(Output::Ordered { id, what: Progress::Sent { awaits_reply } });
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.now = now;
        self.codec.tick(now);
        if let Some(awaited) = self.orders.tick(now, out) {
            self.codec.gave_up(awaited);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        [self.orders.next_deadline(), self.codec.next_deadline()].into_iter().flatten().min()
    }

    fn has_begun(&self, held: &[u8]) -> bool {
        self.codec.has_begun(held)
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

    fn end_datagram(&mut self, rest: &[u8], out: &mut Vec<Output>) {
        self.noise.end(out);
        if !rest.is_empty() && !self.replies.is_closing() {
            self.on_bad(&[Fault { offset: 0, reason: Reject::Truncated, forgiven: false }], rest, out);
        }
    }

    fn is_mid_frame(&self) -> bool {
        false
    }

    fn frames(&self) -> u64 {
        self.frames
    }
}

#[cfg(test)]
mod tests;
