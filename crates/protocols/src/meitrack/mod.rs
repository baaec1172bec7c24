//! Meitrack over TCP: messages that name their device and their length; positions as text and as two binary forms;
//! commands that are answered by their name.

mod command;
mod events;
mod frame;
mod list;
mod session;
mod sighting;
mod tagged;
#[cfg(test)]
mod tests;
mod text;

use crate::Limits;
use crate::session::Session;
use crate::stream::Stream;

/// Opens a session of this family.
pub(crate) fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(session::Meitrack::new(limits), limits))
}
