-- Instants are milliseconds since 1970-01-01T00:00:00Z. Rows of users, sources and trackers stay when these are
-- removed, so that ids are never given twice.

CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY,
    login         TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    created_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id                 INTEGER PRIMARY KEY,
    account_id         INTEGER NOT NULL REFERENCES accounts (id),
    login              TEXT    NOT NULL,
    -- The login in lower case: what must be unique among those who are not removed.
    login_key          TEXT    NOT NULL,
    password_hash      TEXT    NOT NULL,
    -- Hashes of earlier passwords, newest first, as a JSON array.
    earlier_passwords  TEXT    NOT NULL,
    activated          INTEGER NOT NULL CHECK (activated IN (0, 1)),
    verified           INTEGER NOT NULL CHECK (verified IN (0, 1)),
    removed            INTEGER NOT NULL CHECK (removed IN (0, 1)),
    time_zone          TEXT    NOT NULL,
    locale             TEXT    NOT NULL,
    measurement_system TEXT    NOT NULL,
    -- Names and addresses, which nothing is looked up by, as a JSON object.
    profile            TEXT    NOT NULL,
    comment            TEXT    NOT NULL,
    created_ms         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_login ON users (login_key) WHERE removed = 0;

CREATE TABLE sources (
    id            INTEGER PRIMARY KEY,
    device_id     TEXT    NOT NULL,
    model         TEXT    NOT NULL,
    blocked       INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    connected     INTEGER NOT NULL CHECK (connected IN (0, 1)),
    removed       INTEGER NOT NULL CHECK (removed IN (0, 1)),
    -- What its state is folded with, as a JSON object.
    settings      TEXT    NOT NULL,
    registered_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sources_device ON sources (device_id) WHERE removed = 0;

CREATE TABLE trackers (
    id         INTEGER PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    label      TEXT    NOT NULL,
    group_id   INTEGER NOT NULL,
    hidden     INTEGER NOT NULL CHECK (hidden IN (0, 1)),
    removed    INTEGER NOT NULL CHECK (removed IN (0, 1)),
    comment    TEXT    NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX trackers_user ON trackers (user_id);
CREATE INDEX trackers_source ON trackers (source_id);

-- AUTOINCREMENT remembers the highest id, so that the id of a forgotten session is not given again.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Keyed digest of the hash that the client holds; the hash itself is nowhere.
    digest     BLOB    NOT NULL UNIQUE,
    user_id    INTEGER REFERENCES users (id),
    account_id INTEGER REFERENCES accounts (id),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    CHECK ((user_id IS NULL) <> (account_id IS NULL))
) STRICT;
