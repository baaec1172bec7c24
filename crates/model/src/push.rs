//! What those who follow a source are told, event by event: no newer one replaces an earlier.

use std::sync::Arc;

use crate::{EventId, MessageId, MessageStatus, Report, Seq, Timestamp};

/// A stored report, with what dialects show of it besides its content.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Its place in the journal.
    pub seq: Seq,
    /// The time that counts: the device's, or the arrival where that is missing or not to be believed.
    pub at: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
    /// What the device said.
    pub report: Report,
    /// The source's odometer with this report counted in, in kilometres; `None` while it has none.
    pub odometer_km: Option<f64>,
}

/// What kind of thing a report shows to have happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HappenedKind {
    /// A digital input is named as the report's cause, or its level is new.
    Input {
        /// Which, from 1.
        number: u8,
        /// Its level.
        on: bool,
    },
    /// The same of a digital output.
    Output {
        /// Which, from 1.
        number: u8,
        /// Its level.
        on: bool,
    },
    /// The device lives on its internal battery from now on.
    OnBattery,
    /// It is powered from outside.
    Powered,
    /// It began to move.
    Moving,
    /// It began to move, and no driver is identified.
    MovingWithoutDriver,
}

/// Something that a report shows to have happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Happened {
    /// What.
    pub kind: HappenedKind,
    /// The event of the device that says so, where one does.
    pub cause: Option<EventId>,
    /// The report.
    pub record: Arc<Record>,
}

/// Something that a driver sent.
#[derive(Clone, PartialEq, Debug)]
pub struct DriverEvent {
    /// Its place among all that drivers sent. Positive.
    pub id: u64,
    /// The id that the driver's application gave it.
    pub guid: String,
    /// When the driver did it, by the phone's clock.
    pub at: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
    /// Where the phone was, in degrees: latitude and longitude.
    pub position: Option<(f64, f64)>,
    /// What it is.
    pub kind: DriverEventKind,
}

/// What a driver sent.
#[derive(Clone, PartialEq, Debug)]
pub enum DriverEventKind {
    /// A text of the driver's own.
    Text {
        /// What it says.
        text: String,
    },
    /// A text that the office wrote for drivers to choose.
    Predefined {
        /// Its number.
        number: u32,
        /// What it said at that time.
        text: String,
    },
    /// A form of the office, filled in.
    Form {
        /// The form's name.
        name: String,
        /// Label and value of each field, in the form's order; a file's value is its address on this server.
        fields: Vec<(String, String)>,
    },
    /// A service or mission was visited.
    Service {
        /// Its id: hexadecimal digits.
        service: String,
        /// Whether what was to be done was done.
        delivered: bool,
        /// What the driver says of it.
        note: String,
    },
}

impl DriverEventKind {
    /// How many bytes of text it holds.
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Text { text } | Self::Predefined { text, .. } => text.len(),
            Self::Form { name, fields } => {
                name.len() + fields.iter().map(|(label, value)| label.len() + value.len()).sum::<usize>()
            }
            Self::Service { service, note, .. } => service.len() + note.len(),
        }
    }
}

/// Something about a source that those who follow it are told.
#[derive(Clone, PartialEq, Debug)]
pub enum Push {
    /// The device's first connection is up, or its last is down.
    Device {
        /// Whether it is up.
        up: bool,
    },
    /// The same of the driver's application.
    Driver {
        /// Whether it is up.
        up: bool,
    },
    /// A report shows that something happened.
    Happened(Happened),
    /// The driver sent something.
    FromDriver(Arc<DriverEvent>),
    /// A message to the driver has come further.
    Moved {
        /// Which.
        message: MessageId,
        /// When it was submitted.
        submitted: Timestamp,
        /// How far.
        status: MessageStatus,
    },
    /// The device answered a command that asks for its inputs and outputs.
    Levels(Arc<Levels>),
}

impl Push {
    /// Whether a client that was away is told of it when it returns.
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::Happened(_) | Self::FromDriver(_) | Self::Moved { .. })
    }

    /// Whether it is between office and driver, and so concerns the owner of the source alone, not a clone's.
    pub const fn is_of_driver(&self) -> bool {
        matches!(self, Self::Driver { .. } | Self::FromDriver(_) | Self::Moved { .. })
    }
}

/// What a device says of its inputs and outputs when asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Levels {
    /// When it said so.
    pub at: Timestamp,
    /// Number and value of each line, in the order of numbers: inputs 1 to 8, outputs 179 to 186, others by the
    /// family's own numbers.
    pub lines: Vec<(u16, f64)>,
}
