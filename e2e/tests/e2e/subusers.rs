//! Sub-users: what they see of their master's trackers, and when they stop.

use e2e::{Account, RegisteredTracker, Report, Server, Socket, ngp, ngp_body};
use serde_json::{Value, json};

/// A master with two trackers and a sub-user that sees the first.
struct Family {
    server: Server,
    master: Account,
    van: RegisteredTracker,
    bike: RegisteredTracker,
    sub: i64,
    hash: String,
}

const PASSWORD: &str = "secret";

impl Family {
    fn new() -> Self {
        let server = Server::start();
        let master = Account::new(&server);
        let (van, bike) = (master.ngp("yard-unit-0007"), master.ngp("yard-unit-0008"));
        let user = json!({"login": "helper@example.test", "first_name": "Bo", "last_name": "Ek"});
        let reply = master.call("subuser/register", json!({"user": user, "password": PASSWORD})).ok();
        let sub = reply["id"].as_i64().expect("an id");
        let hash = master.api.login("helper@example.test", PASSWORD).ok();
        let hash = hash["hash"].as_str().expect("a hash").to_owned();
        let family = Self { server, master, van, bike, sub, hash };
        family.bind("bind", &family.van);
        family
    }

    fn bind(&self, action: &str, tracker: &RegisteredTracker) {
        let body = json!({"subuser_id": self.sub, "trackers": [tracker.id]});
        self.master.call(&format!("subuser/tracker/{action}"), body).ok();
    }

    fn report(&self, tracker: &RegisteredTracker, speed_kmh: u16) {
        let body = ngp_body(&tracker.device_id, &Report::at_speed(speed_kmh), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
    }
}

/// Conforms to navixy 003, "Subscribe Action: Response": disallowed: the session may not watch the tracker
#[test]
fn a_tracker_that_is_not_bound_is_disallowed() {
    let family = Family::new();
    let (van, bike) = (&family.van, &family.bike);
    let mut socket = Socket::open(&family.server);
    let statuses = socket.subscribe(&family.hash, &[van.id, bike.id, 5]);
    let expected = json!({van.id.to_string(): "normal", bike.id.to_string(): "disallowed", "5": "unknown"});
    assert_eq!(statuses, expected);
    socket.state_of(van.source_id);
    family.report(bike, 10);
    family.report(van, 20);
    assert_eq!(socket.state_of(van.source_id)["gps"]["speed"], 20, "nothing of the other");
    let call = |id: i64| family.master.api.call("tracker/get_state", &family.hash, json!({"tracker_id": id}));
    call(van.id).ok();
    assert_eq!(call(bike.id).error(), (201, 400));
}

#[test]
fn what_is_unbound_is_silent_and_what_is_bound_joins_all() {
    let family = Family::new();
    let (van, bike) = (&family.van, &family.bike);
    let mut masters = Socket::open(&family.server);
    masters.subscribe(&family.master.hash, &[van.id]);
    masters.state_of(van.source_id);
    let mut socket = Socket::open(&family.server);
    let all = json!({"type": "state", "target": {"type": "all"}});
    socket.send(&json!({"action": "subscribe", "hash": family.hash, "requests": [all]}));
    let statuses = &socket.response("subscribe")["data"]["state"]["value"];
    assert_eq!(*statuses, json!({van.id.to_string(): "normal"}));
    socket.state_of(van.source_id);

    family.bind("bind", bike);
    assert_eq!(socket.state_of(bike.source_id)["source_id"], bike.source_id);
    family.bind("unbind", van);
    family.report(van, 30);
    family.report(bike, 40);
    assert_eq!(socket.state_of(bike.source_id)["gps"]["speed"], 40, "nothing of what was taken away");
    assert_eq!(masters.state_of(van.source_id)["gps"]["speed"], 30);
    family.master.block(van, true);
    family.master.block(van, false);
    socket.silent(&family.hash);
}

/// Conforms to navixy 000, "Logout event": comes when a sub-user is blocked by its master
/// Conforms to navixy 001, "Logout event": comes when a sub-user is blocked by its master
/// Conforms to navixy 002, "Logout event": comes when a sub-user is blocked by its master
#[test]
fn a_master_that_blocks_its_sub_user_ends_its_sessions() {
    let family = Family::new();
    let mut socket = Socket::open(&family.server);
    socket.subscribe(&family.hash, &[family.van.id]);
    socket.state_of(family.van.source_id);
    let block = json!({"user": {"id": family.sub, "activated": false}});
    family.master.call("subuser/update", block).ok();
    socket.logout();
    let api = &family.master.api;
    assert_eq!(api.call("tracker/list", &family.hash, Value::Null).error(), (4, 400));
    assert_eq!(api.login("helper@example.test", PASSWORD).error().0, 103);
    // The connection goes on with the master's session.
    let statuses = socket.subscribe(&family.master.hash, &[family.van.id]);
    assert_eq!(statuses, json!({family.van.id.to_string(): "normal"}));
}

#[test]
fn bindings_and_rights_outlive_a_restart() {
    let mut family = Family::new();
    let group = json!({"label": "Drivers", "privileges": {"rights": ["tracker_register"]}});
    let group = family.master.call("subuser/security_group/create", json!({"group": group})).ok()["id"].clone();
    let assign = json!({"group_id": group, "subuser_ids": [family.sub]});
    family.master.call("subuser/security_group/assign", assign).ok();
    family.server.kill();
    family.server.start_again();
    let api = family.server.api();
    let listed = api.call("tracker/list", &family.hash, Value::Null).ok();
    let ids: Vec<_> = listed["list"].as_array().expect("a list").iter().map(|t| t["id"].as_i64()).collect();
    assert_eq!(ids, [Some(family.van.id)]);
    let info = api.call("user/get_info", &family.hash, Value::Null).ok();
    assert_eq!(info["privileges"], json!({"rights": ["tracker_register"]}));
    assert_eq!(info["master"]["id"], family.master.id);
}
