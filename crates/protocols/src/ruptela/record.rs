//! Record packets: whether more is kept, how many, the records.

use model::{Attributes, Position, Report, Timestamp, Value, attr};

use super::elements::Collector;
use crate::Limits;
use crate::bytes::{Reader, Truncated};

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
    /// Every record that the packet announces could be read.
    pub(super) is_complete: bool,
}

/// Time, its extension, priority, position, event and four counts of a plain record.
const RECORD_BYTES_MIN: usize = 29;
/// Room made at once for attributes; records with more elements grow it.
const ATTRIBUTES_EXPECTED_MAX: usize = 64;
/// The coordinate of a record without a fix.
const NO_FIX: i32 = i32::MIN;

/// Reads the records of a packet. Those before a broken one are kept.
pub(super) fn decode(payload: &[u8], layout: Layout, limits: &Limits) -> Batch {
    let mut r = Reader::new(payload);
    let broken = |reports| Batch { reports, is_complete: false };
    // Whether more records wait in the device is of no use: each packet is answered alone.
    let (Ok(_), Ok(announced)) = (r.u8(), r.u8()) else { return broken(Vec::new()) };
    let mut reports: Vec<Report> = Vec::with_capacity(usize::from(announced).min(r.remaining() / RECORD_BYTES_MIN));
    let mut open: Option<Collector> = None;
    for _ in 0..announced {
        let Ok(mut header) = Header::read(&mut r, layout) else {
            reports.extend(open.take().map(Collector::finish));
            return broken(reports);
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
        match whole {
            Ok(()) => open = Some(collector),
            // What was read before the fault belongs to a record that will come again whole.
            Err(Truncated) if header.part == 0 => return broken(reports),
            Err(Truncated) => {
                reports.push(collector.finish());
                return broken(reports);
            }
        }
    }
    reports.extend(open.map(Collector::finish));
    Batch { reports, is_complete: true }
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

struct GpsElement {
    longitude_e7: i32,
    latitude_e7: i32,
    altitude_dm: i16,
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
            altitude_dm: r.i16()?,
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

    /// `None` without a fix, for 0/0, and for impossible coordinates.
    fn position(&self) -> Option<Position> {
        let (longitude, latitude) = (self.longitude_e7, self.latitude_e7);
        if !self.is_measured() || (longitude, latitude) == (0, 0) {
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
