//! Messages between office and drivers, what else drivers send and are given, and commands to devices.
//!
//! [`DispatchStore`] is the port. All work is done in transactions; within one, [`Tables`] offers single steps, and
//! whoever holds it decides what they add up to. [`SqliteDispatch`] keeps everything in one file; every engine has to
//! pass the same contract tests.

mod driver_rows;
mod driver_tables;
#[cfg(test)]
mod driver_tests;
mod error;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;

use model::{CommandId, CommandState, MessageId, MessageStatus, SourceId, Timestamp, UserId};

pub use driver_rows::{
    FileId, FilesUsed, ImageKind, KeptFile, NewDriverEvent, NewFile, Service, ServiceDraft, ServiceState,
};
pub use driver_tables::{EventTables, FileTables, ServiceTables};
pub use error::StoreError;
pub use rows::{Bounds, CommandRow, Message, MessageQuery, NewCommand, NewMessage, Sender, Summary};
pub use sqlite::SqliteDispatch;

/// What is done in one transaction.
pub type Work<'w> = &'w mut dyn FnMut(&dyn Tables) -> Result<(), StoreError>;

/// A store of messages and commands. Calls block until the disk has answered: they belong on a thread of their own.
pub trait DispatchStore: Send {
    /// Does the work durably, or, when it or the commit fails, none of it.
    fn transaction(&mut self, work: Work<'_>) -> Result<(), StoreError>;
}

/// What can be done within a transaction. Each step sees what the steps before it did.
pub trait Tables: EventTables + ServiceTables + FileTables {
    /// Adds a message. One from the driver begins unread.
    fn add_message(&self, message: &NewMessage) -> Result<MessageId, StoreError>;

    /// The message with this id.
    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The newest message with this text that this sender gave this id of its own; `author` is `None` for the driver.
    fn message_by_guid(
        &self,
        source: SourceId,
        author: Option<UserId>,
        guid: &str,
        text: &str,
    ) -> Result<Option<Message>, StoreError>;

    /// Messages of a source in a span of time; of the same time in the order of ids.
    fn messages(&self, query: &MessageQuery, bounds: Bounds) -> Result<Vec<Message>, StoreError>;

    /// Messages to the driver that the driver's application has yet to get, above this id, oldest first.
    fn undelivered(&self, source: SourceId, after: MessageId, bounds: Bounds) -> Result<Vec<Message>, StoreError>;

    /// Messages that have waited for the driver since before this time, oldest first.
    fn undelivered_since(&self, before: Timestamp, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// Messages to the driver that wait and are not known to wait for an application that is away; of one source or
    /// of all.
    fn stored_messages(&self, source: Option<SourceId>, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// The newest messages to drivers that were submitted or moved on at or after this time, with when they were,
    /// oldest change first.
    fn moved_since(&self, since: Timestamp, limit: usize) -> Result<Vec<(Message, Timestamp)>, StoreError>;

    /// Moves a message on. The time of delivery is kept from the first time that it is known.
    fn set_message_status(
        &self,
        id: MessageId,
        status: MessageStatus,
        changed: Timestamp,
        delivered: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Notes that the office has read a message.
    fn mark_read(&self, id: MessageId) -> Result<(), StoreError>;

    /// Notes that the office has read all messages of a source.
    fn mark_all_read(&self, source: SourceId) -> Result<(), StoreError>;

    /// Looks at the oldest `at_most` messages and removes those submitted before this time. Returns their sources,
    /// each once.
    fn remove_messages(&self, before: Timestamp, at_most: usize) -> Result<Vec<SourceId>, StoreError>;

    /// Adds a command.
    fn add_command(&self, command: &NewCommand) -> Result<CommandId, StoreError>;

    /// The command with this id.
    fn command(&self, id: CommandId) -> Result<Option<CommandRow>, StoreError>;

    /// Commands of a source of which something is still to come, oldest first.
    fn open_commands(&self, source: SourceId, limit: usize) -> Result<Vec<CommandRow>, StoreError>;

    /// Open commands whose time is over: those that expire at or before this time.
    fn overdue_commands(&self, now: Timestamp, limit: usize) -> Result<Vec<CommandRow>, StoreError>;

    /// Moves a command on.
    fn set_command_state(&self, id: CommandId, state: CommandState, changed: Timestamp) -> Result<(), StoreError>;

    /// Looks at the oldest `at_most` commands and removes those of which nothing is to come and that last moved
    /// before this time.
    fn remove_commands(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError>;

    /// The sources of which there is anything, in the order of ids.
    fn sources(&self) -> Result<Vec<SourceId>, StoreError>;

    /// Removes everything of a source that was taken in by this time.
    fn remove_source(&self, source: SourceId, until: Timestamp) -> Result<(), StoreError>;

    /// What is worth knowing of a source.
    fn summary(&self, source: SourceId) -> Result<Summary, StoreError>;

    /// The summaries of all sources that have anything, in the order of ids.
    fn summaries(&self) -> Result<Vec<(SourceId, Summary)>, StoreError>;
}
