//! Mails as files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A folder in which each mail becomes a file.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// From what stands after `file:`: a path, or an empty host and a path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let path = text.strip_prefix("//").unwrap_or(text);
        (!path.is_empty() && !path.contains('\0')).then(|| Self(path.into()))
    }

    /// Writes a mail, for the owner of the process only. It appears whole or not at all.
    pub(crate) async fn put(&self, mail: Vec<u8>) -> io::Result<()> {
        let dir = self.0.clone();
        tokio::task::spawn_blocking(move || put(&dir, &mail)).await.map_err(io::Error::other)?
    }
}

fn put(dir: &Path, mail: &[u8]) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let name = name()?;
    // Who looks for mails passes over names that begin with a dot.
    let half = dir.join(format!(".{name}"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
    file.write_all(mail)?;
    file.sync_all()?;
    fs::rename(&half, dir.join(name))?;
    File::open(dir)?.sync_all()
}

/// A name that sorts by time and is not given twice.
fn name() -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Ok(format!("{ms:013}-{:016x}.eml", u64::from_be_bytes(random)))
}
