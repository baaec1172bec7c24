//! The `location` object, and when its position counts as valid.

use model::{Attributes, Fix, Origin, Position, Timestamp, Value, attr};

use super::fields::Field;
use crate::draft::SPEED_KMH_MAX;
use crate::json::{Item, item, members};
use crate::session::Reject;

/// Fewer satellites than this vouch for no position.
const SATELLITES_MIN: u8 = 3;

/// What a location says, each part checked.
#[derive(Default)]
pub(super) struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
    altitude_m: Option<f64>,
    gnss_time: Option<Timestamp>,
    fix: Option<(&'static str, Fix)>,
    satellites: Option<u8>,
    hdop: Option<f64>,
    vdop: Option<f64>,
    pdop: Option<f64>,
    speed_kmh: Option<f64>,
    heading_deg: Option<u16>,
    origin: Origin,
    precision_m: Option<u32>,
}

const FIXES: &[(&str, Fix)] = &[
    ("HAS_FIX", Fix::HasFix),
    ("NO_FIX", Fix::NoFix),
    ("LAST_KNOWN_POSITION", Fix::LastKnown),
    ("FIX_2D", Fix::HasFix),
    ("FIX_3D", Fix::HasFix),
];

impl Location {
    /// Reads the object. `with_source`: the version of the message is one that has `source_type` and `precision`.
    pub(super) fn read(raw: &str, with_source: bool) -> Result<Self, Reject> {
        let mut location = Self::default();
        members(raw, |name, value| match item(value)? {
            Item::Null => Ok(()),
            item => location.take(&name, item, with_source),
        })?;
        Ok(location)
    }

    fn take(&mut self, name: &str, item: Item<'_>, with_source: bool) -> Result<(), Reject> {
        let field = |name| Field { name, item };
        match name {
            "latitude" => self.latitude = Some(field("location.latitude").float(-90.0, 90.0)?),
            "longitude" => self.longitude = Some(field("location.longitude").float(-180.0, 180.0)?),
            "altitude" => self.altitude_m = Some(field("location.altitude").float(-1_000.0, 10_000.0)?),
            "gnss_time" => self.gnss_time = Some(field("location.gnss_time").time()?),
            "satellites" => self.satellites = Some(field("location.satellites").int(0, 64)? as u8),
            "hdop" => self.hdop = Some(field("location.hdop").float(0.0, f64::MAX)?),
            "vdop" => self.vdop = Some(field("location.vdop").float(0.0, f64::MAX)?),
            "pdop" => self.pdop = Some(field("location.pdop").float(0.0, f64::MAX)?),
            "speed" => self.speed_kmh = Some(field("location.speed").float(0.0, f64::MAX)?),
            "heading" => self.heading_deg = Some(field("location.heading").int(0, 360)? as u16 % 360),
            "fix_type" => self.fix = Some(fix(field("location.fix_type"))?),
            "source_type" if with_source => self.origin = origin(field("location.source_type"))?,
            "precision" if with_source => {
                let metres = field("location.precision").int(0, i64::MAX)?;
                self.precision_m = Some(u32::try_from(metres).unwrap_or(u32::MAX));
            }
            _ => {}
        }
        Ok(())
    }

    /// The position, if there is one; what belongs to it but cannot stand without it goes to the attributes.
    pub(super) fn apply(self, attributes: &mut Attributes) -> Option<Position> {
        if let Some((name, _)) = self.fix {
            attributes.set(attr::FIX_TYPE, name);
        }
        let mut keep = |id, x: Option<f64>| attributes.set_some(id, x.and_then(Value::float));
        keep(attr::HDOP, self.hdop);
        keep(attr::VDOP, self.vdop);
        keep(attr::PDOP, self.pdop);
        let position = self.position();
        if position.is_none() {
            keep(attr::ALTITUDE, self.altitude_m);
            keep(attr::SPEED, self.speed_kmh);
            attributes.set_some(attr::HEADING, self.heading_deg.map(|n| Value::Int(n.into())));
            attributes.set_some(attr::SATELLITES, self.satellites.map(|n| Value::Int(n.into())));
            attributes.set_some(attr::PRECISION, self.precision_m.map(|n| Value::Int(n.into())));
            attributes.set_some(attr::GNSS_TIME, self.gnss_time.map(|time| time.to_string().as_str().into()));
        }
        position
    }

    fn position(&self) -> Option<Position> {
        let (latitude, longitude) = (self.latitude?, self.longitude?);
        let is_impossible = self.speed_kmh.is_some_and(|kmh| kmh > SPEED_KMH_MAX);
        if is_impossible || (latitude == 0.0 && longitude == 0.0) {
            return None;
        }
        let mut p = Position::new(latitude, longitude)?;
        p.fix = self.fix.map_or(Fix::HasFix, |(_, fix)| fix);
        p.origin = self.origin;
        let enough = self.origin == Origin::Network || self.satellites.is_some_and(|n| n >= SATELLITES_MIN);
        p.valid = p.fix != Fix::NoFix && enough;
        if let Some(altitude_m) = self.altitude_m {
            p.set_altitude_m(altitude_m);
        }
        if let Some(speed_kmh) = self.speed_kmh {
            p.set_speed_kmh(speed_kmh);
        }
        p.heading_deg = self.heading_deg;
        p.satellites = self.satellites;
        p.precision_m = self.precision_m;
        p.gnss_time = self.gnss_time;
        Some(p)
    }
}

fn fix(field: Field<'_>) -> Result<(&'static str, Fix), Reject> {
    let Item::Text(text) = &field.item else { return Err(field.wrong_type()) };
    FIXES.iter().find(|(name, _)| name == text).copied().ok_or_else(|| field.out_of_range())
}

fn origin(field: Field<'_>) -> Result<Origin, Reject> {
    let Item::Text(text) = &field.item else { return Err(field.wrong_type()) };
    match text.as_ref() {
        "GNSS" => Ok(Origin::Gnss),
        "LBS" | "ATLAS" => Ok(Origin::Network),
        _ => Err(field.out_of_range()),
    }
}
