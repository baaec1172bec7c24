//! What an app may say, and what is made of everything else.

use model::{DriverEventKind, MessageStatus, Timestamp, attr};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::decode::{Bad, Said, decode};
use crate::options::DriverOptions;

const TIME: &str = "2026-04-02T10:24:42.000Z";

fn now() -> Timestamp {
    Timestamp::parse_iso("2026-04-02T12:00:00Z").expect("a time")
}

fn read(message: &Value) -> Result<Said, Bad> {
    decode(&message.to_string(), now(), &DriverOptions::default())
}

/// The message with some members in place of others.
fn with(message: &Value, changes: &Value) -> Value {
    let mut message = message.clone();
    for (name, value) in changes.as_object().expect("an object") {
        message[name] = value.clone();
    }
    message
}

fn samples() -> [Value; 5] {
    [
        json!({"type": "text", "guid": "A-z_9", "time": TIME, "lat": 41.2166, "lng": 1.2061, "text": "Ten minutes late"}),
        json!({"type": "predefined", "guid": "b", "time": TIME, "number": 1, "text": "Traffic"}),
        json!({"type": "form", "guid": "c", "time": TIME, "form": 3, "name": "Note", "values": [
            {"label": "Pallets", "value": "4"}, {"label": "Client", "value": ""}]}),
        json!({"type": "service", "guid": "d", "time": TIME, "service": "67ec", "delivered": false, "note": ""}),
        json!({"type": "positions", "guid": "e", "points": [{"time": TIME, "lat": -90, "lng": 180}]}),
    ]
}

#[test]
fn every_kind_of_event_is_understood() {
    let kinds = [
        DriverEventKind::Text { text: "Ten minutes late".to_owned() },
        DriverEventKind::Predefined { number: 1, text: "Traffic".to_owned() },
        DriverEventKind::Form {
            name: "Note".to_owned(),
            fields: vec![("Pallets".to_owned(), "4".to_owned()), ("Client".to_owned(), String::new())],
        },
        DriverEventKind::Service { service: "67ec".to_owned(), delivered: false, note: String::new() },
    ];
    for (message, kind) in samples().iter().zip(kinds) {
        let Ok(Said::Event { event, form }) = read(message) else { panic!("{message}: {:?}", read(message)) };
        assert_eq!((event.kind, event.at.to_string().as_str()), (kind, TIME), "{message}");
        assert_eq!(event.guid, message["guid"].as_str().expect("a guid"));
        assert_eq!(event.position, message["lat"].as_f64().zip(message["lng"].as_f64()));
        assert_eq!(form, message["form"].as_u64().map(|form| form as u32));
    }
}

#[test]
fn a_time_that_cannot_be_is_the_arrival() {
    let check = |time: &str, expected: &str| {
        let Ok(Said::Event { event, .. }) = read(&with(&samples()[0], &json!({"time": time}))) else {
            panic!("{time}")
        };
        assert_eq!(event.at.to_string(), expected, "{time}");
    };
    check("2026-04-02T12:00:00.000Z", "2026-04-02T12:00:00.000Z");
    check("2026-04-02T12:00:00.001Z", "2026-04-02T12:00:00.000Z");
    check("2000-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z");
    check("1999-12-31T23:59:59.999Z", "2026-04-02T12:00:00.000Z");
}

#[test]
fn a_point_is_a_report() {
    let point = json!({"time": TIME, "lat": 41.5, "lng": 1.25, "accuracy_m": 8.4, "speed_kmh": 41.5, "heading_deg": 246.6,
        "altitude_m": 12, "battery_level": 87.6});
    let message =
        with(&samples()[4], &json!({"points": [point, {"time": "1970-01-01T00:00:00Z", "lat": 0, "lng": 0}]}));
    let Ok(Said::Positions { guid, points }) = read(&message) else { panic!("{:?}", read(&message)) };
    assert_eq!(guid, "e");
    let (report, position) = (&points[0], points[0].position.as_ref().expect("a position"));
    assert_eq!(report.time.map(|time| time.to_string()).as_deref(), Some(TIME));
    assert_eq!((position.latitude, position.longitude, position.precision_m), (41.5, 1.25, Some(8)));
    assert_eq!((position.speed_kmh, position.heading_deg, position.altitude_m), (Some(41.5), Some(247), Some(12.0)));
    assert_eq!(report.attributes.get(attr::BATTERY_LEVEL).and_then(model::Value::as_i64), Some(88));
    assert_eq!(points[1].time, None, "no phone's clock is right that is before 2000");
}

#[test]
fn confirmations_and_others_are_understood() {
    let confirmed = |status| Ok(Said::Confirm { id: model::MessageId(17), status });
    assert_eq!(read(&json!({"type": "got", "id": 17})), confirmed(MessageStatus::Delivered));
    assert_eq!(read(&json!({"type": "read", "id": 17})), confirmed(MessageStatus::Read));
    assert_eq!(read(&json!({"type": "ping", "x": 1})), Ok(Said::Ping));
    assert_eq!(read(&json!({"type": "unpair"})), Ok(Said::Unpair));
    assert_eq!(read(&json!({"type": "hello", "token": "t", "app": null})), Ok(Said::Hello { token: "t".to_owned() }));
}

#[test]
fn what_says_not_what_it_is_about_is_unusable() {
    let [text, ..] = samples();
    let long = "x".repeat(65);
    for message in [
        json!(null),
        json!([]),
        json!("text"),
        json!({}),
        json!({"type": 1}),
        json!({"type": ""}),
        json!({"type": "Text"}),
        json!({"type": "welcome"}),
        json!({"type": "hello"}),
        json!({"type": "hello", "token": ""}),
        json!({"type": "hello", "token": "x".repeat(129)}),
        json!({"type": "hello", "token": "t", "app": long}),
        json!({"type": "got"}),
        json!({"type": "got", "id": "1"}),
        json!({"type": "got", "id": -1}),
        json!({"type": "read", "id": 1.5}),
        with(&text, &json!({"guid": null})),
        with(&text, &json!({"guid": ""})),
        with(&text, &json!({"guid": long})),
        with(&text, &json!({"guid": "a b"})),
        with(&text, &json!({"guid": "ä"})),
    ] {
        assert!(matches!(read(&message), Err(Bad::Unusable(_))), "{message}: {:?}", read(&message));
    }
    let deep = "[".repeat(60_000);
    for text in ["", "{", "{\"type\":\"ping\"}x", "\u{0}", deep.as_str()] {
        let read = decode(text, now(), &DriverOptions::default());
        assert_eq!(read, Err(Bad::Unusable("not a JSON object".to_owned())));
    }
}

#[test]
fn what_can_never_be_taken_in_is_refused_by_its_name() {
    let [text, predefined, form, service, positions] = samples();
    let point = json!({"time": TIME, "lat": 1, "lng": 1});
    let points = |changes: Value| json!({"points": [with(&point, &changes)]});
    let long = |n: usize| "x".repeat(n);
    let field = |label: &str| json!({"label": label, "value": "v"});
    let fields: Vec<Value> = (0..101).map(|n| field(&n.to_string())).collect();
    for (message, changes, code, member) in [
        (&text, json!({"text": ""}), "bad_request", "text"),
        (&text, json!({"text": " \n"}), "bad_request", "text"),
        (&text, json!({"text": 1}), "bad_request", "text"),
        (&text, json!({"text": long(4_001)}), "too_long", "text"),
        (&text, json!({"time": null}), "bad_request", "time"),
        (&text, json!({"time": "yesterday"}), "bad_request", "time"),
        (&text, json!({"time": "2026-04-02T10:24:42"}), "bad_request", "time"),
        (&text, json!({"lat": null}), "bad_request", "lat"),
        (&text, json!({"lat": 90.01}), "bad_request", "lat"),
        (&text, json!({"lng": "1"}), "bad_request", "lng"),
        (&predefined, json!({"number": -1}), "bad_request", "number"),
        (&predefined, json!({"number": 4_294_967_296_u64}), "bad_request", "number"),
        (&predefined, json!({"text": long(1_001)}), "too_long", "text"),
        (&form, json!({"form": "3"}), "bad_request", "form"),
        (&form, json!({"name": ""}), "bad_request", "name"),
        (&form, json!({"name": long(201)}), "too_long", "name"),
        (&form, json!({"values": {}}), "bad_request", "values"),
        (&form, json!({"values": [1]}), "bad_request", "values"),
        (&form, json!({"values": [field("a"), field("a")]}), "bad_request", "values"),
        (&form, json!({"values": [{"label": "a"}]}), "bad_request", "value"),
        (&form, json!({"values": [{"label": "", "value": "v"}]}), "bad_request", "label"),
        (&form, json!({"values": [{"label": "a", "value": long(2_001)}]}), "too_long", "value"),
        (&form, json!({"values": fields}), "too_long", "values"),
        (&service, json!({"service": ""}), "bad_request", "service"),
        (&service, json!({"delivered": "yes"}), "bad_request", "delivered"),
        (&service, json!({"note": null}), "bad_request", "note"),
        (&service, json!({"note": long(1_001)}), "too_long", "note"),
        (&positions, json!({"points": []}), "bad_request", "points"),
        (&positions, json!({"points": [1]}), "bad_request", "points"),
        (&positions, json!({"points": vec![point.clone(); 101]}), "too_long", "points"),
        (&positions, points(json!({"lat": null})), "bad_request", "points"),
        (&positions, points(json!({"lng": 180.5})), "bad_request", "lng"),
        (&positions, points(json!({"time": 0})), "bad_request", "time"),
        (&positions, points(json!({"battery_level": 101})), "bad_request", "battery_level"),
        (&positions, points(json!({"heading_deg": -1})), "bad_request", "heading_deg"),
    ] {
        let message = with(message, &changes);
        match read(&message) {
            Err(Bad::Refused { guid, refusal }) => {
                assert_eq!(guid, message["guid"].as_str().expect("a guid"));
                assert_eq!(refusal.code, code, "{changes}: {}", refusal.message);
                assert!(refusal.message.starts_with(member), "{changes}: {}", refusal.message);
            }
            other => panic!("{changes}: {other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_fall(text in ".{0,200}") {
        let _ = decode(&text, now(), &DriverOptions::default());
    }

    #[test]
    fn no_change_of_a_message_makes_it_fall(
        which in 0..5_usize,
        at in 0..400_usize,
        by in proptest::sample::select(vec!["", "0", "null", "\"", "{", "}", "[", ",", "-", "1e999", "\\u0000", "\u{FEFF}"]),
        cut in 0..20_usize,
    ) {
        let text = samples()[which].to_string();
        let at = at % text.len();
        let end = (at + cut).min(text.len());
        let changed = format!("{}{by}{}", &text[..at], &text[end..]);
        // Whatever is made of it, it is not about something else.
        if let Err(Bad::Refused { guid, .. }) = decode(&changed, now(), &DriverOptions::default()) {
            prop_assert!(changed.contains(&guid));
        }
    }
}
