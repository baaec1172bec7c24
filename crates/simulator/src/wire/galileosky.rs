//! Galileosky over TCP, the device's side: a packet that names the device, then packets of records.

use std::collections::VecDeque;

use crc::{CRC_16_MODBUS, Crc, Table};

use super::unit::{Fix, Heard, Unit, is_digits};

/// Records in one packet.
pub const RECORDS_MAX: usize = 18;

const CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_MODBUS);
const HARDWARE: u8 = 17;
const SOFTWARE: u8 = 48;
/// The number that a device goes by until somebody gives it another.
const DEVICE_NUMBER: u16 = 50;
const STORED: u8 = 2;

/// One connection of one device.
pub(super) struct GalileoskyUnit {
    imei: String,
    records: u16,
    /// Checksums of the packets that are not acknowledged yet.
    waiting: VecDeque<[u8; 2]>,
    is_ready: bool,
    held: Vec<u8>,
}

impl GalileoskyUnit {
    /// A device with this IMEI.
    pub(super) fn boxed(imei: &str) -> Option<Box<dyn Unit>> {
        is_digits(imei, 15).then(|| Box::new(Self::new(imei)) as Box<dyn Unit>)
    }

    fn new(imei: &str) -> Self {
        Self { imei: imei.to_owned(), records: 0, waiting: VecDeque::new(), is_ready: false, held: Vec::new() }
    }

    fn send(&mut self, content: &[u8], out: &mut Vec<u8>) {
        put(content, out);
        if let Some(checksum) = out.last_chunk::<2>() {
            self.waiting.push_back(*checksum);
        }
    }

    /// Who the device is.
    fn identity(&self) -> Vec<u8> {
        let mut tags = vec![0x03];
        tags.extend_from_slice(self.imei.as_bytes());
        tags.push(0x04);
        tags.extend_from_slice(&DEVICE_NUMBER.to_le_bytes());
        tags
    }

    /// Takes what is at the front of what was heard: how many bytes, and what it means.
    fn take(&mut self, heard: Heard, out: &mut Vec<u8>) -> Option<(usize, Heard)> {
        match *self.held.first_chunk::<3>()? {
            [STORED, low, high] => {
                let heard = match self.waiting.iter().position(|checksum| *checksum == [low, high]) {
                    None => heard,
                    Some(_) if !self.is_ready => {
                        self.is_ready = true;
                        self.waiting.clear();
                        Heard::Ready
                    }
                    Some(at) => {
                        self.waiting.remove(at);
                        heard.and_acknowledged()
                    }
                };
                Some((3, heard))
            }
            [1, low, high] => {
                let whole = 5 + usize::from(u16::from_le_bytes([low, high]));
                let packet = self.held.get(3..whole)?;
                // What the server calls the device, its number, and then the command's.
                if let Some(&[0xE0, a, b, c, d, 0xE1, ..]) = packet.get(19..) {
                    let mut reply = self.identity();
                    reply.extend_from_slice(&[0xE0, a, b, c, d, 0xE1, 2, b'O', b'K']);
                    put(&reply, out);
                }
                Some((whole, heard))
            }
            _ => Some((self.held.len(), Heard::Refused)),
        }
    }
}

impl Unit for GalileoskyUnit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        let tags = [&[0x01, HARDWARE, 0x02, SOFTWARE][..], &self.identity()].concat();
        self.send(&tags, out);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        let mut tags = Vec::new();
        for fix in fixes {
            self.records = self.records.wrapping_add(1);
            put_record(self.records, fix, &mut tags);
        }
        self.send(&tags, out);
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend_from_slice(bytes);
        let mut heard = Heard::Nothing;
        while let Some((used, next)) = self.take(heard, out) {
            self.held.drain(..used);
            heard = next;
        }
        heard
    }
}

/// Writes the packet around these tags.
fn put(tags: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.push(1);
    out.extend_from_slice(&(tags.len() as u16).to_le_bytes());
    out.extend_from_slice(tags);
    let checksum = CRC.checksum(&out[start..]);
    out.extend_from_slice(&checksum.to_le_bytes());
}

/// Writes one record: its number, time, place and motion, then status and voltages.
fn put_record(number: u16, fix: &Fix, tags: &mut Vec<u8>) {
    const NO_FIX: u8 = 0x10;
    const SATELLITES_MAX: u8 = 15;
    let source = if fix.satellites == 0 { NO_FIX } else { 0 };
    let millionths = |degrees: f64| ((degrees * 1e6).round() as i32).to_le_bytes();
    let tenths = |value: f64| ((value * 10.0).round() as u16).to_le_bytes();
    let thousandths = |value: f64| ((value * 1_000.0).round() as u16).to_le_bytes();
    let mut put = |tag: u8, parts: &[&[u8]]| {
        tags.push(tag);
        parts.iter().for_each(|part| tags.extend_from_slice(part));
    };
    put(0x10, &[&number.to_le_bytes()]);
    put(0x20, &[&(fix.time.ms().div_euclid(1_000) as u32).to_le_bytes()]);
    let place = [millionths(fix.latitude), millionths(fix.longitude)];
    put(0x30, &[&[source | fix.satellites.min(SATELLITES_MAX)], &place[0], &place[1]]);
    put(0x33, &[&tenths(fix.speed_kmh), &tenths(f64::from(fix.heading_deg))]);
    put(0x34, &[&(fix.altitude_m.round() as i16).to_le_bytes()]);
    put(0x35, &[&[(fix.hdop * 10.0).round() as u8]]);
    put(0x40, &[&(u16::from(fix.ignition) << 9).to_le_bytes()]);
    put(0x41, &[&thousandths(fix.board_v)]);
    put(0x42, &[&thousandths(fix.battery_v)]);
    put(0xD4, &[&((fix.mileage_km * 1_000.0).round() as u32).to_le_bytes()]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    const IMEI: &str = "350000000000014";

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    #[test]
    fn writes_the_worked_packet() {
        let unit = GalileoskyUnit::new(IMEI);
        let mut tags = [&[0x01, HARDWARE, 0x02, SOFTWARE][..], &unit.identity()].concat();
        put_record(1, &fix(), &mut tags);
        // The worked device has no odometer, but a thermometer, inputs and a probe.
        assert_eq!(tags[tags.len() - 5..], hex("D4 87D61200"));
        tags.truncate(tags.len() - 5);
        tags.extend(hex("4318 460100 500002 702D1E"));
        let mut out = Vec::new();
        put(&tags, &mut out);
        let worked = "01 4700 0111 0230 03333530303030303030303030303134 043200 100100 20DD29B569 \
            300B459C01FE2EACC9FB 3376024E07 341E02 3509 400002 415A31 42AC0F 4318 460100 500002 702D1E 617C";
        assert_eq!(out, hex(worked));
    }

    #[test]
    fn hears_answers_in_any_cut() {
        let mut unit = GalileoskyUnit::new(IMEI);
        let mut out = Vec::new();
        unit.hello(&mut out);
        let answer = |out: &[u8]| [&[STORED], &out[out.len() - 2..]].concat();
        let login = answer(&out);
        assert_eq!(unit.hear(&login[..1], &mut out), Heard::Nothing);
        assert_eq!((unit.hear(&login[1..], &mut out), unit.is_ready()), (Heard::Ready, true));
        let mut first = Vec::new();
        unit.report(&[fix(), fix()], &mut first);
        let mut second = Vec::new();
        unit.report(&[fix()], &mut second);
        let both = [answer(&first), answer(&second)].concat();
        assert_eq!(unit.hear(&both, &mut out), Heard::Acknowledged(2));
        assert_eq!(unit.hear(&both, &mut out), Heard::Nothing, "nothing waits");
        let mut said = Vec::new();
        let command = "01200003333530303030303030303030303134043200E007000000E106737461747573AA14";
        assert_eq!(unit.hear(&hex(command), &mut said), Heard::Nothing);
        assert!(said.ends_with(&[&hex("E0 07000000 E102 4F4B")[..], &said[said.len() - 2..]].concat()), "{said:02X?}");
        assert_eq!(unit.hear(b"HTTP", &mut said), Heard::Refused);
        assert!(GalileoskyUnit::boxed("35").is_none());
    }
}
