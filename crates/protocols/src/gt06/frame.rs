//! Where a frame ends. The answer never depends on how the bytes were cut: it is given at the first byte that decides.

use memchr::memmem;

use crate::Limits;
use crate::checksum::X25;

/// The two bytes that end every frame.
const STOP: [u8; 2] = *b"\r\n";
/// What the length counts at least: kind, serial number and checksum.
const COUNTED_BYTES_MIN: usize = 5;
/// Where the end of a frame that is miscounted is looked for, in bytes from its start. Larger frames have to say how
/// long they are.
const MISCOUNTED_BYTES_MAX: usize = 1_024;
/// Places where a frame may end before its announced end that are tried. Content may hold such bytes by chance.
const EARLY_ENDS_MAX: usize = 8;

/// What stands at the front of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Front {
    /// Too little to tell.
    More,
    /// A frame of this many bytes in all.
    Frame { bytes: usize },
    /// Nothing begins here, as the first so many bytes show.
    Noise { seen: usize },
}

/// The bytes before the kind: two that start the frame, and one or two that tell its length.
fn header_bytes(bytes: &[u8]) -> Result<usize, Front> {
    match bytes {
        [0x78, 0x78, ..] => Ok(3),
        [0x79, 0x79, ..] => Ok(4),
        [] | [0x78 | 0x79] => Err(Front::More),
        [0x78 | 0x79, ..] => Err(Front::Noise { seen: 2 }),
        _ => Err(Front::Noise { seen: 1 }),
    }
}

/// What the length says; `None` before it is there.
fn announced(bytes: &[u8], header: usize) -> Option<usize> {
    match bytes.get(2..header)? {
        [short] => Some(usize::from(*short)),
        [high, low] => Some(usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

pub(super) fn front(bytes: &[u8], limits: &Limits) -> Front {
    let header = match header_bytes(bytes) {
        Ok(header) => header,
        Err(front) => return front,
    };
    let Some(announced) = announced(bytes, header) else { return Front::More };
    let is_possible = announced >= COUNTED_BYTES_MIN && announced <= limits.gt06_frame_bytes_max;
    let whole = header + announced + STOP.len();
    if is_possible {
        if let Some(front) = early(bytes, header, whole) {
            return front;
        }
        match bytes.get(whole - STOP.len()..whole) {
            None => return Front::More,
            Some(end) if end == STOP => return Front::Frame { bytes: whole },
            Some(_) => {}
        }
    }
    miscounted(bytes, header)
}

/// What shows before the announced end that the length is wrong: the checksum of a shorter frame, or a good frame
/// inside. Without this, whoever miscounts would be answered only when more has come.
fn early(bytes: &[u8], header: usize, whole: usize) -> Option<Front> {
    let before = whole.saturating_sub(1).min(MISCOUNTED_BYTES_MAX).min(bytes.len());
    let first = header + COUNTED_BYTES_MIN;
    let ends = memmem::find_iter(bytes.get(first..before)?, &STOP).map(|at| &bytes[..first + at + STOP.len()]);
    ends.take(EARLY_ENDS_MAX).find_map(|here| {
        if is_right(here) {
            Some(Front::Frame { bytes: here.len() })
        } else {
            hides_frame(here).then_some(Front::Noise { seen: 1 })
        }
    })
}

/// Whether a good frame ends where these bytes do: what looks like a start before it is noise.
fn hides_frame(bytes: &[u8]) -> bool {
    (1..bytes.len()).any(|start| is_exact(&bytes[start..]))
}

/// A frame whose length is wrong ends at the first stop after its start.
fn miscounted(bytes: &[u8], header: usize) -> Front {
    let first = header + COUNTED_BYTES_MIN;
    let here = &bytes[..bytes.len().min(MISCOUNTED_BYTES_MAX)];
    match here.get(first..).and_then(|rest| memmem::find(rest, &STOP)) {
        Some(at) => {
            let bytes = first + at + STOP.len();
            if hides_frame(&here[..bytes]) { Front::Noise { seen: 1 } } else { Front::Frame { bytes } }
        }
        None if here.len() < MISCOUNTED_BYTES_MAX => Front::More,
        None => Front::Noise { seen: 1 },
    }
}

/// Whether these bytes are one frame that says its length and checksum rightly.
fn is_exact(bytes: &[u8]) -> bool {
    let Ok(header) = header_bytes(bytes) else { return false };
    let counted = bytes.len().checked_sub(header + STOP.len());
    counted.is_some() && announced(bytes, header) == counted && is_right(bytes)
}

/// Whether the checksum in front of the stop is right.
fn is_right(bytes: &[u8]) -> bool {
    Frame::of(bytes).is_some_and(|frame| frame.found == frame.computed)
}

/// The parts of a whole frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Its kind, which makers call the protocol number.
    pub(super) kind: u8,
    /// It has the long form, whose length has two bytes.
    pub(super) is_long: bool,
    /// What its length says.
    pub(super) announced: usize,
    /// What stands between kind and serial number.
    pub(super) content: &'a [u8],
    /// Everything between kind and stop: the content of kinds that have neither serial number nor checksum.
    pub(super) bare: &'a [u8],
    /// Counts what the device has sent; an answer repeats it.
    pub(super) serial: u16,
    /// The checksum that it carries.
    pub(super) found: u16,
    /// The checksum that its bytes give.
    pub(super) computed: u16,
}

impl<'a> Frame<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let header = header_bytes(bytes).ok()?;
        let announced = announced(bytes, header)?;
        let (rest, _) = bytes.split_last_chunk::<2>()?;
        let (before_serial, trailer) = rest.split_last_chunk::<4>()?;
        let [s1, s0, c1, c0] = *trailer;
        let (kind, content) = before_serial.get(header..)?.split_first()?;
        Some(Self {
            kind: *kind,
            is_long: header == 4,
            announced,
            content,
            bare: rest.get(header + 1..)?,
            serial: u16::from_be_bytes([s1, s0]),
            found: u16::from_be_bytes([c1, c0]),
            computed: X25.checksum(rest.get(2..rest.len() - 2)?),
        })
    }

    /// Lists of Wi-Fi points: their length byte counts the points, and nothing follows the list.
    pub(super) fn is_bare(&self) -> bool {
        !self.is_long && matches!(self.kind, 0x17 | 0x69) && self.announced != self.content.len() + COUNTED_BYTES_MIN
    }
}

/// A frame of the short form around `content`, which has to fit its length byte.
pub(super) fn short(kind: u8, content: &[u8], serial: u16) -> Vec<u8> {
    let length = u8::try_from(content.len() + COUNTED_BYTES_MIN).unwrap_or(u8::MAX);
    close(vec![0x78, 0x78, length, kind], content, serial)
}

/// A frame of the long form around `content`.
pub(super) fn long(kind: u8, content: &[u8], serial: u16) -> Vec<u8> {
    let length = u16::try_from(content.len() + COUNTED_BYTES_MIN).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    close(vec![0x79, 0x79, high, low, kind], content, serial)
}

fn close(mut frame: Vec<u8>, content: &[u8], serial: u16) -> Vec<u8> {
    frame.extend_from_slice(content);
    frame.extend_from_slice(&serial.to_be_bytes());
    let checksum = X25.checksum(&frame[2..]);
    frame.extend_from_slice(&checksum.to_be_bytes());
    frame.extend_from_slice(&STOP);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_told_from_the_first_byte_that_decides() {
        let limits = Limits::default();
        let check = |bytes: &[u8], wanted: Front| assert_eq!(front(bytes, &limits), wanted, "{bytes:02X?}");
        check(&[], Front::More);
        check(&[0x78], Front::More);
        check(&[0x78, 0x79], Front::Noise { seen: 2 });
        check(&[0x0D], Front::Noise { seen: 1 });
        check(&[0x78, 0x78], Front::More);
        check(&[0x79, 0x79, 0], Front::More);
        let whole = short(0x12, b"\x0D\x0Aabc", 7);
        for n in 2..whole.len() {
            check(&whole[..n], Front::More);
        }
        check(&whole, Front::Frame { bytes: whole.len() });
        let longer = long(0x94, &[0xAB; 300], 7);
        check(&longer[..longer.len() - 1], Front::More);
        check(&[&longer[..], &whole].concat(), Front::Frame { bytes: longer.len() });
    }

    #[test]
    fn a_frame_that_is_miscounted_ends_at_its_stop() {
        let limits = Limits::default();
        let with_length = |length: u8, fix: bool| {
            let mut frame = short(0x13, &[1, 2, 3, 4, 5], 9);
            frame[2] = length;
            if fix {
                let at = frame.len() - 4;
                let checksum = X25.checksum(&frame[2..at]).to_be_bytes();
                frame[at..at + 2].copy_from_slice(&checksum);
            }
            frame
        };
        let whole = Front::Frame { bytes: 15 };
        for length in [0, 4, 5, 9, 11, 40, 255] {
            assert_eq!(front(&with_length(length, true), &limits), whole, "length {length}, rightly summed");
        }
        for length in [0, 4, 5, 9] {
            assert_eq!(front(&with_length(length, false), &limits), whole, "length {length}");
        }
        let more = with_length(40, false);
        assert_eq!(front(&more, &limits), Front::More, "the announced end is still to come");
        assert_eq!(front(&[&more[..], &[1; 40]].concat(), &limits), whole);
    }

    #[test]
    fn a_start_by_chance_hides_no_frame() {
        let limits = Limits::default();
        let good = short(0x13, &[1, 2, 3, 4, 5], 9);
        let check = |noise: &[u8]| {
            let bytes = [noise, &good, &good].concat();
            let mut at = 0;
            while let Front::Noise { .. } = front(&bytes[at..], &limits) {
                at += 1;
            }
            assert_eq!((at, front(&bytes[at..], &limits)), (noise.len(), Front::Frame { bytes: good.len() }));
        };
        check(&[]);
        check(&[0x78]);
        check(&[0x78, 0x78]);
        check(&[0x78, 0x78, 3]);
        check(&[0x78, 0x78, 10, 1, 2]);
        assert_eq!(front(&[&[0x78, 0x78, 0][..], &[1; 1_100]].concat(), &limits), Front::Noise { seen: 1 });
    }
}
