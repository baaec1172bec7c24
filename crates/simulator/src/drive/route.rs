//! A way through the streets without an end: from crossing to crossing, with rounded corners.

use std::f64::consts::FRAC_PI_2;

use super::city::City;
use crate::geo::{Place, whole_degrees};
use crate::rng::Rng;

/// Radius in metres at which vehicles take a corner.
const CORNER_RADIUS_M: f64 = 10.0;
/// Metres that a corner takes.
const CORNER_M: f64 = CORNER_RADIUS_M * FRAC_PI_2;
/// How often the way leads straight on where it can.
const STRAIGHT_ON: f64 = 0.6;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Left,
    None,
    Right,
}

/// A quarter of the compass in the frame of the grid: 0 ahead, 1 right, 2 back, 3 left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Quarter(u8);

impl Quarter {
    fn turned(self, turn: Turn) -> Self {
        match turn {
            Turn::Left => Self((self.0 + 3) % 4),
            Turn::None => self,
            Turn::Right => Self((self.0 + 1) % 4),
        }
    }

    fn step(self) -> (i32, i32) {
        [(0, 1), (1, 0), (0, -1), (-1, 0)][usize::from(self.0 % 4)]
    }
}

/// Where a vehicle is on its way: one leg, from one crossing up to and round the next.
#[derive(Clone, Debug)]
pub(super) struct Route {
    city: City,
    from: (i32, i32),
    heading: Quarter,
    /// Metres of the leg already taken up by the corner before it.
    entry_m: f64,
    /// Metres driven of the leg.
    along_m: f64,
    turn: Turn,
}

impl Route {
    pub(super) fn new(city: City, rng: &mut Rng) -> Self {
        let edge = city.blocks as usize;
        let mut crossing = || rng.below(2 * edge - 1) as i32 - (edge as i32 - 1);
        let from = (crossing(), crossing());
        let heading = Quarter(rng.below(4) as u8);
        let mut route = Self { city, from, heading, entry_m: 0.0, along_m: 0.0, turn: Turn::None };
        route.turn = route.choose(rng);
        route.along_m = rng.unit() * route.straight_m();
        route
    }

    /// Moves on; true when a new leg has begun.
    pub(super) fn advance(&mut self, metres: f64, rng: &mut Rng) -> bool {
        self.along_m += metres;
        let leg_m = self.straight_m() + if self.turns() { CORNER_M } else { 0.0 };
        if self.along_m < leg_m {
            return false;
        }
        self.along_m -= leg_m;
        self.from = self.to();
        self.entry_m = if self.turns() { CORNER_RADIUS_M } else { 0.0 };
        self.heading = self.heading.turned(self.turn);
        self.turn = self.choose(rng);
        true
    }

    /// Metres to where the corner or the crossing ahead begins; 0 or less in a corner.
    pub(super) fn to_corner_m(&self) -> f64 {
        self.straight_m() - self.along_m
    }

    /// Whether this leg ends with a turn.
    pub(super) fn turns(&self) -> bool {
        self.turn != Turn::None
    }

    /// The place, the direction in degrees from north, and the height in metres.
    pub(super) fn pose(&self) -> (Place, u16, f64) {
        let (x, y, heading_deg) = self.on_grid();
        let (sin, cos) = self.city.grid_deg.to_radians().sin_cos();
        let (east_m, north_m) = (x * cos + y * sin, y * cos - x * sin);
        // Gentle hills, a kilometre or so from top to top.
        let hills_m = 8.0 * (east_m / 240.0).sin() + 6.0 * (north_m / 170.0).cos();
        let place = self.city.anchor.offset(east_m, north_m);
        (place, whole_degrees(heading_deg + self.city.grid_deg), self.city.altitude_m + hills_m)
    }

    /// Metres right and ahead of the anchor in the frame of the grid, and the direction there.
    fn on_grid(&self) -> (f64, f64, f64) {
        let metres = |(i, j): (i32, i32)| (f64::from(i), f64::from(j));
        let ((i, j), (ax, ay)) = (metres(self.from), metres(self.heading.step()));
        let (rx, ry) = metres(self.heading.turned(Turn::Right).step());
        // `a` is metres ahead of the crossing behind, `r` metres to the right of the street's middle.
        let angle = (self.along_m - self.straight_m()).max(0.0) / CORNER_RADIUS_M;
        let side = match self.turn {
            Turn::Left => -1.0,
            Turn::None => 0.0,
            Turn::Right => 1.0,
        };
        let (a, r) = if self.turns() {
            let straight = self.along_m.min(self.straight_m());
            let (sin, cos) = angle.sin_cos();
            (self.entry_m + straight + CORNER_RADIUS_M * sin, side * CORNER_RADIUS_M * (1.0 - cos))
        } else {
            (self.entry_m + self.along_m, 0.0)
        };
        let block_m = self.city.block_m;
        let heading_deg = f64::from(self.heading.0) * 90.0 + side * angle.to_degrees();
        (i * block_m + ax * a + rx * r, j * block_m + ay * a + ry * r, heading_deg)
    }

    fn straight_m(&self) -> f64 {
        self.city.block_m - self.entry_m - if self.turns() { CORNER_RADIUS_M } else { 0.0 }
    }

    fn to(&self) -> (i32, i32) {
        let (di, dj) = self.heading.step();
        (self.from.0 + di, self.from.1 + dj)
    }

    /// Chooses the turn at the crossing ahead, so that the crossing after it is still on the grid.
    fn choose(&self, rng: &mut Rng) -> Turn {
        let on_grid = |turn: &Turn| {
            let ((i, j), (di, dj)) = (self.to(), self.heading.turned(*turn).step());
            (i + di).abs() <= self.city.blocks && (j + dj).abs() <= self.city.blocks
        };
        let sides = if rng.chance(0.5) { [Turn::Left, Turn::Right] } else { [Turn::Right, Turn::Left] };
        let straight_on = rng.chance(STRAIGHT_ON) && on_grid(&Turn::None);
        if straight_on { Turn::None } else { sides.into_iter().find(on_grid).unwrap_or(Turn::None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::city::CITIES;
    use crate::geo::turned_deg;

    #[test]
    fn the_way_is_smooth_turns_both_ways_and_stays_on_the_grid() {
        for (seed, city) in CITIES.into_iter().enumerate() {
            let mut rng = Rng::new(seed as u64);
            let mut route = Route::new(city, &mut rng);
            let (mut place, mut heading, _) = route.pose();
            let mut turned = [0; 2];
            for _ in 0..100_000 {
                let before = route.turn;
                if route.advance(0.5, &mut rng) {
                    turned[0] += usize::from(before == Turn::Left);
                    turned[1] += usize::from(before == Turn::Right);
                }
                let (next, next_heading, altitude_m) = route.pose();
                let moved_m = place.distance_m(next);
                assert!((moved_m - 0.5).abs() < 0.01, "moved {moved_m} m instead of 0.5");
                assert!(turned_deg(heading, next_heading) <= 4, "from {heading} to {next_heading} within 0.5 m");
                assert!(turned_deg(place.bearing_deg(next), next_heading) <= 4, "slides sideways");
                assert!(city.anchor.distance_m(next) <= city.reach_m());
                assert!((altitude_m - city.altitude_m).abs() <= 14.0);
                (place, heading) = (next, next_heading);
            }
            assert!(turned.iter().all(|n| *n > 20), "{turned:?}");
        }
    }
}
