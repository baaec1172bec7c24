//! Devices that report over HTTP: Navixy's generic protocol and OsmAnd.

use e2e::{Account, HttpConnection, Report, Server, ngp_body, now_ms, osmand_query};
use serde_json::{Value, json};

const DEVICE: &str = "yard-unit-0007";

struct Scene {
    server: Server,
    account: Account,
    van: e2e::RegisteredTracker,
}

fn scene() -> Scene {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp(DEVICE);
    Scene { server, account, van }
}

impl Scene {
    fn ngp(&self) -> HttpConnection {
        HttpConnection::open(self.server.device("ngp"))
    }

    fn osmand(&self) -> HttpConnection {
        HttpConnection::open(self.server.device("osmand"))
    }

    fn state(&self) -> Value {
        self.account.state(&self.van)
    }
}

fn body(speed_kmh: u16) -> Vec<u8> {
    ngp_body(DEVICE, &Report::at_speed(speed_kmh), &Value::Null).to_string().into_bytes()
}

fn without(field: &str) -> Value {
    let mut body = ngp_body(DEVICE, &Report::default(), &Value::Null);
    body.as_object_mut().expect("an object").remove(field);
    body
}

#[test]
fn ngp_answers_say_what_became_of_the_message() {
    let scene = scene();
    let mut connection = scene.ngp();
    let first = body(10);
    let answer = connection.request("POST", "/any/path?at=all", "text/plain", &first);
    assert_eq!((answer.status, answer.body.len()), (200, 0));

    let cases = [
        b"".to_vec(),
        b"not json".to_vec(),
        b"[]".to_vec(),
        b"\xFF\xFE{}".to_vec(),
        without("device_id").to_string().into_bytes(),
        without("message_time").to_string().into_bytes(),
        ngp_body(DEVICE, &Report::default(), &json!({"message_time": "2026-01-01T00:00:00+03:00"})).to_string().into(),
        ngp_body(DEVICE, &Report::default(), &json!({"message_time": 5})).to_string().into(),
        ngp_body(DEVICE, &Report::default(), &json!({"device_id": 5})).to_string().into(),
        ngp_body(DEVICE, &Report::default(), &json!({"battery_level": "90"})).to_string().into(),
        ngp_body(DEVICE, &Report::default(), &json!({"battery_level": 101})).to_string().into(),
        ngp_body(DEVICE, &Report::default(), &json!({"location": {"latitude": 91, "longitude": 0}})).to_string().into(),
        ngp_body(DEVICE, &Report::default(), &json!({"is_moving": 1})).to_string().into(),
    ];
    for case in cases {
        let answer = connection.request("POST", "/", "application/json", &case);
        assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(&case));
        // Ten of them in a row would end the connection.
        assert_eq!(connection.request("POST", "/", "application/json", &first).status, 200);
    }
    let unknown = ngp_body("nobody-knows-me", &Report::default(), &Value::Null).to_string();
    assert_eq!(connection.request("POST", "/", "application/json", unknown.as_bytes()).status, 403);
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(connection.request(method, "/", "", b"").status, 405, "{method}");
    }
    // All of that on one connection, which still works.
    assert_eq!(connection.request("POST", "/", "application/json", &body(11)).status, 200);
    assert_eq!(scene.state()["gps"]["speed"], 11);
    assert_eq!(scene.server.export(&[]).len(), 2);
}

#[test]
fn pipelined_ngp_requests_are_answered_in_their_order() {
    let scene = scene();
    let mut bytes = Vec::new();
    let unknown = ngp_body("nobody-knows-me", &Report::default(), &Value::Null).to_string().into_bytes();
    let start_ms = now_ms() - 60_000;
    let mut expected = Vec::new();
    for index in 0..200_u16 {
        let report = Report { time_ms: start_ms + i64::from(index), ..Report::at_speed(index) };
        let (status, body) = match index % 10 {
            3 => (403, unknown.clone()),
            7 => (400, b"{".to_vec()),
            _ => (200, ngp_body(DEVICE, &report, &Value::Null).to_string().into_bytes()),
        };
        expected.push(status);
        bytes.extend_from_slice(
            format!("POST / HTTP/1.1\r\nHost: d\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(),
        );
        bytes.extend_from_slice(&body);
    }
    let mut connection = scene.ngp();
    connection.send(&bytes).expect("sent");
    let seen: Vec<u16> = expected.iter().map_while(|_| connection.try_answer()).map(|answer| answer.status).collect();
    assert_eq!(seen, expected);
    assert_eq!(scene.server.export(&[]).len(), 160);
    assert_eq!(scene.state()["gps"]["speed"], 199);
}

#[test]
fn ngp_takes_chunked_bodies_and_waits_for_continue() {
    let scene = scene();
    let mut connection = scene.ngp();
    let body = body(21);
    let (first, second) = body.split_at(17);
    let mut bytes = b"POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for part in [first, second, b""] {
        bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    connection.send(&bytes).expect("sent");
    assert_eq!(connection.answer().status, 200);

    let body = self::body(22);
    let head = format!("POST / HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.send(head.as_bytes()).expect("sent");
    connection.send(&body).expect("sent");
    assert_eq!(connection.answer().status, 200);
    assert_eq!(scene.state()["gps"]["speed"], 22);
}

#[test]
fn an_ngp_message_is_stored_once_however_often_it_is_sent() {
    let scene = scene();
    let body = body(5);
    for _ in 0..3 {
        assert_eq!(scene.ngp().request("POST", "/", "application/json", &body).status, 200);
    }
    assert_eq!(scene.server.export(&[]).len(), 1);
}

#[test]
fn ngp_keeps_attributes_it_does_not_know() {
    let scene = scene();
    let more = json!({"custom_load": 3, "shift": "A", "temperature_2": -18.5, "seal": true, "nothing": null});
    let body = ngp_body(DEVICE, &Report::default(), &more).to_string();
    assert_eq!(scene.ngp().request("POST", "/", "application/json", body.as_bytes()).status, 200);
    let line = scene.server.export(&[])[0].clone();
    let attributes = &line["attributes"];
    assert_eq!((&attributes["custom_load"], &attributes["shift"]), (&json!(3), &json!("A")), "{line}");
    assert_eq!((&attributes["temperature_2"], &attributes["seal"]), (&json!(-18.5), &json!(true)), "{line}");
    assert!(attributes.get("nothing").is_none(), "null counts as missing: {line}");
}

#[test]
fn osmand_query_reports_a_position() {
    let scene = scene();
    let mut connection = scene.osmand();
    let report = Report::at_speed(63);
    let answer = connection.request("GET", &osmand_query(DEVICE, &report), "", b"");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let state = scene.state();
    assert_eq!(state["gps"]["location"], json!({"lat": report.latitude, "lng": report.longitude}));
    assert_eq!((&state["gps"]["speed"], &state["battery_level"]), (&json!(63), &json!(87)));

    // As a form, with the time in seconds and the other name of the identity.
    let seconds = now_ms() / 1000 + 1;
    let form = format!("deviceid={DEVICE}&timestamp={seconds}&location=10.5,-20.25&speed=0&valid=true");
    assert_eq!(connection.request("POST", "/", "application/x-www-form-urlencoded", form.as_bytes()).status, 200);
    assert_eq!(scene.state()["gps"]["location"], json!({"lat": 10.5, "lng": -20.25}));
}

#[test]
fn osmand_refuses_who_it_does_not_know() {
    let scene = scene();
    let mut connection = scene.osmand();
    assert_eq!(connection.request("GET", "/?lat=1&lon=2&timestamp=1773480413", "", b"").status, 400, "no identity");
    let unknown = osmand_query("nobody-knows-me", &Report::default());
    assert_eq!(connection.request("GET", &unknown, "", b"").status, 400, "unknown");
    let json_of = |device: &str| json!({"device_id": device, "location": location(17.5)}).to_string();
    let mut post = |body: &str| connection.request("POST", "/", "application/json", body.as_bytes()).status;
    assert_eq!(post(&json_of("nobody-knows-me")), 404);
    assert_eq!(post("{\"location\": {}}"), 400);
    assert_eq!(post("{"), 400);
    assert_eq!(post(&json_of(DEVICE)), 200);
    assert_eq!(scene.server.export(&[]).len(), 1);
}

fn location(speed_m_s: f64) -> Value {
    let time = jiff::Timestamp::from_millisecond(now_ms()).expect("in range");
    json!({
        "timestamp": time.to_string(), "is_moving": true, "odometer": 1_234_567, "event": "motionchange",
        "coords": {"latitude": -33.448891, "longitude": -70.669266, "accuracy": 5, "speed": speed_m_s,
            "heading": 187, "altitude": 542},
        "battery": {"level": 0.87, "is_charging": false}, "extras": {"shift": "A", "load": 3},
    })
}

#[test]
fn osmand_json_reports_in_its_own_units() {
    let scene = scene();
    let body = json!({"device_id": DEVICE, "location": location(17.5)}).to_string();
    assert_eq!(scene.osmand().request("POST", "/", "application/json", body.as_bytes()).status, 200);
    let state = scene.state();
    assert_eq!(state["gps"]["location"], json!({"lat": -33.448891, "lng": -70.669266}));
    assert_eq!((&state["gps"]["speed"], &state["gps"]["alt"]), (&json!(63), &json!(542)), "metres a second");
    assert_eq!(state["battery_level"], 87, "a fraction");
    let line = scene.server.export(&[])[0].clone();
    assert_eq!((&line["attributes"]["shift"], &line["attributes"]["load"]), (&json!("A"), &json!(3)), "{line}");
    assert_eq!(line["attributes"]["hardware_mileage"], 1234.567, "kilometres: {line}");

    // Several at once.
    let mut both = [location(1.0), location(2.0)];
    both[1]["timestamp"] = json!(jiff::Timestamp::from_millisecond(now_ms() + 2).expect("in range").to_string());
    let body = json!({"device_id": DEVICE, "location": both}).to_string();
    assert_eq!(scene.osmand().request("POST", "/", "application/json", body.as_bytes()).status, 200);
    assert_eq!(scene.server.export(&[]).len(), 3);
}

#[test]
fn pipelined_osmand_requests_are_answered_in_their_order() {
    let scene = scene();
    let start_ms = now_ms() - 60_000;
    let mut bytes = Vec::new();
    let mut expected = Vec::new();
    for index in 0..100_u16 {
        let report = Report { time_ms: start_ms + i64::from(index), ..Report::at_speed(index) };
        let device = if index % 7 == 3 { "nobody-knows-me" } else { DEVICE };
        expected.push(if index % 7 == 3 { 400 } else { 200 });
        bytes
            .extend_from_slice(format!("GET {} HTTP/1.1\r\nHost: d\r\n\r\n", osmand_query(device, &report)).as_bytes());
    }
    let mut connection = scene.osmand();
    connection.send(&bytes).expect("sent");
    let seen: Vec<u16> = expected.iter().map_while(|_| connection.try_answer()).map(|answer| answer.status).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_device_that_asks_to_close_is_answered_first() {
    let scene = scene();
    let body = body(3);
    let mut connection = scene.ngp();
    let head = format!("POST / HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.send(head.as_bytes()).expect("sent");
    connection.send(&body).expect("sent");
    assert_eq!(connection.answer().status, 200);
    connection.closed();
}
