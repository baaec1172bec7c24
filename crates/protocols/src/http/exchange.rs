//! Requests in, answers out, in order.

use std::marker::PhantomData;

use model::{Command, DeviceId, Order, Timestamp};

use super::chunked::{Chunked, Step};
use super::head::{self, Framing, Head};
use super::response::{Persist, go_on, response};
use super::{Api, Refusal, Request, Status};
use crate::Limits;
use crate::orders::Orders;
use crate::replies::Replies;
use crate::session::{DeviceSettings, Identified, OrderId, OrderRefused, Output, Progress, Reject, Stored, Ticket};
use crate::stream::{Flow, Machine};

enum State {
    /// Waiting for the end of a head, which is not among the first `scanned` bytes.
    Head {
        scanned: usize,
    },
    /// Waiting for the rest of a request whose head was read.
    Sized {
        head_bytes: usize,
        whole_bytes: usize,
    },
    Chunked {
        head: Vec<u8>,
        body: Chunked,
    },
}

/// What the answer to an upload is worded with.
struct Pending {
    persist: Persist,
    /// The device that it is for; `None` where the answer may have no body.
    device: Option<DeviceId>,
}

/// A command that waits for the next answer to this device.
struct Waiting {
    id: OrderId,
    device: DeviceId,
    text: String,
}

/// One connection of a family that speaks HTTP.
pub(crate) struct Exchange<A> {
    limits: Limits,
    state: State,
    identity: Option<(DeviceId, DeviceSettings)>,
    /// The device that the host was asked about. Its request has not been taken yet.
    asked: Option<DeviceId>,
    /// The answer was no; the request in front is to be told so.
    refused: Option<DeviceId>,
    replies: Replies<Pending>,
    orders: Orders<Waiting>,
    /// Whether the device that spoke last may be answered with a command.
    takes_commands: bool,
    bad_in_a_row: u32,
    blank_bytes: usize,
    frames: u64,
    api: PhantomData<A>,
}

impl<A: Api> Exchange<A> {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            state: State::Head { scanned: 0 },
            identity: None,
            asked: None,
            refused: None,
            replies: Replies::new(),
            orders: Orders::new(limits.command_pickup_ms_max),
            takes_commands: A::TAKES_COMMANDS,
            bad_in_a_row: 0,
            blank_bytes: 0,
            frames: 0,
            api: PhantomData,
        }
    }

    fn step_head(&mut self, bytes: &[u8], scanned: usize, out: &mut Vec<Output>) -> usize {
        // Some clients end a body with an empty line too many.
        let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            self.blank_bytes += blank;
            if self.blank_bytes > self.limits.noise_bytes_max {
                self.replies.close(out);
            }
            return blank;
        }
        let head_bytes = head::end(bytes, scanned);
        if head_bytes.unwrap_or(bytes.len()) > self.limits.http_head_bytes_max {
            let reason = Reject::TooLarge { bytes_max: self.limits.http_head_bytes_max };
            // What is shown of it must not depend on how much came at once.
            let seen = &bytes[..self.limits.http_head_bytes_max.min(bytes.len())];
            return self.fail(seen, Status::HeadTooLarge, reason, out);
        }
        let Some(head_bytes) = head_bytes else {
            self.state = State::Head { scanned: bytes.len() };
            return 0;
        };
        self.blank_bytes = 0;
        let head = match head::parse(&bytes[..head_bytes]) {
            Ok(head) => head,
            Err(status) => return self.fail(&bytes[..head_bytes], status, Reject::BadHttp, out),
        };
        self.begin(bytes, head_bytes, &head, out)
    }

    fn begin(&mut self, bytes: &[u8], head_bytes: usize, head: &Head<'_>, out: &mut Vec<Output>) -> usize {
        let body_bytes_max = A::body_bytes_max(&self.limits);
        if let Framing::Sized(n) = head.framing
            && n > body_bytes_max
        {
            let reason = Reject::TooLarge { bytes_max: body_bytes_max };
            return self.fail(&bytes[..head_bytes], Status::ContentTooLarge, reason, out);
        }
        if head.expects_go_on && head.framing != Framing::Sized(0) {
            // Said even if the body is here already: what is said must not depend on how the bytes were cut.
            self.replies.ready(go_on(), out);
        }
        match head.framing {
            Framing::Sized(n) => {
                let whole_bytes = head_bytes + n;
                self.state = State::Sized { head_bytes, whole_bytes };
                match bytes.get(head_bytes..whole_bytes) {
                    Some(body) if self.handle(head, body, out) => self.done(whole_bytes),
                    _ => 0,
                }
            }
            Framing::Chunked => {
                let body = Chunked::new(body_bytes_max, self.limits.http_head_bytes_max);
                self.state = State::Chunked { head: bytes[..head_bytes].to_vec(), body };
                head_bytes
            }
        }
    }

    fn step_sized(&mut self, bytes: &[u8], head_bytes: usize, whole_bytes: usize, out: &mut Vec<Output>) -> usize {
        let Some((head, body)) = bytes.get(..whole_bytes).and_then(|b| b.split_at_checked(head_bytes)) else {
            return 0;
        };
        match head::parse(head) {
            Ok(head) if !self.handle(&head, body, out) => 0,
            _ => self.done(whole_bytes),
        }
    }

    fn step_chunked(&mut self, bytes: &[u8], head: Vec<u8>, mut body: Chunked, out: &mut Vec<Output>) -> usize {
        match body.step(bytes) {
            Ok(Step::Used(n)) => {
                self.state = State::Chunked { head, body };
                n
            }
            Ok(Step::End(last)) => match head::parse(&head) {
                Ok(read) if !self.handle(&read, body.body(), out) => {
                    self.state = State::Chunked { head, body };
                    0
                }
                _ => self.done(last),
            },
            Err(reason) => {
                let too_large = matches!(reason, Reject::TooLarge { .. });
                let status = if too_large { Status::ContentTooLarge } else { Status::BadRequest };
                self.fail(&head, status, reason, out)
            }
        }
    }

    fn done(&mut self, used: usize) -> usize {
        self.state = State::Head { scanned: 0 };
        self.frames += 1;
        used
    }

    /// Answers a request after which the stream cannot be read on.
    fn fail(&mut self, frame: &[u8], status: Status, reason: Reject, out: &mut Vec<Output>) -> usize {
        self.state = State::Head { scanned: 0 };
        out.push(Output::reject(frame, reason));
        self.replies.ready(response(status, Persist::Close, ""), out);
        self.replies.close(out);
        0
    }

    /// Takes a whole request; false when the host must first say whether its device may speak.
    fn handle(&mut self, head: &Head<'_>, body: &[u8], out: &mut Vec<Output>) -> bool {
        let request = Request { method: head.method, query: head.query, media_type: head.media_type.clone(), body };
        match A::parse(&request, &self.limits) {
            Err(refusal) => self.on_refusal(&request, head.persist, refusal, out),
            Ok(message) => match &self.identity {
                Some((id, settings)) if id.as_str() == A::device(&message) => {
                    self.bad_in_a_row = 0;
                    self.takes_commands = A::takes_commands(&message);
                    let device = (head.method != "HEAD" && self.takes_commands).then(|| id.clone());
                    let reports = A::reports(message, settings, &self.limits);
                    self.upload(Pending { persist: head.persist, device }, reports, out);
                }
                _ => return self.on_stranger(&message, head.persist, out),
            },
        }
        if head.persist == Persist::Close {
            self.replies.close(out);
        }
        true
    }

    fn upload(&mut self, pending: Pending, reports: model::Upload, out: &mut Vec<Output>) {
        let ticket = self.replies.wait(pending);
        if reports.is_empty() {
            out.push(Output::Contact);
            self.settle(ticket, Status::Ok, out);
        } else {
            out.push(Output::Upload { ticket, reports });
        }
    }

    /// Answers an upload, with the command that waits for its device if that is good news.
    fn settle(&mut self, ticket: Ticket, status: Status, out: &mut Vec<Output>) {
        let orders = &mut self.orders;
        let word = |Pending { persist, device }: Pending| {
            let is_for = |waiting: &Waiting| status == Status::Ok && device.as_ref() == Some(&waiting.device);
            match orders.take_if(is_for) {
                None => (response(status, persist, ""), None),
                Some(Waiting { id, text, .. }) => {
                    let what = Progress::Sent { awaits_reply: false };
                    (response(status, persist, &text), Some(Output::Ordered { id, what }))
                }
            }
        };
        self.replies.settle_and_say(ticket, word, out);
    }

    fn on_stranger(&mut self, message: &A::Message<'_>, persist: Persist, out: &mut Vec<Output>) -> bool {
        let device = A::device(message);
        if self.refused.take().is_some_and(|id| id.as_str() == device) {
            self.replies.ready(response(A::unknown_device(message), persist, ""), out);
            if persist == Persist::Close {
                self.replies.close(out);
            }
            return true;
        }
        if let Some(id) = DeviceId::new(device) {
            // The host takes orders for one device at a time. What it gave for another is not to leave any more.
            self.orders.end(Progress::TimedOut, out);
            self.asked = Some(id.clone());
            out.push(Output::Identify(id));
            return false;
        }
        // The families check identifiers when they parse.
        self.replies.ready(response(Status::BadRequest, persist, ""), out);
        true
    }

    fn on_refusal(&mut self, request: &Request<'_>, persist: Persist, refusal: Refusal, out: &mut Vec<Output>) {
        let frame = if request.body.is_empty() { request.query.as_bytes() } else { request.body };
        let explained = refusal.is_explained && request.method != "HEAD";
        let text = if explained { refusal.reason.to_string() } else { String::new() };
        out.push(Output::reject(frame, refusal.reason));
        self.bad_in_a_row += 1;
        let last = self.bad_in_a_row >= self.limits.bad_frames_in_a_row_max;
        let persist = if last { Persist::Close } else { persist };
        self.replies.ready(response(refusal.status, persist, &text), out);
        if last {
            self.replies.close(out);
        }
    }
}

impl<A: Api> Machine for Exchange<A> {
    fn step(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> usize {
        match std::mem::replace(&mut self.state, State::Head { scanned: 0 }) {
            State::Head { scanned } => self.step_head(bytes, scanned, out),
            State::Sized { head_bytes, whole_bytes } => {
                self.state = State::Sized { head_bytes, whole_bytes };
                self.step_sized(bytes, head_bytes, whole_bytes, out)
            }
            State::Chunked { head, body } => self.step_chunked(bytes, head, body, out),
        }
    }

    fn bind(&mut self, device: DeviceId, settings: DeviceSettings) {
        self.identity = Some((device, settings));
    }

    fn identified(&mut self, answer: Identified, _out: &mut Vec<Output>) {
        let Some(id) = self.asked.take() else { return };
        match answer {
            Identified::Accepted(settings) => self.identity = Some((id, settings)),
            Identified::Refused => self.refused = Some(id),
        }
    }

    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>) {
        let status = match outcome {
            Stored::Ok => Status::Ok,
            Stored::Failed => Status::ServerFault,
        };
        self.settle(ticket, status, out);
    }

    /// Also when the connection is to end, as long as there is an answer that could carry it.
    fn takes_orders(&self) -> bool {
        let device = self.identity.as_ref().map(|(device, _)| device);
        let owes_an_answer = || self.replies.waiting().any(|p| p.device.is_some() && p.device.as_ref() == device);
        !self.replies.is_closing() || owes_an_answer()
    }

    fn order(
        &mut self,
        now: Timestamp,
        id: OrderId,
        order: &Order,
        _out: &mut Vec<Output>,
    ) -> Result<(), OrderRefused> {
        let text = match order {
            Order::Do(Command::Text(text)) if self.takes_commands && !text.is_empty() => text,
            _ => return Err(OrderRefused::NoSuchCommand),
        };
        let Some((device, _)) = &self.identity else { return Err(OrderRefused::NotIdentified) };
        if text.len() > self.limits.command_bytes_max {
            return Err(OrderRefused::TooLong);
        }
        self.orders.begin(now, id, Waiting { id, device: device.clone(), text: text.clone() })
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
        } else if self.asked.is_some() || self.replies.len() >= self.limits.uploads_in_flight_max {
            Flow::Waiting
        } else {
            Flow::Open
        }
    }

    fn abort(&mut self, held: &[u8], reason: Reject, out: &mut Vec<Output>) {
        let timed_out = reason == Reject::TimedOut;
        out.push(Output::reject(held, reason));
        if timed_out {
            self.replies.ready(response(Status::RequestTimeout, Persist::Close, ""), out);
        }
        self.replies.close(out);
    }

    fn is_mid_frame(&self) -> bool {
        matches!(self.state, State::Chunked { .. })
    }

    fn frames(&self) -> u64 {
        self.frames
    }
}
