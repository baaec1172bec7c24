//! `tracker/counter/…` and `tracker/get_counters`.

use serde_json::{Value, json};

use crate::world::World;

/// Of two trackers the first has both counters, the second none.
async fn world() -> (World, String, u64, u64) {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (first, source) = world.tracker(&hash, "Van 7", "yard-0007").await;
    assert_eq!(source % 2, 1);
    let (second, _) = world.tracker(&hash, "Van 8", "yard-0008").await;
    (world, hash, first, second)
}

#[tokio::test]
async fn counters_are_listed_once_they_were_set() {
    let (world, hash, first, second) = world().await;
    let list = async |tracker: u64| {
        world.post("tracker/get_counters", json!({"hash": hash, "tracker_id": tracker})).await.body
    };
    let expected = json!({"success": true, "user_time": "2026-03-02 10:15:41", "list": [
        {"type": "odometer", "value": 10482.51, "update_time": "2026-03-02 10:15:10"},
        {"type": "engine_hours", "value": 7.5, "update_time": "2026-03-02 10:14:40"},
    ]});
    assert_eq!(list(first).await, expected);
    assert_eq!(list(second).await["list"], json!([]));
    let set = json!({"hash": hash, "tracker_id": second, "type": "odometer", "value": "12.25"});
    world.check_code("tracker/counter/value/set", set, 0).await;
    let set = json!([{"type": "odometer", "value": 12.25, "update_time": "2026-03-02 10:15:41"}]);
    assert_eq!(list(second).await["list"], set);
}

#[tokio::test]
async fn a_counter_s_value() {
    let (world, hash, first, second) = world().await;
    let get = async |tracker: u64, kind: &str| {
        world.post("tracker/counter/value/get", json!({"hash": hash, "tracker_id": tracker, "type": kind})).await
    };
    assert_eq!(get(first, "engine_hours").await.body, json!({"success": true, "value": 7.5}));
    assert_eq!(get(second, "odometer").await.code(), 204, "never set");
    assert_eq!(get(7, "odometer").await.code(), 204);
    world
        .check_invalid("tracker/counter/value/get", json!({"hash": hash, "type": "fuel"}), &["type", "tracker_id"])
        .await;
    let body = |trackers: Value| json!({"hash": hash, "trackers": trackers, "type": "odometer"});
    let method = "tracker/counter/value/list";
    let answered = world.post(method, body(json!([second, first]))).await;
    assert_eq!(answered.body, json!({"success": true, "value": {first.to_string(): 10482.51}}));
    world.check_code(method, body(json!([first, 7])), 217).await;
    world.check_code(method, body(json!((0..501).collect::<Vec<_>>())), 221).await;
}

#[tokio::test]
async fn setting_is_refused_for_its_reasons() {
    let (world, hash, first, _) = world().await;
    let method = "tracker/counter/value/set";
    let body =
        |tracker: u64, value: Value| json!({"hash": hash, "tracker_id": tracker, "type": "odometer", "value": value});
    for value in [json!(-1), json!(1e10), json!("x"), json!("inf"), json!([]), Value::Null] {
        world.check_invalid(method, body(first, value), &["value"]).await;
    }
    world.check_code(method, body(7, json!(5)), 204).await;
    world.check_code(method, body(first, json!(666)), 8).await;
    let admin = world.admin().await;
    let block = json!({"hash": admin, "tracker_id": first, "blocked": true});
    world.check_code("panel/tracker/source/update", block, 0).await;
    world.check_code(method, body(first, json!(5)), 208).await;
}

#[tokio::test]
async fn how_a_counter_grows() {
    let (world, hash, first, _) = world().await;
    let read = async |kind: &str| {
        let body = json!({"hash": hash, "tracker_id": first, "type": kind});
        world.post("tracker/counter/read", body).await.body["value"].clone()
    };
    assert_eq!(read("odometer").await, json!({"id": first * 2, "type": "odometer", "multiplier": 1.0}));
    let update = |more: Value| {
        let mut body = json!({"hash": hash, "tracker_id": first, "type": "odometer"});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let method = "tracker/counter/update";
    world.check_code(method, update(json!({"multiplier": 1.05})), 0).await;
    world.check_code(method, update(json!({"multiplier": 2, "type": "engine_hours"})), 0).await;
    assert_eq!(read("odometer").await["multiplier"], 1.05);
    assert_eq!(read("engine_hours").await, json!({"id": first * 2 + 1, "type": "engine_hours", "multiplier": 2.0}));
    world.check_invalid(method, update(json!({"multiplier": 0})), &["multiplier"]).await;
    world.check_invalid(method, update(json!({})), &["multiplier"]).await;
    world.check_invalid(method, update(json!({"multiplier": 1, "sensor_id": 5})), &["sensor_id"]).await;
    world.check_code(method, update(json!({"multiplier": 1, "tracker_id": 7})), 204).await;
    world.check_code("tracker/counter/read", json!({"hash": hash, "tracker_id": 7, "type": "odometer"}), 204).await;
}
