//! Queclink: every sentence names its device, and tells vehicle, place and network in one row of fields. Sentences are
//! acknowledged only where the server is set up for that.

use model::{Civil, Timestamp};

use crate::wire::unit::{Fix, Heard, Unit, is_digits};

/// A GV55 and the version of its protocol.
const VERSION: &str = "2F0E03";
const NAME: &str = "GV55";
/// Country, network, area and cell of the tower that the unit is near.
const TOWER: &str = "0730,0002,2B1F,00A1B2";
/// How long the vehicle has run.
const HOURS: &str = "00123:45:06";
/// A sentence leaves so long after its fix.
const SENT_AFTER_MS: i64 = 2_000;
/// What sentences are numbered from.
const COUNT_FIRST: u16 = 0x42;
/// The server's sentences are not longer.
const HELD_BYTES_MAX: usize = 1_024;

fn digits(time: Timestamp) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = time.civil(0);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// State, inputs and outputs. The ignition is on the line of its own; output 1 is on.
fn status(fix: &Fix) -> &'static str {
    match (fix.ignition, fix.speed_kmh > 0.0) {
        (true, true) => "220101",
        (true, false) => "210101",
        (false, true) => "120001",
        (false, false) => "110001",
    }
}

/// The fields of a position, from the device's name on.
pub fn position(fix: &Fix) -> String {
    let quality = if fix.satellites > 0 { fix.hdop } else { 0.0 };
    format!(
        "{NAME},{:.0},10,1,1,{quality},{:.1},{},{:.1},{:.6},{:.6},{},{TOWER},00,{:.1},{HOURS},,,{},{},,,",
        fix.board_v * 1_000.0,
        fix.speed_kmh,
        fix.heading_deg,
        fix.altitude_m,
        fix.longitude,
        fix.latitude,
        digits(fix.time),
        fix.mileage_km,
        fix.battery_level,
        status(fix),
    )
}

/// One unit.
pub struct QueclinkUnit {
    imei: String,
    count: u16,
    last: Option<Fix>,
    /// What the server said and is not read yet.
    held: Vec<u8>,
}

impl QueclinkUnit {
    /// A unit with this IMEI.
    pub fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { imei: id.to_owned(), count: COUNT_FIRST, last: None, held: Vec::new() };
        is_digits(id, 15).then(|| Box::new(unit) as Box<dyn Unit>)
    }

    fn say(&mut self, head: &str, fields: &str, out: &mut Vec<u8>) {
        let at = self.last.map_or(Timestamp::default(), |fix| fix.time).plus_ms(SENT_AFTER_MS);
        let Self { imei, count, .. } = self;
        out.extend(format!("{head},{VERSION},{imei},{fields},{},{count:04X}$", digits(at)).bytes());
        self.count = self.count.wrapping_add(1);
    }

    /// The next whole sentence that the server sent.
    fn next_sentence(&mut self) -> Option<String> {
        let end = self.held.iter().position(|b| *b == b'$')?;
        let sentence: Vec<u8> = self.held.drain(..=end).collect();
        Some(String::from_utf8_lossy(&sentence[..end]).into_owned())
    }

    /// Answers a command with its name and its serial number.
    fn obey(&mut self, command: &str, out: &mut Vec<u8>) {
        let Some((name, parameters)) = command.split_once('=') else { return };
        let serial = parameters.rsplit(',').next().unwrap_or_default();
        self.say(&format!("+ACK:GT{name}"), &format!("{NAME},{serial}"), out);
        let what = parameters.split(',').nth(1);
        if name == "RTO" && what == Some("2") {
            let Some(fix) = self.last else { return };
            let state = &status(&fix)[..2];
            let fields = format!(
                "{NAME},{state},8956020000000000001,31,0,1,{:.0},,{:.2},0,,",
                fix.board_v * 1_000.0,
                fix.battery_v
            );
            self.say("+RESP:GTINF", &fields, out);
        } else if name == "RTO" && what == Some("1") {
            let Some(fix) = self.last else { return };
            self.say("+RESP:GTRTL", &position(&fix), out);
        }
    }
}

impl Unit for QueclinkUnit {
    fn hello(&mut self, _out: &mut Vec<u8>) {
        self.held = Vec::new();
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        for fix in fixes {
            self.last = Some(*fix);
            self.say("+RESP:GTFRI", &position(fix), out);
        }
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend(bytes);
        let mut heard = Heard::Nothing;
        while let Some(sentence) = self.next_sentence() {
            if let Some(command) = sentence.strip_prefix("AT+GT") {
                self.obey(command, out);
            } else if sentence.starts_with("+SACK:") && !sentence.starts_with("+SACK:GT") {
                heard = heard.and_acknowledged();
            }
        }
        if self.held.len() > HELD_BYTES_MAX {
            self.held = Vec::new();
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    fn unit() -> Box<dyn Unit> {
        QueclinkUnit::boxed("350000000000014").expect("fits")
    }

    /// The van of the worked example.
    fn worked() -> Fix {
        Fix { board_v: 12.634, mileage_km: 1_234.5, battery_level: 100, ..fix() }
    }

    fn said(out: &[u8]) -> &str {
        std::str::from_utf8(out).expect("is text")
    }

    #[test]
    fn writes_the_worked_position() {
        let mut out = Vec::new();
        unit().report(&[worked()], &mut out);
        let wanted = "+RESP:GTFRI,2F0E03,350000000000014,GV55,12634,10,1,1,0.9,63.0,187,542.0,-70.669266,-33.448891,\
            20260314092653,0730,0002,2B1F,00A1B2,00,1234.5,00123:45:06,,,100,220101,,,,20260314092655,0042$";
        assert_eq!(said(&out), wanted);
    }

    #[test]
    fn obeys_commands_and_counts_acknowledgements() {
        let mut unit = unit();
        let mut out = Vec::new();
        unit.report(&[worked()], &mut out);
        out.clear();
        assert_eq!(unit.hear(b"+SACK:00", &mut out), Heard::Nothing);
        assert_eq!(unit.hear(b"42$+SACK:GTHBD,2F0E03,0043$+SACK:0043$", &mut out), Heard::Acknowledged(2));
        assert_eq!(out, b"");
        assert_eq!(unit.hear(b"AT+GTRTO=gv55,2,,,,,,FFFF$", &mut out), Heard::Nothing);
        let answer = "+ACK:GTRTO,2F0E03,350000000000014,GV55,FFFF,20260314092655,0043$\
            +RESP:GTINF,2F0E03,350000000000014,GV55,22,8956020000000000001,31,0,1,12634,,4.01,0,,,20260314092655,0044$";
        assert_eq!(said(&out), answer);
    }

    #[test]
    fn only_an_imei_will_do() {
        assert!(QueclinkUnit::boxed("35000000000001").is_none() && QueclinkUnit::boxed("35000000000001x").is_none());
    }
}
