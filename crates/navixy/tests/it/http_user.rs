//! The users' methods.

use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn logging_in() {
    let world = World::new().await;
    let admin = &world.admin().await;
    world.user(admin, "ann@example.com").await;
    let auth = |login: &str, password: &str| json!({"login": login, "password": password, "locale": "en"});
    let answered = world.post("user/auth", auth("ANN@example.com", PASSWORD)).await;
    assert_eq!(answered.text("type"), "authenticated");
    assert_eq!(answered.text("hash").len(), 32);
    world.check_code("user/auth", auth("ann@example.com", "wrong"), 102).await;
    world.check_code("user/auth", auth("bob@example.com", PASSWORD), 102).await;
    world.check_invalid("user/auth", json!({}), &["login", "password"]).await;
    world.check_invalid("user/auth", auth("ann@example.com", ""), &["password"]).await;
    world.check_invalid("user/auth", auth("ann@example.com", &"x".repeat(41)), &["password"]).await;
    world.check_invalid("user/auth", auth("ann@example.com", "a\u{7}"), &["password"]).await;
    world.check_invalid("user/auth", auth(&"x".repeat(255), "a"), &["login"]).await;
    let dealer = |id: i32| json!({"login": "ann@example.com", "password": PASSWORD, "dealer_id": id});
    world.check_code("user/auth", dealer(1), 0).await;
    world.check_code("user/auth", dealer(2), 102).await;
    world.check_code("user/auth", dealer(-1), 102).await;
}

#[tokio::test]
async fn failures_lock_a_login_and_successes_do_not() {
    let world = World::new().await;
    let admin = &world.admin().await;
    world.user(admin, "ann@example.com").await;
    world.user(admin, "bob@example.com").await;
    let auth = |login: &str, password: &str| json!({"login": login, "password": password});
    for _ in 0..12 {
        world.check_code("user/auth", auth("ann@example.com", PASSWORD), 0).await;
    }
    for _ in 0..10 {
        world.check_code("user/auth", auth("ann@example.com", "wrong"), 102).await;
    }
    world.check_code("user/auth", auth("ann@example.com", PASSWORD), 105).await;
    world.check_code("user/auth", auth("bob@example.com", PASSWORD), 0).await;
    world.wait_ms(900_001);
    world.check_code("user/auth", auth("ann@example.com", PASSWORD), 0).await;
}

#[tokio::test]
async fn who_one_is() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let info = world.post("user/get_info", json!({"hash": hash, "application": "x"})).await.body;
    assert_eq!(info["paas_id"], 1);
    for (member, expected) in [
        ("paas_settings", json!({})),
        ("tariff_restrictions", json!({"allowed_maps": ["osm", "roadmap"]})),
        ("premium_gis", json!(false)),
        ("features", json!([])),
        ("user_menu", json!({})),
    ] {
        assert_eq!(info[member], expected, "{member}");
    }
    let user = &info["user_info"];
    for (member, expected) in [
        ("id", json!(10_001)),
        ("login", json!("ann@example.com")),
        ("title", json!("Ann Lee")),
        ("phone", json!("")),
        ("creation_date", json!("2026-03-02 10:15:41")),
        ("balance", json!(0.0)),
        ("bonus", json!(0.0)),
        ("locale", json!("en_US")),
        ("demo", json!(false)),
        ("verified", json!(true)),
        ("legal_type", json!("individual")),
        ("time_zone", json!("Europe/Madrid")),
        ("measurement_system", json!("metric")),
        ("first_name", json!("Ann")),
        ("middle_name", json!("")),
        ("last_name", json!("Lee")),
        ("tin", json!("")),
        ("post_city", json!("")),
        ("registered_street_address", json!("")),
    ] {
        assert_eq!(user[member], expected, "{member}");
    }
}

fn registration(hash: &str) -> Value {
    json!({"hash": hash, "label": "Van 7", "group_id": "0", "model": "navixy_ngp", "plugin_id": 44,
           "device_id": "yard-0007", "send_register_commands": true})
}

#[tokio::test]
async fn registering() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let with = |member: &str, value: Value| {
        let mut body = registration(hash);
        body[member] = value;
        body
    };
    let tracker = world.post("tracker/register", registration(hash)).await.body;
    let expected = json!({
        "id": 100_001, "label": "Van 7", "clone": false, "group_id": 0,
        "source": {"id": 1_000_000_001, "device_id": "yard-0007", "model": "navixy_ngp", "blocked": false, "tariff_id": 0,
                   "status_listing_id": null, "creation_date": "2026-03-02", "tariff_end_date": null, "phone": null},
        "tag_bindings": [],
    });
    assert_eq!(tracker, json!({"success": true, "value": expected}));
    world.check_code("tracker/register", registration(hash), 224).await;
    world.check_code("tracker/register", with("model", json!("nonsense")), 220).await;
    world.check_code("tracker/register", with("plugin_id", json!(5)), 222).await;
    world.check_code("tracker/register", with("plugin_id", json!(-44)), 222).await;
    world.check_code("tracker/register", with("plugin_id", json!(37)), 227).await;
    world.check_code("tracker/register", with("group_id", json!(9)), 204).await;
    world.check_invalid("tracker/register", json!({"hash": hash}), &["label", "model", "plugin_id"]).await;
    world.check_invalid("tracker/register", with("label", json!("  ")), &["label"]).await;
    world.check_invalid("tracker/register", with("label", json!("a<b")), &["label"]).await;
    world.check_invalid("tracker/register", with("plugin_id", json!(4.5)), &["plugin_id"]).await;
    world.check_invalid("tracker/register", with("device_id", json!(null)), &["device_id"]).await;
    for (id, text) in [
        ("yard_7", r#"must match "^[0-9a-zA-Z\-]{1,64}$""#),
        ("yard7", "must consist of 6-32 alphanumeric symbols or hyphens"),
    ] {
        let answered = world.post("tracker/register", with("device_id", json!(id))).await;
        assert_eq!(answered.body["errors"], json!([{"parameter": "device_id", "error": text}]));
    }
    let imei = json!({"hash": hash, "label": "T", "model": "teltonika", "plugin_id": 44, "device_id": 356_307_042_441_013_u64});
    let answered = world.post("tracker/register", imei).await;
    assert_eq!(answered.body["value"]["source"]["device_id"], "356307042441013");
}

#[tokio::test]
async fn listing_and_reading() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let other = &world.logged_in("bob@example.com").await;
    let list = async |labels: Value| {
        let answered = world.post("tracker/list", json!({"hash": hash, "labels": labels})).await;
        let list = answered.body["list"].as_array().cloned().unwrap_or_else(|| panic!("{answered:?}"));
        list.into_iter().map(|t| t["label"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert!(list(json!(null)).await.is_empty());
    for (i, label) in ["Van 7", "Ärzte", "truck van"].into_iter().enumerate() {
        world.tracker(hash, label, &format!("yard-000{i}")).await;
    }
    world.tracker(other, "Van of Bob", "yard-bob").await;
    assert_eq!(list(json!(null)).await, ["Van 7", "Ärzte", "truck van"]);
    assert_eq!(list(json!(["VAN"])).await, ["Van 7", "truck van"]);
    assert_eq!(list(json!(["ärz", "7"])).await, ["Van 7", "Ärzte"]);
    assert!(list(json!(["none"])).await.is_empty());
    for bad in [json!([]), json!(["a", "a"]), json!([null]), json!("a"), json!([""]), json!(["x".repeat(61)])] {
        world.check_invalid("tracker/list", json!({"hash": hash, "labels": bad}), &["labels"]).await;
    }
    let many: Vec<String> = (0..1_025).map(|i| i.to_string()).collect();
    world.check_invalid("tracker/list", json!({"hash": hash, "labels": many}), &["labels"]).await;
    let read = world.post("tracker/read", json!({"hash": hash, "tracker_id": 100_002})).await.body;
    assert_eq!(read["value"]["label"], "Ärzte");
    world.check_code("tracker/read", json!({"hash": other, "tracker_id": 100_002}), 201).await;
    world.check_code("tracker/read", json!({"hash": hash, "tracker_id": 7}), 201).await;
    world.check_code("tracker/read", json!({"hash": hash, "tracker_id": -7}), 201).await;
    world.check_invalid("tracker/read", json!({"hash": hash}), &["tracker_id"]).await;
}

#[tokio::test]
async fn states() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let admin = &world.admin().await;
    let (seen, source) = world.tracker(hash, "seen", "yard-0001").await;
    let (blocked, _) = world.tracker(hash, "blocked", "yard-0002").await;
    let (removed, _) = world.tracker(hash, "removed", "yard-0003").await;
    world
        .check_code("panel/tracker/source/update", json!({"hash": admin, "tracker_id": blocked, "blocked": true}), 0)
        .await;
    world.check_code("panel/tracker/corrupt", json!({"hash": admin, "tracker_id": removed}), 0).await;

    let one = |id: u64| json!({"hash": hash, "tracker_id": id});
    let answered = world.post("tracker/get_state", one(seen)).await.body;
    assert_eq!(answered["user_time"], "2026-03-02 10:15:41");
    assert_eq!(answered["state"]["source_id"], source);
    assert_eq!(answered["state"]["gps"]["updated"], "2026-03-02 10:15:38");
    world.check_code("tracker/get_state", one(blocked), 208).await;
    world.check_code("tracker/get_state", one(removed), 201).await;
    world.check_code("tracker/get_state", one(7), 201).await;

    let many = |ids: Value| json!({"hash": hash, "trackers": ids});
    let answered = world.post("tracker/get_states", many(json!([seen, seen]))).await.body;
    let states = answered["states"].as_object().expect("a map");
    assert_eq!((states.len(), &states[&seen.to_string()]["source_id"]), (1, &json!(source)));
    assert_eq!((&answered["blocked"], &answered["not_exist"]), (&Value::Null, &Value::Null));
    world.check_code("tracker/get_states", many(json!([])), 0).await;
    world.check_code("tracker/get_states", many(json!([seen, 7])), 217).await;
    world.check_code("tracker/get_states", many(json!([seen, removed])), 201).await;
    world.check_code("tracker/get_states", many(json!([seen, blocked])), 208).await;
    let mut all = many(json!([blocked, 7, seen, removed, -1]));
    all["list_blocked"] = json!(true);
    all["allow_not_exist"] = json!("true");
    let answered = world.post("tracker/get_states", all).await.body;
    assert_eq!((&answered["blocked"], &answered["not_exist"]), (&json!([blocked]), &json!([7, removed, -1])));
    world.check_code("tracker/get_states", many((1..=2_000).collect()), 217).await;
    world.check_code("tracker/get_states", many((1..=2_001).collect()), 221).await;
    world.check_invalid("tracker/get_states", many(json!([1, null])), &["trackers"]).await;
    world.check_invalid("tracker/get_states", json!({"hash": hash}), &["trackers"]).await;
}

#[tokio::test]
async fn withdrawing_a_tracker() {
    let world = World::new().await;
    let hash = &world.logged_in("ann@example.com").await;
    let admin = &world.admin().await;
    let (fresh, _) = world.tracker(hash, "fresh", "yard-0001").await;
    let (connected, source) = world.tracker(hash, "connected", "yard-0002").await;
    let (blocked, _) = world.tracker(hash, "blocked", "yard-0003").await;
    let source = model::SourceId(u32::try_from(source).expect("a source id"));
    world.fleet.note_connected(vec![source]).await.expect("noted");
    world
        .check_code("panel/tracker/source/update", json!({"hash": admin, "tracker_id": blocked, "blocked": true}), 0)
        .await;
    let corrupt = |id: u64| json!({"hash": hash, "tracker_id": id});
    world.check_code("tracker/corrupt", corrupt(connected), 243).await;
    world.check_code("tracker/corrupt", corrupt(blocked), 208).await;
    world.check_code("tracker/corrupt", corrupt(7), 201).await;
    world.check_invalid("tracker/corrupt", json!({"hash": hash}), &["tracker_id"]).await;
    world.check_code("tracker/corrupt", corrupt(fresh), 0).await;
    world.check_code("tracker/read", corrupt(fresh), 201).await;
    world.check_code("tracker/corrupt", corrupt(fresh), 252).await;
    let (again, _) = world.tracker(hash, "again", "yard-0001").await;
    assert_ne!(again, fresh);
}
