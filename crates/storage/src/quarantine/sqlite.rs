//! The quarantine in one SQLite file.

use std::collections::HashMap;
use std::path::Path;

use model::{DeviceId, SourceId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::{Fault, Frame, FrameId, FrameQuery, FrameRow, KeepMax, QuarantineError, QuarantineStore, Used};
use crate::sqlite;

/// The schema's history.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_frames.sql")];

/// How many frames go at a time to make room.
const EVICTED_AT_ONCE: usize = 64;

/// The source of what nobody registered sent.
const NOBODY: u32 = 0;

/// A quarantine in one SQLite file. The file may be open twice: one to write, one to read beside it.
pub struct SqliteQuarantine {
    connection: Connection,
    /// What each source has.
    shares: HashMap<u32, Used>,
    all: Used,
}

impl SqliteQuarantine {
    /// Opens the file or makes it, readable by its owner only, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, QuarantineError> {
        let connection = sqlite::open(path, MIGRATIONS)?;
        // Nobody was promised that a frame is kept: the last ones may be lost when the power goes, and the disk's syncs
        // are left to those who wait for them.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let mut store = Self { connection, shares: HashMap::new(), all: Used::default() };
        store.count()?;
        Ok(store)
    }

    /// Counts anew what is there.
    fn count(&mut self) -> Result<(), QuarantineError> {
        let sql = "SELECT source_id, count(*), sum(size_bytes) FROM frames GROUP BY source_id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        (self.shares, self.all) = Default::default();
        while let Some(row) = rows.next()? {
            let (frames, bytes): (i64, i64) = (row.get(1)?, row.get(2)?);
            let used = Used { frames: frames.unsigned_abs(), bytes: bytes.unsigned_abs() };
            self.shares.insert(row.get(0)?, used);
            self.all = Used { frames: self.all.frames + used.frames, bytes: self.all.bytes + used.bytes };
        }
        Ok(())
    }

    /// Does the work durably and counts with it, or, when it or the commit fails, none of it.
    fn change<T>(
        &mut self,
        work: impl FnOnce(&mut Open<'_>) -> Result<T, QuarantineError>,
    ) -> Result<T, QuarantineError> {
        let transaction = self.connection.transaction()?;
        let done = work(&mut Open { table: &transaction, shares: &mut self.shares, all: &mut self.all });
        // Dropped without a commit, it takes back what was done.
        let outcome = done.and_then(|value| Ok(transaction.commit().map(|()| value)?));
        if outcome.is_err() {
            self.count()?;
        }
        outcome
    }
}

impl QuarantineStore for SqliteQuarantine {
    fn add(&mut self, frames: &[Frame], keep: &KeepMax) -> Result<u64, QuarantineError> {
        self.change(|open| {
            let mut evicted = 0;
            for frame in frames {
                open.add(frame)?;
                evicted += open.make_room(Some(source_of(frame)), keep.of_source())?;
            }
            Ok(evicted + open.make_room(None, keep.in_all())?)
        })
    }

    fn frames(&self, query: &FrameQuery, limit: usize, bytes_max: usize) -> Result<Vec<FrameRow>, QuarantineError> {
        let (condition, mut values) = condition(query);
        let order = if query.ascending { "ASC" } else { "DESC" };
        values.extend([number(bytes_max as u64), number(limit as u64)]);
        let bytes = values.len() - 1;
        let sql = format!(
            "SELECT id, at_ms, device_id, source_id, protocol, transport, peer, fault_at, kind, reason, size_bytes,
             coalesce(substr(frame, 1, ?{bytes}), x'') AS frame FROM frames WHERE {condition} ORDER BY id {order} LIMIT ?"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read(row)?);
        }
        Ok(list)
    }

    fn settle(&mut self, removed: &[FrameId], faults: &[(FrameId, Fault)]) -> Result<(), QuarantineError> {
        self.change(|open| {
            for id in removed {
                open.remove("id = ?1", vec![number(id.0)])?;
            }
            let sql = "UPDATE frames SET fault_at = ?2, kind = ?3, reason = ?4 WHERE id = ?1";
            let mut statement = open.table.prepare_cached(sql)?;
            for (id, fault) in faults {
                statement.execute(params![number(id.0), number(fault.offset), fault.kind, fault.reason])?;
            }
            Ok(())
        })
    }

    fn remove(&mut self, query: &FrameQuery) -> Result<u64, QuarantineError> {
        let (condition, values) = condition(query);
        self.change(|open| open.remove(&condition, values))
    }

    fn used(&self) -> Used {
        self.all
    }
}

/// The table within a transaction, and what is counted of it.
struct Open<'s> {
    table: &'s Connection,
    shares: &'s mut HashMap<u32, Used>,
    all: &'s mut Used,
}

impl Open<'_> {
    fn add(&mut self, f: &Frame) -> Result<(), QuarantineError> {
        let size = f.bytes.len() as u64;
        let sql = "INSERT INTO frames (at_ms, device_id, source_id, protocol, transport, peer, fault_at, kind, reason, \
                   size_bytes, frame) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        self.table.prepare_cached(sql)?.execute(params![
            f.at.ms(),
            f.device.as_ref().map(DeviceId::as_str),
            source_of(f),
            f.protocol,
            f.transport,
            f.peer,
            number(f.fault.offset),
            f.fault.kind,
            f.fault.reason,
            number(size),
            f.bytes
        ])?;
        for used in [self.shares.entry(source_of(f)).or_default(), self.all] {
            used.frames += 1;
            used.bytes += size;
        }
        Ok(())
    }

    /// Lets the oldest go, of one source or of all, until the rest is within what may be there.
    fn make_room(&mut self, source: Option<u32>, max: Used) -> Result<u64, QuarantineError> {
        let mut evicted = 0;
        loop {
            let used = source.map_or(*self.all, |source| self.shares.get(&source).copied().unwrap_or_default());
            if used.is_within(max) {
                return Ok(evicted);
            }
            let too_many = used.frames.saturating_sub(max.frames).clamp(1, EVICTED_AT_ONCE as u64);
            let (sources, mut values) = match source {
                Some(source) => ("WHERE source_id = ?1 ", vec![Value::from(i64::from(source))]),
                None => ("", Vec::new()),
            };
            values.push(number(too_many));
            let gone = self.remove(&format!("id IN (SELECT id FROM frames {sources}ORDER BY id LIMIT ?)"), values)?;
            if gone == 0 {
                return Ok(evicted);
            }
            evicted += gone;
        }
    }

    fn remove(&mut self, condition: &str, values: Vec<Value>) -> Result<u64, QuarantineError> {
        let sql = format!("DELETE FROM frames WHERE {condition} RETURNING source_id, size_bytes");
        let mut statement = self.table.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut removed = 0;
        while let Some(row) = rows.next()? {
            let (source, size): (u32, i64) = (row.get(0)?, row.get(1)?);
            if let Some(share) = self.shares.get_mut(&source) {
                take(share, size.unsigned_abs());
                if share.frames == 0 {
                    self.shares.remove(&source);
                }
            }
            take(self.all, size.unsigned_abs());
            removed += 1;
        }
        Ok(removed)
    }
}

fn take(used: &mut Used, bytes: u64) {
    used.frames = used.frames.saturating_sub(1);
    used.bytes = used.bytes.saturating_sub(bytes);
}

fn source_of(frame: &Frame) -> u32 {
    frame.source.map_or(NOBODY, |source| source.0)
}

/// SQLite's integers are signed. What is beyond them is not there.
fn number(n: u64) -> Value {
    Value::from(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What a query says, as a condition with its values.
fn condition(query: &FrameQuery) -> (String, Vec<Value>) {
    let parts = [
        ("id =", query.id.map(|id| number(id.0))),
        ("device_id =", query.device.as_ref().map(|device| Value::from(device.as_str().to_owned()))),
        ("protocol =", query.protocol.as_ref().map(|protocol| Value::from(protocol.clone()))),
        ("at_ms >=", query.since.map(|since| Value::from(since.ms()))),
        ("id <", query.below.map(|id| number(id.0))),
        ("id >", query.above.map(|id| number(id.0))),
    ];
    let (mut text, mut values) = ("1".to_owned(), Vec::new());
    for (comparison, value) in parts {
        if let Some(value) = value {
            values.push(value);
            text += &format!(" AND {comparison} ?{}", values.len());
        }
    }
    (text, values)
}

fn read(row: &Row<'_>) -> Result<FrameRow, QuarantineError> {
    let count =
        |column: &'static str| -> Result<u64, QuarantineError> { Ok(row.get::<_, i64>(column)?.unsigned_abs()) };
    let device: Option<String> = row.get("device_id")?;
    let device = device.map(|id| DeviceId::new(&id).ok_or(QuarantineError::Damaged { column: "frames.device_id" }));
    let at = Timestamp::from_ms(row.get("at_ms")?).ok_or(QuarantineError::Damaged { column: "frames.at_ms" })?;
    Ok(FrameRow {
        id: FrameId(count("id")?),
        size_bytes: count("size_bytes")?,
        frame: Frame {
            at,
            device: device.transpose()?,
            source: Some(row.get("source_id")?).filter(|id| *id != NOBODY).map(SourceId),
            protocol: row.get("protocol")?,
            transport: row.get("transport")?,
            peer: row.get("peer")?,
            fault: Fault { offset: count("fault_at")?, kind: row.get("kind")?, reason: row.get("reason")? },
            bytes: row.get("frame")?,
        },
    })
}
