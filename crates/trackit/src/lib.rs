//! The TRACKiT dialect: what its clients say over HTTP and WebSocket, and what they are told.
//!
//! [`wire`], [`decode`], [`encode`] and [`errors`] are pure: text in, values out and the reverse. So is
//! [`Conversation`]: what a message means where a socket's conversation stands. [`Trackit`] opens sockets, and [`Api`] answers calls.
#![deny(missing_docs)]

mod decode;
mod devices;
pub mod encode;
pub mod errors;
mod http;
mod options;
mod refused;
mod session;
pub mod wire;

pub use crate::http::{Api, BASE};
pub use decode::decode;
pub use devices::{Devices, Ordered, Reply};
pub use options::TrackitOptions;
pub use refused::{Refused, TooManyRefused};
pub use session::{Conversation, Step, Trackit};

/// What a place is called, in degrees.
fn place_name(places: &places::Places<'_>, place: Option<(f64, f64)>) -> Option<String> {
    let (latitude, longitude) = place?;
    places.nearest(latitude, longitude).map(|place| place.to_string())
}
