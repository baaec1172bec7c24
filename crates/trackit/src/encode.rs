//! From values to the wire's JSON.

mod event;
mod ids;
pub(crate) mod json;
mod push;
mod record;

pub use event::{from_driver, happened, place_of_happened};
pub use ids::{driver_event_id, happened_id, message_id, record_id};
pub use push::{
    auth, command_levels, command_reply, command_status, connection, driver_connection, driver_event, error, event,
    logout, message_status, records,
};
pub use record::{Mobile, place_of, record};
pub(crate) use record::{degrees, number_on_wire};
