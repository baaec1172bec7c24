//! Teltonika units in a closed loop: the next packet goes when the last is acknowledged.

use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use model::Timestamp;
use simulator::Sample;
use simulator::geo::Place;
use simulator::wire::teltonika::{
    Answer, Answers, Codec, Element, PACKET_BYTES_MAX, Record, encode_login, encode_packet,
};

use super::link::{Link, Poller};
use super::meter::Meter;
use super::{IngestWork, Order, Outcome};

struct Unit {
    link: Link,
    answers: Answers,
    records: Vec<Record>,
    sent: Instant,
}

pub(super) fn run(order: &Order, work: &IngestWork) -> Result<Outcome> {
    let mut poller = Poller::new()?;
    let mut units = Vec::with_capacity(work.imeis.len());
    for (id, imei) in work.imeis.iter().enumerate() {
        let unit = Unit::connect(work, imei, id)?;
        poller.add(&unit.link, id)?;
        units.push(unit);
    }
    for unit in &mut units {
        unit.send()?;
    }
    let wait = if order.pinned { Duration::ZERO } else { Duration::from_millis(10) };
    let mut meter = Meter::start(order)?;
    while meter.goes_on(Instant::now())? {
        for id in poller.wait(wait)? {
            let unit = &mut units[id];
            if unit.is_acknowledged()? {
                let delay = unit.sent.elapsed();
                meter.delays.record(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX));
                meter.reports += unit.records.len() as u64;
                unit.send()?;
            }
        }
    }
    Ok(meter.outcome())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms_clamped(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Unit {
    fn connect(work: &IngestWork, imei: &str, id: usize) -> Result<Self> {
        let mut link = Link::connect(work.address)?;
        let mut login = Vec::new();
        encode_login(imei, &mut login);
        link.stream.write_all(&login)?;
        let mut answer = [0; 1];
        link.stream.read_exact(&mut answer)?;
        let mut answers = Answers::default();
        ensure!(answers.next(&mut &answer[..]) == Some(Answer::Accepted), "the login of {imei} was refused");
        let record = record(id);
        let records = (0..work.records).map(|_| record.clone()).collect();
        Ok(Self { link, answers, records, sent: Instant::now() })
    }

    /// Sends records that the server has not seen: each later than the one before, none ahead of the clock for long.
    fn send(&mut self) -> Result<()> {
        let now_ms = now().ms();
        let count = self.records.len() as i64;
        let last_ms = self.records.last().map_or(0, |record| record.time.ms());
        let first_ms = (now_ms - count).max(last_ms) + 1;
        for (record, at_ms) in self.records.iter_mut().zip(first_ms..) {
            record.time = Timestamp::from_ms_clamped(at_ms);
            record.place.latitude += 0.000_01;
        }
        let bytes_max = PACKET_BYTES_MAX * self.records.len();
        encode_packet(Codec::EightExtended, &self.records, bytes_max, &mut self.link.out);
        self.sent = Instant::now();
        // A packet is far smaller than the send buffer that the last one has left.
        ensure!(self.link.flush()?, "a packet does not fit into the send buffer");
        Ok(())
    }

    fn is_acknowledged(&mut self) -> Result<bool> {
        let mut buffer = [0; 64];
        let count = self.link.read(&mut buffer)?;
        match self.answers.next(&mut &buffer[..count]) {
            None => Ok(false),
            Some(Answer::Stored(stored)) if stored as usize == self.records.len() => Ok(true),
            Some(answer) => bail!("{answer:?} instead of an acknowledgement of {} records", self.records.len()),
        }
    }
}

/// A drive's record with a dozen I/O elements, as the usual configurations send.
fn record(id: usize) -> Record {
    let sample = Sample {
        time: Timestamp::from_ms_clamped(0),
        place: Place { latitude: -30.0 + id as f64 * 0.01, longitude: 20.0 },
        altitude_m: 542,
        heading_deg: 187,
        speed_kmh: 63.0,
        satellites: 11,
        ignition: true,
        moving: true,
        door_open: false,
        external_mv: 12_634,
        battery_mv: 4_012,
        battery_level: 87,
        gsm_level: 4,
        odometer_m: 1_234_567,
        happening: None,
    };
    let mut record = sample.to_teltonika();
    // GNSS status, sleep mode, mobile cell and area, speed over ground, and the operator's code.
    record.elements.extend([Element::u8(69, 1), Element::u8(200, 0), Element::u16(205, 4_711)]);
    record.elements.extend([Element::u16(206, 133), Element::u16(24, 63), Element::u32(241, 73_001)]);
    record
}
