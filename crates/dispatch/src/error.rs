//! What can go wrong, one small enum an operation. Every variant is a condition; texts are the dialects' business.

use storage::dispatch::StoreError;

/// Why a message was not taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MessageError {
    /// Nothing but white space.
    Blank,
    /// More characters than [`crate::DispatchOptions::message_chars_max`].
    TooLong,
    /// The sender's id is empty or longer than [`crate::DispatchOptions::guid_bytes_max`].
    BadGuid,
    /// As many messages wait for this driver as may.
    TooManyWaiting,
    /// The server's fault; nothing was changed.
    Failed(StoreError),
}

/// Why a command was not taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QueueError {
    /// No bytes at all.
    Empty,
    /// More bytes than [`crate::DispatchOptions::command_bytes_max`].
    TooLong,
    /// As many commands wait for this device as may.
    Full,
    /// The server's fault; nothing was changed.
    Failed(StoreError),
}

/// Why a message or command was not moved on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AdvanceError {
    /// There is no such command, or no such message to a driver.
    NotFound,
    /// The server's fault; nothing was changed.
    Failed(StoreError),
}

/// Gives an error type its way in from below.
macro_rules! from_store {
    ($($error:ident)*) => {$(
        impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self {
                Self::Failed(error)
            }
        }
    )*};
}

from_store!(MessageError QueueError AdvanceError);
