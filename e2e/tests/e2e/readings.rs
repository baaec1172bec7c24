//! `readings_batch` and the calls that show the same.

use std::time::{Duration, Instant};

use e2e::{Account, Report, Server, Socket, ngp, ngp_body};
use serde_json::{Value, json};

use crate::events::members;

const DEVICES: [&str; 2] = ["yard-unit-0001", "yard-unit-0002"];

/// A report with these attributes.
fn report(server: &Server, device: &str, attributes: Value) {
    assert_eq!(ngp(server.device("ngp"), &ngp_body(device, &Report::default(), &attributes)), 200);
}

fn subscribe(socket: &mut Socket, hash: &str, more: Value) -> Value {
    let mut request = json!({"type": "readings_batch", "target": {"type": "all"}});
    request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    socket.send(&json!({"action": "subscribe", "hash": hash, "requests": [request]}));
    let response = socket.response("subscribe");
    assert_eq!(response["events"], json!(["readings_batch"]));
    assert_eq!(response["data"]["readings_batch"]["success"], true, "{response}");
    response["data"]["readings_batch"]["value"].clone()
}

/// The trackers in a batch, in its order.
fn trackers(batch: &Value) -> Vec<i64> {
    let items = batch["data"].as_array().unwrap_or_else(|| panic!("a batch's data is an array: {batch}"));
    let key = |item: &Value| item.as_object()?.keys().next()?.parse().ok();
    items.iter().map(|item| key(item).unwrap_or_else(|| panic!("a map by tracker: {item}"))).collect()
}

/// What the only item of a batch says of a tracker.
fn readings(batch: &Value, tracker: i64) -> Value {
    assert_eq!(trackers(batch), [tracker]);
    batch["data"][0][tracker.to_string()].clone()
}

/// Names and values of the state fields.
fn fields(groups: &Value) -> Vec<(String, Value)> {
    let states = groups["states"].as_array().unwrap_or_else(|| panic!("states: {groups}"));
    states.iter().map(|state| (state["field"].as_str().expect("a name").to_owned(), state["value"].clone())).collect()
}

fn field(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// Conforms to navixy 002, "Readings batch event": the readings of all watched trackers come right after the subscription
/// Conforms to navixy 002, "Readings batch event": a later packet has only what was updated, and only trackers with something new
#[test]
fn the_first_packet_is_complete_and_the_next_have_what_is_new() {
    let server = Server::start();
    let account = Account::new(&server);
    let (van, other) = (account.ngp(DEVICES[0]), account.ngp(DEVICES[1]));
    report(&server, DEVICES[0], json!({"battery_level": 88, "input_status": 5, "hardware_key": "A0F39C11"}));
    let mut socket = Socket::open(&server);
    let map = subscribe(&mut socket, &account.hash, json!({"rate_limit": "100ms"}));
    assert_eq!(map, json!({van.id.to_string(): "normal", other.id.to_string(): "normal"}));

    let first = socket.event("readings_batch");
    assert_eq!(trackers(&first), [van.id, other.id]);
    let groups = &first["data"][0][van.id.to_string()];
    let known = [field("battery_level", 88), field("input_status", 5), field("hardware_key", "A0F39C11")];
    assert_eq!(fields(groups), known);
    let called = account.call("tracker/readings/list", json!({"tracker_id": van.id})).ok();
    for group in ["inputs", "states", "virtual_sensors", "counters"] {
        assert_eq!(groups[group], called[group], "{group} is what the HTTP call gives");
        assert_eq!(first["data"][1][other.id.to_string()][group], json!([]), "{group}");
    }

    report(&server, DEVICES[0], json!({"is_moving": true, "vin": "WVWZZZ1JZXW000001"}));
    let groups = readings(&socket.event("readings_batch"), van.id);
    assert_eq!(fields(&groups), [field("moving", true), field("obd_vin", "WVWZZZ1JZXW000001")]);
    assert_eq!(groups.as_object().map(serde_json::Map::len), Some(1), "no empty groups: {groups}");

    // A position alone is no reading; the next report is the next packet.
    report(&server, DEVICES[0], json!({}));
    report(&server, DEVICES[1], json!({"battery_level": 7}));
    assert_eq!(fields(&readings(&socket.event("readings_batch"), other.id)), [field("battery_level", 7)]);
    socket.silent(&account.hash);
}

/// Conforms to navixy 002, "Readings batch event": nothing of a blocked tracker is in a packet
/// Conforms to navixy 002, "Lifecycle event": comes to those who subscribed to readings_batch only
#[test]
fn a_blocked_tracker_says_nothing_until_it_is_unblocked() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp(DEVICES[0]);
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"rate_limit": "100ms"}));
    socket.event("readings_batch");
    account.block(&van, true);
    socket.lifecycle(van.source_id, "block");
    report(&server, DEVICES[0], json!({"battery_level": 50}));
    assert_eq!(account.call("tracker/readings/list", json!({"tracker_id": van.id})).error(), (208, 403));
    socket.silent(&account.hash);
    account.block(&van, false);
    socket.lifecycle(van.source_id, "unblock");
    assert_eq!(fields(&readings(&socket.event("readings_batch"), van.id)), [field("battery_level", 50)]);
}

/// Conforms to navixy 002, "Readings batch event": two packets are never closer than the rate limit, and one has what was updated in between
#[test]
fn updates_of_one_period_come_in_one_packet() {
    let server = Server::start();
    let account = Account::new(&server);
    let (van, other) = (account.ngp(DEVICES[0]), account.ngp(DEVICES[1]));
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"rate_limit": "2s"}));
    assert_eq!(trackers(&socket.event("readings_batch")), [van.id, other.id]);
    let first = Instant::now();
    for level in [10, 20, 30] {
        report(&server, DEVICES[1], json!({"battery_level": level}));
        report(&server, DEVICES[0], json!({"battery_level": level + 1}));
    }
    let packet = socket.event("readings_batch");
    let waited = first.elapsed();
    // The moment of the first packet was taken after it arrived: a little less than the limit can be seen here.
    assert!(waited >= Duration::from_millis(1_800), "the second packet came after {waited:?}");
    assert_eq!(trackers(&packet), [other.id, van.id], "in the order of first change");
    assert_eq!(fields(&packet["data"][0][other.id.to_string()]), [field("battery_level", 30)]);
    assert_eq!(fields(&packet["data"][1][van.id.to_string()]), [field("battery_level", 31)]);
    socket.silent(&account.hash);
}

/// Makes a temperature sensor on an input and gives its id.
fn thermometer(account: &Account, tracker_id: i64, name: &str, input_name: &str) -> i64 {
    let sensor = json!({"type": "metering", "sensor_type": "temperature", "name": name, "input_name": input_name,
        "units": "degrees", "units_type": "celsius"});
    let made = account.call("tracker/sensor/create", json!({"tracker_id": tracker_id, "sensor": sensor})).ok();
    made["id"].as_i64().expect("an id")
}

/// Sensors and values of the metering sensors.
fn inputs(groups: &Value) -> Vec<(i64, Value)> {
    let inputs = groups["inputs"].as_array().unwrap_or_else(|| panic!("inputs: {groups}"));
    inputs.iter().map(|input| (input["sensor_id"].as_i64().expect("an id"), input["value"].clone())).collect()
}

/// Conforms to navixy 002, "Readings batch event": updated data of a sensor is sent, and only the sensors that were updated
#[test]
fn only_the_sensor_that_was_updated_is_in_the_next_packet() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp(DEVICES[0]);
    let cargo = thermometer(&account, van.id, "Cargo", "ext_temp_sensor_1");
    let cabin = thermometer(&account, van.id, "Cabin", "ext_temp_sensor_2");
    report(&server, DEVICES[0], json!({"temperature_1": -18.5, "temperature_2": 21}));
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"rate_limit": "100ms", "sensor_type": "temperature"}));
    let first = readings(&socket.event("readings_batch"), van.id);
    assert_eq!(inputs(&first), [(cargo, json!(-18.5)), (cabin, json!(21.0))]);
    report(&server, DEVICES[0], json!({"temperature_1": -18.25}));
    let next = readings(&socket.event("readings_batch"), van.id);
    assert_eq!(inputs(&next), [(cargo, json!(-18.25))]);
    // What is no temperature is nothing for this subscription.
    report(&server, DEVICES[0], json!({"battery_level": 3}));
    report(&server, DEVICES[0], json!({"temperature_2": 22}));
    assert_eq!(inputs(&readings(&socket.event("readings_batch"), van.id)), [(cabin, json!(22.0))]);
    socket.silent(&account.hash);
}

#[test]
fn parts_of_a_composite_can_be_left_out() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp(DEVICES[0]);
    let parts = ["ext_temp_sensor_1", "ext_temp_sensor_2"].map(|input| thermometer(&account, van.id, input, input));
    let sensor = json!({"type": "metering", "sensor_type": "temperature", "name": "Both", "input_name": "composite",
        "units_type": "celsius", "parameters": {"parent_ids": parts}});
    let made = account.call("tracker/sensor/create", json!({"tracker_id": van.id, "sensor": sensor})).ok();
    let both = made["id"].as_i64().expect("an id");
    report(&server, DEVICES[0], json!({"temperature_1": 4, "temperature_2": 5}));
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"rate_limit": "100ms"}));
    let whole = readings(&socket.event("readings_batch"), van.id);
    let all = [(parts[0], json!(4.0)), (parts[1], json!(5.0)), (both, json!(9.0))];
    assert_eq!(inputs(&whole), all);
    assert_eq!(whole["inputs"][0]["composite_sensor_ids"], json!([both]));
    subscribe(&mut socket, &account.hash, json!({"rate_limit": "100ms", "include_components": false}));
    assert_eq!(inputs(&readings(&socket.event("readings_batch"), van.id)), [(both, json!(9.0))]);
}

/// Conforms to navixy 002, "Readings batch event": names its type and event, has user_time, and data is an array
/// Conforms to navixy 002, "Readings batch event": user_time is the present time in the user's zone
#[test]
fn a_packet_has_dates_of_the_user_s_zone_and_only_the_wanted_type() {
    let server = Server::start();
    let account = Account::named(&server, "kathmandu@example.test", "Asia/Kathmandu");
    let van = account.ngp(DEVICES[0]);
    report(&server, DEVICES[0], json!({"battery_level": 50}));
    let mut socket = Socket::open(&server);
    subscribe(&mut socket, &account.hash, json!({"sensor_type": "temperature"}));
    let batch = socket.message();
    assert_eq!(members(&batch), ["data", "event", "type", "user_time"]);
    assert_eq!((&batch["type"], &batch["event"]), (&json!("event"), &json!("readings_batch")));
    assert!(e2e::same_zone_now(batch["user_time"].as_str().expect("text"), "Asia/Kathmandu"), "{batch}");
    assert_eq!(readings(&batch, van.id), json!({"inputs": [], "virtual_sensors": []}));
}

#[test]
fn counters_survive_a_crash_and_grow_with_the_way() {
    let mut server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp(DEVICES[0]);
    let value = |account: &Account| {
        let parameters = json!({"tracker_id": van.id, "type": "odometer"});
        account.call("tracker/counter/value/get", parameters).ok()["value"].as_f64().expect("kilometres")
    };
    let parameters = json!({"tracker_id": van.id, "type": "odometer"});
    assert_eq!(account.call("tracker/counter/value/get", parameters).error(), (204, 404));
    let parameters = json!({"tracker_id": van.id, "type": "odometer", "value": 1000.5});
    account.call("tracker/counter/value/set", parameters).ok();
    let parameters = json!({"tracker_id": van.id, "type": "odometer", "multiplier": 2});
    account.call("tracker/counter/update", parameters).ok();

    let start = e2e::now_ms() - 60_000;
    let drive = |server: &Server, second: i64| {
        // A thousandth of a degree of a meridian is 111.2 metres.
        let report =
            Report { time_ms: start + second * 1000, latitude: 41.0 + second as f64 / 1000.0, ..Report::default() };
        assert_eq!(ngp(server.device("ngp"), &ngp_body(DEVICES[0], &report, &Value::Null)), 200);
    };
    drive(&server, 0);
    drive(&server, 10);
    let driven = value(&account);
    assert!((driven - 1000.5 - 2.0 * 1.112).abs() < 0.01, "{driven}");
    server.kill();
    server.start_again();
    let account = Account { api: server.api(), ..account };
    assert_eq!(value(&account), driven);
    drive(&server, 20);
    let further = value(&account);
    assert!((further - driven - 2.0 * 1.112).abs() < 0.01, "{further}");
    let list = account.call("tracker/get_counters", json!({"tracker_id": van.id})).ok()["list"].clone();
    assert_eq!((&list[0]["type"], &list[0]["value"], list[1].is_null()), (&json!("odometer"), &json!(further), true));
}
