//! Fleets that speak as devices do: what sits on the vehicle's side of the socket.
//!
//! Everything but `shell` is a function of bytes, values and a time handed in, and comes out the same from the same
//! seed. Nothing of the server's decoders is imported here: an encoder that agreed with our own decoder would prove
//! little, so the wire formats are proved by the worked frames of their documents.
//!
//! - [`wire`]: the bytes that a device writes, and what it reads back.
//! - [`device`]: a Teltonika unit with its memory, packets, acknowledgements and repeats.
//! - [`reporter`]: a device that reports over HTTP, with pipelining.
//! - [`drive`]: vehicles that move through a city, stop, park, lose power and lose signal.
//! - [`fleet`]: many of them, named and numbered.
//! - [`cabs`]: recorded taxi drives as device records.
//! - [`drive_file`]: drives as files of other tools have them, CSV and GPX.
//! - `shell` (feature `shell`): all of it over real TCP connections.
#![deny(missing_docs)]

pub mod cabs;
pub mod device;
pub mod drive;
pub mod drive_file;
pub mod fleet;
pub mod geo;
pub mod imei;
pub mod reporter;
pub mod rng;
pub mod sample;
#[cfg(feature = "shell")]
pub mod shell;
pub mod wire;

pub use device::{Device, DeviceOptions};
pub use fleet::{Fleet, FleetOptions, Vehicle};
pub use rng::Rng;
pub use sample::{Happening, Sample};
