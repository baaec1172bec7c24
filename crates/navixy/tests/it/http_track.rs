//! Tracks, points, mileage and the last fix.

use std::sync::atomic::Ordering;

use model::{EventId, Origin, Position, Report, attr};
use navixy::NavixyOptions;
use serde_json::{Value, json};
use storage::journal::flag;

use crate::states::at;
use crate::world::World;

/// A tracker with reports at places along the equator, `second speed place [word…]` a line, the place in thousandths
/// of a degree (111 m). Words: `net`, `old` (from memory), `ahead` (from a clock ahead), `before` (received before the
/// tracker was registered), `in=1`, `ev=202`. Seconds count from 2026-03-02 10:00:00 in Madrid.
pub(crate) async fn driven(world: &World, hash: &str, name: &str, table: &str) -> u64 {
    let (tracker, source) = world.tracker(hash, name, &format!("unit-{name}")).await;
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [s, speed, place, ref more @ ..] = words[..] else { panic!("{line}") };
        let time = at("2026-03-02T09:00:00Z").plus_ms(s.parse::<i64>().expect(line) * 1_000);
        let mut report = Report { time: Some(time), ..Report::default() };
        report.position = place.parse().ok().map(|milli: f64| {
            let mut position = Position::new(0.0, 10.0 + milli / 1_000.0).expect(line);
            position.set_speed_kmh(speed.parse().expect(line));
            position.set_altitude_m(20.0);
            position.set_heading_deg(90.0);
            position.satellites = Some(9);
            position
        });
        let (mut received, mut flags) = (world.now().plus_ms(1), 0);
        for word in more {
            match word.split_once('=') {
                Some(("in", mask)) => report.attributes.set(attr::INPUT_STATUS, mask.parse::<i64>().expect(line)),
                Some((_, number)) => report.events.push(EventId(number.parse().expect(line))),
                None if *word == "old" => report.archived = true,
                None if *word == "ahead" => flags = flag::FUTURE,
                None if *word == "before" => received = world.now().plus_ms(-1),
                None => {
                    let position = report.position.as_mut().expect(line);
                    (position.origin, position.precision_m) = (Origin::Network, Some(50));
                }
            }
        }
        world.past.add(source, received, flags, &report);
    }
    tracker
}

pub(crate) fn span(hash: &str, from: &str, to: &str) -> Value {
    json!({"hash": hash, "from": format!("2026-03-{from}"), "to": format!("2026-03-{to}")})
}

/// The day of the tables, with more members.
pub(crate) fn day(hash: &str, more: Value) -> Value {
    let mut body = span(hash, "02 00:00:00", "02 23:59:59");
    let members = body.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    body
}

const TWO_TRIPS: &str = "0 30 0\n 60 0 5\n 361 30 6\n 400 40 9\n 410 0 9\n 1000 0 9";

#[tokio::test]
async fn trips_have_the_published_members() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let tracker = driven(&world, &hash, "van-01", TWO_TRIPS).await;
    let found = world.post("track/list", day(&hash, json!({"tracker_id": tracker}))).await;
    assert_eq!(
        found.body,
        json!({"success": true, "limit_exceeded": false, "list": [
            {"id": 1_772_442_000, "start_date": "2026-03-02 10:00:00", "start_address": "",
             "end_date": "2026-03-02 10:06:00", "end_address": "", "length": 0.56, "points": 2, "max_speed": 30,
             "avg_speed": 33, "type": "regular",
             "bounds": {"nw": {"lat": 0.0, "lng": 10.0}, "se": {"lat": 0.0, "lng": 10.005}}},
            {"id": 1_772_442_361, "start_date": "2026-03-02 10:06:01", "start_address": "",
             "end_date": "2026-03-02 10:11:50", "end_address": "", "length": 0.33, "points": 3, "max_speed": 40,
             "avg_speed": 25, "type": "regular",
             "bounds": {"nw": {"lat": 0.0, "lng": 10.006}, "se": {"lat": 0.0, "lng": 10.009}}},
        ]})
    );
    let iso = day(&hash, json!({"tracker_id": tracker, "split": false, "iso_datetime": true, "count_events": true}));
    let merged = world.post("track/list", iso).await.body["list"].clone();
    assert_eq!(
        merged,
        json!([{"start_date": "2026-03-02T10:00:00+01:00", "start_address": "",
                "end_date": "2026-03-02T10:11:50+01:00", "end_address": "", "length": 0.89, "points": 5,
                "max_speed": 40, "avg_speed": 29, "event_count": 3, "type": "merged",
                "bounds": {"nw": {"lat": 0.0, "lng": 10.0}, "se": {"lat": 0.0, "lng": 10.009}}}])
    );
}

#[tokio::test]
async fn what_is_short_is_shown_only_to_who_asks() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    // A single report, a trip of 56 m, and one that is long enough.
    let table = "0 30 0\n 1 0 -\n 2 30 0\n 10 0 0.5\n 400 0 1\n 500 30 5\n 600 30 9\n 610 0 -\n";
    let tracker = driven(&world, &hash, "van-01", table).await;
    let types = |body: &Value| -> Vec<(String, i64)> {
        let list = body["list"].as_array().cloned().unwrap_or_default();
        list.iter().map(|t| (t["type"].as_str().unwrap_or("-").to_owned(), t["points"].as_i64().unwrap_or(1))).collect()
    };
    let list = |more: Value| {
        let mut body = day(&hash, json!({"tracker_id": tracker}));
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        world.post("track/list", body)
    };
    assert_eq!(types(&list(json!({})).await.body), [("regular".into(), 2)]);
    assert_eq!(types(&list(json!({"filter": false})).await.body), [("regular".into(), 3), ("regular".into(), 2)]);
    let single = driven(&world, &hash, "van-02", "0 47 3").await;
    let found = world.post("track/list", day(&hash, json!({"tracker_id": single, "filter": false}))).await;
    assert_eq!(
        found.body["list"],
        json!([{"id": 1_772_442_000, "start_date": "2026-03-02 10:00:00", "start_address": "", "avg_speed": 47,
                "type": "single_report"}])
    );
}

#[tokio::test]
async fn points_have_the_published_members() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let table = "0 0 0\n 10 30 1 old\n 20 20 2 net\n 30 31 3\n 31 30 4 ahead\n 32 30 5 before";
    let tracker = driven(&world, &hash, "van-01", table).await;
    let point = |lng: f64, mileage: f64, second: &str, speed: i64, more: Value| {
        let mut point = json!({"lat": 0.0, "lng": lng, "alt": 20, "satellites": 9, "mileage": mileage,
            "get_time": format!("2026-03-02 10:00:{second}"), "address": "", "heading": 90, "speed": speed});
        point.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        point
    };
    let found = world.post("track/read", day(&hash, json!({"tracker_id": tracker}))).await;
    assert_eq!(
        found.body["list"],
        json!([
            point(10.0, 0.0, "00", 0, json!({"parking": true})),
            point(10.001, 0.0, "10", 30, json!({"buffered": true})),
            point(10.002, 0.0, "20", 20, json!({"precision": 50, "gsm_lbs": true})),
            point(10.003, 0.22, "30", 31, json!({})),
        ])
    );
    let times = |body: Value| -> Vec<String> {
        let list = body["list"].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|p| p["get_time"].as_str().map(|t| t[17..].to_owned())).collect()
    };
    let read = |more: Value| {
        let mut body = day(&hash, json!({"tracker_id": tracker}));
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        world.post("track/read", body)
    };
    assert_eq!(times(read(json!({"include_gsm_lbs": false})).await.body), ["00", "10", "30"]);
    assert_eq!(times(read(json!({"point_limit": 2})).await.body), ["00", "30"]);
    assert_eq!(times(read(json!({"simplify": false})).await.body), ["00", "10", "20", "30"]);
    assert_eq!(times(read(json!({"track_id": 1_772_442_010})).await.body), ["10", "20", "30"]);
    assert_eq!(times(read(json!({"track_id": 1_772_442_011})).await.body), [""; 0]);
    let with_points = day(&hash, json!({"tracker_id": tracker, "with_points": true, "point_limit": 2}));
    let shape = world.post("track/list", with_points).await.body["list"][0]["points_list"].clone();
    assert_eq!(times(json!({"list": shape})), ["10", "30"]);
}

#[tokio::test]
async fn mileage_is_by_day_of_the_user() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    // Midnight in Madrid is 14 hours after the tables begin. What is driven from one day to the next counts there.
    let midnight = 14 * 3_600;
    let table =
        format!("{} 60 0\n {} 60 10\n {} 60 20\n {} 60 50", midnight - 100, midnight - 1, midnight, midnight + 100);
    let moved = driven(&world, &hash, "van-01", &table).await;
    let still = driven(&world, &hash, "van-02", "0 0 0\n 900 0 50").await;
    let mut body = span(&hash, "01 12:00:00", "03 12:00:00");
    body["trackers"] = json!([moved, still]);
    let found = world.post("tracker/stats/mileage/read", body).await;
    let days = |second: f64, third: f64| json!({"2026-03-01": {"mileage": 0.0}, "2026-03-02": {"mileage": second}, "2026-03-03": {"mileage": third}});
    let result = json!({moved.to_string(): days(1.11, 4.45), still.to_string(): days(0.0, 0.0)});
    assert_eq!(found.body, json!({"success": true, "result": result, "limit_exceeded": false}));
    // A span that begins on the way counts from its first report there.
    let mut body = span(&hash, "03 00:00:00", "03 12:00:00");
    body["trackers"] = json!([moved]);
    let found = world.post("tracker/stats/mileage/read", body).await;
    assert_eq!(found.body["result"][moved.to_string()]["2026-03-03"]["mileage"], 4.45);
}

#[tokio::test]
async fn the_last_fix_is_a_satellite_s() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let ahead = "100000 50 4 ahead";
    let table = format!("0 30 0\n 10 47 1\n 20 0 -\n 30 0 2 net\n 40 50 3 before\n {ahead}");
    let tracker = driven(&world, &hash, "van-01", &table).await;
    let found = world.post("tracker/get_last_gps_point", json!({"hash": hash, "tracker_id": tracker})).await;
    assert_eq!(
        found.body["value"],
        json!({"get_time": "2026-03-02 10:00:10", "lat": 0.0, "lng": 10.001, "heading": 90, "speed": 47,
               "satellites": 9})
    );
    let none = driven(&world, &hash, "van-02", "0 0 -\n 1 0 5 net").await;
    let found = world.post("tracker/get_last_gps_point", json!({"hash": hash, "tracker_id": none})).await;
    assert_eq!(found.body, json!({"success": true}));
    let wrong = driven(&world, &hash, "van-03", ahead).await;
    let found = world.post("tracker/get_last_gps_point", json!({"hash": hash, "tracker_id": wrong})).await;
    assert_eq!(found.body["value"]["lng"], 10.004, "better than none");
}

#[tokio::test]
async fn refusals_have_their_codes() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let tracker = driven(&world, &hash, "van-01", TWO_TRIPS).await;
    let (blocked, _) = world.tracker(&hash, "van-02", "unit-van-02").await;
    let admin = world.admin().await;
    let block = json!({"hash": admin, "tracker_id": blocked, "blocked": true});
    world.check_code("panel/tracker/source/update", block, 0).await;
    let span_of = |from: &str, to: &str, id: u64| {
        let mut body = span(&hash, from, to);
        body["tracker_id"] = json!(id);
        body["trackers"] = json!([id]);
        body
    };
    for method in ["track/list", "track/read"] {
        world.check_invalid(method, json!({"hash": hash}), &["from", "to", "tracker_id"]).await;
        world.check_invalid(method, span_of("02 10:00:00", "02 09:59:59", tracker), &["to"]).await;
        world.check_code(method, span_of("01 00:00:00", "31 23:59:59", 7), 201).await;
        world.check_code(method, span_of("01 00:00:00", "31 23:59:59", blocked), 208).await;
        let mut long = span_of("01 00:00:00", "01 00:00:00", tracker);
        long["to"] = json!("2026-04-01 02:00:01");
        world.check_code(method, long, 211).await;
        let mut few = span_of("01 00:00:00", "02 00:00:00", tracker);
        few["point_limit"] = json!(1);
        world.check_invalid(method, few, &["point_limit"]).await;
    }
    let method = "tracker/stats/mileage/read";
    world.check_code(method, span_of("01 00:00:00", "02 00:00:00", 7), 217).await;
    world.check_code(method, span_of("01 00:00:00", "02 00:00:00", blocked), 208).await;
    let mut long = span_of("01 00:00:00", "01 00:00:00", tracker);
    long["to"] = json!("2026-07-01 00:00:00");
    world.check_code(method, long, 211).await;
    let mut many = span_of("01 00:00:00", "02 00:00:00", tracker);
    many["trackers"] = json!((0..129).collect::<Vec<_>>());
    world.check_code(method, many, 221).await;
    let method = "tracker/get_last_gps_point";
    world.check_code(method, json!({"hash": hash, "tracker_id": 7}), 201).await;
    world.check_code(method, json!({"hash": hash, "tracker_id": blocked}), 208).await;
    world.past.is_busy.store(true, Ordering::Relaxed);
    let answered = world.post("track/list", span_of("01 00:00:00", "02 00:00:00", tracker)).await;
    assert_eq!((answered.code(), answered.status), (8, 503));
}

#[tokio::test]
async fn what_is_cut_is_said_to_be() {
    let small = |options: NavixyOptions| NavixyOptions { past_reports_max: 4, past_points_max: 1, ..options };
    let world = World::with(small).await;
    let hash = world.logged_in("ann@example.com").await;
    let tracker = driven(&world, &hash, "van-01", TWO_TRIPS).await;
    let few = |more: Value| {
        let mut body = span(&hash, "02 10:00:00", "02 10:06:30");
        body["tracker_id"] = json!(tracker);
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let cut = |body: &Value| (body["limit_exceeded"] == true, body["list"].as_array().map_or(0, Vec::len));
    let found = world.post("track/list", day(&hash, json!({"tracker_id": tracker}))).await;
    assert_eq!(cut(&found.body), (true, 2), "five reports, of which four are read");
    assert_eq!(cut(&world.post("track/list", few(json!({}))).await.body), (false, 1));
    let raw = world.post("track/read", few(json!({"simplify": false}))).await;
    assert_eq!(cut(&raw.body), (true, 1), "one point and no more");
}
