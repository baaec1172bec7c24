//! Distances on the sphere.

/// Mean radius of the Earth in metres.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres between two places along a great circle; latitude and longitude in degrees.
pub fn distance_m(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = (lat2 - lat1) / 2.0;
    let half_lon = (to.1 - from.1).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
    // Rounding may take antipodes a little beyond 1.
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distances() {
        let check = |from: (f64, f64), to: (f64, f64), km: f64| {
            for found in [distance_m(from, to), distance_m(to, from)] {
                assert!((found / 1_000.0 - km).abs() < km * 1e-4 + 1e-9, "{from:?} {to:?}: {found}");
            }
        };
        check((0.0, 0.0), (0.0, 1.0), 111.195);
        check((10.0, 20.0), (10.0, 20.0), 0.0);
        check((0.0, 179.5), (0.0, -179.5), 111.195);
        check((90.0, 0.0), (-90.0, 50.0), 20_015.1);
        check((52.5200, 13.4050), (48.8566, 2.3522), 877.46);
    }
}
