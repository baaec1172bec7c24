//! The data folder and the lock that keeps a second process out of it.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A data folder that is ours while this lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder is not ours.
#[derive(Debug)]
pub(crate) enum FolderError {
    /// Another process works with it.
    Taken(PathBuf),
    /// There is none.
    Missing(PathBuf),
    /// It cannot be made or used.
    Io(PathBuf, io::Error),
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(path) => write!(f, "another instance uses the data folder {}", path.display()),
            Self::Missing(path) => write!(f, "there is no data folder {}", path.display()),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for FolderError {}

impl DataFolder {
    /// Takes the folder, which is made for its owner only if it is missing.
    pub(crate) fn create(path: &Path) -> Result<Self, FolderError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| FolderError::Io(path.to_owned(), error))?;
        Self::lock(path)
    }

    /// Takes a folder that exists.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        if !path.is_dir() {
            return Err(FolderError::Missing(path.to_owned()));
        }
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, FolderError> {
        let file = path.join("odograph.lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&file);
        let lock = opened.map_err(|error| FolderError::Io(file.clone(), error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Taken(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(FolderError::Io(file, error)),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the journal is.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }
}

/// The control socket of the server that works with the folder.
pub(crate) fn control_socket(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_is_made_for_its_owner_and_taken_once() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("deep/data");
        assert!(matches!(DataFolder::open(&path), Err(FolderError::Missing(_))));
        let first = DataFolder::create(&path).expect("made");
        assert_eq!(path.metadata().expect("exists").permissions().mode() & 0o777, 0o700);
        let second = DataFolder::create(&path).expect_err("taken");
        assert!(second.to_string().contains("another instance uses the data folder"), "{second}");
        drop(first);
        assert!(DataFolder::open(&path).is_ok());
    }
}
