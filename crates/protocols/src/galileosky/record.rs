//! Records: the tags between two that are the same.
//!
//! Own names: `record_number`, `hardware_version`, `device_number`; of the status `galileosky_status` as it came and
//! what is set in it (`vibration`, `inclination`, `key_known`, `sim_missing`, `in_geofence`, `battery_low`,
//! `gps_antenna_off`, `internal_bus_low`, `board_voltage_low`, `impact`, `alarm`); `extended_status`,
//! `acceleration_raw_x y z`, `driving_acceleration`, `driving_braking`, `driving_cornering`, `driving_bumps`,
//! `electric_meter`, `refrigerator`, `tyres`, `dosimeter`, `temperature_sensor_id_n`, `humidity_sensor_id_n`,
//! `hardware_key_2`, `key_state`, `can_b1`, `can_8bit_rN`, `can_16bit_rN`, `can_32bit_rN`, `user_data_n`,
//! `user_array`, and under `galileosky_` and the tag's number what nobody knows the meaning of.

use model::{Report, Timestamp, attr};

use super::tags::{self, Broken, walk};
use crate::bytes::Reader;
use crate::draft::Draft;
use crate::session::Reject;

const SHOCK: u32 = 113;
const ALARM: u32 = 104;
/// Probes on the two RS232 ports are numbered after the sixteen on RS485.
const RS232: u32 = 17;
/// The combined sensors are numbered after the eight thermometers.
const COMBINED: u32 = 9;

/// What a packet says.
#[derive(Default)]
pub(super) struct Content {
    /// One draft for each record that is worth a report.
    pub(super) drafts: Vec<Draft>,
    /// Answers to commands: their number, and the words.
    pub(super) replies: Vec<(Option<u32>, Vec<u8>)>,
    /// The number that the device goes by, beside its IMEI.
    pub(super) device_number: Option<u16>,
    /// Where reading ended too early, in bytes from the beginning, and why.
    pub(super) broken: Option<(usize, Reject)>,
}

impl Content {
    pub(super) fn reports(self) -> Vec<Report> {
        self.drafts.into_iter().filter_map(Draft::finish).collect()
    }
}

/// Reads the tags of a packet.
pub(super) fn read(content: &[u8], text_bytes_max: usize) -> Content {
    let mut said = Content::default();
    let mut record = Record::new(text_bytes_max);
    let mut tags = walk(content);
    while let Some(tag) = tags.next() {
        match tag {
            Ok((tag, value)) => {
                if !record.is_new(tag) {
                    said.drafts.extend(std::mem::replace(&mut record, Record::new(text_bytes_max)).finish());
                    record.is_new(tag);
                }
                match tag {
                    tags::NUMBER => said.device_number = Reader::new(value).u16_le().ok(),
                    tags::COMMAND_TEXT => said.replies.push((record.command, value.to_vec())),
                    _ => {}
                }
                record.take(tag, value);
            }
            Err(Broken::Unknown(tag)) => said.broken = Some((tags.at, Reject::UnknownKind(tag))),
            Err(Broken::Truncated) => said.broken = Some((tags.at, Reject::Truncated)),
        }
    }
    said.drafts.extend(record.finish());
    said
}

struct Record {
    draft: Draft,
    /// The tags that are in it, a bit each.
    tags: [u64; 4],
    has_time: bool,
    /// It says more than who the device is and what it answers.
    says_more: bool,
    milliseconds: i64,
    command: Option<u32>,
}

impl Record {
    fn new(text_bytes_max: usize) -> Self {
        Self {
            draft: Draft::new(text_bytes_max),
            tags: [0; 4],
            has_time: false,
            says_more: false,
            milliseconds: 0,
            command: None,
        }
    }

    /// Notes a tag; whether it was not there.
    fn is_new(&mut self, tag: u8) -> bool {
        let (word, bit) = (usize::from(tag / 64), 1u64 << (tag % 64));
        let is_new = self.tags[word] & bit == 0;
        self.tags[word] |= bit;
        is_new
    }

    fn take(&mut self, tag: u8, value: &[u8]) {
        let mut r = Reader::new(value);
        // Values have the length of their tag: nothing below can run out.
        let _ = match tag {
            0x01..=0x10 | 0xE0 | 0xE1 => self.identity(tag, &mut r),
            0x20..=0x35 => self.place(tag, &mut r),
            0x40..=0x48 => self.status(tag, &mut r),
            0x50..=0x8C => self.sensor(tag, &mut r),
            _ => self.vehicle(tag, &mut r),
        };
    }

    fn identity(&mut self, tag: u8, r: &mut Reader<'_>) -> Result<(), crate::bytes::Truncated> {
        match tag {
            tags::HARDWARE => self.draft.own("hardware_version", i64::from(r.u8()?)),
            tags::SOFTWARE => self.draft.text(attr::FIRMWARE, r.u8()?.to_string().as_bytes()),
            tags::NUMBER => self.draft.own("device_number", i64::from(r.u16_le()?)),
            tags::RECORD => self.draft.own("record_number", i64::from(r.u16_le()?)),
            tags::COMMAND_NUMBER => self.command = Some(r.u32_le()?),
            _ => {}
        }
        Ok(())
    }

    fn place(&mut self, tag: u8, r: &mut Reader<'_>) -> Result<(), crate::bytes::Truncated> {
        self.says_more = true;
        match tag {
            tags::TIME => {
                self.has_time = true;
                self.draft.time = Some(i64::from(r.u32_le()?)).filter(|s| *s > 0).and_then(Timestamp::from_s);
            }
            0x21 => self.milliseconds = i64::from(r.u16_le()?.min(999)),
            0x30 => {
                let head = r.u8()?;
                match head >> 4 {
                    // Cells need no satellites.
                    2 => self.draft.located_by_network(),
                    source => {
                        self.draft.satellites(head & 0x0F);
                        self.draft.valid(source == 0);
                    }
                }
                self.draft.at(f64::from(r.i32_le()?) / 1e6, f64::from(r.i32_le()?) / 1e6);
            }
            0x33 => {
                self.draft.speed_kmh(f64::from(r.u16_le()?) / 10.0);
                self.draft.heading_deg(f64::from(r.u16_le()?) / 10.0);
            }
            0x34 => self.draft.altitude_m(f64::from(r.i16_le()?)),
            _ => self.draft.scaled(attr::HDOP, r.u8()?, 10.0),
        }
        Ok(())
    }

    fn status(&mut self, tag: u8, r: &mut Reader<'_>) -> Result<(), crate::bytes::Truncated> {
        self.says_more = true;
        match tag {
            0x40 => self.flags(r.u16_le()?),
            0x41 => self.draft.scaled(attr::BOARD_VOLTAGE, r.u16_le()?, 1_000.0),
            0x42 => self.draft.scaled(attr::BATTERY_VOLTAGE, r.u16_le()?, 1_000.0),
            0x43 => self.draft.set(attr::TEMPERATURE_INTERNAL, i64::from(r.u8()? as i8)),
            0x44 => {
                let raw = r.u32_le()?;
                for (name, shift) in [("acceleration_raw_x", 0), ("acceleration_raw_y", 10), ("acceleration_raw_z", 20)]
                {
                    self.draft.own(name, i64::from(raw >> shift & 0x3FF));
                }
            }
            0x45 => self.draft.set(attr::OUTPUT_STATUS, i64::from(r.u16_le()?)),
            0x46 => self.draft.set(attr::INPUT_STATUS, i64::from(r.u16_le()?)),
            0x47 => {
                for name in ["driving_acceleration", "driving_braking", "driving_cornering", "driving_bumps"] {
                    self.draft.own(name, i64::from(r.u8()?));
                }
            }
            _ => self.draft.own("extended_status", i64::from(r.u16_le()?)),
        }
        Ok(())
    }

    fn flags(&mut self, status: u16) {
        /// What is worth a word only when it is so.
        const FLAGS: [(u16, &str); 11] = [
            (0, "vibration"),
            (1, "inclination"),
            (2, "key_known"),
            (3, "sim_missing"),
            (4, "in_geofence"),
            (5, "battery_low"),
            (6, "gps_antenna_off"),
            (7, "internal_bus_low"),
            (8, "board_voltage_low"),
            (10, "impact"),
            (15, "alarm"),
        ];
        let is_set = |bit: u16| status >> bit & 1 == 1;
        self.draft.own("galileosky_status", i64::from(status));
        self.draft.set(attr::IGNITION, is_set(9));
        self.draft.set(attr::ARMED, is_set(14));
        self.draft.percent(attr::GSM_SIGNAL_LEVEL, f64::from(status >> 12 & 3) * 100.0 / 3.0);
        FLAGS.iter().filter(|(bit, _)| is_set(*bit)).for_each(|(_, name)| self.draft.own(name, true));
        for (bit, event) in [(15, ALARM), (10, SHOCK)] {
            if is_set(bit) {
                self.draft.event(event);
            }
        }
    }

    fn sensor(&mut self, tag: u8, r: &mut Reader<'_>) -> Result<(), crate::bytes::Truncated> {
        self.says_more = true;
        let n = u32::from(tag);
        match tag {
            0x50..=0x57 => self.draft.nth("analog_", n - 0x4F, f64::from(r.u16_le()?) / 1_000.0),
            0x78..=0x7D => self.draft.nth("analog_", n - 0x78 + 9, f64::from(r.u16_le()?) / 1_000.0),
            0x58 | 0x59 => self.draft.nth("lls_level_raw_", n - 0x58 + RS232, f64::from(r.u16_le()?)),
            0x5A => self.draft.own("electric_meter", i64::from(r.u32_le()?)),
            0x5B => self.draft.own_hex("refrigerator", r.rest()),
            0x5C => self.draft.own_hex("tyres", r.rest()),
            0x5D => self.draft.own_hex("dosimeter", r.rest()),
            0x60..=0x6F => {
                self.draft.nth("lls_level_raw_", n - 0x5F, f64::from(r.u16_le()?));
                if tag >= 0x63 {
                    self.draft.nth("fuel_temperature_", n - 0x5F, f64::from(r.u8()? as i8));
                }
            }
            0x70..=0x77 => self.thermometer("temperature_sensor_id_", n - 0x6F, n - 0x6F, r)?,
            0x80..=0x87 => {
                self.thermometer("humidity_sensor_id_", n - 0x7F, n - 0x80 + COMBINED, r)?;
                self.draft.nth("humidity_", n - 0x7F, f64::from(r.u8()?) * 100.0 / 255.0);
            }
            0x88 | 0x89 => self.draft.nth("fuel_temperature_", n - 0x88 + RS232, f64::from(r.u8()? as i8)),
            _ => self.draft.nth("fuel_temperature_", n - 0x89, f64::from(r.u8()? as i8)),
        }
        Ok(())
    }

    /// A probe's number on its bus, and its temperature if it is one that such probes measure.
    fn thermometer(
        &mut self,
        name: &str,
        number: u32,
        temperature: u32,
        r: &mut Reader<'_>,
    ) -> Result<(), crate::bytes::Truncated> {
        self.draft.own(&format!("{name}{number}"), i64::from(r.u8()?));
        let celsius = r.u8()? as i8;
        if (-55..=125).contains(&celsius) {
            self.draft.nth("temperature_", temperature, f64::from(celsius));
        }
        Ok(())
    }

    fn vehicle(&mut self, tag: u8, r: &mut Reader<'_>) -> Result<(), crate::bytes::Truncated> {
        self.says_more = true;
        match tag {
            0x90 => {
                if let Some(key) = key(r.u32_le()?) {
                    self.draft.set(attr::HARDWARE_KEY, key.as_str());
                }
            }
            0xD3 => {
                if let Some(key) = key(r.u32_le()?) {
                    self.draft.own("hardware_key_2", key.as_str());
                }
            }
            0xC0 => self.total(attr::CAN_CONSUMPTION, r.u32_le()?, 0.5),
            0xC1 => self.engine(r.u8()?, r.u8()?, r.u16_le()?),
            0xC2 => self.total(attr::CAN_MILEAGE, r.u32_le()?, 0.005),
            0xC3 => self.draft.own("can_b1", i64::from(r.u32_le()?)),
            0xD4 => self.draft.scaled(attr::HARDWARE_MILEAGE, r.u32_le()?, 1_000.0),
            0xD5 => self.draft.own("key_state", i64::from(r.u8()?)),
            0xA0..=0xAF => self.can(8, tag - 0xA0 + 15, r.u8()?),
            0xB0..=0xB9 => self.can(16, tag - 0xB0 + 5, r.u16_le()?),
            0xC4..=0xD2 => self.can(8, tag - 0xC4, r.u8()?),
            0xD6..=0xDA => self.can(16, tag - 0xD6, r.u16_le()?),
            0xDB..=0xDF => self.can(32, tag - 0xDB, r.u32_le()?),
            0xF0..=0xF9 => self.can(32, tag - 0xF0 + 5, r.u32_le()?),
            0xE2..=0xE9 => self.draft.own(&format!("user_data_{}", tag - 0xE1), i64::from(r.u32_le()?)),
            0xEA => self.draft.own_hex("user_array", r.rest()),
            _ => self.draft.own_hex(&format!("galileosky_{tag:02x}"), r.rest()),
        }
        Ok(())
    }

    /// A counter of the vehicle's own, unless it says that it has none.
    fn total(&mut self, id: model::AttributeId, raw: u32, step: f64) {
        if raw != u32::MAX {
            self.draft.float(id, f64::from(raw) * step);
        }
    }

    /// Fuel, coolant and speed of the engine. The highest values mean that there are none.
    fn engine(&mut self, fuel: u8, coolant: u8, rpm: u16) {
        const BYTE_MAX: u8 = 0xFA;
        const WORD_MAX: u16 = 0xFAFF;
        if fuel <= BYTE_MAX {
            self.draft.nth("can_fuel_", 1, f64::from(fuel) * 0.4);
        }
        if coolant <= BYTE_MAX {
            self.draft.set(attr::CAN_COOLANT_T, i64::from(coolant) - 40);
        }
        if rpm <= WORD_MAX {
            self.draft.scaled(attr::CAN_RPM, rpm, 8.0);
        }
    }

    fn can(&mut self, bits: u8, number: u8, raw: impl Into<i64>) {
        self.draft.own(&format!("can_{bits}bit_r{number}"), raw.into());
    }

    /// The record, if it says anything but who the device is. Without a time it has no place either.
    fn finish(mut self) -> Option<Draft> {
        if !self.has_time {
            self.draft.forget_place();
        }
        self.draft.time = self.draft.time.map(|time| time.plus_ms(self.milliseconds));
        self.says_more.then_some(self.draft)
    }
}

fn key(number: u32) -> Option<String> {
    (number != 0).then(|| format!("{number:08X}"))
}
