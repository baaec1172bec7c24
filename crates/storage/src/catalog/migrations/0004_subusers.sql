-- A sub-user is a user with a master, and sees those of its master's trackers that are bound to it.

ALTER TABLE users ADD COLUMN master_id INTEGER REFERENCES users (id);
-- The security group that its rights come from; NULL is none.
ALTER TABLE users ADD COLUMN security_group_id INTEGER;

CREATE TABLE bindings (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    tracker_id INTEGER NOT NULL REFERENCES trackers (id),
    PRIMARY KEY (user_id, tracker_id)
) STRICT, WITHOUT ROWID;
