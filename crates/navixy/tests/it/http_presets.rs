//! `tracker/command/…`: commands that are kept ready.

use serde_json::{Value, json};

use crate::world::World;

fn command(name: &str) -> Value {
    json!({"name": name, "type": "hardware", "config": {"command": "getver", "reliable": true}})
}

#[tokio::test]
async fn commands_are_kept_changed_sent_and_forgotten() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let create = json!({"hash": hash, "tracker_id": van, "command": command("Version")});
    let id = world.post("tracker/command/create", create).await.body["id"].clone();
    let mut changed = command("Info");
    changed["id"] = id.clone();
    let update = json!({"hash": hash, "tracker_id": van, "command": changed});
    world.check_code("tracker/command/update", update, 0).await;
    for trackers in [json!(null), json!([]), json!([van])] {
        let all = world.post("tracker/batch_get_commands", json!({"hash": hash, "trackers": trackers})).await;
        assert_eq!(all.body["result"], json!({van.to_string(): [changed]}), "{trackers}");
    }
    let execute = json!({"hash": hash, "tracker_id": van, "command_id": id});
    world.check_code("tracker/command/execute", execute.clone(), 0).await;
    let count = world.post("tracker/command/unconfirmed/count", json!({"hash": hash, "tracker_id": van})).await;
    assert_eq!(count.body["count"], 1, "it waits for the device");
    world.check_code("tracker/command/delete", execute.clone(), 0).await;
    world.check_code("tracker/command/delete", execute.clone(), 201).await;
    world.check_code("tracker/command/execute", execute, 201).await;
}

#[tokio::test]
async fn wrong_commands_are_told_apart() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&hash, "Van 7", "unit-000007").await;
    let body = |command: Value| json!({"hash": hash, "tracker_id": van, "command": command});
    let invalid = async |command: Value, named: &[&str]| {
        world.check_invalid("tracker/command/create", body(command), named).await;
    };
    invalid(json!(null), &["command"]).await;
    invalid(json!({}), &["command.name", "command.type"]).await;
    invalid(json!({"name": "A", "type": "sms"}), &["command.type"]).await;
    invalid(json!({"name": "A", "type": "hardware"}), &["command.config"]).await;
    invalid(json!({"name": "A", "type": "hardware", "config": {}}), &["command.config.command"]).await;
    let blank = json!({"name": "A", "type": "hardware", "config": {"command": ""}});
    invalid(blank, &["command.config.command"]).await;
    invalid(command(" "), &["command.name"]).await;
    world.check_invalid("tracker/command/update", body(command("A")), &["command.id"]).await;
    let http = json!({"name": "A", "type": "http", "config": {"url": "http://127.0.0.1/"}});
    world.check_code("tracker/command/create", body(http), 214).await;
    let mut gone = command("A");
    gone["id"] = json!(99);
    world.check_code("tracker/command/update", body(gone), 201).await;
    let nobodys = json!({"hash": hash, "tracker_id": 1, "command": command("A")});
    world.check_code("tracker/command/create", nobodys, 201).await;
    world.check_code("tracker/batch_get_commands", json!({"hash": hash, "trackers": [van, 1]}), 217).await;
}
