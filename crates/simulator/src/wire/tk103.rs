//! TK103 as its devices write it: a handshake that is answered, then positions in one piece, which are not.

use super::degrees::{Lines, degrees_minutes, hemisphere};
use super::unit::{Fix, Heard, Unit};

/// A unit with this identifier: eleven or twelve digits.
pub(super) fn boxed(id: &str) -> Option<Box<dyn Unit>> {
    let fits = matches!(id.len(), 11 | 12) && id.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| Box::new(Tk103Unit { id: id.to_owned(), answers: Lines::default(), is_ready: false }) as Box<dyn Unit>)
}

struct Tk103Unit {
    id: String,
    answers: Lines,
    is_ready: bool,
}

impl Unit for Tk103Unit {
    fn hello(&mut self, out: &mut Vec<u8>) {
        out.extend(format!("({id}BP00{id:0>15}HSO)", id = self.id).into_bytes());
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            out.extend(position(&self.id, fix).into_bytes());
        }
    }

    fn hear(&mut self, bytes: &[u8], _out: &mut Vec<u8>) -> Heard {
        let welcome = format!("({}AP01HSO", self.id);
        let was_ready = self.is_ready;
        self.is_ready |= self.answers.take(bytes, b')').contains(&welcome);
        if self.is_ready && !was_ready { Heard::Ready } else { Heard::Nothing }
    }
}

fn position(id: &str, fix: &Fix) -> String {
    let c = fix.time.civil(0);
    format!(
        "({id}BR00{:02}{:02}{:02}{}{}{}{}{}{:05.1}{:02}{:02}{:02}{:06.2}0{}000000L{:08X})",
        c.year % 100,
        c.month,
        c.day,
        if fix.satellites == 0 { 'V' } else { 'A' },
        degrees_minutes(fix.latitude, 2),
        hemisphere(fix.latitude, 'N', 'S'),
        degrees_minutes(fix.longitude, 3),
        hemisphere(fix.longitude, 'E', 'W'),
        fix.speed_kmh,
        c.hour,
        c.minute,
        c.second,
        f64::from(fix.heading_deg),
        u8::from(fix.ignition),
        (fix.mileage_km * 1_000.0).round() as u32,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    fn unit() -> Box<dyn Unit> {
        boxed("013912345678").unwrap()
    }

    #[test]
    fn the_worked_position() {
        let mut out = Vec::new();
        unit().report(&[Fix { ignition: true, ..fix() }], &mut out);
        let wanted = "(013912345678BR00260314A3326.9335S07040.1560W063.0092653187.0001000000L0012D687)";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn says_when_there_is_no_fix_and_when_the_ignition_is_off() {
        let mut out = Vec::new();
        unit().report(&[Fix { ignition: false, satellites: 0, speed_kmh: 0.0, heading_deg: 7, ..fix() }], &mut out);
        let wanted = "(013912345678BR00260314V3326.9335S07040.1560W000.0092653007.0000000000L0012D687)";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn waits_for_the_answer_to_its_handshake() {
        let mut unit = unit();
        let mut out = Vec::new();
        unit.hello(&mut out);
        assert_eq!((out.as_slice(), unit.is_ready()), (&b"(013912345678BP00000013912345678HSO)"[..], false));
        assert_eq!(unit.hear(b"(013912345678AP00)(0139", &mut out), Heard::Nothing);
        assert_eq!((unit.hear(b"12345678AP01HSO)", &mut out), unit.is_ready()), (Heard::Ready, true));
        assert_eq!(unit.hear(b"(013912345678AP01HSO)", &mut out), Heard::Nothing);
        assert!(boxed("0139123456789").is_none() && boxed("01391234567x").is_none());
    }
}
