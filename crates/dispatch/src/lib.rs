//! Commands to devices and messages between office and drivers, as durable state machines.
//!
//! Both belong to a source. What was taken in survives a crash: a method that writes answers when the disk has it.
//! Both only go forward: [`MessageStatus::next`] and [`CommandState::next`] say which steps there are, and whatever
//! reports a step that is none changes nothing. Time comes in as an argument; no method reads a clock.
//!
//! | for | call |
//! | --- | --- |
//! | starting | [`Dispatch::open`], [`Dispatch::expire`] once a second |
//! | the office | [`Dispatch::send`], [`Dispatch::broadcast`], [`Dispatch::messages`], [`Dispatch::mark_read`], [`Dispatch::mark_all_read`] |
//! | the office, of services | [`Dispatch::create_service`], [`Dispatch::edit_service`], [`Dispatch::remove_service`], [`Dispatch::services`] |
//! | the driver | [`Dispatch::record`], [`Dispatch::keep_file`], [`Dispatch::undelivered`], [`Dispatch::advance`], [`Dispatch::app_gone`] |
//! | those who look on | [`Dispatch::on_event`], [`Dispatch::moved_since`], [`Dispatch::driver_events`], [`Dispatch::file`] |
//! | a device | [`Dispatch::queue`], [`Dispatch::open_commands`], [`Dispatch::advance_command`], [`Dispatch::withdraw_commands`]; a [`Courier`] brings what waits |
//! | at a glance | [`Dispatch::summary`], from memory |
//!
//! One thread writes. What waits for it is done in one transaction, so that many writers share one sync of the disk.
//! Another thread reads beside it. The queues of both are bounded; a caller waits for a place.
#![deny(missing_docs)]

mod chat;
mod commands;
mod courier;
mod dispatch;
mod driver;
mod error;
mod events;
mod expiry;
mod files;
mod line;
mod options;
mod services;
#[cfg(test)]
mod tests;

pub use chat::Sent;
pub use courier::{Answered, Carried, Courier, Going, Road};
pub use dispatch::Dispatch;
pub use error::{AdvanceError, FileError, MessageError, QueueError, RecordError, ServiceError};
pub use events::DispatchEvent;
pub use model::{Command, CommandId, CommandState, MessageId, MessageStatus};
pub use options::DispatchOptions;
pub use storage::dispatch::{
    CommandRow, FileId, ImageKind, KeptFile, Message, MessageQuery, NewDriverEvent, Sender, Service, ServiceDraft,
    ServiceState, StoreError, Summary,
};
