//! `subuser/…`, and what sub-users may do.

use serde_json::{Value, json};

use crate::world::World;

const SUB_PASSWORD: &str = "secret";

/// A master with two trackers, and a sub-user.
struct Family {
    world: World,
    admin: String,
    master: String,
    /// The sub-user's id and session.
    sub: u64,
    hash: String,
    van: u64,
    bike: u64,
}

fn person(login: &str) -> Value {
    json!({"legal_type": "individual", "login": login, "first_name": "Bo", "last_name": "Ek", "activated": true})
}

impl Family {
    async fn new() -> Self {
        let world = World::new().await;
        let master = world.logged_in("ann@example.com").await;
        let (van, _) = world.tracker(&master, "Van 7", "unit-000007").await;
        let (bike, _) = world.tracker(&master, "Bike", "unit-000008").await;
        let register = json!({"hash": master, "user": person("bo@example.com"), "password": SUB_PASSWORD});
        let sub = world.post("subuser/register", register).await.body["id"].as_u64().expect("an id");
        let hash = world.post("user/auth", json!({"login": "bo@example.com", "password": SUB_PASSWORD})).await;
        let (admin, hash) = (world.admin().await, hash.text("hash"));
        Self { world, admin, master, sub, hash, van, bike }
    }

    /// A call of the master's.
    async fn call(&self, method: &str, mut body: Value) -> Value {
        body["hash"] = json!(self.master);
        let answered = self.world.post(method, body).await;
        assert_eq!(answered.code(), 0, "{method}: {answered:?}");
        answered.body
    }

    async fn check(&self, method: &str, mut body: Value, code: u64) {
        body["hash"] = json!(self.master);
        self.world.check_code(method, body, code).await;
    }

    /// A call of the sub-user's.
    async fn check_sub(&self, method: &str, mut body: Value, code: u64) {
        body["hash"] = json!(self.hash);
        self.world.check_code(method, body, code).await;
    }

    async fn sub_call(&self, method: &str, mut body: Value) -> Value {
        body["hash"] = json!(self.hash);
        self.world.post(method, body).await.body
    }

    async fn bind(&self, trackers: &[u64]) {
        self.call("subuser/tracker/bind", json!({"subuser_id": self.sub, "trackers": trackers})).await;
    }
}

#[tokio::test]
async fn sub_users_are_registered_changed_and_listed() {
    let family = Family::new().await;
    let empty = json!({"country": "", "region": "", "index": "", "city": "", "street_address": ""});
    let address = |prefix: &str, user: &mut Value| {
        for (part, text) in empty.as_object().expect("an object") {
            user[format!("{prefix}_{part}")] = text.clone();
        }
    };
    let mut expected = json!({
        "id": family.sub, "activated": true, "login": "bo@example.com", "legal_type": "individual", "phone": "",
        "first_name": "Bo", "middle_name": "", "last_name": "Ek", "tin": "", "state_reg_num": "",
        "creation_date": "2026-03-02 10:15:41",
    });
    address("post", &mut expected);
    address("registered", &mut expected);
    let list = family.call("subuser/list", json!({})).await;
    assert_eq!(list["list"], json!([expected]));

    let group = json!({"label": "Drivers", "privileges": {"rights": ["tag_update", "reports"]}});
    let group = family.call("subuser/security_group/create", json!({"group": group})).await["id"].clone();
    let edit = json!({"id": family.sub, "phone": "4917012345", "state_reg_num": "HRB 7", "post_city": "Oslo",
                      "security_group_id": group});
    family.call("subuser/update", json!({"user": edit})).await;
    expected["phone"] = json!("4917012345");
    expected["state_reg_num"] = json!("HRB 7");
    expected["post_city"] = json!("Oslo");
    expected["security_group_id"] = group.clone();
    assert_eq!(family.call("subuser/list", json!({})).await["list"], json!([expected]));
    // What is null is not given.
    family.call("subuser/update", json!({"user": {"id": family.sub, "security_group_id": null}})).await;
    assert_eq!(family.call("subuser/list", json!({})).await["list"], json!([expected]));

    family.call("subuser/delete", json!({"subuser_id": family.sub})).await;
    assert_eq!(family.call("subuser/list", json!({})).await["list"], json!([]));
    family.check_sub("tracker/list", json!({}), 4).await;
    family.check("subuser/delete", json!({"subuser_id": family.sub}), 201).await;
}

#[tokio::test]
async fn registering_and_changing_are_refused_for_their_reasons() {
    let family = Family::new().await;
    let (world, hash) = (&family.world, &family.master);
    let register = |user: Value, password: &str| json!({"hash": hash, "user": user, "password": password});
    world.check_invalid("subuser/register", json!({"hash": hash}), &["user", "password"]).await;
    world.check_invalid("subuser/register", register(json!({}), "secret"), &["user.login"]).await;
    let nameless = json!({"login": "cy@example.com"});
    world.check_invalid("subuser/register", register(nameless, "secret"), &["user.first_name"]).await;
    world.check_invalid("subuser/register", register(person("cy@example.com"), "short"), &["password"]).await;
    let mut bad = person("cy@example.com");
    bad["phone"] = json!("123");
    world.check_invalid("subuser/register", register(bad.clone(), "secret"), &["user.phone"]).await;
    bad["phone"] = json!("");
    bad["state_reg_num"] = json!("1".repeat(16));
    world.check_invalid("subuser/register", register(bad, "secret"), &["user.state_reg_num"]).await;
    let mut placed = person("cy@example.com");
    for group in [json!(5), json!(-1)] {
        placed["security_group_id"] = group;
        world.check_code("subuser/register", register(placed.clone(), "secret"), 201).await;
    }
    for login in ["bo@example.com", "ANN@example.com"] {
        world.check_code("subuser/register", register(person(login), "secret"), 206).await;
        if login != "bo@example.com" {
            family.check("subuser/update", json!({"user": {"id": family.sub, "login": login}}), 206).await;
        }
    }
    family.check("subuser/update", json!({"user": {"id": 5}}), 201).await;
    family.check("subuser/update", json!({"user": {"id": family.sub, "security_group_id": 5}}), 201).await;
    world.check_invalid("subuser/update", json!({"hash": hash, "user": {}}), &["user.id"]).await;
    // An administrator leaves sub-users to their masters.
    for method in ["panel/user/read", "panel/user/session/create"] {
        world.check_code(method, json!({"hash": family.admin, "user_id": family.sub}), 201).await;
    }
    let update = json!({"hash": family.admin, "user": {"id": family.sub, "activated": false}});
    world.check_code("panel/user/update", update, 201).await;
    let password = json!({"hash": family.admin, "user_id": family.sub, "password": "Battery-St4ple!x"});
    world.check_code("panel/user/change_password", password, 201).await;
    let corrupt = json!({"hash": family.admin, "user_id": family.sub, "login": "bo@example.com"});
    world.check_code("panel/user/corrupt", corrupt, 201).await;
    let listed = world.post("panel/user/list", json!({"hash": family.admin})).await;
    assert_eq!(listed.body["count"], 1);
    let clone = json!({"hash": family.admin, "tracker_id": family.van, "user_id": family.sub, "label": "Mine"});
    world.check_code("panel/tracker/clone", clone, 246).await;
}

#[tokio::test]
async fn for_a_sub_user_an_unbound_tracker_does_not_exist() {
    let family = Family::new().await;
    let (van, bike) = (family.van, family.bike);
    assert_eq!(family.sub_call("tracker/list", json!({})).await["list"], json!([]));
    family.bind(&[van]).await;
    let listed = family.sub_call("tracker/list", json!({})).await;
    assert_eq!(listed["list"].as_array().map(|l| l.iter().map(|t| t["id"].clone()).collect()), Some(vec![json!(van)]));
    let bound = family.call("subuser/tracker/list", json!({"subuser_id": family.sub})).await;
    assert_eq!(bound["list"], json!([van]));
    for method in ["tracker/read", "tracker/get_state"] {
        family.check_sub(method, json!({"tracker_id": van}), 0).await;
        family.check_sub(method, json!({"tracker_id": bike}), 201).await;
    }
    family.check_sub("tracker/get_states", json!({"trackers": [van]}), 0).await;
    family.check_sub("tracker/get_states", json!({"trackers": [van, bike]}), 217).await;
    let allowed =
        family.sub_call("tracker/get_states", json!({"trackers": [van, bike], "allow_not_exist": true})).await;
    assert_eq!(allowed["not_exist"], json!([bike]));
    let unbind = json!({"subuser_id": family.sub, "trackers": [van, bike]});
    family.call("subuser/tracker/unbind", unbind).await;
    family.check_sub("tracker/get_state", json!({"tracker_id": van}), 201).await;
    family.check("tracker/get_state", json!({"tracker_id": van}), 0).await;
}

#[tokio::test]
async fn binding_is_all_or_nothing() {
    let family = Family::new().await;
    let other = family.world.logged_in("eve@example.com").await;
    let (foreign, _) = family.world.tracker(&other, "Theirs", "unit-000009").await;
    for method in ["subuser/tracker/bind", "subuser/tracker/unbind"] {
        for trackers in [json!([family.van, foreign]), json!([family.van, -1]), json!([family.van, 7])] {
            family.check(method, json!({"subuser_id": family.sub, "trackers": trackers}), 262).await;
        }
        let many: Vec<u32> = (0..20_001).collect();
        family.check(method, json!({"subuser_id": family.sub, "trackers": many}), 221).await;
        for id in [json!(5), json!(-5)] {
            family.check(method, json!({"subuser_id": id, "trackers": [family.van]}), 201).await;
        }
        let body = json!({"hash": family.master, "trackers": [null]});
        family.world.check_invalid(method, body, &["trackers", "subuser_id"]).await;
    }
    assert_eq!(family.sub_call("tracker/list", json!({})).await["list"], json!([]));
    // Other masters do not reach it.
    for method in ["subuser/tracker/list", "subuser/session/create", "subuser/delete"] {
        family.world.check_code(method, json!({"hash": other, "subuser_id": family.sub}), 201).await;
    }
    let bind = json!({"hash": other, "subuser_id": family.sub, "trackers": [foreign]});
    family.world.check_code("subuser/tracker/bind", bind, 201).await;
}

#[tokio::test]
async fn rights_come_and_go_with_the_security_group() {
    let family = Family::new().await;
    let register = |device: &str| json!({"label": "New", "group_id": 0, "model": "navixy_ngp", "plugin_id": 44, "device_id": device});
    family.check_sub("tracker/register", register("unit-000010"), 13).await;
    let group = json!({"label": "Drivers", "privileges": {"rights": ["tracker_register", "reports"]}});
    let group = family.call("subuser/security_group/create", json!({"group": group})).await["id"].clone();
    let assign = json!({"group_id": group, "subuser_ids": [family.sub]});
    family.call("subuser/security_group/assign", assign).await;
    let info = family.sub_call("user/get_info", json!({})).await;
    assert_eq!(info["privileges"], json!({"rights": ["tracker_register", "reports"]}));
    let registered = family.sub_call("tracker/register", register("unit-000010")).await["value"]["id"].clone();
    family.check_sub("tracker/read", json!({"tracker_id": registered}), 0).await;
    family.check("tracker/read", json!({"tracker_id": registered}), 0).await;

    let update = json!({"id": group, "label": "Office", "privileges": {"rights": ["reports"]}});
    family.call("subuser/security_group/update", json!({"group": update})).await;
    family.check_sub("tracker/register", register("unit-000011"), 13).await;
    let listed = family.call("subuser/security_group/list", json!({})).await;
    assert_eq!(listed["list"], json!([update]));
    family.call("subuser/security_group/delete", json!({"id": group})).await;
    let info = family.sub_call("user/get_info", json!({})).await;
    assert_eq!(info["privileges"], json!({"rights": []}));
    family.check("subuser/security_group/delete", json!({"security_group_id": group}), 201).await;
}

#[tokio::test]
async fn wrong_security_groups_are_told_apart() {
    let family = Family::new().await;
    let (world, hash) = (&family.world, &family.master);
    let create = |group: Value| json!({"hash": hash, "group": group});
    let method = "subuser/security_group/create";
    world.check_invalid(method, create(json!({})), &["group.label", "group.privileges"]).await;
    let with = |rights: Value| create(json!({"label": "A", "privileges": {"rights": rights}}));
    for rights in [json!(["fly"]), json!(["admin"]), json!("reports"), json!([null])] {
        world.check_invalid(method, with(rights), &["group.privileges.rights"]).await;
    }
    let period = json!({"label": "A", "privileges": {"rights": [], "store_period": "1d"}});
    world.check_invalid(method, create(period), &["group.privileges.store_period"]).await;
    let blank = json!({"label": " ", "privileges": {"rights": []}});
    world.check_invalid(method, create(blank), &["group.label"]).await;
    let unknown = json!({"id": 5, "label": "A", "privileges": {"rights": []}});
    family.check("subuser/security_group/update", json!({"group": unknown}), 201).await;
    for group in [json!(5), json!(-1)] {
        let assign = json!({"group_id": group, "subuser_ids": [family.sub]});
        family.check("subuser/security_group/assign", assign, 201).await;
    }
    let assign = json!({"group_id": null, "subuser_ids": [family.sub, 5]});
    family.check("subuser/security_group/assign", assign, 201).await;
    let body = json!({"hash": hash});
    world.check_invalid("subuser/security_group/delete", body.clone(), &["security_group_id"]).await;
    world.check_invalid("subuser/security_group/assign", body, &["subuser_ids"]).await;
}

#[tokio::test]
async fn a_sub_user_is_told_who_it_is() {
    let family = Family::new().await;
    let info = family.sub_call("user/get_info", json!({})).await;
    let (user, master) = (&info["user_info"], &info["master"]);
    assert_eq!((&user["id"], &user["login"]), (&json!(family.sub), &json!("bo@example.com")));
    assert_eq!(user["time_zone"], "Europe/Madrid", "its master's, to begin with");
    assert_eq!((&master["title"], master.get("login")), (&json!("Ann Lee"), None));
    assert_eq!(info["privileges"], json!({"rights": []}));
    let info = family.call("user/get_info", json!({})).await;
    assert_eq!((info.get("master"), info.get("privileges")), (None, None));
}

#[tokio::test]
async fn blocking_ends_the_sessions() {
    let family = Family::new().await;
    let session = family.call("subuser/session/create", json!({"subuser_id": family.sub})).await;
    let session = session["hash"].as_str().expect("a hash").to_owned();
    let list = |hash: &str| json!({"hash": hash});
    family.world.check_code("tracker/list", list(&session), 0).await;
    let activate = |on: bool| json!({"user": {"id": family.sub, "activated": on}});
    family.call("subuser/update", activate(false)).await;
    family.world.check_code("tracker/list", list(&session), 4).await;
    family.check_sub("tracker/list", json!({}), 4).await;
    family.check("subuser/session/create", json!({"subuser_id": family.sub}), 103).await;
    let auth = json!({"login": "bo@example.com", "password": SUB_PASSWORD});
    family.world.check_code("user/auth", auth.clone(), 103).await;
    family.call("subuser/update", activate(true)).await;
    let again = family.world.post("user/auth", auth.clone()).await.text("hash");
    family.world.check_code("tracker/list", list(&again), 0).await;

    let admin = &family.admin;
    let users = family.world.post("panel/user/list", json!({"hash": admin})).await;
    let master = users.body["list"][0]["id"].clone();
    let block = |on: bool| json!({"hash": admin, "user": {"id": master, "activated": on}});
    family.world.check_code("panel/user/update", block(false), 0).await;
    family.world.check_code("tracker/list", list(&again), 4).await;
    family.world.check_code("user/auth", auth.clone(), 103).await;
    family.world.check_code("panel/user/update", block(true), 0).await;
    family.world.check_code("tracker/list", list(&again), 4).await;
    family.world.check_code("user/auth", auth.clone(), 0).await;
    let corrupt = json!({"hash": admin, "user_id": master, "login": "ann@example.com"});
    family.world.check_code("panel/user/corrupt", corrupt, 0).await;
    family.world.check_code("user/auth", auth, 102).await;
}
