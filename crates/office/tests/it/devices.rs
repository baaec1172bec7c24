//! Devices that are not registered, who adopts them, their settings, and frames that could not be read.

use intake::Knocked;
use model::SETTING_KEYS;
use serde_json::{Value, json};

use crate::world::{UNKNOWN, World, wait_s};

impl World {
    async fn admin(&self, method: &str, body: Value) -> Value {
        self.call(&self.admin, method, body).await.ok()
    }

    async fn listed(&self, method: &str, body: Value, name: &str) -> Vec<Value> {
        let answer = self.admin(method, body).await;
        answer["list"].as_array().expect("a list").iter().map(|row| row[name].clone()).collect()
    }
}

#[tokio::test]
async fn a_device_that_knocked_is_listed_and_registered_by_one_call() {
    let world = World::new().await;
    assert_eq!(world.knock(UNKNOWN[0]).await, Knocked::Refused);
    wait_s(5);
    world.knock(UNKNOWN[0]).await;
    let listed = world.admin("unknown_device/list", json!({})).await;
    let expected = json!({
        "device_id": UNKNOWN[0], "protocol": "gt06", "model": "gt06", "address": "192.0.2.9", "port": 50_023,
        "first_heard": "2026-03-02 09:15:41", "last_heard": "2026-03-02 09:15:46", "knocks": 2,
    });
    assert_eq!((&listed["list"], &listed["count"]), (&json!([expected]), &json!(1)));
    let call = json!({"device_id": UNKNOWN[0], "user_id": world.ann_id.0});
    let made = world.admin("unknown_device/register", call.clone()).await;
    let device = world.fleet.device(UNKNOWN[0]).expect("registered");
    assert_eq!((&made["source_id"], device.model.code), (&json!(device.source.0), "gt06"));
    let trackers = world.fleet.trackers(&world.fleet.authorize(&world.ann, crate::world::now()).expect("live"));
    let tracker = trackers.iter().find(|tracker| json!(tracker.id.0) == made["tracker_id"]).expect("hers");
    assert_eq!(tracker.label, UNKNOWN[0]);
    assert_eq!(world.listed("unknown_device/list", json!({}), "device_id").await, Vec::<Value>::new());
    world.check_code(&world.admin, "unknown_device/register", call, 201).await;
}

#[tokio::test]
async fn it_gets_the_name_and_model_that_are_given() {
    let world = World::new().await;
    world.knock(UNKNOWN[0]).await;
    let call = |more: Value| {
        let mut body = json!({"device_id": UNKNOWN[0], "user_id": world.ann_id.0});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    for wrong in [json!({"model": "morse"}), json!({"model": "navixy_ngp", "label": "<"}), json!({"label": ""})] {
        world.check_code(&world.admin, "unknown_device/register", call(wrong), 7).await;
    }
    world.check_code(&world.admin, "unknown_device/register", call(json!({"user_id": world.sub_id.0})), 201).await;
    let made = world.admin("unknown_device/register", call(json!({"model": "telfmb920", "label": "Van 9"}))).await;
    let device = world.fleet.device(UNKNOWN[0]).expect("registered");
    assert_eq!((device.model.code, &made["source_id"]), ("telfmb920", &json!(device.source.0)));
}

#[tokio::test]
async fn what_was_registered_otherwise_is_listed_no_longer() {
    let world = World::new().await;
    for device in UNKNOWN {
        world.knock(device).await;
    }
    let page = json!({"offset": 1, "limit": 1});
    assert_eq!(world.listed("unknown_device/list", page, "device_id").await, [UNKNOWN[0]]);
    world
        .fleet
        .register_for(&world.panel, world.ann_id, "gt06", UNKNOWN[0], None, crate::world::now())
        .await
        .expect("made");
    assert_eq!(world.listed("unknown_device/list", json!({}), "device_id").await, [UNKNOWN[1]]);
    let forget = json!({"device_id": UNKNOWN[1]});
    world.admin("unknown_device/forget", forget.clone()).await;
    world.check_code(&world.admin, "unknown_device/forget", forget, 201).await;
    for wrong in [json!({"limit": 0}), json!({"limit": 1_001}), json!({"offset": -1})] {
        world.check_code(&world.admin, "unknown_device/list", wrong, 7).await;
    }
}

#[tokio::test]
async fn devices_are_adopted_by_whom_an_administrator_names() {
    let world = World::with(|setup| setup.intake.adopted_per_minute_max = 1).await;
    let off = json!({"success": true, "enabled": false, "user_id": null, "protocols": []});
    assert_eq!(world.admin("adoption/read", json!({})).await, off);
    world.admin("adoption/update", json!({"enabled": true, "user_id": world.ann_id.0, "protocols": ["h02"]})).await;
    assert_eq!(world.knock(UNKNOWN[0]).await, Knocked::Refused, "it speaks another protocol");
    world.admin("adoption/update", json!({"enabled": true, "user_id": world.ann_id.0})).await;
    let on = json!({"success": true, "enabled": true, "user_id": world.ann_id.0, "protocols": []});
    assert_eq!(world.admin("adoption/read", json!({})).await, on);
    assert_eq!(world.knock(UNKNOWN[0]).await, Knocked::Adopted);
    assert_eq!(world.knock(UNKNOWN[0]).await, Knocked::Adopted, "it is registered by now");
    assert_eq!(world.listed("unknown_device/list", json!({}), "device_id").await, Vec::<Value>::new());
    assert_eq!(world.knock(UNKNOWN[1]).await, Knocked::Refused, "one a minute");
    wait_s(60);
    assert_eq!(world.knock(UNKNOWN[1]).await, Knocked::Adopted);
    world.admin("adoption/update", json!({"enabled": false})).await;
    assert_eq!(world.admin("adoption/read", json!({})).await, off);
    assert_eq!(world.knock("350000000000030").await, Knocked::Refused);
    for wrong in [json!({}), json!({"enabled": true}), json!({"enabled": true, "user_id": 1, "protocols": ["morse"]})] {
        world.check_code(&world.admin, "adoption/update", wrong, 7).await;
    }
    world.check_code(&world.admin, "adoption/update", json!({"enabled": true, "user_id": world.sub_id.0}), 201).await;
}

#[tokio::test]
async fn settings_of_devices_are_set_and_taken_back() {
    let world = World::new().await;
    let van = world.van.0;
    let read = world.ann("device_settings/read", json!({"tracker_id": van})).await;
    assert_eq!(read["settings"], json!({}));
    let keys: Vec<_> = read["keys"].as_array().expect("keys").iter().map(|row| row["key"].clone()).collect();
    assert_eq!(keys, SETTING_KEYS.iter().map(|key| json!(key.key)).collect::<Vec<_>>());
    let set = json!({"checksum": "warn", "time_zone": 28_800, "strict_login": true, "password": "0000"});
    let set = json!({"tracker_id": van, "settings": set});
    let expected = json!({"checksum": "warn", "time_zone": "28800", "strict_login": "true", "password": "0000"});
    assert_eq!(world.ann("device_settings/update", set).await["settings"]["checksum"], "warn");
    let read = world.admin("device_settings/read", json!({"tracker_id": van})).await["settings"].clone();
    for (key, value) in expected.as_object().expect("an object").iter().filter(|(key, _)| *key != "time_zone") {
        assert_eq!(&read[key], value, "{key}");
    }
    assert_eq!(world.fleet.device("yard-unit-0007").expect("registered").settings.utc_offset_s, Some(28_800));
    let back = json!({"tracker_id": van, "settings": {"checksum": "", "time_zone": "", "password": ""}});
    assert_eq!(world.ann("device_settings/update", back).await["settings"], json!({"strict_login": "true"}));
    let wrong = |settings: Value| json!({"tracker_id": van, "settings": settings});
    world.check_invalid("device_settings/update", wrong(json!({"checksum": "none"})), &["settings.checksum"]).await;
    world.check_invalid("device_settings/update", wrong(json!({"model": [1]})), &["settings.model"]).await;
    world.check_invalid("device_settings/update", json!({"tracker_id": van}), &["settings"]).await;
    let kept = world.ann("device_settings/read", json!({"tracker_id": van})).await["settings"].clone();
    assert_eq!(kept, json!({"strict_login": "true"}));
}

#[tokio::test]
async fn frames_in_quarantine_are_listed_read_and_removed() {
    let world = World::new().await;
    let long: Vec<u8> = (0..200).collect();
    let (first, second) = (world.quarantined(&long).await, world.quarantined(b"\x78\x78").await);
    let whole = world.admin("quarantine/read", json!({"frame_id": first})).await["value"].clone();
    let hex: String = long.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = json!({
        "id": first, "received": "2026-03-02 09:15:41", "device_id": "yard-unit-0007", "source_id": world.source.0,
        "protocol": "gt06", "transport": "tcp", "peer": "192.0.2.9:50023", "offset": 18, "kind": "truncated",
        "reason": "the content ends too early", "size_bytes": 200, "frame": hex,
    });
    assert_eq!(whole, expected);
    let page = world.admin("quarantine/list", json!({"limit": 1})).await;
    assert_eq!((&page["list"][0]["id"], &page["has_more"]), (&json!(second), &json!(true)));
    let page = world.admin("quarantine/list", json!({"before_id": second})).await;
    assert_eq!((&page["list"][0]["frame"], &page["has_more"]), (&json!(hex[..128]), &json!(false)));
    let check = async |body: Value, expected: &[u64]| {
        assert_eq!(world.listed("quarantine/list", body.clone(), "id").await, expected, "{body}");
    };
    check(json!({"device_id": "yard-unit-0007", "protocol": "gt06"}), &[second, first]).await;
    check(json!({"device_id": "yard-unit-0008"}), &[]).await;
    check(json!({"protocol": "h02"}), &[]).await;
    check(json!({"since": "2026-03-02 09:15:41"}), &[second, first]).await;
    check(json!({"since": "2026-03-02 09:15:42"}), &[]).await;
    world.check_code(&world.admin, "quarantine/delete", json!({}), 7).await;
    let removed = |body: Value| async { world.admin("quarantine/delete", body).await["removed"].clone() };
    assert_eq!(removed(json!({"frame_id": first})).await, 1);
    assert_eq!(removed(json!({"protocol": "h02"})).await, 0);
    check(json!({}), &[second]).await;
    assert_eq!(removed(json!({"all": true})).await, 1);
    world.check_code(&world.admin, "quarantine/read", json!({"frame_id": second}), 201).await;
}
