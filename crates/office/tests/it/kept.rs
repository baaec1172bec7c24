//! Vehicles, drivers, texts and forms.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn each_tracker_has_a_vehicle_with_a_number_of_its_own() {
    let world = World::new().await;
    let van = world.van.0;
    let list = world.ann("vehicle/list", json!({})).await["list"].clone();
    let id = list[0]["id"].as_u64().expect("a number");
    assert!(![van, world.cab.0].map(u64::from).contains(&id));
    let blank = json!({"id": id, "tracker_id": van, "plate": "", "brand": "", "model": ""});
    assert_eq!((&list[0], list.as_array().map(Vec::len)), (&blank, Some(2)));

    let vehicle = json!({"plate": "12-AB-34", "brand": "Mercedes-Benz", "model": "Sprinter"});
    let update = json!({"tracker_id": van, "vehicle": vehicle});
    assert_eq!(world.ann("vehicle/update", update).await["id"].as_u64(), Some(id));
    let list = world.ann("vehicle/list", json!({})).await["list"].clone();
    assert_eq!(
        (&list[0]["plate"], &list[0]["brand"], &list[0]["model"]),
        (&json!("12-AB-34"), &json!("Mercedes-Benz"), &json!("Sprinter"))
    );
    // What is not said is empty from then on.
    world.ann("vehicle/update", json!({"tracker_id": van, "vehicle": {"brand": "Ford"}})).await;
    let list = world.ann("vehicle/list", json!({})).await["list"].clone();
    assert_eq!((&list[0]["plate"], &list[0]["brand"]), (&json!(""), &json!("Ford")));

    world.ann("vehicle/delete", json!({"tracker_id": van})).await;
    let list = world.ann("vehicle/list", json!({})).await["list"].clone();
    assert_eq!((&list[0]["tracker_id"], list.as_array().map(Vec::len)), (&json!(world.cab.0), Some(1)));
    world.check_code(&world.ann, "vehicle/delete", json!({"tracker_id": van}), 201).await;
    let long = json!({"tracker_id": van, "vehicle": {"plate": "x".repeat(61)}});
    world.check_invalid("vehicle/update", long, &["vehicle.plate"]).await;
    world.check_invalid("vehicle/update", json!({"vehicle": {"plate": []}}), &["tracker_id", "vehicle.plate"]).await;
}

#[tokio::test]
async fn drivers_drive_one_tracker_each() {
    let world = World::new().await;
    let van = world.van.0;
    let create = async |driver: Value| world.ann("driver/create", json!({"driver": driver})).await["id"].clone();
    let list = async || world.ann("driver/list", json!({})).await["list"].clone();
    let cy = create(json!({"name": "Cy", "card": "0000001993887010", "tracker_id": van})).await;
    let di = create(json!({"name": "Di"})).await;
    let expected = json!([
        {"id": cy, "name": "Cy", "card": "0000001993887010", "tracker_id": van},
        {"id": di, "name": "Di", "card": "", "tracker_id": null},
    ]);
    assert_eq!(list().await, expected);
    let update = json!({"driver_id": di, "driver": {"name": "Dina", "tracker_id": van}});
    world.ann("driver/update", update).await;
    let found = list().await;
    assert_eq!((&found[0]["tracker_id"], &found[1]["tracker_id"]), (&Value::Null, &json!(van)));
    assert_eq!(found[1]["name"], "Dina");
    world.ann("driver/delete", json!({"driver_id": cy})).await;
    assert_eq!(list().await.as_array().map(Vec::len), Some(1));
    world.check_code(&world.ann, "driver/delete", json!({"driver_id": cy}), 201).await;

    world.check_invalid("driver/create", json!({"driver": {"name": " "}}), &["driver.name"]).await;
    world.check_invalid("driver/create", json!({"driver": {}}), &["driver.name"]).await;
    world.check_invalid("driver/create", json!({}), &["driver"]).await;
    let theirs = json!({"driver": {"name": "Ed", "tracker_id": world.clone.0}});
    world.check_code(&world.ann, "driver/create", theirs.clone(), 201).await;
    world.check_code(&world.bob, "driver/create", theirs, 219).await;
}

#[tokio::test]
async fn texts_have_numbers() {
    let world = World::new().await;
    let create = async |body: Value| world.ann("text/create", body).await["number"].clone();
    assert_eq!(create(json!({"text": "TRAFFIC"})).await, 1);
    assert_eq!(create(json!({"number": 7, "text": "<b>\"Late\"</b> \u{1f69a}"})).await, 7);
    world.ann("text/update", json!({"number": 1, "text": "Traffic jam"})).await;
    let expected = json!([
        {"number": 1, "text": "Traffic jam"},
        {"number": 7, "text": "<b>\"Late\"</b> \u{1f69a}"},
    ]);
    assert_eq!(world.ann("text/list", json!({})).await["list"], expected);
    world.ann("text/delete", json!({"number": 1})).await;
    world.check_code(&world.ann, "text/update", json!({"number": 1, "text": "x"}), 201).await;
    world.check_invalid("text/create", json!({"number": 7, "text": "again"}), &["number"]).await;
    world.check_invalid("text/create", json!({"text": ""}), &["text"]).await;
    world.check_invalid("text/create", json!({"text": "two\nlines"}), &["text"]).await;
    world.check_invalid("text/create", json!({}), &["text"]).await;
}

fn fields() -> Value {
    json!([
        {"label": "Client", "type": "text", "required": true},
        {"label": "Pieces", "type": "number", "required": false},
        {"label": "State", "type": "choice", "required": true, "choices": ["whole", "broken"]},
        {"label": "Photo", "type": "photo", "required": false},
        {"label": "Signed", "type": "signature", "required": true},
    ])
}

#[tokio::test]
async fn forms_come_back_as_they_were_made() {
    let world = World::new().await;
    let form = json!({"name": "Delivery", "fields": fields()});
    let id = world.ann("form/create", json!({"form": form})).await["id"].clone();
    let list = async || world.ann("form/list", json!({})).await["list"].clone();
    assert_eq!(list().await, json!([{"id": id, "name": "Delivery", "fields": fields()}]));
    let other = json!({"name": "Other", "fields": [{"label": "Why", "type": "text"}]});
    world.ann("form/update", json!({"form_id": id, "form": other})).await;
    let expected = json!([{"label": "Why", "type": "text", "required": false}]);
    assert_eq!((list().await[0]["name"].clone(), list().await[0]["fields"].clone()), (json!("Other"), expected));
    world.ann("form/delete", json!({"form_id": id})).await;
    assert_eq!(list().await, json!([]));
    world.check_code(&world.ann, "form/delete", json!({"form_id": id}), 201).await;
}

#[tokio::test]
async fn a_form_that_makes_no_sense_is_refused() {
    let world = World::new().await;
    let check = async |form: Value, wrong: &[&str]| {
        world.check_invalid("form/create", json!({"form": form}), wrong).await;
    };
    let field = |field: Value| json!({"name": "F", "fields": [field]});
    check(json!({}), &["form.name", "form.fields"]).await;
    check(json!({"name": "", "fields": fields()}), &["form.name"]).await;
    check(json!({"name": "F", "fields": []}), &["form.fields"]).await;
    check(json!({"name": "F", "fields": {}}), &["form.fields"]).await;
    check(json!({"name": "F", "fields": [5]}), &["form.fields[0]"]).await;
    check(field(json!({})), &["form.fields[0].label", "form.fields[0].type"]).await;
    check(field(json!({"label": "a", "type": "robot"})), &["form.fields[0].type"]).await;
    check(field(json!({"label": "a", "type": "choice"})), &["form.fields[0].choices"]).await;
    check(field(json!({"label": "a", "type": "choice", "choices": []})), &["form.fields.choices"]).await;
    check(field(json!({"label": "a", "type": "choice", "choices": ["x", "x"]})), &["form.fields.choices"]).await;
    check(field(json!({"label": "a", "type": "text", "required": 5})), &["form.fields[0].required"]).await;
    let twice = json!({"name": "F", "fields": [{"label": "a", "type": "text"}, {"label": "a", "type": "photo"}]});
    check(twice, &["form.fields.label"]).await;
    let many: Vec<Value> = (0..51).map(|i| json!({"label": i.to_string(), "type": "text"})).collect();
    check(json!({"name": "F", "fields": many}), &["form.fields"]).await;
}

#[tokio::test]
async fn there_are_so_many_and_no_more() {
    let world = World::with(|setup| {
        setup.fleet.drivers_per_user_max = 1;
        setup.fleet.forms_per_user_max = 1;
        setup.fleet.predefined_texts_per_user_max = 1;
    })
    .await;
    let form = json!({"name": "F", "fields": [{"label": "a", "type": "text"}]});
    let calls = [
        ("driver/create", json!({"driver": {"name": "Cy"}})),
        ("form/create", json!({"form": form})),
        ("text/create", json!({"text": "x"})),
    ];
    for (method, body) in calls {
        world.check_code(&world.ann, method, body.clone(), 0).await;
        world.check_code(&world.ann, method, body.clone(), 267).await;
        world.check_code(&world.bob, method, body, 0).await;
    }
}
