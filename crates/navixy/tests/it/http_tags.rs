//! `tag/…`, `tracker/tags/set`.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn tags_show_on_trackers_until_they_are_deleted() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let (truck, _) = world.tracker(&hash, "Truck 1", "unit-000008").await;
    let create = async |name: &str| {
        let tag = json!({"name": name, "color": "1E90FF"});
        world.post("tag/create", json!({"hash": hash, "tag": tag})).await.body["id"].clone()
    };
    let (cold, far) = (create("Cold").await, create("Far").await);
    let bindings = json!([{"tag_id": cold, "ordinal": 1}, {"tag_id": far, "ordinal": 4}]);
    world.check_code("tracker/tags/set", json!({"hash": hash, "tracker_id": van, "tag_bindings": bindings}), 0).await;
    let one = json!([{"tag_id": cold, "ordinal": 2}]);
    world.check_code("tracker/tags/set", json!({"hash": hash, "tracker_id": truck, "tag_bindings": one}), 0).await;
    let read = async |id: u64| {
        let answered = world.post("tracker/read", json!({"hash": hash, "tracker_id": id})).await;
        answered.body["value"]["tag_bindings"].clone()
    };
    assert_eq!(read(van).await, bindings);
    let list = world.post("tracker/list", json!({"hash": hash})).await;
    assert_eq!(list.body["list"][1]["tag_bindings"], one);
    let search = async |body: Value| world.post("tag/search", body).await.body["result"].clone();
    let ids = |result: &Value| -> Vec<u64> {
        result["tracker"].as_array().into_iter().flatten().filter_map(|t| t["id"].as_u64()).collect()
    };
    assert_eq!(ids(&search(json!({"hash": hash, "tag_ids": [cold]})).await), [van, truck]);
    assert_eq!(ids(&search(json!({"hash": hash, "tag_ids": [cold, far], "entity_types": ["tracker"]})).await), [van]);
    assert_eq!(search(json!({"hash": hash, "tag_ids": [cold], "entity_types": ["zone"]})).await, json!({}));
    let update = json!({"hash": hash, "tag": {"id": cold, "name": "Colder", "color": "000000"}});
    world.check_code("tag/update", update, 0).await;
    let tags = world.post("tag/list", json!({"hash": hash, "filter": "OLD"})).await;
    assert_eq!(tags.body["list"], json!([{"id": cold, "name": "Colder", "color": "000000"}]));
    world.check_code("tag/delete", json!({"hash": hash, "tag_id": cold}), 0).await;
    world.check_code("tag/delete", json!({"hash": hash, "tag_id": cold}), 201).await;
    world.check_code("tag/delete", json!({"hash": hash, "tag_ids": [cold, 99]}), 0).await;
    assert_eq!(read(truck).await, json!([]));
    assert_eq!(read(van).await, json!([{"tag_id": far, "ordinal": 4}]));
}

#[tokio::test]
async fn wrong_tags_are_told_apart() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let tag = json!({"name": "Cold", "color": "1E90FF"});
    let cold = world.post("tag/create", json!({"hash": hash, "tag": tag})).await.body["id"].clone();
    world.check_invalid("tag/create", json!({"hash": hash}), &["tag"]).await;
    world.check_invalid("tag/create", json!({"hash": hash, "tag": {}}), &["tag.name", "tag.color"]).await;
    let blank = json!({"hash": hash, "tag": {"name": " ", "color": "1E90FF"}});
    world.check_invalid("tag/create", blank, &["tag.name"]).await;
    let red = json!({"hash": hash, "tag": {"id": cold, "name": "Cold", "color": "red"}});
    world.check_invalid("tag/update", red, &["tag.color"]).await;
    world.check_invalid("tag/update", json!({"hash": hash, "tag": tag}), &["tag.id"]).await;
    let gone = json!({"hash": hash, "tag": {"id": 99, "name": "Cold", "color": "1E90FF"}});
    world.check_code("tag/update", gone, 201).await;
    world.check_invalid("tag/list", json!({"hash": hash, "filter": "ab"}), &["filter"]).await;
    world.check_invalid("tag/delete", json!({"hash": hash}), &["tag_id"]).await;
    world.check_invalid("tag/delete", json!({"hash": hash, "tag_id": 1, "tag_ids": [1]}), &["tag_ids"]).await;
    world.check_invalid("tag/search", json!({"hash": hash}), &["tag_ids"]).await;
    let set = async |bindings: Value, named: &[&str]| {
        let body = json!({"hash": hash, "tracker_id": van, "tag_bindings": bindings});
        world.check_invalid("tracker/tags/set", body, named).await;
    };
    set(json!(null), &["tag_bindings"]).await;
    set(json!([{"tag_id": cold}]), &["tag_bindings[0].ordinal"]).await;
    for ordinal in [0, 6, 300] {
        set(json!([{"tag_id": cold, "ordinal": ordinal}]), &["tag_bindings"]).await;
    }
    set(json!([{"tag_id": cold, "ordinal": 1}, {"tag_id": cold, "ordinal": 2}]), &["tag_bindings"]).await;
    set(json!([{"tag_id": cold, "ordinal": 1}, {"tag_id": 99, "ordinal": 1}]), &["tag_bindings"]).await;
    set(json!([{"tag_id": 99, "ordinal": 1}]), &["tag_bindings"]).await;
    let nobodys = json!({"hash": hash, "tracker_id": 1, "tag_bindings": []});
    world.check_code("tracker/tags/set", nobodys, 201).await;
}
