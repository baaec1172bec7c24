//! Real drives, recorded by taxis, through a Teltonika unit to a subscriber.

use std::time::Duration;

use e2e::teltonika::{Element, record};
use e2e::{Account, Frame, Report, Server, Socket, Tracker, cabs, eventually};
use serde_json::{Value, json};

/// Fixes of one drive in an ordinary run; `ODOGRAPH_CABS_ALL=1` takes all of them.
const FIXES: usize = 3_000;

/// Records a packet.
const PACKET: usize = 20;

#[test]
fn what_a_subscriber_saw_last_is_the_last_fix_of_the_drive() {
    if let Err(reason) = cabs::folder() {
        eprintln!("{reason}");
        return;
    }
    let all = std::env::var("ODOGRAPH_CABS_ALL").is_ok_and(|value| value == "1");
    let names: &[&str] = if all { &["abboip.txt", "aiwalb.txt", "akgicjud.txt"] } else { &["abboip.txt"] };
    for (index, name) in names.iter().enumerate() {
        let mut fixes = cabs::fixes(name);
        fixes.truncate(if all { usize::MAX } else { FIXES });
        replay(&format!("35000000000100{index}"), &fixes);
    }
}

fn replay(imei: &str, fixes: &[cabs::Fix]) {
    let server = Server::start();
    let account = Account::new(&server);
    let cab = account.teltonika(imei);
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[cab.id]);
    socket.state_of(cab.source_id);

    let address = server.device("teltonika");
    let seen = std::thread::scope(|scope| {
        let sender = scope.spawn(move || {
            let mut tracker = Tracker::online(address, imei);
            for packet in fixes.chunks(PACKET) {
                let records: Vec<_> = packet.iter().map(to_record).collect();
                tracker.upload(&records);
            }
        });
        let last = fixes.last().expect("a drive has fixes");
        let mut seen = Vec::new();
        while !seen.last().is_some_and(|state| is_at(state, last)) {
            seen.push(socket.state_of(cab.source_id));
        }
        sender.join().expect("the upload succeeds");
        seen
    });
    // A reader that keeps up gets one event a fix; one that falls behind gets fewer, never more.
    assert!(seen.len() <= fixes.len(), "{} states for {} fixes", seen.len(), fixes.len());
    let times: Vec<&str> = seen.iter().filter_map(|state| state["gps"]["updated"].as_str()).collect();
    assert!(times.is_sorted(), "nothing is out of order");
    assert_eq!(socket.frame_within(Duration::from_millis(1)), None::<Frame>, "nothing comes after the last fix");
    let last = fixes.last().expect("a drive has fixes");
    assert_eq!(account.state(&cab), *seen.last().expect("states were seen"));
    let stored = eventually("all fixes in the journal", || Some(server.export(&[]).len()));
    let mut distinct: Vec<_> =
        fixes.iter().map(|fix| (fix.time_s, fix.latitude.to_bits(), fix.longitude.to_bits(), fix.occupied)).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(stored, distinct.len(), "repeats are stored once");
    assert_eq!(account.state(&cab)["inputs"][0], json!(last.occupied));
}

fn to_record(fix: &cabs::Fix) -> e2e::teltonika::Record {
    let report = Report {
        time_ms: fix.time_s * 1000,
        latitude: fix.latitude,
        longitude: fix.longitude,
        speed_kmh: 30,
        heading_deg: 90,
        satellites: 8,
    };
    record(&report, vec![Element::u8(1, u8::from(fix.occupied))])
}

fn is_at(state: &Value, fix: &cabs::Fix) -> bool {
    let updated = state["gps"]["updated"].as_str();
    updated.is_some_and(|text| e2e::instant(text, "UTC").as_second() == fix.time_s)
        && state["gps"]["location"] == json!({"lat": fix.latitude, "lng": fix.longitude})
}
