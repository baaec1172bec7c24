//! Clones and moves, as the owners' programs see them.

use e2e::{Account, RegisteredTracker, Report, Server, Socket, eventually, ngp, ngp_body};
use serde_json::{Value, json};

/// A van, its owner, and somebody else.
struct Scene {
    server: Server,
    owner: Account,
    other: Account,
    van: RegisteredTracker,
}

fn scene() -> Scene {
    let server = Server::start();
    let (owner, other) = (Account::new(&server), Account::named(&server, "second@example.test", "Asia/Tokyo"));
    let van = owner.ngp("yard-unit-0007");
    Scene { server, owner, other, van }
}

impl Scene {
    /// Gives the other user a view of the van.
    #[track_caller]
    fn clone_van(&self) -> RegisteredTracker {
        let body = json!({"tracker_id": self.van.id, "user_id": self.other.id, "label": "Theirs"});
        let id = self.owner.panel("tracker/clone", body).ok()["id"].as_i64().expect("an id");
        RegisteredTracker { id, ..self.van.clone() }
    }

    fn report(&self, speed_kmh: u16) {
        let body = ngp_body("yard-unit-0007", &Report::at_speed(speed_kmh), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
    }

    /// A socket of the other user that watches all its trackers.
    fn watch_all(&self) -> Socket {
        let mut socket = Socket::open(&self.server);
        socket.send(&json!({"action": "subscribe", "hash": self.other.hash,
            "requests": [{"type": "state", "target": {"type": "all"}}]}));
        socket.response("subscribe");
        socket
    }
}

#[test]
fn a_clone_shows_what_the_original_shows_and_is_blocked_with_it() {
    let scene = scene();
    let clone = scene.clone_van();
    assert_ne!(clone.id, scene.van.id);
    let listed = scene.other.call("tracker/list", Value::Null).ok()["list"].clone();
    assert_eq!((&listed[0]["id"], &listed[0]["clone"]), (&json!(clone.id), &json!(true)), "{listed}");
    assert_eq!(listed[0]["source"]["id"], scene.van.source_id);

    let mut socket = Socket::open(&scene.server);
    let map = socket.subscribe(&scene.other.hash, &[clone.id, scene.van.id]);
    assert_eq!(map, json!({clone.id.to_string(): "normal", scene.van.id.to_string(): "unknown"}));
    socket.state_of(clone.source_id);
    scene.report(41);
    assert_eq!(socket.state_of(clone.source_id)["gps"]["speed"], 41);

    scene.owner.block(&scene.van, true);
    socket.lifecycle(clone.source_id, "block");
    for (account, tracker) in [(&scene.owner, &scene.van), (&scene.other, &clone)] {
        let reply = account.call("tracker/get_state", json!({"tracker_id": tracker.id}));
        assert_eq!(reply.error(), (208, 403));
    }
    scene.report(42);
    scene.owner.block(&scene.van, false);
    socket.lifecycle(clone.source_id, "unblock");
    assert_eq!(socket.state_of(clone.source_id)["gps"]["speed"], 42);
    socket.silent(&scene.other.hash);
}

#[test]
fn a_clone_that_is_deleted_says_corrupt_and_leaves_the_original_alone() {
    let scene = scene();
    let clone = scene.clone_van();
    let mut theirs = scene.watch_all();
    theirs.state_of(clone.source_id);
    let mut own = Socket::open(&scene.server);
    own.subscribe(&scene.owner.hash, &[scene.van.id]);
    own.state_of(scene.van.source_id);

    scene.other.call("tracker/delete", json!({"tracker_id": clone.id})).ok();
    theirs.lifecycle(clone.source_id, "corrupt");
    scene.report(43);
    assert_eq!(own.state_of(scene.van.source_id)["gps"]["speed"], 43, "and nothing before it");
    theirs.silent(&scene.other.hash);
    let reply = scene.owner.call("tracker/delete", json!({"tracker_id": scene.van.id}));
    assert_eq!(reply.error(), (249, 403));
    assert_eq!(scene.owner.panel("tracker/delete_clone", json!({"tracker_id": clone.id})).error(), (252, 400));
}

#[test]
fn an_original_with_clones_may_be_spared_or_goes_with_them() {
    let scene = scene();
    let clone = scene.clone_van();
    let mut theirs = scene.watch_all();
    theirs.state_of(clone.source_id);
    let refused = scene.owner.panel("tracker/corrupt", json!({"tracker_id": scene.van.id, "corrupt_clones": false}));
    assert_eq!(refused.error(), (253, 400));
    assert_eq!(refused.body["list"], json!([clone.id]));
    scene.owner.panel("tracker/corrupt", json!({"tracker_id": scene.van.id})).ok();
    theirs.lifecycle(clone.source_id, "corrupt");
    assert_eq!(scene.other.call("tracker/list", Value::Null).ok()["list"], json!([]));
    // The device may be registered anew, and is another source then.
    assert_ne!(scene.other.ngp("yard-unit-0007").source_id, scene.van.source_id);
}

#[test]
fn a_moved_tracker_leaves_its_old_owner_and_reports_to_the_new_one() {
    let scene = scene();
    scene.report(44);
    let mut own = Socket::open(&scene.server);
    own.subscribe(&scene.owner.hash, &[scene.van.id]);
    own.state_of(scene.van.source_id);
    let mut theirs = scene.watch_all();

    let body = json!({"tracker_id": scene.van.id, "user_id": scene.other.id});
    let moved = scene.owner.panel("tracker/move", body).ok()["id"].as_i64().expect("an id");
    own.lifecycle(scene.van.source_id, "corrupt");
    assert_eq!(theirs.state_of(scene.van.source_id)["gps"]["speed"], 44, "its history comes along");
    scene.report(45);
    assert_eq!(theirs.state_of(scene.van.source_id)["gps"]["speed"], 45);
    own.silent(&scene.owner.hash);
    let reply = scene.owner.call("tracker/get_state", json!({"tracker_id": scene.van.id}));
    assert_eq!(reply.error(), (201, 400));
    let state = scene.other.call("tracker/get_state", json!({"tracker_id": moved})).ok();
    assert_eq!(state["state"]["source_id"], scene.van.source_id);
}

#[test]
fn what_waits_for_a_device_and_its_driver_does_not_move_with_the_tracker() {
    let mut scene = scene();
    let (owner, van) = (&scene.owner, scene.van.id);
    let office = |account: &Account, method: &str, mut body: Value| {
        body["hash"] = json!(account.hash);
        account.api.post(&format!("/panel/office/{method}"), &body)
    };
    owner.call("tracker/raw_command/send", json!({"tracker_id": van, "command": "cut the engine"})).ok();
    office(owner, "service/create", json!({"tracker_id": van, "service": {"title": "Bread for our client"}})).ok();
    let moved = owner.panel("tracker/move", json!({"tracker_id": van, "user_id": scene.other.id})).ok();
    let of_moved = json!({"tracker_id": moved["id"]});
    let left = |account: &Account| {
        let commands = account.call("tracker/command/unconfirmed/count", of_moved.clone()).ok()["count"].clone();
        (commands, office(account, "service/list", of_moved.clone()).ok()["list"].clone())
    };
    eventually("nothing to be left", || (left(&scene.other) == (json!(0), json!([]))).then_some(()));

    // What the new owner keeps stays, also when the server starts anew.
    let kept = json!({"tracker_id": moved["id"], "service": {"title": "Milk"}});
    office(&scene.other, "service/create", kept).ok();
    let before = left(&scene.other);
    assert_eq!(before.1[0]["title"], "Milk");
    scene.server.kill();
    scene.server.start_again();
    scene.other.api = scene.server.api();
    assert_eq!(left(&scene.other), before);
}
