//! Teltonika codecs over TCP: login by IMEI, record packets (codecs 8, 8 Extended and 16), each acknowledged with the
//! number of its records once they are stored; commands in codec 12, answered in text.

mod beacons;
mod command;
mod elements;
mod frame;
mod record;
mod session;
#[cfg(test)]
mod tests;

use crate::Limits;
use crate::session::Session;
use crate::stream::Stream;

/// Opens a session of this family.
pub(crate) fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(session::Teltonika::new(limits), limits))
}
