//! What a device of each family says: the simulator's halves write it. Teltonika's is prepared here, because its goal is
//! for records with twenty elements.

use anyhow::{Context, Result};
use model::Timestamp;
use protocols::Family;
use simulator::sample::Sample;
use simulator::wire::teltonika::{Codec, Element, Record, encode_packet};
use simulator::wire::unit::{Fix, Speech, Unit, speech};

/// Messages that are fed one after the other, and then again.
const MESSAGES: i64 = 64;
/// Reports in a message, where the family has room for so many.
const FIXES_MAX: usize = 10;
const START: Timestamp = Timestamp::from_ms_clamped(1_773_480_413_000);

pub(crate) struct Stream {
    speech: &'static Speech,
    pub(crate) messages: Vec<Vec<u8>>,
    /// When they are read: after the last of them was written.
    pub(crate) now: Timestamp,
}

impl Stream {
    /// # Errors
    /// When nobody knows how devices of this family speak.
    pub(crate) fn of(family: &Family) -> Result<Self> {
        let speech = speech(family.name).context("the simulator does not speak it: add its half there")?;
        let fixes = speech.fixes_per_message_max.min(FIXES_MAX);
        let mut stream = Self { speech, messages: Vec::new(), now: START.plus_ms(MESSAGES * FIXES_MAX as i64 * 1_000) };
        let mut unit = stream.unit()?;
        for n in 0..MESSAGES {
            let fixes: Vec<Fix> = (0..fixes as i64).map(|nth| fix(n * fixes as i64 + nth)).collect();
            let mut message = Vec::new();
            match family.name {
                "teltonika" => put_teltonika(&fixes, &mut message),
                _ => unit.report(&fixes, &mut message),
            }
            stream.messages.push(message);
        }
        Ok(stream)
    }

    /// The unit that says it.
    pub(crate) fn unit(&self) -> Result<Box<dyn Unit>> {
        let id = self.speech.identifier(1).context("no identifier is known for it")?;
        (self.speech.unit)(&id).context("it does not take its own identifier")
    }

    /// How many bytes all messages have.
    pub(crate) fn bytes(&self) -> usize {
        self.messages.iter().map(Vec::len).sum()
    }
}

/// A van on its way.
fn fix(second: i64) -> Fix {
    let driven = second as f64;
    Fix {
        time: START.plus_ms(second * 1_000),
        latitude: -33.448_891 + driven * 1e-4,
        longitude: -70.669_266 + driven * 7e-5,
        altitude_m: 542.0 + driven % 60.0,
        speed_kmh: 40.0 + driven % 23.0,
        heading_deg: (187 + second % 90) as u16,
        satellites: 11,
        hdop: 0.9,
        ignition: true,
        mileage_km: 1_234.567 + driven * 0.015,
        board_v: 12.634,
        battery_v: 4.012,
        battery_level: 87,
    }
}

/// A packet of records with twenty elements each, as a vehicle tracker sends them that is set up to tell all it measures.
fn put_teltonika(fixes: &[Fix], out: &mut Vec<u8>) {
    let records: Vec<Record> = fixes.iter().map(|fix| Record { elements: elements(fix), ..record(fix) }).collect();
    encode_packet(Codec::EightExtended, &records, usize::MAX, out);
}

fn record(fix: &Fix) -> Record {
    Sample::from(fix).to_teltonika()
}

fn elements(fix: &Fix) -> Vec<Element> {
    let ten_minute_ml = (fix.mileage_km * 80.0) as u32;
    let millivolts = |volts: f64| (volts * 1_000.0).round() as u16;
    vec![
        // Ignition, movement, data mode, signal, sleep mode, GNSS status, inputs 1 and 2, output 1, battery level.
        Element::u8(239, 1),
        Element::u8(240, 1),
        Element::u8(80, 1),
        Element::u8(21, 4),
        Element::u8(200, 0),
        Element::u8(69, 1),
        Element::u8(1, 1),
        Element::u8(2, 0),
        Element::u8(179, 0),
        Element::u8(113, fix.battery_level),
        // PDOP, HDOP, external voltage, speed, battery voltage and current, analogue input 1.
        Element::u16(181, 13),
        Element::u16(182, 9),
        Element::u16(66, millivolts(fix.board_v)),
        Element::u16(24, fix.speed_kmh as u16),
        Element::u16(67, millivolts(fix.battery_v)),
        Element::u16(68, 120),
        Element::u16(9, 1_234),
        // Operator, fuel used, total odometer.
        Element::u32(241, 73_002),
        Element::u32(12, ten_minute_ml),
        Element::u32(16, (fix.mileage_km * 1_000.0) as u32),
    ]
}
