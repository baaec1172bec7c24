use model::{AttributeId, EventId, Fix, Origin, Report, Value, attr};
use proptest::prelude::*;

use crate::testing::{Trace, read_split, read_whole};
use crate::{Family, FieldFault, Reject, family};

fn ngp() -> &'static Family {
    family("ngp").expect("is registered")
}

fn request(body: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A right message with these members besides the mandatory ones.
fn with(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"message_time":"2026-03-14T09:26:53.250Z","device_id":"unit-0007"{comma}{members}}}"#)
}

fn status(trace: &Trace) -> String {
    String::from_utf8_lossy(&trace.sent).lines().next().unwrap_or_default().to_owned()
}

fn decoded(members: &str) -> Report {
    let trace = read_whole(ngp(), &request(&with(members)));
    assert_eq!(status(&trace), "HTTP/1.1 200 OK", "{members}: {trace:?}");
    trace.reports()[0].clone()
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

#[test]
fn a_full_message() {
    let r = decoded(
        r#""version":"1.2","event_id":202,"is_moving":true,"hardware_mileage":1234.5,"battery_level":87,
        "location":{"latitude":-33.448891,"longitude":-70.669266,"altitude":542.5,"satellites":11,"speed":63,"heading":360,
        "hdop":0.9,"fix_type":"FIX_3D","gnss_time":"2026-03-14T09:26:52Z","precision":4,"unknown":[1]},
        "input_status":5,"analog_1":12,"temperature_32":-3.5,"impulse_counter_2":7,"hardware_key":"5E4D","vin":null,
        "note":"hi","load":{"a" : [1, 2]},"count":3,"ratio":0.5,"flag":false"#,
    );
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_413_250));
    assert_eq!(r.events, [EventId(202)]);
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude, p.altitude_m), (-33.448_891, -70.669_266, Some(542.5)));
    assert_eq!((p.speed_kmh, p.heading_deg, p.satellites), (Some(63.0), Some(0), Some(11)));
    assert_eq!((p.valid, p.fix, p.origin, p.precision_m), (true, Fix::HasFix, Origin::Gnss, Some(4)));
    assert_eq!(p.gnss_time.map(|t| t.ms()), Some(1_773_480_412_000));
    let check = |name: &str, wanted: Value| assert_eq!(value(&r, name), Some(wanted), "{name}");
    check("is_moving", true.into());
    check("hardware_mileage", Value::Float(1234.5));
    check("battery_level", Value::Int(87));
    check("hdop", Value::Float(0.9));
    check("fix_type", "FIX_3D".into());
    check("input_status", Value::Int(5));
    check("analog_1", Value::Float(12.0));
    check("temperature_32", Value::Float(-3.5));
    check("impulse_counter_2", Value::Int(7));
    check("hardware_key", "5E4D".into());
    check("note", "hi".into());
    check("load", Value::Json(r#"{"a":[1,2]}"#.into()));
    check("count", Value::Int(3));
    check("ratio", Value::Float(0.5));
    check("flag", false.into());
    assert_eq!((value(&r, "vin"), value(&r, "satellites"), r.attributes.len()), (None, None, 15));
}

#[test]
fn statuses_are_as_the_protocol_says() {
    let check = |input: &[u8], wanted: &str| assert_eq!(status(&read_whole(ngp(), input)), wanted);
    check(&request(&with("")), "HTTP/1.1 200 OK");
    check(&request(&with("").replace("unit", "9nit")), "HTTP/1.1 403 Forbidden");
    check(b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed");
    check(&request("not json"), "HTTP/1.1 400 Bad Request");
    check(b"POST /?device_id=unit-0007 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request");
    let trace = read_whole(ngp(), &request(&with(r#""battery_level":101"#)));
    assert!(trace.sent.ends_with(b"Content-Length: 29\r\n\r\nbattery_level is out of range"), "{trace:?}");
    let trace = read_whole(ngp(), b"HEAD / HTTP/1.1\r\n\r\n");
    assert!(trace.sent.ends_with(b"Allow: POST\r\nContent-Length: 0\r\n\r\n"), "{trace:?}");
}

#[test]
fn what_is_wrong_refuses_the_message() {
    let refused = |body: &str, wanted: Reject| {
        let trace = read_whole(ngp(), &request(body));
        assert_eq!(status(&trace), "HTTP/1.1 400 Bad Request", "{body}");
        assert_eq!((trace.rejects(), trace.closed), (vec![&wanted], false), "{body}");
    };
    let field = |members: &str, name: &'static str, fault| refused(&with(members), Reject::Field { name, fault });
    use FieldFault::{Missing, OutOfRange, WrongType};
    for body in ["", "[]", "1", "{", "{}x", "\u{feff}{}", "{\"a\":01}"] {
        refused(body, Reject::NotJson);
    }
    let missing = |name| Reject::Field { name, fault: Missing };
    refused("{}", missing("device_id"));
    refused(r#"{"device_id":"unit-7"}"#, missing("message_time"));
    refused(r#"{"device_id":null,"message_time":"2026-03-14T09:26:53Z"}"#, missing("device_id"));
    field(r#""device_id":7"#, "device_id", WrongType);
    field(r#""device_id":"""#, "device_id", OutOfRange);
    field(&format!(r#""device_id":"{}""#, "x".repeat(65)), "device_id", OutOfRange);
    field(r#""message_time":1773480413"#, "message_time", WrongType);
    field(r#""message_time":"2026-03-14T09:26:53+00:00""#, "message_time", OutOfRange);
    field(r#""message_time":"2026-02-30T09:26:53Z""#, "message_time", OutOfRange);
    field(r#""version":1.2"#, "version", WrongType);
    field(r#""location":[]"#, "location", WrongType);
    let location = |member: &str, name, fault| field(&format!("\"location\":{{{member}}}"), name, fault);
    location(r#""latitude":90.5"#, "location.latitude", OutOfRange);
    location(r#""longitude":"5""#, "location.longitude", WrongType);
    location(r#""altitude":10001"#, "location.altitude", OutOfRange);
    location(r#""satellites":65"#, "location.satellites", OutOfRange);
    location(r#""satellites":5.0"#, "location.satellites", WrongType);
    location(r#""heading":361"#, "location.heading", OutOfRange);
    location(r#""speed":-1"#, "location.speed", OutOfRange);
    location(r#""hdop":1e999"#, "location.hdop", OutOfRange);
    location(r#""fix_type":"FIX""#, "location.fix_type", OutOfRange);
    location(r#""gnss_time":5"#, "location.gnss_time", WrongType);
    field(r#""event_id":"202""#, "event_id", WrongType);
    field(r#""event_id":-1"#, "event_id", OutOfRange);
    field(r#""is_moving":1"#, "is_moving", WrongType);
    field(r#""battery_voltage":-0.1"#, "battery_voltage", OutOfRange);
    field(r#""input_status":-1"#, "input_status", OutOfRange);
    field(r#""analog_32":"x""#, "analog_n", WrongType);
    field(r#""vin":5"#, "vin", WrongType);
    field(r#""mobile_cells":{}"#, "mobile_cells", WrongType);
    field(r#""mobile_cells":[{"mcc":1,"mnc":2,"lac":3}]"#, "mobile_cells", Missing);
    field(r#""mobile_cells":[{"mcc":1,"mnc":2,"lac":3,"cell_id":4,"type":"6G"}]"#, "mobile_cells", OutOfRange);
    field(r#""wifi_points":[{"mac":"AA:BB:CC:DD:EE","rssi":-5}]"#, "wifi_points", OutOfRange);
    field(r#""wifi_points":[7]"#, "wifi_points", WrongType);
    field(&format!(r#""own":"{} ""#, "x".repeat(10_240)), "custom attribute", OutOfRange);
    field(&format!(r#""own":{}1{}"#, "[".repeat(33), "]".repeat(33)), "custom attribute", OutOfRange);
    field(r#""own":1e999"#, "custom attribute", OutOfRange);
    field(r#""version":"1.1a","custom_attributes":{}"#, "custom_attributes", WrongType);
    field(r#""version":"1.1a","custom_attributes":[{"type":"a"}]"#, "custom_attributes", Missing);
}

#[test]
fn a_position_is_valid_by_its_fix_and_satellites() {
    let check = |members: &str, wanted: Option<(bool, Fix)>| {
        let r = decoded(&format!("\"location\":{{{members}}},\"version\":\"1.2\""));
        assert_eq!(r.position.map(|p| (p.valid, p.fix)), wanted, "{members}");
    };
    let place = r#""latitude":1.5,"longitude":2.5"#;
    let at = |more: &str| format!("{place}{more}");
    check(&at(r#","satellites":3"#), Some((true, Fix::HasFix)));
    check(&at(r#","satellites":2"#), Some((false, Fix::HasFix)));
    check(place, Some((false, Fix::HasFix)));
    check(&at(r#","satellites":9,"fix_type":"NO_FIX""#), Some((false, Fix::NoFix)));
    check(&at(r#","satellites":9,"fix_type":"LAST_KNOWN_POSITION""#), Some((true, Fix::LastKnown)));
    check(&at(r#","source_type":"LBS","precision":900"#), Some((true, Fix::HasFix)));
    check(r#""latitude":0,"longitude":0.0,"satellites":9"#, None);
    check(r#""latitude":0,"longitude":5,"satellites":9"#, Some((true, Fix::HasFix)));
    check(r#""latitude":5,"satellites":9"#, None);
    check(&at(r#","satellites":9,"speed":2000"#), Some((true, Fix::HasFix)));
    check(&at(r#","satellites":9,"speed":6000"#), None);
}

#[test]
fn what_belongs_to_a_position_survives_without_one() {
    let r = decoded(r#""location":{"satellites":4,"speed":7.5,"altitude":1,"heading":90}"#);
    assert_eq!(r.position, None);
    assert_eq!(value(&r, "satellites"), Some(Value::Int(4)));
    assert_eq!(value(&r, "speed"), Some(Value::Float(7.5)));
    assert_eq!(value(&r, "heading"), Some(Value::Int(90)));
    let said = r#""version":"1.2","location":{"latitude":1,"gnss_time":"2026-03-14T09:26:52Z","precision":4}"#;
    let r = decoded(said);
    assert_eq!(value(&r, "gnss_time"), Some("2026-03-14T09:26:52.000Z".into()));
    assert_eq!(value(&r, "precision"), Some(Value::Int(4)));
    assert_eq!(r.position, None);
}

#[test]
fn the_version_decides_what_is_read() {
    let place = r#""latitude":1.5,"longitude":2.5,"satellites":5,"source_type":"LBS","precision":9"#;
    let origin = |version: &str| {
        let r = decoded(&format!("\"location\":{{{place}}}{version}"));
        r.position.map(|p| (p.origin, p.precision_m))
    };
    assert_eq!(origin(""), Some((Origin::Gnss, None)));
    assert_eq!(origin(r#","version":"1.1a""#), Some((Origin::Gnss, None)));
    assert_eq!(origin(r#","version":"1.2""#), Some((Origin::Network, Some(9))));
    assert_eq!(origin(r#","version":"7""#), Some((Origin::Network, Some(9))));

    let list = r#""custom_attributes":[{"type":"door","value":true,"id":1},{"type":"mass","value":2.5,"units":"t"}]"#;
    let r = decoded(&format!("{list},\"version\":\"1.1a\""));
    assert_eq!((value(&r, "door"), value(&r, "mass")), (Some(true.into()), Some(Value::Float(2.5))));
    assert_eq!(value(&r, "custom_attributes"), None);
    let r = decoded(list);
    assert!(matches!(value(&r, "custom_attributes"), Some(Value::Json(_))));
}

#[test]
fn lists_are_kept_as_they_are() {
    let r = decoded(
        r#""mobile_cells":[ {"mcc":250,"mnc":1,"lac":7,"cell_id":9,"rssi":-71,"type":"LTE","x":[]} ],
        "wifi_points":[{"mac":"aa:bb:cc:dd:ee:0f","rssi":-40}],"analog_33":"own","analog_0":true"#,
    );
    let cells = r#"[{"mcc":250,"mnc":1,"lac":7,"cell_id":9,"rssi":-71,"type":"LTE","x":[]}]"#;
    assert_eq!(r.attributes.get(attr::MOBILE_CELLS), Some(&Value::Json(cells.into())));
    assert!(r.attributes.get(attr::WIFI_POINTS).is_some());
    assert_eq!((value(&r, "analog_33"), value(&r, "analog_0")), (Some("own".into()), Some(true.into())));
}

#[test]
fn blobs_are_longer_than_texts() {
    let blob = "QUJD".repeat(5_000);
    assert_eq!(value(&decoded(&format!(r#""picture":"{blob}""#)), "picture"), Some(blob.as_str().into()));
}

#[test]
fn a_message_has_a_number_of_attributes() {
    let many = |n: usize| with(&(0..n).map(|n| format!(r#""avl_io_{n}":1"#)).collect::<Vec<_>>().join(","));
    assert_eq!(status(&read_whole(ngp(), &request(&many(1_024)))), "HTTP/1.1 200 OK");
    assert_eq!(status(&read_whole(ngp(), &request(&many(1_025)))), "HTTP/1.1 400 Bad Request");
}

#[test]
fn names_of_unknown_devices_are_not_remembered() {
    let body = r#"{"message_time":"2026-03-14T09:26:53Z","device_id":"9","a name of a stranger":1}"#;
    read_whole(ngp(), &request(body));
    assert_eq!(AttributeId::find("a name of a stranger"), None);
}

proptest! {
    #[test]
    fn any_body_is_survived(body in ".{0,200}", seed in any::<u32>()) {
        let input = request(&body);
        prop_assert_eq!(read_split(ngp(), seed, &input), read_whole(ngp(), &input));
    }

    #[test]
    fn any_damage_is_survived(at in 0..400usize, x in any::<u8>(), cut in 0..400usize) {
        let mut body = with(
            r#""version":"1.1a","location":{"latitude":1,"longitude":2,"satellites":5,"fix_type":"HAS_FIX"},
            "mobile_cells":[{"mcc":1,"mnc":2,"lac":3,"cell_id":4}],"own":[{"a":["b\n"]}],"event_id":5"#,
        ).into_bytes();
        let length = body.len();
        body[at % length] = x;
        body.truncate(cut.max(1));
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
        let trace = read_whole(ngp(), &[head.as_bytes(), &body].concat());
        prop_assert_eq!(trace.reports().len() + trace.rejects().len(), 1);
    }
}
