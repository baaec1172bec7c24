use std::fmt;

use crate::sqlite::OpenError;

/// Why the quarantine did not answer. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QuarantineError {
    /// The file cannot be opened or made.
    Open(String),
    /// The file was written by a newer server.
    Newer {
        /// Version of the file's schema.
        found: u32,
        /// The newest version this server knows.
        known: u32,
    },
    /// A value in a row is not what this server wrote.
    Damaged {
        /// Where: table and column.
        column: &'static str,
    },
    /// No room on the disk.
    Full,
    /// Anything else the engine reports.
    Engine(String),
    /// The store was closed.
    Closed,
}

impl fmt::Display for QuarantineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(why) => write!(f, "the quarantine cannot be opened: {why}"),
            Self::Newer { found, known } => {
                write!(f, "the quarantine has schema version {found}, and this server knows none above {known}")
            }
            Self::Damaged { column } => write!(f, "the quarantine holds an impossible value in {column}"),
            Self::Full => f.write_str("no room on the disk for the quarantine"),
            Self::Engine(why) => write!(f, "the quarantine failed: {why}"),
            Self::Closed => f.write_str("the quarantine is closed"),
        }
    }
}

impl std::error::Error for QuarantineError {}

impl From<rusqlite::Error> for QuarantineError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::PermissionDenied) => {
                Self::Open(error.to_string())
            }
            _ => Self::Engine(error.to_string()),
        }
    }
}

impl From<OpenError> for QuarantineError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::File(why) => Self::Open(why),
            OpenError::Newer { found, known } => Self::Newer { found, known },
            OpenError::Sqlite(error) => error.into(),
        }
    }
}
