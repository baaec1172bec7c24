//! Which methods ask a sub-user for a right: all of them are called by one that has none, and by one that has just
//! that one.

use serde_json::{Value, json};

use crate::world::World;

/// The rights of which a method asks for one. Methods that are not here ask for none. Some of these are not offered
/// by every server.
const RIGHTS: &[(&str, &[&str])] = &[
    ("api/key/create", &["admin"]),
    ("api/key/delete", &["admin"]),
    ("api/key/list", &["admin"]),
    ("subuser/delete", &["admin"]),
    ("subuser/list", &["admin"]),
    ("subuser/register", &["admin"]),
    ("subuser/security_group/assign", &["admin"]),
    ("subuser/security_group/create", &["admin"]),
    ("subuser/security_group/delete", &["admin"]),
    ("subuser/security_group/list", &["admin"]),
    ("subuser/security_group/update", &["admin"]),
    ("subuser/session/create", &["admin"]),
    ("subuser/tracker/bind", &["admin"]),
    ("subuser/tracker/list", &["admin"]),
    ("subuser/tracker/unbind", &["admin"]),
    ("subuser/update", &["admin"]),
    ("tag/create", &["tag_update"]),
    ("tag/delete", &["tag_update"]),
    ("tag/update", &["tag_update"]),
    ("tracker/command/create", &["tracker_update"]),
    ("tracker/command/delete", &["tracker_update"]),
    ("tracker/command/execute", &["tracker_update"]),
    ("tracker/command/unconfirmed/reset", &["tracker_update"]),
    ("tracker/command/update", &["tracker_update"]),
    ("tracker/corrupt", &["tracker_register"]),
    ("tracker/counter/update", &["tracker_update"]),
    ("tracker/counter/value/set", &["tracker_update"]),
    ("tracker/delete", &["admin"]),
    ("tracker/group/assign", &["admin"]),
    ("tracker/group/create", &["admin"]),
    ("tracker/group/delete", &["admin"]),
    ("tracker/group/update", &["admin"]),
    ("tracker/output/set", &["tracker_set_output"]),
    ("tracker/output/set_all", &["tracker_set_output"]),
    ("tracker/output/update", &["tracker_update"]),
    ("tracker/raw_command/send", &["tracker_configure", "tracker_set_output"]),
    ("tracker/register", &["tracker_register"]),
    ("tracker/register_quick", &["tracker_register"]),
    ("tracker/replace", &["tracker_configure"]),
    ("tracker/sensor/batch_copy", &["tracker_update"]),
    ("tracker/sensor/calibration_data/update", &["tracker_update"]),
    ("tracker/sensor/create", &["tracker_update"]),
    ("tracker/sensor/delete", &["tracker_update"]),
    ("tracker/sensor/update", &["tracker_update"]),
    ("tracker/settings/connection/update", &["tracker_update"]),
    ("tracker/settings/lbs/update", &["tracker_update"]),
    ("tracker/settings/trip_detection/update", &["tracker_update"]),
    ("tracker/settings/update", &["tracker_update"]),
    ("tracker/tags/set", &["tracker_update"]),
    ("user/api_key/delete", &["admin"]),
    ("user/api_key/list", &["admin"]),
];

fn rights_of(method: &str) -> &'static [&'static str] {
    RIGHTS.iter().find(|(path, _)| *path == method).map_or(&[], |(_, rights)| rights)
}

/// What users call, but for what ends the session that the test goes on with.
fn methods_of_users() -> impl Iterator<Item = &'static str> {
    navixy::methods().filter(|method| !method.starts_with("panel/") && *method != "user/logout")
}

/// The hashes of a master and of its sub-user, which is in a security group of no rights, and that group's id.
async fn family(world: &World) -> (String, String, Value) {
    let master = world.logged_in("ann@example.com").await;
    let user = json!({"login": "bo@example.com", "first_name": "Bo", "last_name": "Ek"});
    let register = json!({"hash": master, "user": user, "password": "secret"});
    let sub = world.post("subuser/register", register).await.body["id"].clone();
    let group = json!({"label": "Drivers", "privileges": {"rights": []}});
    let group = world.post("subuser/security_group/create", json!({"hash": master, "group": group})).await;
    let group = group.body["id"].clone();
    let assign = json!({"hash": master, "group_id": group, "subuser_ids": [sub]});
    world.check_code("subuser/security_group/assign", assign, 0).await;
    let hash = world.post("subuser/session/create", json!({"hash": master, "subuser_id": sub})).await.text("hash");
    (master, hash, group)
}

#[tokio::test]
async fn a_sub_user_without_rights_is_refused_where_one_is_asked_for() {
    let world = World::new().await;
    let (_, hash, _) = family(&world).await;
    for method in methods_of_users() {
        let code = world.post(method, json!({"hash": hash})).await.code();
        assert_eq!(code == 13, !rights_of(method).is_empty(), "{method}: {code}");
    }
}

#[tokio::test]
async fn a_sub_user_with_just_that_right_is_let_in() {
    let world = World::new().await;
    let (master, hash, group) = family(&world).await;
    for method in methods_of_users() {
        for right in rights_of(method).iter().filter(|right| **right != "admin") {
            let group = json!({"id": group, "label": "Drivers", "privileges": {"rights": [right]}});
            world.check_code("subuser/security_group/update", json!({"hash": master, "group": group}), 0).await;
            let code = world.post(method, json!({"hash": hash})).await.code();
            assert_ne!(code, 13, "{method} with {right}");
        }
    }
}

#[tokio::test]
async fn masters_may_do_everything() {
    let world = World::new().await;
    let (master, ..) = family(&world).await;
    for method in methods_of_users() {
        let code = world.post(method, json!({"hash": master})).await.code();
        assert_ne!(code, 13, "{method}");
    }
}

#[test]
fn the_document_names_the_right() {
    let document = navixy::openapi();
    for method in methods_of_users() {
        let named = &document["paths"][format!("/{method}")]["post"]["x-right"];
        let expected = rights_of(method);
        assert_eq!(named.is_null(), expected.is_empty(), "{method}: {named}");
        assert!(expected.iter().all(|right| named.to_string().contains(right)), "{method}: {named}");
    }
}
