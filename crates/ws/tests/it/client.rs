//! The client's half, written from the RFC and without the crate's encoder: masked frames and owned events.

use ws::{Decoder, Error, Event};

/// The key of the RFC's own examples (section 5.7).
pub(crate) const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) const FIN: u8 = 0x80;
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// A masked frame; `first` is the opcode with its flags.
pub(crate) fn frame(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, mask, payload.len() as u64);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The header alone, the length in its shortest form.
pub(crate) fn header(first: u8, mask: [u8; 4], payload_bytes: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    if payload_bytes < 126 {
        bytes.push(0x80 | payload_bytes as u8);
    } else if payload_bytes < 65_536 {
        bytes.push(0x80 | 126);
        bytes.extend((payload_bytes as u16).to_be_bytes());
    } else {
        bytes.push(0x80 | 127);
        bytes.extend(payload_bytes.to_be_bytes());
    }
    bytes.extend(mask);
    bytes
}

/// An event that outlives its buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Text(text) => Self::Text(text.to_owned()),
            Event::Binary(bytes) => Self::Binary(bytes.to_owned()),
            Event::Ping(payload) => Self::Ping(payload.to_owned()),
            Event::Pong(payload) => Self::Pong(payload.to_owned()),
            Event::Close { code, reason } => Self::Close(code, reason.to_owned()),
        }
    }
}

/// Feeds one read and adds its events to `seen`.
pub(crate) fn read(decoder: &mut Decoder, bytes: &[u8], seen: &mut Vec<Seen>) -> Result<(), Error> {
    let mut scratch = bytes.to_vec();
    let mut feed = decoder.feed(&mut scratch);
    while let Some(event) = feed.next_event()? {
        seen.push(event.into());
    }
    Ok(())
}

/// All events of these reads, and the error that ended them.
pub(crate) fn read_all<'a>(
    max_message_bytes: usize,
    reads: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Seen>, Option<Error>) {
    let (mut decoder, mut seen, mut error) = (Decoder::new(max_message_bytes), Vec::new(), None);
    for bytes in reads {
        // After an error nothing more may come, so the first one is kept and the rest is read all the same.
        if let Err(found) = read(&mut decoder, bytes, &mut seen) {
            assert_eq!(error.replace(found), None, "a second error");
        }
    }
    (seen, error)
}
