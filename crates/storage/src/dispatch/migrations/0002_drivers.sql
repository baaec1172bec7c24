-- What drivers send, the services that they are given, and the pictures of their forms.

-- For those who ask after a restart what has moved lately.
CREATE INDEX messages_moved ON messages (changed_ms) WHERE incoming = 0;
-- Those that wait and are not known to wait for an application that is away.
CREATE INDEX messages_stored ON messages (source_id) WHERE incoming = 0 AND status IN (0, 1);

CREATE TABLE driver_events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id   INTEGER NOT NULL,
    -- The id that the driver's application gave it, by which a repeat is known.
    guid        TEXT    NOT NULL,
    -- By the phone's clock.
    at_ms       INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    lat         REAL,
    lng         REAL,
    -- 1 text, 2 predefined text, 3 form, 4 service.
    kind        INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
    -- The text, the name of the form, or the note.
    text        TEXT    NOT NULL,
    -- Of a predefined text its number; of a service whether it was delivered.
    number      INTEGER,
    service     TEXT,
    CHECK ((lat IS NULL) = (lng IS NULL)),
    CHECK ((number IS NULL) = (kind IN (1, 3))),
    CHECK ((service IS NULL) = (kind <> 4))
) STRICT;
CREATE UNIQUE INDEX driver_events_guid ON driver_events (source_id, guid);
CREATE INDEX driver_events_time ON driver_events (source_id, at_ms);
CREATE INDEX driver_events_received ON driver_events (received_ms);

CREATE TABLE driver_event_fields (
    event_id INTEGER NOT NULL REFERENCES driver_events (id) ON DELETE CASCADE,
    place    INTEGER NOT NULL,
    label    TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    PRIMARY KEY (event_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE services (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id  INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    title      TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    lat        REAL,
    lng        REAL,
    note       TEXT    NOT NULL,
    due_ms     INTEGER,
    -- 0 open, 1 visited, 2 delivered.
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    changed_ms INTEGER NOT NULL,
    -- Taken back by the office. Kept for a while, as a driver without reception may still report it.
    is_removed INTEGER NOT NULL CHECK (is_removed IN (0, 1)),
    CHECK ((lat IS NULL) = (lng IS NULL))
) STRICT;
CREATE INDEX services_source ON services (source_id) WHERE is_removed = 0;
CREATE INDEX services_removed ON services (changed_ms) WHERE is_removed = 1;

CREATE TABLE files (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id  INTEGER NOT NULL,
    guid       TEXT    NOT NULL,
    kept_ms    INTEGER NOT NULL,
    -- 1 JPEG, 2 PNG, 3 WebP.
    kind       INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    size_bytes INTEGER NOT NULL,
    bytes      BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX files_guid ON files (source_id, guid);
CREATE INDEX files_size ON files (source_id, size_bytes);
CREATE INDEX files_kept ON files (kept_ms);
