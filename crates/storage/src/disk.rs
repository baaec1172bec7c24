//! What the file system says.

use std::io;
use std::path::Path;

/// Bytes that this process may still write to the file system that holds `dir`: what is free, less what the system
/// keeps back for its administrator.
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_a_missing_one_is_an_error() {
        let dir = tempfile::tempdir().expect("temporary folder");
        assert!(free_bytes(dir.path()).expect("exists") > 0);
        let missing = free_bytes(&dir.path().join("missing")).map_err(|e| e.kind());
        assert_eq!(missing, Err(io::ErrorKind::NotFound));
    }
}
