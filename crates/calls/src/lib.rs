//! What HTTP APIs of methods have in common: a call's parameters and hash, answers with `success`, rates, and documents
//! made of the tables that calls go by.
//!
//! It knows no method, no error and no session: a dialect brings its own, and its words.
#![deny(missing_docs)]

pub mod answer;
pub mod document;
mod hex;
pub mod json;
mod method;
pub mod openapi;
pub mod page;
pub mod params;
mod problem;
mod rate;
mod request;
pub mod write;

pub use answer::ErrorWords;
pub use hex::bytes_of_hex;
pub use method::{Entry, Kind, Param, optional, required};
pub use params::{FieldError, Params, WrongParameters};
pub use problem::{field_error, problem_text};
pub use rate::{Rates, address_key};
pub use request::{BadHash, Request, Unreadable, announces_json, has_hash_header, is_hash};
