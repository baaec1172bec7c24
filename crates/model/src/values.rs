//! The last value of everything that a device has reported, and the counters that grow with its reports.

use crate::{AttributeId, Timestamp, Value};

/// What readings are made of. The fold keeps it beside the state, because most who watch states do not ask for it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SourceValues {
    /// Grows with every change, so that a reader can ask for what is newer than what it has.
    pub version: u64,
    /// The last value of each attribute, in the order of [`AttributeId`]; bounded by the fold.
    pub last: Vec<LastValue>,
    /// Kilometres driven; exists once it was set.
    pub odometer: Option<Counter>,
    /// Hours with the ignition on; exists once it was set.
    pub engine_hours: Option<Counter>,
    /// The last valid satellite fix, in degrees: where the odometer goes on from.
    pub fix: Option<(f64, f64)>,
    /// Since when the ignition is on, or up to when its time is counted.
    pub ignition_since: Option<Timestamp>,
    /// The last value of the sensor that drives the odometer, if one does.
    pub odometer_sensor: Option<f64>,
}

/// A value and when it was reported.
#[derive(Clone, PartialEq, Debug)]
pub struct LastValue {
    /// Of which attribute.
    pub id: AttributeId,
    /// The value.
    pub value: Value,
    /// Device time.
    pub updated: Timestamp,
    /// [`SourceValues::version`] of its last report, even if that repeated the value.
    pub version: u64,
}

/// A counter's value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Counter {
    /// Kilometres or hours, multiplied already.
    pub value: f64,
    /// Device time of its last growth, or server time of its setting.
    pub updated: Timestamp,
    /// [`SourceValues::version`] of its last change.
    pub version: u64,
}

/// The counters there are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CounterKind {
    /// Kilometres.
    Odometer,
    /// Hours.
    EngineHours,
}

impl CounterKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Odometer, Self::EngineHours];

    /// Its name in the Navixy API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Odometer => "odometer",
            Self::EngineHours => "engine_hours",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl SourceValues {
    /// The last value of an attribute.
    pub fn get(&self, id: AttributeId) -> Option<&LastValue> {
        self.last.binary_search_by_key(&id, |v| v.id).ok().and_then(|at| self.last.get(at))
    }

    /// A counter, if it exists.
    pub const fn counter(&self, kind: CounterKind) -> Option<Counter> {
        match kind {
            CounterKind::Odometer => self.odometer,
            CounterKind::EngineHours => self.engine_hours,
        }
    }
}
