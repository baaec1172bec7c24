//! The office's own calls: what no published API has. For drivers: vehicles and drivers, predefined texts, forms,
//! services, pairing codes for phones, what drivers sent. For devices: those that are not registered and who adopts
//! them, settings, frames that could not be read, and commands that wait.
//!
//! They look and answer as the panel's methods do. One table of methods is what calls go by and what the documents are
//! made of.
#![deny(missing_docs)]

mod adoption;
mod api;
mod command;
mod device_commands;
mod device_settings;
mod docs;
mod driver;
mod driver_event;
mod errors;
mod failure;
mod form;
mod method;
mod pairing;
mod quarantine;
mod render;
mod service;
mod text;
mod unknown_device;
mod vehicle;

pub use api::{Api, OfficeOptions};
pub use docs::{DOCUMENTS, Documents, chapter, openapi};
pub use errors::Condition;
pub use method::methods;
