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
mod line;
mod obd;
mod position;
mod serial;
mod session;
#[cfg(test)]
mod tests;
mod variant;

use crate::framed;
use crate::session::Session;
use crate::{Family, Likeness, Limits, Presence};

/// This family.
pub(crate) const FAMILY: Family = Family {
    name: "gt06",
    default_listen: "127.0.0.1:5023",
    presence: Presence::Connection,
    open,
    open_udp: Some(open),
    recognise,
};

/// Opens a session of this family.
fn open(limits: &Limits) -> Box<dyn Session> {
    framed::open(session::Gt06::default(), limits)
}

fn recognise(bytes: &[u8]) -> Likeness {
    Likeness::starts_with(bytes, &[&[0x78, 0x78], &[0x79, 0x79]])
}
