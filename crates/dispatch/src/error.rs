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

/// Why something that a driver sent was not taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordError {
    /// A text of nothing but white space, or a form or service without a name.
    Blank,
    /// More characters than [`crate::DispatchOptions::message_chars_max`], or more bytes in all than
    /// [`crate::DispatchOptions::driver_event_bytes_max`].
    TooLong,
    /// The application's id is empty or longer than [`crate::DispatchOptions::guid_bytes_max`].
    BadGuid,
    /// No place on Earth.
    BadPosition,
    /// The server's fault; nothing was changed.
    Failed(StoreError),
}

/// Why a service was not made, changed or taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServiceError {
    /// The source has no such service.
    NotFound,
    /// No title.
    Blank,
    /// A text has more characters than [`crate::DispatchOptions::service_chars_max`].
    TooLong,
    /// No place on Earth.
    BadPosition,
    /// The source has as many services as may be.
    TooMany,
    /// The server's fault; nothing was changed.
    Failed(StoreError),
}

/// Why a file was not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileError {
    /// The application's id is empty or longer than [`crate::DispatchOptions::guid_bytes_max`].
    BadGuid,
    /// More bytes than [`crate::DispatchOptions::file_bytes_max`].
    TooLarge,
    /// Neither JPEG, PNG nor WebP.
    NoImage,
    /// The source's files are as many, or take as much, as may be.
    Full,
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

from_store!(MessageError RecordError ServiceError FileError QueueError AdvanceError);
