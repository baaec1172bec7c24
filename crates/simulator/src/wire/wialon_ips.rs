//! Wialon IPS 2.0 over TCP, the device's side: a login, extended data, and several messages as a black box.

use crc::{CRC_16_ARC, Crc, Table};
use model::Civil;

use super::unit::{Fix, Heard, Unit};

/// Messages in one packet.
pub const MESSAGES_MAX: usize = 200;

const CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);
const ID_BYTES_MAX: usize = 64;
/// Longer than any line that a server sends.
const LINE_BYTES_MAX: usize = 16_384;

/// One connection of one device.
pub(super) struct WialonIpsUnit {
    id: String,
    is_ready: bool,
    /// The line that has begun.
    held: Vec<u8>,
}

impl WialonIpsUnit {
    /// A device with this identifier, which may be any text that does not break a line.
    pub(super) fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let fits = (1..=ID_BYTES_MAX).contains(&id.len());
        let is_plain = !id.contains([';', '#', '|']) && !id.chars().any(|c| c.is_control() || c.is_whitespace());
        let unit = Self { id: id.to_owned(), is_ready: false, held: Vec::new() };
        (fits && is_plain).then(|| Box::new(unit) as Box<dyn Unit>)
    }

    fn take(&mut self, line: &str, heard: Heard, out: &mut Vec<u8>) -> Heard {
        match line {
            "#AL#1" => {
                self.is_ready = true;
                Heard::Ready
            }
            _ if line.starts_with("#AL#") => Heard::Refused,
            "#AD#1" => heard.and_acknowledged(),
            "#AB#" | "#AB#0" => heard,
            _ if line.starts_with("#AB#") => heard.and_acknowledged(),
            _ if line.starts_with("#M#") => {
                out.extend_from_slice(b"#AM#1\r\n");
                heard
            }
            _ => heard,
        }
    }
}

impl Unit for WialonIpsUnit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        put("L", &format!("2.0;{};NA;", self.id), out);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        match fixes {
            [] => {}
            [fix] => put("D", &format!("{};", extended(fix)), out),
            fixes => put("B", &fixes.iter().map(|fix| extended(fix) + "|").collect::<String>(), out),
        }
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend_from_slice(bytes);
        let mut heard = Heard::Nothing;
        while let Some(end) = self.held.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.held.drain(..=end).collect();
            heard = self.take(String::from_utf8_lossy(&line).trim(), heard, out);
            if heard == Heard::Refused {
                return heard;
            }
        }
        if self.held.len() > LINE_BYTES_MAX { Heard::Refused } else { heard }
    }
}

/// Writes a line: the message ends with the separator that stands before the checksum.
fn put(kind: &str, message: &str, out: &mut Vec<u8>) {
    let checksum = CRC.checksum(message.as_bytes());
    out.extend_from_slice(format!("#{kind}#{message}{checksum:04X}\r\n").as_bytes());
}

/// Time, place and motion.
fn short(fix: &Fix) -> String {
    let Civil { year, month, day, hour, minute, second, millisecond } = fix.time.civil(0);
    let fraction = if millisecond == 0 { String::new() } else { format!(".{millisecond:03}") };
    let (lat, lon) = (minutes(fix.latitude, 2), minutes(fix.longitude, 3));
    let north = if fix.latitude < 0.0 { 'S' } else { 'N' };
    let east = if fix.longitude < 0.0 { 'W' } else { 'E' };
    format!(
        "{day:02}{month:02}{:02};{hour:02}{minute:02}{second:02}{fraction};{lat};{north};{lon};{east};{};{};{};{}",
        year % 100,
        fix.speed_kmh.round(),
        fix.heading_deg,
        fix.altitude_m.round(),
        fix.satellites
    )
}

/// The same with lines, voltages and counters.
fn extended(fix: &Fix) -> String {
    let ignition = u8::from(fix.ignition);
    format!(
        "{};{};{ignition};0;{:.2};NA;mileage:2:{:.2},ign:1:{ignition},pwr_ext:2:{:.3},pwr_int:2:{:.3},bat:1:{}",
        short(fix),
        fix.hdop,
        fix.board_v,
        fix.mileage_km,
        fix.board_v,
        fix.battery_v,
        fix.battery_level
    )
}

/// Degrees with so many digits, then minutes with four decimals.
fn minutes(degrees: f64, digits: usize) -> String {
    const PER_MINUTE: u64 = 10_000;
    let total = (degrees.abs() * 60.0 * PER_MINUTE as f64).round() as u64;
    let (whole, rest) = (total / (60 * PER_MINUTE), total % (60 * PER_MINUTE));
    format!("{whole:0digits$}{:02}.{:04}", rest / PER_MINUTE, rest % PER_MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    const IMEI: &str = "350000000000014";

    #[test]
    fn writes_the_worked_lines() {
        let mut out = Vec::new();
        WialonIpsUnit::boxed(IMEI).unwrap().hello(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "#L#2.0;350000000000014;NA;3672\r\n");
        let mut out = Vec::new();
        put("SD", &format!("{};", short(&fix())), &mut out);
        let worked = "#SD#140326;092653;3326.9335;S;07040.1560;W;63;187;542;11;BF34\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), worked);
        let mut out = Vec::new();
        let later = Fix { time: fix().time.plus_ms(30_000), ..fix() };
        put("B", &format!("{}|{}|", short(&fix()), short(&later)), &mut out);
        assert!(String::from_utf8(out).unwrap().ends_with("092723;3326.9335;S;07040.1560;W;63;187;542;11|6FD2\r\n"));
    }

    #[test]
    fn one_fix_is_a_line_and_several_are_a_black_box() {
        let mut unit = WialonIpsUnit::boxed(IMEI).unwrap();
        let mut out = Vec::new();
        unit.report(&[fix()], &mut out);
        let line = String::from_utf8(out).unwrap();
        let tail = ";11;0.9;1;0;12.63;NA;mileage:2:1234.57,ign:1:1,pwr_ext:2:12.634,pwr_int:2:4.012,bat:1:87;";
        assert!(line.starts_with("#D#140326;092653;3326.9335;S;") && line.contains(tail), "{line}");
        let mut out = Vec::new();
        unit.report(&[fix(), fix()], &mut out);
        let line = String::from_utf8(out).unwrap();
        assert!(line.starts_with("#B#140326;") && line.matches('|').count() == 2, "{line}");
    }

    #[test]
    fn coordinates_are_rounded_whole() {
        let check = |degrees: f64, wanted: &str| assert_eq!(minutes(degrees, 3), wanted);
        check(-70.669_266, "07040.1560");
        check(0.0, "00000.0000");
        check(1.999_999_999, "00200.0000");
        check(180.0, "18000.0000");
    }

    #[test]
    fn hears_answers_in_any_cut() {
        let mut unit = WialonIpsUnit::boxed(IMEI).unwrap();
        let mut out = Vec::new();
        assert_eq!(unit.hear(b"#AL", &mut out), Heard::Nothing);
        assert!(!unit.is_ready());
        assert_eq!(unit.hear(b"#1\r\n", &mut out), Heard::Ready);
        assert_eq!(unit.hear(b"#AD#1\r\n#M#hi\r\n#AB#2\r\n#AB#\r\n#AD#16\r\n", &mut out), Heard::Acknowledged(2));
        assert_eq!(out, b"#AM#1\r\n");
        assert_eq!(WialonIpsUnit::boxed(IMEI).unwrap().hear(b"#AL#0\r\n", &mut out), Heard::Refused);
        assert!(WialonIpsUnit::boxed("a;b").is_none() && WialonIpsUnit::boxed("").is_none());
    }
}
