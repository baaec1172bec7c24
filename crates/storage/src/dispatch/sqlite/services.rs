//! Services, in SQLite.

use model::{SourceId, Timestamp};
use rusqlite::{Row, params};

use super::{Open, count, id, instant, limit, number, pair};
use crate::dispatch::{Service, ServiceDraft, ServiceState, ServiceTables, StoreError};

/// Digits of a service's id that tell when it was made.
const TIME_DIGITS: usize = 8;
/// Digits of a service's id that tell its row.
const ROW_DIGITS: usize = 16;

impl ServiceTables for Open<'_> {
    fn add_service(&self, source: SourceId, draft: &ServiceDraft, now: Timestamp) -> Result<Service, StoreError> {
        let (lat, lng) = draft.position.unzip();
        self.put(
            "INSERT INTO services
             (source_id, created_ms, title, address, lat, lng, note, due_ms, state, changed_ms, is_removed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?2, 0)",
            params![
                source.0,
                now.ms(),
                draft.title,
                draft.address,
                lat,
                lng,
                draft.note,
                draft.due.map(Timestamp::ms),
                ServiceState::Open.number()
            ],
        )?;
        let id = service_id(now, self.0.last_insert_rowid().unsigned_abs());
        let (draft, state) = (draft.clone(), ServiceState::Open);
        Ok(Service { id, source, draft, state, changed: now, is_removed: false })
    }

    fn service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        let Some(row) = row_number(id) else { return Ok(None) };
        let found = self.one("SELECT * FROM services WHERE id = ?1", [row], service)?;
        // The same row under another time is another id.
        Ok(found.filter(|service| service.id == id))
    }

    fn put_service(&self, s: &Service) -> Result<(), StoreError> {
        let Some(row) = row_number(&s.id) else { return Ok(()) };
        let (lat, lng) = s.draft.position.unzip();
        self.put(
            "UPDATE services SET title = ?2, address = ?3, lat = ?4, lng = ?5, note = ?6, due_ms = ?7, state = ?8,
             changed_ms = ?9, is_removed = ?10 WHERE id = ?1",
            params![
                row,
                s.draft.title,
                s.draft.address,
                lat,
                lng,
                s.draft.note,
                s.draft.due.map(Timestamp::ms),
                s.state.number(),
                s.changed.ms(),
                s.is_removed
            ],
        )
    }

    fn services(&self, source: SourceId, at_most: usize) -> Result<Vec<Service>, StoreError> {
        let sql = "SELECT * FROM services WHERE source_id = ?1 AND is_removed = 0 ORDER BY id LIMIT ?2";
        self.all(sql, params![source.0, limit(at_most)], service)
    }

    fn services_count(&self, source: SourceId) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) FROM services WHERE source_id = ?1 AND is_removed = 0";
        Ok(self.one(sql, [source.0], |row| Ok(count(row.get(0)?)))?.unwrap_or(0))
    }

    fn remove_services(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError> {
        self.put(
            "DELETE FROM services WHERE id IN
             (SELECT id FROM services WHERE is_removed = 1 AND changed_ms < ?1 ORDER BY changed_ms LIMIT ?2)",
            params![before.ms(), limit(at_most)],
        )
    }
}

/// Time-ordered and unique: the second in which it was made, then its row.
fn service_id(created: Timestamp, row: u64) -> String {
    let created_s = u32::try_from(created.ms().div_euclid(1_000)).unwrap_or(0);
    format!("{created_s:0TIME_DIGITS$x}{row:0ROW_DIGITS$x}")
}

fn row_number(id: &str) -> Option<i64> {
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let is_id = id.len() == TIME_DIGITS + ROW_DIGITS && id.bytes().all(is_digit);
    if is_id { number(u64::from_str_radix(&id[TIME_DIGITS..], 16).ok()?) } else { None }
}

fn service(row: &Row<'_>) -> Result<Service, StoreError> {
    let created = instant(row.get("created_ms")?, "services.created_ms")?;
    let due: Option<i64> = row.get("due_ms")?;
    Ok(Service {
        id: service_id(created, id(row, "services.id")?),
        source: SourceId(row.get("source_id")?),
        draft: ServiceDraft {
            title: row.get("title")?,
            address: row.get("address")?,
            position: pair(row)?,
            note: row.get("note")?,
            due: due.map(|ms| instant(ms, "services.due_ms")).transpose()?,
        },
        state: ServiceState::from_number(row.get("state")?).ok_or(StoreError::Damaged { column: "services.state" })?,
        changed: instant(row.get("changed_ms")?, "services.changed_ms")?,
        is_removed: row.get("is_removed")?,
    })
}
