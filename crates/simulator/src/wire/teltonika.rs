//! Teltonika over TCP, the unit's side: login, codec 8 and 8 Extended packets, keep-alive; the server's answers.

use crc::{CRC_16_ARC, Crc, Table};
use model::Timestamp;

use crate::geo::Place;

/// Sent between packets to keep the carrier's address translation open. The server swallows it.
pub const KEEP_ALIVE: u8 = 0xFF;
/// Records that one packet can count.
pub const PACKET_RECORDS_MAX: usize = 255;
/// Bytes of a usual unit's packet, preamble and checksum included.
pub const PACKET_BYTES_MAX: usize = 1_280;

const CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);
/// Four zero bytes and the length before what the checksum covers.
const HEAD_BYTES: usize = 8;
/// The second count and the checksum after the records.
const TAIL_BYTES: usize = 5;

/// Ids of the I/O elements that simulated units send.
pub mod element {
    /// First digital input, 0 or 1.
    pub const DIGITAL_INPUT_1: u16 = 1;
    /// Metres driven.
    pub const TOTAL_ODOMETER: u16 = 16;
    /// Mobile network signal, 0 to 5.
    pub const GSM_SIGNAL: u16 = 21;
    /// External voltage in millivolts.
    pub const EXTERNAL_VOLTAGE: u16 = 66;
    /// Battery voltage in millivolts.
    pub const BATTERY_VOLTAGE: u16 = 67;
    /// Battery charge in per cent.
    pub const BATTERY_LEVEL: u16 = 113;
    /// Ignition, 0 or 1.
    pub const IGNITION: u16 = 239;
    /// Movement, 0 or 1.
    pub const MOVEMENT: u16 = 240;
    /// 1 when the external power was cut, 0 when it came back.
    pub const UNPLUG: u16 = 252;
}

/// Which record format a unit is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Codec {
    /// Codec 8: one-byte ids, elements of up to eight bytes.
    Eight,
    /// Codec 8 Extended: two-byte ids, elements of any length.
    #[default]
    EightExtended,
}

impl Codec {
    const fn id(self) -> u8 {
        match self {
            Self::Eight => 0x08,
            Self::EightExtended => 0x8E,
        }
    }

    /// Writes an element id, an event id or a count, as wide as this codec has them.
    fn put_number(self, number: u16, out: &mut Vec<u8>) {
        match self {
            Self::Eight => out.push(number as u8),
            Self::EightExtended => out.extend(number.to_be_bytes()),
        }
    }

    /// Codec 8 units leave out what their records cannot hold.
    fn can_hold(self, element: &Element) -> bool {
        match (self, &element.value) {
            (Self::Eight, ElementValue::Bytes(_)) => false,
            (Self::Eight, _) => element.id <= 0xFF,
            (Self::EightExtended, ElementValue::Bytes(bytes)) => bytes.len() <= 0xFFFF,
            (Self::EightExtended, _) => true,
        }
    }

    /// Elements that one group can count.
    const fn group_max(self) -> usize {
        match self {
            Self::Eight => 0xFF,
            Self::EightExtended => 0xFFFF,
        }
    }
}

/// How urgent a unit thinks a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Priority {
    /// A periodic record.
    #[default]
    Low = 0,
    /// Caused by an event.
    High = 1,
    /// The alarm button.
    Panic = 2,
}

/// The value of an element, as wide as it is sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ElementValue {
    /// One byte.
    U8(u8),
    /// Two bytes, big-endian.
    U16(u16),
    /// Four bytes, big-endian.
    U32(u32),
    /// Eight bytes, big-endian.
    U64(u64),
    /// Any number of bytes up to 65535; codec 8 Extended only.
    Bytes(Vec<u8>),
}

impl ElementValue {
    /// Which of the five groups holds it: 0 for one byte, 4 for any number.
    const fn group(&self) -> usize {
        match self {
            Self::U8(_) => 0,
            Self::U16(_) => 1,
            Self::U32(_) => 2,
            Self::U64(_) => 3,
            Self::Bytes(_) => 4,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::U8(v) => out.push(*v),
            Self::U16(v) => out.extend(v.to_be_bytes()),
            Self::U32(v) => out.extend(v.to_be_bytes()),
            Self::U64(v) => out.extend(v.to_be_bytes()),
            Self::Bytes(v) => {
                out.extend((v.len() as u16).to_be_bytes());
                out.extend_from_slice(v);
            }
        }
    }
}

/// One I/O element of a record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Element {
    /// The element's id in the vendor's list.
    pub id: u16,
    /// Its value.
    pub value: ElementValue,
}

impl Element {
    /// An element of one byte.
    pub const fn u8(id: u16, value: u8) -> Self {
        Self { id, value: ElementValue::U8(value) }
    }

    /// An element of two bytes.
    pub const fn u16(id: u16, value: u16) -> Self {
        Self { id, value: ElementValue::U16(value) }
    }

    /// An element of four bytes.
    pub const fn u32(id: u16, value: u32) -> Self {
        Self { id, value: ElementValue::U32(value) }
    }

    /// An element of eight bytes.
    pub const fn u64(id: u16, value: u64) -> Self {
        Self { id, value: ElementValue::U64(value) }
    }

    /// An element of any length up to 65535 bytes.
    pub const fn bytes(id: u16, value: Vec<u8>) -> Self {
        Self { id, value: ElementValue::Bytes(value) }
    }
}

/// One record as a unit keeps it in its memory.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// When it was taken.
    pub time: Timestamp,
    /// How urgent it is.
    pub priority: Priority,
    /// Where: the last fix repeated while there is none.
    pub place: Place,
    /// Metres above sea level.
    pub altitude_m: i16,
    /// Degrees from north.
    pub angle_deg: u16,
    /// Satellites in use; 0 means no fix.
    pub satellites: u8,
    /// Kilometres an hour.
    pub speed_kmh: u16,
    /// Id of the element that caused the record, 0 for a periodic one.
    pub event: u16,
    /// The I/O elements; each group keeps this order.
    pub elements: Vec<Element>,
}

/// Writes the login: the IMEI with its length before it.
pub fn encode_login(imei: &str, out: &mut Vec<u8>) {
    out.extend((imei.len() as u16).to_be_bytes());
    out.extend_from_slice(imei.as_bytes());
}

/// Writes one packet with the first of `records`: as many as fit into `bytes_max` bytes and one count
/// ([`PACKET_RECORDS_MAX`]), but one at least. Gives how many; without records nothing is written.
pub fn encode_packet<'a>(
    codec: Codec,
    records: impl IntoIterator<Item = &'a Record>,
    bytes_max: usize,
    out: &mut Vec<u8>,
) -> usize {
    let start = out.len();
    out.extend([0; HEAD_BYTES]);
    out.extend([codec.id(), 0]);
    let mut count = 0;
    for record in records.into_iter().take(PACKET_RECORDS_MAX) {
        let before = out.len();
        put_record(codec, record, out);
        if count > 0 && out.len() - start + TAIL_BYTES > bytes_max {
            out.truncate(before);
            break;
        }
        count += 1;
    }
    if count == 0 {
        out.truncate(start);
        return 0;
    }
    out.push(count as u8);
    let body = start + HEAD_BYTES;
    out[body + 1] = count as u8;
    let length = (out.len() - body) as u32;
    out[start + 4..body].copy_from_slice(&length.to_be_bytes());
    let checksum = CRC.checksum(&out[body..]);
    out.extend(u32::from(checksum).to_be_bytes());
    count
}

fn put_record(codec: Codec, record: &Record, out: &mut Vec<u8>) {
    out.extend(record.time.ms().to_be_bytes());
    out.push(record.priority as u8);
    out.extend(ten_millionths(record.place.longitude).to_be_bytes());
    out.extend(ten_millionths(record.place.latitude).to_be_bytes());
    out.extend(record.altitude_m.to_be_bytes());
    out.extend(record.angle_deg.to_be_bytes());
    out.push(record.satellites);
    out.extend(record.speed_kmh.to_be_bytes());
    codec.put_number(record.event, out);

    let groups = match codec {
        Codec::Eight => 4,
        Codec::EightExtended => 5,
    };
    let held = |group: usize| {
        let of_group = move |e: &&Element| e.value.group() == group && codec.can_hold(e);
        record.elements.iter().filter(of_group).take(codec.group_max())
    };
    let total = (0..groups).map(|group| held(group).count()).sum::<usize>();
    codec.put_number(total.min(codec.group_max()) as u16, out);
    for group in 0..groups {
        codec.put_number(held(group).count() as u16, out);
        for element in held(group) {
            codec.put_number(element.id, out);
            element.value.put(out);
        }
    }
}

/// Degrees as the wire has them: whole ten-millionths.
pub fn ten_millionths(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32
}

/// What the server answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The login was accepted.
    Accepted,
    /// The login was refused.
    Refused,
    /// Neither: the server does not speak this protocol.
    Strange(u8),
    /// So many records of a packet are stored.
    Stored(u32),
}

/// Reads the server's answers of one connection, however they are cut: a byte for the login, then counts.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    logged_in: bool,
    part: [u8; 4],
    len: usize,
}

impl Answers {
    /// Takes the next answer off the front of `bytes`; `None` when more are needed.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Answer> {
        while let Some((&first, rest)) = bytes.split_first() {
            *bytes = rest;
            if !self.logged_in {
                self.logged_in = first == 1;
                return Some(match first {
                    0 => Answer::Refused,
                    1 => Answer::Accepted,
                    other => Answer::Strange(other),
                });
            }
            self.part[self.len] = first;
            self.len += 1;
            if self.len == self.part.len() {
                self.len = 0;
                return Some(Answer::Stored(u32::from_be_bytes(self.part)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes from hexadecimal text; blanks are for the reader.
    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    const SANTIAGO: Place = Place { latitude: -33.448_891, longitude: -70.669_266 };

    fn ignition_on() -> Record {
        Record {
            time: Timestamp::parse_iso("2026-03-14T09:26:53.250Z").unwrap(),
            priority: Priority::High,
            place: SANTIAGO,
            altitude_m: 542,
            angle_deg: 187,
            satellites: 11,
            speed_kmh: 63,
            event: element::IGNITION,
            elements: vec![
                Element::u8(element::IGNITION, 1),
                Element::u8(element::MOVEMENT, 1),
                Element::u8(element::GSM_SIGNAL, 4),
                Element::u16(element::EXTERNAL_VOLTAGE, 12_634),
                Element::u16(element::BATTERY_VOLTAGE, 4_012),
                Element::u32(element::TOTAL_ODOMETER, 1_234_567),
                Element::u64(78, 0x0100_001A_2B3C_4D5E),
            ],
        }
    }

    fn ignition_off() -> Record {
        Record {
            time: Timestamp::parse_iso("2026-03-14T09:26:53Z").unwrap(),
            priority: Priority::Low,
            angle_deg: 0,
            satellites: 9,
            speed_kmh: 0,
            event: 0,
            elements: vec![
                Element::bytes(256, b"WDB9634031L123456".to_vec()),
                Element::u32(72, 235),
                Element::u16(10_800, (-1_187_i16) as u16),
                Element::u8(element::IGNITION, 0),
            ],
            ..ignition_on()
        }
    }

    const CODEC_8: &str = "00000000 0000003B 08 01
        0000019CEBAB8842 01 D5E0B9CC EC101AB2 021E 00BB 0B 003F
        EF 07  03 EF01 F001 1504  02 42315A 430FAC  01 100012D687  01 4E0100001A2B3C4D5E
        01 0000B9C3";
    const CODEC_8E: &str = "00000000 0000004B 8E 01 0000019CEBAB8748 00 D5E0B9CC EC101AB2 021E 0000 09 0000
        0000 0004  0001 00EF 00  0001 2A30 FB5D  0001 0048 000000EB  0000
        0001 0100 0011 5744423936333430 33314C313233343536  01 00003A50";

    #[test]
    fn writes_the_worked_frames() {
        let check = |codec: Codec, record: Record, expected: &str| {
            let mut out = Vec::new();
            assert_eq!(encode_packet(codec, [&record], PACKET_BYTES_MAX, &mut out), 1);
            assert_eq!(out, hex(expected), "{codec:?}");
        };
        check(Codec::Eight, ignition_on(), CODEC_8);
        check(Codec::EightExtended, ignition_off(), CODEC_8E);

        let mut login = Vec::new();
        encode_login("350000000000014", &mut login);
        assert_eq!(login, hex("000F333530303030303030303030303134"));
    }

    #[test]
    fn codec_8_leaves_out_what_it_cannot_hold() {
        let mut out = Vec::new();
        encode_packet(Codec::Eight, [&ignition_off()], PACKET_BYTES_MAX, &mut out);
        // After the speed: event, total, one 1-byte and one 4-byte element, nothing of 2, 8 or any bytes.
        assert_eq!(out[10 + 24..out.len() - 5], hex("00 02  01 EF00  00  01 48000000EB  00"));
    }

    #[test]
    fn a_packet_takes_what_fits_and_one_at_least() {
        let records: Vec<Record> = (0..300).map(|_| ignition_on()).collect();
        let check = |bytes_max: usize, expected: usize| {
            let mut out = vec![KEEP_ALIVE];
            assert_eq!(encode_packet(Codec::Eight, &records, bytes_max, &mut out), expected);
            let frame = &out[1..];
            assert!(expected == 1 || frame.len() <= bytes_max);
            assert_eq!(frame.len(), 15 + expected * 56);
            assert_eq!((frame[9], frame[frame.len() - 5]), (expected as u8, expected as u8));
        };
        check(0, 1);
        check(15 + 56 * 3, 3);
        check(15 + 56 * 3 - 1, 2);
        check(usize::MAX, PACKET_RECORDS_MAX);

        let mut out = vec![KEEP_ALIVE];
        assert_eq!(encode_packet(Codec::Eight, [], PACKET_BYTES_MAX, &mut out), 0);
        assert_eq!(out, [KEEP_ALIVE]);
    }

    #[test]
    fn reads_answers_however_they_are_cut() {
        let all = hex("01 00000005 00000000 000000FF");
        let expected = [Answer::Accepted, Answer::Stored(5), Answer::Stored(0), Answer::Stored(255)];
        for size in 1..=all.len() {
            let mut answers = Answers::default();
            let mut seen = Vec::new();
            for mut cut in all.chunks(size) {
                while let Some(answer) = answers.next(&mut cut) {
                    seen.push(answer);
                }
            }
            assert_eq!(seen, expected, "cut into {size}");
        }
        assert_eq!(Answers::default().next(&mut &[0u8][..]), Some(Answer::Refused));
        assert_eq!(Answers::default().next(&mut &b"H"[..]), Some(Answer::Strange(b'H')));
    }
}
