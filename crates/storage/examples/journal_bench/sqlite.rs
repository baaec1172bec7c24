//! The other candidate: a clustered SQLite table. It passes the same contract tests, and is kept only so that the
//! comparison can be run again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{Entry, EntryKind, Seq, SourceId, Timestamp};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params};
use storage::codec::{decode_change, decode_report, decode_snapshot, encode_change};
use storage::journal::{Journal, JournalError, Listing, Record, ReportKey, Snapshot, StoredReport, TailEntry};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS reports (
        source INTEGER, time INTEGER, hash INTEGER,
        seq INTEGER NOT NULL, received INTEGER NOT NULL, flags INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (source, time, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS report_order (
        seq INTEGER PRIMARY KEY, source INTEGER NOT NULL, time INTEGER NOT NULL, hash INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS marks (
        seq INTEGER PRIMARY KEY, source INTEGER NOT NULL, received INTEGER NOT NULL, change BLOB
    ) STRICT;
    CREATE TABLE IF NOT EXISTS snapshots (
        source INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

const REPORT_COLUMNS: &str = "seq, source, time, received, flags, body";

/// A journal in one SQLite database: write-ahead log, synced at every commit. The hash, a number without sign, is
/// stored with its top bit turned, so that it sorts as it should.
pub(crate) struct SqliteJournal {
    writer: Mutex<Connection>,
    path: PathBuf,
    /// Held as long as the journal is open.
    _lock: std::fs::File,
}

impl SqliteJournal {
    /// Opens or begins a journal in a folder.
    pub(crate) fn open(dir: &Path) -> Result<Self, JournalError> {
        std::fs::create_dir_all(dir).map_err(JournalError::Io)?;
        let lock = std::fs::File::create(dir.join("lock")).map_err(JournalError::Io)?;
        lock.try_lock().map_err(|_| JournalError::Locked)?;
        let path = dir.join("journal.db");
        let writer = Connection::open(&path).map_err(engine)?;
        // The same memory as the other engine has: 64 MiB of cache, and a log of 128 MiB.
        writer
            .execute_batch(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 16384; PRAGMA mmap_size = 0;",
            )
            .map_err(engine)?;
        writer.execute_batch(SCHEMA).map_err(engine)?;
        Ok(Self { writer: Mutex::new(writer), path, _lock: lock })
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a query on a connection of its own and yields its rows from a list: a cursor that stays open would
    /// borrow from its statement. Good enough for a comparison, in pieces where results are large.
    fn read<T: Send + 'static>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        map: impl Fn(&Row<'_>) -> rusqlite::Result<Result<T, JournalError>>,
    ) -> Listing<'static, T> {
        let rows = || -> rusqlite::Result<Vec<Result<T, JournalError>>> {
            let reader = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut statement = reader.prepare(sql)?;
            statement.query_map(values, map)?.collect()
        };
        match rows() {
            Ok(rows) => Box::new(rows.into_iter()),
            Err(error) => Box::new(std::iter::once(Err(engine(error)))),
        }
    }

    fn meta_seq(&self, name: &str) -> Result<i64, JournalError> {
        let seq = self
            .writer()
            .query_row("SELECT seq FROM meta WHERE name = ?", [name], |row| row.get(0))
            .optional()
            .map_err(engine)?;
        Ok(seq.unwrap_or(0))
    }
}

fn put(transaction: &rusqlite::Transaction<'_>, record: &Record<'_>) -> rusqlite::Result<()> {
    let mark = "INSERT INTO marks VALUES (?, ?, ?, ?)";
    match *record {
        Record::Report { key, seq, received, flags, body } => {
            let (source, time, hash) = (key.source.0, key.time.ms(), signed(key.hash));
            let added = transaction
                .prepare_cached("INSERT OR IGNORE INTO reports VALUES (?, ?, ?, ?, ?, ?, ?)")?
                .execute(params![source, time, hash, seq.0 as i64, received.ms(), flags, body])?;
            if added == 1 {
                transaction.prepare_cached("INSERT INTO report_order VALUES (?, ?, ?, ?)")?.execute(params![
                    seq.0 as i64,
                    source,
                    time,
                    hash
                ])?;
            }
        }
        Record::Contact { source, seq, received } => {
            transaction.prepare_cached(mark)?.execute(params![
                seq.0 as i64,
                source.0,
                received.ms(),
                None::<Vec<u8>>
            ])?;
        }
        Record::Change { source, seq, received, change } => {
            let mut bytes = Vec::new();
            encode_change(change, &mut bytes);
            transaction.prepare_cached(mark)?.execute(params![seq.0 as i64, source.0, received.ms(), bytes])?;
        }
        Record::Snapshot { source, seq, body } => {
            transaction.prepare_cached("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)")?.execute(params![
                source.0,
                seq.0 as i64,
                body
            ])?;
        }
        Record::Checkpoint { seq } => {
            raise(transaction, "checkpoint", seq)?;
            transaction.execute("DELETE FROM marks WHERE seq <= ?", [seq.0 as i64])?;
        }
    }
    Ok(())
}

fn raise(transaction: &rusqlite::Transaction<'_>, name: &str, seq: Seq) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)")?
        .execute(params![name, seq.0 as i64])?;
    Ok(())
}

impl Journal for SqliteJournal {
    fn append(&self, records: &[Record<'_>]) -> Result<(), JournalError> {
        let commit = || -> rusqlite::Result<()> {
            let mut writer = self.writer();
            let transaction = writer.transaction()?;
            let mut last_seq = Seq(0);
            for record in records {
                put(&transaction, record)?;
                if let Record::Report { seq, .. } | Record::Contact { seq, .. } | Record::Change { seq, .. } = record {
                    last_seq = last_seq.max(*seq);
                }
            }
            raise(&transaction, "last_seq", last_seq)?;
            transaction.commit()
        };
        commit().map_err(engine)
    }

    fn contains(&self, key: &ReportKey) -> Result<bool, JournalError> {
        self.writer()
            .prepare_cached("SELECT 1 FROM reports WHERE source = ? AND time = ? AND hash = ?")
            .and_then(|mut statement| statement.exists(params![key.source.0, key.time.ms(), signed(key.hash)]))
            .map_err(engine)
    }

    fn range(&self, source: SourceId, from: Timestamp, to: Timestamp) -> Listing<'_, StoredReport> {
        let sql = format!(
            "SELECT {REPORT_COLUMNS} FROM reports WHERE source = ? AND time BETWEEN ? AND ? ORDER BY time, hash"
        );
        self.read(&sql, params![source.0, from.ms(), to.ms()], report)
    }

    fn newest(&self, source: SourceId, to: Timestamp) -> Listing<'_, StoredReport> {
        let sql = format!(
            "SELECT {REPORT_COLUMNS} FROM reports WHERE source = ? AND time <= ? ORDER BY time DESC, hash DESC"
        );
        self.read(&sql, params![source.0, to.ms()], report)
    }

    fn by_seq(&self, from: Seq) -> Listing<'_, StoredReport> {
        let sql = format!(
            "SELECT o.{REPORT_COLUMNS} FROM report_order o JOIN reports USING (source, time, hash) WHERE o.seq >= ? ORDER BY o.seq"
        );
        self.read(&sql, [from.0 as i64], report)
    }

    fn tail(&self) -> Listing<'_, TailEntry> {
        let checkpoint = match self.meta_seq("checkpoint") {
            Ok(seq) => seq,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        self.read(
            "SELECT seq, source, time, received, flags, body, 0 AS kind
                 FROM report_order JOIN reports USING (seq, source, time, hash) WHERE seq > ?1
             UNION ALL SELECT seq, source, 0, received, 0, change, 1 FROM marks WHERE seq > ?1
             ORDER BY seq",
            [checkpoint],
            tail_entry,
        )
    }

    fn snapshots(&self) -> Listing<'_, Snapshot> {
        self.read("SELECT source, seq, body FROM snapshots ORDER BY source", [], |row| {
            let (source, seq, body) = (SourceId(row.get(0)?), Seq(row.get::<_, i64>(1)? as u64), row.get_ref(2)?);
            let saved = decode_snapshot(body.as_blob()?).map_err(|error| JournalError::Corrupt { seq: None, error });
            Ok(saved.map(|saved| Snapshot { source, seq, saved }))
        })
    }

    fn last_seq(&self) -> Result<Seq, JournalError> {
        Ok(Seq(self.meta_seq("last_seq")? as u64))
    }

    fn remove_before(&self, source: SourceId, before: Timestamp, at_most: usize) -> Result<usize, JournalError> {
        let remove = || -> rusqlite::Result<usize> {
            let mut writer = self.writer();
            let transaction = writer.transaction()?;
            let oldest: Vec<(i64, i64, i64)> = transaction
                .prepare("SELECT time, hash, seq FROM reports WHERE source = ? AND time < ? ORDER BY 1, 2 LIMIT ?")?
                .query_map(params![source.0, before.ms(), at_most as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            for (time, hash, seq) in &oldest {
                transaction.execute(
                    "DELETE FROM reports WHERE source = ? AND time = ? AND hash = ?",
                    params![source.0, time, hash],
                )?;
                transaction.execute("DELETE FROM report_order WHERE seq = ?", [seq])?;
            }
            transaction.commit()?;
            Ok(oldest.len())
        };
        remove().map_err(engine)
    }

    fn disk_bytes(&self) -> u64 {
        ["journal.db", "journal.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(self.path.with_file_name(name)).ok())
            .map(|file| file.len())
            .sum()
    }
}

fn report(row: &Row<'_>) -> rusqlite::Result<Result<StoredReport, JournalError>> {
    let seq = Seq(row.get::<_, i64>(0)? as u64);
    let report = decode_report(row.get_ref(5)?.as_blob()?);
    let (source, time, received) = (SourceId(row.get(1)?), time(row, 2)?, time(row, 3)?);
    let flags = row.get(4)?;
    Ok(report
        .map(|report| StoredReport { seq, source, time, received, flags, report })
        .map_err(|error| JournalError::Corrupt { seq: Some(seq), error }))
}

fn tail_entry(row: &Row<'_>) -> rusqlite::Result<Result<TailEntry, JournalError>> {
    if row.get::<_, i64>(6)? == 0 {
        return Ok(report(row)?.map(|r| TailEntry {
            entry: Entry {
                seq: r.seq,
                source: r.source,
                received: r.received,
                kind: EntryKind::Report(Box::new(r.report)),
            },
            flags: r.flags,
        }));
    }
    let (seq, source, received) = (Seq(row.get::<_, i64>(0)? as u64), SourceId(row.get(1)?), time(row, 3)?);
    let kind = match row.get_ref(5)?.as_blob_or_null()? {
        None => Ok(EntryKind::Contact),
        Some(change) => decode_change(change).map(EntryKind::Change),
    };
    Ok(kind
        .map(|kind| TailEntry { entry: Entry { seq, source, received, kind }, flags: 0 })
        .map_err(|error| JournalError::Corrupt { seq: Some(seq), error }))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_ms_clamped(row.get(column)?))
}

fn signed(hash: u64) -> i64 {
    (hash ^ 1 << 63) as i64
}

fn engine(error: rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Locked,
        _ => JournalError::Engine(Box::new(error)),
    }
}
