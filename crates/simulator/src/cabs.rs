//! Recorded taxi drives in the cabspotting form, as device records.
//!
//! A line is one fix, oldest first: `latitude longitude occupied unix_time`, the third 1 with a fare and 0 without.

use std::fmt;

use model::Timestamp;

use crate::geo::Place;
use crate::wire::teltonika::{Element, Priority, Record, element};

/// Faster than this between two fixes means that one of them is wrong; the speed is then given as this.
const SPEED_KMH_MAX: f64 = 200.0;
/// The recordings do not say how many satellites were in view; a fix in the open has about as many.
const SATELLITES: u8 = 8;

/// One recorded fix.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CabFix {
    /// Where.
    pub place: Place,
    /// Whether there was a fare aboard.
    pub occupied: bool,
    /// When, in whole seconds.
    pub time: Timestamp,
}

/// A line that is not a fix; lines count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadLine(pub usize);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not `latitude longitude occupied unix_time`", self.0)
    }
}

impl std::error::Error for BadLine {}

/// Reads a whole recording. Blank lines are skipped.
///
/// # Errors
/// With the number of the first line that is not a fix.
pub fn parse(text: &str) -> Result<Vec<CabFix>, BadLine> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(i, line)| parse_line(line).ok_or(BadLine(i + 1))).collect()
}

fn parse_line(line: &str) -> Option<CabFix> {
    let mut fields = line.split_ascii_whitespace();
    let mut next = || fields.next();
    let latitude: f64 = next()?.parse().ok()?;
    let longitude: f64 = next()?.parse().ok()?;
    let occupied = match next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let time = Timestamp::from_s(next()?.parse().ok()?)?;
    let possible = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    (possible && next().is_none()).then_some(CabFix { place: Place { latitude, longitude }, occupied, time })
}

/// The recording as Teltonika records: a fare aboard is the first digital input; speed and direction follow from the
/// fix before, since the recording has neither.
pub fn records(fixes: &[CabFix]) -> Vec<Record> {
    let before = std::iter::once(None).chain(fixes.iter().map(Some));
    before.zip(fixes).map(|(before, fix)| record(before, fix)).collect()
}

fn record(before: Option<&CabFix>, fix: &CabFix) -> Record {
    let metres = before.map_or(0.0, |b| b.place.distance_m(fix.place));
    let seconds = before.map_or(0.0, |b| fix.time.since_ms(b.time) as f64 / 1_000.0);
    let speed_kmh = if seconds > 0.0 { (metres / seconds * 3.6).min(SPEED_KMH_MAX) } else { 0.0 };
    let fare_changed = before.is_some_and(|b| b.occupied != fix.occupied);
    Record {
        time: fix.time,
        priority: if fare_changed { Priority::High } else { Priority::Low },
        place: fix.place,
        altitude_m: 0,
        angle_deg: before.map_or(0, |b| b.place.bearing_deg(fix.place)),
        satellites: SATELLITES,
        speed_kmh: speed_kmh.round() as u16,
        event: if fare_changed { element::DIGITAL_INPUT_1 } else { 0 },
        elements: vec![
            Element::u8(element::DIGITAL_INPUT_1, fix.occupied.into()),
            Element::u8(element::IGNITION, 1),
            Element::u8(element::MOVEMENT, (speed_kmh >= 3.0).into()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_becomes_records() {
        let text = "37.75000 -122.39000 0 1211033530\n37.75100 -122.39000 1 1211033540\n\n\
                    37.75100 -122.39000 1 1211033540\n38.75100 -122.39000 1 1211033541\n";
        let records = records(&parse(text).unwrap());
        let seen: Vec<_> = records
            .iter()
            .map(|r| (r.time.s(), r.speed_kmh, r.angle_deg, r.event, r.elements[0].value == Element::u8(1, 1).value))
            .collect();
        // 0.001° of latitude is 111 m: 40 km/h over ten seconds. The last line is a jump of a hundred kilometres.
        assert_eq!(
            seen,
            [
                (1_211_033_530, 0, 0, 0, false),
                (1_211_033_540, 40, 0, 1, true),
                (1_211_033_540, 0, 0, 0, true),
                (1_211_033_541, 200, 0, 0, true),
            ]
        );
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        let check = |text: &str, line: usize| assert_eq!(parse(text), Err(BadLine(line)), "{text}");
        check("37.75 -122.39 0", 1);
        check("37.75 -122.39 0 1211033530\n\n37.75 -122.39 2 1211033530", 3);
        check("37.75 -122.39 0 1211033530 5", 1);
        check("NaN -122.39 0 1211033530", 1);
        check("91 -122.39 0 1211033530", 1);
        check("37.75 -122.39 0 99999999999999999", 1);
    }
}
