use std::mem;

use crate::frame::Frame;
use crate::header::{Header, MAX_HEADER_BYTES};
use crate::{Error, Event, Opcode};

/// What one connection remembers of its client's bytes between two reads.
///
/// At most 64 bytes, and no heap unless a message or control frame is incomplete. What is then held grows with what
/// the client has sent, never with what it has announced: at most half as much again as was received, and never more
/// than the limit (and 125 bytes for a control frame between fragments).
#[derive(Debug)]
pub struct Decoder {
    /// Payload so far of the message under way, and after it that of a control frame that is itself incomplete.
    held: Vec<u8>,
    max_message_bytes: usize,
    state: State,
    /// What a fragmented message is; `None` while none is under way.
    fragmented: Option<Opcode>,
}

const _: () = assert!(size_of::<Decoder>() <= 64);

#[derive(Debug)]
enum State {
    /// Between frames, or inside a header whose first `len` bytes came with earlier reads.
    Header {
        bytes: [u8; MAX_HEADER_BYTES],
        len: u8,
    },
    Payload(Frame),
    /// After an error or a Close: whatever follows is ignored.
    Ended,
}

impl State {
    const BETWEEN_FRAMES: Self = Self::Header { bytes: [0; MAX_HEADER_BYTES], len: 0 };
}

impl Decoder {
    /// A decoder that refuses messages of more than `max_message_bytes` of payload, fragments added up.
    #[must_use]
    pub const fn new(max_message_bytes: usize) -> Self {
        Self { held: Vec::new(), max_message_bytes, state: State::BETWEEN_FRAMES, fragmented: None }
    }

    /// Takes what one read brought, to be pulled event by event with [`Feed::next_event`].
    ///
    /// `bytes` is the caller's scratch buffer, free again when the feed is gone; its contents are overwritten.
    pub const fn feed<'a>(&'a mut self, bytes: &'a mut [u8]) -> Feed<'a> {
        Feed { decoder: self, unread: bytes, completed: Vec::new() }
    }

    /// Whether a message, a control frame or a header is incomplete: the client owes the rest.
    #[must_use]
    pub const fn is_mid_message(&self) -> bool {
        match self.state {
            State::Header { len, .. } => len > 0 || self.fragmented.is_some(),
            State::Payload(_) => true,
            State::Ended => false,
        }
    }

    /// Whether an error or a Close ended the stream, so that no more events come.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Heap that this decoder holds, in bytes; 0 unless something is incomplete.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Checks a header against the frames before it and against the limit.
    fn open(&self, header: Header) -> Result<Frame, Error> {
        match (header.opcode, self.fragmented) {
            (Opcode::Continuation, None) => return Err(Error::UnexpectedContinuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Error::UnfinishedMessage),
            _ => {}
        }
        let declared_bytes = if header.opcode.is_control() { 0 } else { self.held.len() as u64 + header.payload_bytes };
        let too_big = Error::TooBig { declared_bytes, max_message_bytes: self.max_message_bytes };
        if declared_bytes > self.max_message_bytes as u64 {
            return Err(too_big);
        }
        Ok(Frame {
            payload_bytes: usize::try_from(header.payload_bytes).map_err(|_| too_big)?,
            received_bytes: 0,
            mask: header.mask,
            opcode: header.opcode,
            fin: header.fin,
        })
    }

    /// Keeps a part of a frame of which `missing_bytes` are still to come.
    fn hold(&mut self, part: &[u8], missing_bytes: usize) {
        let needed = self.held.len() + part.len();
        if needed > self.held.capacity() {
            // By half, so that a message sent byte by byte is not copied once a byte; never past the frame's end.
            let roomy = self.held.len() + self.held.len() / 2;
            let capacity = roomy.clamp(needed, needed.saturating_add(missing_bytes));
            self.held.reserve_exact(capacity - self.held.len());
        }
        self.held.extend_from_slice(part);
    }

    /// Takes out what `frame`, now wholly received and held, completes; `None` if its message goes on.
    fn complete(&mut self, frame: &Frame) -> Option<(Opcode, Vec<u8>)> {
        if frame.opcode.is_control() {
            let message_bytes = self.held.len() - frame.payload_bytes;
            let payload =
                if message_bytes == 0 { mem::take(&mut self.held) } else { self.held.split_off(message_bytes) };
            return Some((frame.opcode, payload));
        }
        let opcode = self.fragmented.unwrap_or(frame.opcode);
        self.fragmented = (!frame.fin).then_some(opcode);
        frame.fin.then(|| (opcode, mem::take(&mut self.held)))
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.held = Vec::new();
        self.fragmented = None;
    }
}

/// What one read brought, being pulled event by event. Made by [`Decoder::feed`].
///
/// Bytes not pulled are lost when it is dropped, and the connection with them; who stops early takes them along with
/// [`into_unread`](Feed::into_unread).
#[must_use = "the bytes are read only as events are pulled"]
#[derive(Debug)]
pub struct Feed<'a> {
    decoder: &'a mut Decoder,
    unread: &'a mut [u8],
    /// The last event's payload if it was put together from several parts: out of the decoder, which is idle again.
    completed: Vec<u8>,
}

/// Where a whole payload lies.
enum Payload<'a> {
    InPlace(&'a [u8]),
    Completed,
}

impl<'a> Feed<'a> {
    /// The next event, or `None` when all bytes are read, or when an error or a Close has ended the stream.
    ///
    /// # Errors
    ///
    /// Once, when the client breaks a rule or the limit; after that `None`.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        self.completed = Vec::new();
        let event = match self.next_payload() {
            Ok(None) => return Ok(None),
            Ok(Some((opcode, Payload::InPlace(payload)))) => Event::read(opcode, payload),
            Ok(Some((opcode, Payload::Completed))) => Event::read(opcode, &self.completed),
            Err(error) => Err(error),
        };
        if matches!(event, Err(_) | Ok(Event::Close { .. })) {
            self.decoder.end();
        }
        event.map(Some)
    }

    /// The bytes not read yet, to be fed again later: for a caller that takes only so many messages at a time.
    #[must_use]
    pub fn into_unread(self) -> &'a mut [u8] {
        self.unread
    }

    fn next_payload(&mut self) -> Result<Option<(Opcode, Payload<'a>)>, Error> {
        loop {
            match &mut self.decoder.state {
                State::Ended => {
                    self.unread = &mut [];
                    return Ok(None);
                }
                State::Header { .. } => {
                    let Some(header) = self.read_header()? else { return Ok(None) };
                    self.decoder.state = State::Payload(self.decoder.open(header)?);
                }
                State::Payload(frame) => {
                    let part = take(&mut self.unread, frame.missing_bytes());
                    frame.receive(part);
                    let frame = *frame;
                    if frame.stands_alone() && part.len() == frame.payload_bytes {
                        self.decoder.state = State::BETWEEN_FRAMES;
                        return Ok(Some((frame.opcode, Payload::InPlace(part))));
                    }
                    self.decoder.hold(part, frame.missing_bytes());
                    if frame.missing_bytes() > 0 {
                        return Ok(None);
                    }
                    self.decoder.state = State::BETWEEN_FRAMES;
                    if let Some((opcode, payload)) = self.decoder.complete(&frame) {
                        self.completed = payload;
                        return Ok(Some((opcode, Payload::Completed)));
                    }
                }
            }
        }
    }

    /// The header at the start of the unread bytes, some of which may have come with earlier reads.
    fn read_header(&mut self) -> Result<Option<Header>, Error> {
        let State::Header { bytes, len } = &mut self.decoder.state else { return Ok(None) };
        let earlier = usize::from(*len);
        if earlier == 0
            && let Some((header, header_bytes)) = Header::parse(self.unread)?
        {
            take(&mut self.unread, header_bytes);
            return Ok(Some(header));
        }
        let added = self.unread.len().min(MAX_HEADER_BYTES - earlier);
        let known = earlier + added;
        bytes[earlier..known].copy_from_slice(&self.unread[..added]);
        let parsed = Header::parse(&bytes[..known])?;
        *len = known as u8;
        let Some((header, header_bytes)) = parsed else {
            // No header is longer than the array, so an incomplete one has taken every byte there was.
            self.unread = &mut [];
            return Ok(None);
        };
        take(&mut self.unread, header_bytes - earlier);
        Ok(Some(header))
    }
}

/// Splits at most `max_bytes` off the front.
fn take<'a>(bytes: &mut &'a mut [u8], max_bytes: usize) -> &'a mut [u8] {
    let at = max_bytes.min(bytes.len());
    let (front, rest) = mem::take(bytes).split_at_mut(at);
    *bytes = rest;
    front
}
