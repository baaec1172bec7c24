//! `tracker/sensor/…`.

use model::IgnitionSource;
use serde_json::{Value, json};

use crate::world::World;

fn metering(input_name: &str) -> Value {
    json!({"type": "metering", "sensor_type": "temperature", "name": "Cargo", "input_name": input_name})
}

fn discrete(sensor_type: &str, input_number: i32) -> Value {
    json!({"type": "discrete", "sensor_type": sensor_type, "name": "Door", "input_number": input_number})
}

fn virtual_sensor(parameters: Value) -> Value {
    json!({"type": "virtual", "sensor_type": "state", "name": "Engine", "input_name": "can_rpm",
           "parameters": parameters})
}

/// Gives a sensor the members of `more`; a null takes one away.
fn with(mut sensor: Value, more: Value) -> Value {
    let all = sensor.as_object_mut().expect("an object");
    for (name, value) in more.as_object().expect("an object") {
        all.insert(name.clone(), value.clone());
    }
    sensor
}

/// A user with a tracker.
struct Owner {
    world: World,
    hash: String,
    van: u64,
    source: u64,
}

impl Owner {
    async fn new() -> Self {
        let world = World::new().await;
        let hash = world.logged_in("ann@example.com").await;
        let (van, source) = world.tracker(&hash, "Van 7", "unit-000007").await;
        Self { world, hash, van, source }
    }

    fn body(&self, more: Value) -> Value {
        with(json!({"hash": self.hash, "tracker_id": self.van}), more)
    }

    async fn create(&self, sensor: Value) -> u64 {
        let answered = self.world.post("tracker/sensor/create", self.body(json!({"sensor": sensor}))).await;
        assert_eq!(answered.code(), 0, "{sensor}: {answered:?}");
        answered.body["id"].as_u64().expect("an id")
    }

    async fn list(&self) -> Value {
        self.world.post("tracker/sensor/list", self.body(json!({}))).await.body["list"].clone()
    }

    async fn check_invalid(&self, sensor: Value, parameters: &[&str]) {
        let body = self.body(json!({"sensor": sensor}));
        self.world.check_invalid("tracker/sensor/create", body, parameters).await;
    }

    async fn check_code(&self, method: &str, more: Value, code: u64) {
        self.world.check_code(method, self.body(more), code).await;
    }
}

#[tokio::test]
async fn sensors_are_shown_as_they_were_made() {
    let owner = Owner::new().await;
    let first = owner.create(metering("lls_level_1")).await;
    let parameters = json!({"min": 0.5, "max": 100, "volume": 80, "ignore_drains_in_move": true,
                            "refuel_gap_minutes": 7, "custom_field_name": true});
    let more = json!({"divider": 10, "accuracy": 0.25, "units": "l", "units_type": "litre", "parameters": parameters});
    let second = owner.create(with(metering("my own"), more)).await;
    let parent = json!({"input_name": "composite", "parameters": {"parent_ids": [first]}});
    let third = owner.create(with(metering(""), parent)).await;
    let fourth = owner.create(discrete("door", 2)).await;
    let titles = json!([{"value": "1", "title": "Running"}]);
    let rule = json!({"calc_method": "in_range", "range_from": 500, "value_titles": titles});
    let fifth = owner.create(virtual_sensor(rule)).await;
    let plain = json!({"ignore_drains_in_move": false, "ignore_refuels_in_move": false, "refuel_gap_minutes": 5,
                       "custom_field_name": false});
    let expected = json!([
        {"id": first, "type": "metering", "sensor_type": "temperature", "name": "Cargo", "input_name": "lls_level_1",
         "divider": 1.0, "accuracy": 0.0, "units": "", "units_type": "custom", "parameters": plain},
        {"id": second, "type": "metering", "sensor_type": "temperature", "name": "Cargo", "input_name": "my own",
         "divider": 10.0, "accuracy": 0.25, "units": "l", "units_type": "litre",
         "parameters": {"volume": 80.0, "min": 0.5, "max": 100.0, "ignore_drains_in_move": true,
                        "ignore_refuels_in_move": false, "refuel_gap_minutes": 7, "custom_field_name": true}},
        {"id": third, "type": "metering", "sensor_type": "temperature", "name": "Cargo", "input_name": "composite",
         "divider": 1.0, "accuracy": 0.0, "units": "", "units_type": "custom",
         "parameters": with(plain.clone(), json!({"parent_ids": [first]}))},
        {"id": fourth, "type": "discrete", "sensor_type": "door", "name": "Door", "input_number": 2},
        {"id": fifth, "type": "virtual", "sensor_type": "state", "name": "Engine", "input_name": "can_rpm",
         "custom_field_name": false,
         "parameters": {"calc_method": "in_range", "range_from": 500.0, "value_titles": titles}},
    ]);
    assert_eq!(owner.list().await, expected);
    let body = json!({"hash": owner.hash, "trackers": [owner.van]});
    let batch = owner.world.post("tracker/sensor/batch_list", body).await;
    assert_eq!(batch.body["result"][owner.van.to_string()], expected);
    let update = with(discrete("engine", 3), json!({"id": fourth, "name": "Motor"}));
    owner.check_code("tracker/sensor/update", json!({"sensor": update}), 0).await;
    assert_eq!(owner.list().await[3], update);
    owner.check_code("tracker/sensor/delete", json!({"sensor_id": fifth}), 0).await;
    assert_eq!(owner.list().await.as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn wrong_sensors_are_told_by_their_parameters() {
    let owner = Owner::new().await;
    owner.check_invalid(json!(null), &["sensor"]).await;
    owner.check_invalid(json!({}), &["sensor.type", "sensor.name"]).await;
    owner.check_invalid(with(metering("speed"), json!({"type": "magic"})), &["sensor.type"]).await;
    let bare = json!({"type": "metering", "name": "Cargo"});
    owner.check_invalid(bare, &["sensor.sensor_type", "sensor.input_name"]).await;
    owner.check_invalid(with(metering("speed"), json!({"sensor_type": "door"})), &["sensor.sensor_type"]).await;
    owner.check_invalid(with(metering("speed"), json!({"name": "x".repeat(101)})), &["sensor.name"]).await;
    owner.check_invalid(with(metering("speed"), json!({"divider": 0})), &["sensor.divider"]).await;
    owner.check_invalid(with(metering("speed"), json!({"divider": "x"})), &["sensor.divider"]).await;
    for accuracy in [-0.25, 100.25, 0.3] {
        owner.check_invalid(with(metering("speed"), json!({"accuracy": accuracy})), &["sensor.accuracy"]).await;
    }
    owner.check_invalid(metering(&"x".repeat(65)), &["sensor.input_name"]).await;
    owner.check_invalid(metering(&"x".repeat(200)), &["sensor.input_name"]).await;
    owner.check_invalid(metering("a\nb"), &["sensor.input_name"]).await;
    let wrong = json!({"parameters": {"min": "low", "parent_ids": [null]}});
    let named = ["sensor.parameters.parent_ids", "sensor.parameters.min"];
    owner.check_invalid(with(metering("speed"), wrong), &named).await;
    let dangling = json!({"input_name": "composite", "parameters": {"parent_ids": [99]}});
    owner.check_invalid(with(metering(""), dangling), &["sensor.parameters.parent_ids"]).await;
    for number in [0, 9, -1, 300] {
        owner.check_invalid(discrete("door", number), &["sensor.input_number"]).await;
    }
    owner.check_invalid(virtual_sensor(json!(null)), &["sensor.parameters"]).await;
    owner.check_invalid(virtual_sensor(json!({})), &["sensor.parameters.calc_method"]).await;
    owner.check_invalid(virtual_sensor(json!({"calc_method": "sum"})), &["sensor.parameters.calc_method"]).await;
    let no_range = json!({"calc_method": "in_range"});
    owner.check_invalid(virtual_sensor(no_range), &["sensor.parameters.range_from"]).await;
    for bit in [json!(null), json!(0), json!(65)] {
        let rule = json!({"calc_method": "bit_index", "bit_index": bit});
        owner.check_invalid(virtual_sensor(rule), &["sensor.parameters.bit_index"]).await;
    }
    let titled = |titles: Value| virtual_sensor(json!({"calc_method": "identity", "value_titles": titles}));
    let twice = json!([{"value": "1", "title": "On"}, {"value": "1", "title": "Off"}]);
    owner.check_invalid(titled(twice), &["sensor.parameters.value_titles"]).await;
    let long = json!([{"value": "1", "title": "x".repeat(65)}]);
    owner.check_invalid(titled(long), &["sensor.parameters.value_titles"]).await;
    let bare = json!([{"value": "1"}]);
    owner.check_invalid(titled(bare), &["sensor.parameters.value_titles[0].title"]).await;
    assert_eq!(owner.list().await, json!([]));
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let owner = Owner::new().await;
    let id = owner.create(metering("temp_sensor")).await;
    owner.create(discrete("ignition", 1)).await;
    let create = "tracker/sensor/create";
    owner.check_code(create, json!({"sensor": metering("temp_sensor")}), 232).await;
    owner.check_code(create, json!({"sensor": metering("temperature_internal")}), 232).await;
    owner.check_code(create, json!({"sensor": discrete("door", 1)}), 232).await;
    owner.check_code(create, json!({"sensor": discrete("ignition", 2)}), 232).await;
    let update = |id: u64| json!({"sensor": with(metering("speed"), json!({"id": id}))});
    owner.check_code("tracker/sensor/update", update(99), 201).await;
    let body = owner.body(json!({"sensor": metering("speed")}));
    owner.world.check_invalid("tracker/sensor/update", body, &["sensor.id"]).await;
    owner.check_code("tracker/sensor/delete", json!({"sensor_id": 99}), 201).await;
    owner.check_code("tracker/sensor/delete", json!({"tracker_id": 1, "sensor_id": id}), 201).await;
    owner.check_code(create, json!({"tracker_id": 1, "sensor": metering("speed")}), 201).await;
    owner.check_code("tracker/sensor/list", json!({"tracker_id": 1}), 201).await;
    owner.check_code("tracker/sensor/batch_list", json!({"trackers": [owner.van, 1]}), 217).await;
    let many: Vec<i32> = (1..=501).collect();
    owner.check_code("tracker/sensor/batch_list", json!({"trackers": many}), 221).await;
    owner.check_code("tracker/sensor/batch_copy", json!({"base_tracker_id": owner.van, "trackers": many}), 221).await;
    for n in 0..99 {
        owner.create(metering(&format!("avl_io_{n}"))).await;
    }
    owner.check_code(create, json!({"sensor": metering("speed")}), 270).await;
    let admin = owner.world.admin().await;
    let block = json!({"hash": admin, "tracker_id": owner.van, "blocked": true});
    owner.world.check_code("panel/tracker/source/update", block, 0).await;
    for (method, more) in [
        ("tracker/sensor/list", json!({})),
        (create, json!({"sensor": metering("speed")})),
        ("tracker/sensor/update", update(id)),
        ("tracker/sensor/delete", json!({"sensor_id": id})),
        ("tracker/sensor/calibration_data/read", json!({"sensor_id": id})),
        ("tracker/sensor/calibration_data/update", json!({"sensor_id": id, "data": []})),
    ] {
        owner.check_code(method, more, 208).await;
    }
}

#[tokio::test]
async fn calibration_is_read_as_it_was_set() {
    let owner = Owner::new().await;
    let id = owner.create(metering("lls_level_1")).await;
    let door = owner.create(discrete("door", 2)).await;
    let (read, update) = ("tracker/sensor/calibration_data/read", "tracker/sensor/calibration_data/update");
    let table = async || owner.world.post(read, owner.body(json!({"sensor_id": id}))).await.body["value"].clone();
    assert_eq!(table().await, json!([]));
    let data = json!([{"in": 10, "out": 100}, {"in": "0", "out": -1.5}]);
    owner.check_code(update, json!({"sensor_id": id, "data": data}), 0).await;
    let sorted = json!([{"in": 0.0, "out": -1.5}, {"in": 10.0, "out": 100.0}]);
    assert_eq!(table().await, sorted);
    for wrong in [json!([{"in": 1, "out": 1}]), json!([{"in": 1, "out": 1}, {"in": 1.0, "out": 2}])] {
        let body = owner.body(json!({"sensor_id": id, "data": wrong}));
        owner.world.check_invalid(update, body, &["data"]).await;
    }
    let wrong = json!([{"in": 1, "out": 1}, {"in": "x"}, 5]);
    let body = owner.body(json!({"sensor_id": id, "data": wrong}));
    owner.world.check_invalid(update, body, &["data[1].in", "data[1].out", "data[2]"]).await;
    owner.world.check_invalid(update, owner.body(json!({"sensor_id": id})), &["data"]).await;
    assert_eq!(table().await, sorted);
    owner.check_code(update, json!({"sensor_id": id, "data": []}), 0).await;
    assert_eq!(table().await, json!([]));
    for method in [read, update] {
        owner.check_code(method, json!({"sensor_id": door, "data": []}), 228).await;
        owner.check_code(method, json!({"sensor_id": 99, "data": []}), 201).await;
        owner.check_code(method, json!({"tracker_id": 1, "sensor_id": id, "data": []}), 201).await;
    }
}

#[tokio::test]
async fn sensors_are_copied_to_trackers_of_the_same_model() {
    let owner = Owner::new().await;
    owner.create(discrete("ignition", 4)).await;
    let (truck, source) = owner.world.tracker(&owner.hash, "Truck 1", "unit-000008").await;
    let copy = |base: u64, targets: Value| json!({"base_tracker_id": base, "trackers": targets});
    owner.check_code("tracker/sensor/batch_copy", copy(owner.van, json!([truck])), 0).await;
    let list = owner.world.post("tracker/sensor/list", owner.body(json!({"tracker_id": truck}))).await;
    assert_eq!(list.body["list"][0]["input_number"], 4);
    let source = model::SourceId(u32::try_from(source).expect("an id"));
    let settings = owner.world.fleet.source(source).expect("there").settings;
    assert_eq!(settings.ignition, IgnitionSource::Input(4));
    let bike = json!({"hash": owner.hash, "label": "Bike", "group_id": 0, "model": "osmand", "plugin_id": 44,
                      "device_id": "bike"});
    let bike = owner.world.post("tracker/register", bike).await.body["value"]["id"].clone();
    owner.check_code("tracker/sensor/batch_copy", copy(owner.van, json!([truck, bike])), 272).await;
    owner.check_code("tracker/sensor/batch_copy", copy(owner.van, json!([truck, 1])), 201).await;
    owner.check_code("tracker/sensor/batch_copy", copy(owner.source, json!([truck])), 201).await;
}

#[tokio::test]
async fn the_inputs_to_choose_from() {
    let owner = Owner::new().await;
    let answered = owner.world.post("tracker/sensor/input_name/list", json!({"hash": owner.hash})).await;
    let list = answered.body["list"].as_array().cloned().expect("a list");
    let find = |name: &str| list.iter().find(|input| input["input_name"] == name).cloned();
    assert_eq!(
        find("lls_level_16"),
        Some(json!({"input_name": "lls_level_16", "description": "Fuel level sensor 16"}))
    );
    assert_eq!(find("moving").map(|input| input["value_type"].clone()), Some(json!("boolean")));
    assert_eq!(find("fuel_level_1"), None, "offered by the platform's name");
}
