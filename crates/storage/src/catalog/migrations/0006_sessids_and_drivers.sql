-- Whether a user may send devices commands of its own wording.
ALTER TABLE users ADD COLUMN device_commands INTEGER NOT NULL DEFAULT 0 CHECK (device_commands IN (0, 1));

-- Sessions are for two purposes more: 'sessid', and 'driver_phone', which has the phone's name as its title and a tracker.
ALTER TABLE sessions ADD COLUMN tracker_id INTEGER REFERENCES trackers (id);
