//! EGTS over TCP, the terminal's side: it says who it is, waits until it is authorised, and sends packages of teledata.

use std::collections::VecDeque;

use crc::{CRC_8_NRSC_5, CRC_16_IBM_3740, Crc, Table};

use super::unit::{Fix, Heard, Unit, is_digits};

/// Records in one package.
pub const RECORDS_MAX: usize = 20;

const HEADER_CRC: Crc<u8, Table<16>> = Crc::<u8, Table<16>>::new(&CRC_8_NRSC_5);
const BODY_CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_3740);
const HEADER_BYTES: usize = 11;
/// The number by which an operator knows the terminal; servers go by the IMEI.
const TERMINAL: u32 = 777_001;
/// The beginning of 2010, in seconds.
const EPOCH_S: i64 = 1_262_304_000;
const RESPONSE: u8 = 0;
const DATA: u8 = 1;

/// What records are about.
const AUTH: u8 = 1;
const TELEDATA: u8 = 2;
const COMMANDS: u8 = 4;

/// One connection of one terminal.
pub(super) struct EgtsUnit {
    imei: String,
    package: u16,
    record: u16,
    /// Numbers of the packages that are not confirmed yet.
    waiting: VecDeque<u16>,
    is_ready: bool,
    held: Vec<u8>,
}

impl EgtsUnit {
    /// A terminal with this IMEI.
    pub(super) fn boxed(imei: &str) -> Option<Box<dyn Unit>> {
        is_digits(imei, 15).then(|| Box::new(Self::new(imei)) as Box<dyn Unit>)
    }

    fn new(imei: &str) -> Self {
        Self {
            imei: imei.to_owned(),
            package: 0,
            record: 0,
            waiting: VecDeque::new(),
            is_ready: false,
            held: Vec::new(),
        }
    }

    fn next_package(&mut self) -> u16 {
        self.package = self.package.wrapping_add(1);
        self.package
    }

    fn put_record(&mut self, service: u8, parts: &[u8], body: &mut Vec<u8>) {
        put_record(self.record, None, service, parts, body);
        self.record = self.record.wrapping_add(1);
    }

    fn send(&mut self, service: u8, parts: &[u8], out: &mut Vec<u8>) {
        let mut body = Vec::new();
        self.put_record(service, parts, &mut body);
        put_package(self.next_package(), DATA, &body, out);
    }

    /// Takes the package at the front of what was heard: how many bytes, and what it means.
    fn take(&mut self, heard: Heard, out: &mut Vec<u8>) -> Option<(usize, Heard)> {
        let header = self.held.get(..HEADER_BYTES)?;
        if header[0] != 1 || header[3] != HEADER_BYTES as u8 {
            return Some((self.held.len(), Heard::Refused));
        }
        let body_bytes = usize::from(u16::from_le_bytes([header[5], header[6]]));
        let (number, kind) = (u16::from_le_bytes([header[7], header[8]]), header[9]);
        let whole = HEADER_BYTES + body_bytes + if body_bytes > 0 { 2 } else { 0 };
        let body = self.held.get(..whole)?[HEADER_BYTES..HEADER_BYTES + body_bytes].to_vec();
        let heard = match (kind, body.first_chunk::<3>()) {
            (RESPONSE, Some(&[low, high, result])) => {
                let place = self.waiting.iter().position(|waits| *waits == u16::from_le_bytes([low, high]));
                match place.map(|at| self.waiting.remove(at)) {
                    Some(_) if result == 0 => heard.and_acknowledged(),
                    _ => heard,
                }
            }
            (DATA, Some(_)) => self.take_record(number, &body, heard, out),
            _ => heard,
        };
        Some((whole, heard))
    }

    /// Takes what the server says by itself, in one record: whether the terminal is authorised, or a message.
    fn take_record(&mut self, package: u16, body: &[u8], heard: Heard, out: &mut Vec<u8>) -> Heard {
        let &[_, _, record_low, record_high, flags, ref rest @ ..] = body else { return heard };
        let rest = if flags & 1 == 0 { rest } else { rest.get(4..).unwrap_or_default() };
        let &[service, _, kind, _, _, ref data @ ..] = rest else { return heard };
        let mut confirmed = package.to_le_bytes().to_vec();
        confirmed.push(0);
        let part = [0, 3, 0, record_low, record_high, 0];
        put_record(0, None, service, &part, &mut confirmed);
        put_package(self.next_package(), RESPONSE, &confirmed, out);
        match (service, kind, data) {
            (AUTH, 7, [0, ..]) => {
                self.is_ready = true;
                Heard::Ready
            }
            (AUTH, 7, _) => Heard::Refused,
            (COMMANDS, 51, &[_, a, b, c, d, ..]) => {
                let confirmation = [51, 12, 0, 0x10, a, b, c, d, 0, 0, 0, 0, 0, b'O', b'K'];
                self.send(COMMANDS, &confirmation, out);
                heard
            }
            _ => heard,
        }
    }
}

impl Unit for EgtsUnit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        const HAS_IMEI: u8 = 2;
        let mut parts = vec![1, 20, 0];
        parts.extend_from_slice(&TERMINAL.to_le_bytes());
        parts.push(HAS_IMEI);
        parts.extend_from_slice(self.imei.as_bytes());
        self.send(AUTH, &parts, out);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        let mut body = Vec::new();
        for fix in fixes {
            let mut parts = Vec::new();
            put_place(fix, &mut parts);
            put_state(fix, &mut parts);
            self.put_record(TELEDATA, &parts, &mut body);
        }
        let number = self.next_package();
        self.waiting.push_back(number);
        put_package(number, DATA, &body, out);
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

fn put_package(number: u16, kind: u8, body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[1, 0, 0, HEADER_BYTES as u8, 0]);
    out.extend_from_slice(&(body.len() as u16).to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.push(kind);
    let checksum = HEADER_CRC.checksum(&out[start..]);
    out.push(checksum);
    out.extend_from_slice(body);
    out.extend_from_slice(&BODY_CRC.checksum(body).to_le_bytes());
}

fn put_record(number: u16, object: Option<u32>, service: u8, parts: &[u8], body: &mut Vec<u8>) {
    body.extend_from_slice(&(parts.len() as u16).to_le_bytes());
    body.extend_from_slice(&number.to_le_bytes());
    body.push(u8::from(object.is_some()));
    body.extend(object.iter().flat_map(|object| object.to_le_bytes()));
    body.extend_from_slice(&[service, service]);
    body.extend_from_slice(parts);
}

/// Writes where the vehicle is, and how many satellites say so.
fn put_place(fix: &Fix, parts: &mut Vec<u8>) {
    let share = |degrees: f64, most: f64| (degrees.abs() / most * f64::from(u32::MAX)).round() as u32;
    let has_fix = fix.satellites > 0;
    let flags = u8::from(has_fix)
        | u8::from(has_fix) << 1
        | u8::from(fix.speed_kmh > 0.0) << 4
        | u8::from(fix.latitude < 0.0) << 5
        | u8::from(fix.longitude < 0.0) << 6
        | 1 << 7;
    let motion = ((fix.speed_kmh * 10.0).round() as u16 & 0x3FFF)
        | u16::from(fix.altitude_m < 0.0) << 14
        | (fix.heading_deg >> 8 & 1) << 15;
    let mileage = ((fix.mileage_km * 10.0).round() as u32).to_le_bytes();
    let altitude = (fix.altitude_m.abs().round() as u32).to_le_bytes();
    parts.extend_from_slice(&[16, 24, 0]);
    parts.extend_from_slice(&((fix.time.ms().div_euclid(1_000) - EPOCH_S) as u32).to_le_bytes());
    parts.extend_from_slice(&share(fix.latitude, 90.0).to_le_bytes());
    parts.extend_from_slice(&share(fix.longitude, 180.0).to_le_bytes());
    parts.push(flags);
    parts.extend_from_slice(&motion.to_le_bytes());
    parts.push(fix.heading_deg as u8);
    parts.extend_from_slice(&mileage[..3]);
    parts.extend_from_slice(&[u8::from(fix.ignition), 0]);
    parts.extend_from_slice(&altitude[..3]);
    parts.extend_from_slice(&[17, 2, 0, 8, fix.satellites]);
}

/// Writes the voltages.
fn put_state(fix: &Fix, parts: &mut Vec<u8>) {
    const ACTIVE: u8 = 2;
    let tenths = |volts: f64| (volts * 10.0).round() as u8;
    parts.extend_from_slice(&[20, 5, 0, ACTIVE, tenths(fix.board_v), 0, tenths(fix.battery_v), 1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    const IMEI: &str = "350000000000014";
    const AUTHORISED: &str = "0100000B001000640000CA01000006000000000101000300010000156B \
        0100000B000B00650001BB040001000001010701000087E7";

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    #[test]
    fn writes_the_worked_packages() {
        let mut out = Vec::new();
        let mut unit = EgtsUnit::new(IMEI);
        unit.record = 1;
        unit.hello(&mut out);
        let worked = "0100000B001E00010001A91700010000010101140029DB0B0002333530303030303030303030303134787F";
        assert_eq!(out, hex(worked));
        let (mut parts, mut body, mut out) = (Vec::new(), Vec::new(), Vec::new());
        put_place(&fix(), &mut parts);
        put_record(2, Some(TERMINAL), TELEDATA, &parts, &mut body);
        put_package(2, DATA, &body, &mut out);
        let worked = "0100000B002B000200012B200002000129DB0B000202101800DDEE771E36BD245F00E58164F3 \
            7602BB3A300001001E0200110200080B3C16";
        assert_eq!(out, hex(worked));
    }

    #[test]
    fn hears_answers_in_any_cut() {
        let mut unit = EgtsUnit::new(IMEI);
        let mut out = Vec::new();
        unit.hello(&mut out);
        let answers = hex(AUTHORISED);
        assert_eq!(unit.hear(&answers[..30], &mut out), Heard::Nothing);
        assert_eq!((unit.hear(&answers[30..], &mut out), unit.is_ready()), (Heard::Ready, true));
        unit.report(&[fix(), fix()], &mut out);
        let stored = |number: u16, result: u8| {
            let mut out = Vec::new();
            let [low, high] = number.to_le_bytes();
            put_package(9, RESPONSE, &[low, high, result], &mut out);
            out
        };
        assert_eq!(unit.hear(&stored(3, 0), &mut out), Heard::Acknowledged(1));
        assert_eq!(unit.hear(&stored(3, 0), &mut out), Heard::Nothing, "nothing waits");
        unit.report(&[fix()], &mut out);
        assert_eq!(unit.hear(&stored(4, 138), &mut out), Heard::Nothing, "not taken");
        let refused = hex("0100000B000B00650001BB 0400 0100 00 01 01 07 0100 99 0000");
        assert_eq!(unit.hear(&refused, &mut out), Heard::Refused);
        assert_eq!(unit.hear(b"HTTP/1.1 400", &mut out), Heard::Refused);
        assert!(EgtsUnit::boxed("777001").is_none());
    }

    #[test]
    fn a_message_is_confirmed_under_its_number() {
        let mut unit = EgtsUnit::new(IMEI);
        let (mut body, mut command, mut out) = (Vec::new(), Vec::new(), Vec::new());
        put_record(5, None, COMMANDS, &hex("33 0C00 40 07000000 00000000 00 4F4B"), &mut body);
        put_package(102, DATA, &body, &mut command);
        assert_eq!(unit.hear(&command, &mut out), Heard::Nothing);
        let confirmation = hex("33 0C00 10 07000000 00000000 00 4F4B");
        assert!(out.windows(confirmation.len()).any(|window| window == confirmation), "{out:02X?}");
        assert_eq!(out[11..14], hex("6600 00"), "the package is confirmed first");
    }
}
