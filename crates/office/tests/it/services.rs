//! Services.

use model::DriverEventKind;
use serde_json::{Value, json};

use crate::world::{World, now, wait_s};

#[tokio::test]
async fn a_service_goes_its_way() {
    let world = World::new().await;
    let van = world.van.0;
    let full = json!({"title": "Bread", "address": "Rua 1", "position": {"lat": 38.7, "lng": -9.25}, "note": "2nd door",
                      "due": "2026-03-02T12:00:00+01:00"});
    let made = world.ann("service/create", json!({"tracker_id": van, "service": full})).await["value"].clone();
    let id = made["id"].as_str().expect("an id").to_owned();
    let mut expected = json!({"id": id, "title": "Bread", "address": "Rua 1", "position": {"lat": 38.7, "lng": -9.25},
                              "note": "2nd door", "due": "2026-03-02 11:00:00", "state": "open",
                              "changed": "2026-03-02 09:15:41"});
    assert_eq!(made, expected);
    let list = async || world.ann("service/list", json!({"tracker_id": van})).await["list"].clone();
    assert_eq!(list().await, json!([expected]));

    wait_s(10);
    report(&world, &id, false).await;
    (expected["state"], expected["changed"]) = (json!("visited"), json!("2026-03-02 09:15:51"));
    assert_eq!(list().await, json!([expected]));

    wait_s(10);
    let edit = json!({"tracker_id": van, "service_id": id, "service": {"title": "Rolls"}});
    let edited = world.ann("service/update", edit).await["value"].clone();
    assert_eq!((&edited["title"], &edited["address"], &edited["due"]), (&json!("Rolls"), &json!(""), &Value::Null));
    assert_eq!((&edited["position"], &edited["state"]), (&Value::Null, &json!("visited")));

    let delete = json!({"tracker_id": van, "service_id": id});
    world.ann("service/delete", delete.clone()).await;
    assert_eq!(list().await, json!([]));
    world.check_code(&world.ann, "service/delete", delete, 201).await;
}

async fn report(world: &World, id: &str, delivered: bool) {
    let kind = DriverEventKind::Service { service: id.to_owned(), delivered, note: String::new() };
    let event = dispatch::NewDriverEvent { guid: "g-1".into(), at: now(), position: None, kind };
    world.dispatch.record(world.source, event, now()).await.expect("recorded");
}

#[tokio::test]
async fn a_service_that_makes_no_sense_is_refused() {
    let world = World::with(|setup| setup.dispatch.services_per_source_max = 1).await;
    let van = world.van.0;
    let check = async |service: Value, wrong: &[&str]| {
        world.check_invalid("service/create", json!({"tracker_id": van, "service": service}), wrong).await;
    };
    check(json!(5), &["service"]).await;
    check(json!({}), &["service.title"]).await;
    check(json!({"title": " "}), &["service.title"]).await;
    check(json!({"title": "x".repeat(4_001)}), &["service"]).await;
    check(json!({"title": "x", "position": {"lat": 1}}), &["service.position.lng"]).await;
    check(json!({"title": "x", "position": {"lat": 91, "lng": 0}}), &["service.position"]).await;
    check(json!({"title": "x", "due": "tomorrow"}), &["service.due"]).await;
    let right = json!({"tracker_id": van, "service": {"title": "x".repeat(4_000)}});
    world.check_code(&world.ann, "service/create", right.clone(), 0).await;
    world.check_code(&world.ann, "service/create", right, 267).await;
}
