//! Lists that are empty because there are no such things here.

use navixy::{NavixyOptions, methods, openapi};
use serde_json::json;

use crate::world::World;

const STUBS: [&str; 6] =
    ["driver/journal/list", "employee/list", "tariff/list", "task/list", "tracker/rule/list", "zone/list"];

#[tokio::test]
async fn dashboards_start_unless_the_operator_says_otherwise() {
    let world = World::new().await;
    let hash = world.logged_in("ann@example.com").await;
    for method in STUBS {
        let answered = world.post(method, json!({"hash": hash, "limit": 5})).await;
        assert_eq!(answered.body, json!({"success": true, "list": []}), "{method}");
        world.check_code(method, json!({}), 3).await;
    }
    let strict = World::with(|options| NavixyOptions { empty_stubs: false, ..options }).await;
    let hash = strict.logged_in("ann@example.com").await;
    for method in STUBS {
        strict.check_code(method, json!({"hash": hash}), 112).await;
    }
    strict.check_code("tracker/list", json!({"hash": hash}), 0).await;
}

#[test]
fn the_document_says_that_they_are_not_offered() {
    let document = openapi();
    for method in methods() {
        let operation = &document["paths"][format!("/{method}")]["post"];
        let is_stub = STUBS.contains(&method);
        assert_eq!(operation["x-offered"] == json!(false), is_stub, "{method}");
        let says = operation["description"].as_str().is_some_and(|text| text.starts_with("Not offered"));
        assert_eq!(says, is_stub, "{method}");
    }
}
