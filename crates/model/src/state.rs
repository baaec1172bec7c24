//! What is known about a source now.

use crate::{AttributeId, Seq, SourceId, Timestamp};

/// Whether a source is heard of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ConnectionStatus {
    /// Registered, and nothing heard yet.
    #[default]
    JustRegistered,
    /// Its device was replaced, and nothing heard of the new one yet.
    JustReplaced,
    /// Nothing was heard for a long time after registration or replacement.
    SignalLost,
    /// Heard of, with a current position.
    Active,
    /// Heard of, without a current position.
    Idle,
    /// Silent for longer than its time-out.
    Offline,
}

/// Whether a source moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MovementStatus {
    /// On a trip.
    Moving,
    /// Stands, but not yet for long enough to count as parked.
    Stopped,
    /// Stands for good, or never moved.
    #[default]
    Parked,
}

/// The last accepted position.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gps {
    /// Device time of the fix.
    pub updated: Timestamp,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Degrees clockwise from north, 0 to 359; 0 when unknown.
    pub heading_deg: u16,
    /// km/h, rounded half up; 0 when unknown.
    pub speed_kmh: u16,
    /// Metres; 0 when unknown.
    pub altitude_m: i16,
    /// Satellites in use.
    pub satellites: Option<u8>,
    /// Radius of uncertainty.
    pub precision_m: Option<u32>,
    /// From cell towers or Wi-Fi rather than satellites.
    pub from_network: bool,
}

/// What is known of the mobile network.
#[derive(Clone, PartialEq, Debug)]
pub struct Gsm {
    /// Device time.
    pub updated: Timestamp,
    /// Percent.
    pub signal_level: Option<u8>,
    /// Name or number of the operator.
    pub network_name: Option<Box<str>>,
    /// Whether the device roams.
    pub roaming: Option<bool>,
}

/// A device state field that clients read as text.
#[derive(Clone, PartialEq, Debug)]
pub struct StateField {
    /// Which.
    pub id: AttributeId,
    /// Its value as text; booleans as `1` and `0`.
    pub value: Box<str>,
    /// Device time of the value.
    pub updated: Timestamp,
}

/// The newest known about a source: the fold of its journal entries. Made and changed by `live` only.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceState {
    /// Whose state.
    pub source: SourceId,
    /// The last entry folded into it.
    pub seq: Seq,
    /// When the source was registered, or its device last replaced.
    pub registered: Timestamp,
    /// Whether its device was ever replaced.
    pub replaced: bool,
    /// Server time of the last sign of life since registration or replacement.
    pub last_contact: Option<Timestamp>,
    /// Server time of the last accepted message; survives a replacement.
    pub last_update: Option<Timestamp>,
    /// Order time of the newest report applied: the device's time, or the arrival of one from the future.
    pub newest: Option<Timestamp>,
    /// Whether it is heard of.
    pub connection: ConnectionStatus,
    /// Whether it moves.
    pub movement: MovementStatus,
    /// Time of the last change of movement.
    pub movement_update: Option<Timestamp>,
    /// Since when it stands, while `Stopped`.
    pub idle_since: Option<Timestamp>,
    /// Time of the last start or end of a trip.
    pub track_update: Option<Timestamp>,
    /// The last accepted position.
    pub gps: Option<Gps>,
    /// Ignition, and the time of its last change.
    pub ignition: Option<(bool, Timestamp)>,
    /// What the motion sensor last said.
    pub motion: Option<bool>,
    /// The mobile network.
    pub gsm: Option<Gsm>,
    /// Battery in percent, and its time.
    pub battery: Option<(u8, Timestamp)>,
    /// Digital inputs, bit 0 = input 1, and their time.
    pub inputs: Option<(u32, Timestamp)>,
    /// Digital outputs, bit 0 = output 1, and their time.
    pub outputs: Option<(u32, Timestamp)>,
    /// How many inputs the model has.
    pub inputs_count: u8,
    /// How many outputs the model has.
    pub outputs_count: u8,
    /// Device state fields, in order of first appearance. Few: bounded by the list of names that become fields.
    pub additional: Vec<StateField>,
}
