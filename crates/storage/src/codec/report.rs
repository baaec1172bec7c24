//! Bytes of a report.

use model::{EventId, Fix, Origin, Position, Report, Timestamp};

use super::CodecError;
use super::attributes::{attributes, put_attributes};
use super::bytes::{Reader, put_signed, put_time, put_varint};

const FORMAT: u8 = 1;

/// What a report has, in its second byte.
mod has {
    pub(super) const TIME: u8 = 1;
    pub(super) const POSITION: u8 = 1 << 1;
    pub(super) const EVENTS: u8 = 1 << 2;
    pub(super) const ARCHIVED: u8 = 1 << 3;
    pub(super) const ALL: u8 = (1 << 4) - 1;
}

/// What a position has and how it is written, in its first two bytes.
mod bit {
    pub(super) const VALID: u16 = 1;
    pub(super) const NO_FIX: u16 = 1 << 1;
    pub(super) const LAST_KNOWN: u16 = 1 << 2;
    pub(super) const FROM_NETWORK: u16 = 1 << 3;
    /// Coordinates as whole ten-millionths of a degree, else as doubles.
    pub(super) const FIXED_POINT: u16 = 1 << 4;
    pub(super) const ALTITUDE: u16 = 1 << 5;
    pub(super) const ALTITUDE_WHOLE: u16 = 1 << 6;
    pub(super) const SPEED: u16 = 1 << 7;
    pub(super) const SPEED_WHOLE: u16 = 1 << 8;
    pub(super) const HEADING: u16 = 1 << 9;
    pub(super) const SATELLITES: u16 = 1 << 10;
    pub(super) const PRECISION: u16 = 1 << 11;
    pub(super) const GNSS_TIME: u16 = 1 << 12;
    pub(super) const ALL: u16 = (1 << 13) - 1;
}

/// Ten-millionths in a degree.
const DEGREE: f64 = 1e7;

/// Appends the bytes of a report. Equal reports give equal bytes.
pub fn encode_report(report: &Report, out: &mut Vec<u8>) {
    let Report { time, position, events, archived, attributes } = report;
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    out.push(FORMAT);
    out.push(
        flag(time.is_some(), has::TIME)
            | flag(position.is_some(), has::POSITION)
            | flag(!events.is_empty(), has::EVENTS)
            | flag(*archived, has::ARCHIVED),
    );
    if let Some(time) = time {
        put_time(*time, out);
    }
    if let Some(position) = position {
        put_position(position, time.unwrap_or_default(), out);
    }
    if !events.is_empty() {
        put_varint(events.len() as u64, out);
        for event in events {
            put_varint(u64::from(event.0), out);
        }
    }
    put_attributes(attributes, out);
}

/// Reads what [`encode_report`] wrote.
pub fn decode_report(bytes: &[u8]) -> Result<Report, CodecError> {
    let mut reader = Reader::open(bytes, FORMAT)?;
    let present = reader.byte()?;
    if present & !has::ALL != 0 {
        return Err(CodecError::Malformed);
    }
    let time = if present & has::TIME != 0 { Some(reader.time()?) } else { None };
    let position =
        if present & has::POSITION != 0 { Some(position(&mut reader, time.unwrap_or_default())?) } else { None };
    let events = if present & has::EVENTS != 0 { events(&mut reader)? } else { Vec::new() };
    let attributes = attributes(&mut reader)?;
    reader.close()?;
    Ok(Report { time, position, events, archived: present & has::ARCHIVED != 0, attributes })
}

fn events(reader: &mut Reader<'_>) -> Result<Vec<EventId>, CodecError> {
    let count: usize = reader.number()?;
    if count == 0 {
        return Err(CodecError::Malformed);
    }
    // Each takes a byte at least.
    if count > reader.rest().len() {
        return Err(CodecError::Truncated);
    }
    (0..count).map(|_| reader.number().map(EventId)).collect()
}

fn put_position(position: &Position, base: Timestamp, out: &mut Vec<u8>) {
    let Position { latitude, longitude, valid, fix, origin, .. } = position;
    let Position { altitude_m, speed_kmh, heading_deg, satellites, precision_m, gnss_time, .. } = position;
    let flag = |set: bool, bit: u16| if set { bit } else { 0 };
    let fixed = ten_millionths(*latitude).zip(ten_millionths(*longitude));
    let altitude_whole = altitude_m.and_then(whole);
    let speed_whole = speed_kmh.and_then(whole);
    let bits = flag(*valid, bit::VALID)
        | flag(*fix == Fix::NoFix, bit::NO_FIX)
        | flag(*fix == Fix::LastKnown, bit::LAST_KNOWN)
        | flag(*origin == Origin::Network, bit::FROM_NETWORK)
        | flag(fixed.is_some(), bit::FIXED_POINT)
        | flag(altitude_m.is_some(), bit::ALTITUDE)
        | flag(altitude_whole.is_some(), bit::ALTITUDE_WHOLE)
        | flag(speed_kmh.is_some(), bit::SPEED)
        | flag(speed_whole.is_some(), bit::SPEED_WHOLE)
        | flag(heading_deg.is_some(), bit::HEADING)
        | flag(satellites.is_some(), bit::SATELLITES)
        | flag(precision_m.is_some(), bit::PRECISION)
        | flag(gnss_time.is_some(), bit::GNSS_TIME);
    out.extend_from_slice(&bits.to_le_bytes());
    match fixed {
        Some((latitude, longitude)) => {
            out.extend_from_slice(&latitude.to_le_bytes());
            out.extend_from_slice(&longitude.to_le_bytes());
        }
        None => {
            out.extend_from_slice(&latitude.to_le_bytes());
            out.extend_from_slice(&longitude.to_le_bytes());
        }
    }
    put_measure(*altitude_m, altitude_whole, out);
    put_measure(*speed_kmh, speed_whole, out);
    if let Some(heading_deg) = heading_deg {
        put_varint(u64::from(*heading_deg), out);
    }
    if let Some(satellites) = satellites {
        out.push(*satellites);
    }
    if let Some(precision_m) = precision_m {
        put_varint(u64::from(*precision_m), out);
    }
    if let Some(gnss_time) = gnss_time {
        put_signed(gnss_time.since_ms(base), out);
    }
}

fn position(reader: &mut Reader<'_>, base: Timestamp) -> Result<Position, CodecError> {
    let bits = u16::from_le_bytes(reader.array()?);
    let has = |bit: u16| bits & bit != 0;
    let fix = match (has(bit::NO_FIX), has(bit::LAST_KNOWN)) {
        (false, false) => Fix::HasFix,
        (true, false) => Fix::NoFix,
        (false, true) => Fix::LastKnown,
        (true, true) => return Err(CodecError::Malformed),
    };
    if bits & !bit::ALL != 0 {
        return Err(CodecError::Malformed);
    }
    let (latitude, longitude) = if has(bit::FIXED_POINT) {
        (degrees(i32::from_le_bytes(reader.array()?)), degrees(i32::from_le_bytes(reader.array()?)))
    } else {
        (f64::from_le_bytes(reader.array()?), f64::from_le_bytes(reader.array()?))
    };
    Ok(Position {
        latitude,
        longitude,
        valid: has(bit::VALID),
        fix,
        origin: if has(bit::FROM_NETWORK) { Origin::Network } else { Origin::Gnss },
        altitude_m: measure(reader, has(bit::ALTITUDE), has(bit::ALTITUDE_WHOLE))?,
        speed_kmh: measure(reader, has(bit::SPEED), has(bit::SPEED_WHOLE))?,
        heading_deg: if has(bit::HEADING) { Some(reader.number()?) } else { None },
        satellites: if has(bit::SATELLITES) { Some(reader.byte()?) } else { None },
        precision_m: if has(bit::PRECISION) { Some(reader.number()?) } else { None },
        gnss_time: if has(bit::GNSS_TIME) { Some(time_after(base, reader.signed()?)?) } else { None },
    })
}

fn time_after(base: Timestamp, ms: i64) -> Result<Timestamp, CodecError> {
    base.ms().checked_add(ms).and_then(Timestamp::from_ms).ok_or(CodecError::Malformed)
}

/// The coordinate as a whole number of ten-millionths, if it is exactly that: what devices with integer coordinates
/// send. The comparison is of bits, so that −0 stays what it was.
fn ten_millionths(coordinate: f64) -> Option<i32> {
    let n = (coordinate * DEGREE).round();
    let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&n);
    let n = n as i32;
    (fits && degrees(n).to_bits() == coordinate.to_bits()).then_some(n)
}

fn degrees(n: i32) -> f64 {
    f64::from(n) / DEGREE
}

fn whole(x: f32) -> Option<i16> {
    let n = x as i16;
    (f32::from(n).to_bits() == x.to_bits()).then_some(n)
}

fn put_measure(value: Option<f32>, whole: Option<i16>, out: &mut Vec<u8>) {
    match (value, whole) {
        (_, Some(n)) => put_signed(i64::from(n), out),
        (Some(x), None) => out.extend_from_slice(&x.to_le_bytes()),
        (None, None) => {}
    }
}

fn measure(reader: &mut Reader<'_>, present: bool, whole: bool) -> Result<Option<f32>, CodecError> {
    match (present, whole) {
        (true, true) => {
            let n = i16::try_from(reader.signed()?).map_err(|_| CodecError::Malformed)?;
            Ok(Some(f32::from(n)))
        }
        (true, false) => Ok(Some(f32::from_le_bytes(reader.array()?))),
        (false, false) => Ok(None),
        (false, true) => Err(CodecError::Malformed),
    }
}
