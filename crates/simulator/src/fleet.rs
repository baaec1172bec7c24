//! A fleet: vehicles with names and numbers, spread over the cities.

use model::Timestamp;

use crate::device::{Counters, Device, DeviceOptions};
use crate::drive::{Beginning, CITIES, City, Condition, Drive, DriveOptions};
use crate::imei::imei;
use crate::rng::Rng;
use crate::sample::Sample;

const KINDS: [&str; 5] = ["van", "truck", "taxi", "bus", "car"];
/// Among so many neighbours one begins parked, one without power and one without a network.
const BEGINNINGS: usize = 8;

/// What fleet to make.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FleetOptions {
    /// The same seed and start give the same fleet, to the byte.
    pub seed: u64,
    /// How many vehicles; they take turns over the [`CITIES`].
    pub vehicles: usize,
    /// Number of the first vehicle's IMEI in the made-up block, so that fleets can stand side by side.
    pub first_imei: u64,
    /// How they drive and report.
    pub drive: DriveOptions,
    /// Records that each unit's memory holds.
    pub memory_records_max: usize,
}

impl Default for FleetOptions {
    fn default() -> Self {
        let drive = DriveOptions::default();
        Self { seed: 1, vehicles: 27, first_imei: 0, drive, memory_records_max: 10_000 }
    }
}

/// Vehicles in order of their number.
#[derive(Debug)]
pub struct Fleet {
    /// The vehicles.
    pub vehicles: Vec<Vehicle>,
}

impl Fleet {
    /// A fleet whose vehicles take their first samples within two seconds after `start`.
    pub fn new(options: &FleetOptions, start: Timestamp) -> Self {
        Self { vehicles: (0..options.vehicles).map(|n| Vehicle::new(options, n, start)).collect() }
    }
}

/// A vehicle with a Teltonika unit aboard.
#[derive(Debug)]
pub struct Vehicle {
    name: String,
    city: City,
    drive: Drive,
    device: Device,
    samples: Vec<Sample>,
}

impl Vehicle {
    fn new(options: &FleetOptions, n: usize, start: Timestamp) -> Self {
        let mut rng = Rng::stream(options.seed, n as u64);
        let city = CITIES[n % CITIES.len()];
        let beginning = match n % BEGINNINGS {
            5 => Beginning::Parked,
            6 => Beginning::Unplugged,
            7 => Beginning::OutOfReach,
            _ => Beginning::Driving,
        };
        // A fleet's units do not report on the same beat.
        let start = start.plus_ms(rng.below(1_000) as i64);
        let mut device = DeviceOptions::new(&imei(options.first_imei + n as u64));
        device.memory_records_max = options.memory_records_max;
        Self {
            name: format!("{} {:02} {}", city.name, n / CITIES.len() + 1, KINDS[rng.below(KINDS.len())]),
            city,
            drive: Drive::new(city, options.drive, beginning, rng, start),
            device: Device::new(device),
            samples: Vec::new(),
        }
    }

    /// What people call it: city, number and kind.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its unit logs in as.
    pub fn imei(&self) -> &str {
        &self.device.options().imei
    }

    /// Where it drives.
    pub fn city(&self) -> &City {
        &self.city
    }

    /// The road.
    pub fn drive(&self) -> &Drive {
        &self.drive
    }

    /// The unit.
    pub fn device(&mut self) -> &mut Device {
        &mut self.device
    }

    /// Drives on to `now`; what the unit measures on the way goes into its memory. Gives how many records that were.
    pub fn advance(&mut self, now: Timestamp) -> usize {
        self.drive.advance(now, &mut self.samples);
        let count = self.samples.len();
        for sample in self.samples.drain(..) {
            self.device.record(sample.to_teltonika());
        }
        count
    }

    /// What it is doing.
    pub fn status(&self) -> VehicleStatus {
        VehicleStatus {
            condition: self.drive.condition(),
            connected: self.device.is_logged_in(),
            last: self.drive.last().copied(),
            unacknowledged: self.device.unacknowledged(),
            counters: self.device.counters(),
        }
    }
}

/// What a vehicle thinks of itself.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VehicleStatus {
    /// What it is doing.
    pub condition: Condition,
    /// Whether its unit is logged in.
    pub connected: bool,
    /// Its newest sample.
    pub last: Option<Sample>,
    /// Records in its memory.
    pub unacknowledged: usize,
    /// What its unit has counted.
    pub counters: Counters,
}
