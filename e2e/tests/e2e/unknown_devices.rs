//! Devices that nobody registered: listed, registered by one call, adopted.

use e2e::gt06::{Gt06, login};
use e2e::{Account, Report, Server, ServerOptions, eventually};
use serde_json::{Value, json};

const IMEI: &str = "350000000000014";

/// A call of the office's own as the administrator.
#[track_caller]
pub(crate) fn office(account: &Account, method: &str, mut body: Value) -> Value {
    body["hash"] = account.admin.clone().into();
    account.api.post(&format!("/panel/office/{method}"), &body).ok()
}

/// A unit that logs in and is turned away.
fn knock(server: &Server, imei: &str) {
    let mut unit = Gt06::connect(server.device("gt06"));
    unit.send(&login(imei));
    assert_eq!(unit.frame(), None, "it is not let in");
}

#[test]
fn a_device_that_knocked_is_registered_by_one_call_and_reports() {
    let server = Server::start();
    let account = Account::new(&server);
    knock(&server, IMEI);
    knock(&server, IMEI);
    let listed = office(&account, "unknown_device/list", json!({}))["list"].clone();
    let device = &listed[0];
    assert_eq!(
        (&device["device_id"], &device["protocol"], &device["knocks"]),
        (&json!(IMEI), &json!("gt06"), &json!(2))
    );
    assert_eq!((&device["address"], listed.as_array().map(Vec::len)), (&json!("127.0.0.1"), Some(1)));

    let made = office(&account, "unknown_device/register", json!({"device_id": IMEI, "user_id": account.id}));
    assert_eq!(office(&account, "unknown_device/list", json!({}))["count"], 0);
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    unit.report(&Report::at_speed(63), 2);
    let state = account.call("tracker/get_state", json!({"tracker_id": made["tracker_id"]})).ok()["state"].clone();
    assert_eq!((&state["source_id"], &state["gps"]["speed"]), (&made["source_id"], &json!(63)), "{state}");
    let trackers = account.call("tracker/list", json!({})).ok()["list"].clone();
    assert_eq!((&trackers[0]["label"], &trackers[0]["source"]["model"]), (&json!(IMEI), &json!("gt06")));
}

#[test]
fn devices_are_adopted_while_an_administrator_says_so() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_DEVICES_ADOPTED_PER_MINUTE_MAX", "2"));
    let account = Account::new(&server);
    knock(&server, IMEI);
    office(&account, "adoption/update", json!({"enabled": true, "user_id": account.id, "protocols": ["gt06"]}));
    // It is let in with the login that makes it a tracker, and loses nothing.
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    unit.report(&Report::at_speed(20), 2);
    let others: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn({
                let address = server.device("gt06");
                move || Gt06::online(address, "350000000000022").report(&Report::at_speed(20), 2)
            })
        })
        .collect();
    others.into_iter().for_each(|other| other.join().expect("each is let in"));
    let trackers = || account.call("tracker/list", json!({})).ok()["list"].as_array().expect("a list").len();
    assert_eq!((trackers(), server.export(&[]).len()), (2, 2), "one tracker, and one report, however often it came");
    knock(&server, "350000000000030");
    assert_eq!(office(&account, "unknown_device/list", json!({}))["list"][0]["device_id"], "350000000000030");
    office(&account, "adoption/update", json!({"enabled": false}));
    knock(&server, "350000000000048");
    assert_eq!(trackers(), 2);
}

#[test]
fn a_fleet_of_strangers_costs_no_more_than_its_place_on_the_list() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_DEVICES_UNKNOWN_MAX", "5"));
    let account = Account::new(&server);
    for n in 0..12 {
        knock(&server, &format!("3500000000001{n:02}"));
    }
    let answer = office(&account, "unknown_device/list", json!({}));
    let listed: Vec<_> = answer["list"].as_array().expect("a list").iter().map(|row| &row["device_id"]).collect();
    let expected: Vec<Value> = (7..12).rev().map(|n| format!("3500000000001{n:02}").into()).collect();
    assert_eq!(listed, expected.iter().collect::<Vec<_>>());
    let figures = eventually("the figures", || {
        let text = account.api.get("/metrics").text;
        text.contains("odograph_intake_unknown_devices 5").then_some(text)
    });
    assert!(figures.contains("odograph_devices_refused_total{protocol=\"gt06\"} 12"), "{figures}");
}
