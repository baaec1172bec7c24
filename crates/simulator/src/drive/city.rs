//! Where the vehicles drive: real cities, with a made-up street grid laid over them.

use crate::geo::Place;

/// A city with a square of streets around an anchor.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct City {
    /// Its name.
    pub name: &'static str,
    /// The middle of the grid.
    pub anchor: Place,
    /// Metres above sea level at the anchor.
    pub altitude_m: f64,
    /// How far the grid is turned clockwise from north, in degrees.
    pub grid_deg: f64,
    /// Metres from crossing to crossing.
    pub block_m: f64,
    /// Crossings from the anchor to each edge of the grid.
    pub blocks: i32,
}

impl City {
    /// No vehicle gets further from the anchor than this, in metres.
    pub fn reach_m(&self) -> f64 {
        f64::from(self.blocks + 1) * self.block_m * std::f64::consts::SQRT_2
    }
}

/// Both hemispheres both ways, from the sea to the highlands.
pub const CITIES: [City; 3] = [
    City {
        name: "Barcelona",
        anchor: Place { latitude: 41.3950, longitude: 2.1560 },
        altitude_m: 35.0,
        grid_deg: 45.0,
        block_m: 133.0,
        blocks: 13,
    },
    City {
        name: "Santiago",
        anchor: Place { latitude: -33.4500, longitude: -70.6600 },
        altitude_m: 545.0,
        grid_deg: 8.0,
        block_m: 125.0,
        blocks: 30,
    },
    City {
        name: "Nairobi",
        anchor: Place { latitude: -1.2840, longitude: 36.8230 },
        altitude_m: 1_665.0,
        grid_deg: 30.0,
        block_m: 160.0,
        blocks: 16,
    },
];
