//! The fold: one entry after another becomes the state of a source.

use model::{
    ConnectionStatus, Entry, EntryKind, MovementStatus, Report, SourceChange, SourceId, SourceSettings, SourceState,
    Timestamp,
};

use crate::position::Accepted;
use crate::{Timing, advance, fields, gsm, inputs, movement, order, order_time, position};

/// What an entry did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// It became part of the state.
    State,
    /// It is a report older than the state: it counts as a sign of life, and shows nothing.
    Late,
}

/// The state of a source before its first entry, as it stands at `now`.
pub fn initial(
    source: SourceId,
    registered: Timestamp,
    settings: &SourceSettings,
    timing: &Timing,
    now: Timestamp,
) -> SourceState {
    let mut state = SourceState {
        source,
        seq: Default::default(),
        registered,
        replaced: false,
        last_contact: None,
        last_update: None,
        newest: None,
        connection: ConnectionStatus::JustRegistered,
        movement: MovementStatus::Parked,
        movement_update: None,
        idle_since: None,
        track_update: None,
        gps: None,
        ignition: None,
        motion: None,
        gsm: None,
        battery: None,
        inputs: None,
        outputs: None,
        inputs_count: settings.inputs_count,
        outputs_count: settings.outputs_count,
        additional: Vec::new(),
    };
    advance(&mut state, settings, timing, now);
    state
}

/// Folds one entry in. Timed changes due by its arrival take effect first; afterwards nothing is left to
/// [`advance`](crate::advance) at the entry's arrival.
///
/// Entries are to come in the order of the journal. `settings` are those in force when the entry arrived; an entry that
/// changes them brings the new ones along, and these are to be given with the entries that follow it. `received` may go
/// back a little between entries, as clocks do.
pub fn apply(state: &mut SourceState, entry: &Entry, settings: &SourceSettings, timing: &Timing) -> Applied {
    let received = entry.received;
    advance(state, settings, timing, received);
    state.seq = entry.seq;
    let mut settings = settings;
    let applied = match &entry.kind {
        EntryKind::Report(report) => {
            hear(state, received);
            apply_report(state, report, received, settings, timing)
        }
        EntryKind::Contact => {
            hear(state, received);
            Applied::State
        }
        EntryKind::Change(change) => {
            settings = apply_change(state, change, received, settings);
            Applied::State
        }
    };
    advance(state, settings, timing, received);
    applied
}

/// A sign of life. Taken as it comes, not as a maximum: after a step of the server's clock the newer reading is right.
fn hear(state: &mut SourceState, received: Timestamp) {
    state.last_contact = Some(received);
    state.last_update = Some(received);
}

fn apply_report(
    state: &mut SourceState,
    report: &Report,
    received: Timestamp,
    settings: &SourceSettings,
    timing: &Timing,
) -> Applied {
    if order::is_late(state, report, received, timing) {
        return Applied::Late;
    }
    let at = order_time(report, received, timing);
    if report.time.is_some() || report.position.is_some() {
        order::note(state, at, received, timing);
    }
    // Before movement, which is judged by ignition and motion.
    inputs::apply(state, report, settings, at);
    gsm::apply(state, &report.attributes, at);
    fields::apply(state, report, at);
    if let Some(position) = &report.position {
        let accepted = position::judge(position, settings);
        if accepted != Accepted::Not {
            position::show(state, position, timing, at, received);
        }
        if accepted == Accepted::Satellite {
            movement::judge(state, position, settings, at);
        }
    }
    movement::park_if_stood(state, settings, at);
    Applied::State
}

/// Applies a change of the source itself; the settings in force from now on.
fn apply_change<'a>(
    state: &mut SourceState,
    change: &'a SourceChange,
    received: Timestamp,
    before: &'a SourceSettings,
) -> &'a SourceSettings {
    let after = match change {
        SourceChange::Registered(settings) => {
            state.registered = received;
            settings
        }
        SourceChange::Settings(settings) => settings,
        SourceChange::Replaced(_) => {
            state.registered = received;
            state.replaced = true;
            state.last_contact = None;
            return before;
        }
        // The state does not show it.
        SourceChange::Counter { .. } => return before,
    };
    state.inputs_count = after.inputs_count;
    state.outputs_count = after.outputs_count;
    inputs::reconnect_ignition(state, before.ignition, after.ignition);
    after
}
