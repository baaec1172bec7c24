//! What a frame is answered with.

use model::Timestamp;

use super::frame::{Frame, long, short};
use super::variant;

/// What is told instead of an address, which this server does not look up for devices.
const NO_ADDRESS: &[u8] = b"NA&&NA&&0##";

/// What the device is to hear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Nothing,
    /// At once: it releases nothing from the device's memory.
    Now(Vec<u8>),
    /// Once what the frame says is stored.
    Stored(Vec<u8>),
}

/// The answer to a frame of a device that has logged in. Most kinds want the same: themselves, without content.
pub(super) fn answer(frame: &Frame<'_>, now: Timestamp) -> Answer {
    match frame.kind {
        0x15 | 0x1F | 0x21 | 0x80..=0x82 | 0x94 => Answer::Nothing,
        // Some send positions under the number of a heartbeat.
        0x36 if variant::is_position(frame) => Answer::Stored(plain(frame)),
        0x01 | 0x13 | 0x23 | 0x36 => Answer::Now(plain(frame)),
        0x8A => Answer::Now(time(frame, now)),
        0x2A => Answer::Stored(address(frame)),
        0x41 => Answer::Stored(long(frame.kind, &[], frame.serial)),
        0x17 | 0x69 if frame.is_bare() => Answer::Stored(bare(frame)),
        _ => Answer::Stored(plain(frame)),
    }
}

fn plain(frame: &Frame<'_>) -> Vec<u8> {
    short(frame.kind, &[], frame.serial)
}

/// The server's clock, in UTC.
fn time(frame: &Frame<'_>, now: Timestamp) -> Vec<u8> {
    let c = now.civil(0);
    // Two digits of the year are all that there is room for.
    let content = [(c.year % 100) as u8, c.month, c.day, c.hour, c.minute, c.second];
    short(frame.kind, &content, frame.serial)
}

fn address(frame: &Frame<'_>) -> Vec<u8> {
    const KIND: u8 = 0x97;
    const FLAG: [u8; 4] = [0; 4];
    let length = (FLAG.len() + NO_ADDRESS.len()) as u8;
    long(KIND, &[&[length], &FLAG[..], NO_ADDRESS].concat(), frame.serial)
}

/// Units that send no checksum get none: the date of the frame says which is meant.
fn bare(frame: &Frame<'_>) -> Vec<u8> {
    let date = frame.bare.get(..6).unwrap_or_default();
    [&[0x78, 0x78, 0, frame.kind], date, b"\r\n"].concat()
}
