//! What a dialect's WebSocket session is: a function of messages and time, with an outbox behind it.

use std::net::IpAddr;
use std::task::Waker;

use http::HeaderMap;
use model::Timestamp;
use ws::Opcode;

/// The request that opens a WebSocket.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Path, percent-decoded, without the query.
    pub path: &'a str,
    /// Query as sent, without the question mark.
    pub query: &'a str,
    /// Headers of the request.
    pub headers: &'a HeaderMap,
    /// Who opens it.
    pub peer: IpAddr,
}

/// A message of the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A message over the size limit. The connection closes with 1009 after what the session says to this.
    TooBig,
}

/// Why the server ends a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CloseReason {
    /// WebSocket close code.
    pub code: u16,
    /// A short reason in words, for the person who reads the client's log.
    pub reason: &'static str,
}

/// What a session says when asked for what is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gathered {
    /// Nothing more is due.
    Done,
    /// The budget is used up, and more is due.
    More,
    /// Send what was gathered, then end the connection.
    Close(CloseReason),
}

/// What a peer shows of whether it gets what it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// It is asked whether it is there, behind everything that was gathered so far.
    Asked,
    /// It answered that question, or an earlier one that was never answered: it has got what came before.
    Answered,
    /// It said Close, and nobody had said so before.
    Closed,
    /// The connection is over, and the peer may not have got what was gathered last: it was silent for too long, did
    /// not take all of it, or the connection broke.
    Lost,
}

/// Makes the session of a new connection.
pub trait SocketFactory: Send + Sync + 'static {
    /// Called once the upgrade is accepted.
    fn open(&self, opening: &Opening<'_>, now: Timestamp) -> Box<dyn SocketSession>;
}

/// One WebSocket connection of a dialect. Holds no socket and reads no clock.
pub trait SocketSession: Send {
    /// The connection is up: the place for a greeting.
    fn opened(&mut self, now: Timestamp, out: &mut Frames<'_>);
    /// The client said something.
    fn message(&mut self, now: Timestamp, message: Message<'_>, out: &mut Frames<'_>);
    /// Whether it takes another message now. While it does not, nothing more is read from the client, though what was
    /// read already is handed over; it wakes the waker of [`Self::register`] when it does again.
    fn takes_messages(&self) -> bool {
        true
    }
    /// Wakes this waker when [`Self::gather`] will have something to give.
    fn register(&self, waker: &Waker);
    /// Writes what is due, about `budget_bytes` of it at most.
    fn gather(&mut self, now: Timestamp, out: &mut Frames<'_>, budget_bytes: usize) -> Gathered;
    /// Does what time demands; called at or after [`Self::next_deadline`].
    fn tick(&mut self, now: Timestamp, out: &mut Frames<'_>) -> Option<CloseReason>;
    /// When time next demands something.
    fn next_deadline(&self) -> Option<Timestamp>;
    /// The largest message that this session takes, where that is less than [`crate::SocketLimits::message_bytes_max`].
    /// Asked once, before the first message.
    fn message_bytes_max(&self) -> usize {
        usize::MAX
    }
    /// For a session that wants to know what its peer has got.
    fn sign(&mut self, _sign: Sign) {}
}

/// The frames of one turn, gathered for one contiguous write.
pub struct Frames<'a> {
    buf: &'a mut Vec<u8>,
}

impl<'a> Frames<'a> {
    /// Gathers into this buffer, after what it holds.
    pub const fn new(buf: &'a mut Vec<u8>) -> Self {
        Self { buf }
    }

    /// One text message made of these parts, in order.
    pub fn text(&mut self, parts: &[&[u8]]) {
        let bytes = parts.iter().map(|p| p.len()).sum();
        ws::write_header(self.buf, Opcode::Text, bytes);
        for part in parts {
            self.buf.extend_from_slice(part);
        }
    }

    /// The header of a text message of `payload_bytes`; the caller then writes exactly that many through
    /// [`Self::push`].
    pub fn text_header(&mut self, payload_bytes: usize) {
        // A batch of many thousand states would otherwise make the buffer grow, and be copied, many times over.
        self.buf.reserve(payload_bytes + ws::MAX_SERVER_HEADER_BYTES);
        ws::write_header(self.buf, Opcode::Text, payload_bytes);
    }

    /// One text message that `write` appends, for when its length is not known before; none if it says false.
    /// `expected_bytes` is a guess: a good one saves moving the text afterwards.
    pub fn text_with(&mut self, expected_bytes: usize, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let before = self.buf.len();
        self.buf.reserve(expected_bytes + ws::MAX_SERVER_HEADER_BYTES);
        let start = ws::FrameStart::new(self.buf, Opcode::Text, expected_bytes);
        match write(self.buf) {
            true => start.finish(self.buf),
            false => self.buf.truncate(before),
        }
    }

    /// Part of the payload announced by [`Self::text_header`].
    pub fn push(&mut self, part: &[u8]) {
        self.buf.extend_from_slice(part);
    }

    /// Frames that were made before and are shared.
    pub fn framed(&mut self, frames: &[u8]) {
        self.buf.extend_from_slice(frames);
    }

    /// Bytes gathered so far.
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// Whether nothing is gathered.
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    pub(crate) fn pong(&mut self, payload: &[u8]) {
        ws::write_frame(self.buf, Opcode::Pong, payload);
    }

    pub(crate) fn ping(&mut self) {
        ws::write_frame(self.buf, Opcode::Ping, b"");
    }

    pub(crate) fn close(&mut self, code: Option<u16>, reason: &str) {
        ws::write_close(self.buf, code, reason);
    }
}
