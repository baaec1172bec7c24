//! A recorded taxi's day, as tracks, points, mileage and events.

use e2e::teltonika::{Element, Record, record};
use e2e::{Account, RegisteredTracker, Report, Server, Tracker, cabs, instant};
use serde_json::{Value, json};

const IMEI: &str = "350000000001201";
/// Fixes of the drive, about a day and a half.
const FIXES: usize = 1_500;
/// Records a packet.
const PACKET: usize = 50;

/// Speeds follow from the fix before, because the recording has none.
fn records(fixes: &[cabs::Fix]) -> Vec<Record> {
    let before = std::iter::once(None).chain(fixes.iter().map(Some));
    before.zip(fixes).map(|(before, fix)| to_record(before, fix)).collect()
}

fn to_record(before: Option<&cabs::Fix>, fix: &cabs::Fix) -> Record {
    let speed_kmh = before.map_or(0.0, |b| kilometres(b, fix) * 3_600.0 / (fix.time_s - b.time_s).max(1) as f64);
    let report = Report {
        time_ms: fix.time_s * 1000,
        latitude: fix.latitude,
        longitude: fix.longitude,
        speed_kmh: speed_kmh.min(200.0).round() as u16,
        heading_deg: 90,
        satellites: 8,
    };
    record(&report, vec![Element::u8(1, u8::from(fix.occupied))])
}

/// Along a flat map, which is good enough between two fixes.
fn kilometres(from: &cabs::Fix, to: &cabs::Fix) -> f64 {
    let north = (to.latitude - from.latitude) * 111.195;
    let east = (to.longitude - from.longitude) * 111.195 * from.latitude.to_radians().cos();
    north.hypot(east)
}

/// A taxi's drive, uploaded; `None` where the recordings are missing.
fn drive(server: &Server, account: &Account) -> Option<(RegisteredTracker, Vec<cabs::Fix>)> {
    if let Err(reason) = cabs::folder() {
        eprintln!("{reason}");
        return None;
    }
    let cab = account.teltonika(IMEI);
    let mut fixes = cabs::fixes("abboip.txt");
    fixes.truncate(FIXES);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    for packet in records(&fixes).chunks(PACKET) {
        tracker.upload(packet);
    }
    Some((cab, fixes))
}

fn second(text: &Value) -> i64 {
    instant(text.as_str().expect("a date"), "UTC").as_second()
}

/// The trips cover the drive: whenever the taxi moved it was on one of them, and their lengths are the way that it went.
#[test]
fn the_trips_of_a_taxi_cover_its_drive() {
    let server = Server::start();
    let account = Account::new(&server);
    let Some((cab, fixes)) = drive(&server, &account) else { return };
    let span = |more: Value| {
        let mut body = json!({"tracker_id": cab.id, "from": "2008-05-17 00:00:00", "to": "2008-06-15 00:00:00"});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let list = account.call("track/list", span(json!({"filter": false}))).ok();
    assert_eq!(list["limit_exceeded"], false);
    let tracks = list["list"].as_array().expect("a list");
    let spans: Vec<_> = tracks
        .iter()
        .map(|t| (second(&t["start_date"]), t.get("end_date").map_or(second(&t["start_date"]), second)))
        .collect();
    assert!(spans.len() > 3 && spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{spans:?}");
    let moving = records(&fixes).into_iter().filter(|r| r.speed_kmh >= 3).map(|r| r.time.s());
    for s in moving {
        assert!(spans.iter().any(|(start, end)| (*start..=*end).contains(&s)), "{s} is on no trip");
    }
    let length: f64 = tracks.iter().filter_map(|t| t["length"].as_f64()).sum();
    let driven: f64 = fixes
        .windows(2)
        .filter(|f| spans.iter().any(|(start, end)| *start <= f[0].time_s && f[1].time_s <= *end))
        .map(|f| kilometres(&f[0], &f[1]))
        .sum();
    assert!((length - driven).abs() < driven * 0.01, "{length} km of trips, {driven} km of fixes");

    let merged = account.call("track/list", span(json!({"filter": false, "split": false}))).ok();
    let merged = merged["list"].as_array().expect("a list").clone();
    assert_eq!((merged.len(), &merged[0]["type"]), (1, &json!("merged")));
    assert!((merged[0]["length"].as_f64().expect("a number") - length).abs() < 0.01 * spans.len() as f64 + 0.01);

    // The longest trip by its points.
    let longest = tracks.iter().max_by_key(|t| t["points"].as_i64()).expect("a trip");
    let read = account.call("track/read", span(json!({"track_id": longest["id"], "simplify": false}))).ok();
    let points = read["list"].as_array().expect("a list");
    assert_eq!(json!(points.len()), longest["points"]);
    assert_eq!(points[0]["get_time"], longest["start_date"]);
    let thin = account.call("track/read", span(json!({"track_id": longest["id"], "point_limit": 20}))).ok();
    assert_eq!(thin["list"].as_array().map(Vec::len), Some(20));

    let mileage = json!({"trackers": [cab.id], "from": "2008-05-17 00:00:00", "to": "2008-06-15 00:00:00"});
    let mileage = account.call("tracker/stats/mileage/read", mileage).ok();
    let days = mileage["result"][cab.id.to_string()].as_object().expect("days").clone();
    assert_eq!(days.len(), 30, "each day, driven or not");
    let total: f64 = days.values().filter_map(|day| day["mileage"].as_f64()).sum();
    assert!((total - length).abs() < 0.5, "{total} km by day, {length} km by trip");
}

/// Each trip begins and ends with an event, and each fare with a change of the input.
#[test]
fn the_history_tells_of_trips_and_fares() {
    let mut server = Server::start();
    let account = Account::new(&server);
    let Some((cab, fixes)) = drive(&server, &account) else { return };
    let asked = json!({"trackers": [cab.id], "from": "2008-05-17 00:00:00", "to": "2008-06-15 00:00:00"});
    let found = account.call("history/tracker/list", asked.clone()).ok();
    let entries = found["list"].as_array().expect("a list").clone();
    let of = |event: &str| entries.iter().filter(|e| e["event"] == event).count();
    let fares = fixes.windows(2).filter(|f| f[0].occupied != f[1].occupied).count();
    assert_eq!(of("input_change"), fares);
    let tracks =
        json!({"tracker_id": cab.id, "from": "2008-05-17 00:00:00", "to": "2008-06-15 00:00:00", "filter": false});
    let tracks = account.call("track/list", tracks).ok()["list"].as_array().map_or(0, Vec::len);
    assert_eq!(of("track_start"), tracks);
    assert!(entries.iter().all(|e| e["location"]["lat"].is_number() && e["extra"]["tracker_label"].is_string()));
    let last = account.call("tracker/get_last_gps_point", json!({"tracker_id": cab.id})).ok();
    let fix = fixes.last().expect("fixes");
    assert_eq!(second(&last["value"]["get_time"]), fix.time_s);
    // The same after a restart, down to the numbers of the entries.
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    let again = Account { api: server.api(), ..account }.call("history/tracker/list", asked).ok();
    assert_eq!(again["list"].as_array(), Some(&entries));
}
