//! The host's half of a session, played in memory: for tests and fuzz targets.

pub mod samples;

use model::{CommandReply, DeviceId, Order, Report, Timestamp};

use crate::{
    DeviceSettings, Family, Identified, Limits, OrderId, OrderRefused, Output, Progress, Reject, Session, Stored,
    Ticket,
};

/// What came out of a session, in an order that does not depend on when uploads were stored.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    /// Identities, uploads, contacts and rejections, in order.
    pub seen: Vec<Seen>,
    /// Where in all that was fed each rejection lies.
    pub reject_offsets: Vec<u64>,
    /// All replies, one after the other.
    pub sent: Vec<u8>,
    /// The session asked to be closed.
    pub closed: bool,
}

/// One thing that a session said, other than a reply.
#[derive(Clone, PartialEq, Debug)]
pub enum Seen {
    /// [`Output::Identify`]
    Device(DeviceId),
    /// [`Output::Upload`]
    Reports(Vec<Report>),
    /// [`Output::Contact`]
    Contact,
    /// [`Output::Ordered`]
    Ordered(OrderId, Progress),
    /// [`Output::Unasked`]
    Unasked(CommandReply),
    /// [`Output::Reject`]
    Rejected(Vec<u8>, Reject),
}

impl Trace {
    /// The reports of all uploads.
    pub fn reports(&self) -> Vec<&Report> {
        let uploads = self.seen.iter().filter_map(|s| if let Seen::Reports(r) = s { Some(r) } else { None });
        uploads.flatten().collect()
    }

    /// The reasons of all rejections.
    pub fn rejects(&self) -> Vec<&Reject> {
        self.seen.iter().filter_map(|s| if let Seen::Rejected(_, reason) = s { Some(reason) } else { None }).collect()
    }
}

/// A host that knows all devices but those whose name begins with `9`, and stores everything at once.
pub struct Host {
    session: Box<dyn Session>,
    settings: DeviceSettings,
    now: Timestamp,
    outputs: Vec<Output>,
    trace: Trace,
    /// What [`Session::stored`] is told.
    pub outcome: Stored,
    /// It knows no device at all.
    pub refuses_all: bool,
}

impl Host {
    /// With a new session.
    pub fn new(family: &Family, limits: &Limits) -> Self {
        Self::with_settings(family, limits, DeviceSettings::default())
    }

    /// With a new session and settings for its devices.
    pub fn with_settings(family: &Family, limits: &Limits, settings: DeviceSettings) -> Self {
        Self::of((family.open)(limits), settings)
    }

    /// With a new session for datagrams, if the family has them.
    pub fn over_udp(family: &Family, limits: &Limits, settings: DeviceSettings) -> Option<Self> {
        family.open_udp.map(|open| Self::of(open(limits), settings))
    }

    fn of(session: Box<dyn Session>, settings: DeviceSettings) -> Self {
        Self {
            session,
            settings,
            now: Timestamp::from_ms_clamped(1_773_480_413_000),
            outputs: Vec::new(),
            trace: Trace::default(),
            outcome: Stored::Ok,
            refuses_all: false,
        }
    }

    /// Takes it as known who speaks.
    pub fn bind(&mut self, device: &str) {
        let Some(device) = DeviceId::new(device) else { return };
        self.session.bind(device, self.settings.clone());
    }

    /// Feeds what one read gave, and answers everything.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.session.feed(self.now, bytes, &mut self.outputs);
        self.answer();
    }

    /// Feeds one datagram, and answers everything.
    pub fn feed_datagram(&mut self, bytes: &[u8]) {
        self.feed(bytes);
        self.session.end_datagram(self.now, &mut self.outputs);
        self.answer();
    }

    /// Feeds what comes in reads of the sizes that `next_size` gives, told how much is left.
    fn feed_in_reads(&mut self, bytes: &[u8], mut next_size: impl FnMut(usize) -> usize) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(next_size(rest.len()).clamp(1, rest.len()));
            self.feed(now);
            rest = later;
        }
    }

    /// Gives the device an order.
    pub fn order(&mut self, id: u64, order: &Order) -> Result<(), OrderRefused> {
        let given = self.session.order(self.now, OrderId(id), order, &mut self.outputs);
        self.answer();
        given
    }

    /// Lets time pass.
    pub fn tick_after_ms(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.session.tick(self.now, &mut self.outputs);
        self.answer();
    }

    /// When the session wants its next tick, in milliseconds from now.
    pub fn due_in_ms(&self) -> Option<i64> {
        self.session.next_deadline().map(|due| due - self.now)
    }

    fn answer(&mut self) {
        while !self.outputs.is_empty() {
            for output in std::mem::take(&mut self.outputs) {
                self.take(output);
            }
        }
    }

    fn take(&mut self, output: Output) {
        assert!(!self.trace.closed, "{output:?} after close");
        match output {
            Output::Identify(id) => {
                let answer = match self.refuses_all || id.as_str().starts_with('9') {
                    true => Identified::Refused,
                    false => Identified::Accepted(self.settings.clone()),
                };
                self.trace.seen.push(Seen::Device(id));
                self.session.identified(self.now, answer, &mut self.outputs);
            }
            Output::Upload { ticket, reports } => {
                self.trace.seen.push(Seen::Reports(reports));
                self.store(ticket);
            }
            Output::Contact => self.trace.seen.push(Seen::Contact),
            Output::Reply(bytes) => self.trace.sent.extend(bytes),
            Output::Ordered { id, what } => self.trace.seen.push(Seen::Ordered(id, what)),
            Output::Unasked(reply) => self.trace.seen.push(Seen::Unasked(reply)),
            Output::Reject { frame, offset, reason, .. } => {
                self.trace.seen.push(Seen::Rejected(frame, reason));
                self.trace.reject_offsets.push(offset);
            }
            Output::Close => self.trace.closed = true,
        }
    }

    fn store(&mut self, ticket: Ticket) {
        self.session.stored(ticket, self.outcome, &mut self.outputs);
    }

    /// Whether the session asked to be closed.
    pub fn is_closed(&self) -> bool {
        self.trace.closed
    }

    /// All that came out so far.
    pub fn trace(self) -> Trace {
        self.trace
    }
}

/// The bytes that hexadecimal digits stand for; blanks between them are for the reader.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// What comes out when `bytes` arrive in one read.
pub fn read_whole(family: &Family, bytes: &[u8]) -> Trace {
    read(family, &Limits::default(), bytes, |rest| rest)
}

/// What comes out when `bytes` arrive in reads whose sizes follow from `seed`, most of them short.
pub fn read_split(family: &Family, seed: u32, bytes: &[u8]) -> Trace {
    read(family, &Limits::default(), bytes, short_reads(seed))
}

/// Sizes of reads that follow from `seed`, most of them short.
fn short_reads(seed: u32) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |_| {
        // A linear congruential step: the same seed always cuts alike.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let longest = if state & 0x700 == 0 { 600 } else { 8 };
        (state >> 16) as usize % longest + 1
    }
}

/// What comes out when `bytes` arrive in reads of the sizes that `next_size` gives, told how much is left.
pub fn read(family: &Family, limits: &Limits, bytes: &[u8], next_size: impl FnMut(usize) -> usize) -> Trace {
    let mut host = Host::new(family, limits);
    host.feed_in_reads(bytes, next_size);
    host.trace()
}

/// What comes out when a device has said `login`, is given orders, and then says `bytes`: in one read, or, with a
/// seed, in short ones. Orders that are refused are not given.
pub fn read_ordered(family: &Family, login: &[u8], orders: &[Order], bytes: &[u8], seed: Option<u32>) -> Trace {
    let mut host = Host::new(family, &Limits::default());
    host.feed(login);
    for (id, order) in (1..).zip(orders) {
        let _ = host.order(id, order);
    }
    match seed {
        None => host.feed(bytes),
        Some(seed) => host.feed_in_reads(bytes, short_reads(seed)),
    }
    host.trace()
}
