//! Teltonika over TCP, the unit's side: login, codec 8 and 8 Extended packets, keep-alive; the server's answers, and
//! commands in codec 12.

mod answer;
mod command;
mod record;

pub use self::answer::{Answer, Answers};
pub use self::command::encode_response;
pub use self::record::{Element, ElementValue, Priority, Record, element};
use crc::{CRC_16_ARC, Crc, Table};

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

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;
    use crate::geo::Place;

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
}
