//! Where a packet ends. The answer never depends on how the bytes were cut: it is given at the first byte that decides.

use crate::Limits;
use crate::checksum::KERMIT;
use crate::framed::Front;

/// A packet begins with its length.
const LENGTH_BYTES: usize = 2;
const CHECKSUM_BYTES: usize = 2;
/// The device's number, as eight bytes.
const IMEI_BYTES: usize = 8;
/// What the length counts at least: the device and a command.
const COUNTED_BYTES_MIN: usize = IMEI_BYTES + 1;
/// The largest number of fifteen digits.
const IMEI_MAX: u64 = 999_999_999_999_999;
/// The first digits of a device's number are never all zeros.
pub(super) const IMEI_MIN: u64 = 1_000_000_000_000;
/// What devices say, by the command byte.
const COMMANDS: [u8; 12] = [1, 2, 3, 4, 7, 9, 15, 16, 17, 18, 37, 68];
/// The smallest without leading zeros.
const FULL_IMEI_MIN: u64 = 100_000_000_000_000;

pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        let is_possible = bytes.first().is_none_or(|high| usize::from(*high) << 8 <= limits.frame_bytes_max);
        return if is_possible { Front::More } else { Front::Noise(1) };
    };
    let counted = usize::from(u16::from_be_bytes(*length));
    if !(COUNTED_BYTES_MIN..=limits.frame_bytes_max).contains(&counted) {
        return Front::Noise(1);
    }
    // The numbers of devices begin with zeros, which text and other protocols do not.
    if is_odd(rest) {
        return Front::Noise(1);
    }
    let whole = LENGTH_BYTES + counted + CHECKSUM_BYTES;
    if bytes.len() < whole { Front::More } else { Front::Frame(whole) }
}

/// Whether these bytes cannot begin with the number of a device.
fn is_odd(rest: &[u8]) -> bool {
    let largest = IMEI_MAX.to_be_bytes();
    let here = &rest[..rest.len().min(IMEI_BYTES)];
    here > &largest[..here.len()]
}

/// The same after noise, of which a run of small numbers may look like a length and the number of a device. What begins
/// a packet there has the number of the device that spoke before, or one of usual size, and a known command: otherwise
/// many good packets would be waited for as the content of one that is none.
pub(super) fn front_after_noise(bytes: &[u8], imei: Option<u64>, limits: &Limits) -> Front {
    let named = bytes.get(LENGTH_BYTES..).unwrap_or_default();
    let named = &named[..named.len().min(IMEI_BYTES)];
    let is_usual = named >= &IMEI_MIN.to_be_bytes()[..named.len()];
    let is_last = imei.is_some_and(|imei| imei.to_be_bytes().starts_with(named));
    let is_said = bytes.get(LENGTH_BYTES + IMEI_BYTES).is_none_or(|command| COMMANDS.contains(command));
    if (is_usual || is_last) && is_said { front(bytes, limits) } else { Front::Noise(1) }
}

/// Where within what was taken for a packet another one begins, or may begin with the last bytes: the first was cut off
/// there, or its length is wrong. It is one of the device that spoke before, if any did.
pub(super) fn begins_within(packet: &[u8], imei: Option<u64>, limits: &Limits) -> Option<usize> {
    let is_named = |named: &[u8]| match imei {
        _ if named.is_empty() => true,
        Some(imei) => named.iter().zip(imei.to_be_bytes()).all(|(byte, wanted)| *byte == wanted),
        None => {
            let number = named.first_chunk::<IMEI_BYTES>().map(|bytes| u64::from_be_bytes(*bytes));
            number.is_some_and(|number| (FULL_IMEI_MIN..=IMEI_MAX).contains(&number))
        }
    };
    let is_begin = |rest: &[u8]| {
        is_named(rest.get(LENGTH_BYTES..).unwrap_or_default())
            && rest.get(LENGTH_BYTES + IMEI_BYTES).is_none_or(|command| COMMANDS.contains(command))
            && !matches!(front(rest, limits), Front::Noise(_))
    };
    (1..packet.len()).find(|at| is_begin(&packet[*at..]))
}

/// The parts of a whole packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// The number of the device.
    pub(super) imei: u64,
    pub(super) command: u8,
    pub(super) payload: &'a [u8],
    /// The checksum that it carries.
    pub(super) found: u16,
    /// The checksum that its bytes give.
    pub(super) computed: u16,
}

impl<'a> Packet<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (counted, checksum) = bytes.get(LENGTH_BYTES..)?.split_last_chunk::<CHECKSUM_BYTES>()?;
        let (imei, rest) = counted.split_first_chunk::<IMEI_BYTES>()?;
        let (command, payload) = rest.split_first()?;
        Some(Self {
            imei: u64::from_be_bytes(*imei),
            command: *command,
            payload,
            found: u16::from_be_bytes(*checksum),
            computed: KERMIT.checksum(counted),
        })
    }
}

/// The command of a whole packet of the server, if it is one.
pub(super) fn command_of(packet: &[u8]) -> Option<u8> {
    let (counted, checksum) = packet.get(LENGTH_BYTES..)?.split_last_chunk::<CHECKSUM_BYTES>()?;
    let is_whole = packet.starts_with(&(counted.len() as u16).to_be_bytes());
    let is_right = KERMIT.checksum(counted) == u16::from_be_bytes(*checksum);
    counted.first().copied().filter(|_| is_whole && is_right)
}

/// A packet of the server, which names no device.
pub(super) fn around(command: u8, payload: &[u8]) -> Vec<u8> {
    // Commands are bounded far below what the length can say.
    let length = u16::try_from(payload.len() + 1).unwrap_or(u16::MAX);
    let mut packet = length.to_be_bytes().to_vec();
    packet.push(command);
    packet.extend_from_slice(payload);
    let checksum = KERMIT.checksum(&packet[LENGTH_BYTES..]);
    packet.extend_from_slice(&checksum.to_be_bytes());
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let limits = Limits::default();
        let check = |bytes: &[u8], wanted: Front| assert_eq!(front(bytes, &limits), wanted, "{bytes:02X?}");
        check(&[], Front::More);
        check(&[0], Front::More);
        check(&[0, 8], Front::Noise(1));
        check(&[0, 9], Front::More);
        check(&[0x28, 0x01], Front::Noise(1));
        check(&[0x28, 0x00], Front::More);
        check(&[0, 9, 1], Front::Noise(1));
        check(&[0, 9, 0, 3, 0x8D], Front::More);
        check(&[0, 9, 0, 3, 0x8E], Front::Noise(1));
        check(&[0, 9, 0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x7F, 0xFF, 1, 0], Front::More);
        check(&[0, 9, 0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x80], Front::Noise(1));
        check(&[0, 9, 0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x7F, 0xFF, 1, 0, 7], Front::Frame(13));
    }
}
