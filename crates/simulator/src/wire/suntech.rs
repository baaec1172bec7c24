//! Suntech: lines of fields that name their device. Data is not acknowledged. Identifiers of nine digits belong to the
//! older lines, others to those with a map.

use model::Civil;

use crate::wire::unit::{Fix, Heard, Unit, is_digits};

/// How long the engine has run, in minutes.
const RUN_MIN: u32 = 123;
/// What lines are numbered from.
const NUMBER_FIRST: u16 = 42;
const OLDER_ID_DIGITS: usize = 9;
/// Commands of the server are not longer.
const HELD_BYTES_MAX: usize = 1_024;

/// Date and time, two fields.
fn clock(fix: &Fix) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = fix.time.civil(0);
    format!("{year:04}{month:02}{day:02};{hour:02}:{minute:02}:{second:02}")
}

/// Place, speed in kilometres an hour as it is written, course, satellites and whether there is a fix.
fn place(fix: &Fix, speed_kmh: &str) -> String {
    format!(
        "{:+010.6};{:+011.6};{speed_kmh};{:06.2};{};{}",
        fix.latitude,
        fix.longitude,
        f64::from(fix.heading_deg),
        fix.satellites,
        u8::from(fix.satellites > 0)
    )
}

/// A status of an ST300.
pub fn older_line(id: &str, number: u16, fix: &Fix) -> String {
    let mode = if fix.speed_kmh > 0.0 { 2 } else { 1 };
    format!(
        "ST300STT;{id};45;314;{};a1b2c;{};{:.0};{:.2};{}00000;{mode};{number:04};{RUN_MIN:06};{:.1};1\r",
        clock(fix),
        place(fix, &format!("{:07.3}", fix.speed_kmh)),
        fix.mileage_km * 1_000.0,
        fix.board_v,
        u8::from(fix.ignition),
        fix.battery_v,
    )
}

/// A status with all fields of the map, and three that the configuration names: mileage, power, battery.
pub fn mapped_line(id: &str, number: u16, fix: &Fix) -> String {
    format!(
        "STT;{id};FFFFFF;84;1.0.12;1;{};0000A1B2;730;2;2B1F;31;{};{:08b};00000000;1;2;{number:04};;00000007;{:.0};{:.2};{:.1}\r",
        clock(fix),
        place(fix, &format!("{:.2}", fix.speed_kmh)),
        u8::from(fix.ignition),
        fix.mileage_km * 1_000.0,
        fix.board_v,
        fix.battery_v,
    )
}

/// One unit.
pub struct SuntechUnit {
    id: String,
    number: u16,
    last: Option<Fix>,
    /// What the server said and is not read yet.
    held: Vec<u8>,
}

impl SuntechUnit {
    /// A unit with this identifier, of nine or ten digits.
    pub fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { id: id.to_owned(), number: NUMBER_FIRST, last: None, held: Vec::new() };
        (is_digits(id, OLDER_ID_DIGITS) || is_digits(id, OLDER_ID_DIGITS + 1)).then(|| Box::new(unit) as Box<dyn Unit>)
    }

    fn say(&mut self, fix: &Fix, out: &mut Vec<u8>) {
        let line = match self.id.len() {
            OLDER_ID_DIGITS => older_line(&self.id, self.number, fix),
            _ => mapped_line(&self.id, self.number, fix),
        };
        out.extend(line.bytes());
        self.number = (self.number + 1) % 10_000;
    }

    /// Answers a command; a request for the status is followed by one.
    fn obey(&mut self, command: &str, out: &mut Vec<u8>) {
        let Some((head, content)) = command.split_once(&format!("CMD;{};", self.id)) else { return };
        let id = &self.id;
        let answer = match head {
            "" => format!("RES;{id};{content}\r"),
            head => format!("{head}CMD;Res;{id};45;314;{}\r", content.trim_start_matches("02;")),
        };
        out.extend(answer.bytes());
        if let ("03;01" | "02;StatusReq", Some(fix)) = (content, self.last) {
            self.say(&fix, out);
        }
    }
}

impl Unit for SuntechUnit {
    fn hello(&mut self, _out: &mut Vec<u8>) {
        self.held = Vec::new();
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            self.last = Some(*fix);
            self.say(fix, out);
        }
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend(bytes);
        while let Some(end) = self.held.iter().position(|b| *b == b'\r') {
            let line: Vec<u8> = self.held.drain(..=end).collect();
            self.obey(&String::from_utf8_lossy(&line[..end]), out);
        }
        if self.held.len() > HELD_BYTES_MAX {
            self.held = Vec::new();
        }
        Heard::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    fn said(id: &str) -> String {
        let mut out = Vec::new();
        SuntechUnit::boxed(id).expect("fits").report(&[fix()], &mut out);
        String::from_utf8(out).expect("is text")
    }

    #[test]
    fn writes_the_worked_lines() {
        let older = "ST300STT;205000014;45;314;20260314;09:26:53;a1b2c;-33.448891;-070.669266;063.000;187.00;11;1;\
            1234567;12.63;100000;2;0042;000123;4.0;1\r";
        assert_eq!(said("205000014"), older);
        let mapped = "STT;0910000014;FFFFFF;84;1.0.12;1;20260314;09:26:53;0000A1B2;730;2;2B1F;31;-33.448891;-070.669266;\
            63.00;187.00;11;1;00000001;00000000;1;2;0042;;00000007;1234567;12.63;4.0\r";
        assert_eq!(said("0910000014"), mapped);
    }

    #[test]
    fn a_request_for_the_status_is_answered_and_followed() {
        let check = |id: &str, command: &[u8], answer: &str, status: &str| {
            let mut unit = SuntechUnit::boxed(id).expect("fits");
            unit.report(&[fix()], &mut Vec::new());
            let mut out = Vec::new();
            let (one, other) = command.split_at(7);
            assert_eq!(unit.hear(one, &mut out), Heard::Nothing);
            assert_eq!(unit.hear(other, &mut out), Heard::Nothing);
            let out = String::from_utf8(out).expect("is text");
            assert!(out.starts_with(answer) && out[answer.len()..].starts_with(status), "{out:?}");
        };
        let status = "ST300STT;205000014;45;314;";
        check("205000014", b"ST300CMD;205000014;02;StatusReq\r", "ST300CMD;Res;205000014;45;314;StatusReq\r", status);
        check("0910000014", b"CMD;0910000014;03;01\r", "RES;0910000014;03;01\r", "STT;0910000014;FFFFFF;");
    }

    #[test]
    fn only_its_own_identifiers_will_do() {
        assert!(SuntechUnit::boxed("20500001").is_none() && SuntechUnit::boxed("350000000000014").is_none());
    }
}
