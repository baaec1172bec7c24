//! Binary frames: decimal digits, two in a byte, between a few other bytes.

use model::{Report, attr};

use super::frame::LONG_ID_BYTES;
use super::status::Status;
use crate::bytes::{Reader, Truncated, hex};
use crate::draft::Draft;
use crate::fields::{is_digits, moment_of, number, pairs};
use crate::framed::{Context, Said};
use crate::session::{FieldFault, Reject, SpeedUnit};

const IS_EAST: u8 = 8;
const IS_NORTH: u8 = 4;
const IS_VALID: u8 = 2;

/// The identifier, in digits: ten, or fifteen in frames of their own length.
pub(super) fn identity(frame: &[u8]) -> Option<String> {
    let (bytes, digits) = if frame.len() == LONG_ID_BYTES { (8, 15) } else { (5, 10) };
    let mut id = hex(frame.get(1..=bytes)?);
    id.truncate(digits);
    id.bytes().all(|b| b.is_ascii_digit()).then_some(id)
}

/// What a frame reports, with its status.
pub(super) fn read<A>(frame: &[u8], context: &Context<'_>, said: &mut Said<A>) -> Option<(Report, Status)> {
    parts(frame, context, said).unwrap_or_else(|Truncated| {
        said.bad(frame.len(), Reject::Truncated);
        None
    })
}

fn parts<A>(frame: &[u8], context: &Context<'_>, said: &mut Said<A>) -> Result<Option<(Report, Status)>, Truncated> {
    let mut d = Draft::new(context.limits.text_bytes_max);
    let mut r = Reader::new(frame);
    r.take(if frame.len() == LONG_ID_BYTES { 9 } else { 6 })?;
    let (time, date) = (hex(r.take(3)?), hex(r.take(3)?));
    let offset_s = context.settings.utc_offset_s.unwrap_or(0);
    d.time =
        pairs(&time).zip(pairs(&date)).and_then(|(t, (day, month, year))| moment_of((year, month, day), t, offset_s));
    let at = frame.len() - r.remaining();
    let latitude = degrees(&hex(r.take(4)?), 2);
    battery(&mut d, r.u8()?);
    let longitude = hex(r.take(5)?);
    let flags = longitude.bytes().last().and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
    match latitude.zip(degrees(&longitude[..9], 3)) {
        Some((latitude, longitude)) => {
            let sign = |flag: u8, degrees: f64| if flags & flag == 0 { -degrees } else { degrees };
            d.at(sign(IS_NORTH, latitude), sign(IS_EAST, longitude));
        }
        None => said.fault(at, Reject::Field { name: "position", fault: FieldFault::OutOfRange }),
    }
    d.valid(flags & IS_VALID != 0);
    let motion = hex(r.take(3)?);
    // Digits and nothing else: with letters among them they could pass for a number with an exponent.
    let number = |text: &str| if is_digits(text, 3) { number(text) } else { None };
    if let Some(speed) = number(&motion[..3]) {
        d.speed_kmh(speed * context.settings.speed_unit.unwrap_or(SpeedUnit::Knots).kmh());
    }
    if let Some(course) = number(&motion[3..]) {
        d.heading_deg(course);
    }
    let status = Status(r.u32()?);
    status.tell(&mut d);
    d.own_hex("h02_user", r.rest());
    Ok(d.finish().map(|report| (report, status)))
}

/// So many digits of degrees, then minutes in ten-thousandths.
fn degrees(digits: &str, whole: usize) -> Option<f64> {
    let (degrees, minutes) = digits.split_at_checked(whole)?;
    let parse = |part: &str| part.parse::<u32>().ok().map(f64::from);
    let minutes = parse(minutes)? / 1e4;
    (minutes < 60.0).then_some(parse(degrees)? + minutes / 60.0)
}

/// Tells the battery in one of the three ways that there are.
fn battery(d: &mut Draft, raw: u8) {
    let percent = match raw {
        0 => return,
        1..=3 => (raw - 1) * 10,
        4..=6 => (raw - 1) * 20,
        7..=100 => raw,
        0xF1..=0xF6 => raw - 0xF0,
        _ => return d.own("h02_battery", i64::from(raw)),
    };
    d.percent(attr::BATTERY_LEVEL, percent.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_battery_has_three_scales() {
        let check = |raw: u8, wanted: Option<i64>| {
            let mut d = Draft::new(10);
            battery(&mut d, raw);
            let level = d.finish().and_then(|r| r.attributes.get(attr::BATTERY_LEVEL).and_then(model::Value::as_i64));
            assert_eq!(level, wanted, "{raw:02X}");
        };
        check(0, None);
        check(1, Some(0));
        check(3, Some(20));
        check(4, Some(60));
        check(6, Some(100));
        check(7, Some(7));
        check(100, Some(100));
        check(101, None);
        check(0xF1, Some(1));
        check(0xF6, Some(6));
        check(0xF7, None);
    }
}
