//! The little geometry that a city needs: a flat map around an anchor, and distances on the sphere.

/// Mean radius of the Earth in metres.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A place in WGS 84.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// Degrees, south negative.
    pub latitude: f64,
    /// Degrees, west negative.
    pub longitude: f64,
}

impl Place {
    /// The place `east_m` and `north_m` metres away on a flat map; good to a metre or two within 20 km.
    pub fn offset(self, east_m: f64, north_m: f64) -> Self {
        let degrees_north = (north_m / EARTH_RADIUS_M).to_degrees();
        let degrees_east = (east_m / (EARTH_RADIUS_M * self.latitude.to_radians().cos())).to_degrees();
        Self { latitude: self.latitude + degrees_north, longitude: self.longitude + degrees_east }
    }

    /// Metres to another place along a great circle.
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_lat = (lat2 - lat1) / 2.0;
        let half_lon = (other.longitude - self.longitude).to_radians() / 2.0;
        let h = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }

    /// Direction towards another place at the start of the way, whole degrees from north, 0 to 359.
    pub fn bearing_deg(self, other: Self) -> u16 {
        let (lat1, lat2) = (self.latitude.to_radians(), other.latitude.to_radians());
        let lon = (other.longitude - self.longitude).to_radians();
        let east = lon.sin() * lat2.cos();
        let north = lat1.cos() * lat2.sin() - lat1.sin() * lat2.cos() * lon.cos();
        whole_degrees(east.atan2(north).to_degrees())
    }
}

/// A direction as devices give it: whole degrees from north, 0 to 359.
pub fn whole_degrees(degrees: f64) -> u16 {
    degrees.round().rem_euclid(360.0) as u16
}

/// The smaller angle between two directions, 0 to 180 degrees.
pub fn turned_deg(a: u16, b: u16) -> u16 {
    let apart = a.abs_diff(b) % 360;
    apart.min(360 - apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_and_bearing_undo_an_offset() {
        let check = |latitude: f64, longitude: f64, east_m: f64, north_m: f64, bearing: u16| {
            let from = Place { latitude, longitude };
            let to = from.offset(east_m, north_m);
            let expected = east_m.hypot(north_m);
            let distance = from.distance_m(to);
            assert!((distance - expected).abs() < 0.001 * expected, "{distance} for {expected}");
            assert!(turned_deg(from.bearing_deg(to), bearing) <= 1, "{}", from.bearing_deg(to));
        };
        check(41.39, 2.16, 3_000.0, 4_000.0, 37);
        check(-33.45, -70.66, -3_000.0, -4_000.0, 217);
        check(-1.28, 36.82, 0.0, 10_000.0, 0);
        check(-1.28, 36.82, -10_000.0, 0.0, 270);
    }

    #[test]
    fn directions_wrap() {
        assert_eq!(whole_degrees(359.6), 0);
        assert_eq!(whole_degrees(-90.0), 270);
        assert_eq!(turned_deg(350, 20), 30);
        assert_eq!(turned_deg(20, 350), 30);
        assert_eq!(turned_deg(0, 180), 180);
    }
}
