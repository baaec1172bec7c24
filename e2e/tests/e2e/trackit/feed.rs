//! What a client is told of its vehicles.

use e2e::teltonika::{Element, Record, record};
use e2e::{Account, Report, now_ms};
use serde_json::{Value, json};

use super::stage::{Client, SESSID, Stage, names};

/// A record that this element has caused, which has this value.
pub(super) fn with_event(report: &Report, element: u16, value: u8) -> Record {
    Record { event: element, ..record(report, vec![Element::u8(element, value)]) }
}

/// Conforms to trackit 004, "Data Parameters ID": the server sends by itself what happens to the user's mobiles
/// Conforms to trackit 004, "Vehicle-related data": records has the number of an upload's records, and the last of them
/// Conforms to trackit 004, "Vehicle-related data": a record has the fields of the sample, in its order
#[test]
fn of_ten_records_the_last_is_told() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    assert_eq!(client.text(), format!(r#"{{"uid":{},"params":{{"type":"connection","status":1}}}}"#, stage.mobile.id));
    let begin = now_ms() - 60_000;
    let report = |n: u16| Report { time_ms: begin + i64::from(n) * 1_000, speed_kmh: 30 + n, ..Report::default() };
    let elements = || vec![Element::u8(1, 1), Element::u8(239, 1), Element::u8(252, 0), Element::u32(16, 398_447_000)];
    unit.upload(&(0..10).map(|n| record(&report(n), elements())).collect::<Vec<_>>());
    let text = client.text();
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let params = &message["params"];
    assert_eq!(
        (&message["uid"], &params["type"], &params["total"]),
        (&json!(stage.mobile.id), &json!("records"), &json!(10))
    );
    assert_eq!(params["lastRecord"]["gsp"], 39);
    assert_eq!(params["lastRecord"]["exd"]["io"], json!({"1": 1}));
    assert_eq!(names(&text, r#""lastRecord":"#), ["tmx", "vid", "dmx", "loc", "gsp", "hdg", "gkm", "cas", "exd"]);
    assert_eq!(names(&text, r#""loc":"#), ["lon", "lat"]);
    assert_eq!(names(&text, r#""exd":"#), ["sat", "alt", "bpp", "io"]);
    let vid = params["lastRecord"]["vid"].as_i64().expect("a vehicle");
    assert!(vid != stage.mobile.id && vid != stage.mobile.source_id, "vehicle and mobile are kept apart");
    client.silent();
}

/// Conforms to trackit 004, "Vehicle-related data": event comes for each change of an input, as the sub-type io, with its record
/// Conforms to trackit 004, "Vehicle-related data": an event has the fields of the sample, in its order
#[test]
fn an_input_that_changes_is_an_event() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    client.until("connection");
    let begin = now_ms() - 60_000;
    let at = |s: i64| Report { time_ms: begin + s * 1_000, ..Report::default() };
    unit.upload(&[record(&at(0), vec![Element::u8(1, 1)]), record(&at(1), vec![Element::u8(1, 0)])]);
    client.until("records");
    let text = client.text();
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let params = &message["params"];
    assert_eq!((&params["type"], &params["sub-type"]), (&json!("event"), &json!("io")));
    assert_eq!(params["record"]["exd"]["tlm"], json!({"tio": 1, "tlv": 0}));
    assert_eq!((&params["record"]["cas"], &params["event"]["eid"]), (&json!(61), &json!(3846)));
    assert_eq!((&params["event"]["mid"], &params["event"]["hid"]), (&json!(stage.mobile.id), &params["record"]["_id"]));
    assert_eq!(params["event"]["frc"].as_str().map(|place| place.contains("Spain")), Some(true), "{text}");
    let fields = ["_id", "hid", "mid", "eid", "tmx", "rmx", "lat", "lng", "sts", "frc", "src"];
    assert_eq!(names(&text, r#""event":{"_id"#.trim_end_matches(r#"{"_id"#)), fields);
    client.silent();
    let from = "2020-01-01T00:00:00Z";
    let events = stage.get(&format!("/ws/events?mid={}&from={from}", stage.mobile.id));
    assert_eq!(events["data"], json!([params["event"]]));
    let records = stage.get(&format!("/ws/vehicleHistoric?mid={}&from={from}", stage.mobile.id));
    assert_eq!(records[1]["_id"], params["record"]["_id"]);
}

/// Conforms to trackit 004, "Vehicle-related data": event of the sub-type event says that the internal battery is in use, and that external power is back
/// Conforms to trackit 004, "Vehicle-related data": event of the sub-type event says that the vehicle moves, and whether a driver is identified
#[test]
fn batteries_and_movement_are_events_too() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    let begin = now_ms() - 60_000;
    let at = |s: i64| Report { time_ms: begin + s * 1_000, ..Report::default() };
    unit.upload(&[
        with_event(&at(0), 252, 1),
        with_event(&at(1), 252, 0),
        record(&at(2), vec![Element::u8(240, 0)]),
        record(&at(3), vec![Element::u8(240, 1)]),
    ]);
    for eid in [3801, 3802, 3804] {
        let event = client.until("event");
        assert_eq!((&event["params"]["sub-type"], &event["params"]["event"]["eid"]), (&json!("event"), &json!(eid)));
    }
    client.silent();
}

/// Conforms to trackit 004, "Vehicle-related data": connection says that the device has connected, and that it has disconnected
#[test]
fn a_device_comes_and_goes() {
    let stage = Stage::new();
    let mut client = stage.client();
    let unit = stage.unit();
    let says =
        |status: u8| format!(r#"{{"uid":{},"params":{{"type":"connection","status":{status}}}}}"#, stage.mobile.id);
    assert_eq!(client.text(), says(1));
    drop(unit);
    assert_eq!(client.text(), says(0));
}

#[test]
fn nobody_is_told_of_the_mobiles_of_others() {
    let stage = Stage::new();
    let other = Account::named(&stage.server, "other@example.test", "UTC");
    let theirs = "BBBBBBBBBBBBBBBBBBBBBBBBBB";
    super::stage::bind(&other.api, &other, Some(theirs));
    let mut stranger = Client::open(&stage.server);
    stranger.say(&json!({"type": "auth", "query": {"user_id": other.id, "SESSID": theirs}}));
    assert_eq!(stranger.next()["params"]["success"], true);
    let mut client = stage.client();
    stage.unit().report(&Report::default());
    client.until("records");
    stranger.silent();
    stranger.say(&json!({"type": "api", "query": {"id": "a", "uid": stage.mobile.id, "cmd": "getio", "CR": false}}));
    assert_eq!(stranger.next()["params"]["error"], "unknown");
}

#[test]
fn who_comes_back_is_told_what_it_missed_and_who_said_goodbye_is_not() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut unit = stage.unit();
    client.until("connection");
    // The connection breaks without a Close.
    client.0.raw().shutdown(std::net::Shutdown::Both).expect("open until now");
    drop(client);
    let begin = now_ms() - 60_000;
    let at = |s: i64| Report { time_ms: begin + s * 1_000, ..Report::default() };
    let auth = json!({"type": "auth", "query": {"user_id": stage.account.id, "SESSID": SESSID}});
    // The server has to notice first that the client is gone.
    let told = (0..100).find_map(|s| {
        unit.upload(&[with_event(&at(s), 252, 1)]);
        let mut client = Client::open(&stage.server);
        client.say(&auth);
        assert_eq!(client.next()["params"]["success"], true);
        client.0.send_text("?");
        Some(client.next()).filter(|next| next["params"]["type"] == "event").map(|event| (client, event))
    });
    let (mut client, event) = told.expect("what was missed is told");
    assert_eq!(event["params"]["event"]["eid"], 3801);
    client.until("error");
    client.0.close();
    drop(client);
    unit.upload(&[with_event(&at(200), 252, 1)]);
    let mut client = Client::open(&stage.server);
    client.say(&auth);
    assert_eq!(client.next()["params"]["success"], true);
    client.silent();
}
