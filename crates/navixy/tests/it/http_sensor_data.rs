//! `tracker/sensor/data/read`.

use model::{AttributeId, Report, Value as Said};
use navixy::NavixyOptions;
use serde_json::{Value, json};

use crate::http_track::{day, span};
use crate::states::at;
use crate::world::World;

/// A tracker with reports, `second [attribute=value…] [before]` a line: `before` is received before the tracker was
/// registered. Seconds count from 2026-03-02 10:00:00 in Madrid.
async fn reported(world: &World, hash: &str, name: &str, table: &str) -> u64 {
    let (tracker, source) = world.tracker(hash, name, &format!("unit-{name}")).await;
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let s: i64 = words.next().and_then(|s| s.parse().ok()).expect(line);
        let mut report = Report { time: Some(at("2026-03-02T09:00:00Z").plus_ms(s * 1_000)), ..Report::default() };
        let mut received = world.now().plus_ms(1);
        for word in words {
            match word.split_once('=') {
                Some((name, value)) => {
                    let value = value.parse().map_or_else(|_| Said::from(value), Said::Float);
                    report.attributes.set(AttributeId::intern(name).expect(line), value);
                }
                None => received = world.now().plus_ms(-1),
            }
        }
        world.past.add(source, received, 0, &report);
    }
    tracker
}

async fn created(world: &World, hash: &str, tracker: u64, sensor: Value) -> u64 {
    let body = json!({"hash": hash, "tracker_id": tracker, "sensor": sensor});
    world.post("tracker/sensor/create", body).await.body["id"].as_u64().expect("an id")
}

fn metering(input_name: &str, divider: f64, parameters: Value) -> Value {
    json!({"type": "metering", "sensor_type": "temperature", "name": "Cargo", "input_name": input_name,
           "divider": divider, "parameters": parameters})
}

fn state(parameters: Value) -> Value {
    json!({"type": "virtual", "sensor_type": "state", "name": "Engine", "input_name": "can_rpm",
           "parameters": parameters})
}

const METHOD: &str = "tracker/sensor/data/read";

#[tokio::test]
async fn values_are_those_that_came_with_each_report() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let table = "0 temperature_1=10 can_rpm=800\n 5 temperature_1=11 before\n 10 temperature_1=20 temperature_2=5\n
                 20 temperature_2=7 can_rpm=0\n 30 temperature_1=99\n 40 temperature_1=hot";
    let van = reported(&world, &hash, "van-01", table).await;
    let first = created(&world, &hash, van, metering("ext_temp_sensor_1", 2.0, json!({"max": 50}))).await;
    let second = created(&world, &hash, van, metering("ext_temp_sensor_2", 1.0, json!({}))).await;
    let both = created(&world, &hash, van, metering("composite", 1.0, json!({"parent_ids": [first, second]}))).await;
    let titles = json!([{"value": "1", "title": "Running"}]);
    let rule = json!({"calc_method": "in_range", "range_from": 500, "value_titles": titles});
    let engine = created(&world, &hash, van, state(rule)).await;
    let data = json!([{"in": 0, "out": 0}, {"in": 100, "out": 1000}]);
    let update = json!({"hash": hash, "tracker_id": van, "sensor_id": first, "data": data});
    world.check_code("tracker/sensor/calibration_data/update", update, 0).await;
    let check = async |sensor: u64, is_raw: bool, expected: Value| {
        let more = json!({"tracker_id": van, "sensor_id": sensor, "raw_data": is_raw});
        let answered = world.post(METHOD, day(&hash, more)).await;
        assert_eq!(answered.body["limit_exceeded"], false, "{answered:?}");
        let list = answered.body["list"].as_array().cloned().unwrap_or_default();
        let short: Value = list.iter().map(|p| json!([p["get_time"].as_str().map(|t| &t[17..]), p["value"]])).collect();
        assert_eq!(short, expected, "{sensor} {is_raw}");
    };
    check(first, false, json!([["00", 50.0], ["10", 100.0]])).await;
    check(first, true, json!([["00", 10.0], ["10", 20.0], ["30", 99.0]])).await;
    check(second, false, json!([["10", 5.0], ["20", 7.0]])).await;
    for is_raw in [false, true] {
        check(both, is_raw, json!([["00", 50.0], ["10", 105.0], ["20", 107.0]])).await;
    }
    check(engine, false, json!([["00", "Running"], ["20", "0"]])).await;
    check(engine, true, json!([["00", 800.0], ["20", 0.0]])).await;

    let mut body = span(&hash, "02 10:00:10", "02 10:00:29");
    body.as_object_mut().expect("an object").extend([
        ("tracker_id".to_owned(), json!(van)),
        ("sensor_id".to_owned(), json!(first)),
        ("iso_datetime".to_owned(), json!(true)),
    ]);
    let list = json!([{"value": 100.0, "get_time": "2026-03-02T10:00:10+01:00"}]);
    assert_eq!(world.post(METHOD, body).await.body, json!({"success": true, "limit_exceeded": false, "list": list}));
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let van = reported(&world, &hash, "van-01", "").await;
    let sensor = created(&world, &hash, van, metering("ext_temp_sensor_1", 1.0, json!({}))).await;
    let door = json!({"type": "discrete", "sensor_type": "door", "name": "Door", "input_number": 2});
    let door = created(&world, &hash, van, door).await;
    let of = |tracker: u64, sensor: u64| day(&hash, json!({"tracker_id": tracker, "sensor_id": sensor}));
    world.check_invalid(METHOD, json!({"hash": hash}), &["tracker_id", "sensor_id", "from", "to"]).await;
    let backwards = json!({"tracker_id": van, "sensor_id": sensor, "to": "2026-03-01 23:59:59"});
    world.check_invalid(METHOD, day(&hash, backwards), &["to"]).await;
    world.check_code(METHOD, of(1, sensor), 201).await;
    world.check_code(METHOD, of(van, 99), 201).await;
    world.check_code(METHOD, of(van, door), 228).await;
    let until = |to: &str| day(&hash, json!({"tracker_id": van, "sensor_id": sensor, "to": to}));
    world.check_code(METHOD, until("2026-03-31 23:59:59"), 0).await;
    world.check_code(METHOD, until("2026-04-02 00:00:00"), 211).await;
    let admin = world.admin().await;
    let block = json!({"hash": admin, "tracker_id": van, "blocked": true});
    world.check_code("panel/tracker/source/update", block, 0).await;
    world.check_code(METHOD, of(van, sensor), 208).await;
}

#[tokio::test]
async fn what_is_cut_is_said_to_be() {
    let small = |options: NavixyOptions| NavixyOptions { past_reports_max: 4, past_points_max: 3, ..options };
    let world = World::with(small).await;
    let hash = world.logged_in("ann@example.com").await;
    let check = async |name: &str, table: &str, expected: (bool, usize)| {
        let van = reported(&world, &hash, name, table).await;
        let sensor = created(&world, &hash, van, state(json!({"calc_method": "identity"}))).await;
        let body = world.post(METHOD, day(&hash, json!({"tracker_id": van, "sensor_id": sensor}))).await.body;
        let told = (body["limit_exceeded"] == true, body["list"].as_array().map_or(0, Vec::len));
        assert_eq!(told, expected, "{table}");
    };
    check("van-01", "0 can_rpm=1\n 1 can_rpm=2\n 2 can_rpm=3\n 3 vin=x", (false, 3)).await;
    check("van-02", "0 can_rpm=1\n 1 can_rpm=2\n 2 can_rpm=3\n 3 can_rpm=4", (true, 3)).await;
    check("van-03", "0 vin=x\n 1 vin=x\n 2 vin=x\n 3 vin=x\n 4 can_rpm=4", (true, 0)).await;
    let long = "x".repeat(200);
    check("van-04", &format!("0 can_rpm=1\n 1 can_rpm={long}"), (true, 1)).await;
}
