//! Device protocols, sans-IO: bytes and the time go in, reports and replies come out.
//!
//! A family is one folder and one line in [`FAMILIES`] (and one where its folder is named). Each opens a [`Session`]
//! for a connection; the host carries out its [`Output`]s and answers them. No session reads a clock, a socket or a database, and none can be made to
//! panic, to hold more than [`Limits`] allow, or to disturb another by what it is fed.
#![deny(missing_docs)]

mod any_http;
mod bytes;
#[cfg(test)]
mod checks;
mod checksum;
mod draft;
mod egts;
mod events;
#[cfg(test)]
mod every_family;
mod fields;
mod framed;
mod galileosky;
mod gps103;
mod gt06;
mod h02;
mod http;
mod json;
mod jt808;
mod levels;
mod limits;
mod meitrack;
mod ngp;
mod noise;
mod orders;
mod osmand;
mod own_names;
mod queclink;
mod recognise;
mod replies;
mod ruptela;
mod secret;
mod session;
mod stream;
mod suntech;
mod teltonika;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tk103;
mod wialon_ips;

pub use limits::Limits;
pub use model::{ChecksumPolicy, DeviceSettings, SpeedUnit};
pub use recognise::{Likeness, RECOGNISE_BYTES_MAX, Recognised, recognise, recognise_datagram};
pub use secret::Secret;
pub use session::{
    FieldFault, Identified, OrderId, OrderRefused, Output, Progress, REJECTED_FRAME_BYTES_MAX, Reject, Session, Stored,
    Ticket,
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
    pub open: Open,
    /// Opens a session for one address that sends datagrams; `None`: the family is not spoken over UDP.
    pub open_udp: Option<Open>,
    /// Judges by the first bytes of a connection whether they are of this family.
    pub recognise: fn(&[u8]) -> Likeness,
}

/// Opens a session.
pub type Open = fn(&Limits) -> Box<dyn Session>;

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
    teltonika::FAMILY,
    gt06::FAMILY,
    queclink::FAMILY,
    jt808::FAMILY,
    osmand::FAMILY,
    h02::FAMILY,
    suntech::FAMILY,
    gps103::FAMILY,
    tk103::FAMILY,
    meitrack::FAMILY,
    ruptela::FAMILY,
    wialon_ips::FAMILY,
    galileosky::FAMILY,
    egts::FAMILY,
    ngp::FAMILY,
];

/// Ways to speak families that have no port unless it is asked for: [`recognise`] finds them on a port that is open to
/// all.
pub const FURTHER: &[Family] = &[ngp::MQTT, any_http::FAMILY];

/// The family of this name, among all that there are.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().chain(FURTHER).find(|f| f.name == name)
}
