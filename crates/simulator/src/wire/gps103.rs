//! GPS103 as its devices write it: a login that is answered, then reports in local time, which are not.

use super::degrees::{degrees_minutes, hemisphere};
use super::unit::{Fix, Heard, Unit, is_digits};

const KMH_PER_KNOT: f64 = 1.852;
/// The device's clock is set to Santiago's summer time.
const UTC_OFFSET_S: i32 = -10_800;
/// Two tanks and a thermometer, which the vehicles of the simulator do not have.
const PROBES: &str = "51.20%,0.00%,+23";
/// The server's answer to a login.
const WELCOME: &[u8] = b"LOAD";

/// A unit with this IMEI.
pub(super) fn boxed(id: &str) -> Option<Box<dyn Unit>> {
    is_digits(id, 15).then(|| Box::new(Gps103Unit { imei: id.to_owned(), heard: 0 }) as Box<dyn Unit>)
}

struct Gps103Unit {
    imei: String,
    /// How much of the answer to the login has come, in bytes.
    heard: usize,
}

impl Unit for Gps103Unit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        out.extend(format!("##,imei:{},A;", self.imei).into_bytes());
    }

    fn is_ready(&self) -> bool {
        self.heard == WELCOME.len()
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            out.extend(line(&self.imei, fix).into_bytes());
        }
    }

    fn hear(&mut self, bytes: &[u8], _out: &mut Vec<u8>) -> Heard {
        for byte in bytes {
            match WELCOME.get(self.heard) {
                None => return Heard::Nothing,
                Some(wanted) if wanted == byte => self.heard += 1,
                Some(_) => return Heard::Refused,
            }
            if self.is_ready() {
                return Heard::Ready;
            }
        }
        Heard::Nothing
    }
}

fn line(imei: &str, fix: &Fix) -> String {
    let (local, utc) = (fix.time.civil(UTC_OFFSET_S), fix.time.civil(0));
    let head = format!(
        "imei:{imei},tracker,{:02}{:02}{:02}{:02}{:02}{:02},",
        local.year % 100,
        local.month,
        local.day,
        local.hour,
        local.minute,
        local.second,
    );
    if fix.satellites == 0 {
        return format!("{head},L,;");
    }
    format!(
        "{head},F,{:02}{:02}{:02}.{:03},A,{},{},{},{},{:.2},{},{:.0},{},0,{PROBES};",
        utc.hour,
        utc.minute,
        utc.second,
        utc.millisecond,
        degrees_minutes(fix.latitude, 2),
        hemisphere(fix.latitude, 'N', 'S'),
        degrees_minutes(fix.longitude, 3),
        hemisphere(fix.longitude, 'E', 'W'),
        fix.speed_kmh / KMH_PER_KNOT,
        fix.heading_deg,
        fix.altitude_m,
        u8::from(fix.ignition),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    fn unit() -> Box<dyn Unit> {
        boxed("350000000000014").unwrap()
    }

    #[test]
    fn the_worked_report() {
        let mut out = Vec::new();
        unit().report(&[Fix { ignition: true, ..fix() }], &mut out);
        let wanted = "imei:350000000000014,tracker,260314062653,,F,092653.000,A,3326.9335,S,07040.1560,W,34.02,187,542,1,\
            0,51.20%,0.00%,+23;";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn says_when_there_is_no_fix() {
        let mut out = Vec::new();
        unit().report(&[Fix { satellites: 0, ..fix() }], &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "imei:350000000000014,tracker,260314062653,,L,;");
    }

    #[test]
    fn waits_for_the_answer_to_its_login() {
        let mut unit = unit();
        let mut out = Vec::new();
        unit.hello(&mut out);
        assert_eq!((out.as_slice(), unit.is_ready()), (&b"##,imei:350000000000014,A;"[..], false));
        assert_eq!((unit.hear(b"LO", &mut out), unit.is_ready()), (Heard::Nothing, false));
        assert_eq!((unit.hear(b"AD**,imei:1,B", &mut out), unit.is_ready()), (Heard::Ready, true));
        assert_eq!(unit.hear(b"ON", &mut out), Heard::Nothing);
        let mut other = boxed("350000000000014").unwrap();
        assert_eq!(other.hear(b"HTTP", &mut out), Heard::Refused);
        assert!(boxed("35000000000001").is_none());
    }
}
