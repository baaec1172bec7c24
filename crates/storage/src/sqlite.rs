//! What the stores that are SQLite files have in common: how a file is opened, and how its schema gets up to date.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;

/// Why a file does not open.
#[derive(PartialEq, Debug)]
pub(crate) enum OpenError {
    /// It cannot be made or read.
    File(String),
    /// It was written by a newer server.
    Newer { found: u32, known: u32 },
    /// SQLite says no.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Opens a file or makes it, readable by its owner only, written through a write-ahead log and synced with every
/// commit; then runs the migrations that it has not seen.
pub(crate) fn open(path: &Path, migrations: &[&str]) -> Result<Connection, OpenError> {
    // The log and its index take the mode of the main file, so it has to be right before SQLite opens it.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| OpenError::File(format!("{}: {e}", path.display())))?;
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut connection, migrations)?;
    Ok(connection)
}

/// Runs the migrations that the file has not seen, each with its version number in one transaction. The place of a
/// migration is its version; one that was published is never changed.
fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), OpenError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = migrations.len() as u32;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (version, sql) in (1..).zip(migrations).skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_from_a_newer_server_is_refused() {
        let mut connection = Connection::open_in_memory().expect("memory");
        connection.pragma_update(None, "user_version", 7).expect("set");
        assert_eq!(migrate(&mut connection, &["", ""]), Err(OpenError::Newer { found: 7, known: 2 }));
    }

    #[test]
    fn each_migration_runs_once_and_in_order() {
        let mut connection = Connection::open_in_memory().expect("memory");
        let first = "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)";
        let second = "INSERT INTO t SELECT max(n) + 1 FROM t";
        migrate(&mut connection, &[first]).expect("first");
        migrate(&mut connection, &[first, second]).expect("second");
        migrate(&mut connection, &[first, second]).expect("nothing to do");
        let numbers: String = connection.query_row("SELECT group_concat(n) FROM t", [], |r| r.get(0)).expect("read");
        assert_eq!(numbers, "1,2");
    }

    #[test]
    fn a_migration_that_fails_leaves_no_trace() {
        let mut connection = Connection::open_in_memory().expect("memory");
        let broken = "CREATE TABLE t (n INTEGER); nonsense";
        assert!(matches!(migrate(&mut connection, &[broken]), Err(OpenError::Sqlite(_))));
        let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).expect("read");
        assert_eq!(tables, 0);
    }

    #[test]
    fn commits_are_synced_and_references_checked() {
        let dir = tempfile::tempdir().expect("folder");
        let connection = open(&dir.path().join("a.db"), &[""]).expect("opened");
        let mode: String = connection.pragma_query_value(None, "journal_mode", |r| r.get(0)).expect("mode");
        let pragma = |name: &str| -> u32 { connection.pragma_query_value(None, name, |r| r.get(0)).expect(name) };
        assert_eq!(mode, "wal");
        assert_eq!(pragma("synchronous"), 2, "FULL");
        assert_eq!(pragma("foreign_keys"), 1);
    }
}
