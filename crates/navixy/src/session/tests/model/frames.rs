//! What a client was sent, by what the documents promise of its order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::stage::readings;

/// One message, as far as the model tells of it. Which of a connection's two subscribers a message is for shows in the
/// form of its dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    Lifecycle { source: u32, what: String },
    Logout,
    State { user_time: String, source: u32, item: String },
    Batch { event: String, user_time: String, items: Vec<(u32, String)> },
}

/// A state in short: form, speed, statuses, and when it was last heard of.
fn state(state: &Value) -> (u32, String) {
    let text = |name: &str| state[name].as_str().unwrap_or("none").to_owned();
    let form = if state.get("inputs").is_some() { "full" } else { "compact" };
    let heard = text("last_update");
    let item =
        format!("{form} {} {} {} {heard}", state["gps"]["speed"], text("connection_status"), text("movement_status"));
    (state["source_id"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("a source"), item)
}

impl Frame {
    /// `source_of` says what a tracker shows.
    pub(super) fn read(text: &str, source_of: impl Fn(u32) -> u32) -> Self {
        let message: Value = serde_json::from_str(text).expect("JSON");
        let data = &message["data"];
        let user_time = message["user_time"].as_str().unwrap_or_default().to_owned();
        let event = message["event"].as_str().expect("an event").to_owned();
        let items = || data.as_array().expect("an array").iter();
        match event.as_str() {
            "logout" => Self::Logout,
            "lifecycle" => Self::Lifecycle {
                source: data["source_id"].as_u64().expect("a source") as u32,
                what: data["lifecycle_event"].as_str().expect("text").to_owned(),
            },
            "state" => {
                let (source, item) = state(data);
                Self::State { user_time, source, item }
            }
            "state_batch" => Self::Batch { event, user_time, items: items().map(state).collect() },
            "readings_batch" => {
                let read = |item: &Value| {
                    let tracker = item.as_object().and_then(|item| item.keys().next()).expect("a tracker");
                    let said = readings(item);
                    let groups = said.split_once('[').map(|(_, groups)| groups.to_owned());
                    (source_of(tracker.parse().expect("an id")), groups.expect("groups"))
                };
                Self::Batch { event, user_time, items: items().map(read).collect() }
            }
            other => panic!("{other}: {text}"),
        }
    }

    /// What of this message concerns one source on one subscription.
    fn about(&self, (event, is_iso, source): &(String, bool, u32)) -> Vec<String> {
        let is_meant = |time: &str, of: &str| time.contains('T') == *is_iso && of == event;
        match self {
            Self::Lifecycle { source: of, what } if of == source => vec![what.clone()],
            Self::Logout => vec!["logout".to_owned()],
            Self::State { user_time, source: of, item } if of == source && is_meant(user_time, "state") => {
                vec![format!("{item} at {user_time}")]
            }
            Self::Batch { event, user_time, items } if is_meant(user_time, event) => {
                items.iter().filter(|(of, _)| of == source).map(|(_, item)| item.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What the documents promise: the order of what happened; of each source on each subscription the order of its
/// states with what happened to it between them; of batches when each came and what was in it.
pub(super) fn promised(frames: &[Frame]) -> BTreeMap<String, Vec<String>> {
    let mut views = BTreeSet::new();
    let mut promised: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for frame in frames {
        match frame {
            Frame::Lifecycle { source, what } => {
                promised.entry("news".to_owned()).or_default().push(format!("{what} {source}"));
            }
            Frame::Logout => promised.entry("news".to_owned()).or_default().push("logout".to_owned()),
            Frame::State { user_time, source, .. } => {
                views.insert(("state".to_owned(), user_time.contains('T'), *source));
            }
            Frame::Batch { event, user_time, items } => {
                let is_iso = user_time.contains('T');
                views.extend(items.iter().map(|(source, _)| (event.clone(), is_iso, *source)));
                let mut sources: Vec<u32> = items.iter().map(|(source, _)| *source).collect();
                sources.sort_unstable();
                let packets = promised.entry(format!("{event} {is_iso}")).or_default();
                packets.push(format!("{sources:?} at {user_time}"));
            }
        }
    }
    for view in views {
        let of_view = frames.iter().flat_map(|frame| frame.about(&view)).collect();
        promised.insert(format!("{view:?}"), of_view);
    }
    promised
}
