//! What a device's connection looks like to its host: bytes in, outputs out, in order.

use std::fmt;

pub(crate) use model::{ChecksumPolicy, DeviceSettings, SpeedUnit};
use model::{CommandReply, DeviceId, Order, Timestamp, Upload};

/// How much of a rejected frame is handed on, in bytes: nearly always all of it, so that it can be read again later.
pub const REJECTED_FRAME_BYTES_MAX: usize = 65_536;

/// One connection of a device. It reads no clock and does no I/O; the host carries out its outputs in order.
pub trait Session: Send {
    /// Takes it as known that this device speaks, as after a login that was accepted. For reading what was recorded
    /// without its beginning; a device that names itself is asked about as ever.
    fn bind(&mut self, device: DeviceId, settings: DeviceSettings);

    /// Takes what was read. Any split of the same bytes gives the same outputs.
    fn feed(&mut self, now: Timestamp, bytes: &[u8], out: &mut Vec<Output>);

    /// The host's answer to the last [`Output::Identify`]. Parsing waits for it: bytes already fed are kept, and read
    /// on from here.
    fn identified(&mut self, now: Timestamp, answer: Identified, out: &mut Vec<Output>);

    /// What became of an upload. Tickets complete in any order; replies still leave in the order of their requests.
    /// A ticket that is not waiting is ignored.
    fn stored(&mut self, ticket: Ticket, outcome: Stored, out: &mut Vec<Output>);

    /// What was fed last ended with the datagram that carried it: what is incomplete stays so, and is rejected. Only
    /// for transports that keep the boundaries of messages, and only when no identity is awaited.
    fn end_datagram(&mut self, now: Timestamp, out: &mut Vec<Output>);

    /// Gives the device an order, in between whatever else is said. What becomes of it is told by
    /// [`Output::Ordered`]; an error means that nothing was sent and nothing will be told.
    ///
    /// # Errors
    ///
    /// See [`OrderRefused`]. A family without commands has none of them.
    fn order(
        &mut self,
        _now: Timestamp,
        _id: OrderId,
        _order: &Order,
        _out: &mut Vec<Output>,
    ) -> Result<(), OrderRefused> {
        Err(OrderRefused::NoSuchCommand)
    }

    /// Lets what is due at `now` happen: a frame that was begun and never finished ends the connection, an order that
    /// was not answered in time is given up.
    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>);

    /// When [`Self::tick`] next has something to do.
    fn next_deadline(&self) -> Option<Timestamp>;

    /// Whether more bytes are welcome. While it is false (an identity or uploads are awaited) the host should not
    /// read from the connection; what it feeds all the same is kept up to [`Limits::waiting_bytes_max`].
    ///
    /// [`Limits::waiting_bytes_max`]: crate::Limits::waiting_bytes_max
    fn wants_bytes(&self) -> bool;
}

/// What a session asks of its host.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// The device says who it is; answer with [`Session::identified`].
    Identify(DeviceId),
    /// Reports of the device last accepted; answer with [`Session::stored`] once they are durable.
    Upload {
        /// Names this upload in the answer.
        ticket: Ticket,
        /// The reports of one frame, in its order.
        reports: Upload,
    },
    /// The identified device is alive and has nothing to report.
    Contact,
    /// Bytes to send.
    Reply(Vec<u8>),
    /// How an order goes on. After [`Progress::Sent`] that awaits no reply, or any other progress, the next order may
    /// be given.
    Ordered {
        /// Which order.
        id: OrderId,
        /// What happened to it.
        what: Progress,
    },
    /// The device answered something that no order waits for: a reply that is late, comes twice, or is to something
    /// else.
    Unasked(CommandReply),
    /// Input that could not be used, or that has a fault which the family forgives: to be counted and logged.
    Reject {
        /// The first [`REJECTED_FRAME_BYTES_MAX`] bytes of it.
        frame: Vec<u8>,
        /// Where in what the connection has said the fault lies, in bytes from its first.
        offset: u64,
        /// Why.
        reason: Reject,
        /// Nothing is lost: the frame was read as if the fault were not there.
        forgiven: bool,
    },
    /// Send what was to be sent, then close. Nothing follows.
    Close,
}

impl Output {
    /// A rejection of what a machine is being shown, from the first byte of it. [`crate::stream::Stream`] makes the
    /// offset one in all that the connection has said.
    pub(crate) fn reject(frame: &[u8], reason: Reject) -> Self {
        Self::reject_at(frame, 0, reason)
    }

    /// The same, for a fault `offset` bytes into it.
    pub(crate) fn reject_at(frame: &[u8], offset: usize, reason: Reject) -> Self {
        let frame = frame[..frame.len().min(REJECTED_FRAME_BYTES_MAX)].to_vec();
        Self::Reject { frame, offset: offset as u64, reason, forgiven: false }
    }

    /// A fault that nothing is lost by.
    pub(crate) fn forgive(frame: &[u8], offset: usize, reason: Reject) -> Self {
        let frame = frame[..frame.len().min(REJECTED_FRAME_BYTES_MAX)].to_vec();
        Self::Reject { frame, offset: offset as u64, reason, forgiven: true }
    }
}

/// Whether a device may speak.
#[derive(Clone, PartialEq, Debug)]
pub enum Identified {
    /// It is registered; these are its settings.
    Accepted(DeviceSettings),
    /// It is not registered, or not welcome: it is told so as its family does.
    Refused,
}

/// Names an upload within its connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(pub u32);

/// Names an order within its connection. The host chooses it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OrderId(pub u64);

/// How an order goes on.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// Its bytes are among the replies before this.
    Sent {
        /// Whether the device will answer it. If not, this is the last that is told of the order.
        awaits_reply: bool,
    },
    /// The device answered it.
    Replied(CommandReply),
    /// The device said no; its words, if it had any.
    Refused(String),
    /// It was not answered within [`Limits::command_reply_ms_max`]. If it was not said to be sent either, it never
    /// was.
    ///
    /// [`Limits::command_reply_ms_max`]: crate::Limits::command_reply_ms_max
    TimedOut,
}

/// Why an order was not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderRefused {
    /// The protocol has no such command.
    NoSuchCommand,
    /// Another order is under way.
    Busy,
    /// No device was accepted on this connection, or it is ending.
    NotIdentified,
    /// Longer than the protocol carries.
    TooLong,
}

/// What became of an upload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stored {
    /// It is durable; the device may forget it.
    Ok,
    /// It was not stored; the device is to send it again.
    Failed,
}

/// Why input was not used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reject {
    /// Bytes that begin no frame.
    Noise {
        /// How many in a row.
        bytes: usize,
    },
    /// The device's name for itself is too long, empty, or not text.
    BadIdentity,
    /// Data came before the device had said who it is.
    NotIdentified,
    /// The checksum does not match.
    Checksum {
        /// What the frame says.
        found: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// A frame of a kind that is not decoded.
    UnknownKind(u8),
    /// The content ends before what it announces.
    Truncated,
    /// Larger than the limit, in bytes.
    TooLarge {
        /// The limit that it exceeds.
        bytes_max: usize,
    },
    /// More reports in one frame than the limit.
    TooManyReports {
        /// The limit that it exceeds.
        reports_max: usize,
    },
    /// The host kept feeding while the session was waiting for it.
    Flooded,
    /// A frame was begun and not finished in time.
    TimedOut,
    /// Not HTTP/1.0 or 1.1, or framed in a way that this server does not accept.
    BadHttp,
    /// Not MQTT, or not as MQTT wants it.
    BadMqtt,
    /// The password is not the one of this device, or the device is not registered. If the device named last was
    /// accepted, it was not the one that spoke: its host is to forget that it was here.
    NotAuthorised,
    /// A method that the family does not serve.
    Method,
    /// Not JSON, or not the kind of document that was expected.
    NotJson,
    /// A field of the message is not as it must be.
    Field {
        /// The field; `_n` stands for any number.
        name: &'static str,
        /// What is wrong with it.
        fault: FieldFault,
    },
}

/// What is wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldFault {
    /// It must be there.
    Missing,
    /// It has another type.
    WrongType,
    /// Its value is not allowed.
    OutOfRange,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::WrongType => "has the wrong type",
            Self::OutOfRange => "is out of range",
        })
    }
}

impl Reject {
    /// What it is, in one word for figures: `checksum`, say, whatever was found.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Noise { .. } => "noise",
            Self::BadIdentity => "bad_identity",
            Self::NotIdentified => "not_identified",
            Self::Checksum { .. } => "checksum",
            Self::UnknownKind(_) => "unknown_kind",
            Self::Truncated => "truncated",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyReports { .. } => "too_many_reports",
            Self::Flooded => "flooded",
            Self::TimedOut => "timed_out",
            Self::BadHttp => "bad_http",
            Self::BadMqtt => "bad_mqtt",
            Self::NotAuthorised => "not_authorised",
            Self::Method => "method",
            Self::NotJson => "not_json",
            Self::Field { .. } => "field",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noise { bytes } => write!(f, "{bytes} bytes that begin no frame"),
            Self::BadIdentity => f.write_str("not a device identifier"),
            Self::NotIdentified => f.write_str("data before login"),
            Self::Checksum { found, computed } => write!(f, "checksum is {found:04x}, should be {computed:04x}"),
            Self::UnknownKind(kind) => write!(f, "unknown kind of frame {kind:02x}"),
            Self::Truncated => f.write_str("the content ends too early"),
            Self::TooLarge { bytes_max } => write!(f, "larger than {bytes_max} bytes"),
            Self::TooManyReports { reports_max } => write!(f, "more than {reports_max} reports"),
            Self::Flooded => f.write_str("too many bytes while waiting"),
            Self::TimedOut => f.write_str("not finished in time"),
            Self::BadHttp => f.write_str("not acceptable as HTTP"),
            Self::BadMqtt => f.write_str("not acceptable as MQTT"),
            Self::NotAuthorised => f.write_str("not authorised"),
            Self::Method => f.write_str("method not allowed"),
            Self::NotJson => f.write_str("not the JSON that was expected"),
            Self::Field { name, fault } => write!(f, "{name} {fault}"),
        }
    }
}

impl std::error::Error for Reject {}
