-- Instants are milliseconds since 1970-01-01T00:00:00Z. AUTOINCREMENT remembers the highest id, so that an id that
-- somebody still looks at is not given to another frame.

CREATE TABLE frames (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms      INTEGER NOT NULL,
    device_id  TEXT,
    -- 0 where nobody registered sent it: such frames share what one device may keep.
    source_id  INTEGER NOT NULL,
    protocol   TEXT    NOT NULL,
    transport  TEXT    NOT NULL,
    peer       TEXT    NOT NULL,
    -- Where in what its connection said the fault lies.
    fault_at   INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    size_bytes INTEGER NOT NULL,
    -- Last, so that rows are looked through without it.
    frame      BLOB    NOT NULL
) STRICT;
-- What each source keeps is summed up from this alone.
CREATE INDEX frames_source ON frames (source_id, id, size_bytes);
CREATE INDEX frames_device ON frames (device_id);
