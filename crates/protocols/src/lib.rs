//! Device protocols, sans-IO: bytes and the time go in, reports and replies come out.
//!
//! A family is one folder and one line in [`FAMILIES`]. Each opens a [`Session`] for a connection; the host carries
//! out its [`Output`]s and answers them. No session reads a clock, a socket or a database, and none can be made to
//! panic, to hold more than [`Limits`] allow, or to disturb another by what it is fed.
#![deny(missing_docs)]

mod bytes;
mod checksum;
mod events;
mod gt06;
mod http;
mod json;
mod levels;
mod limits;
mod meitrack;
mod ngp;
mod noise;
mod orders;
mod osmand;
mod replies;
mod ruptela;
mod session;
mod stream;
mod teltonika;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use limits::Limits;
pub use session::{
    ChecksumPolicy, DeviceSettings, FieldFault, Gt06Line, Identified, MeitrackLine, OrderId, OrderRefused, Output,
    Progress, REJECTED_FRAME_BYTES_MAX, Reject, Session, SpeedUnit, Stored, TeltonikaLine, Ticket,
};

/// A device protocol.
#[derive(Clone, Copy)]
pub struct Family {
    /// Its name in settings, logs and metrics.
    pub name: &'static str,
    /// Where it listens when nothing else is said.
    pub default_listen: &'static str,
    /// What shows that a device is there.
    pub presence: Presence,
    /// Opens a session for one new connection.
    pub open: fn(&Limits) -> Box<dyn Session>,
}

/// What shows that a device is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Its connection, which it keeps.
    Connection,
    /// That it was heard of not long ago: it connects for each message, or never does.
    Contact,
}

/// Every family, in the order in which they are listed to people.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "teltonika",
        default_listen: "127.0.0.1:5027",
        presence: Presence::Connection,
        open: teltonika::open,
    },
    Family { name: "gt06", default_listen: "127.0.0.1:5023", presence: Presence::Connection, open: gt06::open },
    Family { name: "ruptela", default_listen: "127.0.0.1:5046", presence: Presence::Connection, open: ruptela::open },
    Family { name: "meitrack", default_listen: "127.0.0.1:5020", presence: Presence::Connection, open: meitrack::open },
    Family { name: "ngp", default_listen: "127.0.0.1:47642", presence: Presence::Contact, open: ngp::open },
    Family { name: "osmand", default_listen: "127.0.0.1:5055", presence: Presence::Contact, open: osmand::open },
];

/// The family of this name.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|f| f.name == name)
}
