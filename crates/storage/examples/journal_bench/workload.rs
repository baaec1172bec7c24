//! What 10,000 vehicles send: a report a minute each, in turn.

use model::{AttributeId, Attributes, EventId, Position, Report, Seq, SourceId, Timestamp, Value, attr};
use storage::codec::{content_hash, encode_report};
use storage::journal::{Record, ReportKey};

pub(crate) const DEVICES: u64 = 10_000;
pub(crate) const COMMIT_REPORTS: u64 = 1_000;

const START_MS: i64 = 1_773_446_400_000;
const MINUTE_MS: i64 = 60_000;
const MINUTES_A_DAY: i64 = 1_440;

/// Makes one commit after another, in the same buffers.
pub(crate) struct Workload {
    next: u64,
    reports: Vec<(ReportKey, Seq, std::ops::Range<usize>)>,
    bodies: Vec<u8>,
    body_bytes: u64,
}

impl Workload {
    pub(crate) fn new() -> Self {
        Self { next: 0, reports: Vec::new(), bodies: Vec::new(), body_bytes: 0 }
    }

    pub(crate) fn next_commit(&mut self) {
        self.reports.clear();
        self.bodies.clear();
        for n in self.next..self.next + COMMIT_REPORTS {
            let at = self.bodies.len();
            encode_report(&report(n), &mut self.bodies);
            let hash = content_hash(&self.bodies[at..]);
            let key = ReportKey { source: source(n), time: time(n), hash };
            self.reports.push((key, Seq(n + 1), at..self.bodies.len()));
        }
        self.next += COMMIT_REPORTS;
        self.body_bytes += self.bodies.len() as u64;
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.reports.iter().map(|(key, seq, body)| Record::Report {
            key: *key,
            seq: *seq,
            received: key.time.plus_ms(800),
            flags: 0,
            body: &self.bodies[body.clone()],
        })
    }

    pub(crate) fn body_bytes(&self) -> u64 {
        self.body_bytes
    }
}

/// The key of the n-th report, or of one beside it that is not there.
pub(crate) fn key(n: u64, present: bool) -> ReportKey {
    let mut body = Vec::new();
    encode_report(&report(n), &mut body);
    ReportKey { source: source(n), time: time(n), hash: content_hash(&body) ^ u64::from(!present) }
}

/// A day of a device that lies in the middle of what was stored, or all there is of it.
pub(crate) fn day(device: u64, reports: u64) -> (SourceId, Timestamp, Timestamp) {
    let minutes = (reports / DEVICES) as i64;
    let first = (minutes - MINUTES_A_DAY).max(0) / 2;
    let at = |minute: i64| Timestamp::from_ms_clamped(START_MS + minute * MINUTE_MS);
    (source(device), at(first), at(first + MINUTES_A_DAY).plus_ms(-1))
}

fn source(n: u64) -> SourceId {
    SourceId(1_000_000_001 + (n % DEVICES) as u32)
}

/// Every device has its own second of the minute.
fn time(n: u64) -> Timestamp {
    let (device, minute) = (n % DEVICES, n / DEVICES);
    Timestamp::from_ms_clamped(START_MS + minute as i64 * MINUTE_MS + (device as i64 % 60) * 1_000)
}

/// A number that looks random and is the same every time.
fn noise(n: u64, salt: u64) -> u64 {
    let mut x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}

fn report(n: u64) -> Report {
    let (device, minute) = (n % DEVICES, n / DEVICES);
    let pick = |salt: u64, below: u64| (noise(n, salt) % below) as i64;
    let drift = |salt: u64| (minute as i64 * 700 + pick(salt, 9_000)) as f64;
    let base = |salt: u64| (noise(device, salt) % 40_000_000) as f64;
    let latitude = (450_000_000.0 + base(1) + drift(2)) / 1e7;
    let longitude = (50_000_000.0 + base(3) + drift(4)) / 1e7;
    let mut position = Position::new(latitude, longitude).unwrap_or_else(|| unreachable!("in Europe"));
    position.set_altitude_m((20 + pick(5, 200)) as f64);
    position.set_speed_kmh(pick(6, 130) as f64);
    position.set_heading_deg(pick(7, 360) as f64);
    position.satellites = Some(5 + pick(8, 12) as u8);
    let thousandths = |n: i64| Value::Float(n as f64 / 1_000.0);
    let mut attributes = Attributes::with_capacity(16);
    attributes.set(attr::PRIORITY, 0);
    attributes.set(attr::IGNITION, true);
    attributes.set(attr::IS_MOVING, pick(9, 2) == 1);
    attributes.set(attr::GSM_SIGNAL_LEVEL, 20 * pick(10, 6));
    attributes.set(attr::BOARD_VOLTAGE, thousandths(13_500 + pick(11, 900)));
    attributes.set(attr::BATTERY_VOLTAGE, thousandths(3_900 + pick(12, 250)));
    attributes.set(attr::PDOP, thousandths(100 * (8 + pick(13, 20))));
    attributes.set(attr::HDOP, thousandths(100 * (5 + pick(14, 12))));
    attributes.set(attr::TRIP_MILEAGE, thousandths(minute as i64 * 1_150 + pick(15, 900)));
    attributes.set(attr::HARDWARE_MILEAGE, thousandths(90_000_000 + minute as i64 * 1_150 + pick(15, 900)));
    // Elements without a name of their own: cell, operator, data mode, sleep mode, crash trace, iButton.
    attributes.set(AttributeId::avl_io(205), 10_000 + pick(16, 50_000));
    attributes.set(AttributeId::avl_io(206), 1_000 + pick(17, 5_000));
    attributes.set(AttributeId::avl_io(241), 26_201);
    attributes.set(AttributeId::avl_io(80), pick(18, 5));
    attributes.set(AttributeId::avl_io(200), 0);
    attributes.set(AttributeId::avl_io(78), (noise(device, 19) >> 1) as i64);
    attributes.set(AttributeId::avl_io(69), 1);
    Report { time: Some(time(n)), position: Some(position), events: vec![EventId(401)], archived: false, attributes }
}
