//! The vocabulary of Odograph: what a tracker reports, what is known about a source, and the units of both.
//!
//! This crate knows nothing of the others. It holds values and the few rules that belong to a value alone
//! (ranges, names, calendar arithmetic); how states come about is `live`'s business, how they are stored
//! `storage`'s, how they look on a wire the dialects'.
#![deny(missing_docs)]

mod attribute;
mod command;
mod device_settings;
mod entry;
mod ids;
mod message;
mod names;
mod position;
mod push;
mod report;
mod sensor;
mod settings;
mod state;
mod time;
mod values;

pub use attribute::{AttributeId, Attributes, InternError, MAX_ATTRIBUTE_NAME_BYTES, MAX_DYNAMIC_NAMES, Value};
pub use command::{Command, CommandReply, CommandState, Order};
pub use device_settings::{ChecksumPolicy, DeviceSettings, SETTING_KEYS, SettingKey, SettingRefused, SpeedUnit};
pub use entry::{Entry, EntryKind, SourceChange};
pub use ids::{CommandId, DeviceId, MessageId, Seq, SessionId, SourceId, TrackerId, UserId};
pub use message::MessageStatus;
pub use names::attr;
pub use position::{Fix, Origin, Position};
pub use push::{DriverEvent, DriverEventKind, Happened, HappenedKind, Levels, Push, Record};
pub use report::{EventId, Report, Upload};
pub use sensor::{
    CalibrationPoint, Discrete, DiscreteType, Metering, MeteringRules, MeteringType, Sensor, SensorId, SensorKind,
    ValueTitle, Virtual, VirtualRule, VirtualType,
};
pub use settings::{IgnitionSource, SourceSettings};
pub use state::{ConnectionStatus, Gps, Gsm, MovementStatus, SourceState, StateField};
pub use time::{Civil, MS_PER_DAY, MS_PER_SECOND, TimeError, Timestamp};
pub use values::{Counter, CounterKind, LastValue, SourceValues};
