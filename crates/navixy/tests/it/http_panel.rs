//! The administrators' methods.

use serde_json::{Value, json};

use crate::world::{ADMIN_PASSWORD, Draft, PASSWORD, World};

#[tokio::test]
async fn logging_in() {
    let world = World::new().await;
    let auth = |login: Value, password: &str| json!({"login": login, "password": password});
    let answered = world.post("panel/account/auth", auth(json!("admin"), ADMIN_PASSWORD)).await;
    let permissions = &answered.body["permissions"];
    assert_eq!(permissions["users"], json!(["create", "read", "update", "corrupt"]));
    let hash = answered.text("hash");
    let again = world.post("panel/account/get_permissions", json!({"hash": hash})).await;
    assert_eq!(&again.body["permissions"], permissions);
    // By number, as a number or as text.
    world.check_code("panel/account/auth", auth(json!(1), ADMIN_PASSWORD), 0).await;
    world.check_code("panel/account/auth", auth(json!("1"), ADMIN_PASSWORD), 0).await;
    for login in ["admin", "1"] {
        let query = format!("/v2/panel/account/auth?login={login}&password={}", ADMIN_PASSWORD.replace(' ', "%20"));
        let hash = world.call(Draft::get(&query)).await.text("hash");
        assert_eq!(world.call(Draft::get(&format!("/panel/user/list/?hash={hash}"))).await.code(), 0);
    }
    world.check_code("panel/account/auth", auth(json!("admin"), "wrong"), 102).await;
    world.check_code("panel/account/auth", auth(json!("other"), ADMIN_PASSWORD), 102).await;
    world.check_code("panel/account/auth", auth(json!("admin"), &"x".repeat(1_025)), 102).await;
    world.check_invalid("panel/account/auth", json!({}), &["login", "password"]).await;
    world.check_invalid("panel/account/auth", auth(json!([]), "x"), &["login"]).await;
}

fn new_user(hash: &str) -> Value {
    json!({"hash": hash, "password": PASSWORD, "time_zone": "Europe/Madrid", "locale": "en", "comment": "ours",
           "user": {"legal_type": "individual", "login": "ann@example.com", "first_name": "Ann", "last_name": "Lee",
                    "activated": true, "phone": 491_701_234_567_u64, "post_city": "Bonn"}})
}

#[tokio::test]
async fn creating_users() {
    let world = World::new().await;
    let hash = &world.admin().await;
    let with = |path: &str, value: Value| {
        let mut body = new_user(hash);
        *body.pointer_mut(path).expect("a member") = value;
        body
    };
    let id = world.post("panel/user/create", new_user(hash)).await.body["id"].clone();
    let read = world.post("panel/user/read", json!({"hash": hash, "user_id": id})).await.body;
    let user = &read["value"];
    for (member, expected) in [
        ("id", id.clone()),
        ("dealer_id", json!(1)),
        ("login", json!("ann@example.com")),
        ("activated", json!(true)),
        ("verified", json!(true)),
        ("legal_type", json!("individual")),
        ("phone", json!("491701234567")),
        ("post_city", json!("Bonn")),
        ("middle_name", json!("")),
        ("creation_date", json!("2026-03-02 09:15:41")),
        ("trackers_count", json!(0)),
        ("comment", json!("ours")),
    ] {
        assert_eq!(user[member], expected, "{member}");
    }
    assert!(read["discount"].is_object() && read["dealer_mfa_settings"].is_object());

    world.check_code("panel/user/create", with("/user/login", json!("ANN@example.com")), 206).await;
    let create = "panel/user/create";
    world.check_invalid(create, json!({"hash": hash}), &["user", "password", "time_zone", "locale"]).await;
    world.check_invalid(create, with("/user", json!("x")), &["user"]).await;
    world.check_invalid(create, with("/user", json!({})), &["user.login"]).await;
    world.check_invalid(create, with("/user/login", json!("nobody")), &["user.login"]).await;
    world.check_invalid(create, with("/user/legal_type", json!("robot")), &["user.legal_type"]).await;
    world.check_invalid(create, with("/user/activated", json!("maybe")), &["user.activated"]).await;
    world.check_invalid(create, with("/user/first_name", json!("")), &["user.first_name"]).await;
    world.check_invalid(create, with("/user/phone", json!("+49")), &["user.phone"]).await;
    for password in ["short", "alllowercase1!x", "x".repeat(41).as_str()] {
        let mut body = with("/password", json!(password));
        body["user"]["login"] = json!("bob@example.com");
        world.check_invalid(create, body, &["password"]).await;
    }
    world.check_invalid(create, with("/time_zone", json!("Mars/Olympus")), &["time_zone"]).await;
    world.check_invalid(create, with("/locale", json!("english")), &["locale"]).await;
    let mut more = new_user(hash);
    (more["discount"], more["default_tariff_id"]) = (json!({"value": 5.0}), json!("x"));
    world.check_invalid(create, more.clone(), &["default_tariff_id"]).await;
    (more["default_tariff_id"], more["user"]["login"]) = (json!(0), json!("sue@example.com"));
    world.check_code(create, more, 0).await;
    world.check_invalid(create, with("/comment", json!("x".repeat(256))), &["comment"]).await;
    world.check_code("panel/user/read", json!({"hash": hash, "user_id": 7}), 201).await;
    world.check_code("panel/user/read", json!({"hash": hash, "user_id": -7}), 201).await;
    world.check_invalid("panel/user/read", json!({"hash": hash}), &["user_id"]).await;
}

#[tokio::test]
async fn listing_users() {
    let world = World::new().await;
    let hash = &world.admin().await;
    for login in ["carl@example.com", "ann@example.com", "bob@example.com"] {
        world.user(hash, login).await;
    }
    let check = async |mut query: Value, logins: &[&str], count: u64| {
        query["hash"] = json!(hash);
        let answered = world.post("panel/user/list", query.clone()).await.body;
        let list = answered["list"].as_array().cloned().unwrap_or_else(|| panic!("{answered}"));
        let found: Vec<&str> = list.iter().filter_map(|u| u["login"].as_str()?.split('@').next()).collect();
        assert_eq!((found.as_slice(), answered["count"].as_u64()), (logins, Some(count)), "{query}");
    };
    check(json!({}), &["carl", "ann", "bob"], 3).await;
    check(json!({"order_by": "login"}), &["ann", "bob", "carl"], 3).await;
    check(json!({"order_by": "login", "ascending": false}), &["carl", "bob", "ann"], 3).await;
    check(json!({"order_by": "login", "offset": 1, "limit": 1}), &["bob"], 3).await;
    check(json!({"filter": "BOB"}), &["bob"], 1).await;
    check(json!({"filter": ""}), &["carl", "ann", "bob"], 3).await;
    let deactivate = json!({"hash": hash, "user": {"id": 10_001, "activated": false}});
    world.check_code("panel/user/update", deactivate, 0).await;
    check(json!({"hide_inactive": true}), &["ann", "bob"], 2).await;
    let bad = json!({"hash": hash, "order_by": "shoe_size", "offset": -1, "limit": "x", "ascending": 5});
    world.check_invalid("panel/user/list", bad, &["order_by", "ascending", "offset", "limit"]).await;
}

#[tokio::test]
async fn changing_users() {
    let world = World::new().await;
    let hash = &world.admin().await;
    let id = world.user(hash, "ann@example.com").await;
    world.user(hash, "bob@example.com").await;
    let session = json!({"hash": hash, "user_id": id});
    let user = world.post("panel/user/session/create", session.clone()).await.text("hash");
    let update = |user: Value| json!({"hash": hash, "user": user});
    let change = json!({"id": id, "activated": true, "last_name": "Bee", "login": "anna@example.com"});
    world.check_code("panel/user/update", update(change), 0).await;
    let read = world.post("panel/user/read", session.clone()).await.body["value"].clone();
    assert_eq!(
        (&read["last_name"], &read["first_name"], &read["login"]),
        (&json!("Bee"), &json!("Ann"), &json!("anna@example.com"))
    );
    world.check_code("base/nothing", json!({"hash": user}), 0).await;

    let bob = json!({"id": id, "activated": true, "login": "bob@example.com"});
    world.check_code("panel/user/update", update(bob), 206).await;
    world.check_code("panel/user/update", update(json!({"id": 7, "activated": true})), 201).await;
    world.check_invalid("panel/user/update", update(json!({})), &["user.id", "user.activated"]).await;
    let company = json!({"id": id, "activated": true, "legal_type": "legal_entity"});
    world.check_invalid("panel/user/update", update(company), &["user.legal_type"]).await;

    world.check_code("panel/user/update", update(json!({"id": id, "activated": false})), 0).await;
    world.check_code("base/nothing", json!({"hash": user}), 4).await;
    let auth = json!({"login": "anna@example.com", "password": PASSWORD});
    world.check_code("user/auth", auth.clone(), 103).await;
    world.check_code("panel/user/session/create", session.clone(), 103).await;
    world.check_code("panel/user/update", update(json!({"id": id, "activated": true})), 0).await;
    world.check_code("user/auth", auth, 0).await;
    world.check_code("panel/user/session/create", json!({"hash": hash, "user_id": 7}), 201).await;
    world.check_invalid("panel/user/session/create", json!({"hash": hash}), &["user_id"]).await;
}

#[tokio::test]
async fn passwords_and_removal() {
    let world = World::new().await;
    let hash = &world.admin().await;
    let user = world.logged_in("ann@example.com").await;
    let (tracker, _) = world.tracker(&user, "Van 7", "yard-0007").await;
    let change = |id: u64, password: &str| json!({"hash": hash, "user_id": id, "password": password});
    world.check_code("panel/user/change_password", change(7, "Another-Passw0rd!"), 201).await;
    world.check_invalid("panel/user/change_password", change(10_001, "weak"), &["password"]).await;
    let answered = world.post("panel/user/change_password", change(10_001, PASSWORD)).await;
    assert_eq!(answered.body["errors"][0]["error"], "Password was recently used");
    world.check_code("base/nothing", json!({"hash": user}), 0).await;
    world.check_code("panel/user/change_password", change(10_001, "Another-Passw0rd!"), 0).await;
    world.check_code("base/nothing", json!({"hash": user}), 4).await;
    let auth = |password: &str| json!({"login": "ann@example.com", "password": password});
    world.check_code("user/auth", auth(PASSWORD), 102).await;
    world.check_code("user/auth", auth("Another-Passw0rd!"), 0).await;

    let corrupt = |id: u64, login: &str| json!({"hash": hash, "user_id": id, "login": login});
    world.check_code("panel/user/corrupt", corrupt(10_001, "bob@example.com"), 201).await;
    world.check_code("panel/user/corrupt", corrupt(7, "ann@example.com"), 201).await;
    world.check_invalid("panel/user/corrupt", json!({"hash": hash}), &["user_id", "login"]).await;
    world.check_code("panel/user/corrupt", corrupt(10_001, "ann@example.com"), 0).await;
    world.check_code("panel/user/corrupt", corrupt(10_001, "ann@example.com"), 252).await;
    world.check_code("user/auth", auth("Another-Passw0rd!"), 102).await;
    world.check_code("panel/tracker/read", json!({"hash": hash, "tracker_id": tracker}), 252).await;
}

#[tokio::test]
async fn trackers() {
    let world = World::new().await;
    let hash = &world.admin().await;
    let user = &world.logged_in("ann@example.com").await;
    let (van, source) = world.tracker(user, "Van 7", "yard-0007").await;
    let (truck, _) = world.tracker(user, "A truck", "yard-0008").await;
    let read = world.post("panel/tracker/read", json!({"hash": hash, "tracker_id": van})).await.body;
    let expected = json!({
        "id": van, "label": "Van 7", "group_id": 0, "user_id": 10_001, "dealer_id": 1, "owner_name": "Ann Lee",
        "model_name": "Navixy Generic Protocol", "clone": false, "deleted": false,
        "creation_date": "2026-03-02 09:15:41", "last_connection": "2026-03-02 09:15:40",
        "source": {"id": source, "device_id": "yard-0007", "model": "navixy_ngp", "blocked": false, "phone": null,
                   "tariff_id": 0, "tariff_end_date": null, "connection_status": "active",
                   "creation_date": "2026-03-02 09:15:41"},
    });
    assert_eq!(read["value"], expected);
    let check = async |mut query: Value, expected: &[u64], count: u64| {
        query["hash"] = json!(hash);
        let answered = world.post("panel/tracker/list", query.clone()).await.body;
        let ids: Vec<u64> =
            answered["list"].as_array().into_iter().flatten().filter_map(|t| t["id"].as_u64()).collect();
        assert_eq!((ids.as_slice(), answered["count"].as_u64()), (expected, Some(count)), "{query}");
    };
    check(json!({}), &[van, truck], 2).await;
    check(json!({"order_by": "label", "limit": 1}), &[truck], 2).await;
    check(json!({"order_by": "no such thing"}), &[van, truck], 2).await;
    check(json!({"filter": "truck"}), &[truck], 1).await;
    check(json!({"user_id": 7}), &[], 0).await;
    world.check_invalid("panel/tracker/list", json!({"hash": hash, "user_id": "x"}), &["user_id"]).await;
    world.check_code("panel/tracker/read", json!({"hash": hash, "tracker_id": 7}), 201).await;
    world.check_invalid("panel/tracker/read", json!({"hash": hash}), &["tracker_id"]).await;
}

#[tokio::test]
async fn blocking_hiding_and_removing() {
    let world = World::new().await;
    let hash = &world.admin().await;
    let user = &world.logged_in("ann@example.com").await;
    let (id, _) = world.tracker(user, "Van 7", "yard-0007").await;
    let seen = json!({"hash": user, "tracker_id": id});
    let block = |blocked: Value| json!({"hash": hash, "tracker_id": id, "blocked": blocked});
    for _ in 0..2 {
        world.check_code("panel/tracker/source/update", block(json!(true)), 0).await;
        world.check_code("tracker/get_state", seen.clone(), 208).await;
        let read = world.post("tracker/read", seen.clone()).await.body;
        assert_eq!(read["value"]["source"]["blocked"], true);
    }
    world.check_code("panel/tracker/source/update", block(json!("false")), 0).await;
    world.check_code("tracker/get_state", seen.clone(), 0).await;
    world.check_invalid("panel/tracker/source/update", json!({"hash": hash}), &["tracker_id", "blocked"]).await;
    world.check_code("panel/tracker/source/update", json!({"hash": hash, "tracker_id": 7, "blocked": true}), 201).await;

    let update = |rest: Value| {
        let mut body = rest;
        body["hash"] = json!(hash);
        body["tracker_id"] = json!(id);
        body
    };
    world.check_code("panel/tracker/settings/update", update(json!({"deleted": true, "comment": "sold"})), 0).await;
    world.check_code("tracker/read", seen.clone(), 201).await;
    let read = world.post("panel/tracker/read", json!({"hash": hash, "tracker_id": id})).await.body;
    assert_eq!((&read["value"]["deleted"], &read["value"]["comment"]), (&json!(true), &json!("sold")));
    world.check_code("panel/tracker/settings/update", update(json!({"deleted": false, "label": "Van 8"})), 0).await;
    assert_eq!(world.post("tracker/read", seen.clone()).await.body["value"]["label"], "Van 8");
    world.check_invalid("panel/tracker/settings/update", update(json!({"label": ""})), &["label"]).await;
    world.check_invalid("panel/tracker/settings/update", update(json!({"deleted": 1})), &["deleted"]).await;

    let corrupt = json!({"hash": hash, "tracker_id": id});
    world.check_code("panel/tracker/corrupt", corrupt.clone(), 0).await;
    for method in ["panel/tracker/corrupt", "panel/tracker/read", "panel/tracker/settings/update"] {
        world.check_code(method, corrupt.clone(), 252).await;
    }
    world.check_code("panel/tracker/source/update", block(json!(true)), 252).await;
    world.check_code("panel/tracker/corrupt", json!({"hash": hash, "tracker_id": 7}), 201).await;
    world.check_code("tracker/read", seen, 201).await;
}
