//! Record packets: whether more is kept, how many, the records.

use model::{Attributes, Position, Report, Timestamp, Value, attr};

use super::elements::Collector;
use crate::Limits;
use crate::bytes::{Reader, Truncated};
use crate::draft::SPEED_KMH_MAX;

/// In what the two kinds of record differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    /// Element ids have two bytes, and a byte says which part of a record this is.
    pub(super) is_extended: bool,
}

impl Layout {
    fn id(self, r: &mut Reader<'_>) -> Result<u16, Truncated> {
        if self.is_extended { r.u16() } else { r.u8().map(u16::from) }
    }
}

pub(super) struct Batch {
    pub(super) reports: Vec<Report>,
    /// Where the first record begins that could not be read, in bytes of the payload.
    pub(super) broken_at: Option<usize>,
    /// Where bytes are left after as many records as were announced, and enough of them for another.
    pub(super) left_at: Option<usize>,
}

/// Time, its extension, priority, position, event and four counts of a plain record.
const RECORD_BYTES_MIN: usize = 27;
/// Room made at once for attributes; records with more elements grow it.
const ATTRIBUTES_EXPECTED_MAX: usize = 64;
/// The coordinate of a record without a fix.
const NO_FIX: i32 = i32::MIN;

/// Reads the records of a packet. Those before a broken one are kept: a record does not say how long it is, so nothing
/// after it can be found.
pub(super) fn decode(payload: &[u8], layout: Layout, limits: &Limits) -> Batch {
    let mut r = Reader::new(payload);
    // Whether more records wait in the device is of no use: each packet is answered alone.
    let (Ok(_), Ok(announced)) = (r.u8(), r.u8()) else {
        return Batch { reports: Vec::new(), broken_at: Some(0), left_at: None };
    };
    let mut reports: Vec<Report> = Vec::with_capacity(usize::from(announced).min(r.remaining() / RECORD_BYTES_MIN));
    let mut open: Option<Collector> = None;
    let mut broken_at = None;
    for _ in 0..announced {
        let at = payload.len() - r.remaining();
        let Ok(mut header) = Header::read(&mut r, layout) else {
            broken_at = Some(at);
            break;
        };
        // A part goes on with the record before it, if that is the one that it belongs to.
        let mut collector = match open.take() {
            Some(before) if header.part > 0 && before.is_at(header.time) => before,
            before => {
                reports.extend(before.map(Collector::finish));
                header.begin(r.remaining(), limits)
            }
        };
        let whole = elements(&mut r, layout, header.event, &mut collector);
        // What was read of a broken record belongs to one that may come again whole; its parts before are kept.
        open = (whole.is_ok() || header.part > 0).then_some(collector);
        if whole.is_err() {
            broken_at = Some(at);
            break;
        }
    }
    reports.extend(open.map(Collector::finish));
    let left_at = (broken_at.is_none() && r.remaining() >= RECORD_BYTES_MIN).then(|| payload.len() - r.remaining());
    Batch { reports, broken_at, left_at }
}

fn elements(r: &mut Reader<'_>, layout: Layout, event: u16, collector: &mut Collector) -> Result<(), Truncated> {
    collector.caused_by(event);
    for width in [1u8, 2, 4, 8] {
        for _ in 0..r.u8()? {
            let id = layout.id(r)?;
            let raw = match width {
                1 => u64::from(r.u8()?),
                2 => u64::from(r.u16()?),
                4 => u64::from(r.u32()?),
                _ => r.u64()?,
            };
            collector.number(id, width, raw);
        }
    }
    Ok(())
}

/// A record up to its elements.
struct Header {
    time: Option<Timestamp>,
    /// 0 for a record, or the first part of one; others go on with it.
    part: u8,
    priority: u8,
    position: Option<Position>,
    /// `None` if nothing was measured.
    satellites: Option<u8>,
    hdop: Option<f64>,
    event: u16,
}

impl Header {
    fn read(r: &mut Reader<'_>, layout: Layout) -> Result<Self, Truncated> {
        let time = time(r.u32()?, r.u8()?);
        let part = if layout.is_extended { r.u8()? & 0x0F } else { 0 };
        let priority = r.u8()?;
        let fix = GpsElement::read(r)?;
        let event = layout.id(r)?;
        let hdop = (fix.hdop_tenths != u8::MAX).then(|| f64::from(fix.hdop_tenths) / 10.0);
        Ok(Self { time, part, priority, position: fix.position(), satellites: fix.satellites(), hdop, event })
    }

    fn begin(&mut self, remaining: usize, limits: &Limits) -> Collector {
        let mut attributes = Attributes::with_capacity((remaining / 2).min(ATTRIBUTES_EXPECTED_MAX));
        attributes.set(attr::PRIORITY, Value::Int(i64::from(self.priority)));
        match (&self.position, self.hdop) {
            (None, _) => attributes.set_some(attr::SATELLITES, self.satellites.map(|n| Value::Int(i64::from(n)))),
            (Some(_), Some(hdop)) => attributes.set(attr::HDOP, Value::Float(hdop)),
            (Some(_), None) => {}
        }
        Collector::new(self.time, self.position.take(), attributes, limits.text_bytes_max)
    }
}

/// A clock that was never set says 0. The extension tells records of one second apart, in their order.
fn time(s: u32, extension: u8) -> Option<Timestamp> {
    let at = (s != 0).then(|| Timestamp::from_s(i64::from(s))).flatten()?;
    Some(at.plus_ms(i64::from(extension)))
}

/// Newer firmware has altitudes below the sea, older has them above 3,276.7 m; no place is so low.
fn altitude_dm(raw: i16) -> i32 {
    const LOWEST_DM: i16 = -10_000;
    if raw < LOWEST_DM { i32::from(raw as u16) } else { i32::from(raw) }
}

struct GpsElement {
    longitude_e7: i32,
    latitude_e7: i32,
    altitude_dm: i32,
    angle_cdeg: u16,
    satellites: u8,
    speed_kmh: u16,
    hdop_tenths: u8,
}

impl GpsElement {
    fn read(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            longitude_e7: r.i32()?,
            latitude_e7: r.i32()?,
            altitude_dm: altitude_dm(r.i16()?),
            angle_cdeg: r.u16()?,
            satellites: r.u8()?,
            speed_kmh: r.u16()?,
            hdop_tenths: r.u8()?,
        })
    }

    fn is_measured(&self) -> bool {
        self.longitude_e7 != NO_FIX && self.latitude_e7 != NO_FIX
    }

    fn satellites(&self) -> Option<u8> {
        self.is_measured().then_some(self.satellites)
    }

    /// `None` without a fix, for 0/0, and for impossible coordinates and speeds.
    fn position(&self) -> Option<Position> {
        let (longitude, latitude) = (self.longitude_e7, self.latitude_e7);
        let is_impossible = f64::from(self.speed_kmh) > SPEED_KMH_MAX;
        if is_impossible || !self.is_measured() || (longitude, latitude) == (0, 0) {
            return None;
        }
        let mut p = Position::new(f64::from(latitude) / 1e7, f64::from(longitude) / 1e7)?;
        if self.satellites == 0 {
            p.valid = false;
            p.fix = model::Fix::NoFix;
        }
        p.set_altitude_m(f64::from(self.altitude_dm) / 10.0);
        p.set_heading_deg(f64::from(self.angle_cdeg) / 100.0);
        p.set_speed_kmh(f64::from(self.speed_kmh));
        p.satellites = Some(self.satellites);
        Some(p)
    }
}
