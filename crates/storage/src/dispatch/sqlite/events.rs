//! What drivers sent, in SQLite.

use model::{DriverEvent, DriverEventKind, SourceId, Timestamp};
use rusqlite::{Row, params};

use super::{Open, id, instant, limit, pair};
use crate::dispatch::{Bounds, EventTables, NewDriverEvent, StoreError};

impl EventTables for Open<'_> {
    fn add_driver_event(
        &self,
        source: SourceId,
        event: &NewDriverEvent,
        received: Timestamp,
    ) -> Result<DriverEvent, StoreError> {
        let (number, service) = match &event.kind {
            DriverEventKind::Text { .. } | DriverEventKind::Form { .. } => (None, None),
            DriverEventKind::Predefined { number, .. } => (Some(*number), None),
            DriverEventKind::Service { service, delivered, .. } => (Some(u32::from(*delivered)), Some(service)),
        };
        let (lat, lng) = event.position.unzip();
        self.put(
            "INSERT INTO driver_events (source_id, guid, at_ms, received_ms, lat, lng, kind, text, number, service)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                source.0,
                event.guid,
                event.at.ms(),
                received.ms(),
                lat,
                lng,
                kind_number(&event.kind),
                text(&event.kind),
                number,
                service
            ],
        )?;
        let row = self.0.last_insert_rowid();
        if let DriverEventKind::Form { fields, .. } = &event.kind {
            for (place, (label, value)) in (0_u32..).zip(fields) {
                self.put(
                    "INSERT INTO driver_event_fields (event_id, place, label, value) VALUES (?1, ?2, ?3, ?4)",
                    params![row, place, label, value],
                )?;
            }
        }
        let NewDriverEvent { guid, at, position, kind } = event.clone();
        Ok(DriverEvent { id: row.unsigned_abs(), guid, at, received, position, kind })
    }

    fn driver_event_by_guid(&self, source: SourceId, guid: &str) -> Result<Option<DriverEvent>, StoreError> {
        let sql = "SELECT * FROM driver_events WHERE source_id = ?1 AND guid = ?2";
        let found = self.one(sql, params![source.0, guid], event)?;
        found.map(|(_, event)| self.with_fields(event)).transpose()
    }

    fn driver_events(
        &self,
        source: SourceId,
        from: Timestamp,
        to: Timestamp,
        bounds: Bounds,
    ) -> Result<Vec<DriverEvent>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT * FROM driver_events WHERE source_id = ?1 AND at_ms BETWEEN ?2 AND ?3
             ORDER BY at_ms, id LIMIT ?4",
        )?;
        let mut rows = statement.query(params![source.0, from.ms(), to.ms(), limit(bounds.count_max)])?;
        let (mut list, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let event = self.with_fields(event(row)?.1)?;
            bytes += event.kind.text_bytes();
            if bytes > bounds.text_bytes_max && !list.is_empty() {
                break;
            }
            list.push(event);
        }
        Ok(list)
    }

    fn driver_events_since(
        &self,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<(SourceId, DriverEvent)>, StoreError> {
        let mut found = self.all(
            "SELECT * FROM driver_events WHERE received_ms >= ?1 ORDER BY received_ms DESC, id DESC LIMIT ?2",
            params![since.ms(), limit(at_most)],
            event,
        )?;
        found.sort_by_key(|(_, event)| event.id);
        found.into_iter().map(|(source, event)| Ok((source, self.with_fields(event)?))).collect()
    }

    fn remove_driver_events(&self, before: Timestamp, at_most: usize) -> Result<(), StoreError> {
        self.put(
            "DELETE FROM driver_events WHERE id IN
             (SELECT id FROM driver_events WHERE received_ms < ?1 ORDER BY received_ms LIMIT ?2)",
            params![before.ms(), limit(at_most)],
        )
    }
}

impl Open<'_> {
    /// The event, with the fields of its form if it is one.
    fn with_fields(&self, mut event: DriverEvent) -> Result<DriverEvent, StoreError> {
        if let DriverEventKind::Form { fields, .. } = &mut event.kind {
            *fields = self.all(
                "SELECT label, value FROM driver_event_fields WHERE event_id = ?1 ORDER BY place",
                [i64::try_from(event.id).unwrap_or(0)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
        }
        Ok(event)
    }
}

const fn kind_number(kind: &DriverEventKind) -> u8 {
    match kind {
        DriverEventKind::Text { .. } => 1,
        DriverEventKind::Predefined { .. } => 2,
        DriverEventKind::Form { .. } => 3,
        DriverEventKind::Service { .. } => 4,
    }
}

fn text(kind: &DriverEventKind) -> &str {
    match kind {
        DriverEventKind::Text { text } | DriverEventKind::Predefined { text, .. } => text,
        DriverEventKind::Form { name, .. } => name,
        DriverEventKind::Service { note, .. } => note,
    }
}

/// An event without the fields of its form.
fn event(row: &Row<'_>) -> Result<(SourceId, DriverEvent), StoreError> {
    let (kind, text): (u8, String) = (row.get("kind")?, row.get("text")?);
    let number: Option<u32> = row.get("number")?;
    let kind = match (kind, number) {
        (1, None) => DriverEventKind::Text { text },
        (2, Some(number)) => DriverEventKind::Predefined { number, text },
        (3, None) => DriverEventKind::Form { name: text, fields: Vec::new() },
        (4, Some(delivered)) => {
            DriverEventKind::Service { service: row.get("service")?, delivered: delivered != 0, note: text }
        }
        _ => return Err(StoreError::Damaged { column: "driver_events.kind" }),
    };
    let event = DriverEvent {
        id: id(row, "driver_events.id")?,
        guid: row.get("guid")?,
        at: instant(row.get("at_ms")?, "driver_events.at_ms")?,
        received: instant(row.get("received_ms")?, "driver_events.received_ms")?,
        position: pair(row)?,
        kind,
    };
    Ok((SourceId(row.get("source_id")?), event))
}
