//! `timezone/list`: the zones to choose from.

use calls::Request;
use fleet::{Zone, ZoneInfo};

use crate::encode::{self, Object};
use crate::http::Api;
use crate::http::answer::{Refusal, success};
use crate::http::method::{Kind, Method, Param, optional, required};

const TAKES: &[Param] = &[optional("locale", Kind::Text, "passed over: descriptions are in English")];
const ZONE: Kind = Kind::Object(&[
    required("zone_id", Kind::Text, "a name of the IANA list"),
    required("description", Kind::Text, ""),
    required("base_offset", Kind::Number, "hours ahead of UTC"),
    required("dst_offset", Kind::Int, "whole hours more in daylight saving time"),
    required("country_code", Kind::Text, "two letters, or empty"),
    required("alt_ids", Kind::List(&Kind::Text), "other names of the zone"),
]);
const GIVES: &[Param] = &[required("list", Kind::List(&ZONE), "in the order of names")];

pub(super) const METHODS: &[Method] = &[
    Method::open("timezone/list", "The time zones that a user may choose.", |a, r| Box::pin(list(a, r)))
        .takes(TAKES)
        .gives(GIVES),
    Method::open("panel/timezone/list", "As `timezone/list`.", |a, r| Box::pin(list(a, r))).takes(TAKES).gives(GIVES),
];

async fn list(_: &Api, request: &mut Request<'_>) -> Result<Vec<u8>, Refusal> {
    request.params.finish()?;
    let now = request.now;
    Ok(success(|o| encode::array(Zone::list(now), o.member("list"), |zone, out| render(&zone, out))))
}

fn render(zone: &ZoneInfo, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("zone_id", zone.name).string("description", &description(zone));
    encode::float(f64::from(zone.base_offset_s) / 3_600.0, o.member("base_offset"));
    o.int("dst_offset", zone.saving_s / 3_600).string("country_code", zone.country);
    encode::array(zone.aliases, o.member("alt_ids"), |alias, out| encode::string(alias, out));
    o.close();
}

/// Offset and place, as in `(UTC+05:30) Kolkata`.
fn description(zone: &ZoneInfo) -> String {
    let sign = if zone.base_offset_s < 0 { '-' } else { '+' };
    let minutes = zone.base_offset_s.unsigned_abs() / 60;
    let place = zone.name.rsplit('/').next().unwrap_or(zone.name).replace('_', " ");
    format!("(UTC{sign}{:02}:{:02}) {place}", minutes / 60, minutes % 60)
}
