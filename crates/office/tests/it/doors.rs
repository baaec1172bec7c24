//! Who may call what.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::world::{Answered, World, now, wait_s};

/// Those that only an administrator calls.
const FOR_PANEL: &[&str] = &["device_commands/", "command/", "unknown_device/", "adoption/", "quarantine/"];

fn is_for_panel(method: &str) -> bool {
    FOR_PANEL.iter().any(|resource| method.starts_with(resource))
}

/// The code of a call of any method; 0 for a success, which of one is a picture.
async fn code(world: &World, hash: &str, method: &str, body: &Value) -> u64 {
    let mut body = body.clone();
    if !hash.is_empty() {
        body["hash"] = hash.into();
    }
    let path = format!("/panel/office/{method}");
    let answer = world.raw(Method::POST, &path, body.to_string().as_bytes(), true).await;
    if answer.status.as_u16() == 200 && method == "file/read" {
        return 0;
    }
    let body = serde_json::from_slice(answer.body.as_bytes()).expect("JSON");
    Answered { status: answer.status.as_u16(), body }.code()
}

#[tokio::test]
async fn the_table_of_right_calls_has_every_method() {
    let world = World::new().await;
    let things = world.things().await;
    let tried: BTreeSet<String> =
        world.right(&things).iter().map(|(method, _)| format!("panel/office/{method}")).collect();
    assert_eq!(tried, office::methods().map(str::to_owned).collect());
}

#[tokio::test]
async fn administrators_and_masters_are_let_in() {
    for is_admin in [true, false] {
        let world = World::new().await;
        let things = world.things().await;
        for (method, body) in world.right(&things) {
            let hash = if is_admin { &world.admin } else { &world.ann };
            let expected = if is_for_panel(method) && !is_admin { 3 } else { 0 };
            assert_eq!(code(&world, hash, method, &body).await, expected, "{method}, admin: {is_admin}");
        }
    }
}

#[tokio::test]
async fn nobody_else_is() {
    let world = World::new().await;
    let things = world.things().await;
    let ended = world.fleet.create_user_session(&world.panel, world.ann_id, now()).await.expect("a session");
    let session = world.fleet.authorize(ended.as_str(), now()).expect("live");
    world.fleet.logout(session.id, now()).await.expect("ended");
    for (method, body) in world.right(&things) {
        let for_panel = is_for_panel(method);
        let check = async |hash: &str, expected: u64| {
            assert_eq!(code(&world, hash, method, &body).await, expected, "{method} by {hash}");
        };
        check("", 3).await;
        check("nonsense", 3).await;
        check("0123456789abcdef0123456789abcdef", 3).await;
        check(ended.as_str(), 4).await;
        // A sub-user with every right, to whom the tracker is bound.
        check(&world.sub, if for_panel { 3 } else { 13 }).await;
        // Another master, who knows all the numbers.
        check(&world.bob, if for_panel { 3 } else { 201 }).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_so_before_anything_is_done() {
    let world = World::new().await;
    let things = world.things().await;
    for (method, right) in world.right(&things) {
        let names = [
            "tracker_id",
            "user_id",
            "phone_id",
            "driver_id",
            "form_id",
            "command_id",
            "file_id",
            "frame_id",
            "number",
        ];
        for name in names.iter().filter(|name| right.get(**name).is_some()) {
            let is_new_number = *name == "number" && method == "text/create";
            for wrong in [json!(0), json!(-1), json!(2_147_483_647)] {
                let mut body = right.clone();
                body[*name] = wrong.clone();
                // Numbers that count to 64 bits are none below 0.
                let is_natural = ["phone_id", "command_id", "file_id", "frame_id"].contains(name);
                let expected = if is_natural && wrong == json!(-1) { 7 } else { 201 };
                if !is_new_number {
                    assert_eq!(code(&world, &world.admin, method, &body).await, expected, "{method} {name} {wrong}");
                }
            }
        }
    }
    // All of it is there still.
    for (method, body) in world.right(&things).iter().filter(|(method, _)| method.ends_with("/read")) {
        assert_eq!(code(&world, &world.admin, method, body).await, 0, "{method}");
    }
}

#[tokio::test]
async fn a_thing_of_another_tracker_is_not_found_by_this_one() {
    let world = World::new().await;
    let things = world.things().await;
    for (method, mut body) in world.right(&things) {
        let is_thing = ["service_id", "command_id", "file_id"].iter().any(|name| body.get(*name).is_some());
        if is_thing {
            body["tracker_id"] = json!(world.cab.0);
            assert_eq!(code(&world, &world.admin, method, &body).await, 201, "{method}");
        }
    }
}

#[tokio::test]
async fn clones_have_no_drivers_things() {
    let world = World::new().await;
    let things = world.things().await;
    for (method, mut body) in world.right(&things) {
        if body.get("tracker_id").is_none() {
            continue;
        }
        body["tracker_id"] = json!(world.clone.0);
        // The vehicle that a clone shows is its owner's to name.
        let expected = if method.starts_with("vehicle/") { 0 } else { 219 };
        let hash = if is_for_panel(method) { &world.admin } else { &world.bob };
        assert_eq!(code(&world, hash, method, &body).await, expected, "{method}");
    }
}

#[tokio::test]
async fn a_blocked_tracker_is_closed_to_its_user_and_open_to_the_administrator() {
    let world = World::new().await;
    world.fleet.set_source_blocked(&world.panel, world.van, true).await.expect("blocked");
    let service = json!({"tracker_id": world.van.0, "service": {"title": "Bread"}});
    world.check_code(&world.ann, "service/create", service.clone(), 208).await;
    world.check_code(&world.ann, "pairing/create", json!({"tracker_id": world.van.0}), 208).await;
    world.check_code(&world.admin, "service/create", service, 0).await;
}

#[tokio::test]
async fn an_administrator_says_whose_things_are_meant() {
    let world = World::new().await;
    for method in ["vehicle/list", "driver/list", "text/list", "form/list"] {
        world.check_code(&world.admin, method, json!({}), 7).await;
        world.check_code(&world.admin, method, json!({"user_id": world.sub_id.0}), 201).await;
        world.check_code(&world.ann, method, json!({"user_id": world.bob_id.0}), 201).await;
        world.check_code(&world.ann, method, json!({}), 0).await;
    }
}

#[tokio::test]
async fn only_get_and_post_below_the_place() {
    let world = World::new().await;
    let check = async |method: Method, path: &str, expected: u64| {
        let answer = world.raw(method, path, b"", false).await;
        let body: Value = serde_json::from_slice(answer.body.as_bytes()).expect("JSON");
        assert_eq!(body["status"]["code"].as_u64().unwrap_or(0), expected, "{path}");
    };
    check(Method::GET, &format!("/panel/office/text/list?hash={}", world.ann), 0).await;
    check(Method::GET, &format!("/panel/office/text/list/?hash={}", world.ann), 0).await;
    check(Method::DELETE, &format!("/panel/office/text/list?hash={}", world.ann), 112).await;
    check(Method::GET, "/panel/office/text/fly", 112).await;
    let preflight = world.raw(Method::OPTIONS, "/panel/office/text/list", b"", false).await;
    assert_eq!(preflight.status.as_u16(), 204);
}

#[tokio::test]
async fn calls_are_counted() {
    let world = World::with(|setup| {
        setup.office.user_requests_per_second_max = 20;
        setup.office.panel_requests_per_second_max = 5;
    })
    .await;
    let count = async |hash: &str| {
        let mut done = 0;
        for _ in 0..12 {
            let answered = world.call(hash, "text/list", json!({"user_id": world.ann_id.0})).await;
            assert!([0, 15].contains(&answered.code()), "{answered:?}");
            done += usize::from(answered.code() == 0);
        }
        done
    };
    assert_eq!(count(&world.admin).await, 5, "the account's own limit");
    assert_eq!(count(&world.ann).await, 8, "what is left of the address's");
    wait_s(1);
    assert_eq!(count(&world.ann).await, 12);
}
