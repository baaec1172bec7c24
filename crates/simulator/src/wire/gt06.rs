//! GT06: login by IMEI, then a frame for each fix; the server repeats the number of what it has.

use crc::{CRC_16_IBM_SDLC, Crc};
use model::Civil;

use crate::wire::unit::{Fix, Heard, Unit, is_digits};

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_SDLC);
const START: [u8; 2] = [0x78, 0x78];
const STOP: [u8; 2] = *b"\r\n";
const PARTS_PER_DEGREE: f64 = 1_800_000.0;
/// A position with ignition, cause and mileage.
const POSITION: u8 = 0x22;
const LOGIN: u8 = 0x01;
const COMMAND: u8 = 0x80;
const COMMAND_ANSWER: u8 = 0x15;
/// What a unit answers to any command.
const OBEYED: &[u8] = b"OK!";
/// The longest frame of the short form.
const FRAME_BYTES_MAX: usize = 260;

/// Writes a frame of the short form around `content`, which is not longer than 250 bytes.
pub fn encode_frame(kind: u8, content: &[u8], serial: u16, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend(START);
    out.push(content.len() as u8 + 5);
    out.push(kind);
    out.extend(content);
    out.extend(serial.to_be_bytes());
    let check = CRC.checksum(&out[start + 2..]);
    out.extend(check.to_be_bytes());
    out.extend(STOP);
}

/// Writes a login: the IMEI, two digits a byte.
pub fn encode_login(imei: &str, serial: u16, out: &mut Vec<u8>) {
    let digits: Vec<u8> = format!("0{imei}").bytes().map(|b| b - b'0').collect();
    let content: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    encode_frame(LOGIN, &content, serial, out);
}

/// Date, place and the tower that the unit is near: what every position begins with.
pub fn position(fix: &Fix) -> Vec<u8> {
    const GPS_BYTES: u8 = 12;
    const TOWER: [u8; 8] = [0x02, 0xDA, 0x02, 0x2B, 0x1F, 0x00, 0xA1, 0xB2];
    let Civil { year, month, day, hour, minute, second, .. } = fix.time.civil(0);
    let mut content = vec![(year % 100) as u8, month, day, hour, minute, second];
    content.push((GPS_BYTES << 4) | fix.satellites.min(15));
    for degrees in [fix.latitude, fix.longitude] {
        content.extend(((degrees.abs() * PARTS_PER_DEGREE).round() as u32).to_be_bytes());
    }
    content.push(fix.speed_kmh.round().clamp(0.0, 255.0) as u8);
    let bit = |at: u16, on: bool| u16::from(on) << at;
    let flags = (fix.heading_deg % 360)
        | bit(10, fix.latitude >= 0.0)
        | bit(11, fix.longitude < 0.0)
        | bit(12, fix.satellites > 0);
    content.extend(flags.to_be_bytes());
    content.extend(TOWER);
    content
}

/// One unit.
pub struct Gt06Unit {
    imei: String,
    serial: u16,
    is_ready: bool,
    /// What the server said and is not read yet.
    held: Vec<u8>,
}

impl Gt06Unit {
    /// A unit with this IMEI.
    pub fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { imei: id.to_owned(), serial: 0, is_ready: false, held: Vec::new() };
        is_digits(id, 15).then(|| Box::new(unit) as Box<dyn Unit>)
    }

    fn next_serial(&mut self) -> u16 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }

    /// The next whole frame that the server sent: kind and content.
    fn next_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let start = self.held.windows(2).position(|pair| pair == START)?;
        self.held.drain(..start);
        let whole = usize::from(*self.held.get(2)?) + 5;
        if self.held.len() < whole {
            return None;
        }
        let frame: Vec<u8> = self.held.drain(..whole).collect();
        Some((frame[3], frame.get(4..whole - 6).unwrap_or_default().to_vec()))
    }

    fn obey(&mut self, command: &[u8], out: &mut Vec<u8>) {
        const ENGLISH: [u8; 2] = [0, 2];
        // The number that the server gave the command comes back.
        let Some(flag) = command.get(1..5) else { return };
        let content = [&[4 + OBEYED.len() as u8], flag, OBEYED, &ENGLISH].concat();
        let serial = self.next_serial();
        encode_frame(COMMAND_ANSWER, &content, serial, out);
    }
}

impl Unit for Gt06Unit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        (self.is_ready, self.held) = (false, Vec::new());
        let serial = self.next_serial();
        encode_login(&self.imei, serial, out);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        const BY_TIME: u8 = 0;
        const LIVE: u8 = 0;
        for fix in fixes {
            let mut content = position(fix);
            content.extend([u8::from(fix.ignition), BY_TIME, LIVE]);
            content.extend(((fix.mileage_km * 1_000.0).round() as u32).to_be_bytes());
            let serial = self.next_serial();
            encode_frame(POSITION, &content, serial, out);
        }
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend(bytes);
        let mut heard = Heard::Nothing;
        while let Some((kind, content)) = self.next_frame() {
            heard = match kind {
                LOGIN => {
                    self.is_ready = true;
                    Heard::Ready
                }
                POSITION => heard.and_acknowledged(),
                COMMAND => {
                    self.obey(&content, out);
                    heard
                }
                _ => heard,
            };
        }
        if self.held.len() > FRAME_BYTES_MAX {
            self.held = Vec::new();
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02X}")).collect()
    }

    #[test]
    fn writes_the_worked_frames() {
        let mut out = Vec::new();
        encode_login("350000000000014", 1, &mut out);
        assert_eq!(hex(&out), "78780D01035000000000001400012563".to_owned() + "0D0A");
        out.clear();
        encode_frame(0x12, &position(&fix()), 2, &mut out);
        let wanted = "78781F121A030E091A35CB0396B3840794FD473F18BB02DA022B1F00A1B20002B66F0D0A";
        assert_eq!(hex(&out), wanted);
    }

    #[test]
    fn a_unit_logs_in_and_counts_what_is_acknowledged() {
        let mut unit = Gt06Unit::boxed("350000000000014").unwrap();
        let mut out = Vec::new();
        unit.hello(&mut out);
        assert!(!unit.is_ready());
        let login_answer = [0x78, 0x78, 5, 1, 0, 1, 0xD9, 0xDC, 13, 10];
        assert_eq!(unit.hear(&login_answer[..4], &mut out), Heard::Nothing);
        assert_eq!(unit.hear(&login_answer[4..], &mut out), Heard::Ready);
        assert!(unit.is_ready());
        out.clear();
        unit.report(&[fix()], &mut out);
        assert_eq!((out[3], &out[30..37]), (0x22, &[u8::from(fix().ignition), 0, 0, 0x00, 0x12, 0xD6, 0x87][..]));
        let mut answers = Vec::new();
        encode_frame(0x22, &[], 2, &mut answers);
        encode_frame(0x22, &[], 3, &mut answers);
        assert_eq!(unit.hear(&answers, &mut out), Heard::Acknowledged(2));
    }

    #[test]
    fn a_command_is_answered_with_its_number() {
        let mut unit = Gt06Unit::boxed("350000000000014").unwrap();
        let (mut command, mut out) = (Vec::new(), Vec::new());
        encode_frame(0x80, b"\x0C\x11\x22\x33\x44RELAY,1#\0\x02", 6, &mut command);
        assert_eq!(unit.hear(&command, &mut out), Heard::Nothing);
        assert_eq!(out[3..13], *b"\x15\x07\x11\x22\x33\x44OK!\0");
        assert!(Gt06Unit::boxed("35000000000001").is_none());
    }
}
