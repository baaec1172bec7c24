//! A data folder that goes away with the test.

use std::path::{Path, PathBuf};

/// A folder of its own for one server; removed when dropped, kept when the test failed.
#[derive(Debug)]
pub struct Folder {
    inner: Option<tempfile::TempDir>,
}

impl Folder {
    /// An empty folder.
    pub fn new() -> Folder {
        let inner = tempfile::Builder::new().prefix("odograph-e2e-").tempdir().expect("a temporary folder");
        Folder { inner: Some(inner) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.inner.as_ref().expect("present until dropped").path()
    }

    /// A path inside it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

impl Default for Folder {
    fn default() -> Self {
        Folder::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        if let Some(inner) = self.inner.take() {
            eprintln!("data folder kept: {}", inner.keep().display());
        }
    }
}
