//! `tracker/group/…`.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn groups_are_made_filled_and_removed() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let made = world.post("tracker/group/create", json!({"hash": hash, "title": "North", "color": "1E90FF"})).await;
    let group = made.body["id"].clone();
    let assign = json!({"hash": hash, "id": group, "trackers": [van]});
    world.check_code("tracker/group/assign", assign, 0).await;
    let update = json!({"hash": hash, "id": group, "title": "South", "color": "000000"});
    world.check_code("tracker/group/update", update, 0).await;
    let list = world.post("tracker/group/list", json!({"hash": hash})).await;
    assert_eq!(list.body["list"], json!([{"id": group, "title": "South", "color": "000000"}]));
    let read = world.post("tracker/read", json!({"hash": hash, "tracker_id": van})).await;
    assert_eq!(read.body["value"]["group_id"], group);
    world.check_code("tracker/group/delete", json!({"hash": hash, "id": group}), 0).await;
    let read = world.post("tracker/read", json!({"hash": hash, "tracker_id": van})).await;
    assert_eq!(read.body["value"]["group_id"], 0);
    world.check_code("tracker/group/delete", json!({"hash": hash, "id": group}), 201).await;
}

#[tokio::test]
async fn wrong_groups_are_told_apart() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    world.check_invalid("tracker/group/create", json!({"hash": hash}), &["title", "color"]).await;
    world.check_invalid("tracker/group/create", json!({"hash": hash, "title": "A", "color": "red"}), &["color"]).await;
    world.check_code("tracker/group/assign", json!({"hash": hash, "id": 5, "trackers": []}), 201).await;
    world.check_code("tracker/group/assign", json!({"hash": hash, "id": 0, "trackers": [-1]}), 217).await;
}
