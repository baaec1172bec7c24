//! JT/T 808 in its edition of 2013: registration, authentication, then a location for each fix, or a batch of them.

use model::Civil;

use super::unit::{Fix, Heard, Unit};

/// Fixes in one message: what its length field can count.
pub const FIXES_MAX: usize = 15;

const DELIMITER: u8 = 0x7E;
const ESCAPE: u8 = 0x7D;
const PHONE_DIGITS: usize = 12;
const BEIJING_S: i32 = 8 * 3_600;
const PARTS_PER_DEGREE: f64 = 1_000_000.0;
/// Longer than anything that a server says at a time.
const HELD_BYTES_MAX: usize = 4_096;

const GENERAL_ANSWER: u16 = 0x0001;
const REGISTER: u16 = 0x0100;
const AUTHENTICATE: u16 = 0x0102;
const LOCATION: u16 = 0x0200;
const POSITION_ANSWER: u16 = 0x0201;
const BATCH: u16 = 0x0704;

const SERVERS_ANSWER: u16 = 0x8001;
const REGISTERED: u16 = 0x8100;
const TIME: u16 = 0x8109;
const POSITION: u16 = 0x8201;
const MEDIA: u16 = 0x8800;

const DONE: u8 = 0;
const FAILED: u8 = 1;

/// One connection of one device.
pub(super) struct Jt808Unit {
    phone: [u8; PHONE_DIGITS / 2],
    serial: u16,
    is_ready: bool,
    /// Where it is, for a server that asks.
    last: Option<Fix>,
    /// What has come and not ended.
    held: Vec<u8>,
}

impl Jt808Unit {
    /// A device with this phone number, which does not begin with 0.
    pub(super) fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let is_number = !id.is_empty() && !id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit());
        if !is_number || id.len() > PHONE_DIGITS {
            return None;
        }
        let digits: Vec<u8> = format!("{id:0>12}").bytes().map(|b| b - b'0').collect();
        let mut phone = [0; PHONE_DIGITS / 2];
        for (byte, pair) in phone.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Some(Box::new(Self { phone, serial: 0, is_ready: false, last: None, held: Vec::new() }))
    }

    fn say(&mut self, id: u16, body: &[u8], out: &mut Vec<u8>) {
        self.serial = self.serial.wrapping_add(1);
        let mut message = Vec::with_capacity(body.len() + 13);
        message.extend(id.to_be_bytes());
        message.extend((body.len() as u16).to_be_bytes());
        message.extend(self.phone);
        message.extend(self.serial.to_be_bytes());
        message.extend(body);
        message.push(message.iter().fold(0, |all, byte| all ^ byte));
        out.push(DELIMITER);
        for byte in message {
            match byte {
                DELIMITER => out.extend([ESCAPE, 2]),
                ESCAPE => out.extend([ESCAPE, 1]),
                other => out.push(other),
            }
        }
        out.push(DELIMITER);
    }

    /// Takes one message of the server.
    fn take(&mut self, message: &[u8], heard: Heard, out: &mut Vec<u8>) -> Heard {
        let Some((&[a, b, _, _, _, _, _, _, _, _, c, d], body)) = message.split_first_chunk::<12>() else {
            return heard;
        };
        let (id, serial) = (u16::from_be_bytes([a, b]), [c, d]);
        match (id, body) {
            (REGISTERED, [_, _, DONE, code @ ..]) => {
                self.say(AUTHENTICATE, code, out);
                heard
            }
            (REGISTERED, _) => Heard::Refused,
            (SERVERS_ANSWER, &[_, _, x, y, result]) => match (u16::from_be_bytes([x, y]), result) {
                (AUTHENTICATE, DONE) => {
                    self.is_ready = true;
                    Heard::Ready
                }
                (AUTHENTICATE, _) => Heard::Refused,
                (LOCATION | BATCH, DONE) => heard.and_acknowledged(),
                _ => heard,
            },
            (SERVERS_ANSWER | TIME | MEDIA, _) => heard,
            (POSITION, _) if self.last.is_some() => {
                let place = self.last.as_ref().map(location).unwrap_or_default();
                self.say(POSITION_ANSWER, &[&serial[..], &place].concat(), out);
                heard
            }
            (command, _) => {
                let result = if command == POSITION { FAILED } else { DONE };
                self.say(GENERAL_ANSWER, &[serial[0], serial[1], a, b, result], out);
                heard
            }
        }
    }
}

impl Unit for Jt808Unit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        const PROVINCE_AND_CITY: [u8; 4] = [0x00, 0x1F, 0x00, 0x73];
        const MAKER: &[u8] = b"ODOGR";
        const MODEL: &[u8; 20] = b"T1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        const TERMINAL: &[u8; 7] = b"0000042";
        const BLUE_PLATE: &[u8] = b"\x01B12345";
        let body = [&PROVINCE_AND_CITY[..], MAKER, MODEL, TERMINAL, BLUE_PLATE].concat();
        self.say(REGISTER, &body, out);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        self.last = fixes.last().copied().or(self.last);
        if let [fix] = fixes {
            return self.say(LOCATION, &location(fix), out);
        }
        const NORMAL: u8 = 0;
        let mut body = (fixes.len() as u16).to_be_bytes().to_vec();
        body.push(NORMAL);
        for fix in fixes.iter().take(FIXES_MAX) {
            let record = location(fix);
            body.extend((record.len() as u16).to_be_bytes());
            body.extend(record);
        }
        self.say(BATCH, &body, out);
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        let mut heard = Heard::Nothing;
        for byte in bytes {
            if *byte != DELIMITER {
                if self.held.len() < HELD_BYTES_MAX {
                    self.held.push(*byte);
                }
                continue;
            }
            let message = unescape(&std::mem::take(&mut self.held));
            if let Some((check, message)) = message.split_last()
                && message.iter().fold(0, |all, byte| all ^ byte) == *check
            {
                heard = self.take(message, heard, out);
                if heard == Heard::Refused {
                    return heard;
                }
            }
        }
        heard
    }
}

fn unescape(sent: &[u8]) -> Vec<u8> {
    let mut meant = Vec::with_capacity(sent.len());
    let mut rest = sent.iter();
    while let Some(byte) = rest.next() {
        match (*byte, rest.as_slice().first()) {
            (ESCAPE, Some(2)) => meant.push(DELIMITER),
            (ESCAPE, Some(1)) => meant.push(ESCAPE),
            (other, _) => {
                meant.push(other);
                continue;
            }
        }
        rest.next();
    }
    meant
}

/// The body of a location: alarms, status, place, time, and items.
fn location(fix: &Fix) -> Vec<u8> {
    let bit = |at: u32, on: bool| u32::from(on) << at;
    let status =
        bit(0, fix.ignition) | bit(1, fix.satellites > 0) | bit(2, fix.latitude < 0.0) | bit(3, fix.longitude < 0.0);
    let mut body = vec![0; 4];
    body.extend(status.to_be_bytes());
    for degrees in [fix.latitude, fix.longitude] {
        body.extend(((degrees.abs() * PARTS_PER_DEGREE).round() as u32).to_be_bytes());
    }
    body.extend((fix.altitude_m.round() as i16).to_be_bytes());
    body.extend(((fix.speed_kmh * 10.0).round() as u16).to_be_bytes());
    body.extend((fix.heading_deg % 360).to_be_bytes());
    let Civil { year, month, day, hour, minute, second, .. } = fix.time.civil(BEIJING_S);
    body.extend([(year % 100) as u8, month, day, hour, minute, second].map(|n| n / 10 * 16 + n % 10));
    item(0x01, &((fix.mileage_km * 10.0).round() as u32).to_be_bytes(), &mut body);
    item(0x30, &[31], &mut body);
    item(0x31, &[fix.satellites], &mut body);
    item(0x25, &u32::from(fix.ignition).to_be_bytes(), &mut body);
    item(0x2B, &[0; 4], &mut body);
    let hundredths = |volts: f64| ((volts * 100.0).round() as u16).to_be_bytes();
    // A unit says nothing of what it does not measure.
    if fix.board_v > 0.0 {
        item(0x61, &hundredths(fix.board_v), &mut body);
    }
    if fix.battery_v > 0.0 {
        item(0x69, &hundredths(fix.battery_v), &mut body);
        item(0x06, &[fix.battery_level], &mut body);
    }
    body
}

fn item(id: u8, value: &[u8], body: &mut Vec<u8>) {
    body.extend([id, value.len() as u8]);
    body.extend(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    const REGISTRATION: &str = "7E0100002B0139123456780001001F00734F444F475254310000000000000000000000000000000000003030303030343201423132333435077E";
    const REGISTERED: &str = "7E8100000B01391234567800010001004131423243334434BA7E";
    const AUTHENTICATION: &str = "7E0102000801391234567800024131423243334434397E";
    const AUTHENTICATED: &str = "7E8001000501391234567800020002010200B77E";
    const LOCATED: &str = "7E020000340139123456780003000000000000000F01FE63BB043653D2021E027600BB26031417265301040000303A30011F31010B2504000000012B04000000000B7E";
    const STORED: &str = "7E8001000501391234567800030003020000B67E";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// The fix of the worked example, of a unit that measures no voltages.
    fn worked() -> Fix {
        Fix { ignition: true, mileage_km: 1_234.6, board_v: 0.0, battery_v: 0.0, ..fix() }
    }

    fn unit() -> Box<dyn Unit> {
        Jt808Unit::boxed("13912345678").unwrap()
    }

    #[test]
    fn the_worked_conversation() {
        let (mut unit, mut out) = (unit(), Vec::new());
        unit.hello(&mut out);
        assert_eq!(out, bytes(REGISTRATION));
        out.clear();
        assert_eq!(unit.hear(&bytes(REGISTERED)[..9], &mut out), Heard::Nothing);
        assert_eq!((unit.hear(&bytes(REGISTERED)[9..], &mut out), unit.is_ready()), (Heard::Nothing, false));
        assert_eq!(out, bytes(AUTHENTICATION));
        out.clear();
        assert_eq!((unit.hear(&bytes(AUTHENTICATED), &mut out), unit.is_ready()), (Heard::Ready, true));
        unit.report(&[worked()], &mut out);
        assert_eq!(out, bytes(LOCATED));
        assert_eq!(unit.hear(&bytes(STORED).repeat(2), &mut out), Heard::Acknowledged(2));
    }

    #[test]
    fn many_fixes_are_a_batch() {
        let mut out = Vec::new();
        unit().report(&[fix(); FIXES_MAX], &mut out);
        let body = usize::from(u16::from_be_bytes([out[3], out[4]]));
        assert_eq!((&out[1..3], unescape(&out[1..out.len() - 1]).len()), (&[0x07, 0x04][..], 12 + body + 1));
        assert!(body < 1_024);
    }

    #[test]
    fn commands_are_obeyed_and_refusals_understood() {
        let (mut device, mut out) = (unit(), Vec::new());
        device.hear(&bytes("7E810500010139123456780007F0427E"), &mut out);
        assert_eq!(out[13..18], [0x00, 0x07, 0x81, 0x05, DONE]);
        out.clear();
        device.hear(&bytes("7E82010000013912345678000AB97E"), &mut out);
        assert_eq!(out[13..18], [0x00, 0x0A, 0x82, 0x01, FAILED]);
        device.report(&[worked()], &mut out);
        out.clear();
        device.hear(&bytes("7E82010000013912345678000AB97E"), &mut out);
        assert_eq!((&out[1..3], &out[13..15]), (&[0x02, 0x01][..], &[0x00, 0x0A][..]));
        let unknown = bytes("7E8100000301391234567800010001043A7E");
        let checked = unknown[1..unknown.len() - 2].iter().fold(0, |all, byte| all ^ byte);
        let refused = [&unknown[..unknown.len() - 2], &[checked, DELIMITER]].concat();
        assert_eq!(unit().hear(&refused, &mut out), Heard::Refused);
        assert!(Jt808Unit::boxed("0139").is_none() && Jt808Unit::boxed("1234567890123").is_none());
    }
}
