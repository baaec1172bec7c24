//! Trackers over HTTP: their shape, registering, states, removing.

use e2e::{Account, Report, Server, ServerOptions, Tracker, ngp, ngp_body};
use serde_json::{Value, json};

#[test]
fn a_tracker_has_the_documented_shape_everywhere() {
    let server = Server::start();
    let account = Account::new(&server);
    let registered = account
        .call(
            "tracker/register",
            json!({"label": "Van 7", "group_id": 0, "model": "navixy_ngp", "plugin_id": 44, "device_id": "yard-unit-0007"}),
        )
        .ok()["value"]
        .clone();
    let source = &registered["source"];
    assert_eq!((&registered["label"], &registered["group_id"]), (&json!("Van 7"), &json!(0)));
    assert_eq!((&registered["clone"], &registered["tag_bindings"]), (&json!(false), &json!([])));
    assert_eq!((&source["device_id"], &source["model"]), (&json!("yard-unit-0007"), &json!("navixy_ngp")));
    assert_eq!(source["blocked"], false);
    assert!(source["tariff_id"].is_i64(), "{source}");
    for null in ["status_listing_id", "tariff_end_date", "phone"] {
        assert_eq!(source.get(null), Some(&Value::Null), "{null} is written even when it is null");
    }
    let today = source["creation_date"].as_str().expect("a date");
    assert_eq!(today.parse::<jiff::civil::Date>().expect("a date").to_string(), today);
    assert_ne!(registered["id"], source["id"], "a tracker is not its source");

    let id = registered["id"].clone();
    assert_eq!(account.call("tracker/read", json!({"tracker_id": id})).ok()["value"], registered);
    assert_eq!(account.call("tracker/list", Value::Null).ok()["list"], json!([registered]));
}

#[test]
fn a_list_can_be_narrowed_by_label_and_shows_blocked_trackers() {
    let server = Server::start();
    let account = Account::new(&server);
    let first = account.ngp("yard-unit-0007");
    let second = account.ngp("other-unit-0001");
    account.block(&first, true);
    let ids = |parameters: Value| -> Vec<i64> {
        let list = account.call("tracker/list", parameters).ok()["list"].clone();
        list.as_array().expect("a list").iter().map(|tracker| tracker["id"].as_i64().expect("an id")).collect()
    };
    assert_eq!(ids(Value::Null), [first.id, second.id]);
    assert_eq!(ids(json!({"labels": ["YARD"]})), [first.id]);
    assert_eq!(ids(json!({"labels": ["nothing", "other"]})), [second.id]);
    assert_eq!(account.call("tracker/list", json!({"labels": []})).error(), (7, 400));
    assert_eq!(account.call("tracker/list", json!({"labels": [null]})).error(), (7, 400));
    let list = account.call("tracker/list", Value::Null).ok()["list"].clone();
    assert_eq!((&list[0]["source"]["blocked"], &list[1]["source"]["blocked"]), (&json!(true), &json!(false)));
}

#[test]
fn registering_checks_what_it_is_given() {
    let server = Server::start();
    let account = Account::new(&server);
    let with = |field: &str, value: Value| {
        let mut body = json!({"label": "Van 7", "group_id": 0, "model": "navixy_ngp", "plugin_id": 44,
            "device_id": "yard-unit-0007"});
        body[field] = value;
        account.call("tracker/register", body)
    };
    for device_id in ["short", "has blanks in it", "under_score", &"x".repeat(33)] {
        let reply = with("device_id", json!(device_id));
        assert_eq!(reply.error(), (7, 400), "{device_id}");
        assert_eq!(reply.body["errors"][0]["parameter"], "device_id", "{}", reply.text);
    }
    for label in [json!(""), json!("   "), json!("a<b"), json!("x".repeat(61)), Value::Null] {
        assert_eq!(with("label", label.clone()).error(), (7, 400), "{label}");
    }
    assert_eq!(with("model", json!("no_such_model")).error(), (220, 400));
    assert_eq!(with("plugin_id", json!(4444)).error(), (222, 400));
    assert_eq!(with("group_id", json!(99)).error(), (204, 404));
    with("label", json!("Van 7")).ok();
    assert_eq!(with("label", json!("Van 8")).error(), (224, 400), "the device is in use");
    // Another account cannot have it either.
    let other = Account::named(&server, "other@example.test", "UTC");
    let body =
        json!({"label": "Mine", "group_id": 0, "model": "navixy_ngp", "plugin_id": 44, "device_id": "yard-unit-0007"});
    assert_eq!(other.call("tracker/register", body).error(), (224, 400));
    assert_eq!(account.call("tracker/list", Value::Null).ok()["list"].as_array().map(Vec::len), Some(1));
}

#[test]
fn one_account_sees_nothing_of_another() {
    let server = Server::start();
    let owner = Account::new(&server);
    let stranger = Account::named(&server, "stranger@example.test", "UTC");
    let van = owner.ngp("yard-unit-0007");
    assert_eq!(stranger.call("tracker/list", Value::Null).ok()["list"], json!([]));
    for action in ["tracker/read", "tracker/get_state", "tracker/corrupt"] {
        assert_eq!(stranger.call(action, json!({"tracker_id": van.id})).error(), (201, 400), "{action}");
    }
    assert_eq!(stranger.call("tracker/get_states", json!({"trackers": [van.id]})).error(), (217, 400));
    owner.call("tracker/read", json!({"tracker_id": van.id})).ok();
}

#[test]
fn states_of_many_can_list_what_is_blocked_or_missing() {
    let server = Server::start();
    let account = Account::new(&server);
    let (first, second, blocked) =
        (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"), account.ngp("yard-unit-0009"));
    account.block(&blocked, true);
    let ask = |more: Value| {
        let mut body = json!({"trackers": [first.id, second.id]});
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        account.call("tracker/get_states", body)
    };
    let reply = ask(json!({})).ok();
    assert!(reply["user_time"].is_string());
    let states = reply["states"].as_object().expect("a map");
    assert_eq!(states.len(), 2);
    assert_eq!(states[&first.id.to_string()]["source_id"], first.source_id);
    assert!(reply.get("blocked").is_none() && reply.get("not_exist").is_none(), "only when asked: {reply}");

    let all = json!([first.id, blocked.id, 5]);
    assert_eq!(ask(json!({"trackers": [first.id, blocked.id]})).error(), (208, 403));
    assert_eq!(ask(json!({"trackers": [first.id, 5]})).error(), (217, 400));
    let reply = ask(json!({"trackers": all, "list_blocked": true, "allow_not_exist": true})).ok();
    assert_eq!((&reply["blocked"], &reply["not_exist"]), (&json!([blocked.id]), &json!([5])));
    assert_eq!(reply["states"].as_object().map(serde_json::Map::len), Some(1));
    let ids: Vec<i64> = (1..=2001).collect();
    assert_eq!(ask(json!({"trackers": ids, "allow_not_exist": true})).error(), (221, 403));
    assert_eq!(ask(json!({"trackers": [null]})).error(), (7, 400));
    assert_eq!(ask(json!({"trackers": []})).ok()["states"], json!({}));
}

#[test]
fn a_tracker_can_be_removed_by_its_owner_only_before_it_ever_connected() {
    let server = Server::start();
    let account = Account::new(&server);
    let (unused, used) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
    ngp(server.device("ngp"), &ngp_body("yard-unit-0008", &Report::default(), &Value::Null));
    let refused = account.call("tracker/corrupt", json!({"tracker_id": used.id})).error();
    assert_eq!(refused, (243, 400));
    account.call("tracker/corrupt", json!({"tracker_id": unused.id})).ok();
    assert_eq!(account.call("tracker/read", json!({"tracker_id": unused.id})).error(), (201, 400));
    // Its device is free again, and a new tracker gets a new id.
    let again = account.ngp("yard-unit-0007");
    assert_ne!((again.id, again.source_id), (unused.id, unused.source_id));
}

#[test]
fn states_and_sessions_are_the_same_after_a_restart() {
    let mut server = Server::with(ServerOptions::default());
    let mut account = Account::new(&server);
    let van = account.teltonika("350000000000014");
    let bike = account.ngp("yard-unit-0007");
    let mut tracker = Tracker::online(server.device("teltonika"), "350000000000014");
    for speed in [50, 60, 0] {
        tracker.report(&Report::at_speed(speed));
    }
    account.block(&bike, true);
    let before = account.state(&van);
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    account.api = server.api();
    assert_eq!(account.state(&van), before, "a clean stop");
    assert_eq!(account.call("tracker/get_state", json!({"tracker_id": bike.id})).error(), (208, 403));

    let mut tracker = Tracker::online(server.device("teltonika"), "350000000000014");
    tracker.report(&Report::at_speed(33));
    let before = account.state(&van);
    server.kill();
    server.start_again();
    account.api = server.api();
    assert_eq!(account.state(&van), before, "killed");
    assert_eq!(server.export(&[]).len(), 4);
}
