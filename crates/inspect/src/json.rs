//! What was said, as one line of JSON for programs.

use model::{AttributeId, Attributes, Fix, Origin, Report, Value, attr};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value as Json};

use crate::inspector::Inspected;
use crate::to_hex;

/// One JSON object: who speaks, what is reported, what is replied and what could not be used. An answer to a command
/// that no report holds is told as a report that has nothing but it.
pub fn line(protocol: &str, inspected: &Inspected) -> String {
    let mut object = Map::new();
    object.insert("protocol".to_owned(), protocol.into());
    object.insert("identity".to_owned(), inspected.identity.as_ref().map(|id| id.as_str()).into());
    // Families whose answers are reports as well have told them there, some as a message of the driver's.
    let is_told = |text: &str| {
        let says = |value: &Value| matches!(value, Value::Text(told) if **told == *text);
        inspected.reports.iter().any(|report| report.attributes.iter().any(|(_, value)| says(value)))
    };
    let answers = inspected.answers.iter().filter(|answer| !is_told(&answer.text)).map(|answer| {
        let mut attributes = Attributes::default();
        attributes.set(attr::COMMAND_REPLY, answer.text.as_str());
        report(&Report { attributes, ..Report::default() })
    });
    object.insert("reports".to_owned(), inspected.reports.iter().map(report).chain(answers).collect());
    object.insert("replies".to_owned(), inspected.replies.iter().map(|bytes| to_hex(bytes)).collect());
    let diagnostics = inspected.diagnostics.iter().map(|told| {
        let mut object = Map::new();
        object.insert("offset".to_owned(), told.offset.into());
        object.insert("reason".to_owned(), told.reason.as_str().into());
        Json::Object(object)
    });
    object.insert("diagnostics".to_owned(), diagnostics.collect());
    Json::Object(object).to_string()
}

fn report(report: &Report) -> Json {
    let position = report.position.as_ref();
    let mut attributes = attributes(&report.attributes);
    // Nothing says how many satellites a place has when there is no place; they stand with the attributes then.
    let satellites = attributes.remove("satellites");
    if report.archived {
        attributes.insert("archived".to_owned(), true.into());
    }
    if let Some(position) = position {
        // The device's own word says more, where it is kept.
        attributes.entry("fix_type").or_insert_with(|| fix_name(position.fix).into());
        if position.origin == Origin::Network {
            attributes.insert("source_type".to_owned(), "LBS".into());
        }
        if let Some(precision_m) = position.precision_m {
            attributes.insert("precision".to_owned(), precision_m.into());
        }
        if let Some(time) = position.gnss_time {
            attributes.insert("gnss_time".to_owned(), time.to_string().into());
        }
    }
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("time", report.time.map(|time| time.to_string()).into());
    put("valid", position.is_some_and(|p| p.valid).into());
    put("latitude", position.map(|p| p.latitude).into());
    put("longitude", position.map(|p| p.longitude).into());
    put("altitude_m", position.and_then(|p| p.altitude_m).map_or(Json::Null, short));
    put("speed_kmh", position.and_then(|p| p.speed_kmh).map_or(Json::Null, short));
    put("heading_deg", position.and_then(|p| p.heading_deg).into());
    put("satellites", position.and_then(|p| p.satellites).map(Json::from).or(satellites).unwrap_or(Json::Null));
    match report.events.as_slice() {
        [] => {}
        [event] => {
            put("event_id", event.0.into());
        }
        events => {
            put("event_id", events.iter().map(|event| Json::from(event.0)).collect());
        }
    }
    put("attributes", Json::Object(attributes));
    Json::Object(object)
}

pub(crate) const fn fix_name(fix: Fix) -> &'static str {
    match fix {
        Fix::HasFix => "HAS_FIX",
        Fix::NoFix => "NO_FIX",
        Fix::LastKnown => "LAST_KNOWN_POSITION",
    }
}

/// A number that is kept in single precision, with no more digits than it has.
fn short(value: f32) -> Json {
    let digits = value.to_string();
    digits.parse().ok().and_then(Number::from_f64).map_or(Json::Null, Json::Number)
}

fn attributes(attributes: &Attributes) -> Map<String, Json> {
    attributes.iter().map(|(id, value)| (name(id), json(value))).collect()
}

fn name(id: AttributeId) -> String {
    id.name().into_owned()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => (*x).into(),
        Value::Text(text) => (**text).into(),
        Value::Json(text) => {
            let parsed = serde_json::from_str::<Box<RawValue>>(text).ok();
            // Not what its decoder promised: shown rather than lost.
            parsed.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_else(|| (**text).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{DeviceId, EventId, Position, Timestamp};

    use super::*;
    use crate::inspector::Diagnostic;

    #[test]
    fn an_answer_that_a_report_tells_is_not_told_twice() {
        let family = protocols::family("h02").expect("is registered");
        let check = |content: &str, wanted: &[&str]| {
            let now = Timestamp::from_ms_clamped(1_773_480_413_000);
            let limits = protocols::Limits::default();
            let mut inspector = crate::Inspector::new(family, model::DeviceSettings::default(), None, &limits, now);
            let inspected = inspector.feed(format!("*HQ,350000000000014,{content}#").as_bytes());
            let told: Json = serde_json::from_str(&line("h02", &inspected)).expect("is JSON");
            let reports = told["reports"].as_array().expect("is an array");
            let replies: Vec<&str> =
                reports.iter().filter_map(|report| report["attributes"]["command_reply"].as_str()).collect();
            assert_eq!((reports.len(), replies.as_slice()), (wanted.len(), wanted), "{content}");
        };
        check("SMS,hello, there", &["hello, there"]);
        check("V4,S20,OK,092653,A,3326.9335,S,07040.1560,W,034.02,187,140326,FFFFFBFF", &["S20,OK"]);
    }

    #[test]
    fn a_line_says_it_all() {
        let mut position = Position::new(-33.448_891, -70.669_266).expect("on the globe");
        position.set_altitude_m(542.0);
        position.set_speed_kmh(62.97);
        position.set_heading_deg(187.0);
        position.satellites = Some(11);
        let attributes = [
            (attr::IGNITION, Value::Bool(true)),
            (attr::HDOP, Value::Float(0.9)),
            (attr::MOBILE_CELLS, Value::Json(r#"[{"mcc":730}]"#.into())),
        ];
        let full = Report {
            time: Some(Timestamp::from_ms_clamped(1_773_480_413_000)),
            position: Some(position),
            events: vec![EventId(605)],
            archived: true,
            attributes: attributes.into_iter().collect(),
        };
        let bare = Report {
            events: vec![EventId(1), EventId(2)],
            attributes: [(attr::SATELLITES, Value::Int(0))].into_iter().collect(),
            ..Report::default()
        };
        let inspected = Inspected {
            identity: DeviceId::new("350000000000014"),
            reports: vec![full, bare],
            answers: vec![model::CommandReply { text: "OK".to_owned(), lines: Vec::new() }],
            replies: vec![vec![0, 0, 0, 1]],
            diagnostics: vec![Diagnostic { offset: 7, reason: "odd".to_owned(), forgiven: false }],
            closes: false,
        };
        let told: Json = serde_json::from_str(&line("teltonika", &inspected)).expect("is JSON");
        let wanted = serde_json::json!({
            "protocol": "teltonika",
            "identity": "350000000000014",
            "reports": [
                {"time": "2026-03-14T09:26:53.000Z", "valid": true, "latitude": -33.448891, "longitude": -70.669266,
                 "altitude_m": 542.0, "speed_kmh": 62.97, "heading_deg": 187, "satellites": 11, "event_id": 605,
                 "attributes": {"ignition": true, "hdop": 0.9, "mobile_cells": [{"mcc": 730}], "archived": true,
                    "fix_type": "HAS_FIX"}},
                {"time": null, "valid": false, "latitude": null, "longitude": null, "altitude_m": null,
                 "speed_kmh": null, "heading_deg": null, "satellites": 0, "event_id": [1, 2], "attributes": {}},
                {"time": null, "valid": false, "latitude": null, "longitude": null, "altitude_m": null,
                 "speed_kmh": null, "heading_deg": null, "satellites": null, "attributes": {"command_reply": "OK"}},
            ],
            "replies": ["00000001"],
            "diagnostics": [{"offset": 7, "reason": "odd"}],
        });
        assert_eq!(told, wanted);
        let empty: Json = serde_json::from_str(&line("gt06", &Inspected::default())).expect("is JSON");
        let wanted = serde_json::json!(
            {"protocol": "gt06", "identity": null, "reports": [], "replies": [], "diagnostics": []});
        assert_eq!(empty, wanted);
    }

    #[test]
    fn an_answer_that_a_report_holds_under_another_name_is_told_once() {
        let held = Report {
            attributes: [(AttributeId::intern("text_message").expect("finds room"), Value::from("OK"))]
                .into_iter()
                .collect(),
            ..Report::default()
        };
        let answer = |text: &str| model::CommandReply { text: text.to_owned(), lines: Vec::new() };
        let inspected =
            Inspected { reports: vec![held], answers: vec![answer("OK"), answer("no")], ..Inspected::default() };
        let told: Json = serde_json::from_str(&line("gps103", &inspected)).expect("is JSON");
        let replies: Vec<&Json> =
            told["reports"].as_array().expect("is one").iter().map(|r| &r["attributes"]["command_reply"]).collect();
        assert_eq!(replies, [&Json::Null, &Json::from("no")]);
    }
}
