//! `tracker/readings/…`, the older methods of the same, and inputs.

use serde_json::{Value, json};

use crate::world::World;

/// A user with two trackers; the second one is blocked on demand.
async fn world() -> (World, String, u64, u64) {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (first, _) = world.tracker(&hash, "Van 7", "yard-0007").await;
    let (second, _) = world.tracker(&hash, "Van 8", "yard-0008").await;
    (world, hash, first, second)
}

/// The numbers of the sensors in a group, and how long it is.
fn ids(group: &Value) -> Vec<u64> {
    group.as_array().expect("an array").iter().map(|item| item["sensor_id"].as_u64().expect("an id")).collect()
}

async fn block(world: &World, tracker: u64) {
    let admin = world.admin().await;
    world
        .check_code("panel/tracker/source/update", json!({"hash": admin, "tracker_id": tracker, "blocked": true}), 0)
        .await;
}

#[tokio::test]
async fn readings_of_a_tracker() {
    let (world, hash, tracker, _) = world().await;
    let list = async |more: Value| {
        let mut body = json!({"hash": hash, "tracker_id": tracker});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let answered = world.post("tracker/readings/list", body).await;
        assert_eq!(answered.code(), 0, "{answered:?}");
        answered.body
    };
    let all = list(json!({})).await;
    assert_eq!((ids(&all["inputs"]), ids(&all["virtual_sensors"])), (vec![771, 772, 773, 780], vec![791, 792]));
    assert_eq!((all["states"].as_array().map(Vec::len), all["counters"].as_array().map(Vec::len)), (Some(4), Some(2)));
    assert_eq!(all["states"][3], json!({"field": "moving", "value": true, "update_time": "2026-03-02 10:15:40"}));
    assert_eq!(list(json!({"iso_datetime": true})).await["states"][3]["update_time"], "2026-03-02T10:15:40+01:00");
    let fuel = list(json!({"sensor_type": "fuel", "include_components": false})).await;
    assert_eq!((ids(&fuel["inputs"]), ids(&fuel["virtual_sensors"])), (vec![780], vec![]));
    assert!(fuel.get("states").is_none() && fuel.get("counters").is_none(), "{fuel}");
    let unusual = json!({"hash": hash, "tracker_id": "x", "sensor_type": "door", "include_components": 5});
    world.check_invalid("tracker/readings/list", unusual, &["sensor_type", "include_components", "tracker_id"]).await;
    world.check_code("tracker/readings/list", json!({"hash": hash, "tracker_id": 7}), 204).await;
    block(&world, tracker).await;
    world.check_code("tracker/readings/list", json!({"hash": hash, "tracker_id": tracker}), 208).await;
}

#[tokio::test]
async fn readings_of_many() {
    let (world, hash, first, second) = world().await;
    let method = "tracker/readings/batch_list";
    let answered = world.post(method, json!({"hash": hash, "trackers": [second, first], "sensor_type": "state"})).await;
    let result = answered.body["result"].as_object().expect("a map");
    assert_eq!(result.len(), 2);
    assert_eq!(ids(&result[&first.to_string()]["virtual_sensors"]), [792]);
    assert_eq!(ids(&result[&second.to_string()]["inputs"]), [0; 0]);
    assert_eq!(world.post(method, json!({"hash": hash, "trackers": []})).await.body["result"], json!({}));
    world.check_code(method, json!({"hash": hash, "trackers": [first, 7]}), 217).await;
    let many: Vec<u64> = (0..501).map(|n| first + n).collect();
    world.check_code(method, json!({"hash": hash, "trackers": many}), 221).await;
    world.check_invalid(method, json!({"hash": hash}), &["trackers"]).await;
    block(&world, second).await;
    let answered = world.post(method, json!({"hash": hash, "trackers": [second, first]})).await;
    let shown: Vec<_> = answered.body["result"].as_object().expect("a map").keys().cloned().collect();
    assert_eq!(shown, [first.to_string()]);
}

#[tokio::test]
async fn the_older_methods_show_parts() {
    let (world, hash, tracker, _) = world().await;
    let call = async |method: &str| world.post(method, json!({"hash": hash, "tracker_id": tracker})).await;
    let answered = call("tracker/get_readings").await;
    let cargo = json!({"label": "Cargo", "units": "", "name": "ext_temp_sensor_1", "type": "temperature",
                       "value": -18.4, "units_type": "celsius", "converted_units_type": null, "converted_value": null});
    let expected = json!({"success": true, "user_time": "2026-03-02 10:15:41", "inputs": [cargo],
                          "update_time": "2026-03-02 10:15:40"});
    assert_eq!(answered.body, expected);
    let fuel = call("tracker/get_fuel").await.body;
    let names: Vec<_> = fuel["inputs"].as_array().expect("an array").iter().map(|i| i["label"].clone()).collect();
    assert_eq!(names, ["Tank left", "Tank right", "Tank"]);
    assert_eq!((&fuel["inputs"][0]["min_value"], &fuel["inputs"][0]["max_value"]), (&json!(0.0), &json!(80.0)));
    assert_eq!(fuel["update_time"], "2026-03-02 10:15:10");
    let diagnostics = call("tracker/get_diagnostics").await.body;
    assert_eq!(diagnostics, json!({"success": true, "user_time": "2026-03-02 10:15:41", "inputs": []}));
    for method in ["tracker/get_readings", "tracker/get_fuel", "tracker/get_diagnostics", "tracker/get_inputs"] {
        world.check_code(method, json!({"hash": hash, "tracker_id": 7}), 201).await;
        world.check_invalid(method, json!({"hash": hash}), &["tracker_id"]).await;
    }
    block(&world, tracker).await;
    for method in ["tracker/get_readings", "tracker/get_fuel", "tracker/get_diagnostics", "tracker/get_inputs"] {
        assert_eq!(call(method).await.code(), 208, "{method}");
    }
}

#[tokio::test]
async fn inputs_and_what_is_connected_there() {
    let (world, hash, first, second) = world().await;
    let inputs = json!({"inputs": [true, false, true, false, false, false, false, false],
                        "states": [{"type": "door", "name": "Door", "status": true, "input_number": 1}],
                        "update_time": "2026-03-02 10:15:38"});
    let answered = world.post("tracker/get_inputs", json!({"hash": hash, "tracker_id": first})).await;
    let mut expected = inputs.clone();
    expected["success"] = json!(true);
    expected["user_time"] = json!("2026-03-02 10:15:41");
    assert_eq!(answered.body, expected);
    let answered = world.post("tracker/batch_get_inputs", json!({"hash": hash, "trackers": [first, second]})).await;
    let data = json!({first.to_string(): inputs, second.to_string(): inputs});
    assert_eq!(answered.body, json!({"success": true, "user_time": "2026-03-02 10:15:41", "data": data}));
    world.check_code("tracker/batch_get_inputs", json!({"hash": hash, "trackers": [first, 7]}), 217).await;
}
