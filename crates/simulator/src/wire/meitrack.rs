//! Meitrack: every message names its device and its length. Positions as text are answered with nothing; those of the
//! binary list with the number of records.

use model::{Civil, Timestamp};

use crate::wire::unit::{Fix, Heard, Unit, is_digits};

/// Where the seconds of binary records begin: 2000-01-01.
const YEAR_2000_S: i64 = 946_684_800;
/// Country, network, area and cell of the tower that the unit is near.
const TOWER: [u16; 4] = [730, 2, 0x2B1F, 0xA1B2];
/// The signal of the modem, of 31.
const CSQ: u8 = 22;
/// A report by time.
const BY_TIME: u8 = 35;
/// What follows the content: a mark, two digits, the end of the line.
const TRAILER_BYTES: usize = 5;
const RECORD_BYTES: u16 = 52;
/// Answers of the server are not longer.
const HELD_BYTES_MAX: usize = 1_024;

/// Writes a message of a device around a content, which begins with its command.
pub fn encode_message(flag: u8, imei: &str, content: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let length = 2 + imei.len() + content.len() + TRAILER_BYTES;
    out.extend(format!("$${}{length},{imei},", char::from(flag)).bytes());
    out.extend(content);
    out.push(b'*');
    let sum = out[start..].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    out.extend(format!("{sum:02X}\r\n").bytes());
}

/// A position as text. The ignition is on input 1.
pub fn text_position(fix: &Fix) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = fix.time.civil(0);
    let year = year % 100;
    let validity = if fix.satellites > 0 { 'A' } else { 'V' };
    let Fix { latitude, longitude, satellites, heading_deg, hdop, .. } = fix;
    let [mcc, mnc, lac, cell] = TOWER;
    format!(
        "AAA,{BY_TIME},{latitude:.6},{longitude:.6},{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02},\
         {validity},{satellites},{CSQ},{:.0},{heading_deg},{hdop},{:.0},{:.0},0,{mcc}|{mnc}|{lac:04X}|{cell:04X},\
         {:02X}00,0000|0000|0000|{:04X}|{:04X},,,3,,",
        fix.speed_kmh,
        fix.altitude_m,
        fix.mileage_km * 1_000.0,
        u8::from(fix.ignition),
        hundredths(fix.battery_v),
        hundredths(fix.board_v),
    )
}

fn hundredths(volts: f64) -> u16 {
    (volts * 100.0).round() as u16
}

fn since_2000(time: Timestamp) -> u32 {
    u32::try_from(time.s() - YEAR_2000_S).unwrap_or(0)
}

/// Positions as a list of binary records.
pub fn list(fixes: &[Fix]) -> Vec<u8> {
    const FORM: u16 = 1;
    let mut content = b"CCC,".to_vec();
    content.extend(FORM.to_le_bytes());
    content.extend(RECORD_BYTES.to_le_bytes());
    // None is left in the unit's memory.
    content.extend(0u32.to_le_bytes());
    fixes.iter().for_each(|fix| record(fix, &mut content));
    content
}

fn record(fix: &Fix, out: &mut Vec<u8>) {
    let millionths = |degrees: f64| ((degrees * 1e6).round() as i32).to_le_bytes();
    out.push(BY_TIME);
    out.extend(millionths(fix.latitude));
    out.extend(millionths(fix.longitude));
    out.extend(since_2000(fix.time).to_le_bytes());
    out.extend([u8::from(fix.satellites > 0), fix.satellites, CSQ]);
    out.extend((fix.speed_kmh.round() as u16).to_le_bytes());
    out.extend(fix.heading_deg.to_le_bytes());
    out.extend(((fix.hdop * 10.0).round() as u16).to_le_bytes());
    out.extend((fix.altitude_m.round() as i16).to_le_bytes());
    out.extend(((fix.mileage_km * 1_000.0).round() as u32).to_le_bytes());
    out.extend(0u32.to_le_bytes());
    TOWER.iter().for_each(|part| out.extend(part.to_le_bytes()));
    out.extend([0, u8::from(fix.ignition)]);
    out.extend(0u16.to_le_bytes());
    out.extend(hundredths(fix.battery_v).to_le_bytes());
    out.extend(hundredths(fix.board_v).to_le_bytes());
    out.extend(0u32.to_le_bytes());
}

/// One unit. It sends binary lists: those are acknowledged.
pub struct MeitrackUnit {
    imei: String,
    flag: u8,
    /// What the server said and is not read yet.
    held: Vec<u8>,
}

impl MeitrackUnit {
    /// A unit with this IMEI.
    pub fn boxed(id: &str) -> Option<Box<dyn Unit>> {
        let unit = Self { imei: id.to_owned(), flag: b'A', held: Vec::new() };
        is_digits(id, 15).then(|| Box::new(unit) as Box<dyn Unit>)
    }

    fn say(&mut self, content: &[u8], out: &mut Vec<u8>) {
        encode_message(self.flag, &self.imei, content, out);
        self.flag = if self.flag == b'z' { b'A' } else { self.flag + 1 };
    }

    /// The content of the next whole line that the server sent.
    fn next_content(&mut self) -> Option<String> {
        let end = self.held.iter().position(|b| *b == b'\n')?;
        let line: Vec<u8> = self.held.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line);
        let content = line.split('*').next()?.splitn(3, ',').nth(2)?;
        Some(content.to_owned())
    }
}

impl Unit for MeitrackUnit {
    fn hello(&mut self, _out: &mut Vec<u8>) {
        self.held = Vec::new();
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        self.say(&list(fixes), out);
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend(bytes);
        let mut heard = Heard::Nothing;
        while let Some(content) = self.next_content() {
            match content.split(',').next().unwrap_or_default() {
                "CCC" => heard = heard.and_acknowledged(),
                // Other words of the server are commands.
                name => self.say(format!("{name},OK").as_bytes(), out),
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

    #[test]
    fn writes_the_worked_text() {
        let mut out = Vec::new();
        // The worked message has a run time and a probe that a fix has not.
        let content = text_position(&fix()).replace(",0,730|", ",5021,730|") + "01092E";
        encode_message(b'A', "350000000000014", content.as_bytes(), &mut out);
        let wanted = "$$A157,350000000000014,AAA,35,-33.448891,-70.669266,260314092653,A,11,22,63,187,0.9,542,1234567,\
            5021,730|2|2B1F|A1B2,0100,0000|0000|0000|0191|04EF,,,3,,01092E*63\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn a_list_has_records_of_the_length_that_it_says() {
        let content = list(&[fix(), fix()]);
        assert_eq!(content.len(), 4 + 8 + 2 * usize::from(RECORD_BYTES));
        assert_eq!(content[12..25], [35, 0x45, 0x9C, 0x01, 0xFE, 0x2E, 0xAC, 0xC9, 0xFB, 0x5D, 0xE6, 0x47, 0x31]);
    }

    #[test]
    fn a_unit_counts_what_is_acknowledged_and_obeys() {
        let mut unit = MeitrackUnit::boxed("350000000000014").unwrap();
        let mut out = Vec::new();
        unit.hello(&mut out);
        assert!(unit.is_ready() && out.is_empty());
        unit.report(&[fix()], &mut out);
        assert!(out.starts_with(b"$$A86,350000000000014,CCC,"), "{out:?}");
        out.clear();
        let answer = b"@@A27,350000000000014,CCC,1*52\r\n";
        assert_eq!(unit.hear(&answer[..9], &mut out), Heard::Nothing);
        assert_eq!(unit.hear(&answer[9..], &mut out), Heard::Acknowledged(1));
        assert_eq!(unit.hear(b"@@B33,350000000000014,C01,0,12222*AC\r\n", &mut out), Heard::Nothing);
        assert!(out.starts_with(b"$$B28,350000000000014,C01,OK*"), "{}", String::from_utf8_lossy(&out));
    }
}
