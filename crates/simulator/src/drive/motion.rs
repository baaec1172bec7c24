//! The driver: speeds up, slows down for corners, waits at lights, parks, and drives off again.

use super::route::Route;
use crate::rng::Rng;

/// Driving is computed in steps of this length, in seconds: fine enough to stop at a line.
const STEP_S: f64 = 0.2;
const STEPS_PER_SECOND: usize = 5;
const SPEED_UP_M_S2: f64 = 1.6;
const SLOW_DOWN_M_S2: f64 = 2.0;
/// What the brakes can do when the plan asks for more.
const BRAKES_M_S2: f64 = 3.0;
const CORNER_M_S: f64 = 5.0;
/// From where on a stop counts as reached, in metres.
const AT_THE_LINE_M: f64 = 0.3;
/// How far before the crossing the line is, in metres.
const LINE_M: f64 = 4.0;
const RED_LIGHT: f64 = 0.18;
const CRUISE_M_S: (f64, f64) = (8.5, 15.0);
const TRIP_M: (f64, f64) = (1_200.0, 6_000.0);
const LIGHT_S: (f64, f64) = (8.0, 45.0);
const PARK_S: (f64, f64) = (120.0, 900.0);
/// The door opens this many seconds after parking and closes a minute later.
const DOOR_S: (f64, f64) = (10.0, 70.0);

/// No vehicle is faster than this.
pub const SPEED_KMH_MAX: f64 = CRUISE_M_S.1 * 3.6;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    Driving,
    AtLight { left_s: f64 },
    Parked { since_s: f64, left_s: f64 },
}

#[derive(Clone, Debug)]
pub(super) struct Motion {
    phase: Phase,
    speed_m_s: f64,
    cruise_m_s: f64,
    red_light: bool,
    trip_left_m: f64,
    pace: f64,
}

impl Motion {
    pub(super) fn new(parked: bool, pace: f64, rng: &mut Rng) -> Self {
        let cruise_m_s = rng.between(CRUISE_M_S.0, CRUISE_M_S.1);
        let trip_left_m = rng.between(TRIP_M.0, TRIP_M.1) * rng.unit();
        let left_s = rng.between(PARK_S.0, PARK_S.1) / pace;
        let phase = if parked { Phase::Parked { since_s: DOOR_S.1, left_s } } else { Phase::Driving };
        Self { phase, speed_m_s: 0.0, cruise_m_s, red_light: false, trip_left_m, pace }
    }

    pub(super) fn is_parked(&self) -> bool {
        matches!(self.phase, Phase::Parked { .. })
    }

    pub(super) fn is_moving(&self) -> bool {
        self.speed_m_s > 0.0
    }

    pub(super) fn speed_kmh(&self) -> f64 {
        self.speed_m_s * 3.6
    }

    pub(super) fn door_open(&self) -> bool {
        matches!(self.phase, Phase::Parked { since_s, .. } if (DOOR_S.0..DOOR_S.1).contains(&since_s))
    }

    /// Lets one second pass; gives the metres driven. A vehicle without power stays parked.
    pub(super) fn second(&mut self, route: &mut Route, has_power: bool, rng: &mut Rng) -> f64 {
        match &mut self.phase {
            Phase::Driving => return (0..STEPS_PER_SECOND).map(|_| self.drive(route, rng)).sum(),
            Phase::AtLight { left_s } => *left_s -= 1.0,
            Phase::Parked { since_s, left_s } => {
                *since_s += 1.0;
                *left_s -= 1.0;
            }
        }
        match self.phase {
            Phase::AtLight { left_s } if left_s <= 0.0 => {
                self.red_light = false;
                self.phase = Phase::Driving;
            }
            Phase::Parked { left_s, .. } if left_s <= 0.0 && has_power => {
                self.trip_left_m = rng.between(TRIP_M.0, TRIP_M.1);
                self.phase = Phase::Driving;
            }
            _ => {}
        }
        0.0
    }

    fn drive(&mut self, route: &mut Route, rng: &mut Rng) -> f64 {
        if self.phase != Phase::Driving {
            return 0.0;
        }
        let to_corner_m = route.to_corner_m();
        let to_light_m = if self.red_light { to_corner_m - LINE_M } else { f64::INFINITY };
        let to_stop_m = to_light_m.min(self.trip_left_m);
        if to_stop_m <= AT_THE_LINE_M {
            self.stop(to_light_m <= AT_THE_LINE_M, rng);
            return 0.0;
        }
        let mut plan_m_s = self.cruise_m_s.min((2.0 * SLOW_DOWN_M_S2 * to_stop_m).sqrt());
        if route.turns() {
            let braking = 2.0 * SLOW_DOWN_M_S2 * to_corner_m.max(0.0);
            plan_m_s = plan_m_s.min((CORNER_M_S * CORNER_M_S + braking).sqrt());
        }
        let before_m_s = self.speed_m_s;
        let (slowest, fastest) = (before_m_s - BRAKES_M_S2 * STEP_S, before_m_s + SPEED_UP_M_S2 * STEP_S);
        self.speed_m_s = plan_m_s.clamp(slowest.max(0.0), fastest);
        let metres = (before_m_s + self.speed_m_s) / 2.0 * STEP_S;
        self.trip_left_m -= metres;
        if route.advance(metres, rng) {
            self.cruise_m_s = rng.between(CRUISE_M_S.0, CRUISE_M_S.1);
            self.red_light = rng.chance(RED_LIGHT);
        }
        metres
    }

    fn stop(&mut self, at_light: bool, rng: &mut Rng) {
        self.speed_m_s = 0.0;
        self.phase = if at_light {
            Phase::AtLight { left_s: rng.between(LIGHT_S.0, LIGHT_S.1) / self.pace }
        } else {
            Phase::Parked { since_s: 0.0, left_s: rng.between(PARK_S.0, PARK_S.1) / self.pace }
        };
    }
}
