//! Every message, byte for byte. `UPDATE_GOLDEN=1` rewrites the files; look at the difference before it is kept.

use std::path::Path;

use fleet::MeasurementSystem;
use model::{SourceId, SourceState, SourceValues, TrackerId};
use navixy::decode::{Raw, WireError};
use navixy::encode::{self, DateText, Extent, Outcome, ReadingsForm};
use navixy::wire::{Action, Dates, EventType, Format, LifecycleEvent, SensorType, TrackerStatus, WireId};
use navixy::{BatchItemShape, Condition};

use crate::readings;
use crate::states::{self, Fixed};

fn check(name: &str, write: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    let found = String::from_utf8(out).expect("UTF-8");
    serde_json::from_str::<serde_json::Value>(&found).expect("JSON");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{found}\n")).expect("writable");
    }
    let expected = std::fs::read_to_string(&path).expect(name);
    assert_eq!(found, expected.trim_end(), "{name}");
}

#[test]
fn states() {
    let all: [(&str, SourceState); 4] = [
        ("fresh", states::fresh()),
        ("driving", states::driving()),
        ("parked", states::parked()),
        ("by_cells", states::by_cells()),
    ];
    for (name, state) in &all {
        check(&format!("state_full_{name}"), |out| {
            encode::render_state(state, Format::Full, &Fixed(0), Dates::Plain, out);
        });
        check(&format!("state_compact_{name}"), |out| {
            encode::render_state(state, Format::Compact, &Fixed(7_200), Dates::Iso, out);
        });
    }
}

#[test]
fn events() {
    let user_time = DateText::new(states::at("2026-03-02T09:15:41.900Z"), &Fixed(3_600), Dates::Plain);
    let render = |out: &mut Vec<u8>| {
        encode::render_state(&states::driving(), Format::Compact, &Fixed(3_600), Dates::Plain, out);
    };
    check("event_state", |out| {
        encode::state_prefix(&user_time, out);
        render(out);
        out.extend_from_slice(encode::STATE_SUFFIX);
    });
    check("event_state_batch", |out| {
        encode::state_batch_prefix(&user_time, out);
        render(out);
        out.extend_from_slice(encode::BATCH_SEPARATOR);
        render(out);
        out.extend_from_slice(encode::STATE_BATCH_SUFFIX);
    });
    for event in [LifecycleEvent::Block, LifecycleEvent::Unblock, LifecycleEvent::Corrupt] {
        check(&format!("event_lifecycle_{}", event.name()), |out| {
            encode::lifecycle(SourceId(90_312), event, out);
        });
    }
    check("event_logout", |out| out.extend_from_slice(encode::logout()));
}

#[test]
fn readings() {
    let (sensors, values) = (readings::sensors(), readings::values());
    let zone = &Fixed(3_600);
    let metric = ReadingsForm {
        sensor_type: None,
        include_components: true,
        measurement_system: MeasurementSystem::Metric,
        zone,
        dates: Dates::Plain,
    };
    let us = ReadingsForm { measurement_system: MeasurementSystem::Us, dates: Dates::Iso, ..metric };
    let only = |sensor_type| ReadingsForm { sensor_type: Some(sensor_type), include_components: false, ..metric };
    let fuel = only(SensorType::Metering(model::MeteringType::Fuel));
    let mode = only(SensorType::Virtual(model::VirtualType::State));
    let check = |name: &str, form: &ReadingsForm<'_>, extent: Extent| {
        check(&format!("readings_{name}"), |out| {
            out.push(b'{');
            encode::render_readings(&sensors, &values, form, extent, out);
            out.push(b'}');
        });
    };
    check("whole", &metric, Extent::Whole);
    check("whole_us", &us, Extent::Whole);
    check("newer", &metric, Extent::NewerThan(2));
    check("nothing_newer", &metric, Extent::NewerThan(3));
    check("fuel_without_components", &fuel, Extent::Whole);
    check("fuel_newer", &fuel, Extent::NewerThan(2));
    check("state_only", &mode, Extent::Whole);
    let none = &[];
    self::check("readings_fresh", |out| {
        out.push(b'{');
        encode::render_readings(none, &SourceValues::default(), &metric, Extent::Whole, out);
        out.push(b'}');
    });
    self::check("event_readings_batch", |out| {
        let user_time = DateText::new(states::at("2026-03-02T09:15:44Z"), zone, Dates::Plain);
        encode::readings_batch_prefix(&user_time, out);
        let mut groups = Vec::new();
        encode::render_readings(&sensors, &values, &metric, Extent::NewerThan(2), &mut groups);
        encode::readings_item(BatchItemShape::Flat, TrackerId(5101), &groups, &user_time, out);
        out.extend_from_slice(encode::STATE_BATCH_SUFFIX);
    });
}

#[test]
fn responses() {
    let statuses = [
        (WireId(5101), TrackerStatus::Normal),
        (WireId(5102), TrackerStatus::Blocked),
        (WireId(7), TrackerStatus::Unknown),
        (WireId(5103), TrackerStatus::Disallowed),
    ];
    check("response_legacy_subscribe", |out| {
        encode::response_legacy_subscribe(&[EventType::State], &statuses, out);
    });
    check("response_legacy_unsubscribe", |out| {
        encode::response_legacy_unsubscribe(&[EventType::State], &[WireId(5102), WireId(-1)], out);
    });
    let outcomes = [
        (EventType::StateBatch, Outcome::Done(&statuses[..2])),
        (EventType::IotMonitor, Outcome::Refused(Condition::TooManyDevices)),
        (EventType::State, Outcome::Done(&[])),
    ];
    check("response_requests_subscribe", |out| {
        encode::response_requests(Action::Subscribe, &outcomes, out);
    });
    check("response_requests_unsubscribe", |out| {
        encode::response_requests(Action::Unsubscribe, &outcomes[..1], out);
    });
}

#[test]
fn errors() {
    check("error_unread", |out| WireError::unread(Condition::WrongFormat, "malformed JSON").render(out));
    let text = r#"{"action": "subscribe", "hash": "f00", "events": ["state"], "trackers": [5101]}"#;
    check("error_legacy_hash", |out| {
        Raw::parse(text).expect("an object").hash().expect_err("too short").render(out);
    });
    let text = r#"{"action":"subscribe","hash":"0c5de1f2a94b4be38a17c66f20d93b54","requests":[{"type":"state"},5]}"#;
    check("error_parameters", |out| {
        Raw::parse(text).expect("an object").request().expect_err("no target").render(out);
    });
}
