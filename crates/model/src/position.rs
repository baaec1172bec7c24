//! Where a device says it is.

use crate::Timestamp;

/// What the device says about its fix.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fix {
    /// A current fix.
    #[default]
    HasFix,
    /// The receiver has no fix; coordinates, if any, are not to be trusted.
    NoFix,
    /// The last fix repeated: a place worth storing, but not fresh.
    LastKnown,
}

/// What a position was worked out from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    /// Satellites.
    #[default]
    Gnss,
    /// Cell towers, Wi-Fi or a similar network source.
    Network,
}

/// A position in WGS 84. Coordinates are finite and in range: who builds one checks that with [`Position::new`].
#[derive(Clone, PartialEq, Debug)]
pub struct Position {
    /// Degrees, −90 to 90, south negative.
    pub latitude: f64,
    /// Degrees, −180 to 180, west negative.
    pub longitude: f64,
    /// Whether the device (or its family's rules) vouches for these coordinates.
    pub valid: bool,
    /// What the device says of its fix.
    pub fix: Fix,
    /// What the coordinates were worked out from.
    pub origin: Origin,
    /// Metres above sea level, −1000 to 10000.
    pub altitude_m: Option<f32>,
    /// Kilometres an hour, not negative.
    pub speed_kmh: Option<f32>,
    /// Degrees clockwise from north, 0 to 359.
    pub heading_deg: Option<u16>,
    /// Satellites in use.
    pub satellites: Option<u8>,
    /// Radius of uncertainty in metres.
    pub precision_m: Option<u32>,
    /// Time of the fix where it differs from the report's.
    pub gnss_time: Option<Timestamp>,
}

impl Position {
    /// A valid satellite position, or `None` when a coordinate is not finite or out of range.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let in_range = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        in_range.then_some(Self {
            latitude,
            longitude,
            valid: true,
            fix: Fix::HasFix,
            origin: Origin::Gnss,
            altitude_m: None,
            speed_kmh: None,
            heading_deg: None,
            satellites: None,
            precision_m: None,
            gnss_time: None,
        })
    }

    /// Keeps an altitude between −1000 and 10000 m, else forgets it.
    pub fn set_altitude_m(&mut self, altitude_m: f64) {
        self.altitude_m = (-1_000.0..=10_000.0).contains(&altitude_m).then_some(altitude_m as f32);
    }

    /// Keeps a speed from 0 to 2000 km/h, else forgets it.
    pub fn set_speed_kmh(&mut self, speed_kmh: f64) {
        self.speed_kmh = (0.0..=2_000.0).contains(&speed_kmh).then_some(speed_kmh as f32);
    }

    /// Keeps a heading of 0 to 360°, rounded to whole degrees, 360 as 0; anything else means unknown.
    pub fn set_heading_deg(&mut self, heading_deg: f64) {
        self.heading_deg = (0.0..=360.0).contains(&heading_deg).then(|| heading_deg.round() as u16 % 360);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_coordinates_are_no_position() {
        for (lat, lon) in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Position::new(lat, lon), None);
        }
        assert!(Position::new(-90.0, 180.0).is_some());
    }

    #[test]
    fn values_out_of_range_are_forgotten() {
        let mut p = Position::new(1.0, 2.0).expect("in range");
        p.set_altitude_m(10_001.0);
        p.set_speed_kmh(-1.0);
        p.set_heading_deg(361.0);
        assert_eq!((p.altitude_m, p.speed_kmh, p.heading_deg), (None, None, None));
        p.set_altitude_m(-1_000.0);
        p.set_speed_kmh(63.0);
        p.set_heading_deg(359.7);
        assert_eq!((p.altitude_m, p.speed_kmh, p.heading_deg), (Some(-1000.0), Some(63.0), Some(0)));
    }
}
