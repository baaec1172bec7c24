//! The ids of the wire: made of what is stored, so that the same thing has the same id live, over HTTP, and when it
//! is replayed.

use std::fmt::Write as _;

use model::{DriverEvent, Happened, HappenedKind, MessageId, Record, Timestamp};

/// Kinds of things with an id, in its last two bytes. Inputs and outputs add their number.
mod kind {
    pub(super) const RECORD: u16 = 0;
    pub(super) const ON_BATTERY: u16 = 1;
    pub(super) const POWERED: u16 = 2;
    pub(super) const MOVING: u16 = 3;
    pub(super) const MOVING_WITHOUT_DRIVER: u16 = 4;
    pub(super) const INPUT: u16 = 0x0100;
    pub(super) const OUTPUT: u16 = 0x0200;
    /// What drivers sent has a count of its own, apart from the journal's.
    pub(super) const DRIVER: u16 = 0xd000;
}

/// 24 hexadecimal digits: the seconds of receipt, the place among all of its sort, and what sort that is.
fn object_id(received: Timestamp, place: u64, kind: u16) -> String {
    let mut id = String::with_capacity(24);
    // Writing to a text cannot fail.
    let _ = write!(id, "{:08x}{:012x}{kind:04x}", seconds(received), place & 0xffff_ffff_ffff);
    id
}

/// The seconds of an instant as 4 bytes hold them: until the year 2106.
fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.s().max(0)).unwrap_or(u32::MAX)
}

/// The id of a record.
pub fn record_id(record: &Record) -> String {
    object_id(record.received, record.seq.0, kind::RECORD)
}

/// The id of something that a record shows to have happened.
pub fn happened_id(happened: &Happened) -> String {
    let kind = match happened.kind {
        HappenedKind::Input { number, .. } => kind::INPUT | u16::from(number),
        HappenedKind::Output { number, .. } => kind::OUTPUT | u16::from(number),
        HappenedKind::OnBattery => kind::ON_BATTERY,
        HappenedKind::Powered => kind::POWERED,
        HappenedKind::Moving => kind::MOVING,
        HappenedKind::MovingWithoutDriver => kind::MOVING_WITHOUT_DRIVER,
    };
    object_id(happened.record.received, happened.record.seq.0, kind)
}

/// The id of something that a driver sent.
pub fn driver_event_id(event: &DriverEvent) -> String {
    object_id(event.received, event.id, kind::DRIVER)
}

/// The id of a message to a driver: 32 hexadecimal digits, the seconds of its submission first.
pub fn message_id(message: MessageId, submitted: Timestamp) -> String {
    let mut id = String::with_capacity(32);
    let ms = submitted.ms().rem_euclid(1_000);
    let _ = write!(id, "{:08x}{ms:08x}{:016x}", seconds(submitted), message.0);
    id
}
