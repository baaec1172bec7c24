mod commands;

use model::{AttributeId, EventId, Report, Value};
use proptest::prelude::*;

use crate::testing::{Host, Trace, read_split, read_whole};
use crate::{DeviceSettings, Family, Limits, Reject, SpeedUnit, Stored, family};

fn osmand() -> &'static Family {
    family("osmand").expect("is registered")
}

fn get(query: &str) -> Vec<u8> {
    format!("GET /?{query} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

fn post(kind: &str, body: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn json(body: &str) -> Vec<u8> {
    post("Application/JSON; charset=utf-8", body)
}

fn status(trace: &Trace) -> String {
    String::from_utf8_lossy(&trace.sent).lines().next().unwrap_or_default().to_owned()
}

fn one(input: &[u8]) -> Report {
    let trace = read_whole(osmand(), input);
    assert_eq!((status(&trace).as_str(), trace.reports().len()), ("HTTP/1.1 200 OK", 1), "{trace:?}");
    trace.reports()[0].clone()
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

#[test]
fn the_worked_query() {
    let r = one(&get(
        "id=350000000000014&timestamp=1773480413&lat=-33.448891&lon=-70.669266&speed=34.0173&bearing=187&altitude=542\
         &accuracy=5&batt=87",
    ));
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_413_000));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude, p.altitude_m), (-33.448_891, -70.669_266, Some(542.0)));
    assert_eq!((p.heading_deg, p.precision_m, p.valid), (Some(187), Some(5), true));
    assert_eq!(p.speed_kmh.map(|s| (s * 10.0).round()), Some(630.0));
    assert_eq!(value(&r, "battery_level"), Some(Value::Int(87)));
    assert_eq!(value(&r, "accuracy"), Some(Value::Float(5.0)));
    assert_eq!(r.attributes.len(), 2);
}

#[test]
fn parameters_become_attributes() {
    let check = |query: &str, name: &str, wanted: Option<Value>| {
        assert_eq!(value(&one(&get(&format!("id=1&{query}"))), name), wanted, "{query}");
    };
    let json = |text: &str| Some(Value::Json(text.into()));
    check("batt=87.5", "battery_level", Some(Value::Float(87.5)));
    check("batt=-1", "battery_level", None);
    check("charge=true", "charging_status", Some(true.into()));
    check("hdop=1.5", "hdop", Some(Value::Float(1.5)));
    check("driverUniqueId=K%207", "hardware_key", Some("K 7".into()));
    check("cell=250,1,7,9", "mobile_cells", json(r#"[{"mcc":250,"mnc":1,"lac":7,"cell_id":9}]"#));
    let two = r#"[{"mcc":250,"mnc":1,"lac":7,"cell_id":9,"rssi":-71},{"mcc":1,"mnc":2,"lac":3,"cell_id":4}]"#;
    check("cell=250,1,7,9,-71&cell=x&cell=1,2,3,4", "mobile_cells", json(two));
    check("cell=250,1", "mobile_cells", None);
    let points = r#"[{"mac":"AA:BB:CC:DD:EE:0F","rssi":-40},{"mac":"00:11:22:33:44:55","rssi":-7}]"#;
    check("wifi=aa-bb-cc-dd-ee-0f,-40&wifi=00:11:22:33:44:55,-7&wifi=\"],-1", "wifi_points", json(points));
    check("ignition=true", "ignition", Some(true.into()));
    check("motion=false", "motion", Some(false.into()));
    check("odometer=1234567", "odometer", Some(Value::Int(1_234_567)));
    check("power=12.5", "power", Some(Value::Float(12.5)));
    check("driver=J%C3%BCrgen+B", "driver", Some("Jürgen B".into()));
    check("x=NaN", "x", Some("NaN".into()));
    check("notificationToken=abc", "notificationToken", None);
    check("alarm=sos", "alarm", Some("sos".into()));
    assert_eq!(one(&get("deviceid=1&alarm=sos")).events, [EventId(202)]);
    assert_eq!(one(&get("id=1&alarm=strange")).events, [EventId(10_000)]);
}

#[test]
fn times_come_in_many_forms() {
    let check = |text: &str, ms: Option<i64>| {
        assert_eq!(one(&get(&format!("id=1&timestamp={text}"))).time.map(|t| t.ms()), ms, "{text}");
    };
    check("1773480413", Some(1_773_480_413_000));
    check("1773480413250", Some(1_773_480_413_250));
    check("2026-03-14T09:26:53.250Z", Some(1_773_480_413_250));
    check("2026-03-14T12:26:53%2B03:00", Some(1_773_480_413_000));
    check("2026-03-14%2009:26:53", Some(1_773_480_413_000));
    check("2026-03-14T12:26:53+03:00", Some(1_773_480_413_000));
    check("2026-03-14T06:26:53-03:00", Some(1_773_480_413_000));
    check("1773480413.25", Some(1_773_480_413_250));
    check("1773480413250.5", Some(1_773_480_413_251));
    check("1e300", None);
    check("NaN", None);
    check("-0.5", None);
    check("2026-03-14T12:26:53%2003", Some(1_773_480_413_000));
    check("2147483646", Some(2_147_483_646_000));
    check("2147483647", Some(2_147_483_647));
    check("0", None);
    check("-5", None);
    check("9223372036854775807", None);
    check("yesterday", None);
    check("", None);
}

#[test]
fn a_query_is_read_whatever_type_its_missing_body_is_said_to_have() {
    let request = "GET /?id=1&lat=1.5&lon=-2.5 HTTP/1.1\r\nContent-Type: application/json\r\n\r\n";
    assert_eq!(one(request.as_bytes()).position.map(|p| (p.latitude, p.longitude)), Some((1.5, -2.5)));
    assert_eq!(status(&read_whole(osmand(), &json(""))), "HTTP/1.1 400 Bad Request");
}

#[test]
fn a_request_with_countless_parameters_is_one_report_of_bounded_size() {
    let many: Vec<String> = (0..20_000).map(|n| format!("avl_io_{n}=1")).collect();
    let form = format!("id=1&lat=1.5&lon=-2.5&{}", many.join("&"));
    let r = one(&post("application/x-www-form-urlencoded", &form));
    assert_eq!((r.attributes.len(), r.position.is_some()), (1_024, true));
}

#[test]
fn positions_are_kept_when_possible() {
    let place = |query: &str| one(&get(&format!("id=1&{query}"))).position.map(|p| (p.latitude, p.longitude, p.valid));
    assert_eq!(place("lat=1.5&lon=-2.5"), Some((1.5, -2.5, true)));
    assert_eq!(place("location=1.5,-2.5"), Some((1.5, -2.5, true)));
    assert_eq!(place("lat=1.5&lon=-2.5&valid=1"), Some((1.5, -2.5, true)));
    assert_eq!(place("lat=1.5&lon=-2.5&valid=0"), Some((1.5, -2.5, false)));
    for none in [
        "lat=91&lon=0",
        "lat=0&lon=0",
        "lat=1.5",
        "location=1.5",
        "lat=a&lon=2",
        "lat=inf&lon=1",
        "batt=5",
        "lat=1&lon=2&speed=1081",
    ] {
        assert_eq!(place(none), None, "{none}");
    }
}

#[test]
fn the_unit_of_speed_is_the_devices() {
    let check = |unit: Option<SpeedUnit>, wanted: f32| {
        let settings = DeviceSettings { speed_unit: unit, ..DeviceSettings::default() };
        let mut host = Host::with_settings(osmand(), &Limits::default(), settings);
        host.feed(&get("id=1&lat=1&lon=2&speed=10"));
        let speed = host.trace().reports()[0].position.as_ref().and_then(|p| p.speed_kmh).expect("has one");
        assert!((speed - wanted).abs() < 0.001, "{unit:?}: {speed}");
    };
    check(None, 18.52);
    check(Some(SpeedUnit::Knots), 18.52);
    check(Some(SpeedUnit::KilometresPerHour), 10.0);
    check(Some(SpeedUnit::MetresPerSecond), 36.0);
    check(Some(SpeedUnit::MilesPerHour), 16.093_44);
    let p = one(&get("id=1&lat=1&lon=2&speed=-1&bearing=-1&accuracy=-1")).position.expect("has one");
    assert_eq!((p.speed_kmh, p.heading_deg, p.precision_m), (None, None, None));
}

#[test]
fn the_full_document() {
    let r = one(&json(
        r#"{"device_id":"350000000000014","unknown":null,
        "location":{"timestamp":"2026-03-14T09:26:53.000Z",
        "coords":{"latitude":-33.448891,"longitude":-70.669266,"accuracy":5,"speed":17.5,"heading":187,"altitude":542},
        "is_moving":true,"odometer":1234567,"event":"motionchange","mock":false,
        "battery":{"level":0.29,"is_charging":false},"activity":{"type":"in_vehicle","confidence":100},
        "alarm":"sos","extras":{"shift":"A","load":3,"nested":{"no":1},"frac":0.5,"on":true}}}"#,
    ));
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_413_000));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.speed_kmh, p.heading_deg, p.precision_m), (-33.448_891, Some(63.0), Some(187), Some(5)));
    assert_eq!((p.altitude_m, p.valid, r.events.as_slice()), (Some(542.0), true, &[EventId(202)][..]));
    let check = |name: &str, wanted: Value| assert_eq!(value(&r, name), Some(wanted), "{name}");
    check("is_moving", true.into());
    check("odometer", Value::Int(1_234_567));
    check("hardware_mileage", Value::Float(1_234.567));
    check("event", "motionchange".into());
    check("mock", false.into());
    check("battery_level", Value::Int(29));
    check("charging_status", false.into());
    check("activity", "in_vehicle".into());
    check("shift", "A".into());
    check("load", Value::Int(3));
    check("frac", Value::Float(0.5));
    check("on", true.into());
    assert_eq!((value(&r, "nested"), r.attributes.len()), (None, 14));
}

#[test]
fn a_document_may_hold_several_locations_or_none() {
    let count = |body: &str| {
        let trace = read_whole(osmand(), &json(body));
        assert_eq!(status(&trace), "HTTP/1.1 200 OK", "{body}");
        trace.reports().len()
    };
    assert_eq!(count(r#"{"device_id":"1","location":[{"odometer":1},{"odometer":2},7,null]}"#), 2);
    assert_eq!(count(r#"{"location":{"battery":{"level":-1}},"device_id":15}"#), 1);
    assert_eq!(count(r#"{"device_id":"1"}"#), 0);
    let impossible = r#"{"device_id":"1","location":{"coords":{"latitude":1,"longitude":2,"speed":556},"odometer":7}}"#;
    let r = one(&json(impossible));
    assert_eq!((r.position.as_ref(), value(&r, "odometer")), (None, Some(Value::Int(7))));
    let odd = r#"{"device_id":"1","location":{"event":"\ud800","coords":{"latitude":"1"},"extras":5,"odometer":-1}}"#;
    assert_eq!(one(&json(odd)).attributes.len(), 0);
    let many = format!(r#"{{"device_id":"1","location":[{}{{}}]}}"#, "{},".repeat(4_096));
    let trace = read_whole(osmand(), &json(&many));
    assert_eq!(trace.rejects(), [&Reject::TooManyReports { reports_max: 4_096 }]);
}

#[test]
fn answers_tell_who_is_welcome() {
    let check = |input: &[u8], wanted: &str| assert_eq!(status(&read_whole(osmand(), input)), wanted);
    check(&get("id=a+phone+with+blanks"), "HTTP/1.1 200 OK");
    check(&get("lat=1&lon=2"), "HTTP/1.1 400 Bad Request");
    check(&get("id="), "HTTP/1.1 400 Bad Request");
    check(&get(&format!("id={}", "x".repeat(65))), "HTTP/1.1 400 Bad Request");
    check(&get("id=9"), "HTTP/1.1 400 Bad Request");
    check(&post("application/x-www-form-urlencoded", "id=1&lat=1&lon=2"), "HTTP/1.1 200 OK");
    check(&post("", "id=1"), "HTTP/1.1 200 OK");
    check(&post("text/plain", "id=1"), "HTTP/1.1 400 Bad Request");
    check(b"PUT /any/path?id=1 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK");
    check(&json(r#"{"device_id":"9"}"#), "HTTP/1.1 404 Not Found");
    check(&json(r#"{"device_id":null}"#), "HTTP/1.1 400 Bad Request");
    check(&json("id=1"), "HTTP/1.1 400 Bad Request");
    let mut host = Host::new(osmand(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&get("id=1&lat=1&lon=2"));
    assert_eq!(status(&host.trace()), "HTTP/1.1 500 Internal Server Error");
}

#[test]
fn one_odd_request_costs_only_itself() {
    let input = [get("id=1&lat=1&lon=2"), get("lat=1"), json("{"), get("id=1&lat=3&lon=4")].concat();
    let trace = read_whole(osmand(), &input);
    assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (2, 2, false));
}

proptest! {
    #[test]
    fn any_query_is_survived(query in "[ -~]{0,120}", seed in any::<u32>()) {
        let input = get(&format!("id=1&{}", query.replace(' ', "&")));
        prop_assert_eq!(read_split(osmand(), seed, &input), read_whole(osmand(), &input));
    }

    #[test]
    fn any_document_is_survived(body in ".{0,120}") {
        read_whole(osmand(), &json(&format!("{{\"device_id\":\"1\",\"location\":{body}}}")));
    }
}
