//! Messages and commands, as plain rows.

use model::{Command, CommandId, CommandState, MessageId, MessageStatus, SourceId, Timestamp, UserId};

/// Who wrote a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// The driver of the source.
    Driver,
    /// A user in the office.
    Office(UserId),
}

/// A message before it has an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMessage {
    /// The source whose driver sends or gets it.
    pub source: SourceId,
    /// Who wrote it.
    pub sender: Sender,
    /// The sender's own id of it, by which a repeat is known.
    pub guid: Option<String>,
    /// What it says.
    pub text: String,
    /// When the server took it in.
    pub submitted: Timestamp,
    /// How far it has come.
    pub status: MessageStatus,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its id. Later messages have higher ones.
    pub id: MessageId,
    /// The source whose driver sends or gets it.
    pub source: SourceId,
    /// Who wrote it.
    pub sender: Sender,
    /// The sender's own id of it.
    pub guid: Option<String>,
    /// What it says.
    pub text: String,
    /// When the server took it in.
    pub submitted: Timestamp,
    /// How far it has come.
    pub status: MessageStatus,
    /// When the driver's application had it; never for a message from the driver.
    pub delivered: Option<Timestamp>,
    /// Whether the office has read it; what the office wrote counts as read.
    pub is_read: bool,
}

/// Which messages of a source are wanted, and in which order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageQuery {
    /// The source.
    pub source: SourceId,
    /// Submitted at or after.
    pub from: Timestamp,
    /// Submitted at or before.
    pub to: Timestamp,
    /// How many at most: the first in the order asked for. Whoever answers may have a lower bound.
    pub limit: usize,
    /// Oldest first, else newest first.
    pub ascending: bool,
}

/// How much a list may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Most rows.
    pub count_max: usize,
    /// Most bytes of text, unless the first row alone has more.
    pub text_bytes_max: usize,
}

/// A command before it has an id. It begins as [`CommandState::Queued`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCommand {
    /// The source whose device gets it.
    pub source: SourceId,
    /// What the device is told.
    pub command: Command,
    /// When the server took it in.
    pub submitted: Timestamp,
    /// When it is given up.
    pub expires: Timestamp,
}

/// A command that was taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandRow {
    /// Its id. Later commands have higher ones.
    pub id: CommandId,
    /// The source whose device gets it.
    pub source: SourceId,
    /// What the device is told.
    pub command: Command,
    /// When the server took it in.
    pub submitted: Timestamp,
    /// When it is given up.
    pub expires: Timestamp,
    /// How far it has come.
    pub state: CommandState,
    /// When it was submitted or last moved on.
    pub changed: Timestamp,
}

/// What is worth knowing of a source at all times.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Messages from the driver that the office has not read.
    pub unread_count: u32,
    /// Messages to the driver whose application has yet to get them.
    pub undelivered_count: u32,
    /// When a message was last submitted or moved on.
    pub updated: Option<Timestamp>,
    /// Commands of which something is still to come.
    pub open_commands_count: u32,
}
