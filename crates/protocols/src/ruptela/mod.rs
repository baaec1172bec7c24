//! Ruptela over TCP: packets that name their device, records and extended records, each packet acknowledged once it is
//! stored; commands by text and by number.

mod command;
mod elements;
mod frame;
mod record;
mod session;
#[cfg(test)]
mod tests;
mod text;

use crate::Limits;
use crate::session::Session;
use crate::stream::Stream;

/// Opens a session of this family.
pub(crate) fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(session::Ruptela::new(limits), limits))
}
