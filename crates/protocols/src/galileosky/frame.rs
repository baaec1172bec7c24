//! Where a packet ends. The answer never depends on how the bytes were cut.

use memchr::memchr_iter;

use super::{iridium, tags};
use crate::checksum::MODBUS;
use crate::framed::Front;

/// The header of a packet of tags.
pub(super) const MAIN: u8 = 1;
/// The header of a part of a picture.
pub(super) const PICTURE: u8 = 7;
/// All headers that packets have: pieces of other protocols are passed through, and data is compressed.
const HEADERS: std::ops::RangeInclusive<u8> = 1..=8;
const HEAD_BYTES: usize = 3;
const CHECKSUM_BYTES: usize = 2;
/// The highest bit of the length says that more waits in the device's memory.
const LENGTH_MASK: u16 = 0x7FFF;
/// Where a packet inside of what looks like another is looked for, in bytes from its start, and how long it may be.
const HIDDEN_AT_MAX: usize = 512;
const HIDDEN_BYTES_MAX: usize = 1_024;

/// How many bytes the packet at the front has in all; `None` before that can be told.
fn whole_bytes(bytes: &[u8]) -> Option<usize> {
    let length = u16::from_le_bytes([*bytes.get(1)?, *bytes.get(2)?]) & LENGTH_MASK;
    Some(HEAD_BYTES + usize::from(length) + CHECKSUM_BYTES)
}

/// What stands at the front. `seen` bytes of it were there when it was asked before.
pub(super) fn front(bytes: &[u8], seen: usize) -> Front {
    if !HEADERS.contains(&bytes[0]) {
        return Front::Noise(1);
    }
    let Some(whole) = whole_bytes(bytes) else { return Front::More };
    if bytes[0] != MAIN {
        return other(bytes, whole, seen);
    }
    if let Some(front) = iridium::front(bytes) {
        return front;
    }
    if whole > HEAD_BYTES + CHECKSUM_BYTES {
        match bytes.get(HEAD_BYTES) {
            None => return Front::More,
            // A device's new tag may come first. Such a packet is never longer than those that are looked for in noise.
            Some(tag) if tags::size(*tag).is_none() && whole > HIDDEN_BYTES_MAX => return Front::Noise(1),
            Some(tag) if tags::size(*tag).is_none() => return other(bytes, whole, seen),
            Some(_) => {}
        }
    }
    let here = &bytes[..bytes.len().min(whole)];
    let content = &here[HEAD_BYTES..here.len().min(whole - CHECKSUM_BYTES)];
    // What begins by chance soon meets a tag that no device has.
    if tags::find_unknown(content).is_some() {
        // As long as all tags were known, nobody has looked for a packet in here.
        let content_seen = &content[..seen.saturating_sub(HEAD_BYTES).min(content.len())];
        let looked_at = if tags::find_unknown(content_seen).is_some() { seen } else { 0 };
        if hides_packet(here, looked_at) {
            return Front::Noise(1);
        }
    }
    if bytes.len() < whole {
        Front::More
    } else if is_right(here) || !hides_packet(here, 0) {
        Front::Frame(whole)
    } else {
        Front::Noise(1)
    }
}

/// A packet that is not read: only its checksum tells it from noise.
fn other(bytes: &[u8], whole: usize, seen: usize) -> Front {
    let here = &bytes[..bytes.len().min(whole)];
    if hides_packet(here, seen) {
        Front::Noise(1)
    } else if bytes.len() < whole {
        Front::More
    } else if is_right(here) {
        Front::Frame(whole)
    } else {
        Front::Noise(1)
    }
}

/// Whether a good packet of tags stands in these bytes, not at their start. Those that end within the first `seen`
/// bytes were looked at before.
fn hides_packet(bytes: &[u8], seen: usize) -> bool {
    let starts = &bytes[..bytes.len().min(HIDDEN_AT_MAX)];
    memchr_iter(MAIN, starts).filter(|at| *at > 0).any(|at| {
        let Some(whole) = whole_bytes(&bytes[at..]) else { return false };
        // One without content is no more than five bytes that fit by chance.
        let is_new = at + whole > seen && (HEAD_BYTES + CHECKSUM_BYTES + 1..=HIDDEN_BYTES_MAX).contains(&whole);
        let Some(packet) = bytes.get(at..at + whole).filter(|_| is_new) else { return false };
        tags::size(packet[HEAD_BYTES]).is_some() && is_right(packet)
    })
}

fn is_right(packet: &[u8]) -> bool {
    Packet::of(packet).is_some_and(|packet| packet.found == packet.computed)
}

/// The parts of a whole packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) header: u8,
    pub(super) content: &'a [u8],
    /// The checksum that it carries.
    pub(super) found: u16,
    /// The checksum that its bytes give.
    pub(super) computed: u16,
}

/// Where the content begins.
pub(super) const CONTENT_AT: usize = HEAD_BYTES;

impl<'a> Packet<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (counted, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
        Some(Self {
            header: *counted.first()?,
            content: counted.get(HEAD_BYTES..)?,
            found: u16::from_le_bytes(*checksum),
            computed: MODBUS.checksum(counted),
        })
    }

    /// What the device hears when this is stored.
    pub(super) fn answer(&self) -> Vec<u8> {
        const STORED: u8 = 2;
        let word = if self.header == PICTURE { PICTURE } else { STORED };
        let [low, high] = self.found.to_le_bytes();
        vec![word, low, high]
    }
}

/// A packet of the server.
pub(super) fn around(content: &[u8]) -> Vec<u8> {
    // Commands are far shorter than what the length can say.
    let length = u16::try_from(content.len()).unwrap_or(LENGTH_MASK);
    let [low, high] = length.to_le_bytes();
    let mut packet = vec![MAIN, low, high];
    packet.extend_from_slice(content);
    let checksum = MODBUS.checksum(&packet);
    packet.extend_from_slice(&checksum.to_le_bytes());
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let check = |hex: &str, wanted: Front| assert_eq!(front(&bytes(hex), 0), wanted, "{hex}");
        check("00", Front::Noise(1));
        check("09", Front::Noise(1));
        check("01", Front::More);
        check("01 05", Front::More);
        check("01 0500", Front::More);
        check("01 0500 22", Front::More);
        check("01 0500 22 00000000 0000", Front::Noise(1));
        check("01 FC03 22", Front::Noise(1));
        check("01 0500 20", Front::More);
        check("01 0580 20 DD29B569 00", Front::More);
        check("01 0580 20 DD29B569 0000", Front::Frame(10));
        check("01 0000 0000", Front::Frame(5));
        check("07 FF7F", Front::More);
        check("07 0000 0000", Front::Noise(1));
    }

    #[test]
    fn a_packet_that_came_before_the_unknown_tag_is_found() {
        let good = around(&bytes("20DD29B569"));
        let wanted_bytes = good.len() as u16;
        // Tag FE holds the packet; the tag after it has no known length.
        let start = [&[1, 0xFF, 0x03, 0xFE][..], &wanted_bytes.to_le_bytes(), &good].concat();
        assert_eq!(front(&start, 0), Front::More);
        let all = [&start[..], &[0]].concat();
        assert_eq!(front(&all, 0), Front::Noise(1), "in one read");
        assert_eq!(front(&all, start.len()), Front::Noise(1), "byte by byte");
    }

    #[test]
    fn five_bytes_that_fit_by_chance_are_no_hidden_packet() {
        let all = bytes("01 1C04 0200 FE0100 01 0000 2000 01017E 0100 00 00");
        assert_eq!(front(&all, 0), Front::More);
    }

    #[test]
    fn a_start_by_chance_hides_no_packet() {
        let good = around(&bytes("20DD29B569"));
        for chance in ["01 FF7F 01 00 FF", "01 FF00 20 00000000 00", "04 4000", "07 2000 0000", "01 0900 20"] {
            let all = [bytes(chance), good.clone(), good.clone()].concat();
            let mut at = 0;
            let mut seen = 0;
            // Byte by byte, as it would come.
            for end in 1..=all.len() {
                while at < end {
                    match front(&all[at..end], seen) {
                        Front::Noise(n) => (at, seen) = (at + n, 0),
                        Front::Frame(n) => {
                            assert_eq!(&all[at..at + n], good, "after {chance}");
                            (at, seen) = (at + n, 0);
                        }
                        _ => {
                            seen = end - at;
                            break;
                        }
                    }
                }
            }
            assert_eq!(at, all.len(), "after {chance}");
        }
    }
}
