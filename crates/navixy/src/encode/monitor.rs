//! The last messages of trackers, attribute by attribute.

use live::{MessageTimes, Monitor};
use model::{Timestamp, TrackerId, Value};

use crate::encode::{DateWriter, Object, Utc, array, boolean, float, int, string};
use crate::names::field_name;
use crate::wire::{Dates, EventType};

/// What follows the last tracker.
pub(crate) const MONITOR_SUFFIX: &[u8] = b"]}}";

/// What precedes the first tracker.
pub(crate) fn monitor_prefix(out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"event\",\"event\":\"");
    out.extend_from_slice(EventType::IotMonitor.name().as_bytes());
    out.extend_from_slice(b"\",\"data\":{\"iot_last_values\":[");
}

/// Both queues of a tracker, as far as they arrived since `since`. Times are in UTC whatever the user's zone.
pub(crate) fn monitor_item(tracker: TrackerId, monitor: &Monitor, since: Timestamp, out: &mut Vec<u8>) {
    let mut dates = DateWriter::new(&Utc, Dates::Iso);
    let is_shown = |times: &MessageTimes| times.received >= since;
    let mut o = Object::open(out);
    o.int("tracker_id", tracker.0);
    let mut fields = Object::open(o.member("nonnull_fields"));
    for (id, queue) in monitor.without_gaps().filter(|(_, queue)| queue.iter().any(|e| is_shown(&e.times))) {
        let shown = queue.iter().filter(|e| is_shown(&e.times));
        array(shown, fields.member(&field_name(id)), |e, out| entry(&e.times, Some(&e.value), &mut dates, out));
    }
    fields.close();
    let mut fields = Object::open(o.member("all_fields"));
    for (id, queue) in monitor.with_gaps() {
        let shown: Vec<_> = queue.filter(|(times, _)| is_shown(times)).collect();
        if shown.iter().any(|(_, value)| value.is_some()) {
            array(shown, fields.member(&field_name(id)), |(times, v), out| entry(&times, v, &mut dates, out));
        }
    }
    fields.close();
    o.close();
}

fn entry(times: &MessageTimes, value: Option<&Value>, dates: &mut DateWriter<'_, Utc>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"value\":");
    match value {
        Some(value) => self::value(value, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"msg_time\":");
    dates.write(times.message, out);
    out.extend_from_slice(b",\"srv_time\":");
    dates.write(times.received, out);
    out.push(b'}');
}

/// Fractional numbers are text, so that no client rounds them.
fn value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Bool(b) => boolean(*b, out),
        Value::Int(n) => int(*n, out),
        Value::Float(x) => {
            out.push(b'"');
            match x.fract() == 0.0 && x.abs() < 9e15 {
                true => int(*x as i64, out),
                false => float(*x, out),
            }
            out.push(b'"');
        }
        Value::Text(text) | Value::Json(text) => string(text, out),
    }
}

#[cfg(test)]
mod tests {
    use live::MonitorLimits;
    use model::{Attributes, EventId, Position, Report, Seq, attr};
    use serde_json::json;

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_s(1_772_439_308 + s).expect("in range")
    }

    #[test]
    fn a_packet_has_the_published_members() {
        let mut monitor = Monitor::new(MonitorLimits::default());
        let mut position = Position::new(5.9646583, 6.0).expect("on Earth");
        position.set_speed_kmh(45.0);
        let level = model::AttributeId::intern("fuel_level_1").expect("a name");
        let attributes: Attributes =
            [(level, Value::Float(262.9945)), (attr::IS_MOVING, Value::Bool(true))].into_iter().collect();
        let first = Report { time: Some(at(0)), position: Some(position.clone()), attributes, ..Report::default() };
        let attributes: Attributes =
            [(attr::VIN, Value::from("W\"1")), (attr::MOBILE_CELLS, Value::Json("[1]".into()))].into_iter().collect();
        let second = Report { time: Some(at(30)), events: vec![EventId(202)], attributes, ..Report::default() };
        monitor.push(at(30), Seq(2), at(32), &second);
        monitor.push(at(0), Seq(1), at(1), &first);
        let mut out = Vec::new();
        monitor_prefix(&mut out);
        monitor_item(TrackerId(5101), &monitor, at(0), &mut out);
        out.extend_from_slice(MONITOR_SUFFIX);
        let found: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        let old = |value: serde_json::Value| json!({"value": value, "msg_time": "2026-03-02T08:15:08Z", "srv_time": "2026-03-02T08:15:09Z"});
        let new = |value: serde_json::Value| json!({"value": value, "msg_time": "2026-03-02T08:15:38Z", "srv_time": "2026-03-02T08:15:40Z"});
        let nothing = serde_json::Value::Null;
        assert_eq!(
            found,
            json!({"type": "event", "event": "iot_monitor", "data": {"iot_last_values": [{
                "tracker_id": 5101,
                "nonnull_fields": {
                    "latitude": [old(json!("5.9646583"))], "longitude": [old(json!("6"))], "speed": [old(json!(45))],
                    "lls_level_1": [old(json!("262.9945"))], "moving": [old(json!(true))],
                    "event_id": [new(json!(202))], "obd_vin": [new(json!("W\"1"))], "mobile_cells": [new(json!("[1]"))],
                },
                "all_fields": {
                    "latitude": [new(nothing.clone()), old(json!("5.9646583"))],
                    "longitude": [new(nothing.clone()), old(json!("6"))],
                    "speed": [new(nothing.clone()), old(json!(45))],
                    "lls_level_1": [new(nothing.clone()), old(json!("262.9945"))],
                    "moving": [new(nothing.clone()), old(json!(true))],
                    "event_id": [new(json!(202)), old(nothing.clone())],
                    "obd_vin": [new(json!("W\"1")), old(nothing.clone())],
                    "mobile_cells": [new(json!("[1]")), old(nothing)],
                },
            }]}})
        );
    }
}
