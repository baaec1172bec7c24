//! Values for tests.

use model::{ConnectionStatus, MovementStatus, Seq, SourceId, SourceState, Timestamp};

/// The state of a source that nothing was heard of.
pub(crate) fn state(source: u32) -> SourceState {
    SourceState {
        source: SourceId(source),
        seq: Seq(0),
        registered: Timestamp::default(),
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
        inputs_count: 0,
        outputs_count: 0,
        additional: Vec::new(),
    }
}
