//! GT06 over TCP, as Concox and Jimi units and their many clones speak it: login by IMEI, positions, alarms,
//! heartbeats, and what asset trackers, dashcams and locks add; commands as text.

mod alarm;
mod answer;
mod asset;
mod block;
mod cells;
mod command;
mod content;
mod dashcam;
mod draft;
mod frame;
mod heartbeat;
mod obd;
mod position;
mod serial;
mod session;
#[cfg(test)]
mod tests;
mod variant;

use crate::Limits;
use crate::session::Session;
use crate::stream::Stream;

/// Opens a session of this family.
pub(crate) fn open(limits: &Limits) -> Box<dyn Session> {
    Box::new(Stream::new(session::Gt06::new(limits), limits))
}
