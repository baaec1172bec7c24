use std::fmt;

use crate::sqlite::OpenError;

/// Why the catalog did not answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CatalogError {
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
    /// A change contradicts what is there: a second row with a unique value, or a reference to nothing.
    Conflict(String),
    /// No room on the disk.
    Full,
    /// Anything else the engine reports.
    Engine(String),
    /// The catalog was closed.
    Closed,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(why) => write!(f, "the catalog cannot be opened: {why}"),
            Self::Newer { found, known } => {
                write!(f, "the catalog has schema version {found}, and this server knows none above {known}")
            }
            Self::Damaged { column } => write!(f, "the catalog holds an impossible value in {column}"),
            Self::Conflict(why) => write!(f, "the change contradicts the catalog: {why}"),
            Self::Full => f.write_str("no room on the disk for the catalog"),
            Self::Engine(why) => write!(f, "the catalog failed: {why}"),
            Self::Closed => f.write_str("the catalog is closed"),
        }
    }
}

impl std::error::Error for CatalogError {}

impl From<rusqlite::Error> for CatalogError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Self::Conflict(error.to_string()),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::PermissionDenied) => {
                Self::Open(error.to_string())
            }
            _ => Self::Engine(error.to_string()),
        }
    }
}

impl From<OpenError> for CatalogError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::File(why) => Self::Open(why),
            OpenError::Newer { found, known } => Self::Newer { found, known },
            OpenError::Sqlite(error) => error.into(),
        }
    }
}
