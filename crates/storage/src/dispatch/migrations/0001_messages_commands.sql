-- Instants are milliseconds since 1970-01-01T00:00:00Z. AUTOINCREMENT, so that the id of a removed row is not given
-- again.

CREATE TABLE messages (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id    INTEGER NOT NULL,
    -- 1: from the driver, 0: to the driver.
    incoming     INTEGER NOT NULL CHECK (incoming IN (0, 1)),
    -- Who wrote it; of a message from the driver nobody.
    author_id    INTEGER,
    -- The sender's own id of it, by which a repeat is known.
    guid         TEXT,
    text         TEXT    NOT NULL,
    submitted_ms INTEGER NOT NULL,
    status       INTEGER NOT NULL CHECK (status BETWEEN 0 AND 5),
    -- When it was submitted or last moved on.
    changed_ms   INTEGER NOT NULL,
    -- When the driver's application had it.
    delivered_ms INTEGER,
    -- Whether the office has read it; what the office wrote counts as read.
    is_read      INTEGER NOT NULL CHECK (is_read IN (0, 1)),
    CHECK ((author_id IS NULL) = incoming)
) STRICT;
CREATE INDEX messages_time ON messages (source_id, submitted_ms);
CREATE INDEX messages_changed ON messages (source_id, changed_ms);
CREATE INDEX messages_unread ON messages (source_id) WHERE incoming = 1 AND is_read = 0;
CREATE INDEX messages_undelivered ON messages (source_id) WHERE incoming = 0 AND status IN (0, 1, 3);
CREATE INDEX messages_undelivered_time ON messages (submitted_ms) WHERE incoming = 0 AND status IN (0, 1, 3);
CREATE INDEX messages_guid ON messages (source_id, guid) WHERE guid IS NOT NULL;

CREATE TABLE commands (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id    INTEGER NOT NULL,
    -- What it is: one of the three, an output with its level.
    text         TEXT,
    bytes        BLOB,
    output       INTEGER,
    output_on    INTEGER CHECK (output_on IN (0, 1)),
    submitted_ms INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL,
    state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
    -- When it was submitted or last moved on.
    changed_ms   INTEGER NOT NULL,
    CHECK ((text IS NOT NULL) + (bytes IS NOT NULL) + (output IS NOT NULL) = 1),
    CHECK ((output IS NULL) = (output_on IS NULL))
) STRICT;
CREATE INDEX commands_open ON commands (source_id) WHERE state IN (0, 1);
CREATE INDEX commands_open_expiry ON commands (expires_ms) WHERE state IN (0, 1);
