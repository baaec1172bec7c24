//! `kill -9` at any instant: nothing acknowledged is lost, nothing is there twice, and the state is what it was.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use e2e::teltonika::{Codec, Element, NUMBER_ELEMENT, record};
use e2e::{Account, Random, RegisteredTracker, Report, Server, Tracker, instant, now_ms, poll};
use serde_json::Value;

const DEVICES: u32 = 5;

/// Longest wait for the server in one attempt of a device. Short, so that a dead server is noticed at once.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the server is killed: `ODOGRAPH_KILL_ROUNDS`, else 20.
fn rounds() -> u32 {
    std::env::var("ODOGRAPH_KILL_ROUNDS").ok().map_or(20, |text| text.parse().expect("a number of rounds"))
}

/// What the devices and the one who kills share.
struct Field {
    /// Where the server listens now.
    address: Mutex<SocketAddr>,
    /// Acknowledged records of all devices.
    acknowledged: AtomicU64,
    stop: AtomicBool,
}

/// A unit with a memory: it numbers its records and keeps a packet until the server has counted it.
struct Unit {
    imei: String,
    /// Milliseconds since the Unix epoch of record 0; record n is n milliseconds later.
    start_ms: i64,
    /// Records below this number are acknowledged.
    next: u32,
    /// Records below this number have left the unit, acknowledged or not.
    sent: u32,
    random: Random,
}

impl Unit {
    fn records(&self, count: u32) -> Vec<e2e::teltonika::Record> {
        (self.next..self.next + count).map(|number| self.record(number)).collect()
    }

    fn record(&self, number: u32) -> e2e::teltonika::Record {
        let report = Report {
            time_ms: self.start_ms + i64::from(number),
            latitude: 10.0 + f64::from(number) / 1e6,
            speed_kmh: u16::try_from(number % 120).expect("small"),
            ..Report::default()
        };
        record(&report, vec![Element::u32(NUMBER_ELEMENT, number), Element::u8(239, 1)])
    }

    /// Uploads until told to stop; whatever was not counted is sent again, as the same packet, on the next connection.
    fn drive(mut self, field: &Field) -> Unit {
        let mut packet = 1;
        while !field.stop.load(Ordering::Relaxed) {
            let address = *field.address.lock().expect("no panic while held");
            let Ok(mut tracker) = Tracker::try_connect(address, PATIENCE) else {
                std::thread::yield_now();
                continue;
            };
            if !matches!(tracker.log_in(&self.imei), Ok(1)) {
                continue;
            }
            while !field.stop.load(Ordering::Relaxed) {
                self.sent = self.sent.max(self.next + packet);
                match tracker.try_upload(Codec::EightExtended, &self.records(packet)) {
                    Ok(stored) if stored == packet => {
                        self.next += packet;
                        field.acknowledged.fetch_add(u64::from(packet), Ordering::Relaxed);
                        packet = 1 + u32::try_from(self.random.below(10)).expect("small");
                    }
                    Ok(0) => {}
                    Ok(other) => panic!("{other} records counted of {packet}"),
                    Err(_) => break,
                }
            }
        }
        self
    }
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_kill_9() {
    let mut random = Random::from_environment("kill -9");
    let mut server = Server::start();
    let mut account = Account::new(&server);
    let start_ms = now_ms() - 1_800_000;
    let imei = |index: u32| format!("3500000000200{index:02}");
    let trackers: Vec<RegisteredTracker> = (0..DEVICES).map(|index| account.teltonika(&imei(index))).collect();
    let field = Field {
        address: Mutex::new(server.device("teltonika")),
        acknowledged: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    };
    let units: Vec<Unit> = std::thread::scope(|scope| {
        let start = |index: u32| {
            let random = Random::new(random.clone().bits() ^ u64::from(index));
            Unit { imei: imei(index), start_ms, next: 0, sent: 0, random }
        };
        let field = &field;
        let running: Vec<_> = (0..DEVICES).map(start).map(|unit| scope.spawn(move || unit.drive(field))).collect();
        let stop = StopOnDrop(&field.stop);
        for round in 0..rounds() {
            wait_for_uploads(field, &mut random, round);
            server.kill();
            server.start_again();
            *field.address.lock().expect("no panic while held") = server.device("teltonika");
        }
        wait_for_uploads(field, &mut random, rounds());
        drop(stop);
        running.into_iter().map(|unit| unit.join().expect("a unit does not panic")).collect()
    });
    account.api = server.api();

    let stored = numbers(&server.export(&[]));
    for unit in &units {
        check_journal(unit, stored.get(&unit.imei).expect("a unit that uploaded has records"));
    }
    check_states(&account, &trackers, &units, &stored);
    check_restarts(&mut server, &mut account, &trackers);
}

/// Stops the units even when the test fails in between, or it would wait for them for ever.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lets some more records be acknowledged, and then a moment of no particular length pass.
fn wait_for_uploads(field: &Field, random: &mut Random, round: u32) {
    let target = field.acknowledged.load(Ordering::Relaxed) + 1 + random.below(200);
    let moved = poll(Duration::from_secs(20), || (field.acknowledged.load(Ordering::Relaxed) >= target).then_some(()));
    assert!(moved.is_some(), "round {round}: the devices get nothing acknowledged");
    let instant = std::time::Instant::now() + Duration::from_micros(random.below(3000));
    while std::time::Instant::now() < instant {
        std::hint::spin_loop();
    }
}

/// How often each numbered record of each device is in the journal; times and places must fit the number.
fn numbers(lines: &[Value]) -> BTreeMap<String, BTreeMap<u32, u32>> {
    let mut stored: BTreeMap<String, BTreeMap<u32, u32>> = BTreeMap::new();
    for line in lines {
        let device = line["device"].as_str().expect("a device");
        let number = line["attributes"][format!("avl_io_{NUMBER_ELEMENT}")].as_u64().expect("its number");
        let number = u32::try_from(number).expect("32 bits were sent");
        assert_eq!(line["speed_kmh"].as_f64(), Some(f64::from(number % 120)), "{line}");
        *stored.entry(device.to_owned()).or_default().entry(number).or_default() += 1;
    }
    stored
}

fn check_journal(unit: &Unit, stored: &BTreeMap<u32, u32>) {
    let lost: Vec<u32> = (0..unit.next).filter(|number| !stored.contains_key(number)).collect();
    assert!(lost.is_empty(), "{}: acknowledged and lost: {lost:?}", unit.imei);
    let doubled: Vec<_> = stored.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "{}: there more than once: {doubled:?}", unit.imei);
    let last = *stored.keys().next_back().expect("not empty");
    assert!(last < unit.sent, "{}: record {last} was never sent", unit.imei);
    assert!(unit.next > 0, "{}: it got through", unit.imei);
}

/// The state shows the newest record that the journal holds.
fn check_states(
    account: &Account,
    trackers: &[RegisteredTracker],
    units: &[Unit],
    stored: &BTreeMap<String, BTreeMap<u32, u32>>,
) {
    for (tracker, unit) in trackers.iter().zip(units) {
        let last = *stored[&unit.imei].keys().next_back().expect("not empty");
        let newest = unit.record(last);
        let gps = account.state(tracker)["gps"].clone();
        let updated = instant(gps["updated"].as_str().expect("a time"), "UTC").as_second();
        assert_eq!(updated, (unit.start_ms + i64::from(last)).div_euclid(1000), "{}: {gps}", unit.imei);
        assert_eq!(gps["speed"], newest.speed_kmh, "{}: record {last}: {gps}", unit.imei);
    }
}

/// With nothing under way, neither a clean stop nor a kill changes a state.
fn check_restarts(server: &mut Server, account: &mut Account, trackers: &[RegisteredTracker]) {
    let before = account.states(trackers);
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    account.api = server.api();
    assert_eq!(account.states(trackers), before, "after a clean stop");
    server.kill();
    server.start_again();
    account.api = server.api();
    assert_eq!(account.states(trackers), before, "after a kill");
}
