//! From values to the wire's JSON, written straight into the buffer that is sent: no tree of values in between.

mod date;
mod event;
mod item;
mod message;
mod monitor;
mod readings;
mod state;

pub use calls::write::{boolean, float, int, string};
pub use date::{DateText, DateWriter, LocalTime, Utc};
pub use item::{BatchItemShape, readings_item, state_item};
pub use message::{
    BATCH_SEPARATOR, Outcome, STATE_BATCH_SUFFIX, STATE_SUFFIX, lifecycle, logout, readings_batch_prefix,
    response_legacy_subscribe, response_legacy_unsubscribe, response_requests, state_batch_prefix, state_prefix,
};
pub use readings::{Extent, ReadingsForm, render_readings};
pub use state::render_state;

pub(crate) use calls::answer::status;
pub(crate) use calls::write::{Object, array, field_errors};
pub(crate) use event::{event_message, event_name, event_types, is_emergency};
pub(crate) use message::error_prefix;
pub(crate) use monitor::{MONITOR_SUFFIX, monitor_item, monitor_prefix};
pub(crate) use readings::{computed, render_counter, render_sensor_values, scalar};
pub(crate) use state::{bits, connection_name};
