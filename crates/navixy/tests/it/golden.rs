//! Every message, byte for byte. `UPDATE_GOLDEN=1` rewrites the files; look at the difference before it is kept.

use std::path::Path;

use model::{SourceId, SourceState};
use navixy::Condition;
use navixy::decode::{Raw, WireError};
use navixy::encode::{self, DateText, Outcome};
use navixy::wire::{Action, Dates, EventType, Format, LifecycleEvent, TrackerStatus, WireId};

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
