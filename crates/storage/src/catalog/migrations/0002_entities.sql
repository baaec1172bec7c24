-- Small things that hang on users and sources, which nothing is looked up by here: groups, tags, sensors, settings.
CREATE TABLE entities (
    kind  TEXT    NOT NULL,
    id    INTEGER NOT NULL,
    -- What it is, as a JSON object.
    body  TEXT    NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- The highest id that each kind ever had, so that the id of something removed is not given again.
CREATE TABLE entity_ids (
    kind TEXT    NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
