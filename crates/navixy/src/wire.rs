//! What clients say on the socket: the vocabulary of both editions of the protocol.

use std::time::Duration;

use model::{MeteringType, TrackerId, VirtualType};

/// What a client message does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Adds to what the client is sent.
    Subscribe,
    /// Takes away from it.
    Unsubscribe,
}

impl Action {
    /// The name in the answer, which differs from the one in the request.
    pub const fn answer_name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscription/subscribe",
            Self::Unsubscribe => "subscription/unsubscribe",
        }
    }
}

/// What can be subscribed to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventType {
    /// Each state of a tracker as a message of its own.
    State,
    /// States of many trackers together, at a limited rate.
    StateBatch,
    /// Sensor readings of many trackers together.
    ReadingsBatch,
    /// The latest attribute values of a few trackers.
    IotMonitor,
}

impl EventType {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::StateBatch => "state_batch",
            Self::ReadingsBatch => "readings_batch",
            Self::IotMonitor => "iot_monitor",
        }
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::State, Self::StateBatch, Self::ReadingsBatch, Self::IotMonitor].into_iter().find(|e| e.name() == name)
    }
}

/// How much of a state is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Format {
    /// All of it.
    #[default]
    Full,
    /// Place, statuses and ignition.
    Compact,
}

/// How dates are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Dates {
    /// `2026-03-14 09:26:53`, in the user's zone without saying so.
    #[default]
    Plain,
    /// `2026-03-14T09:26:53+03:00`.
    Iso,
}

/// A tracker as the client numbers it. Any int: ids that no tracker can have are answered "unknown", not refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WireId(pub i32);

impl WireId {
    /// The tracker that this may be; `None` for numbers that no tracker has.
    pub fn tracker(self) -> Option<TrackerId> {
        u32::try_from(self.0).ok().filter(|id| *id > 0).map(TrackerId)
    }
}

impl From<TrackerId> for WireId {
    /// Tracker ids are allotted far below the limit of an int.
    fn from(id: TrackerId) -> Self {
        Self(i32::try_from(id.0).unwrap_or(i32::MAX))
    }
}

/// Which trackers a request is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// All that the session may see, now and later.
    All,
    /// These, each once, in the order of first mention.
    Selected(Vec<WireId>),
    /// More than [`crate::decode::SELECTED_MAX`] different ids: to be answered with
    /// [`crate::Condition::TooManyDevices`].
    TooMany,
}

/// One wish of a message in the requests form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What is wanted.
    pub event: EventType,
    /// Of which trackers.
    pub target: Target,
    /// How much of a state (`state`, `state_batch`).
    pub format: Format,
    /// At least this long between two batches of this type.
    pub rate_limit: Duration,
    /// Only sensors of this type (`readings_batch`).
    pub sensor_type: Option<SensorType>,
    /// Whether parts of composite sensors are wanted too (`readings_batch`).
    pub include_components: bool,
}

/// The two forms of naming what is wanted, one an edition of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// The first edition: full states of selected trackers; answered with bare maps.
    Legacy {
        /// The one event there is.
        events: Vec<EventType>,
        /// Of which trackers; never [`Target::All`].
        trackers: Target,
    },
    /// The current edition, at least one request.
    Requests(Vec<Request>),
}

/// A message of a client, as far as it can be judged without knowing the session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientMessage {
    /// Whether to add or to take away.
    pub action: Action,
    /// The session's hash: 32 lower-case hexadecimal digits.
    pub hash: String,
    /// Whether all dates sent for this session on this connection are to be ISO 8601 from now on; `None`: as before.
    pub iso_datetime: Option<bool>,
    /// What is wanted.
    pub form: Form,
}

/// What becomes of a tracker that a subscription names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrackerStatus {
    /// Its events will come.
    Normal,
    /// Its events come once it is unblocked.
    Blocked,
    /// There is no such tracker in this account.
    Unknown,
    /// This session may not watch it.
    Disallowed,
}

impl TrackerStatus {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::Disallowed => "disallowed",
        }
    }
}

/// What happened to a tracker as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LifecycleEvent {
    /// Nothing more is shown of it for now.
    Block,
    /// It is shown again.
    Unblock,
    /// It was removed.
    Corrupt,
}

impl LifecycleEvent {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Corrupt => "corrupt",
        }
    }
}

/// The kinds of sensors that readings can be limited to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SensorType {
    /// Metering sensors of this type.
    Metering(MeteringType),
    /// Virtual sensors of this type.
    Virtual(VirtualType),
}

impl SensorType {
    /// The type with this name; no two kinds share one.
    pub fn from_name(name: &str) -> Option<Self> {
        MeteringType::from_name(name).map(Self::Metering).or_else(|| VirtualType::from_name(name).map(Self::Virtual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_numbers_can_be_trackers() {
        for (wire, tracker) in
            [(5101, Some(TrackerId(5101))), (0, None), (-5, None), (i32::MAX, Some(TrackerId(2_147_483_647)))]
        {
            assert_eq!(WireId(wire).tracker(), tracker);
        }
        assert_eq!(WireId::from(TrackerId(100_001)), WireId(100_001));
    }

    #[test]
    fn sensor_types_are_those_of_two_kinds() {
        assert_eq!(SensorType::from_name("fuel"), Some(SensorType::Metering(MeteringType::Fuel)));
        assert_eq!(SensorType::from_name("virtual_ignition"), Some(SensorType::Virtual(VirtualType::VirtualIgnition)));
        assert_eq!((SensorType::from_name("door"), SensorType::from_name("")), (None, None));
        assert!(VirtualType::ALL.iter().all(|kind| MeteringType::from_name(kind.name()).is_none()));
    }

    #[test]
    fn event_types_are_found_by_their_names() {
        for event in [EventType::State, EventType::StateBatch, EventType::ReadingsBatch, EventType::IotMonitor] {
            assert_eq!(EventType::from_name(event.name()), Some(event));
        }
        assert_eq!(EventType::from_name("lifecycle"), None);
    }
}
