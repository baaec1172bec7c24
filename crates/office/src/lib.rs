//! The office's own calls: what no published API has and drivers need. Vehicles and drivers, predefined texts, forms,
//! services, pairing codes for phones, what drivers sent, and commands that wait for a device.
//!
//! They look and answer as the panel's methods do. One table of methods is what calls go by and what the documents are
//! made of.
#![deny(missing_docs)]

mod api;
mod command;
mod device_commands;
mod docs;
mod driver;
mod driver_event;
mod errors;
mod failure;
mod form;
mod method;
mod pairing;
mod render;
mod service;
mod text;
mod vehicle;

pub use api::{Api, OfficeOptions};
pub use docs::{DOCUMENTS, Documents, chapter, openapi};
pub use errors::Condition;
pub use method::methods;
