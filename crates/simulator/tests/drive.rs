//! Made-up drives must be possible on a real road.

use std::collections::HashMap;

use model::Timestamp;
use simulator::drive::{Condition, DriveOptions, SPEED_KMH_MAX};
use simulator::geo::turned_deg;
use simulator::wire::teltonika::{self, Codec};
use simulator::{Fleet, FleetOptions, Happening, Sample, Vehicle};

const HOUR_MS: i64 = 3_600_000;

fn start() -> Timestamp {
    Timestamp::from_ms_clamped(1_773_480_413_000)
}

fn samples_of(vehicle: &Vehicle, ms: i64) -> Vec<Sample> {
    let mut samples = Vec::new();
    vehicle.drive().clone().advance(start().plus_ms(ms), &mut samples);
    samples
}

fn fleet(seed: u64, pace: f64) -> Fleet {
    let drive = DriveOptions { pace, ..DriveOptions::default() };
    Fleet::new(&FleetOptions { seed, drive, ..FleetOptions::default() }, start())
}

/// Two fixes in a row, with the odometer between them.
fn check_pair(a: &Sample, b: &Sample) {
    let seconds = b.time.since_ms(a.time) as f64 / 1_000.0;
    let apart_m = a.place.distance_m(b.place);
    let driven_m = f64::from(b.odometer_m) - f64::from(a.odometer_m);
    // The odometer counts whole metres; a corner cuts the straight line by at most a factor of √2.
    assert!(apart_m <= driven_m + 1.5, "{apart_m} m apart after {driven_m} m\n{a:?}\n{b:?}");
    assert!(driven_m <= SPEED_KMH_MAX / 3.6 * seconds + 1.0, "{driven_m} m in {seconds} s\n{a:?}\n{b:?}");
    if seconds > 5.0 {
        return;
    }
    assert!(driven_m <= apart_m * std::f64::consts::SQRT_2 + 1.5, "{driven_m} m for {apart_m}\n{a:?}\n{b:?}");
    // Between two speeds, braking at 3 m/s² and speeding up bound the way on both sides.
    let mean_m = (a.speed_kmh + b.speed_kmh) / 2.0 / 3.6 * seconds;
    let slack_m = 3.0 * seconds * seconds / 4.0 + 1.5;
    assert!((driven_m - mean_m).abs() <= slack_m, "{driven_m} m at a mean of {mean_m}\n{a:?}\n{b:?}");
    let change = (b.speed_kmh - a.speed_kmh).abs() / 3.6;
    assert!(change <= 3.0 * seconds + 1.2, "{change} m/s within {seconds} s\n{a:?}\n{b:?}");
    if apart_m > 20.0 && turned_deg(a.heading_deg, b.heading_deg) <= 5 {
        assert!(turned_deg(a.place.bearing_deg(b.place), a.heading_deg) <= 8, "slides sideways\n{a:?}\n{b:?}");
    }
}

#[test]
fn drives_are_physically_possible_and_stay_in_town() {
    for (seed, pace) in [(1, 1.0), (2, 1.0), (3, 6.0)] {
        for vehicle in &fleet(seed, pace).vehicles {
            let samples = samples_of(vehicle, 2 * HOUR_MS);
            assert!(samples.len() > 100, "{} took {} samples", vehicle.name(), samples.len());
            for sample in &samples {
                assert!(vehicle.city().anchor.distance_m(sample.place) <= vehicle.city().reach_m());
                assert!(sample.speed_kmh <= SPEED_KMH_MAX && sample.heading_deg < 360);
                assert!(sample.ignition || !sample.moving);
                assert!((3_400..=4_100).contains(&sample.battery_mv) && sample.battery_level <= 100);
                assert!(sample.satellites == 0 || (6..=15).contains(&sample.satellites));
            }
            for pair in samples.windows(2) {
                assert!(pair[0].time < pair[1].time);
                assert!(pair[1].time.since_ms(pair[0].time) <= 60_000, "a gap in {}", vehicle.name());
            }
            let fixes: Vec<&Sample> = samples.iter().filter(|s| s.satellites > 0).collect();
            fixes.windows(2).for_each(|pair| check_pair(pair[0], pair[1]));
        }
    }
}

#[test]
fn everything_that_can_happen_happens() {
    let mut seen: HashMap<Condition, usize> = HashMap::new();
    let mut happened = [0; 6];
    let mut fleet = fleet(1, 4.0);
    for second in 1..=1_200 {
        for vehicle in &mut fleet.vehicles {
            vehicle.advance(start().plus_ms(second * 1_000));
            *seen.entry(vehicle.drive().condition()).or_default() += 1;
        }
    }
    for sample in fleet.vehicles.iter().flat_map(|v| v.drive().last()) {
        assert!(sample.time <= start().plus_ms(1_200_000));
    }
    for vehicle in &self::fleet(1, 4.0).vehicles {
        for sample in samples_of(vehicle, 1_200_000) {
            match sample.happening {
                Some(Happening::Ignition) => happened[0] += 1,
                Some(Happening::Movement) => happened[1] += 1,
                Some(Happening::Unplugged(true)) => {
                    happened[2] += 1;
                    assert!(!sample.ignition);
                }
                Some(Happening::Unplugged(false)) => happened[3] += 1,
                Some(Happening::Door) => happened[4] += 1,
                None => happened[5] += 1,
            }
        }
    }
    assert!(happened.iter().all(|n| *n > 10), "{happened:?}");
    use Condition::{Driving, NoFix, NoNetwork, NoPower, Parked, Stopped};
    for condition in [Driving, Stopped, Parked, NoPower, NoNetwork, NoFix] {
        let share = seen.get(&condition).copied().unwrap_or_default() as f64 / (27.0 * 1_200.0);
        assert!((0.005..0.75).contains(&share), "{condition:?}: {share:.3} of the time");
    }
}

#[test]
fn a_lost_fix_repeats_the_place_and_an_outage_shows_no_signal() {
    let samples: Vec<Sample> = fleet(4, 4.0).vehicles.iter().flat_map(|v| samples_of(v, HOUR_MS)).collect();
    let lost: Vec<_> = samples.windows(2).filter(|p| p[1].satellites == 0 && p[0].satellites > 0).collect();
    assert!(lost.len() > 20);
    for pair in lost.iter().filter(|p| p[0].time.plus_ms(1_000) == p[1].time) {
        assert_eq!(pair[1].place, pair[0].place);
    }
    assert!(samples.iter().all(|s| s.satellites > 0 || (s.speed_kmh, s.heading_deg) == (0.0, 0)));
    assert!(samples.iter().any(|s| s.gsm_level == 0) && samples.iter().all(|s| s.gsm_level <= 5));
    assert!(samples.iter().any(|s| s.external_mv == 0 && s.battery_mv < 3_900));
}

#[test]
fn how_often_a_drive_is_looked_at_makes_no_difference() {
    let mut often = fleet(5, 2.0);
    for vehicle in &mut often.vehicles {
        let once = samples_of(vehicle, HOUR_MS);
        let mut drive = vehicle.drive().clone();
        let mut many = Vec::new();
        for ms in (0..=HOUR_MS).step_by(777).chain([HOUR_MS]) {
            drive.advance(start().plus_ms(ms), &mut many);
        }
        assert_eq!(many, once);
    }
}

/// A change here means that seeds no longer give the fleets they gave: fine when meant, never by accident.
#[test]
fn a_seed_gives_the_same_bytes_for_ever() {
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    let mut count = 0;
    for vehicle in &fleet(42, 2.0).vehicles {
        let records: Vec<_> = samples_of(vehicle, 600_000).iter().map(Sample::to_teltonika).collect();
        count += records.len();
        for record in &records {
            let mut bytes = Vec::new();
            teltonika::encode_packet(Codec::EightExtended, [record], usize::MAX, &mut bytes);
            for byte in bytes.iter().chain(vehicle.imei().as_bytes()).chain(vehicle.name().as_bytes()) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
            }
        }
    }
    assert_eq!((count, hash), (2_335, 11_301_546_416_492_825_633));
}

#[test]
fn names_and_numbers_are_all_different() {
    let options = FleetOptions { vehicles: 300, first_imei: 50, ..FleetOptions::default() };
    let fleet = Fleet::new(&options, start());
    let names: std::collections::HashSet<_> = fleet.vehicles.iter().map(Vehicle::name).collect();
    let imeis: std::collections::HashSet<_> = fleet.vehicles.iter().map(Vehicle::imei).collect();
    assert_eq!((names.len(), imeis.len()), (300, 300));
    assert!(names.iter().any(|n| n.starts_with("Nairobi 100 ")));
    assert!(imeis.contains(simulator::imei::imei(50).as_str()));
}
