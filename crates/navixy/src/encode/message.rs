//! The messages around the states.
//!
//! An event is a prefix, a fragment that many connections share, and a suffix. The prefix holds the only part that
//! differs by second and zone (`user_time`), so that it too can be made once and shared.

use std::collections::BTreeSet;

use model::SourceId;

use crate::encode::{DateText, Object, array, int, status, string};
use crate::errors::Condition;
use crate::wire::{Action, EventType, LifecycleEvent, TrackerStatus, WireId};

/// What follows the fragment of a `state` event.
pub const STATE_SUFFIX: &[u8] = b"}";
/// What stands between two fragments of a batch.
pub const BATCH_SEPARATOR: &[u8] = b",";
/// What follows the last fragment of a batch.
pub const STATE_BATCH_SUFFIX: &[u8] = b"]}";

/// What precedes the fragment of a `state` event.
pub fn state_prefix(user_time: &DateText, out: &mut Vec<u8>) {
    event_prefix(EventType::State, user_time, out);
}

/// What precedes the first fragment of a batch of states.
pub fn state_batch_prefix(user_time: &DateText, out: &mut Vec<u8>) {
    event_prefix(EventType::StateBatch, user_time, out);
    out.push(b'[');
}

/// What precedes the first item of a batch of readings; separator and suffix are those of states.
pub fn readings_batch_prefix(user_time: &DateText, out: &mut Vec<u8>) {
    event_prefix(EventType::ReadingsBatch, user_time, out);
    out.push(b'[');
}

fn event_prefix(event: EventType, user_time: &DateText, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"event\",\"event\":\"");
    out.extend_from_slice(event.name().as_bytes());
    out.extend_from_slice(b"\",\"user_time\":\"");
    out.extend_from_slice(user_time.as_bytes());
    out.extend_from_slice(b"\",\"data\":");
}

/// Says what happened to a tracker as a whole.
pub fn lifecycle(source: SourceId, event: LifecycleEvent, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"event\",\"event\":\"lifecycle\",\"data\":{\"source_id\":");
    int(source.0, out);
    out.extend_from_slice(b",\"lifecycle_event\":\"");
    out.extend_from_slice(event.name().as_bytes());
    out.extend_from_slice(b"\"}}");
}

/// Says that a session ended.
pub const fn logout() -> &'static [u8] {
    br#"{"type":"event","event":"logout","data":"session closed"}"#
}

/// What became of one requested event type.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// It took effect; what becomes of each tracker, each id once.
    Done(&'a [(WireId, TrackerStatus)]),
    /// It did not.
    Refused(Condition),
}

/// Answers a subscription in the first edition's form: a bare map for each event.
pub fn response_legacy_subscribe(events: &[EventType], statuses: &[(WireId, TrackerStatus)], out: &mut Vec<u8>) {
    response_prefix(Action::Subscribe, events.iter().copied(), out);
    let mut data = Object::open(out);
    for event in events {
        status_map(statuses, data.member(event.name()));
    }
    data.close();
    out.push(b'}');
}

/// Answers the end of a subscription in the first edition's form: the ids of the request.
pub fn response_legacy_unsubscribe(events: &[EventType], ids: &[WireId], out: &mut Vec<u8>) {
    response_prefix(Action::Unsubscribe, events.iter().copied(), out);
    array(ids, out, |id, out| int(id.0, out));
    out.push(b'}');
}

/// Answers a message in the requests form, an outcome for each requested event type, in request order. `events`
/// names those that took effect. When none did, the answer is an error message instead, which is the caller's choice.
pub fn response_requests(action: Action, outcomes: &[(EventType, Outcome<'_>)], out: &mut Vec<u8>) {
    let done = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Done(_)));
    response_prefix(action, done.map(|(event, _)| *event), out);
    let mut data = Object::open(out);
    for (event, outcome) in outcomes {
        let mut entry = Object::open(data.member(event.name()));
        match outcome {
            Outcome::Done(statuses) => {
                status_map(statuses, entry.member("value"));
                entry.boolean("success", true);
            }
            Outcome::Refused(condition) => {
                entry.boolean("success", false);
                status(condition, entry.member("status"));
            }
        }
        entry.close();
    }
    data.close();
    out.push(b'}');
}

fn response_prefix(action: Action, events: impl Iterator<Item = EventType>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"response\",\"action\":\"");
    out.extend_from_slice(action.answer_name().as_bytes());
    out.extend_from_slice(b"\",\"events\":");
    let mut seen = BTreeSet::new();
    array(events.filter(|event| seen.insert(*event)), out, |event, out| string(event.name(), out));
    out.extend_from_slice(b",\"data\":");
}

fn status_map(statuses: &[(WireId, TrackerStatus)], out: &mut Vec<u8>) {
    let mut map = Object::open(out);
    let mut name = itoa::Buffer::new();
    for (id, status) in statuses {
        map.string(name.format(id.0), status.name());
    }
    map.close();
}

/// An error message up to and with the name of its `data`; the caller writes the value and the closing brace.
pub(crate) fn error_prefix(action: &[&str], condition: Condition, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"error\",\"action\":");
    string(&action.concat(), out);
    out.extend_from_slice(b",\"status\":");
    status(&condition, out);
    out.extend_from_slice(b",\"data\":");
}
