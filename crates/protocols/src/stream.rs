//! The part of a session that is the same for every family on a byte stream: what was read and not yet used.

use model::{DeviceId, Order, Timestamp};

use crate::Limits;
use crate::session::{DeviceSettings, Identified, OrderId, OrderRefused, Output, Reject, Session, Stored, Ticket};

/// The part that differs: what the bytes mean.
pub(crate) trait Machine: Send {
    /// Takes one step and says how many bytes from the front it has used up. 0: it needs more of them, or waits.
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize;
    /// Takes it as known who speaks.
    fn bind(&mut self, device: DeviceId, settings: DeviceSettings);
    fn identified(&mut self, answer: Identified, out: &mut Vec<Output>);
    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>);
    /// Whether an order could still leave.
    fn takes_orders(&self) -> bool {
        self.flow() != Flow::Closed
    }
    /// Gives the device an order. Asked only of a machine that takes some.
    fn order(
        &mut self,
        _now: Timestamp,
        _id: OrderId,
        _order: &Order,
        _out: &mut Vec<Output>,
    ) -> Result<(), OrderRefused> {
        Err(OrderRefused::NoSuchCommand)
    }
    /// Gives up what is over at `now`. Called before anything that is fed at that time.
    fn tick(&mut self, _now: Timestamp, _out: &mut Vec<Output>) {}
    /// When [`Self::tick`] next has something to do.
    fn next_deadline(&self) -> Option<Timestamp> {
        None
    }
    fn flow(&self) -> Flow;
    /// Ends the connection because of `reason`; `held` is what was not used.
    fn abort(&mut self, held: &[u8], reason: Reject, out: &mut Vec<Output>);
    /// The datagram ends, and `rest` of it was not used.
    fn end_datagram(&mut self, rest: &[u8], out: &mut Vec<Output>) {
        if !rest.is_empty() && self.flow() != Flow::Closed {
            out.push(Output::reject(rest, Reject::Truncated));
        }
    }
    /// Whether `held`, bytes that were not used, are the beginning of a frame that must be whole in time.
    fn has_begun(&self, _held: &[u8]) -> bool {
        true
    }
    /// Whether a frame has begun whose bytes were used up already.
    fn is_mid_frame(&self) -> bool;
    /// How many frames have ended.
    fn frames(&self) -> u64;
}

/// Whether a machine takes bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// It does.
    Open,
    /// It waits for its host.
    Waiting,
    /// It never will again.
    Closed,
}

/// A machine and the bytes that it has not used yet.
pub(crate) struct Stream<M> {
    machine: M,
    held: Vec<u8>,
    /// How many bytes the connection has said that are used up.
    used_up: u64,
    /// Where in `held` the unused bytes begin.
    start: usize,
    partial_since: Option<Timestamp>,
    /// How many frames had ended at `partial_since`.
    partial_after: u64,
    waiting_bytes_max: usize,
    partial_frame_ms_max: i64,
}

impl<M: Machine> Stream<M> {
    pub(crate) fn new(machine: M, limits: &Limits) -> Self {
        Self {
            machine,
            held: Vec::new(),
            used_up: 0,
            start: 0,
            partial_since: None,
            partial_after: 0,
            waiting_bytes_max: limits.waiting_bytes_max,
            partial_frame_ms_max: limits.partial_frame_ms_max,
        }
    }

    /// When the frame that was begun must be whole.
    fn frame_deadline(&self) -> Option<Timestamp> {
        self.partial_since.map(|since| since.plus_ms(self.partial_frame_ms_max))
    }

    /// Steps through `bytes` as far as possible; how many were used.
    fn run(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        let mut used = 0;
        while self.machine.flow() == Flow::Open && used < bytes.len() {
            let before = out.len();
            let n = self.machine.step(&bytes[used..], out);
            self.place(&mut out[before..]);
            if n == 0 {
                break;
            }
            used += n;
            self.used_up += n as u64;
        }
        used
    }

    /// Tells rejections where in all that was said they are. A machine counts from the first byte that it is shown,
    /// also backwards.
    fn place(&self, said: &mut [Output]) {
        for output in said {
            if let Output::Reject { offset, .. } = output {
                *offset = offset.wrapping_add(self.used_up);
            }
        }
    }

    /// Ends the connection because of `reason`; `held` is what was not used.
    fn abort(&mut self, held: &[u8], reason: Reject, out: &mut Vec<Output>) {
        let before = out.len();
        self.machine.abort(held, reason, out);
        self.place(&mut out[before..]);
    }

    /// Goes on with what is held.
    fn resume(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let held = std::mem::take(&mut self.held);
        let used = self.run(&held[self.start..], out);
        self.held = held;
        self.start += used;
        self.settle(now);
    }

    /// Frees what is used up, and notes since when a frame has been incomplete.
    fn settle(&mut self, now: Timestamp) {
        let flow = self.machine.flow();
        if self.start == self.held.len() || flow == Flow::Closed {
            // An idle connection holds no buffer.
            self.held = Vec::new();
            self.start = 0;
        } else if self.start > self.held.len() / 2 {
            self.held.drain(..self.start);
            self.start = 0;
        }
        let held = &self.held[self.start..];
        let has_begun = !held.is_empty() && self.machine.has_begun(held);
        let partial = flow == Flow::Open && (has_begun || self.machine.is_mid_frame());
        if !partial {
            self.partial_since = None;
        } else if self.partial_since.is_none() || self.partial_after != self.machine.frames() {
            self.partial_since = Some(now);
        }
        self.partial_after = self.machine.frames();
    }
}

impl<M: Machine> Session for Stream<M> {
    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        self.machine.bind(device, settings);
    }

    fn feed(&mut self, now: Timestamp, bytes: &[u8], out: &mut Vec<Output>) {
        self.machine.tick(now, out);
        match self.machine.flow() {
            Flow::Closed => {}
            Flow::Waiting => {
                if self.held.len() - self.start + bytes.len() > self.waiting_bytes_max {
                    self.abort(&[], Reject::Flooded, out);
                    self.settle(now);
                } else {
                    self.held.extend_from_slice(bytes);
                }
            }
            Flow::Open if self.held.is_empty() => {
                let used = self.run(bytes, out);
                self.held.extend_from_slice(&bytes[used..]);
                self.settle(now);
            }
            Flow::Open => {
                self.held.extend_from_slice(bytes);
                self.resume(now, out);
            }
        }
    }

    fn identified(&mut self, now: Timestamp, answer: Identified, out: &mut Vec<Output>) {
        self.machine.identified(answer, out);
        self.resume(now, out);
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        let was_waiting = self.machine.flow() == Flow::Waiting;
        self.machine.stored(ticket, outcome, out);
        if was_waiting && self.machine.flow() == Flow::Open {
            // No time is told here; a frame that is incomplete after this gets its deadline with the next bytes.
            let since = self.partial_since;
            self.resume(Timestamp::MAX, out);
            self.partial_since = since;
        }
    }

    fn end_datagram(&mut self, _now: Timestamp, out: &mut Vec<Output>) {
        let held = std::mem::take(&mut self.held);
        let rest = &held[self.start..];
        let before = out.len();
        self.machine.end_datagram(rest, out);
        self.place(&mut out[before..]);
        self.used_up += rest.len() as u64;
        self.start = 0;
        self.partial_since = None;
    }

    fn order(&mut self, now: Timestamp, id: OrderId, order: &Order, out: &mut Vec<Output>) -> Result<(), OrderRefused> {
        self.machine.tick(now, out);
        if !self.machine.takes_orders() {
            return Err(OrderRefused::NotIdentified);
        }
        self.machine.order(now, id, order, out)
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.machine.tick(now, out);
        if self.frame_deadline().is_some_and(|due| now >= due) {
            let held = std::mem::take(&mut self.held);
            self.abort(&held[self.start..], Reject::TimedOut, out);
            self.start = 0;
            self.partial_since = None;
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        [self.frame_deadline(), self.machine.next_deadline()].into_iter().flatten().min()
    }

    fn wants_bytes(&self) -> bool {
        self.machine.flow() == Flow::Open
    }
}
