//! What a subscriber to states is sent.

use e2e::{Account, Report, Server, ServerOptions, Socket, Tracker, ngp, ngp_body, now, same_zone_now};
use serde_json::{Value, json};

use crate::shapes::{compact_state, full_state};

const IMEI: &str = "350000000000014";

/// Conforms to navixy 000, "State event": comes when the state of the tracker changes
/// Conforms to navixy 001, "State event": comes when the state of the tracker changes
/// Conforms to navixy 002, "State event": comes when the state of the tracker changes
/// Conforms to navixy 000, "State event": data is the source's state, as the HTTP call gives it
/// Conforms to navixy 001, "State event": data is the source's state, as the HTTP call gives it
/// Conforms to navixy 002, "State event": data is the source's state, as the HTTP call gives it
#[test]
fn one_report_goes_from_a_teltonika_socket_to_a_navixy_socket() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut socket = Socket::open(&server);
    assert_eq!(socket.subscribe(&account.hash, &[van.id]), json!({van.id.to_string(): "normal"}));
    assert_eq!(socket.state_of(van.source_id)["connection_status"], "just_registered");

    let report = Report::at_speed(63);
    Tracker::online(server.device("teltonika"), IMEI).report(&report);

    let state = socket.state_of(van.source_id);
    full_state(&state, "UTC");
    assert_eq!(state["gps"]["location"], json!({"lat": report.latitude, "lng": report.longitude}));
    assert_eq!(
        (&state["gps"]["speed"], &state["gps"]["heading"], &state["gps"]["alt"]),
        (&json!(63), &json!(132), &json!(18))
    );
    assert_eq!(state["gps"]["signal_level"], 90, "ten per cent a satellite");
    assert_eq!((&state["connection_status"], &state["movement_status"]), (&json!("active"), &json!("moving")));
    assert_eq!(account.state(&van), state, "HTTP shows the same state");
}

/// Conforms to navixy 000, "State event": comes right after the subscription
/// Conforms to navixy 001, "State event": comes right after the subscription
/// Conforms to navixy 002, "State event": comes right after the subscription
/// Conforms to navixy 003, "Subscribe Action: Request": events and trackers name what is wanted
/// Conforms to navixy 003, "Subscribe Action: Response": the response names its type, its action, the events, and a map with one key for each event
/// Conforms to navixy 003, "Subscribe Action: Response": an id that is not one of the user's trackers is unknown, others are normal
/// Conforms to navixy 003, "The 'state' event subscription": the present states of all trackers that are not blocked come after the response
/// Conforms to navixy 003, "The 'state' event subscription": a change of a tracker's state is sent
#[test]
fn the_walk_through_of_a_first_edition_client() {
    let server = Server::start();
    let account = Account::new(&server);
    let first = account.ngp("yard-unit-0007");
    let second = account.ngp("yard-unit-0008");
    assert_eq!(ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &Value::Null)), 200);
    assert_eq!(account.state(&first)["connection_status"], "active");
    assert_eq!(account.state(&second)["connection_status"], "just_registered");

    let mut socket = Socket::open(&server);
    let request = json!({"action": "subscribe", "hash": account.hash, "events": ["state"],
        "trackers": [first.id, second.id, 7]});
    socket.send(&request);
    assert_eq!(
        socket.message(),
        json!({"type": "response", "action": "subscription/subscribe", "events": ["state"], "data": {"state":
            {first.id.to_string(): "normal", second.id.to_string(): "normal", "7": "unknown"}}})
    );
    socket.state_of(first.source_id);
    socket.state_of(second.source_id);

    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::at_speed(12), &Value::Null));
    assert_eq!(socket.state_of(first.source_id)["gps"]["speed"], 12);
    socket.silent(&account.hash);
}

#[test]
fn the_current_form_answers_with_value_and_success() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open_at(&server, "/event/subscription/");
    let request = json!({"type": "state", "target": {"type": "selected", "tracker_ids": [van.id, 7, van.id]}});
    socket.send(&json!({"action": "subscribe", "hash": account.hash, "requests": [request], "rate_limit": "1s"}));
    assert_eq!(
        socket.message(),
        json!({"type": "response", "action": "subscription/subscribe", "events": ["state"], "data": {"state":
            {"value": {van.id.to_string(): "normal", "7": "unknown"}, "success": true}}})
    );
    socket.state_of(van.source_id);
    socket.silent(&account.hash);
}

#[test]
fn all_takes_in_a_tracker_that_is_registered_later() {
    let server = Server::start();
    let account = Account::new(&server);
    let first = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.send(&json!({"action": "subscribe", "hash": account.hash,
        "requests": [{"type": "state", "target": {"type": "all"}}]}));
    let map = socket.response("subscribe")["data"]["state"]["value"].clone();
    assert_eq!(map, json!({first.id.to_string(): "normal"}));
    socket.state_of(first.source_id);

    let second = account.ngp("yard-unit-0008");
    ngp(server.device("ngp"), &ngp_body("yard-unit-0008", &Report::at_speed(31), &Value::Null));
    let source = second.source_id;
    let is_it = |message: &Value| message["data"]["source_id"] == source && message["data"]["gps"]["speed"] == 31;
    socket.until("the new tracker's report", is_it);
}

/// Conforms to navixy 002, "State event": the format of the request decides between full and compact states
/// Conforms to navixy 002, "Compact source state": its fields have the values of the full state
#[test]
fn format_chooses_between_full_and_compact() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    tracker.report(&Report::at_speed(20));

    let mut full = Socket::open(&server);
    full.subscribe_current(&account.hash, &[van.id], "full");
    full_state(&full.state_of(van.source_id), "UTC");
    let mut compact = Socket::open(&server);
    compact.subscribe_current(&account.hash, &[van.id], "compact");
    compact_state(&compact.state_of(van.source_id), "UTC");

    tracker.report(&Report::at_speed(21));
    let (full, compact) = (full.state_of(van.source_id), compact.state_of(van.source_id));
    full_state(&full, "UTC");
    compact_state(&compact, "UTC");
    for (field, value) in compact.as_object().expect("an object") {
        assert_eq!(&full[field], value, "{field} is the same in both");
    }
}

#[test]
fn the_last_subscription_decides_on_the_format() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.subscribe_current(&account.hash, &[van.id], "compact");
    assert!(socket.state_of(van.source_id).get("inputs").is_none());
    // Named again: its status and its current state again, now in the first edition's full form.
    socket.subscribe(&account.hash, &[van.id]);
    assert!(socket.state_of(van.source_id).get("inputs").is_some());
    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &Value::Null));
    full_state(&socket.state_of(van.source_id), "UTC");
    socket.silent(&account.hash);
}

#[test]
fn every_report_of_an_upload_is_an_event_of_its_own_and_in_order() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    socket.state_of(van.source_id);

    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    let start_ms = e2e::now_ms() - 60_000;
    for packet in 0..20_u16 {
        let report = |index: u16| Report {
            time_ms: start_ms + i64::from(packet * 10 + index),
            ..Report::at_speed(packet * 10 + index)
        };
        let records: Vec<_> = (0..10).map(|index| e2e::teltonika::record(&report(index), Vec::new())).collect();
        tracker.upload(&records);
    }
    for expected in 0..200 {
        assert_eq!(socket.state_of(van.source_id)["gps"]["speed"], expected);
    }
    socket.silent(&account.hash);
}

#[test]
fn a_report_older_than_the_state_is_kept_but_moves_no_position() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    tracker.report(&Report::at_speed(80));
    let before = account.state(&van);
    tracker.report(&Report { time_ms: e2e::now_ms() - 3_600_000, ..Report::at_speed(10) });
    let after = account.state(&van);
    assert_eq!(after["gps"], before["gps"]);
    assert_eq!(after["movement_status"], before["movement_status"]);
    assert_eq!(server.export(&[]).len(), 2, "the late report is in the journal");
}

#[test]
fn a_report_from_the_future_does_not_freeze_the_tracker() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    let next_year_ms = e2e::now_ms() + 365 * 86_400_000;
    tracker.report(&Report { time_ms: next_year_ms, ..Report::at_speed(10) });
    tracker.report(&Report::at_speed(55));
    assert_eq!(account.state(&van)["gps"]["speed"], 55);
    assert_eq!(server.export(&[]).len(), 2);
}

#[test]
fn a_report_without_a_valid_position_keeps_the_last_one() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let address = server.device("ngp");
    ngp(address, &ngp_body("yard-unit-0007", &Report::at_speed(40), &Value::Null));
    let before = account.state(&van);
    let blind = Report { satellites: 0, latitude: 1.0, longitude: 1.0, ..Report::at_speed(0) };
    ngp(address, &ngp_body("yard-unit-0007", &blind, &json!({"battery_level": 71, "input_status": 5})));
    let after = account.state(&van);
    assert_eq!(after["gps"], before["gps"]);
    assert_eq!(after["battery_level"], 71);
    assert_eq!(
        (&after["inputs"][0], &after["inputs"][1], &after["inputs"][2]),
        (&json!(true), &json!(false), &json!(true))
    );
}

#[test]
fn device_state_fields_come_as_text_under_additional() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let more = json!({"event_id": 202, "is_moving": true, "hardware_key": "A0F39C11"});
    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &more));
    let additional = account.state(&van)["additional"].clone();
    assert_eq!((&additional["event_id"]["value"], &additional["event_code"]["value"]), (&json!("202"), &json!("202")));
    assert_eq!(additional["moving"]["value"], "1");
    assert_eq!(additional["hardware_key"]["value"], "A0F39C11");
}

/// Conforms to navixy 000, "State event": user_time is the present time in the user's zone
/// Conforms to navixy 001, "State event": user_time is the present time in the user's zone
/// Conforms to navixy 002, "State event": user_time is the present time in the user's zone
#[test]
fn dates_are_printed_in_the_users_zone_and_in_iso_when_asked() {
    let server = Server::start();
    // Half hours and a negative offset: nothing that a mistake would hit by chance.
    let india = Account::named(&server, "mumbai@example.test", "Asia/Kolkata");
    let van = india.ngp("yard-unit-0007");
    let sent = Report::default();
    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &sent, &Value::Null));

    let mut socket = Socket::open(&server);
    socket.subscribe(&india.hash, &[van.id]);
    let event = socket.event("state");
    assert!(same_zone_now(event["user_time"].as_str().expect("text"), "Asia/Kolkata"), "{event}");
    full_state(&event["data"], "Asia/Kolkata");
    let updated = event["data"]["gps"]["updated"].as_str().expect("text");
    assert_eq!(e2e::instant(updated, "Asia/Kolkata").as_second(), sent.time_ms.div_euclid(1000));

    socket.send(&json!({"action": "subscribe", "hash": india.hash, "iso_datetime": true,
        "events": ["state"], "trackers": [van.id]}));
    socket.response("subscribe");
    let event = socket.event("state");
    for time in [&event["user_time"], &event["data"]["gps"]["updated"], &event["data"]["last_update"]] {
        let time = time.as_str().expect("text");
        assert!(time.ends_with("+05:30") && time.as_bytes()[10] == b'T', "{time}");
        assert!(same_zone_now(time, "Asia/Kolkata"), "{time}");
    }
}

#[test]
fn iso_dates_in_utc_end_in_z() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let reply = account.call("tracker/get_state", json!({"tracker_id": van.id, "iso_datetime": true})).ok();
    let user_time = reply["user_time"].as_str().expect("text");
    assert!(user_time.ends_with('Z'), "{user_time}");
    assert!(same_zone_now(user_time, "UTC"), "{user_time} is not {}", now());
}

/// Conforms to navixy 002, "State event": a change that only time brings is sent like any other
#[test]
fn a_silent_device_becomes_idle_and_then_offline() {
    let options = ServerOptions::default().set("ODOGRAPH_STATUS_IDLE_S", "1").set("ODOGRAPH_STATUS_OFFLINE_S", "2");
    let server = Server::with(options);
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    socket.state_of(van.source_id);
    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &Value::Null));
    for status in ["active", "idle", "offline"] {
        assert_eq!(socket.state_of(van.source_id)["connection_status"], status);
    }
    assert_eq!(account.state(&van)["connection_status"], "offline");
}

/// Conforms to navixy 003, "Unsubscribe Action: Request": events and trackers name what is no longer wanted
/// Conforms to navixy 003, "Unsubscribe Action: Response": the response names its type, its action, the events, and lists the trackers of the request
#[test]
fn unsubscribing_ends_the_events_in_both_forms() {
    let server = Server::start();
    let account = Account::new(&server);
    let (kept, left) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[kept.id, left.id]);
    socket.state_of(kept.source_id);
    socket.state_of(left.source_id);

    socket.send(&json!({"action": "unsubscribe", "hash": account.hash, "events": ["state"], "trackers": [left.id]}));
    assert_eq!(
        socket.message(),
        json!({"type": "response", "action": "subscription/unsubscribe", "events": ["state"], "data": [left.id]})
    );
    for device in ["yard-unit-0008", "yard-unit-0007"] {
        ngp(server.device("ngp"), &ngp_body(device, &Report::default(), &Value::Null));
    }
    socket.state_of(kept.source_id);

    socket.send(&json!({"action": "unsubscribe", "hash": account.hash,
        "requests": [{"type": "state", "target": {"type": "all"}}]}));
    let response = socket.response("unsubscribe");
    assert_eq!(response["events"], json!(["state"]));
    assert_eq!(response["data"]["state"], json!({"value": {kept.id.to_string(): "normal"}, "success": true}));
    ngp(server.device("ngp"), &ngp_body("yard-unit-0007", &Report::default(), &Value::Null));
    socket.silent(&account.hash);
}

/// Conforms to navixy 003, "Subscribe Action: Response": a tracker of another user is unknown
#[test]
fn two_accounts_on_one_connection_each_get_their_own() {
    let server = Server::start();
    let tokyo = Account::named(&server, "tokyo@example.test", "Asia/Tokyo");
    let utc = Account::named(&server, "utc@example.test", "UTC");
    let (theirs, ours) = (tokyo.ngp("yard-unit-0007"), utc.ngp("yard-unit-0008"));
    let mut socket = Socket::open(&server);
    assert_eq!(
        socket.subscribe(&tokyo.hash, &[theirs.id, ours.id]),
        json!({theirs.id.to_string(): "normal", ours.id.to_string(): "unknown"})
    );
    let event = socket.event("state");
    assert!(same_zone_now(event["user_time"].as_str().expect("text"), "Asia/Tokyo"));
    socket.subscribe(&utc.hash, &[ours.id]);
    let event = socket.event("state");
    assert!(same_zone_now(event["user_time"].as_str().expect("text"), "UTC"));
}
