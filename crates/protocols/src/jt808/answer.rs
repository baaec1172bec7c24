//! What the server says of its own: answers to messages.

use model::Timestamp;

use super::header::Peer;

/// The server's general answer.
const GENERAL: u16 = 0x8001;
/// The answer to a registration.
const REGISTERED: u16 = 0x8100;
/// The answer to a question for the time.
const TIME: u16 = 0x8109;
/// The answer to media data.
const MEDIA: u16 = 0x8800;
/// The general answer to messages that count in one byte.
const SHORT: u16 = 0x4401;

/// Whether messages with this id are answers, and no commands.
pub(super) const fn is_one(id: u16) -> bool {
    matches!(id, GENERAL | REGISTERED | TIME | MEDIA | SHORT)
}

/// What became of a message, in the server's general answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Done = 0,
    Failed = 1,
    Wrong = 2,
    NotSupported = 3,
}

/// What became of a registration, beside that it is accepted.
const NO_SUCH_TERMINAL: u8 = 4;

/// The answer to message `id` with this serial number. Answers carry the number of what they answer.
pub(super) fn general(peer: &Peer, id: u16, serial: u16, verdict: Verdict) -> Vec<u8> {
    let [a, b] = serial.to_be_bytes();
    let [c, d] = id.to_be_bytes();
    peer.message(GENERAL, serial, &[a, b, c, d, verdict as u8])
}

/// The device is registered; it is to authenticate itself by `code`.
pub(super) fn registered(peer: &Peer, serial: u16, code: &str) -> Vec<u8> {
    let [a, b] = serial.to_be_bytes();
    peer.message(REGISTERED, serial, &[&[a, b, 0], code.as_bytes()].concat())
}

/// The device is unknown.
pub(super) fn not_registered(peer: &Peer, serial: u16) -> Vec<u8> {
    let [a, b] = serial.to_be_bytes();
    peer.message(REGISTERED, serial, &[a, b, NO_SUCH_TERMINAL])
}

/// What time it is, in UTC.
pub(super) fn time(peer: &Peer, serial: u16, now: Timestamp) -> Vec<u8> {
    let now = now.civil(0);
    let [a, b] = now.year.to_be_bytes();
    peer.message(TIME, serial, &[a, b, now.month, now.day, now.hour, now.minute, now.second, 0])
}

/// All of this media item is here.
pub(super) fn media(peer: &Peer, serial: u16, item: u32) -> Vec<u8> {
    peer.message(MEDIA, serial, &item.to_be_bytes())
}

/// The answer to a message that counts in one byte.
pub(super) fn short(peer: &Peer, id: u16) -> Vec<u8> {
    let [a, b] = id.to_be_bytes();
    peer.short_message(SHORT, 1, &[a, b, 0])
}
