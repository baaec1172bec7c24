//! How values look in answers, and which part of a list is asked for.

use calls::json::Mistyped;
use calls::params::{self, Params};
use calls::write::{self, Object};
use model::Timestamp;

/// How many of a list are shown: `most` at most, and `usual` unless it is said.
pub(crate) fn limit(params: &mut Params<'_>, (most, usual): (usize, usize)) -> usize {
    let read = params.optional("limit", |value| {
        let limit = usize::try_from(params::int(value)?).unwrap_or(0);
        (1..=most).contains(&limit).then_some(limit).ok_or(Mistyped("is out of range"))
    });
    read.unwrap_or(usual)
}

/// How many of a list are passed over.
pub(crate) fn offset(params: &mut Params<'_>) -> usize {
    let read = params
        .optional("offset", |value| usize::try_from(params::int(value)?).map_err(|_| Mistyped("must not be negative")));
    read.unwrap_or(0)
}

/// Writes a time as the panel does: UTC, to the second.
pub(crate) fn time(at: Timestamp, out: &mut Vec<u8>) {
    let c = at.civil(0);
    let text = format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second);
    write::string(&text, out);
}

/// Writes a time, or `null`.
pub(crate) fn time_or_null(at: Option<Timestamp>, out: &mut Vec<u8>) {
    match at {
        Some(at) => time(at, out),
        None => out.extend_from_slice(b"null"),
    }
}

/// Writes a latitude and longitude in degrees, or `null`.
pub(crate) fn position_or_null(position: Option<(f64, f64)>, out: &mut Vec<u8>) {
    let Some((lat, lng)) = position else { return out.extend_from_slice(b"null") };
    let mut object = Object::open(out);
    write::float(lat, object.member("lat"));
    write::float(lng, object.member("lng"));
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_positions_look_as_the_panels_do() {
        let check = |write: &dyn Fn(&mut Vec<u8>), expected: &str| {
            let mut out = Vec::new();
            write(&mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
        };
        let at = Timestamp::parse_iso("2026-03-04T05:06:07.999Z").expect("a time");
        check(&|out| time_or_null(Some(at), out), r#""2026-03-04 05:06:07""#);
        check(&|out| time_or_null(None, out), "null");
        check(&|out| position_or_null(Some((38.5, -9.25)), out), r#"{"lat":38.5,"lng":-9.25}"#);
        check(&|out| position_or_null(None, out), "null");
    }
}
