-- Whether a tracker is a further view of a source that belongs to another tracker.
ALTER TABLE trackers ADD COLUMN clone INTEGER NOT NULL DEFAULT 0 CHECK (clone IN (0, 1));
