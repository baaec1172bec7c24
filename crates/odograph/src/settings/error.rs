//! What can be wrong with a configuration.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// On the command line.
    Flag(&'static str),
    /// In the environment, under this name.
    Variable(String),
    /// In this file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Variable(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Why a configuration is not used.
#[derive(Debug)]
pub(crate) enum SettingsError {
    /// A value is not allowed.
    Value {
        /// The setting.
        key: String,
        /// Where the value stands.
        origin: Origin,
        /// What stands there.
        found: String,
        /// What may stand there.
        allowed: String,
    },
    /// The file has a key that is no setting.
    UnknownKey {
        /// The key.
        key: String,
        /// The file.
        file: PathBuf,
        /// Which keys there are in its section, or which sections.
        allowed: String,
    },
    /// The file cannot be read.
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not TOML.
    Toml {
        /// The file.
        file: PathBuf,
        /// Where and why.
        error: Box<toml::de::Error>,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { key, origin, found, allowed } => {
                write!(f, "{key} ({origin}): found {found}, allowed is {allowed}")
            }
            Self::UnknownKey { key, file, allowed } => {
                write!(f, "{key} ({}): no such setting, allowed is {allowed}", file.display())
            }
            Self::File { file, error } => write!(f, "{}: {error}", file.display()),
            Self::Toml { file, error } => write!(f, "{}: found what is not TOML: {error}", file.display()),
        }
    }
}

impl std::error::Error for SettingsError {}
