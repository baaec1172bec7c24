//! One vehicle on the road: where it goes, what happens to it, and what its unit measures.
//!
//! A drive depends on its seed and its start alone: how often [`Drive::advance`] is called makes no difference.

mod city;
mod mishap;
mod motion;
mod route;

use std::collections::VecDeque;

use model::{MS_PER_SECOND, Timestamp};

pub use self::city::{CITIES, City};
pub use self::motion::SPEED_KMH_MAX;

use self::mishap::Mishaps;
use self::motion::Motion;
use self::route::Route;
use crate::geo::{Place, turned_deg};
use crate::rng::Rng;
use crate::sample::{Happening, Sample};

/// Seconds that one call of [`Drive::advance`] makes up for at most.
pub const CATCH_UP_S_MAX: i64 = 86_400;
/// Happenings that wait for their second; more than one at a time is rare.
const WAITING_MAX: usize = 8;

/// How a vehicle drives and reports.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DriveOptions {
    /// How many times shorter than in life lights, parking and outages are, and how many times as frequent mishaps.
    /// Motion keeps its true speed, so that times, speeds and distances of the samples always agree.
    pub pace: f64,
    /// Seconds between samples of a moving vehicle.
    pub moving_period_s: u32,
    /// Seconds between samples of a standing vehicle with the ignition on.
    pub standing_period_s: u32,
    /// Seconds between samples of a parked vehicle.
    pub parked_period_s: u32,
    /// Degrees of turn that are worth a sample of their own.
    pub turn_deg: u16,
}

impl Default for DriveOptions {
    fn default() -> Self {
        Self { pace: 1.0, moving_period_s: 5, standing_period_s: 15, parked_period_s: 60, turn_deg: 20 }
    }
}

/// How a drive begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    /// On the road.
    Driving,
    /// Parked, and all is well.
    Parked,
    /// Parked, with the external power cut.
    Unplugged,
    /// On the road, without a network.
    OutOfReach,
}

/// What a vehicle is doing, the most remarkable first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// No network: samples stay in the unit.
    NoNetwork,
    /// The external power is cut.
    NoPower,
    /// No fix.
    NoFix,
    /// Ignition off.
    Parked,
    /// Ignition on, not moving.
    Stopped,
    /// Moving.
    Driving,
}

/// One vehicle on the road.
#[derive(Clone, Debug)]
pub struct Drive {
    options: DriveOptions,
    rng: Rng,
    time: Timestamp,
    route: Route,
    motion: Motion,
    mishaps: Mishaps,
    odometer_m: f64,
    fix: Place,
    satellites: u8,
    waiting: VecDeque<Happening>,
    last: Option<Sample>,
}

impl Drive {
    /// A vehicle of `city` whose first sample is due a second after `start`.
    pub fn new(city: City, options: DriveOptions, beginning: Beginning, mut rng: Rng, start: Timestamp) -> Self {
        let parked = matches!(beginning, Beginning::Parked | Beginning::Unplugged);
        let route = Route::new(city, &mut rng);
        let motion = Motion::new(parked, options.pace, &mut rng);
        let mut mishaps = Mishaps::new(options.pace);
        match beginning {
            Beginning::Unplugged => mishaps.cut_power(&mut rng),
            Beginning::OutOfReach => mishaps.lose_network(&mut rng),
            Beginning::Driving | Beginning::Parked => {}
        }
        let odometer_m = rng.between(5e6, 180e6);
        let (fix, ..) = route.pose();
        let waiting = VecDeque::new();
        Self { options, rng, time: start, route, motion, mishaps, odometer_m, fix, satellites: 10, waiting, last: None }
    }

    /// Whether the unit can reach the server.
    pub fn has_network(&self) -> bool {
        self.mishaps.has_network()
    }

    /// What the vehicle is doing.
    pub fn condition(&self) -> Condition {
        if !self.mishaps.has_network() {
            Condition::NoNetwork
        } else if !self.mishaps.has_power() {
            Condition::NoPower
        } else if !self.mishaps.has_fix() {
            Condition::NoFix
        } else if self.motion.is_parked() {
            Condition::Parked
        } else if !self.motion.is_moving() {
            Condition::Stopped
        } else {
            Condition::Driving
        }
    }

    /// The newest sample, if there is one yet.
    pub fn last(&self) -> Option<&Sample> {
        self.last.as_ref()
    }

    /// Drives on to `now` in whole seconds and appends the samples taken on the way. Their times grow strictly. What
    /// lies more than [`CATCH_UP_S_MAX`] ahead is left to the next call.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Sample>) {
        let seconds = (now.since_ms(self.time) / MS_PER_SECOND).min(CATCH_UP_S_MAX);
        for _ in 0..seconds {
            self.second();
            if let Some(sample) = self.measure() {
                self.last = Some(sample);
                out.push(sample);
            }
        }
    }

    fn second(&mut self) {
        self.time = self.time.plus_ms(MS_PER_SECOND);
        self.odometer_m += self.motion.second(&mut self.route, self.mishaps.has_power(), &mut self.rng);
        self.mishaps.second(self.motion.is_parked(), self.motion.is_moving(), &mut self.rng);
        if self.rng.chance(0.1) {
            self.satellites = (self.satellites as usize + self.rng.below(3)).saturating_sub(1).clamp(6, 15) as u8;
        }
    }

    /// A sample, when something happened or it is time for one.
    fn measure(&mut self) -> Option<Sample> {
        let mut sample = self.look();
        if let Some(last) = self.last {
            self.notice(&last, &sample);
        }
        sample.happening = self.waiting.pop_front();
        let due = match &self.last {
            None => true,
            Some(last) => sample.happening.is_some() || self.is_due(last, &sample),
        };
        due.then_some(sample)
    }

    fn is_due(&self, last: &Sample, sample: &Sample) -> bool {
        let options = &self.options;
        let period_s = if !sample.ignition {
            options.parked_period_s
        } else if sample.moving {
            options.moving_period_s
        } else {
            options.standing_period_s
        };
        let turned = sample.satellites > 0
            && last.satellites > 0
            && turned_deg(sample.heading_deg, last.heading_deg) >= options.turn_deg;
        turned || sample.time.since_ms(last.time) >= i64::from(period_s) * MS_PER_SECOND
    }

    /// Queues what changed since the last sample. Each queued happening gets a sample of its own, one a second.
    fn notice(&mut self, last: &Sample, sample: &Sample) {
        let unplugged = sample.external_mv == 0;
        let changes = [
            (last.ignition != sample.ignition, Happening::Ignition),
            (last.moving != sample.moving, Happening::Movement),
            ((last.external_mv == 0) != unplugged, Happening::Unplugged(unplugged)),
            (last.door_open != sample.door_open, Happening::Door),
        ];
        for (changed, happening) in changes {
            if changed && self.waiting.len() < WAITING_MAX {
                self.waiting.push_back(happening);
            }
        }
    }

    /// What the unit would measure now.
    fn look(&mut self) -> Sample {
        let has_fix = self.mishaps.has_fix();
        let (place, heading_deg, altitude_m) = self.route.pose();
        if has_fix {
            self.fix = place;
        }
        let ignition = !self.motion.is_parked();
        let external_mv = match (self.mishaps.has_power(), ignition) {
            (false, _) => 0,
            (true, true) => 13_800 + (self.time.s() % 7) as u16 * 40,
            (true, false) => 12_500,
        };
        Sample {
            time: self.time,
            place: self.fix,
            altitude_m: altitude_m.round() as i16,
            heading_deg: if has_fix { heading_deg } else { 0 },
            speed_kmh: if has_fix { self.motion.speed_kmh() } else { 0.0 },
            satellites: if has_fix { self.satellites } else { 0 },
            ignition,
            moving: self.motion.is_moving(),
            door_open: self.motion.door_open(),
            external_mv,
            battery_mv: self.mishaps.battery_mv(),
            battery_level: self.mishaps.battery_level(),
            gsm_level: if self.mishaps.has_network() { 2 + self.satellites % 4 } else { 0 },
            odometer_m: self.odometer_m as u32,
            happening: None,
        }
    }
}
