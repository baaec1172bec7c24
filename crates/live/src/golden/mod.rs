//! Tables of what entries do to a state, in a notation of one line a step:
//!
//! ```text
//! 0      report speed=50 inputs=1      => connection=active movement=moving moved=0
//! 300.1  now                           => connection=idle
//! ```
//!
//! First the arrival by the server's clock, in seconds; then `report`, `contact`, `replaced`, `settings`, `registered`,
//! `counter`, or `now` for time that just passes; after `=>` what the state must show then. A report's own time is its
//! arrival unless `time=` says otherwise; it has a position as soon as one of the position's words stands in its line.
//! `.name=` is any attribute, and `.name` its last value.

mod connection;
mod fields;
mod movement;
mod notation;
mod order;
mod position;
mod properties;
mod values;

use model::{Entry, EntryKind, Seq, SourceChange, SourceId, SourceSettings, SourceState, SourceValues};

use crate::{Applied, Timing, advance, apply, fold_values, initial, next_due};
use notation::{Step, describe, read, seconds};

/// The source that every table is about.
pub(crate) const SOURCE: SourceId = SourceId(7);

/// A fold together with the settings that are in force at each of its entries.
#[derive(Clone)]
pub(crate) struct Folding {
    pub(crate) state: SourceState,
    pub(crate) values: SourceValues,
    pub(crate) settings: SourceSettings,
    pub(crate) timing: Timing,
}

impl Folding {
    /// Registered at second 0, with nothing heard.
    pub(crate) fn new(settings: &SourceSettings, timing: Timing) -> Self {
        let start = seconds(0.0);
        let state = initial(SOURCE, start, settings, &timing, start);
        Self { state, values: SourceValues::default(), settings: settings.clone(), timing }
    }

    pub(crate) fn apply(&mut self, entry: &Entry) -> Applied {
        let applied = apply(&mut self.state, entry, &self.settings, &self.timing);
        fold_values(&mut self.values, &self.state, entry, applied, &self.settings, &self.timing);
        if let EntryKind::Change(SourceChange::Settings(new) | SourceChange::Registered(new)) = &entry.kind {
            self.settings = new.clone();
        }
        applied
    }

    pub(crate) fn advance(&mut self, now: model::Timestamp) -> bool {
        advance(&mut self.state, &self.settings, &self.timing, now)
    }

    pub(crate) fn next_due(&self) -> Option<model::Timestamp> {
        next_due(&self.state, &self.settings, &self.timing)
    }
}

/// Runs a table under `settings` and the default timing; then once more without looking in between, which must lead to
/// the same state.
pub(crate) fn check(settings: &SourceSettings, table: &str) {
    let mut live = Folding::new(settings, Timing::default());
    let mut replay = live.clone();
    let mut last = seconds(0.0);
    for (number, line) in table.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Step { at, kind, expected } = read(line, &live.settings);
        last = at;
        let applied = kind.map(|kind| {
            let entry = Entry { seq: Seq(number as u64), source: SOURCE, received: at, kind };
            replay.apply(&entry);
            live.apply(&entry)
        });
        if applied.is_none() {
            live.advance(at);
        }
        for (key, value) in expected {
            let found = match key {
                "late" => (applied == Some(Applied::Late)).to_string(),
                "due" => live.next_due().map_or("-".into(), notation::show_time),
                _ => values::describe(&live.values, key).unwrap_or_else(|| describe(&live.state, key)),
            };
            assert_eq!(found, value, "{key}, line {number}: {}", line.trim());
        }
    }
    replay.advance(last);
    assert_eq!(replay.state, live.state, "the replay of the entries gives another state");
    assert_eq!(replay.values, live.values, "the replay of the entries gives other values");
}
