//! H02 as its devices write it: lines of text that name the device and are answered one by one.

use super::degrees::{Lines, degrees_minutes, hemisphere};
use super::unit::{Fix, Heard, Unit};

const KMH_PER_KNOT: f64 = 1.852;
/// The bits of the status that are low: none, and that of the ignition.
const IGNITION_ON: &str = "FFFFFFFF";
const IGNITION_OFF: &str = "FFFFFBFF";

/// A unit with this identifier: ten or fifteen digits.
pub(super) fn boxed(id: &str) -> Option<Box<dyn Unit>> {
    let fits = matches!(id.len(), 10 | 15) && id.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| Box::new(H02Unit { id: id.to_owned(), answers: Lines::default() }) as Box<dyn Unit>)
}

struct H02Unit {
    id: String,
    answers: Lines,
}

impl Unit for H02Unit {
    fn hello(&mut self, _out: &mut Vec<u8>) {}

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            out.extend(line(&self.id, fix).into_bytes());
        }
    }

    fn hear(&mut self, bytes: &[u8], _out: &mut Vec<u8>) -> Heard {
        let wanted = format!("*HQ,{},V4,V1,", self.id);
        let answers = self.answers.take(bytes, b'#');
        answers
            .iter()
            .filter(|line| line.starts_with(&wanted))
            .fold(Heard::Nothing, |heard, _| heard.and_acknowledged())
    }
}

fn line(id: &str, fix: &Fix) -> String {
    let c = fix.time.civil(0);
    let validity = if fix.satellites == 0 { 'V' } else { 'A' };
    format!(
        "*HQ,{id},V1,{:02}{:02}{:02},{validity},{},{},{},{},{:06.2},{:03},{:02}{:02}{:02},{}#",
        c.hour,
        c.minute,
        c.second,
        degrees_minutes(fix.latitude, 2),
        hemisphere(fix.latitude, 'N', 'S'),
        degrees_minutes(fix.longitude, 3),
        hemisphere(fix.longitude, 'E', 'W'),
        fix.speed_kmh / KMH_PER_KNOT,
        fix.heading_deg,
        c.day,
        c.month,
        c.year % 100,
        if fix.ignition { IGNITION_ON } else { IGNITION_OFF },
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
    fn the_worked_line() {
        let mut out = Vec::new();
        unit().report(&[Fix { ignition: false, ..fix() }], &mut out);
        let wanted = "*HQ,350000000000014,V1,092653,A,3326.9335,S,07040.1560,W,034.02,187,140326,FFFFFBFF#";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn says_when_there_is_no_fix_and_when_the_ignition_is_on() {
        let mut out = Vec::new();
        unit().report(&[Fix { ignition: true, satellites: 0, latitude: 1.5, longitude: 2.5, ..fix() }], &mut out);
        let wanted = "*HQ,350000000000014,V1,092653,V,0130.0000,N,00230.0000,E,034.02,187,140326,FFFFFFFF#";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn counts_the_answers_that_are_its_own() {
        let mut unit = unit();
        let answer = b"*HQ,350000000000014,V4,V1,20260314092654#";
        assert_eq!(unit.hear(&answer[..20], &mut Vec::new()), Heard::Nothing);
        assert_eq!(unit.hear(&answer[20..], &mut Vec::new()), Heard::Acknowledged(1));
        assert_eq!(unit.hear(&answer.repeat(2), &mut Vec::new()), Heard::Acknowledged(2));
        assert_eq!(unit.hear(b"*HQ,350000000000014,S20,092653,1,1#", &mut Vec::new()), Heard::Nothing);
        assert!(boxed("12345678901").is_none() && boxed("35000000000001x").is_none());
    }
}
