//! Files of forms, in SQLite: a picture is small, and so it is durable in the same commit as what names it.

use model::{SourceId, Timestamp};
use rusqlite::params;

use super::{Open, id, limit, number};
use crate::dispatch::{FileId, FileTables, FilesUsed, ImageKind, KeptFile, NewFile, StoreError};

impl FileTables for Open<'_> {
    fn add_file(&self, file: &NewFile<'_>) -> Result<FileId, StoreError> {
        let size = limit(file.bytes.len());
        self.put(
            "INSERT INTO files (source_id, guid, kept_ms, kind, size_bytes, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![file.source.0, file.guid, file.kept.ms(), file.kind.number(), size, file.bytes],
        )?;
        Ok(FileId(self.0.last_insert_rowid().unsigned_abs()))
    }

    fn file(&self, file: FileId) -> Result<Option<KeptFile>, StoreError> {
        let Some(row) = number(file.0) else { return Ok(None) };
        self.one("SELECT * FROM files WHERE id = ?1", [row], |row| {
            let kind = ImageKind::from_number(row.get("kind")?);
            Ok(KeptFile {
                id: FileId(id(row, "files.id")?),
                source: SourceId(row.get("source_id")?),
                kind: kind.ok_or(StoreError::Damaged { column: "files.kind" })?,
                bytes: row.get("bytes")?,
            })
        })
    }

    fn file_source(&self, file: FileId) -> Result<Option<SourceId>, StoreError> {
        let Some(row) = number(file.0) else { return Ok(None) };
        self.one("SELECT source_id FROM files WHERE id = ?1", [row], |row| Ok(SourceId(row.get(0)?)))
    }

    fn file_by_guid(&self, source: SourceId, guid: &str) -> Result<Option<FileId>, StoreError> {
        let sql = "SELECT id FROM files WHERE source_id = ?1 AND guid = ?2";
        self.one(sql, params![source.0, guid], |row| Ok(FileId(id(row, "files.id")?)))
    }

    fn files_used(&self, source: SourceId) -> Result<FilesUsed, StoreError> {
        let sql = "SELECT count(*), coalesce(sum(size_bytes), 0) FROM files WHERE source_id = ?1";
        let used = self.one(sql, [source.0], |row| {
            let (count, bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(FilesUsed { count: count.unsigned_abs(), bytes: bytes.unsigned_abs() })
        })?;
        Ok(used.unwrap_or_default())
    }

    fn remove_files(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError> {
        self.put(
            "DELETE FROM files WHERE id IN (SELECT id FROM files WHERE kept_ms < ?1 ORDER BY kept_ms LIMIT ?2)",
            params![before.ms(), limit(at_most)],
        )
    }
}
