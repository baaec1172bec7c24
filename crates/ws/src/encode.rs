//! Frames from the server: final, unmasked, without extensions.

use crate::Opcode;

/// The longest header of a frame from the server: two bytes and a 64-bit length.
pub const MAX_SERVER_HEADER_BYTES: usize = 10;
/// The longest payload of a Close, Ping or Pong.
pub const MAX_CONTROL_PAYLOAD_BYTES: usize = 125;
/// The longest reason of a Close: a control payload less the code.
pub const MAX_CLOSE_REASON_BYTES: usize = MAX_CONTROL_PAYLOAD_BYTES - 2;

const FIN: u8 = 0x80;

/// How many bytes the header of a payload takes: 2, 4 or 10.
#[must_use]
pub const fn header_bytes(payload_bytes: usize) -> usize {
    match payload_bytes {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => MAX_SERVER_HEADER_BYTES,
    }
}

/// Puts the header of a whole message or control frame at the start of `out` and says how many bytes it takes.
#[must_use]
pub fn header(opcode: Opcode, payload_bytes: usize, out: &mut [u8; MAX_SERVER_HEADER_BYTES]) -> usize {
    out[0] = FIN | opcode as u8;
    let used = header_bytes(payload_bytes);
    match used {
        2 => out[1] = payload_bytes as u8,
        4 => {
            out[1] = 126;
            out[2..4].copy_from_slice(&(payload_bytes as u16).to_be_bytes());
        }
        _ => {
            out[1] = 127;
            out[2..].copy_from_slice(&(payload_bytes as u64).to_be_bytes());
        }
    }
    used
}

/// Appends the header for a payload of `payload_bytes` that the caller appends next, in as many parts as it likes.
pub fn write_header(buf: &mut Vec<u8>, opcode: Opcode, payload_bytes: usize) {
    let mut bytes = [0; MAX_SERVER_HEADER_BYTES];
    let used = header(opcode, payload_bytes, &mut bytes);
    buf.extend_from_slice(&bytes[..used]);
}

/// Appends a whole frame. A control payload must not exceed [`MAX_CONTROL_PAYLOAD_BYTES`].
pub fn write_frame(buf: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    buf.reserve(header_bytes(payload.len()) + payload.len());
    write_header(buf, opcode, payload.len());
    buf.extend_from_slice(payload);
}

/// A text frame, ready to be shared by every connection that gets it. The payload must be UTF-8.
#[must_use]
pub fn frame_text(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(Opcode::Text, payload.as_ref())
}

/// A binary frame, ready to be shared by every connection that gets it.
#[must_use]
pub fn frame_binary(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(Opcode::Binary, payload.as_ref())
}

/// A Ping; of a payload over [`MAX_CONTROL_PAYLOAD_BYTES`] only so much is sent.
#[must_use]
pub fn ping(payload: &[u8]) -> Vec<u8> {
    frame(Opcode::Ping, control_payload(payload))
}

/// The answer to a Ping with this payload; over [`MAX_CONTROL_PAYLOAD_BYTES`], which no Ping has, only so much is sent.
#[must_use]
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(Opcode::Pong, control_payload(payload))
}

/// A Close frame, see [`write_close`].
#[must_use]
pub fn close(code: impl Into<Option<u16>>, reason: &str) -> Vec<u8> {
    let mut buf = Vec::with_capacity(2 + 2 + reason.len().min(MAX_CLOSE_REASON_BYTES));
    write_close(&mut buf, code, reason);
    buf
}

/// Appends a Close frame: with a code that is [sendable](crate::close_code::is_sendable), or with neither code nor
/// reason if it is `None`, as when a Close without a code is answered.
///
/// A reason over [`MAX_CLOSE_REASON_BYTES`] is cut at the last character that fits.
pub fn write_close(buf: &mut Vec<u8>, code: impl Into<Option<u16>>, reason: &str) {
    let Some(code) = code.into() else { return write_header(buf, Opcode::Close, 0) };
    let reason = &reason[..reason.floor_char_boundary(MAX_CLOSE_REASON_BYTES)];
    write_header(buf, Opcode::Close, 2 + reason.len());
    buf.extend_from_slice(&code.to_be_bytes());
    buf.extend_from_slice(reason.as_bytes());
}

/// Exactly as large as it is, so that turning it into a shared slice copies nothing.
fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut buf = Vec::with_capacity(header_bytes(payload.len()) + payload.len());
    write_frame(&mut buf, opcode, payload);
    buf
}

fn control_payload(payload: &[u8]) -> &[u8] {
    &payload[..payload.len().min(MAX_CONTROL_PAYLOAD_BYTES)]
}

/// A frame whose payload is rendered straight into the output, its length not known before.
///
/// Room for the header is left first and filled at the end. If the guess of the length needs a header of another size,
/// the payload is moved by the difference; who knows the length uses [`write_header`].
#[must_use = "the header is written by `finish`"]
#[derive(Debug)]
pub struct FrameStart {
    at: usize,
    reserved_bytes: usize,
    opcode: Opcode,
}

impl FrameStart {
    /// Leaves room at the end of `buf` for the header of a payload of about `expected_payload_bytes`.
    pub fn new(buf: &mut Vec<u8>, opcode: Opcode, expected_payload_bytes: usize) -> Self {
        let (at, reserved_bytes) = (buf.len(), header_bytes(expected_payload_bytes));
        buf.resize(at + reserved_bytes, 0);
        Self { at, reserved_bytes, opcode }
    }

    /// Writes the header: the payload is whatever was appended to the same `buf` since.
    pub fn finish(self, buf: &mut Vec<u8>) {
        let payload_at = self.at + self.reserved_bytes;
        debug_assert!(buf.len() >= payload_at, "the buffer was cut below the frame's start");
        let mut bytes = [0; MAX_SERVER_HEADER_BYTES];
        let used = header(self.opcode, buf.len().saturating_sub(payload_at), &mut bytes);
        if used == self.reserved_bytes {
            buf[self.at..payload_at].copy_from_slice(&bytes[..used]);
        } else {
            buf.splice(self.at..payload_at, bytes[..used].iter().copied());
        }
    }
}
