//! The settings of a source that its state depends on.

use std::sync::Arc;

use crate::{AttributeId, Metering, VirtualRule};

/// Where a source's ignition comes from.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum IgnitionSource {
    /// The source has no ignition sensor: its states show none.
    #[default]
    None,
    /// Digital input 1 to 32.
    Input(u8),
    /// An attribute: true, or a number other than 0, means on.
    Attribute(AttributeId),
    /// A virtual sensor: on where its rule makes `1` of the attribute.
    Virtual {
        /// The attribute that it watches.
        input: AttributeId,
        /// What it makes of it.
        rule: VirtualRule,
    },
}

/// What the fold needs to know about a source besides its reports. Durations are in whole seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceSettings {
    /// Digital inputs of the model, 0 to 32: the length of a state's `inputs`.
    pub inputs_count: u8,
    /// Digital outputs of the model, 0 to 32.
    pub outputs_count: u8,
    /// Where ignition comes from.
    pub ignition: IgnitionSource,
    /// How long a vehicle may stand before it counts as parked.
    pub min_idle_s: u32,
    /// From this speed on it moves. 0: it never parks.
    pub idle_speed_threshold_kmh: u16,
    /// A vehicle moves only with its ignition on (when ignition is known).
    pub ignition_aware: bool,
    /// A vehicle moves only when its motion sensor says so (when that is known, and ignition does not decide).
    pub motion_sensor_aware: bool,
    /// Silence after which the source is offline; `None` takes the server's setting.
    pub offline_s: Option<u32>,
    /// Network positions less certain than this are dropped.
    pub network_radius_max_m: u32,
    /// A model that stays "just registered" however long it is silent (the phone app).
    pub waits_forever: bool,
    /// What driven kilometres are multiplied by before they count: finite, not negative.
    pub odometer_multiplier: f64,
    /// The sensor whose growth drives the odometer in place of the driven kilometres.
    pub odometer_sensor: Option<Arc<Metering>>,
    /// What hours with the ignition on are multiplied by before they count: finite, not negative.
    pub engine_hours_multiplier: f64,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            inputs_count: 0,
            outputs_count: 0,
            ignition: IgnitionSource::None,
            min_idle_s: 300,
            idle_speed_threshold_kmh: 3,
            ignition_aware: false,
            motion_sensor_aware: false,
            offline_s: None,
            network_radius_max_m: 10_000,
            waits_forever: false,
            odometer_multiplier: 1.0,
            odometer_sensor: None,
            engine_hours_multiplier: 1.0,
        }
    }
}
