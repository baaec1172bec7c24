//! Record packets of codecs 8, 8 Extended and 16: codec, count, records, count again.

use model::{Attributes, Position, Report, Timestamp, Value, attr};

use super::elements::{Collector, Reading};
use crate::bytes::{Reader, Truncated};
use crate::draft::SPEED_KMH_MAX;

/// In what the record codecs differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Element ids have two bytes.
    wide_ids: bool,
    /// Element counts have two bytes, and there is a group of values with lengths of their own.
    wide_counts: bool,
    /// A byte says what made the record.
    generation: bool,
}

impl Layout {
    pub(super) const CODEC_8: Self = Self { wide_ids: false, wide_counts: false, generation: false };
    pub(super) const CODEC_8_EXTENDED: Self = Self { wide_ids: true, wide_counts: true, generation: false };
    pub(super) const CODEC_16: Self = Self { wide_ids: true, wide_counts: false, generation: true };

    #[inline]
    fn id(self, r: &mut Reader<'_>) -> Result<u16, Truncated> {
        if self.wide_ids { r.u16() } else { r.u8().map(u16::from) }
    }

    #[inline]
    fn count(self, r: &mut Reader<'_>) -> Result<u16, Truncated> {
        if self.wide_counts { r.u16() } else { r.u8().map(u16::from) }
    }

    /// Whether old firmware adds a group of sixteen bytes to these records.
    fn may_have_16_byte_group(self) -> bool {
        !self.wide_counts
    }
}

/// The records of a packet.
pub(super) struct Packet {
    pub(super) reports: Vec<Report>,
    /// How many the packet says that it has.
    pub(super) announced: u8,
    /// Where the first record begins that could not be read, in bytes from the codec.
    pub(super) broken_at: Option<usize>,
}

/// Reads the records of a packet. Those before a broken one are kept: a record does not say how long it is, so nothing
/// after it can be found. A differing second count, or bytes after it, are tolerated as long as all announced records
/// are there.
pub(super) fn decode(data: &[u8], layout: Layout, reading: &Reading) -> Packet {
    let mut r = Reader::new(data.get(1..).unwrap_or_default());
    let Ok(announced) = r.u8() else { return Packet { reports: Vec::new(), announced: 0, broken_at: Some(0) } };
    let mut reports = Vec::with_capacity(usize::from(announced).min(r.remaining() / RECORD_BYTES_MIN));
    for _ in 0..announced {
        let at = data.len() - r.remaining();
        match record(&mut r, layout, reading) {
            Ok(report) => reports.push(report),
            Err(Truncated) => return Packet { reports, announced, broken_at: Some(at) },
        }
    }
    Packet { reports, announced, broken_at: None }
}

/// Time, priority, position, and the counts of a codec 8 record without elements.
const RECORD_BYTES_MIN: usize = 30;
/// Room made at once for attributes; records with more elements grow it.
const ATTRIBUTES_EXPECTED_MAX: usize = 96;

fn record(r: &mut Reader<'_>, layout: Layout, reading: &Reading) -> Result<Report, Truncated> {
    let time = time(r.u64()?);
    let priority = r.u8()?;
    let fix = GpsElement::read(r)?;
    let event_io = layout.id(r)?;
    let generation = if layout.generation { Some(r.u8()?) } else { None };
    let total = usize::from(layout.count(r)?).min(r.remaining() / 2);

    let mut attributes = Attributes::with_capacity((total * 2 + 4).min(ATTRIBUTES_EXPECTED_MAX));
    attributes.push(attr::PRIORITY, Value::Int(i64::from(priority)));
    if event_io != 0 {
        attributes.push(attr::EVENT_CODE, Value::Int(i64::from(event_io)));
    }
    if let Some(generation) = generation {
        attributes.push(attr::GENERATION_TYPE, Value::Int(i64::from(generation)));
    }
    let position = fix.position();
    if position.is_none() {
        attributes.push(attr::SATELLITES, Value::Int(i64::from(fix.satellites)));
    }
    let mut collector = Collector::new(attributes, event_io, reading);
    elements(r, layout, &mut collector)?;
    let (attributes, event) = collector.finish();
    Ok(Report { time, position, events: event.into_iter().collect(), archived: false, attributes })
}

/// A clock that was never set says 0.
fn time(ms: u64) -> Option<Timestamp> {
    i64::try_from(ms).ok().filter(|ms| *ms != 0).and_then(Timestamp::from_ms)
}

fn elements(r: &mut Reader<'_>, layout: Layout, collector: &mut Collector<'_>) -> Result<(), Truncated> {
    for _ in 0..layout.count(r)? {
        let id = layout.id(r)?;
        collector.number(id, 1, u64::from(r.u8()?));
    }
    for _ in 0..layout.count(r)? {
        let id = layout.id(r)?;
        collector.number(id, 2, u64::from(r.u16()?));
    }
    for _ in 0..layout.count(r)? {
        let id = layout.id(r)?;
        collector.number(id, 4, u64::from(r.u32()?));
    }
    for _ in 0..layout.count(r)? {
        let id = layout.id(r)?;
        collector.number(id, 8, r.u64()?);
    }
    if layout.may_have_16_byte_group() && collector.has_16_byte_group() {
        for _ in 0..r.u8()? {
            let id = layout.id(r)?;
            collector.bytes(id, r.take(16)?);
        }
    }
    if layout.wide_counts {
        for _ in 0..r.u16()? {
            let id = r.u16()?;
            let length = usize::from(r.u16()?);
            collector.bytes(id, r.take(length)?);
        }
    }
    Ok(())
}

struct GpsElement {
    longitude_e7: i32,
    latitude_e7: i32,
    altitude_m: i16,
    angle_deg: u16,
    satellites: u8,
    speed_kmh: u16,
}

impl GpsElement {
    fn read(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            longitude_e7: r.i32()?,
            latitude_e7: r.i32()?,
            altitude_m: r.i16()?,
            angle_deg: r.u16()?,
            satellites: r.u8()?,
            speed_kmh: r.u16()?,
        })
    }

    /// `None` for 0/0, which devices send while they have never had a fix, and for impossible coordinates and speeds.
    fn position(&self) -> Option<Position> {
        let is_impossible = f64::from(self.speed_kmh) > SPEED_KMH_MAX;
        if is_impossible || (self.longitude_e7, self.latitude_e7) == (0, 0) {
            return None;
        }
        let mut p = Position::new(f64::from(self.latitude_e7) / 1e7, f64::from(self.longitude_e7) / 1e7)?;
        if self.satellites == 0 {
            // The last fix is repeated, with speed and angle 0.
            p.valid = false;
            p.fix = model::Fix::NoFix;
        }
        p.set_altitude_m(f64::from(self.altitude_m));
        p.set_heading_deg(f64::from(self.angle_deg));
        p.set_speed_kmh(f64::from(self.speed_kmh));
        p.satellites = Some(self.satellites);
        Some(p)
    }
}
