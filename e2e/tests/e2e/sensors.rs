//! What an owner sets about a tracker, and what its states and readings make of it at once.

use e2e::{Account, Report, Server, eventually, ngp, ngp_body, now};
use jiff::ToSpan;
use serde_json::{Value, json};

#[test]
fn calibration_shows_in_readings() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let sensor = json!({"type": "metering", "sensor_type": "temperature", "name": "Cargo", "units_type": "celsius",
                        "input_name": "ext_temp_sensor_1", "divider": 2});
    let made = account.call("tracker/sensor/create", json!({"tracker_id": van.id, "sensor": sensor})).ok();
    let id = made["id"].clone();
    let more = json!({"temperature_1": 5});
    assert_eq!(ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &more)), 200);
    let value = || {
        let readings = account.call("tracker/get_readings", json!({"tracker_id": van.id})).ok();
        readings["inputs"][0]["value"].as_f64()
    };
    assert_eq!(eventually("a reading", value), 2.5);
    let data = json!([{"in": 0, "out": 100}, {"in": 10, "out": 200}]);
    let update = json!({"tracker_id": van.id, "sensor_id": id, "data": data});
    account.call("tracker/sensor/calibration_data/update", update).ok();
    eventually("the calibrated value", || value().filter(|value| *value == 75.0));
    let now = now();
    let span = [now - 1.hour(), now + 1.hour()].map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let asked = json!({"tracker_id": van.id, "sensor_id": made["id"], "from": span[0], "to": span[1]});
    let past = account.call("tracker/sensor/data/read", asked).ok();
    let values: Vec<&Value> = past["list"].as_array().expect("a list").iter().map(|point| &point["value"]).collect();
    assert_eq!(values, [&json!(75.0)], "as the sensor is calibrated now");
}

#[test]
fn an_ignition_sensor_shows_in_states() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let more = json!({"input_status": 4});
    assert_eq!(ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &more)), 200);
    eventually("the inputs", || (account.state(&van)["inputs"][2] == true).then_some(()));
    assert_eq!(account.state(&van)["ignition"], Value::Null);
    let sensor = json!({"type": "discrete", "sensor_type": "ignition", "name": "Ignition", "input_number": 3});
    account.call("tracker/sensor/create", json!({"tracker_id": van.id, "sensor": sensor})).ok();
    eventually("the ignition", || (account.state(&van)["ignition"] == true).then_some(()));
}

#[test]
fn another_device_takes_the_place_of_one() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let report = |device: &str| ngp(server.device("ngp"), &ngp_body(device, &Report::default(), &Value::Null));
    let replace = json!({"tracker_id": van.id, "model": "navixy_ngp", "plugin_id": 44, "device_id": "yard-unit-0099"});
    assert_eq!(account.call("tracker/replace", replace.clone()).error(), (266, 403));
    assert_eq!(report("yard-unit-0007"), 200);
    let value = account.call("tracker/replace", replace).ok()["value"].clone();
    assert_eq!((&value["id"], &value["source"]["id"]), (&json!(van.id), &json!(van.source_id)));
    assert_eq!(value["source"]["device_id"], "yard-unit-0099");
    let status = |expected: &str| (account.state(&van)["connection_status"] == expected).then_some(());
    eventually("the state between", || status("just_replaced"));
    assert_ne!(report("yard-unit-0007"), 200, "the old device is not known any more");
    status("just_replaced").expect("an unknown device changes nothing");
    assert_eq!(report("yard-unit-0099"), 200);
    eventually("the new device", || status("active"));
}
