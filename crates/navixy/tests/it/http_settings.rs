//! `tracker/settings/…`, the outputs' titles, `tracker/replace`.

use model::SourceId;
use serde_json::{Value, json};

use crate::world::{KEPT, World};

/// A body with the members of another.
fn with(mut body: Value, more: &Value) -> Value {
    let all = body.as_object_mut().expect("an object");
    all.extend(more.as_object().expect("an object").clone());
    body
}

#[tokio::test]
async fn settings_are_read_as_they_were_set() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let body = json!({"hash": hash, "tracker_id": van});
    let check = async |name: &str, before: Value, change: Value, after: Value| {
        let (read, update) = (format!("tracker/settings/{name}read"), format!("tracker/settings/{name}update"));
        let seen = world.post(&read, body.clone()).await;
        assert_eq!(seen.body, with(json!({"success": true}), &before), "{name}");
        world.check_code(&update, with(body.clone(), &change), 0).await;
        let seen = world.post(&read, body.clone()).await;
        assert_eq!(seen.body, with(json!({"success": true}), &after), "{name}");
    };
    let named = |label: &str| json!({"settings": {"label": label, "group_id": 0}});
    check("", named("Van 7"), json!({"label": "Van 8", "group_id": 0}), named("Van 8")).await;
    let trips = |minutes: u32, speed: u32, ignition: bool| {
        json!({"min_idle_duration_minutes": minutes, "idle_speed_threshold": speed, "ignition_aware": ignition,
               "motion_sensor_aware": false})
    };
    check("trip_detection/", trips(5, 3, false), trips(1_440, 0, true), trips(1_440, 0, true)).await;
    let radius = |m: u32| json!({"max_radius": m});
    check("lbs/", radius(10_000), radius(0), radius(0)).await;
    let timeout = json!({"offline_timeout_minutes": 90});
    check("connection/", json!({}), timeout.clone(), timeout.clone()).await;
    check("connection/", timeout, json!({"offline_timeout_minutes": null}), json!({})).await;
}

#[tokio::test]
async fn settings_out_of_range_and_out_of_reach() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let body = json!({"hash": hash, "tracker_id": van});
    let named = json!({"label": "Van 8", "group_id": 0});
    let trips = json!({"min_idle_duration_minutes": 5, "idle_speed_threshold": 3, "ignition_aware": true,
                       "motion_sensor_aware": true});
    let invalid = async |method: &str, more: Value, parameters: &[&str]| {
        world.check_invalid(&format!("tracker/settings/{method}"), with(body.clone(), &more), parameters).await;
    };
    invalid("update", json!({}), &["label", "group_id"]).await;
    invalid("update", with(named.clone(), &json!({"label": "<b>"})), &["label"]).await;
    for (member, values) in [
        ("min_idle_duration_minutes", [json!(0), json!(1_441), json!(-1), json!(1.5)]),
        ("idle_speed_threshold", [json!(-1), json!(201), json!(70_000), json!("x")]),
    ] {
        for value in values {
            let mut wrong = trips.clone();
            wrong[member] = value;
            invalid("trip_detection/update", wrong, &[member]).await;
        }
    }
    invalid("trip_detection/update", with(trips.clone(), &json!({"ignition_aware": null})), &["ignition_aware"]).await;
    for radius in [json!(-1), json!(10_001), json!(null)] {
        invalid("lbs/update", json!({"max_radius": radius}), &["max_radius"]).await;
    }
    for minutes in [0, 4_320_001, -5] {
        let wrong = json!({"offline_timeout_minutes": minutes});
        invalid("connection/update", wrong, &["offline_timeout_minutes"]).await;
    }
    let group = with(with(body.clone(), &named), &json!({"group_id": 9}));
    world.check_code("tracker/settings/update", group, 204).await;
    let methods = [
        ("read", json!({}), 201),
        ("update", named, 201),
        ("trip_detection/read", json!({}), 204),
        ("trip_detection/update", trips, 204),
        ("lbs/read", json!({}), 204),
        ("lbs/update", json!({"max_radius": 5}), 204),
        ("connection/read", json!({}), 204),
        ("connection/update", json!({}), 204),
    ];
    for (method, more, missing) in &methods {
        let nobodys = json!({"hash": hash, "tracker_id": 1});
        world.check_code(&format!("tracker/settings/{method}"), with(nobodys, more), *missing).await;
    }
    let admin = world.admin().await;
    let block = json!({"hash": admin, "tracker_id": van, "blocked": true});
    world.check_code("panel/tracker/source/update", block, 0).await;
    for (method, more, _) in &methods {
        world.check_code(&format!("tracker/settings/{method}"), with(body.clone(), more), 208).await;
    }
}

#[tokio::test]
async fn outputs_have_titles() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, source) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let body = json!({"hash": hash, "tracker_id": van});
    let titled =
        |number: i32, title: &str| with(body.clone(), &json!({"tracker_output": {"number": number, "title": title}}));
    world.check_code("tracker/output/update", titled(2, "Siren"), 0).await;
    let outputs = world.post("tracker/get_outputs", body.clone()).await.body["result"].clone();
    assert_eq!(outputs.as_array().map(Vec::len), Some(8));
    assert_eq!(outputs[0], json!({"number": 1, "title": "Output 1"}));
    assert_eq!(outputs[1], json!({"number": 2, "title": "Siren"}));
    let batch = world.post("tracker/batch_get_outputs", json!({"hash": hash, "trackers": [van]})).await;
    assert_eq!(batch.body["result"], json!({van.to_string(): outputs}));
    for number in [0, 9, 300] {
        world.check_invalid("tracker/output/update", titled(number, "Siren"), &["tracker_output.number"]).await;
    }
    world.check_invalid("tracker/output/update", titled(1, " "), &["tracker_output.title"]).await;
    let bare = with(body.clone(), &json!({"tracker_output": {}}));
    let named = ["tracker_output.number", "tracker_output.title"];
    world.check_invalid("tracker/output/update", bare, &named).await;
    world.check_code("tracker/get_outputs", json!({"hash": hash, "tracker_id": source}), 201).await;
    world.check_code("tracker/batch_get_outputs", json!({"hash": hash, "trackers": [source]}), 217).await;
}

#[tokio::test]
async fn a_device_takes_the_place_of_another() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, source) = world.tracker(&hash, "Van 7", "unit-000007").await;
    world.tracker(&hash, "Truck 1", "unit-000008").await;
    let body = json!({"hash": hash, "tracker_id": van, "model": "navixy_ngp", "plugin_id": 44,
                      "device_id": "unit-000009"});
    let replace = "tracker/replace";
    world.check_code(replace, body.clone(), 266).await;
    let id = SourceId(u32::try_from(source).expect("an id"));
    world.fleet.note_connected(vec![id]).await.expect("noted");
    let bare = json!({"hash": hash});
    world.check_invalid(replace, bare, &["tracker_id", "model", "plugin_id"]).await;
    world.check_invalid(replace, with(body.clone(), &json!({"device_id": "x"})), &["device_id"]).await;
    world.check_invalid(replace, with(body.clone(), &json!({"device_id": null})), &["device_id"]).await;
    for (change, code) in [
        (json!({"tracker_id": 1}), 201),
        (json!({"model": "none"}), 220),
        (json!({"plugin_id": 5}), 222),
        (json!({"device_id": "unit-000008"}), 224),
        (json!({"plugin_id": 37}), 227),
    ] {
        world.check_code(replace, with(body.clone(), &change), code).await;
    }
    let reboot = json!({"hash": hash, "tracker_id": van, "command": "reboot"});
    world.check_code("tracker/raw_command/send", reboot, 0).await;
    world.check_code(replace, with(body.clone(), &json!({"tracker_id": 1})), 201).await;
    assert_eq!(world.dispatch.summary(id).open_commands_count, 1, "waits for the device as long as it is there");
    assert_eq!(KEPT.get(), 0);
    let answered = world.post(replace, body.clone()).await;
    assert_eq!(world.dispatch.summary(id).open_commands_count, 0, "was not meant for the new device");
    assert_eq!(KEPT.get(), 1, "it is durable when it is answered");
    let value = &answered.body["value"];
    assert_eq!((&value["id"], &value["source"]["id"]), (&json!(van), &json!(source)), "{answered:?}");
    assert_eq!(value["source"]["device_id"], "unit-000009");
    assert_eq!(world.fleet.device("unit-000007"), None);
    world.check_code("tracker/corrupt", json!({"hash": hash, "tracker_id": van}), 243).await;
}
