//! Sensors: what a tracker's owner says that the attributes of its device mean.

use serde::{Deserialize, Serialize};

use crate::AttributeId;

/// A sensor's number. Positive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct SensorId(pub u32);

/// A sensor of a tracker. How its value comes about is `live`'s business.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sensor {
    /// Its number.
    pub id: SensorId,
    /// What its owner calls it: at most 100 characters.
    pub name: String,
    /// What kind it is of.
    pub kind: SensorKind,
}

/// The kinds of sensors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorKind {
    /// Measures a number.
    Metering(Metering),
    /// Watches a digital input.
    Discrete(Discrete),
    /// Turns an attribute into a text.
    Virtual(Virtual),
}

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $name:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum $type {
            $($variant,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the Navixy API.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

names! {
    /// What a metering sensor measures.
    MeteringType {
        Fuel "fuel"
        Temperature "temperature"
        Rpm "rpm"
        Custom "custom"
        FuelConsumption "fuel_consumption"
        InstantConsumption "instant_consumption"
        Power "power"
        Speed "speed"
        FlowMeter "flow_meter"
        Acceleration "acceleration"
    }
}

names! {
    /// What a discrete sensor watches.
    DiscreteType {
        Ignition "ignition"
        SosButton "sos_button"
        Power "power"
        Engine "engine"
        CarAlarm "car_alarm"
        Door "door"
        Charge "charge"
        Detach "detach"
        Custom "custom"
    }
}

names! {
    /// What a virtual sensor shows.
    VirtualType {
        State "state"
        VirtualIgnition "virtual_ignition"
    }
}

/// A sensor that measures a number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Metering {
    /// What it measures.
    pub sensor_type: MeteringType,
    /// The attribute as its owner named it; `composite` for a sum of other sensors.
    pub input_name: String,
    /// The attribute that it means; none for a composite.
    pub input: Option<AttributeId>,
    /// The calibrated value is divided by this; never 0.
    pub divider: f64,
    /// How finely it measures, 0 to 100. Shown only.
    pub accuracy: f64,
    /// The unit as its owner writes it.
    pub units: String,
    /// The unit's name in the API, an open list.
    pub units_type: String,
    /// What else was said about it.
    pub rules: MeteringRules,
    /// Raw to real values, sorted by `raw`, which no two points share; empty: the raw value is the real one.
    pub calibration: Vec<CalibrationPoint>,
}

/// Further parameters of a metering sensor.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MeteringRules {
    /// The sensors whose values a composite adds up.
    pub parent_ids: Vec<SensorId>,
    /// Volume of the tank. Shown only.
    pub volume: Option<f64>,
    /// Raw values below it are dropped.
    pub min: Option<f64>,
    /// Raw values above it are dropped.
    pub max: Option<f64>,
    /// Shown only.
    pub max_lowering_by_time: Option<f64>,
    /// Shown only.
    pub max_lowering_by_mileage: Option<f64>,
    /// Shown only.
    pub ignore_drains_in_move: bool,
    /// Shown only.
    pub ignore_refuels_in_move: bool,
    /// Shown only.
    pub refuel_gap_minutes: Option<u32>,
    /// Whether `input_name` is a device's own attribute rather than one of the shared names.
    pub custom_field_name: bool,
}

/// A point of a calibration table.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CalibrationPoint {
    /// What the device says.
    pub raw: f64,
    /// What it means.
    pub real: f64,
}

/// A sensor that watches a digital input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discrete {
    /// What is connected there.
    pub sensor_type: DiscreteType,
    /// The input's number, 1 to 8.
    pub input_number: u8,
}

/// A sensor that turns an attribute into a text.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Virtual {
    /// What it shows.
    pub sensor_type: VirtualType,
    /// The attribute as its owner named it.
    pub input_name: String,
    /// The attribute that it means.
    pub input: Option<AttributeId>,
    /// Whether `input_name` is a device's own attribute rather than one of the shared names.
    pub custom_field_name: bool,
    /// How a value becomes a text.
    pub rule: VirtualRule,
    /// What to show instead of a text; no two have the same `value`.
    pub titles: Vec<ValueTitle>,
}

/// How a virtual sensor gets its text.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VirtualRule {
    /// `1` inside the range, its ends included, else `0`.
    InRange {
        /// The lowest; `None`: no lower end.
        from: Option<f64>,
        /// The highest; `None`: no upper end.
        to: Option<f64>,
    },
    /// The value as it is.
    Identity,
    /// `1` or `0`: a bit of the whole number.
    BitIndex(
        /// 1 is the lowest.
        u8,
    ),
}

/// A text in place of a value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ValueTitle {
    /// The value, at most 64 characters.
    pub value: String,
    /// The text, at most 64 characters.
    pub title: String,
}
