//! Ruptela as its devices write it: packets that name the device, records acknowledged packet by packet.

use crc::{CRC_16_KERMIT, Crc, Table};

use super::teltonika::ten_millionths;
use super::unit::{Fix, Heard, Unit, is_digits};

const CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_KERMIT);

/// Records that fit into the 1,024 bytes that old units write at most.
pub(super) const RECORDS_MAX: usize = 20;

/// What a device says, and what it hears.
mod command {
    pub(super) const RECORDS: u8 = 1;
    pub(super) const VERSION_IS: u8 = 3;
    pub(super) const TEXT_IS: u8 = 7;
    pub(super) const OUTPUT_SET: u8 = 17;
    pub(super) const ACKNOWLEDGEMENT: u8 = 100;
    pub(super) const VERSION: u8 = 103;
    pub(super) const TEXT: u8 = 108;
    pub(super) const SET_OUTPUT: u8 = 117;
}

/// Elements, by their numbers.
mod element {
    pub(super) const PERIODIC: u8 = 7;
    pub(super) const IGNITION: u8 = 251;
    pub(super) const EXTERNAL_VOLTAGE: u8 = 29;
    pub(super) const BATTERY_VOLTAGE: u8 = 30;
    pub(super) const ODOMETER: u8 = 65;
}

/// A unit with this IMEI.
pub(super) fn boxed(id: &str) -> Option<Box<dyn Unit>> {
    let imei = is_digits(id, 15).then(|| id.parse().ok()).flatten()?;
    Some(Box::new(RuptelaUnit { imei, held: Vec::new(), outputs: 0, is_welcome: false }))
}

struct RuptelaUnit {
    imei: u64,
    /// What has begun and not ended.
    held: Vec<u8>,
    /// Digital outputs that are on, by bit.
    outputs: u32,
    /// Something was acknowledged.
    is_welcome: bool,
}

impl Unit for RuptelaUnit {
    fn hello(&mut self, _out: &mut Vec<u8>) {}

    fn is_ready(&self) -> bool {
        true
    }

    fn report(&mut self, fixes: &[Fix], out: &mut Vec<u8>) {
        let mut payload = vec![0, fixes.len().min(RECORDS_MAX) as u8];
        for fix in fixes.iter().take(RECORDS_MAX) {
            let bytes = [(element::IGNITION, u8::from(fix.ignition))];
            put_record(fix, &bytes, &mut payload);
        }
        self.put_packet(command::RECORDS, &payload, out);
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        self.held.extend_from_slice(bytes);
        let mut heard = Heard::Nothing;
        while let Some((command, payload)) = self.next() {
            match (command, payload.first()) {
                (command::ACKNOWLEDGEMENT, Some(1)) => {
                    self.is_welcome = true;
                    heard = heard.and_acknowledged();
                }
                // Not stored, and to be sent again; said to the first packet, it means that the device is unknown.
                (command::ACKNOWLEDGEMENT, _) if !self.is_welcome => return Heard::Refused,
                _ => self.obey(command, &payload, out),
            }
        }
        heard
    }
}

impl RuptelaUnit {
    /// Takes the next packet of the server off what is held.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let (length, rest) = self.held.split_first_chunk::<2>()?;
        let counted = usize::from(u16::from_be_bytes(*length));
        let (content, checksum) = rest.get(..counted + 2)?.split_last_chunk::<2>()?;
        let is_right = CRC.checksum(content) == u16::from_be_bytes(*checksum);
        let packet =
            content.split_first().filter(|_| is_right).map_or((0, Vec::new()), |(c, rest)| (*c, rest.to_vec()));
        self.held.drain(..counted + 4);
        Some(packet)
    }

    fn obey(&mut self, command: u8, payload: &[u8], out: &mut Vec<u8>) {
        match command {
            command::VERSION => self.put_packet(command::VERSION_IS, b"simulator", out),
            command::TEXT => {
                let on = |n: u32| self.outputs >> (n - 1) & 1;
                let levels = format!("DIN1=0 DIN2=0 DIN3=0 DIN4=0 DOUT1={} DOUT2={}", on(1), on(2));
                let is_getio = payload.ends_with(b"getio");
                let words = if is_getio { levels } else { "done".to_owned() };
                self.put_packet(command::TEXT_IS, words.as_bytes(), out);
            }
            command::SET_OUTPUT => {
                let &[0, 0, 0, number @ 1..=4, 0, 0, 0, value] = payload else {
                    self.put_packet(command::OUTPUT_SET, &[1], out);
                    return;
                };
                let bit = 1 << (number - 1);
                self.outputs = if value == 0 { self.outputs & !bit } else { self.outputs | bit };
                self.put_packet(command::OUTPUT_SET, &[0], out);
            }
            _ => {}
        }
    }

    fn put_packet(&self, command: u8, payload: &[u8], out: &mut Vec<u8>) {
        let counted = [&self.imei.to_be_bytes()[..], &[command], payload].concat();
        out.extend((counted.len() as u16).to_be_bytes());
        out.extend_from_slice(&counted);
        out.extend(CRC.checksum(&counted).to_be_bytes());
    }
}

/// Writes a record with these elements of one byte, the two voltages and the odometer.
fn put_record(fix: &Fix, bytes: &[(u8, u8)], out: &mut Vec<u8>) {
    let tenths = |value: f64| (value * 10.0).round();
    out.extend((fix.time.ms().div_euclid(1_000) as u32).to_be_bytes());
    // No extension of the time, lowest priority.
    out.extend([0, 0]);
    out.extend(ten_millionths(fix.longitude).to_be_bytes());
    out.extend(ten_millionths(fix.latitude).to_be_bytes());
    out.extend((tenths(fix.altitude_m) as i16).to_be_bytes());
    out.extend((fix.heading_deg * 100).to_be_bytes());
    out.push(fix.satellites);
    out.extend((fix.speed_kmh.round() as u16).to_be_bytes());
    out.push(tenths(fix.hdop) as u8);
    out.push(element::PERIODIC);
    out.push(bytes.len() as u8);
    bytes.iter().for_each(|(id, value)| out.extend([*id, *value]));
    let millivolts = |volts: f64| ((volts * 1_000.0).round() as u16).to_be_bytes();
    out.push(2);
    for (id, volts) in [(element::EXTERNAL_VOLTAGE, fix.board_v), (element::BATTERY_VOLTAGE, fix.battery_v)] {
        out.push(id);
        out.extend(millivolts(volts));
    }
    out.extend([1, element::ODOMETER]);
    out.extend(((fix.mileage_km * 1_000.0).round() as u32).to_be_bytes());
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unit::tests::fix;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn unit() -> RuptelaUnit {
        RuptelaUnit { imei: 350_000_000_000_014, held: Vec::new(), outputs: 0, is_welcome: false }
    }

    #[test]
    fn the_worked_packet() {
        let mut payload = vec![0, 1];
        put_record(&fix(), &[(5, 1), (32, 24)], &mut payload);
        let mut out = Vec::new();
        unit().put_packet(command::RECORDS, &payload, &mut out);
        let wanted = "003500013E52B9ABE00E01 0001 69B529DD 00 00 D5E0B9CC EC101AB2 152C 490C 0B 003F 09 07 02 0501 2018 \
            02 1D315A 1E0FAC 01 41 0012D687 00 D17A";
        assert_eq!(out, hex(wanted));
    }

    #[test]
    fn packets_are_acknowledged_one_by_one_however_they_are_cut() {
        let mut unit = unit();
        let mut out = Vec::new();
        unit.report(&[fix(), fix()], &mut out);
        assert_eq!(out[11..13], [0, 2]);
        let yes = hex("0002640113BC");
        assert_eq!(unit.hear(&yes[..4], &mut out), Heard::Nothing);
        assert_eq!(unit.hear(&[&yes[4..], &yes].concat(), &mut out), Heard::Acknowledged(2));
        assert_eq!(unit.hear(&hex("000264000235"), &mut out), Heard::Nothing, "to be sent again");
        let mut stranger = self::unit();
        assert_eq!(stranger.hear(&hex("000264000235"), &mut out), Heard::Refused);
        assert!(boxed("35000000000001").is_none() && boxed("350000000000014").is_some());
    }

    #[test]
    fn commands_are_obeyed() {
        let said = |packet: &[u8]| {
            let mut out = Vec::new();
            unit().hear(packet, &mut out);
            (out[10], out[11..out.len() - 2].to_vec())
        };
        assert_eq!(said(&hex("00016717B9")), (3, b"simulator".to_vec()));
        assert_eq!(said(&hex("000B6C20736574696F20322C311C07")), (7, b"done".to_vec()));
        let packet = |content: &[u8]| {
            let length = (content.len() as u16).to_be_bytes();
            [&length[..], content, &CRC.checksum(content).to_be_bytes()].concat()
        };
        let set = packet(&[117, 0, 0, 0, 2, 0, 0, 0, 1]);
        assert_eq!(said(&set), (17, vec![0]));
        assert_eq!(said(&packet(&[117, 0, 0, 0, 9, 0, 0, 0, 1])), (17, vec![1]));
        let mut unit = unit();
        let mut out = Vec::new();
        unit.hear(&[set, packet(b"\x6C getio")].concat(), &mut out);
        assert!(out.windows(15).any(|w| w == b"DOUT1=0 DOUT2=1"));
    }
}
