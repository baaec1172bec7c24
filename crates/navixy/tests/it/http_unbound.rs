//! For a sub-user a tracker that is not bound to it does not exist: every method answers as for a tracker that nobody
//! has, and leaves it as it was.

use serde_json::{Map, Value, json};

use crate::world::World;

/// Names of parameters that are trackers.
const TRACKERS: &[&str] = &["tracker_id", "base_tracker_id", "trackers", "target_tracker_ids", "tracker_ids"];

const NOBODYS: u64 = 199_999;

/// A value as the document describes it.
fn filler(name: &str, schema: &Value, tracker: u64) -> Value {
    if let Some(example) = schema["examples"].get(0).or_else(|| schema["enum"].get(0)) {
        return example.clone();
    }
    match schema["type"].as_str() {
        Some("integer") if TRACKERS.contains(&name) => json!(tracker),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("string") if name == "color" => json!("1E90FF"),
        Some("string") => json!("odometer"),
        Some("array") => json!([filler(name, &schema["items"], tracker)]),
        _ => {
            let members = schema["properties"].as_object().cloned().unwrap_or_default();
            members.iter().map(|(name, schema)| (name.clone(), filler(name, schema, tracker))).collect()
        }
    }
}

/// All parameters of a method, with this tracker for every tracker; `None` if it takes none.
fn parameters(operation: &Value, tracker: u64) -> Option<Map<String, Value>> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"];
    let properties = schema.as_object()?;
    let takes_tracker = properties.keys().any(|name| TRACKERS.contains(&name.as_str()));
    let given = properties.iter().map(|(name, schema)| (name.clone(), filler(name, schema, tracker)));
    takes_tracker.then(|| given.collect())
}

#[tokio::test]
async fn every_method_answers_as_for_a_tracker_that_nobody_has() {
    let world = World::new().await;
    let master = world.logged_in("ann@example.com").await;
    let (van, _) = world.tracker(&master, "Van 7", "unit-000007").await;
    let user = json!({"login": "bo@example.com", "first_name": "Bo", "last_name": "Ek"});
    let register = json!({"hash": master, "user": user, "password": "secret"});
    let sub = world.post("subuser/register", register).await.body["id"].clone();
    let rights: Vec<&str> =
        fleet::Right::ALL.iter().map(|right| right.name()).filter(|name| *name != "admin").collect();
    let group = json!({"label": "All", "privileges": {"rights": rights}});
    let group = world.post("subuser/security_group/create", json!({"hash": master, "group": group})).await;
    let assign = json!({"hash": master, "group_id": group.body["id"], "subuser_ids": [sub]});
    world.check_code("subuser/security_group/assign", assign, 0).await;
    let hash = world.post("subuser/session/create", json!({"hash": master, "subuser_id": sub})).await.text("hash");
    let read = json!({"hash": master, "tracker_id": van});
    let before = world.post("tracker/read", read.clone()).await.body;

    let document = navixy::openapi();
    let mut understood = 0;
    for method in navixy::methods().filter(|method| !method.starts_with("panel/")) {
        let operation = &document["paths"][format!("/{method}")]["post"];
        let Some(mut unbound) = parameters(operation, van) else { continue };
        let Some(mut nobodys) = parameters(operation, NOBODYS) else { continue };
        for body in [&mut unbound, &mut nobodys] {
            body.insert("hash".into(), json!(hash));
        }
        let unbound = world.post(method, Value::Object(unbound)).await;
        let nobodys = world.post(method, Value::Object(nobodys)).await;
        let text = unbound.body.to_string().replace(&van.to_string(), &NOBODYS.to_string());
        assert_eq!((unbound.status, text), (nobodys.status, nobodys.body.to_string()), "{method}");
        understood += usize::from(nobodys.code() != 7);
    }
    assert!(understood >= 20, "most methods must have got as far as looking for the tracker: {understood}");
    assert_eq!(world.post("tracker/read", read).await.body, before);
}
