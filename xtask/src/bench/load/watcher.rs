//! A WebSocket client that subscribes and counts what comes.

use std::io::{Read, Write};
use std::net::SocketAddr;

use anyhow::{Result, bail, ensure};
use memchr::memmem::{self, Finder};
use serde_json::json;

use super::link::Link;
use super::publisher::{MARKER, SEQ_DIGITS};
use super::{FanoutWork, Share};

/// What is read at a time.
pub(super) const READ_BYTES: usize = 128 * 1024;

const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
const CLOSE: u8 = 0x88;

pub(super) struct Watcher {
    pub(super) link: Link,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
    /// The newest update seen.
    pub(super) newest: u64,
}

/// Finds the numbers of updates in the states of a message.
pub(super) struct Reader {
    marker: Finder<'static>,
    /// Where the last one was: the next is likely at the same place.
    at: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self { marker: Finder::new(MARKER), at: 0 }
    }
}

impl Reader {
    fn find(&mut self, message: &[u8]) -> Option<usize> {
        if message.get(self.at..).is_none_or(|rest| !rest.starts_with(MARKER)) {
            self.at = self.marker.find(message)?;
        }
        Some(self.at)
    }

    /// Calls `seen` with the number of each update in a message.
    pub(super) fn read(&mut self, mut message: &[u8], mut seen: impl FnMut(u64)) {
        while let Some(at) = self.find(message) {
            let digits = &message[at + MARKER.len()..];
            let digits = &digits[..SEQ_DIGITS.min(digits.len())];
            seen(digits.iter().fold(0, |seq, digit| seq * 10 + u64::from(digit.wrapping_sub(b'0'))));
            message = &message[at + MARKER.len()..];
        }
    }
}

impl Watcher {
    /// Connects and subscribes client `number`; the states at the time of subscribing are still to come.
    pub(super) fn connect(work: &FanoutWork, number: usize) -> Result<Self> {
        let mut watcher = Self::open(work.http)?;
        watcher.say(&subscription(work, number).to_string())?;
        let mut buffer = vec![0; READ_BYTES];
        let mut answered = false;
        while !answered {
            watcher.read(&mut buffer, |message| {
                answered |= memmem::find(message, b"subscription/subscribe").is_some();
            })?;
        }
        Ok(watcher)
    }

    /// Connects, and subscribes to nothing yet.
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let mut link = Link::connect(address)?;
        link.stream.write_all(upgrade(address).as_bytes())?;
        let mut watcher = Self { link, rest: Vec::new(), newest: 0 };
        watcher.read_head()?;
        Ok(watcher)
    }

    /// Sends a message.
    pub(super) fn say(&mut self, text: &str) -> Result<()> {
        let mut frame = Vec::with_capacity(text.len() + 14);
        put_frame(TEXT, text.as_bytes(), &mut frame);
        Ok(self.link.stream.write_all(&frame)?)
    }

    fn read_head(&mut self) -> Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0; 1];
            self.link.stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head);
        ensure!(head.starts_with("HTTP/1.1 101 "), "the upgrade was refused: {head}");
        Ok(())
    }

    /// Reads once, and calls `seen` with each message that is whole. Gives how many bytes came.
    pub(super) fn read(&mut self, buffer: &mut [u8], mut seen: impl FnMut(&[u8])) -> Result<usize> {
        let count = self.link.read(buffer)?;
        if self.rest.is_empty() {
            let used = take_frames(&buffer[..count], &mut self.link.out, &mut seen)?;
            self.rest.extend_from_slice(&buffer[used..count]);
        } else {
            self.rest.extend_from_slice(&buffer[..count]);
            let used = take_frames(&self.rest, &mut self.link.out, &mut seen)?;
            self.rest.drain(..used);
        }
        self.link.flush()?;
        Ok(count)
    }
}

fn upgrade(address: SocketAddr) -> String {
    // Any sixteen bytes will do for the key; the answer to it is the server's own tests' business.
    format!(
        "GET /v2/event/subscription HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
}

fn subscription(work: &FanoutWork, number: usize) -> serde_json::Value {
    let all = work.trackers.len();
    let part = all / work.clients.max(1);
    let selected = |ids: &[u32]| json!({"type": "selected", "tracker_ids": ids});
    let target = match work.share {
        Share::All => json!({"type": "all"}),
        Share::Part => selected(&work.trackers[number * part..(number + 1) * part]),
        Share::Each => selected(&work.trackers[number % all..=number % all]),
        Share::Same => selected(&work.trackers[..1]),
    };
    let mut request = json!({"type": "state", "target": target});
    if let Some(batched) = work.batched {
        request["type"] = "state_batch".into();
        request["rate_limit"] = format!("{}ms", batched.rate_limit_ms).into();
    }
    if work.compact {
        request["format"] = "compact".into();
    }
    json!({"action": "subscribe", "hash": work.hash, "requests": [request]})
}

/// Writes a frame as a client does. The mask is all zeros, which leaves the payload as it is.
fn put_frame(kind: u8, payload: &[u8], out: &mut Vec<u8>) {
    const MASKED: u8 = 0x80;
    out.push(kind);
    match payload.len() {
        len @ 0..126 => out.push(MASKED | len as u8),
        len @ 126..65_536 => {
            out.push(MASKED | 126);
            out.extend((len as u16).to_be_bytes());
        }
        len => {
            out.push(MASKED | 127);
            out.extend((len as u64).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend_from_slice(payload);
}

/// Takes whole frames off the front, answers pings, and gives how many bytes it used.
fn take_frames(bytes: &[u8], replies: &mut Vec<u8>, seen: &mut impl FnMut(&[u8])) -> Result<usize> {
    let mut used = 0;
    while let Some((kind, from, to)) = frame(&bytes[used..]) {
        let payload = &bytes[used + from..used + to];
        match kind {
            TEXT => seen(payload),
            PING => put_frame(PONG, payload, replies),
            CLOSE => bail!("the server closed: {}", String::from_utf8_lossy(payload.get(2..).unwrap_or_default())),
            _ => {}
        }
        used += to;
    }
    Ok(used)
}

/// The kind of the first frame and where its payload begins and ends; `None` when it is not whole.
fn frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (&kind, &len) = (bytes.first()?, bytes.get(1)?);
    let (from, len): (usize, usize) = match len {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
        len => (2, usize::from(len)),
    };
    let to = from.checked_add(len)?;
    (to <= bytes.len()).then_some((kind, from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![kind];
        match payload.len() {
            len @ 0..126 => frame.push(len as u8),
            len @ 126..65_536 => {
                frame.push(126);
                frame.extend((len as u16).to_be_bytes());
            }
            len => {
                frame.push(127);
                frame.extend((len as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn messages_are_seen_however_they_are_cut() {
        let texts = [b"a".to_vec(), vec![b'b'; 125], vec![b'c'; 126], vec![b'd'; 70_000], vec![]];
        let mut stream: Vec<u8> = texts.iter().flat_map(|text| server_frame(TEXT, text)).collect();
        stream.extend(server_frame(PING, b"x"));
        for size in [1, 7, 1_000, stream.len()] {
            let (mut seen, mut replies, mut rest) = (Vec::new(), Vec::new(), Vec::new());
            for cut in stream.chunks(size) {
                rest.extend_from_slice(cut);
                let used = take_frames(&rest, &mut replies, &mut |text: &[u8]| seen.push(text.to_vec())).unwrap();
                rest.drain(..used);
            }
            assert_eq!(seen, texts, "cut into {size}");
            assert_eq!(replies, [PONG, 0x81, 0, 0, 0, 0, b'x']);
            assert!(rest.is_empty());
        }
        assert!(take_frames(&server_frame(CLOSE, b"\x03\xf5slow"), &mut Vec::new(), &mut |_: &[u8]| {}).is_err());
    }

    #[test]
    fn updates_are_found_wherever_they_are() {
        let mut reader = Reader::default();
        let mut check = |message: &str, expected: &[u64]| {
            let mut seen = Vec::new();
            reader.read(message.as_bytes(), |seq| seen.push(seq));
            assert_eq!(seen, expected, "{message}");
        };
        check(r#"{"lat":10.00000171,"lng":2}"#, &[17]);
        check(r#"{"lat":10.12345671,"lng":2}"#, &[1_234_567]);
        check(r#"{"x":1,"lat":10.00000181},{"lat":0.0},{"lat":10.00000191}"#, &[18, 19]);
        check(r#"{"lat":0.0}"#, &[]);
    }
}
