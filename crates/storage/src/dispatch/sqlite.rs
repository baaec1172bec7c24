//! Messages and commands in one SQLite file.

mod events;
mod files;
mod services;

use std::collections::BTreeMap;
use std::path::Path;

use model::{Command, CommandId, CommandState, MessageId, MessageStatus, SourceId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::{
    Bounds, CommandRow, DispatchStore, Message, MessageQuery, NewCommand, NewMessage, Sender, StoreError, Summary,
    Tables, Work,
};
use crate::sqlite;

/// The schema's history.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_messages_commands.sql"), include_str!("migrations/0002_drivers.sql")];

/// The tables whose rows belong to a source, and when each row was taken in.
const TABLES: [(&str, &str); 5] = [
    ("messages", "submitted_ms"),
    ("commands", "submitted_ms"),
    ("driver_events", "received_ms"),
    ("services", "created_ms"),
    ("files", "kept_ms"),
];

/// A store in one SQLite file, written through a write-ahead log and synced with every commit. The file may be open
/// twice: one to write, one to read beside it.
pub struct SqliteDispatch {
    connection: Connection,
}

impl SqliteDispatch {
    /// Opens the file or makes it, readable by its owner only, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: sqlite::open(path, MIGRATIONS)? })
    }
}

impl DispatchStore for SqliteDispatch {
    fn transaction(&mut self, work: Work<'_>) -> Result<(), StoreError> {
        // Dropped without a commit, it takes back what was done.
        let transaction = self.connection.transaction()?;
        work(&Open(&transaction))?;
        Ok(transaction.commit()?)
    }
}

/// The tables within a transaction.
struct Open<'t>(&'t Connection);

impl Open<'_> {
    fn put(&self, sql: &str, values: impl Params) -> Result<(), StoreError> {
        self.0.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn one<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.0.prepare_cached(sql)?.query_row(values, |row| Ok(read(row))).optional()?.transpose()
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read(row)?);
        }
        Ok(list)
    }

    /// Messages until the bound of bytes is reached; the statement bounds their number.
    fn bounded(&self, sql: &str, values: impl Params, bounds: Bounds) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let (mut list, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let message = message(row)?;
            bytes += message.text.len();
            if bytes > bounds.text_bytes_max && !list.is_empty() {
                break;
            }
            list.push(message);
        }
        Ok(list)
    }

    /// The summaries of one source or of all. Each part is answered by an index of its own.
    fn summarize(&self, source: Option<SourceId>) -> Result<BTreeMap<SourceId, Summary>, StoreError> {
        type Put = fn(&mut Summary, i64) -> Result<(), StoreError>;
        const PARTS: [(&str, &str, Put); 4] = [
            ("max(changed_ms)", "messages WHERE 1", |summary, ms| {
                summary.updated = Some(instant(ms, "messages.changed_ms")?);
                Ok(())
            }),
            ("count(*)", "messages WHERE incoming = 1 AND is_read = 0", |summary, n| {
                summary.unread_count = count(n);
                Ok(())
            }),
            ("count(*)", "messages WHERE incoming = 0 AND status IN (0, 1, 3)", |summary, n| {
                summary.undelivered_count = count(n);
                Ok(())
            }),
            ("count(*)", "commands WHERE state IN (0, 1)", |summary, n| {
                summary.open_commands_count = count(n);
                Ok(())
            }),
        ];
        let mut summaries = BTreeMap::<SourceId, Summary>::new();
        for (value, rows, put) in PARTS {
            let read = |row: &Row<'_>| Ok((SourceId(row.get(0)?), row.get::<_, Option<i64>>(1)?));
            let found = match source {
                // Not grouped: then the newest is one step into the index, however many there are.
                Some(source) => {
                    self.all(&format!("SELECT ?1, {value} FROM {rows} AND source_id = ?1"), [source.0], read)?
                }
                None => self.all(&format!("SELECT source_id, {value} FROM {rows} GROUP BY source_id"), [], read)?,
            };
            for (source, value) in found {
                if let Some(value) = value {
                    put(summaries.entry(source).or_default(), value)?;
                }
            }
        }
        Ok(summaries)
    }
}

impl Tables for Open<'_> {
    fn add_message(&self, m: &NewMessage) -> Result<MessageId, StoreError> {
        let author = author(m.sender);
        self.put(
            "INSERT INTO messages (source_id, incoming, author_id, guid, text, submitted_ms, status, changed_ms, is_read)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, NOT ?2)",
            params![
                m.source.0,
                author.is_none(),
                author.map(|user| user.0),
                m.guid,
                m.text,
                m.submitted.ms(),
                m.status.number()
            ],
        )?;
        Ok(MessageId(self.0.last_insert_rowid().unsigned_abs()))
    }

    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let Some(id) = number(id.0) else { return Ok(None) };
        self.one("SELECT * FROM messages WHERE id = ?1", [id], message)
    }

    fn message_by_guid(
        &self,
        source: SourceId,
        author: Option<UserId>,
        guid: &str,
        text: &str,
    ) -> Result<Option<Message>, StoreError> {
        self.one(
            "SELECT * FROM messages WHERE source_id = ?1 AND guid = ?2 AND author_id IS ?3 AND text = ?4 \
             ORDER BY id DESC LIMIT 1",
            params![source.0, guid, author.map(|user| user.0), text],
            message,
        )
    }

    fn messages(&self, query: &MessageQuery, bounds: Bounds) -> Result<Vec<Message>, StoreError> {
        let sql = match query.ascending {
            true => {
                "SELECT * FROM messages WHERE source_id = ?1 AND submitted_ms BETWEEN ?2 AND ?3
                 ORDER BY submitted_ms, id LIMIT ?4"
            }
            false => {
                "SELECT * FROM messages WHERE source_id = ?1 AND submitted_ms BETWEEN ?2 AND ?3
                 ORDER BY submitted_ms DESC, id DESC LIMIT ?4"
            }
        };
        let count_max = limit(query.limit.min(bounds.count_max));
        self.bounded(sql, params![query.source.0, query.from.ms(), query.to.ms(), count_max], bounds)
    }

    fn undelivered(&self, source: SourceId, after: MessageId, bounds: Bounds) -> Result<Vec<Message>, StoreError> {
        let Some(after) = number(after.0) else { return Ok(Vec::new()) };
        self.bounded(
            "SELECT * FROM messages WHERE source_id = ?1 AND id > ?2 AND incoming = 0 AND status IN (0, 1, 3)
             ORDER BY id LIMIT ?3",
            params![source.0, after, limit(bounds.count_max)],
            bounds,
        )
    }

    fn undelivered_since(&self, before: Timestamp, at_most: usize) -> Result<Vec<Message>, StoreError> {
        self.all(
            "SELECT * FROM messages WHERE submitted_ms < ?1 AND incoming = 0 AND status IN (0, 1, 3)
             ORDER BY submitted_ms LIMIT ?2",
            params![before.ms(), limit(at_most)],
            message,
        )
    }

    fn stored_messages(&self, source: Option<SourceId>, at_most: usize) -> Result<Vec<Message>, StoreError> {
        match source {
            Some(source) => self.all(
                "SELECT * FROM messages WHERE source_id = ?1 AND incoming = 0 AND status IN (0, 1) ORDER BY id LIMIT ?2",
                params![source.0, limit(at_most)],
                message,
            ),
            None => self.all(
                "SELECT * FROM messages WHERE incoming = 0 AND status IN (0, 1) ORDER BY source_id, id LIMIT ?1",
                [limit(at_most)],
                message,
            ),
        }
    }

    fn moved_since(&self, since: Timestamp, at_most: usize) -> Result<Vec<(Message, Timestamp)>, StoreError> {
        let mut moved = self.all(
            "SELECT * FROM messages WHERE changed_ms >= ?1 AND incoming = 0 ORDER BY changed_ms DESC, id DESC LIMIT ?2",
            params![since.ms(), limit(at_most)],
            |row| Ok((message(row)?, instant(row.get("changed_ms")?, "messages.changed_ms")?)),
        )?;
        moved.reverse();
        Ok(moved)
    }

    fn set_message_status(
        &self,
        id: MessageId,
        status: MessageStatus,
        changed: Timestamp,
        delivered: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Some(id) = number(id.0) else { return Ok(()) };
        self.put(
            "UPDATE messages SET status = ?2, changed_ms = ?3, delivered_ms = coalesce(delivered_ms, ?4) WHERE id = ?1",
            params![id, status.number(), changed.ms(), delivered.map(Timestamp::ms)],
        )
    }

    fn mark_read(&self, id: MessageId) -> Result<(), StoreError> {
        let Some(id) = number(id.0) else { return Ok(()) };
        self.put("UPDATE messages SET is_read = 1 WHERE id = ?1", [id])
    }

    fn mark_all_read(&self, source: SourceId) -> Result<(), StoreError> {
        self.put("UPDATE messages SET is_read = 1 WHERE source_id = ?1 AND incoming = 1 AND is_read = 0", [source.0])
    }

    fn remove_messages(&self, before: Timestamp, at_most: usize) -> Result<Vec<SourceId>, StoreError> {
        let mut sources = self.all(
            "DELETE FROM messages WHERE submitted_ms < ?1 AND id IN (SELECT id FROM messages ORDER BY id LIMIT ?2)
             RETURNING source_id",
            params![before.ms(), limit(at_most)],
            |row| Ok(SourceId(row.get(0)?)),
        )?;
        sources.sort_unstable();
        sources.dedup();
        Ok(sources)
    }

    fn add_command(&self, c: &NewCommand) -> Result<CommandId, StoreError> {
        let (mut text, mut bytes, mut output) = (None, None, None);
        match &c.command {
            Command::Text(t) => text = Some(t),
            Command::Bytes(b) => bytes = Some(b),
            Command::Output { number, on } => output = Some((*number, *on)),
        }
        self.put(
            "INSERT INTO commands (source_id, text, bytes, output, output_on, submitted_ms, expires_ms, state, changed_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?6)",
            params![
                c.source.0,
                text,
                bytes,
                output.map(|(number, _)| number),
                output.map(|(_, on)| on),
                c.submitted.ms(),
                c.expires.ms(),
                CommandState::Queued.number()
            ],
        )?;
        Ok(CommandId(self.0.last_insert_rowid().unsigned_abs()))
    }

    fn command(&self, id: CommandId) -> Result<Option<CommandRow>, StoreError> {
        let Some(id) = number(id.0) else { return Ok(None) };
        self.one("SELECT * FROM commands WHERE id = ?1", [id], command)
    }

    fn open_commands(&self, source: SourceId, at_most: usize) -> Result<Vec<CommandRow>, StoreError> {
        self.all(
            "SELECT * FROM commands WHERE source_id = ?1 AND state IN (0, 1) ORDER BY id LIMIT ?2",
            params![source.0, limit(at_most)],
            command,
        )
    }

    fn overdue_commands(&self, now: Timestamp, at_most: usize) -> Result<Vec<CommandRow>, StoreError> {
        self.all(
            "SELECT * FROM commands WHERE expires_ms <= ?1 AND state IN (0, 1) ORDER BY expires_ms LIMIT ?2",
            params![now.ms(), limit(at_most)],
            command,
        )
    }

    fn set_command_state(&self, id: CommandId, state: CommandState, changed: Timestamp) -> Result<(), StoreError> {
        let Some(id) = number(id.0) else { return Ok(()) };
        self.put(
            "UPDATE commands SET state = ?2, changed_ms = ?3 WHERE id = ?1",
            params![id, state.number(), changed.ms()],
        )
    }

    fn remove_commands(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError> {
        self.put(
            "DELETE FROM commands WHERE changed_ms < ?1 AND state NOT IN (0, 1)
             AND id IN (SELECT id FROM commands ORDER BY id LIMIT ?2)",
            params![before.ms(), limit(at_most)],
        )
    }

    fn sources(&self) -> Result<Vec<SourceId>, StoreError> {
        let of_each = TABLES.map(|(table, _)| format!("SELECT DISTINCT source_id FROM {table}"));
        self.all(&format!("{} ORDER BY 1", of_each.join(" UNION ")), [], |row| Ok(SourceId(row.get(0)?)))
    }

    fn remove_source(&self, source: SourceId, until: Timestamp) -> Result<(), StoreError> {
        for (table, taken_in) in TABLES {
            let sql = format!("DELETE FROM {table} WHERE source_id = ?1 AND {taken_in} <= ?2");
            self.put(&sql, params![source.0, until.ms()])?;
        }
        Ok(())
    }

    fn summary(&self, source: SourceId) -> Result<Summary, StoreError> {
        Ok(self.summarize(Some(source))?.remove(&source).unwrap_or_default())
    }

    fn summaries(&self) -> Result<Vec<(SourceId, Summary)>, StoreError> {
        Ok(self.summarize(None)?.into_iter().collect())
    }
}

/// SQLite's integers are signed; no row has a number beyond them.
fn number(id: u64) -> Option<i64> {
    i64::try_from(id).ok()
}

fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn instant(ms: i64, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_ms(ms).ok_or(StoreError::Damaged { column })
}

fn id(row: &Row<'_>, column: &'static str) -> Result<u64, StoreError> {
    let id: i64 = row.get("id")?;
    u64::try_from(id).map_err(|_| StoreError::Damaged { column })
}

/// Latitude and longitude, where the row has them.
fn pair(row: &Row<'_>) -> Result<Option<(f64, f64)>, StoreError> {
    let (lat, lng): (Option<f64>, Option<f64>) = (row.get("lat")?, row.get("lng")?);
    Ok(lat.zip(lng))
}

fn author(sender: Sender) -> Option<UserId> {
    match sender {
        Sender::Driver => None,
        Sender::Office(user) => Some(user),
    }
}

fn message(row: &Row<'_>) -> Result<Message, StoreError> {
    let author: Option<u32> = row.get("author_id")?;
    let delivered: Option<i64> = row.get("delivered_ms")?;
    Ok(Message {
        id: MessageId(id(row, "messages.id")?),
        source: SourceId(row.get("source_id")?),
        sender: author.map_or(Sender::Driver, |user| Sender::Office(UserId(user))),
        guid: row.get("guid")?,
        text: row.get("text")?,
        submitted: instant(row.get("submitted_ms")?, "messages.submitted_ms")?,
        status: MessageStatus::from_number(row.get("status")?)
            .ok_or(StoreError::Damaged { column: "messages.status" })?,
        delivered: delivered.map(|ms| instant(ms, "messages.delivered_ms")).transpose()?,
        is_read: row.get("is_read")?,
    })
}

fn command(row: &Row<'_>) -> Result<CommandRow, StoreError> {
    let (text, bytes, output): (Option<String>, Option<Vec<u8>>, Option<u8>) =
        (row.get("text")?, row.get("bytes")?, row.get("output")?);
    let command = match (text, bytes, output) {
        (Some(text), None, None) => Command::Text(text),
        (None, Some(bytes), None) => Command::Bytes(bytes),
        (None, None, Some(number)) => Command::Output { number, on: row.get("output_on")? },
        _ => return Err(StoreError::Damaged { column: "commands.text" }),
    };
    Ok(CommandRow {
        id: CommandId(id(row, "commands.id")?),
        source: SourceId(row.get("source_id")?),
        command,
        submitted: instant(row.get("submitted_ms")?, "commands.submitted_ms")?,
        expires: instant(row.get("expires_ms")?, "commands.expires_ms")?,
        state: CommandState::from_number(row.get("state")?).ok_or(StoreError::Damaged { column: "commands.state" })?,
        changed: instant(row.get("changed_ms")?, "commands.changed_ms")?,
    })
}
