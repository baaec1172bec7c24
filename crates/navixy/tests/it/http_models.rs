//! `tracker/list_models`.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn models_say_what_they_have() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    let answered = world.post("tracker/list_models", json!({"hash": hash})).await;
    let list = answered.body["list"].as_array().cloned().expect("a list");
    let find = |code: &str| list.iter().find(|model| model["code"] == code).cloned().expect("there");
    let generic = find("navixy_ngp");
    for (member, value) in [
        ("vendor", json!("Navixy")),
        ("type", json!("vehicle")),
        ("id_type", json!("ascii,6,32")),
        ("has_phone", json!(false)),
        ("register", json!(true)),
        ("digital_inputs", json!(8)),
        ("digital_outputs", json!(8)),
        ("analog_inputs", json!(32)),
        ("has_chat", json!(false)),
        ("state_fields", json!(["event_id", "hardware_key", "moving", "obd_vin"])),
    ] {
        assert_eq!(generic[member], value, "{member}");
    }
    assert_eq!(find("telfmb920")["id_type"], "imei");
    assert_eq!(find("mobile_unknown_xgps")["has_chat"], true);
    let codes = json!({"hash": hash, "codes": ["osmand", "none"], "compact_view": true});
    let some = world.post("tracker/list_models", codes).await.body["list"].clone();
    let expected = json!([{"id": 4, "vendor": "OsmAnd", "code": "osmand", "name": "OsmAnd and compatible",
                           "type": "vehicle", "id_type": "ascii,1,64", "has_phone": false, "register": true}]);
    assert_eq!(some, expected);
}
