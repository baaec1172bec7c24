//! A record as a unit keeps it, and the I/O elements in it.

use model::Timestamp;

use crate::geo::Place;

/// Ids of the I/O elements that simulated units send.
pub mod element {
    /// First digital input, 0 or 1.
    pub const DIGITAL_INPUT_1: u16 = 1;
    /// Metres driven.
    pub const TOTAL_ODOMETER: u16 = 16;
    /// Mobile network signal, 0 to 5.
    pub const GSM_SIGNAL: u16 = 21;
    /// External voltage in millivolts.
    pub const EXTERNAL_VOLTAGE: u16 = 66;
    /// Battery voltage in millivolts.
    pub const BATTERY_VOLTAGE: u16 = 67;
    /// Battery charge in per cent.
    pub const BATTERY_LEVEL: u16 = 113;
    /// Ignition, 0 or 1.
    pub const IGNITION: u16 = 239;
    /// Movement, 0 or 1.
    pub const MOVEMENT: u16 = 240;
    /// 1 when the external power was cut, 0 when it came back.
    pub const UNPLUG: u16 = 252;
}

/// How urgent a unit thinks a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Priority {
    /// A periodic record.
    #[default]
    Low = 0,
    /// Caused by an event.
    High = 1,
    /// The alarm button.
    Panic = 2,
}

/// The value of an element, as wide as it is sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ElementValue {
    /// One byte.
    U8(u8),
    /// Two bytes, big-endian.
    U16(u16),
    /// Four bytes, big-endian.
    U32(u32),
    /// Eight bytes, big-endian.
    U64(u64),
    /// Any number of bytes up to 65535; codec 8 Extended only.
    Bytes(Vec<u8>),
}

impl ElementValue {
    /// Which of the five groups holds it: 0 for one byte, 4 for any number.
    pub(super) const fn group(&self) -> usize {
        match self {
            Self::U8(_) => 0,
            Self::U16(_) => 1,
            Self::U32(_) => 2,
            Self::U64(_) => 3,
            Self::Bytes(_) => 4,
        }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::U8(v) => out.push(*v),
            Self::U16(v) => out.extend(v.to_be_bytes()),
            Self::U32(v) => out.extend(v.to_be_bytes()),
            Self::U64(v) => out.extend(v.to_be_bytes()),
            Self::Bytes(v) => {
                out.extend((v.len() as u16).to_be_bytes());
                out.extend_from_slice(v);
            }
        }
    }
}

/// One I/O element of a record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Element {
    /// The element's id in the vendor's list.
    pub id: u16,
    /// Its value.
    pub value: ElementValue,
}

impl Element {
    /// An element of one byte.
    pub const fn u8(id: u16, value: u8) -> Self {
        Self { id, value: ElementValue::U8(value) }
    }

    /// An element of two bytes.
    pub const fn u16(id: u16, value: u16) -> Self {
        Self { id, value: ElementValue::U16(value) }
    }

    /// An element of four bytes.
    pub const fn u32(id: u16, value: u32) -> Self {
        Self { id, value: ElementValue::U32(value) }
    }

    /// An element of eight bytes.
    pub const fn u64(id: u16, value: u64) -> Self {
        Self { id, value: ElementValue::U64(value) }
    }

    /// An element of any length up to 65535 bytes.
    pub const fn bytes(id: u16, value: Vec<u8>) -> Self {
        Self { id, value: ElementValue::Bytes(value) }
    }
}

/// One record as a unit keeps it in its memory.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// When it was taken.
    pub time: Timestamp,
    /// How urgent it is.
    pub priority: Priority,
    /// Where: the last fix repeated while there is none.
    pub place: Place,
    /// Metres above sea level.
    pub altitude_m: i16,
    /// Degrees from north.
    pub angle_deg: u16,
    /// Satellites in use; 0 means no fix.
    pub satellites: u8,
    /// Kilometres an hour.
    pub speed_kmh: u16,
    /// Id of the element that caused the record, 0 for a periodic one.
    pub event: u16,
    /// The I/O elements; each group keeps this order.
    pub elements: Vec<Element>,
}
